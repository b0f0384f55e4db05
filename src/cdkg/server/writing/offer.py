"""Whether an application takes writes, from whom, and how refusals are told."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from flask import Flask, Response, current_app, json, request

from cdkg.errors import BusyError, CdkgError, SettingsError, WriteError
from cdkg.server.guarding import discreet
from cdkg.server.writing.tokens import Scope, Token, Tokens
from cdkg.workers.writing import Write, Written

Application = Flask

#: What the challenge of a refusal names (RFC 6750, section 3).
_REALM: Final = 'Bearer realm="cdkg"'
#: So many writes are at work or wait for their turn, whoever sends them.
_WAITING: Final = threading.BoundedSemaphore(8)


class Writer(Protocol):
    """Does writes (`workers.writing.Writing`)."""

    def write(self, asked: Write) -> Written:
        """Do a write."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an application offers.

    Attributes:
        writer: Does writes; None: it takes none.
        tokens: Who may write.
        project: Whether what is served is a project: files, validated.
        most: Longest body, in bytes.
    """

    writer: Writer | None
    tokens: Tokens
    project: bool
    most: int

    def is_known(self, authorization: str) -> bool:
        """Whether a field `Authorization` has a token that is known."""
        with suppress(SettingsError):
            return self.tokens.known(bearer(authorization)) is not None
        return False


class UnauthorizedError(CdkgError):
    """There is no token, or none that is known.

    Args:
        what: What is wrong.
        challenge: What the client is told to show.
    """

    def __init__(self, what: str, challenge: str) -> None:
        self.challenge = challenge
        super().__init__(what, hint="send `Authorization: Bearer TOKEN`; `cdkg token new` makes one")


def offer(
    app: Flask, writer: Writer | None, tokens: Tokens, *, project: bool = True, most: int = 64 * 1024 * 1024
) -> None:
    """Let an application take writes, or refuse them with the reason.

    Args:
        app: The application.
        writer: Does writes; None: no folder is given that may be written.
        tokens: Who may write.
        project: Whether what is served is a project.
        most: Longest body, in bytes.
    """
    from cdkg.server.writing import graph_store, update  # noqa: PLC0415  # they ask for what stands here

    app.config["WRITING"] = Offer(writer, tokens, project, most)
    for blueprint in (update.blueprint, graph_store.blueprint):
        app.register_blueprint(blueprint)
    app.register_error_handler(UnauthorizedError, _unauthorized)
    app.register_error_handler(WriteError, _refused)


def offered() -> Offer:
    """What this application offers."""
    found: Offer = current_app.config["WRITING"]
    return found


def write(asked: Write) -> Written:
    """Do a write.

    Raises:
        WriteError: It is refused.
        BusyError: Others wait already.
    """
    writer = offered().writer
    if writer is None:
        raise _off("no folder is given that may be written", "`cdkg serve --writable DIR`")
    if not _WAITING.acquire(blocking=False):
        why = "each holds a thread while it waits, which others need"
        raise BusyError("too many writes wait already", why=why, hint="send one after the other", status=503)
    try:
        return writer.write(asked)
    finally:
        _WAITING.release()


def admitted(scope: Scope = Scope.WRITE) -> Token:
    """The token of this request.

    Raises:
        WriteError: Writes are off, or the token is for less.
        UnauthorizedError: There is no token, or none that is known.
    """
    here = offered()
    if here.writer is None:
        raise _off("no folder is given that may be written", "`cdkg serve --writable DIR`")
    if not here.tokens.all():
        raise _off("there are no tokens", "`cdkg token new --scope write` makes one")
    given = bearer(request.headers.get("Authorization", ""))
    if not given:
        raise UnauthorizedError("a token is needed", _REALM)
    token = here.tokens.known(given)
    if token is None:
        raise UnauthorizedError("this token is not known", f'{_REALM}, error="invalid_token"')
    if not token.scope.includes(scope):
        raise WriteError(
            f"this token is for {token.scope.value} only", why=f"the scope {scope.value} is needed", status=403
        )
    return token


def bearer(authorization: str) -> str:
    """The token in a field `Authorization` (RFC 6750, section 2.1); empty where there is none."""
    kind, _, given = authorization.partition(" ")
    return given.strip() if kind.lower() == "bearer" else ""


def validated(value: str | None) -> bool:
    """What `?validate=` says.

    Raises:
        WriteError: The token may not say so, or it says nothing known.
    """
    if value in {None, "on"}:
        return True
    if value != "off":
        raise WriteError(f"validate={value} is not known", hint="on or off", status=400)
    admitted(Scope.ADMIN)
    return False


def _off(why: str, hint: str) -> WriteError:
    return WriteError("this server takes no writes", why=why, hint=hint, status=403)


def _unauthorized(error: UnauthorizedError) -> Response:
    response = problem(401, error.what, str(error))
    response.headers["WWW-Authenticate"] = error.challenge
    return response


def _refused(error: WriteError) -> Response:
    response = problem(error.status, error.what, discreet(error), findings=list(error.findings))
    if error.status == 503:
        response.headers["Retry-After"] = "5"
    return response


def problem(status: int, title: str, detail: str, **more: object) -> Response:
    """An error as problem details, with what else is known of it (RFC 9457, section 3.2)."""
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body = json.dumps(told | {name: value for name, value in more.items() if value})
    return Response(body, status, content_type="application/problem+json")
