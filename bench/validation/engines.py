"""The engines, each behind the same steps: read, validate, tell the results as rows.

An engine is imported by its constructor, so that only its own process pays for it. Each is called in the way that its
own makers recommend and that is fastest: files where it takes files.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from pyoxigraph import DefaultGraph, Quad, RdfFormat, Store, Triple, parse

from bench.validation.rows import Row, of_report, row, shape_paths, told

#: Whatever a library without types gives.
Foreign = Any


class Engine(ABC):
    """One engine with one data file and one shapes file, both Turtle."""

    def __init__(self, data: Path, shapes: Path) -> None:
        self._data_file, self._shapes_file = data, shapes
        logging.getLogger("rdflib").setLevel(logging.CRITICAL)  # it tells of each literal that is none of its datatype

    def read(self) -> None:  # noqa: B027  # some read when they validate
        """Read the files, where this is a step of its own."""

    @abstractmethod
    def validate(self) -> None:
        """Make the report that the engine gives to whoever calls it."""

    @abstractmethod
    def rows(self) -> list[Row]:
        """Its results; not part of what is timed."""

    @property
    def _paths(self) -> dict[str, str]:
        return shape_paths(self._shapes_file)


class _Data:
    """Triples as the engines of cdkg take them."""

    def __init__(self, triples: Sequence[Triple]) -> None:
        self.triples = triples

    @cached_property
    def store(self) -> Store:
        store = Store()
        store.bulk_extend(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in self.triples)
        return store


class Cdkg(Engine):
    """Ours, without places and words: what the others do as well."""

    def __init__(self, data: Path, shapes: Path) -> None:
        super().__init__(data, shapes)
        import_module("cdkg.processor").prefer_quick_sort()  # as the command line does
        self._engine: Foreign = import_module("cdkg.validation.shacl").engine_named("cdkg")

    def read(self) -> None:
        self._data = _Data(_triples(self._data_file))
        self._shapes = _triples(self._shapes_file)

    def validate(self) -> None:
        self._found: list[Foreign] = list(self._engine(self._shapes).rows(self._data))

    def rows(self) -> list[Row]:
        return [
            row(str(r.focus), told(r.path) if r.path else "", "" if r.value is None else str(r.value), str(r.component),
                str(r.severity), str(r.shape))
            for r in self._found
        ]  # fmt: skip


def _triples(path: Path) -> list[Triple]:
    return list({quad.triple: None for quad in parse(path=str(path), format=RdfFormat.TURTLE)})


class Pyshacl(Engine):
    """pySHACL on graphs in memory, the reference."""

    def __init__(self, data: Path, shapes: Path) -> None:
        super().__init__(data, shapes)
        self._rdflib, self._pyshacl = import_module("rdflib"), import_module("pyshacl")

    def read(self) -> None:
        self._data, self._shapes = (
            self._rdflib.Graph().parse(str(path), format="turtle") for path in (self._data_file, self._shapes_file)
        )

    def validate(self) -> None:
        _, self._report, _ = self._pyshacl.validate(self._data, shacl_graph=self._shapes, inplace=True, advanced=False)

    def rows(self) -> list[Row]:
        return of_report(self._report.serialize(format="nt"), self._paths)


class Shifty(Engine):
    """pyshifty; its report names complex paths without describing them."""

    def __init__(self, data: Path, shapes: Path) -> None:
        super().__init__(data, shapes)
        self._shifty: Foreign = import_module("shifty")

    def validate(self) -> None:
        _, self._report, _ = self._shifty.validate(
            self._data_file, self._shapes_file, infer=False, graph_mode="data", base="https://towns.example/"
        )

    def rows(self) -> list[Row]:
        return of_report(self._report.serialize(format="nt"), self._paths)


class Turbo(Engine):
    """pyshacl-turbo with paths of files; rdflib graphs take it longer."""

    def __init__(self, data: Path, shapes: Path) -> None:
        super().__init__(data, shapes)
        self._turbo: Foreign = import_module("pyshacl_turbo")

    def validate(self) -> None:
        _, self._report, _ = self._turbo.validate(str(self._data_file), shacl_graph=str(self._shapes_file))

    def rows(self) -> list[Row]:
        return of_report(self._report.serialize(format="nt"), self._paths)


class Shacl(Engine):
    """The package `shacl`."""

    def __init__(self, data: Path, shapes: Path) -> None:
        super().__init__(data, shapes)
        self._shacl: Foreign = import_module("shacl")

    def validate(self) -> None:
        self._report: Foreign = self._shacl.validate(str(self._data_file), str(self._shapes_file))

    def rows(self) -> list[Row]:
        return of_report(self._report.serialize("ntriples"), self._paths)


class ShaclRust(Engine):
    """shacl-rust with its index, which is faster on large graphs."""

    def __init__(self, data: Path, shapes: Path) -> None:
        super().__init__(data, shapes)
        self._shacl: Foreign = import_module("shacl_rust")

    def validate(self) -> None:
        self._report: Foreign = self._shacl.validate_file(
            str(self._data_file), str(self._shapes_file), experimental_index=True
        )

    def rows(self) -> list[Row]:
        names = ("focusNode", "resultPath", "value", "sourceConstraintComponent", "severity", "sourceShape")
        return [row(*(_shortest(result.get(name, "")) for name in names)) for result in self._report["results"]]


def _shortest(term: str) -> str:
    """A literal of strings without its datatype, as N-Triples has it."""
    return term.removesuffix("^^<http://www.w3.org/2001/XMLSchema#string>")


#: By name; the first is the one that the others are held against.
ENGINES: Final[dict[str, type[Engine]]] = {
    "cdkg": Cdkg,
    "pyshacl": Pyshacl,
    "shifty": Shifty,
    "turbo": Turbo,
    "shacl": Shacl,
    "shacl-rust": ShaclRust,
}
