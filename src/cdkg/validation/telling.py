"""From the rows of a SHACL engine to findings that people can read."""

from __future__ import annotations

from typing import Final

from pyoxigraph import BlankNode, NamedNode

from cdkg.graph import KnowledgeGraph, Role
from cdkg.validation.places import Places
from cdkg.validation.report import Result, Severity
from cdkg.validation.shacl.paths import Path, Predicate
from cdkg.validation.shacl.rows import Row
from cdkg.vocabulary import PREFIXES, Term

_SH: Final = PREFIXES["sh"]
_SEVERITIES: Final = {
    f"{_SH}Violation": Severity.VIOLATION,
    f"{_SH}Warning": Severity.WARNING,
    f"{_SH}Info": Severity.INFO,
}


class Shapes:
    """The shapes of a graph, as far as telling about their results needs them."""

    def __init__(self, graph: KnowledgeGraph, places: Places) -> None:
        self._places = places
        self._owners: dict[Term, Term] = {}
        for named in graph.of(Role.SHAPES):
            for triple in named.triples:
                self._owners.setdefault(triple.object, triple.subject)

    def result(self, row: Row) -> Result:
        """A row as a finding."""
        focus, path, value = str(row.focus), _told(row.path), str(row.value) if row.value is not None else ""
        messages = sorted(m.value for m in row.messages if m.language in {None, "en"})
        return Result(
            _SEVERITIES.get(row.severity.value, Severity.VIOLATION),
            " ".join(messages),
            self._owner(row.shape),
            focus,
            path,
            value,
            self._places.of_node(focus, path, value),
            component=row.component.value,
        )

    def _owner(self, shape: Term) -> str:
        """The IRI of the shape, or for a property shape without a name that of the node shape it belongs to."""
        seen: set[Term] = set()
        while isinstance(shape, BlankNode) and shape not in seen:
            seen.add(shape)
            shape = self._owners.get(shape, shape)
        return shape.value if isinstance(shape, NamedNode) else str(shape)


def _told(path: Path | None) -> str:
    if isinstance(path, Predicate):
        return f"<{path.iri}>"
    return "" if path is None else str(path)
