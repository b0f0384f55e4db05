"""Figures of the store, counted by queries once for each snapshot."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Final

from flask import current_app
from pyoxigraph import NamedNode, QuerySolution

from cdkg.errors import BusyError, DeadlineError, LimitError
from cdkg.server.describing.asking import number, rows
from cdkg.server.describing.served import is_plain
from cdkg.vocabulary import BASE, GRAPH

_WHOLE: Final = """SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects)
WHERE { ?s ?p ?o }"""
_ENTITIES: Final = f"""SELECT (COUNT(DISTINCT ?s) AS ?n)
WHERE {{ ?s ?p ?o FILTER (isIRI(?s) && STRSTARTS(STR(?s), "{BASE}")) }}"""
_CLASSES: Final = (
    "SELECT ?class (COUNT(DISTINCT ?s) AS ?entities) WHERE { ?s a ?class FILTER isIRI(?class) } GROUP BY ?class"
)
_PROPERTIES: Final = """SELECT ?property (COUNT(*) AS ?triples)
  (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects)
WHERE { ?s ?property ?o } GROUP BY ?property"""
_BY_CLASS: Final = """SELECT ?class ?property (COUNT(*) AS ?triples)
WHERE { ?s a ?class ; ?property ?o FILTER isIRI(?class) } GROUP BY ?class ?property"""
_GRAPHS: Final = "SELECT ?graph (COUNT(*) AS ?triples) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph"
_LINKS: Final = f"""SELECT ?graph ?property ?target (COUNT(*) AS ?triples)
WHERE {{
  GRAPH ?graph {{ ?s ?property ?o }}
  FILTER (STRSTARTS(STR(?graph), "{GRAPH}links/") && STRSTARTS(STR(?s), "{BASE}") && !STRSTARTS(STR(?s), "{GRAPH}"))
  FILTER (isIRI(?o) && !STRSTARTS(STR(?o), "{BASE}"))
  BIND (REPLACE(STR(?o), "[^/#]+[/#]?$", "") AS ?target)
}} GROUP BY ?graph ?property ?target"""
_ONE_AT_A_TIME: Final = threading.Lock()
#: Seconds that a request waits for those who count.
_PATIENCE: Final = 5


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of a store; rows are as the queries give them.

    Attributes:
        is_plain: Whether the store is anybody's, served as it is; else it is a project's snapshot.
        by_class: Triples of each property of the members of each class; empty where they are too many to count.
        documents: What was written from these figures: by its name, the address of the server and the format.
    """

    is_plain: bool
    triples: int
    subjects: int
    objects: int
    entities: int
    classes: tuple[QuerySolution, ...]
    properties: tuple[QuerySolution, ...]
    by_class: tuple[QuerySolution, ...]
    graphs: dict[str, int]
    links: tuple[QuerySolution, ...]
    documents: dict[tuple[str, str, str], bytes] = field(default_factory=dict)


def statistics() -> Statistics:
    """The figures of the store that is served now.

    Raises:
        BusyError: They are being counted for somebody else.
        CdkgError: They cannot be counted now.
    """
    answers = current_app.config["ANSWERS"]
    kept: dict[str, Any] = current_app.extensions.setdefault("cdkg.statistics", {})
    if not _ONE_AT_A_TIME.acquire(timeout=_PATIENCE):
        raise BusyError("the figures of the dataset are being counted", hint="ask again in some seconds", status=503)
    try:
        # a store of anybody has no version; written to, it is another source or has another size
        version = answers.version, answers.quads, getattr(answers, "source", None)
        if kept.get("version") != version:
            kept.update(found=_counted(), version=version)
        found: Statistics = kept["found"]
    finally:
        _ONE_AT_A_TIME.release()
    return found


def _counted() -> Statistics:
    whole = rows(_WHOLE)[0]
    try:
        by_class = rows(_BY_CLASS)
    except (DeadlineError, LimitError):  # of a large store; all else can be said nevertheless
        by_class = []
    graphs = {
        row["graph"].value: number(row, "triples") for row in rows(_GRAPHS) if isinstance(row["graph"], NamedNode)
    }
    return Statistics(
        is_plain(),
        number(whole, "triples"),
        number(whole, "subjects"),
        number(whole, "objects"),
        number(rows(_ENTITIES)[0], "n"),
        tuple(rows(_CLASSES)),
        tuple(rows(_PROPERTIES)),
        tuple(by_class),
        dict(sorted(graphs.items())),
        tuple(rows(_LINKS)),
    )
