"""Named graphs written in an RDF syntax, and what of a snapshot is to be written, as it comes from its file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import BinaryIO, Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, parse, serialize

from cdkg.errors import Location, OutputError, SettingsError, SnapshotError
from cdkg.formats import Format, prefixes_in_order
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.store.snapshot import Snapshot
from cdkg.vocabulary import GRAPH, ID, PREFIXES

#: After so many quads the reader tells how far it is.
_STEP: Final = 10_000
_EXACT_MATCH: Final = NamedNode(PREFIXES["skos"] + "exactMatch")
_SAME_AS: Final = NamedNode(PREFIXES["owl"] + "sameAs")


def write_graphs(graphs: Iterable[NamedGraph], form: Format, out: BinaryIO) -> None:
    """Write graphs: with their names where the syntax has names, else all triples as one graph, each once.

    Raises:
        OutputError: The syntax cannot say a triple (RDF/XML has no form for some properties).
    """
    graphs = list(graphs)
    written: Iterable[Triple | Quad] = dict.fromkeys(t for graph in graphs for t in graph.triples)
    prefixes = _used(t for graph in graphs for t in graph.triples)
    if form.writer in {RdfFormat.N_QUADS, RdfFormat.TRIG}:
        written = (Quad(t.subject, t.predicate, t.object, g.iri) for g in graphs for t in dict.fromkeys(g.triples))
    try:
        if form.writer in {RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.N3}:
            out.write(prefixes_in_order(serialize(written, format=form.writer, prefixes=prefixes) or b""))  # type: ignore[arg-type]
        else:
            serialize(written, out, format=form.writer, prefixes=prefixes)  # type: ignore[arg-type]
    except ValueError as error:
        raise OutputError(
            f"this cannot be written as {form.writer}", why=str(error), hint="take Turtle or N-Triples"
        ) from error


def same_as(graph: KnowledgeGraph) -> NamedGraph:
    """The exact matches between things of ours and of others as `owl:sameAs`, for whoever asks for it in an export.

    Nothing of the project uses them: whoever reasons over `owl:sameAs` merges what documents say of our node with what
    others say of theirs. Terms of the ontology are left out, as they are no individuals.
    """
    triples = dict.fromkeys(
        Triple(t.subject, _SAME_AS, t.object)
        for links in graph.of(Role.LINKS)
        for t in links.triples
        if t.predicate == _EXACT_MATCH and isinstance(t.subject, NamedNode) and t.subject.value.startswith(ID)
    )
    return NamedGraph(NamedNode(f"{GRAPH}export/same-as"), Role.LINKS, tuple(triples))


def _used(triples: Iterable[Triple]) -> dict[str, str]:
    """The prefixes of ours whose namespace some term has."""
    names = {term.value for t in triples for term in (t.subject, t.predicate, t.object) if isinstance(term, NamedNode)}
    spaces = {name[: max(name.rfind("/"), name.rfind("#")) + 1] for name in names}
    return {prefix: iri for prefix, iri in PREFIXES.items() if iri in spaces}


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be written of a snapshot; it is read from the disk quad by quad, and never held.

    Attributes:
        snapshot: The snapshot.
        graphs: The graphs that are wanted, with what they are for.
        number: How many quads the snapshot has.
        is_part: Whether graphs were chosen.
        with_same_as: Whether exact matches are told as `owl:sameAs`, too, in a graph of their own.
    """

    snapshot: Snapshot
    graphs: Mapping[str, Role]
    number: int
    is_part: bool = False
    with_same_as: bool = False

    @classmethod
    def of(cls, snapshot: Snapshot, patterns: Sequence[str] = (), *, with_same_as: bool = False) -> Export:
        """Choose what is written.

        Args:
            snapshot: A snapshot.
            patterns: Names of graphs below `graph/`, in which `*` stands for anything, or whole IRIs; none: all graphs.
            with_same_as: Whether `owl:sameAs` is wanted.

        Raises:
            SettingsError: A pattern meets no graph, or no graph of links is chosen that `owl:sameAs` could come from.
            SnapshotError: The snapshot is damaged.
        """
        try:
            about = snapshot.about
            roles, number = {iri: Role(role) for iri, role in about["roles"].items()}, int(about["quads"])
        except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
            raise _damaged(snapshot, str(error)) from error
        graphs = {iri: roles[iri] for pattern in patterns for iri in _met(pattern, roles)} if patterns else roles
        if with_same_as and Role.LINKS not in graphs.values():
            why = "it is made of the exact matches in them"
            raise SettingsError("owl:sameAs is wanted, but no graph of links", why=why, hint="choose 'links/*' too")
        return cls(snapshot, graphs, number, bool(patterns), with_same_as)

    def quads(self, tell: Callable[[int], None] = lambda _: None) -> Iterator[Quad]:
        """Yield the quads of the chosen graphs, then those of `owl:sameAs`.

        Args:
            tell: Is told now and then how many quads were read.

        Raises:
            SnapshotError: The snapshot is damaged, which may be known at its end only.
        """
        number, matches = 0, list[Triple]()
        try:
            path = str(self.snapshot.path / "graph.nq")
            for number, quad in enumerate(parse(path=path, format=RdfFormat.N_QUADS), 1):
                if not number % _STEP:
                    tell(number)
                role = self._role(quad)
                if role is None:
                    continue
                if self.with_same_as and role is Role.LINKS and quad.predicate == _EXACT_MATCH:
                    matches.append(quad.triple)
                yield quad
        except (OSError, SyntaxError, ValueError, AttributeError) as error:
            raise _damaged(self.snapshot, str(error)) from error
        if number != self.number:
            raise _damaged(self.snapshot, f"it has {number} quads and not {self.number}")
        tell(number)
        made = same_as(KnowledgeGraph([NamedGraph(NamedNode(f"{GRAPH}links"), Role.LINKS, tuple(matches))]))
        yield from (Quad(t.subject, t.predicate, t.object, made.iri) for t in made.triples)

    def triples(self, tell: Callable[[int], None] = lambda _: None) -> Iterator[Triple]:
        """Yield the triples of the same graphs, each once; shapes only where graphs were chosen, as in the union.

        Of each triple a digest is kept, of some 100 bytes.

        Raises:
            SnapshotError: As of `quads`.
        """
        seen = set[bytes]()
        for quad in self.quads(tell):
            if not self.is_part and self._role(quad) is Role.SHAPES:
                continue
            triple = quad.triple
            digest = hashlib.blake2b(str(triple).encode(), digest_size=16).digest()
            if digest not in seen:
                seen.add(digest)
                yield triple

    def _role(self, quad: Quad) -> Role | None:
        """What the graph of a quad is for, if it is wanted."""
        return self.graphs.get(quad.graph_name.value) if isinstance(quad.graph_name, NamedNode) else None


def _met(pattern: str, roles: Mapping[str, Role]) -> list[str]:
    """The graphs that a pattern means.

    Raises:
        SettingsError: There are none.
    """
    name = pattern.strip().removeprefix("<").removesuffix(">").removeprefix(GRAPH)
    name = name.removeprefix("graph:").removeprefix("graph/")
    found = [iri for iri in roles if fnmatchcase(iri.removeprefix(GRAPH), name) or iri == name]
    if not found:
        near = get_close_matches(name, [iri.removeprefix(GRAPH) for iri in roles], n=5, cutoff=0.4)
        hint = f"did you mean {', '.join(near)}?" if near else "`*` stands for anything, as in 'links/*'"
        raise SettingsError(f"no graph is called {pattern!r}", hint=hint)
    return found


def _damaged(snapshot: Snapshot, why: str) -> SnapshotError:
    where = Location(str(snapshot.path))
    return SnapshotError("the snapshot is damaged", where=where, why=why, hint="`cdkg build` makes a new one")
