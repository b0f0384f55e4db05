"""Results of any engine as plain rows, so that two engines can be held against each other as multisets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Final, NamedTuple

from pyoxigraph import BlankNode, NamedNode, RdfFormat, parse

from cdkg.errors import ShapesError
from cdkg.validation.shacl.paths import Alternative, Inverse, Path, Predicate, Repeated, Sequence, read_path
from cdkg.vocabulary import PREFIXES, Term

_SH: Final = PREFIXES["sh"]
_SUFFIX: Final = "ConstraintComponent"

#: The triples of a graph: subject to predicate to objects.
About = Mapping[Term, Mapping[NamedNode, list[Term]]]

#: How many examples are kept of each shape and component that differ.
_EXAMPLES: Final = 1


class Row(NamedTuple):
    """One validation result; terms in N-Triples form, blank nodes as `_:`, absent ones empty."""

    focus: str
    path: str
    value: str
    component: str
    severity: str
    shape: str


def row(focus: str, path: str, value: str, component: str, severity: str, shape: str) -> Row:
    """A row of terms in N-Triples form; a path as SPARQL writes it."""
    node = [found if found[:2] != "_:" else "_:" for found in (focus, value, shape)]
    flat = path.replace(" ", "").replace("(", "").replace(")", "")  # engines put brackets as they like
    return Row(node[0], flat, node[1], _local(component).removesuffix(_SUFFIX), _local(severity), node[2])


def _local(iri: str) -> str:
    return iri.strip("<>").rpartition("#")[2]


def triples_about(data: bytes | str, form: RdfFormat = RdfFormat.N_TRIPLES) -> About:
    """A graph by subject and predicate."""
    about: dict[Term, dict[NamedNode, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for quad in parse(data, format=form):
        about[quad.subject][quad.predicate].append(quad.object)
    return about


def shape_paths(shapes: File) -> dict[str, str]:
    """The path of each property shape with a name."""
    about = triples_about(shapes.read_bytes(), RdfFormat.TURTLE)
    path = NamedNode(f"{_SH}path")
    return {str(node): told(read_path(said[path][0], about)) for node, said in about.items() if path in said}


def of_report(ntriples: bytes | str, paths: Mapping[str, str]) -> list[Row]:
    """The rows of a validation report; `paths` helps where it names a path but does not describe it."""
    about = triples_about(ntriples)

    def one(node: Term, name: str) -> str:
        return "".join(map(str, about[node].get(NamedNode(_SH + name), [])[:1]))

    rows = []
    for node in [node for node, said in about.items() if NamedNode(f"{_SH}sourceConstraintComponent") in said]:
        shape = one(node, "sourceShape")
        found = about[node].get(NamedNode(f"{_SH}resultPath"), [])
        path = _path(found[0], about, paths.get(shape, "")) if found else ""
        rows.append(row(one(node, "focusNode"), path, one(node, "value"), one(node, "sourceConstraintComponent"),
                        one(node, "resultSeverity"), shape))  # fmt: skip
    return rows


def _path(node: Term, about: About, otherwise: str) -> str:
    if isinstance(node, BlankNode) and node not in about:
        return otherwise
    try:
        return told(read_path(node, about))
    except ShapesError as error:
        return f"no path: {error}"


def told(path: Path) -> str:
    """A path as SPARQL writes it, with whole IRIs."""
    match path:
        case Predicate(iri):
            return f"<{iri}>"
        case Inverse(inner):
            return f"^{told(inner)}"
        case Sequence(paths):
            return "/".join(map(told, paths))
        case Alternative(paths):
            return "|".join(map(told, paths))
        case Repeated(inner, least, once):
            return told(inner) + ("?" if once else "+" if least else "*")


@dataclass(slots=True)
class Difference:
    """How the rows of two engines differ, by shape and component."""

    missing: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many rows one has and the other has not."""
        return self.missing.total() + self.extra.total()


def difference(ours: Iterable[Row], theirs: Iterable[Row]) -> Difference:
    """What `theirs` lacks, and what it has beyond `ours`."""
    one, other = Counter(ours), Counter(theirs)
    found = Difference()
    for side, rows, kinds in (("lacks", one - other, found.missing), ("adds", other - one, found.extra)):
        shown: Counter[str] = Counter()
        for differing, number in sorted(rows.items()):
            kind = f"{_local(differing.shape)} {differing.component}"
            kinds[kind] += number
            shown[kind] += 1
            if shown[kind] <= _EXAMPLES:
                found.examples.append(f"{side} {number} of {' '.join(differing)}")
    return found


def by_shape(rows: Iterable[Row]) -> Counter[tuple[str, str]]:
    """How many rows there are of each shape and component."""
    return Counter((_local(found.shape), found.component) for found in rows)
