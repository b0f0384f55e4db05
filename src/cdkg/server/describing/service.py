"""The endpoint in the SPARQL 1.1 Service Description vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyoxigraph import NamedNode, Triple

from cdkg.formats import GRAPHS, SOLUTIONS
from cdkg.server.describing.statements import Value, about, term
from cdkg.server.describing.statistics import Statistics

#: What the default graph is, which no term of the vocabulary says: sd:UnionDefaultGraph has no exceptions.
_DEFAULT: Final = "All named graphs but those of shapes as one, each triple once; inferred triples are in it."


def service(found: Statistics, base: str, *, federates: bool = False, writable: bool = False) -> Iterator[Triple]:
    """The description of the service whose endpoint is `sparql` below `base` (section 3), and of that of updates.

    Args:
        found: Figures of its dataset.
        base: Address of the server.
        federates: Whether SERVICE is allowed, to some.
        writable: Whether updates are taken, of some.
    """
    endpoint, void = f"{base}sparql", f"{base}.well-known/void"
    node, dataset, default = (NamedNode(f"{endpoint}#{name}") for name in ("service", "dataset", "default-graph"))
    yield from about(
        node,
        "sd:Service",
        sd_endpoint=NamedNode(endpoint),
        sd_supportedLanguage=term("sd:SPARQL11Query"),
        sd_resultFormat=[NamedNode(form.iri) for form in (*SOLUTIONS, *GRAPHS)],
        sd_feature=[term("sd:BasicFederatedQuery")] if federates else [],
        sd_defaultDataset=dataset,
        rdfs_seeAlso=[NamedNode(void), NamedNode(f"{base}.well-known/sparql-examples")],
    )
    if writable:  # another address is another service: an endpoint tells one from the other
        update = NamedNode(f"{base}update")
        yield from about(
            NamedNode(f"{update.value}#service"),
            "sd:Service",
            sd_endpoint=update,
            sd_supportedLanguage=term("sd:SPARQL11Update"),
            sd_defaultDataset=dataset,
        )
    named = [NamedNode(f"{endpoint}#graph-{n}") for n in range(1, len(found.graphs) + 1)]
    yield from about(dataset, "sd:Dataset", sd_defaultGraph=default, sd_namedGraph=[*named])
    comment: list[Value] = [] if found.is_plain else [_DEFAULT]
    yield from about(default, "sd:Graph", void_triples=found.triples, rdfs_comment=comment)
    for entry, (name, triples) in zip(named, found.graphs.items(), strict=True):
        content = NamedNode(f"{entry.value}-content")
        yield from about(entry, "sd:NamedGraph", sd_name=NamedNode(name), sd_graph=content)
        yield from about(content, "sd:Graph", void_triples=triples)
