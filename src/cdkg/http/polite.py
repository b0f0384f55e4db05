"""A client that treats other people's servers as they ask: it says who asks, waits its turn, and repeats nothing.

The wishes are those of RFC 9110 and of the operators: https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from cdkg.errors import SettingsError
from cdkg.http.cache import Cache, Kept, key_of, may_be_kept
from cdkg.http.client import Bounds, Fetched, InterruptedAnswerError, Request, RequestError, fetch
from cdkg.http.policy import Policy, is_this_machine
from cdkg.http.turns import LeftAloneError, Pace, Turns

_PROJECT: Final = "https://w3id.org/cdkg"
_BOUNDS: Final = Bounds(seconds=70.0, most_bytes=200_000_000)
#: What an answer that says that nothing has changed tells anew (RFC 9111, section 3.2).
_UPDATED: Final = frozenset({"age", "cache-control", "etag", "last-modified"})
#: Failures that pass (RFC 9110, sections 15.6.3 to 15.6.5; RFC 6585, section 4; 500 as SPARQL endpoints use it), and
#: those of them with which a host says that it has too much to do.
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
_BUSY: Final = frozenset({429, 503})
#: What endpoints say with 500 though the query is to blame: out of time (Blazegraph), too much to sort, or estimated to
#: take too long (Virtuoso). The same query would fail again, and cost as much.
_HOPELESS: Final = (b"TimeoutException", b"Virtuoso 22023", b"Virtuoso 42000")


@dataclass(frozen=True, slots=True)
class Patience:
    """How a request that failed is sent again.

    Attributes:
        tries: How often it is sent in all.
        first: Upper end of the first pause, in seconds; that of each further one is twice as far (full jitter).
        longest: No pause is longer, but one that the other side asks for.
        longest_rest: A longer rest than this is not waited for: the request fails.
        busy: Seconds that a host is left alone which has too much to do and does not say for how long.
    """

    tries: int = 5
    first: float = 1.0
    longest: float = 60.0
    longest_rest: float = 120.0
    busy: float = 5.0

    def pause(self, failed: int, chance: random.Random) -> float:
        """The pause after so many failures."""
        return chance.uniform(0.0, min(self.longest, self.first * 2.0 ** (failed - 1)))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, with all that its provenance needs.

    Attributes:
        url: Where it came from in the end.
        media_type: Its media type.
        body: What was sent.
        at: When it was sent, or was last said to hold.
        is_kept: Whether it was kept from an earlier request, and the other side was not asked, or said that it holds.
        headers: Header fields, their names in lower case.
    """

    url: str
    media_type: str
    body: bytes
    at: datetime
    is_kept: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """The hash of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


def agent(contact: str) -> str:
    """Who asks: the program, its version, its page, and who runs it."""
    return f"cdkg/{version('cdkg')} ({'; '.join(each for each in (_PROJECT, contact.strip()) if each)})"


def check_contact(contact: str, url: str) -> None:
    """Whether an address may be asked by whom others reach like this: at a page, or by mail.

    Raises:
        SettingsError: It is not of this machine, and the contact is none, or would break the header field.
        Refused: It is no http or https address of a host.
    """
    text = contact.strip()
    reaches = ("@" in text or "://" in text) and text.isascii() and text.isprintable() and not set(text) & set("();")
    if not reaches and not is_this_machine(url):
        raise SettingsError(
            "nobody is named whom others can reach",
            why="their servers refuse, or block, who does not say who asks",
            hint='contact = "mailto:you@example.org" in cdkg.toml, or CDKG_CONTACT',
        )


def users_folder() -> Path:
    """Where turns and answers are kept: of the user and not of a project, for hosts know users."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".cache")
    return Path(cache) / "cdkg" / "http"


@dataclass(frozen=True, slots=True)
class Client:
    """Asks other people's servers.

    Attributes:
        contact: How they can reach who runs this: an address of a page or of mail.
        policy: Who may be asked.
        turns: Whose turn it is.
        cache: Answers that are kept; None keeps none.
        fresh: Seconds that an answer is used again without asking, where the other side does not say for how long.
        patience: How a request that failed is sent again.
        bounds: What one try may take.
        chance: Where the jitter comes from.
    """

    contact: str
    policy: Policy
    turns: Turns = field(default_factory=lambda: Turns(users_folder()))
    cache: Cache | None = None
    fresh: float = 0.0
    patience: Patience = Patience()
    bounds: Bounds = _BOUNDS
    chance: random.Random = field(default_factory=random.Random)
    send: Callable[[str, Request, Policy, Bounds], Fetched] = fetch

    @classmethod
    def of_user(cls, url: str, contact: str = "", seconds: float = 60.0) -> Client:
        """A client for the address that a user wrote; this machine itself is neither paced nor asked twice.

        Raises:
            Refused: It is no http or https address of a host.
        """
        bounds = Bounds(seconds, most_bytes=200_000_000)
        if is_this_machine(url):
            pace = Pace(seconds_each=0.0, patience=seconds, failures=sys.maxsize)
            turns, patience = Turns(users_folder(), pace), Patience(tries=1, busy=0.0)
            return cls(contact, Policy.of_user(url), turns, patience=patience, bounds=bounds)
        return cls(contact, Policy.of_user(url), cache=Cache(users_folder() / "answers"), bounds=bounds)

    def ask(self, url: str, request: Request) -> Answer:
        """The answer to a request, kept or new.

        Raises:
            SettingsError: It goes to somebody else, and nobody is named whom they can reach.
            Refused: The address, or one that it leads to, may not be asked.
            LeftAloneError: The host is not to be asked now.
            InterruptedAnswerError: There is no answer, or half of one, after all tries.
            RequestError: There is one that cannot be used; `status` of its cause says more.
        """
        check_contact(self.contact, url)
        request = replace(request, headers={**request.headers, "User-Agent": agent(self.contact)})
        key = key_of("POST" if request.body else "GET", url, request.body, request.headers)
        kept = self.cache.get(key) if self.cache else None
        now = self.turns.clock()
        if kept is not None and 0 <= now - kept.at < (self.fresh if kept.fresh is None else kept.fresh):
            return _answer(kept, is_kept=True)
        return self._asked(url, request, key, kept)

    def _asked(self, url: str, request: Request, key: str, kept: Kept | None) -> Answer:
        conditions = kept.conditions if kept is not None and not request.body else {}
        request = replace(request, headers={**request.headers, **conditions})
        for tried in range(1, self.patience.tries + 1):
            failure, rest = self._tried(url, request)
            if isinstance(failure, Fetched):
                return self._used(failure, key, kept)
            if tried == self.patience.tries or rest > self.patience.longest_rest:
                raise failure
            self.turns.sleep(self.patience.pause(tried, self.chance))
        raise AssertionError("unreachable")

    def _tried(self, url: str, request: Request) -> tuple[Fetched | RequestError, float]:
        """What one try gave: an answer, or a failure that may pass, and the rest that the host wants.

        The rest itself is waited for by the next turn, whoever has it.
        """
        with self.turns.turn(url) as state:
            try:
                found = self.send(url, request, self.policy, self.bounds)
            except InterruptedAnswerError as error:
                self.turns.failed(state, 0.0)
                return error, 0.0
            if found.status in {200, 304}:
                state.failures = 0
                return found, 0.0
            refused = refusal(url, found)
            if found.status not in _PASSING or any(each in found.said for each in _HOPELESS):
                state.failures = 0
                raise refused
            rest = found.retry_after or (self.patience.busy if found.status in _BUSY else 0.0)
            self.turns.failed(state, rest)
            return refused, rest

    def _used(self, found: Fetched, key: str, kept: Kept | None) -> Answer:
        now = self.turns.clock()
        if found.status == 304 and kept is None:
            raise RequestError("the answer says that nothing has changed", why="it was not asked whether")
        if found.status == 304 and kept is not None:
            before = {name: value for name, value in kept.headers.items() if name != "age"}
            told = {name: value for name, value in found.headers.items() if name in _UPDATED}
            new = replace(kept, at=now, headers={**before, **told})
        else:
            new = Kept(found.url, found.media_type, found.body, now, found.headers)
        if self.cache is not None and may_be_kept(new.headers):
            with contextlib.suppress(OSError):  # a full disk takes no answer from who asked
                self.cache.put(key, new)
        return _answer(new, is_kept=found.status == 304)


class StatusError(RequestError):
    """The other side refused, or failed.

    Args:
        what: What went wrong.
        status: The HTTP status.
        **more: As of `RequestError`.
    """

    def __init__(self, what: str, *, status: int, **more: str) -> None:
        self.status = status
        super().__init__(what, **more)


def refusal(url: str, found: Fetched) -> StatusError:
    """The failure that a status other than 200 tells of, with what the server said about it."""
    said = " ".join(found.said.decode("utf-8", "replace").split())[:400] if "html" not in found.media_type else ""
    rest = f"; it wants to be left alone for {found.retry_after:.0f} s" if found.retry_after else ""
    why = f"status {found.status}{rest}" + (f": {said}" if said else "")
    return StatusError(f"{url} gave no answer", status=found.status, why=why)


def _answer(kept: Kept, *, is_kept: bool) -> Answer:
    return Answer(kept.url, kept.media_type, kept.body, _moment(kept.at), is_kept, kept.headers)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


__all__ = [
    "Answer", "Client", "LeftAloneError", "Patience", "StatusError", "agent", "check_contact", "refusal",
    "users_folder",
]  # fmt: skip
