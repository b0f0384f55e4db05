"""Ontologies that shapes import: never fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyoxigraph import NamedNode

from cdkg.validation.report import Severity
from cdkg.validation.shacl.preflight.faults import ShapeFault
from cdkg.validation.shacl.shapes_graph import ShapesGraph
from cdkg.vocabulary import PREFIXES

IMPORTS: Final = NamedNode(PREFIXES["owl"] + "imports")
_VERSION: Final = NamedNode(PREFIXES["owl"] + "versionIRI")


def imports(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Imports of what is not among the loaded shapes, by name or version."""
    present = {*graph.about, *(triple.object for triple in graph.uses(_VERSION))}
    for triple in graph.uses(IMPORTS):
        if triple.object not in present:
            what = f"{graph.name(triple.object)} is imported, but not loaded"
            why = "nothing is fetched from the network while validating"
            hint = "put the file beside the shapes, if they need it"
            yield ShapeFault("import-not-loaded", triple, triple.subject, what, why, hint, Severity.INFO)
