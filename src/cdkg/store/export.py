"""Write named graphs in an RDF syntax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, serialize

from cdkg.errors import OutputError
from cdkg.formats import Format, prefixes_in_order
from cdkg.graph import NamedGraph
from cdkg.vocabulary import PREFIXES


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


def _used(triples: Iterable[Triple]) -> dict[str, str]:
    """The prefixes of ours whose namespace some term has."""
    names = {term.value for t in triples for term in (t.subject, t.predicate, t.object) if isinstance(term, NamedNode)}
    spaces = {name[: max(name.rfind("/"), name.rfind("#")) + 1] for name in names}
    return {prefix: iri for prefix, iri in PREFIXES.items() if iri in spaces}
