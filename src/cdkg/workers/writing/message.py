"""What the server and a writing process say to each other: one write, and what became of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from cdkg.errors import CdkgError, DeadlineError, LimitError, Location, OutputError, SnapshotError, WriteError

#: Errors of ours → HTTP status of the refusal; what is not here is a request that cannot be understood (400).
_STATUSES: Final[dict[str, int]] = {
    "SourceError": 400,
    "SourceErrors": 400,
    "ClashError": 409,
    "ShapesError": 409,
    "RuleError": 409,
    DeadlineError.__name__: 504,
    LimitError.__name__: 504,
    OutputError.__name__: 507,
    SnapshotError.__name__: 507,
}


@dataclass(frozen=True, slots=True)
class Write:
    """A write.

    Attributes:
        kind: `update` (SPARQL 1.1 Update), or `put`, `post`, `delete` (Graph Store HTTP Protocol, sections 5.3 to 5.5).
        data: The update, or the triples; none for `delete`.
        media_type: The syntax of the triples.
        graph: The graph that is written; empty: the default graph. An update names its graphs itself.
        using: Graphs that the patterns of an update see as default graph.
        using_named: Graphs that they see as named graphs.
        allowed: Beginnings of the graphs that may be written; none: all.
        validated: Whether it is refused where it breaks the graph.
        size: Longest update, in bytes.
        depth: Deepest nesting of an update.
        version: What must be current still; empty: anything.
        exists: Whether the graph must be there already, or must not; None: either.
    """

    kind: str
    data: bytes = b""
    media_type: str = ""
    graph: str = ""
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    validated: bool = True
    size: int = 100_000
    depth: int = 200
    version: str = ""
    exists: bool | None = None

    def written(self) -> bytes:
        """As bytes, for another process: a line of JSON, then the data as they are, which may be long."""
        told = asdict(replace(self, data=b""))
        del told["data"]
        return b"%b\n%b" % (json.dumps(told).encode(), self.data)

    @classmethod
    def read(cls, text: bytes) -> Write:
        """What `written` wrote."""
        line, _, data = text.partition(b"\n")
        found = json.loads(line)
        found |= {name: tuple(found[name]) for name in ("using", "using_named", "allowed")}
        return cls(**found, data=data)


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did.

    Attributes:
        changed: The graphs that are others than before; empty: the default graph.
        created: Whether the graph that was asked for was not there before.
        source: What is to be served now.
    """

    changed: tuple[str, ...]
    created: bool
    source: str


def done(written: Written) -> bytes:
    """A write that was done, as bytes."""
    return json.dumps({"written": asdict(written)}).encode()


def refused(error: CdkgError) -> bytes:
    """A write that was refused, as bytes."""
    kind = type(error).__name__
    status = error.status if isinstance(error, WriteError) else _STATUSES.get(kind, 400)
    findings = list(error.findings) if isinstance(error, WriteError) else []
    where = asdict(error.where) if error.where else None
    told = {"what": error.what, "where": where, "why": error.why, "hint": error.hint}
    return json.dumps({"class": kind, "error": told, "status": status, "findings": findings}).encode()


def outcome(data: bytes) -> Written:
    """What `done` wrote.

    Raises:
        WriteError: It was refused.
    """
    told: dict[str, Any] = json.loads(data)
    if "written" in told:
        found = told["written"]
        return Written(tuple(found["changed"]), found["created"], found["source"])
    error = told["error"]
    where = Location(**error["where"]) if error["where"] else None
    raise WriteError(
        error["what"], where=where, why=error["why"], hint=error["hint"],
        status=told["status"], findings=told["findings"],
    )  # fmt: skip
