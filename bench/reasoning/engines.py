"""The engines, each behind the same three steps: take the triples in, reason, make the closure queryable.

An engine is imported by its constructor, so that only its own process pays for it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from pyoxigraph import RdfFormat, Store

from bench.reasoning.chains import is_of_chain, with_own_chains

#: Whatever a library without types gives.
Foreign = Any


class Engine(ABC):
    """One engine with the triples of one graph."""

    @staticmethod
    def prepared(data: bytes) -> bytes:
        """The graph as this engine must be given it to be right; not part of what is timed."""
        return data

    @abstractmethod
    def take(self, path: Path) -> None:
        """Read a file of canonical N-Triples."""

    @abstractmethod
    def reason(self) -> int | None:
        """Close; how many triples follow, where the engine tells it at no cost."""

    def load(self) -> None:  # noqa: B027  # most engines are queryable as they are
        """Make the closure queryable, where it is not yet."""

    @abstractmethod
    def closure(self) -> Iterator[str | bytes]:
        """All that holds, as N-Triples in texts of whole lines; not part of what is timed."""


class Cdkg(Engine):
    """Ours; queryable is what stands in a store of pyoxigraph."""

    def __init__(self) -> None:
        import_module("cdkg.processor").prefer_quick_sort()  # as the command line does
        self._ntriples = import_module("cdkg.reasoning.rl.ntriples")
        self._closure: Foreign = import_module("cdkg.reasoning.rl.closure").Closure()

    def take(self, path: Path) -> None:
        self._path = path
        self._given = self._ntriples.encode(path.read_bytes(), self._closure.terms)

    def reason(self) -> int:
        # `Closure.from_ntriples` in two halves, to time them apart
        self._closure._begin(self.__dict__.pop("_given"))  # noqa: SLF001
        self._inferred = list(self._closure.inferred_rows())
        return sum(len(rows) for _, rows in self._inferred)

    def load(self) -> None:
        self._store = Store()
        for part in self.closure():
            self._store.load(part, format=RdfFormat.N_TRIPLES, lenient=True)

    def closure(self) -> Iterator[bytes]:
        yield self._path.read_bytes()
        columns = ((predicate, rows >> 32, rows & 0xFFFFFFFF) for predicate, rows in self._inferred)
        yield from self._ntriples.written(self._closure.terms, columns)


class Sparq(Engine):
    """sparq-rdf: of several chains of one property it keeps one, so each gets a property of its own."""

    prepared = staticmethod(with_own_chains)

    def __init__(self) -> None:
        self._sparq = import_module("sparq")

    def take(self, path: Path) -> None:
        self._graph: Foreign = self._sparq.Graph.load(str(path), format="ntriples")

    def reason(self) -> int:
        return int(self._graph.reason("owl"))

    def closure(self) -> Iterator[str]:
        rows = json.loads(self._graph.query_json("SELECT ?s ?p ?o WHERE { ?s ?p ?o }"))["results"]["bindings"]
        for row in rows:
            line = f"{_form(row['s'])} {_form(row['p'])} {_form(row['o'])} .\n"
            if not is_of_chain(line):
                yield line


def _form(term: dict[str, str]) -> str:
    """The N-Triples form of a term of SPARQL results in JSON."""
    value = term["value"]
    if term["type"] == "uri":
        return f"<{value}>"
    if term["type"] == "bnode":
        return f"_:{value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    language, datatype = term.get("xml:lang"), term.get("datatype")
    return f'"{escaped}"' + (f"@{language}" if language else f"^^<{datatype}>" if datatype else "")


class Owlrl(Engine):
    """owlrl, the reference; no key is shown to it, as it takes all keys for equal."""

    def __init__(self) -> None:
        self._owlrl = import_module("owlrl")
        self._graph: Foreign = import_module("rdflib").Graph()

    @staticmethod
    def prepared(data: bytes) -> bytes:
        key = b"<http://www.w3.org/2002/07/owl#hasKey>"
        return b"".join(line for line in data.splitlines(keepends=True) if key not in line)

    def take(self, path: Path) -> None:
        self._graph.parse(str(path), format="nt")

    def reason(self) -> int:
        before = len(self._graph)
        rules = self._owlrl.OWLRL_Semantics
        self._owlrl.DeductiveClosure(rules, axiomatic_triples=False, datatype_axioms=False).expand(self._graph)
        return len(self._graph) - before

    def closure(self) -> Iterator[str]:
        return _lines_of(self._graph)


class Turbo(Engine):
    """owlrl-turbo on the native dataset of rdflib-turbo."""

    def __init__(self) -> None:
        self._turbo = import_module("owlrl_turbo")
        self._graph: Foreign = import_module("rdflib_turbo").Dataset()

    def take(self, path: Path) -> None:
        self._graph.parse(data=path.read_text(encoding="utf-8"), format="nt")

    def reason(self) -> int:
        before = len(self._graph)
        self._turbo.expand(self._graph, inference="owlrl", inplace=True)
        return len(self._graph) - before

    def closure(self) -> Iterator[str]:
        return _lines_of(self._graph.to_rdflib().default_graph)


class Reasonable(Engine):
    """reasonable: gives its closure as a list, which nothing can be asked of."""

    def __init__(self) -> None:
        self._reasoner: Foreign = import_module("reasonable").PyReasoner()
        self._found: list[tuple[Foreign, ...]] = []

    def take(self, path: Path) -> None:
        turtle = path.with_suffix(".ttl")  # canonical N-Triples is Turtle, and it goes by the name
        if not turtle.exists():
            turtle.symlink_to(path.name)
        self._reasoner.load_file(str(turtle))

    def reason(self) -> None:
        self._found = self._reasoner.reason()

    def closure(self) -> Iterator[str]:
        return _lines_of(self._found)


def _lines_of(triples: Iterable[tuple[Foreign, ...]]) -> Iterator[str]:
    """Triples of rdflib terms as N-Triples."""
    row = import_module("rdflib.plugins.serializers.nt")._nt_row  # noqa: SLF001  # `n3()` writes long strings as Turtle
    return map(row, triples)


ENGINES: Final[dict[str, type[Engine]]] = {
    "cdkg": Cdkg,
    "sparq": Sparq,
    "turbo": Turbo,
    "reasonable": Reasonable,
    "owlrl": Owlrl,
}
