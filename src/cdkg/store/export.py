"""Write named graphs in an RDF syntax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, serialize

from cdkg.errors import OutputError
from cdkg.formats import Format, prefixes_in_order
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.vocabulary import GRAPH, ID, PREFIXES

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
