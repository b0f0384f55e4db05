"""What rewriting a query before evaluation gains: `python -m bench.endpoint.plans GRAPH.ttl`.

Each query is asked as it is written and as `query.rewriting` writes it anew, in a process of its own that is ended
after 20 seconds; told is the least time of some runs, to JSON. Answers are compared as multisets.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pyoxigraph import (
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    parse,
)

from bench.endpoint.queries import MIXED, Asked
from cdkg.query.guard import inspect
from cdkg.query.rewriting import replanned

_PATIENCE: Final = 20
_ENOUGH: Final = 0.2
_TWINS: Final = "?t a cd:TwinningAgreement ; cd:party ?x"
_MEMBERS: Final = "?t a cd:Membership ; cd:member ?x"
_TOWN: Final = '?x rdfs:label "Town 23"@en'
#: Name → query; those of `queries.MIXED` come on top.
SHAPES: Final = {
    "union, then a label": f"SELECT ?x ?t {{ {{ {_TWINS} }} UNION {{ {_MEMBERS} }} {_TOWN} }}",
    "a label, then union": f"SELECT ?x ?t {{ {_TOWN} {{ {_TWINS} }} UNION {{ {_MEMBERS} }} }}",
    "VALUES, then union": f"SELECT ?x ?t {{ VALUES ?x {{ city:town-7 city:town-9 }} {{ {_TWINS} }} "
    f"UNION {{ {_MEMBERS} }} }}",
    "union, then two patterns": f"SELECT ?x ?l {{ {{ {_TWINS} }} UNION {{ {_MEMBERS} }} "
    "?x rdfs:label ?l ; cd:country country:land-2 }",
    "union with BIND, then a label": f"SELECT ?x ?k {{ {{ {_TWINS} BIND(1 AS ?k) }} UNION {{ ?t cd:member ?x "
    f"BIND(2 AS ?k) }} {_TOWN} }}",
    "union, then all labels": f"SELECT ?x ?l {{ {{ {_TWINS} }} UNION {{ {_MEMBERS} }} ?x rdfs:label ?l }}",
    "union of patterns, then a label": f"SELECT ?x {{ {{ ?t cd:party ?x }} UNION {{ ?t cd:member ?x }} {_TOWN} }}",
    "OPTIONAL, then a project's city": "SELECT ?i ?l ?m { ?i a cd:Project ; rdfs:label ?l OPTIONAL { ?i cd:theme ?m } "
    "?i cd:ofCity city:town-0 }",
    "two OPTIONALs, then a label": "SELECT ?x { ?x a cd:City OPTIONAL { ?x schema:latitude ?n } "
    f"OPTIONAL {{ ?x schema:longitude ?e }} {_TOWN} }}",
    "OPTIONAL, then a country's name": "SELECT ?i ?m { ?i a cd:City ; cd:country ?c OPTIONAL { ?i schema:latitude ?m } "
    "?c rdfs:label ?l }",
    "OPTIONAL, VALUES in the group": "SELECT ?x ?m { ?x a cd:City ; rdfs:label ?l OPTIONAL { ?x schema:latitude ?m } "
    "VALUES ?x { city:town-7 city:town-9 } }",
    "OPTIONAL, VALUES at the end": "SELECT ?x ?m { ?x a cd:City ; rdfs:label ?l OPTIONAL { ?x schema:latitude ?m } } "
    "VALUES ?x { city:town-7 city:town-9 }",
    "VALUES at the end": "SELECT ?x ?l { ?x rdfs:label ?l . ?t cd:party ?x } VALUES ?x { city:town-7 city:town-9 }",
    "FILTER = IRI": "SELECT ?x ?l ?t { ?x rdfs:label ?l . ?t cd:party ?x FILTER(?x = city:town-7) }",
    "FILTER IN": "SELECT ?x ?l ?t { ?x rdfs:label ?l . ?t cd:party ?x FILTER(?x IN (city:town-7, city:town-9)) }",
    "FILTER = or =": "SELECT ?x ?l { ?x rdfs:label ?l FILTER(?x = city:town-7 || ?x = city:town-8) }",
    "FILTER = string, OPTIONALs": "SELECT ?s ?m { ?s rdfs:label ?l OPTIONAL { ?s cd:theme ?m } "
    'OPTIONAL { ?s cd:status ?z } FILTER(?l = "Town 23"@en) }',
    "FILTER over a union": "SELECT ?x ?t { { ?t cd:party ?x } UNION { ?t cd:member ?x } FILTER(?x = city:town-7) }",
    "FILTER = class, selective": f"SELECT ?x ?c {{ {_TOWN} . ?x a ?c FILTER(?c = cd:City) }}",
    "FILTER IN classes": "SELECT ?x ?l { ?x rdfs:label ?l ; a ?c FILTER(?c IN (cd:Summit, cd:Country)) }",
    "FILTER = property": "SELECT ?x ?o { ?x ?p ?o FILTER(?p = cd:governs) }",
    "path + last": "SELECT ?n ?l { ?n rdfs:label ?l . ?n cd:subNetworkOf+ body:network-0 }",
    "path * last": "SELECT ?n ?l { ?n rdfs:label ?l . ?n cd:subNetworkOf* body:network-0 }",
    "EXISTS of two": "SELECT ?c { ?c a cd:City FILTER EXISTS { ?t a cd:TwinningAgreement ; cd:party ?c } }",
    "NOT EXISTS of two": "SELECT ?c { ?c a cd:City FILTER NOT EXISTS { ?t cd:party ?c ; a cd:TwinningAgreement } }",
    "EXISTS of three": "SELECT ?c { ?c a cd:City FILTER EXISTS { ?t a cd:TwinningAgreement ; cd:party ?c ; "
    "cd:status status:ended } }",
    "EXISTS with FILTER": "SELECT ?c { ?c a cd:City FILTER EXISTS { ?t cd:party ?c, ?d FILTER(?d != ?c) } }",
    "EXISTS for one row": f"SELECT ?x {{ {_TOWN} FILTER EXISTS {{ {_TWINS} }} }}",
    "EXISTS in BIND": "SELECT ?c ?e { ?c a cd:City BIND(EXISTS { ?t a cd:TwinningAgreement ; cd:party ?c } AS ?e) }",
}


def main() -> None:
    """Print a line for each query."""
    store = Store()
    graph = NamedNode("https://towns.example/graph")
    for quad in parse(path=sys.argv[1], format=RdfFormat.TURTLE):
        store.extend([quad, Quad(quad.subject, quad.predicate, quad.object, graph)])
    prologue = MIXED[0].text.partition("SELECT")[0]
    asked = [Asked(name, prologue + text) for name, text in SHAPES.items()] + list(MIXED)
    for query in asked:
        print(_line(store, query), flush=True)


def _line(store: Store, query: Asked) -> str:
    inspected = inspect(query.text)
    anew = replanned(inspected)
    cost = 1000 * _least(lambda: replanned(inspected))
    if anew == query.text:
        return f"{query.name:32} as it is                                     looked at in {cost:.2f} ms"
    (before, one), (after, other) = (_asked(store, q) for q in (query, replace(query, text=anew)))
    same = "ended" if not (one and other) else "same" if one == other else "DIFFERENT"
    times = f"{1000 * before:10.2f} ms {1000 * after:10.2f} ms {before / after:8.1f} x"
    return f"{query.name:32} {times}  {same:9}  written in {cost:.2f} ms"


def _asked(store: Store, query: Asked) -> tuple[float, str]:
    """The time of a query, and a hash of its answer; empty where it was ended."""
    out, into = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(_PATIENCE)
        least = _least(lambda: _answer(store, query))
        os.write(into, pickle.dumps((least, _hash(store, query))))
        os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as told:
        data = told.read()
    os.waitpid(child, 0)
    return pickle.loads(data) if data else (float(_PATIENCE), "")  # noqa: S301  # from the process above


def _least(do: Callable[[], object]) -> float:
    begun, least = time.monotonic(), float("inf")
    while time.monotonic() - begun < _ENOUGH:
        start = time.process_time()
        do()
        least = min(least, time.process_time() - start)
    return least


def _answer(store: Store, query: Asked) -> object:
    found = store.query(query.text)
    if isinstance(found, QuerySolutions):
        return found.serialize(format=QueryResultsFormat.JSON)
    return list(found) if isinstance(found, QueryTriples) else bool(found)


def _hash(store: Store, query: Asked) -> str:
    found = store.query(query.text)
    rows = [] if isinstance(found, QueryBoolean) else [str([str(term) for term in row]) for row in found]
    told = [str(bool(found))] if isinstance(found, QueryBoolean) else sorted(rows)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


if __name__ == "__main__":
    main()
