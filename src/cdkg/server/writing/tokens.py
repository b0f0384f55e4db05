"""Bearer tokens (RFC 6750): made once, kept as salted hashes, and compared in constant time."""

from __future__ import annotations

import enum
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cdkg.errors import Location, OutputError, SettingsError
from cdkg.store.aside import write_aside
from cdkg.store.locking import alone

_SECRET_BYTES: Final = 32
_LONGEST: Final = 200


class Scope(enum.Enum):
    """What a token is for; each scope includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: Scope) -> bool:
        """Whether who may do this may do the other too."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token.

    Attributes:
        name: Its public part.
        scope: What it is for.
        graphs: Beginnings of the IRIs of the graphs that it may write; none: all.
        salt: Random bytes, in hexadecimal.
        hash: BLAKE2b of the secret part, keyed with the salt. The secret has 256 random bits, so that a slow hash
            would add nothing but a way to keep the server busy.
        made: When it was made.
    """

    name: str
    scope: Scope
    graphs: tuple[str, ...]
    salt: str
    hash: str
    made: str


@dataclass(slots=True)
class Tokens:
    """The tokens of a state folder.

    Attributes:
        path: The file that they are kept in; nobody else may read it.
    """

    path: Path
    _stamp: tuple[int, int] | None = None
    _known: tuple[Token, ...] = ()

    @classmethod
    def of(cls, state: Path) -> Tokens:
        """The tokens of a state folder."""
        return cls(state / "tokens.json")

    def new(self, scope: Scope, graphs: Sequence[str] = ()) -> str:
        """Make a token; what is returned is nowhere else.

        Raises:
            OutputError: It cannot be kept.
        """
        name, secret, salt = secrets.token_hex(4), secrets.token_hex(_SECRET_BYTES), secrets.token_hex(16)
        made = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        self._put(lambda known: [*known, Token(name, scope, tuple(graphs), salt, _hash(secret, salt), made)])
        return f"cdkg_{name}_{secret}"

    def revoke(self, name: str) -> None:
        """Let a token be one no more; a running server knows it at once.

        Raises:
            SettingsError: There is none of this name.
        """
        if all(token.name != name for token in self.all()):
            raise SettingsError(f"there is no token {name!r}", hint="`cdkg token list` tells their names")
        self._put(lambda known: [token for token in known if token.name != name])

    def all(self) -> tuple[Token, ...]:
        """All tokens, read anew where the file has changed.

        Raises:
            SettingsError: The file is damaged.
        """
        try:
            stat = self.path.stat()
            if self._stamp != (stat.st_mtime_ns, stat.st_ino):
                found = json.loads(self.path.read_text(encoding="utf-8") or "[]")
                self._known = tuple(Token(**t | {"scope": Scope(t["scope"]), "graphs": (*t["graphs"],)}) for t in found)
                self._stamp = stat.st_mtime_ns, stat.st_ino
        except FileNotFoundError:
            self._stamp, self._known = None, ()
        except (OSError, ValueError, TypeError, KeyError) as error:
            where = Location(str(self.path))
            raise SettingsError("the tokens cannot be read", where=where, why=str(error)) from error
        return self._known

    def known(self, given: str) -> Token | None:
        """The token that somebody shows, or None; how long that takes tells nothing of the secret."""
        kind, _, rest = given[:_LONGEST].partition("_")
        name, _, secret = rest.partition("_")
        found = next((token for token in self.all() if token.name == name), None)
        salt, wanted = (found.salt, found.hash) if found else ("00" * 16, "")
        same = hmac.compare_digest(_hash(secret, salt), wanted)
        return found if same and kind == "cdkg" and len(given) <= _LONGEST else None

    def _put(self, change: Callable[[tuple[Token, ...]], list[Token]]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with alone(self.path.with_suffix(".lock")):
                told = [asdict(token) | {"scope": token.scope.value} for token in change(self.all())]
                if not self.path.exists():  # nobody else may read it at any moment
                    os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
                self.path.chmod(0o600)
                write_aside(self.path, lambda out: out.write(json.dumps(told, indent=1).encode()))
        except OSError as error:
            why = error.strerror or str(error)
            raise OutputError("the token cannot be kept", where=Location(str(self.path)), why=why) from error


def _hash(secret: str, salt: str) -> str:
    data = secret.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=bytes.fromhex(salt), digest_size=32).hexdigest()
