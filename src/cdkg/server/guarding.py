"""What every answer tells browsers not to do, and bodies that no address of ours reads."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

from flask import Response, request
from werkzeug.exceptions import ExpectationFailed, UnsupportedMediaType

from cdkg.errors import CdkgError

#: Scripts and styles are files of ours; nothing is framed, and forms go to this server only (CSP, level 3).
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: The policy of a page that other sites may frame; it has no form.
FRAMED: Final = _POLICY.replace("frame-ancestors 'none'", "frame-ancestors *").replace(
    "form-action 'self'", "form-action 'none'"
)
#: The headers that shield whoever reads an answer.
SHIELD: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


def shield(response: Response) -> Response:
    """Give an answer the headers that shield its readers; an answer may have a policy of its own."""
    for name, value in SHIELD.items():
        response.headers.setdefault(name, value)
    if response.headers["Content-Security-Policy"] == FRAMED:
        del response.headers["X-Frame-Options"]  # which knows no way to say that all may
    return response


#: A path of this machine: two steps or more from the root, and not part of an address.
_PATH: Final = re.compile(r"(?<![\w:/.<>])/(?:[\w.@+~-]+/)+[\w.@+~-]*")


def discreet(error: CdkgError) -> str:
    """What an error tells, without the place of a file on this machine."""
    where = None if error.where and PurePath(error.where.path).is_absolute() else error.where
    return _PATH.sub("…", str(CdkgError(error.what, where=where, why=error.why, hint=error.hint)))


def refuse_odd_bodies() -> None:
    """Refuse a compressed body unread: a kilobyte of it may stand for a gigabyte (RFC 9110, section 15.5.16).

    Raises:
        UnsupportedMediaType: The body is encoded.
        ExpectationFailed: Something else than `100-continue` is expected (section 10.1.1).
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaType("a body is sent as it is, without Content-Encoding")
    if request.headers.get("Expect", "100-continue").strip().lower() != "100-continue":
        raise ExpectationFailed("nothing is expected but 100-continue")
