"""What the server and its workers say to each other: frames of a kind, a length and bytes, over a local socket."""

from __future__ import annotations

import json
import select
import socket
import struct
from dataclasses import asdict, dataclass
from typing import Any, Final

from cdkg import errors
from cdkg.errors import CdkgError, Location, QueryError

#: Kinds of frames: a request; a part of an answer, and its end; an error of ours; a fault of the worker.
REQUEST: Final = b"q"
PART: Final = b"p"
END: Final = b"e"
ERROR: Final = b"x"
FAULT: Final = b"f"

_HEAD: Final = struct.Struct(">cI")
#: No frame is longer; parts of answers are some kilobytes.
_LONGEST: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A query, and how its answer is wanted.

    Attributes:
        text: The query; it has passed the guard.
        media_type: The media type to write, without parameters.
        default_graphs: Graphs of the default graph in place of the query's FROM (SPARQL 1.1 Protocol, section 2.1.4).
        named_graphs: Named graphs in place of the query's FROM NAMED.
    """

    text: str
    media_type: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()

    def written(self) -> bytes:
        """As bytes, for another process."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, data: bytes) -> Request:
        """What `written` wrote."""
        found = json.loads(data)
        for name in ("default_graphs", "named_graphs"):
            found[name] = tuple(found[name])
        return cls(**found)


def send(to: socket.socket, kind: bytes, data: bytes = b"") -> None:
    """Send a frame.

    Raises:
        OSError: Nobody is there.
    """
    to.sendall(_HEAD.pack(kind, len(data)) + data)


def receive(sock: socket.socket) -> tuple[bytes, bytes]:
    """Wait for a frame.

    Raises:
        EOFError: Nobody is there any more, or what came is no frame.
    """
    kind, length = _HEAD.unpack(_exactly(sock, _HEAD.size))
    if length > _LONGEST:
        raise EOFError("a frame is too long")
    return kind, _exactly(sock, length)


def readable(sock: socket.socket, seconds: float = 0) -> bool:
    """Whether there is something to read, or the end of it, within so many seconds.

    This is `poll`: `select` knows descriptors below 1,024 only, and a server with many clients has higher ones.
    """
    waiting = select.poll()
    waiting.register(sock, select.POLLIN)
    return bool(waiting.poll(max(0.0, seconds) * 1000))


def _exactly(sock: socket.socket, number: int) -> bytes:
    found = bytearray()
    while len(found) < number:
        try:
            part = sock.recv(number - len(found))
        except OSError as error:
            raise EOFError(str(error)) from error
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def error_written(error: CdkgError) -> bytes:
    """An error of ours as bytes; nothing is run to read it back."""
    where = asdict(error.where) if error.where else None
    told = {"class": type(error).__name__, "what": error.what, "where": where, "why": error.why, "hint": error.hint}
    return json.dumps(told).encode()


def error_read(data: bytes) -> CdkgError:
    """What `error_written` wrote."""
    told: dict[str, Any] = json.loads(data)
    known = getattr(errors, told["class"], QueryError)
    kind: type[CdkgError] = known if isinstance(known, type) and issubclass(known, CdkgError) else QueryError
    where = Location(**told["where"]) if told["where"] else None
    return kind(told["what"], where=where, why=told["why"], hint=told["hint"])
