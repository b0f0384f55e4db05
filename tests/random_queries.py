"""Random small datasets and SPARQL queries, drawn so that every part of a query that can be traced occurs."""

from __future__ import annotations

from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store

NAMES = "abcd"
PROPERTIES = "pqr"
_NODES = [*(NamedNode(f"x:{name}") for name in NAMES), BlankNode("n1"), BlankNode("n2")]
_OBJECTS = [*_NODES, Literal(1), Literal(2), Literal("a", language="en")]
_GRAPHS = [NamedNode("x:g1"), NamedNode("x:g2")]


def made_of(quads: list[Quad]) -> Store:
    """A store with the quads, and all their triples in the default graph too."""
    store = Store()
    for quad in quads:
        store.add(quad)
        store.add(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()))
    return store


QUADS = st.lists(
    st.builds(
        Quad,
        st.sampled_from(_NODES),
        st.sampled_from([NamedNode(f"x:{name}") for name in PROPERTIES]),
        st.sampled_from(_OBJECTS),
        st.sampled_from(_GRAPHS),
    ),
    min_size=4,
    max_size=16,
)

_variables = st.sampled_from(["?s", "?o", "?m", "?v"])
_terms = st.one_of(_variables, _variables, _variables, st.sampled_from(["x:a", "x:b", "[]", "_:l"]))
_objects = st.one_of(_terms, st.sampled_from(["1", '"a"@en', "[ x:q ?v ]"]))
_steps = st.sampled_from(["x:p", "x:q", "x:r", "^x:p", "!x:p", "!(x:q|^x:r)"])
PATHS = st.recursive(
    _steps,
    lambda inner: st.one_of(
        st.builds("({}/{})".format, inner, inner),
        st.builds("({}|{})".format, inner, inner),
        st.builds("({}){}".format, inner, st.sampled_from("?*+")),
    ),
    max_leaves=3,
)
_verbs = st.one_of(st.sampled_from(["x:p", "x:q", "x:r", "?s"]), PATHS)
TRIPLES = st.builds("{} {} {} .".format, _terms, _verbs, _objects)
PLAIN = st.builds(
    "{} {} {} .".format, _variables, st.sampled_from(["x:p", "x:q", "x:r"]), st.one_of(_variables, st.just("x:a"))
)
_filters = st.sampled_from(
    ["FILTER (?s != ?o)", "FILTER (ISIRI(?o))", "FILTER (BOUND(?m))", "FILTER (!BOUND(?v))", "FILTER (?o > 1)"]
)
_binds = st.sampled_from(["BIND (STR(?s) AS ?w)", "BIND (?o AS ?w)"])
_data = st.sampled_from(["VALUES ?s { x:a x:b }", "VALUES (?s ?m) { (x:a UNDEF) (UNDEF x:b) (x:c x:d) }"])
_sub_queries = st.one_of(
    st.builds("{{ SELECT DISTINCT ?s {{ {} {} }} }}".format, TRIPLES, PLAIN),
    st.builds("{{ SELECT ?s (COUNT(?o) AS ?n) {{ {} }} GROUP BY ?s }}".format, PLAIN),
    st.builds("{{ SELECT (MAX(?o) AS ?m) {{ {} }} GROUP BY ?s }}".format, PLAIN),
)


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{} OPTIONAL {{ {} }}".format, inner, inner),
        st.builds("{{ {} }} UNION {{ {} }}".format, inner, inner),
        st.builds("{} GRAPH {} {{ {} }}".format, inner, st.sampled_from(["?g", "x:g1"]), inner),
        st.builds("{{ {} }} {}".format, inner, inner),
        st.builds("{} {}".format, inner, inner),
        st.builds("{} {}".format, inner, _filters),
        st.builds("{} FILTER EXISTS {{ {} }}".format, inner, inner),
    )


_negations = st.one_of(st.builds("FILTER NOT EXISTS {{ {} }}".format, PLAIN), st.builds("MINUS {{ {} }}".format, PLAIN))
_bodies = st.recursive(st.one_of(TRIPLES, TRIPLES, PLAIN, PLAIN, _data, _sub_queries), _blocks, max_leaves=4)
_tails = st.one_of(st.just(""), st.just(""), _negations, _binds)
_bodies_with_tails = st.builds("{} {}".format, _bodies, _tails)
_frames = st.sampled_from(
    [
        "SELECT * {{ {} }}",
        "SELECT ?s ?o {{ {} }}",
        "SELECT DISTINCT ?s {{ {} }}",
        "SELECT ?s (COUNT(*) AS ?count) {{ {} }} GROUP BY ?s",
        "SELECT (COUNT(DISTINCT ?o) AS ?count) {{ {} }} GROUP BY ?s (STR(?m) AS ?k)",
        "SELECT (COUNT(*) AS ?count) {{ {} }}",
        "SELECT ?s (EXISTS {{{{ ?s x:p ?z }}}} AS ?has) {{ {} }}",
        "ASK {{ {} }}",
    ]
)
QUERIES = st.builds(
    lambda frame, body: frame.format(body).replace("{{", "{").replace("}}", "}"), _frames, _bodies_with_tails
)


# -- queries that are worth another plan: joins around UNION, OPTIONAL, VALUES, filters for one value, EXISTS --------

_parts = st.sampled_from(["?s", "?o", "?m", "?v", "?s", "?o", "x:a", "x:b", "[]"])
_joined = st.builds(
    "{} {} {} .".format,
    _parts,
    st.sampled_from(["x:p", "x:q", "x:r", "x:p", "x:q", "?e", "x:p+", "^x:q*", "x:p/x:q"]),
    st.one_of(_parts, st.sampled_from(['"a"@en', "1", "[ x:q ?v ]"])),
)
_few = st.lists(_joined, min_size=1, max_size=3).map(" ".join)
_wanted = st.sampled_from(
    [
        "?s = x:a",
        "x:b = ?o",
        "?s IN (x:a, <x:a>, x:b)",
        '?o = "a"@en',
        "?o IN (1, x:a)",
        "sameTerm(?m, x:a)",
        "(?s = x:a || ?s = x:c)",
        "?s = x:a && ?o != ?m",
        "?s = x:a || BOUND(?v)",
        "!BOUND(?m)",
        "?s != ?o",
        "?g = x:g1",
    ]
)
_wishes = st.builds("FILTER ({})".format, _wanted)
_columns = st.sampled_from(
    [
        "VALUES ?s { x:a x:b }",
        "VALUES ?m { x:a x:b x:a }",
        "VALUES (?s ?m) { (x:a UNDEF) (UNDEF x:b) (x:c x:d) }",
        "VALUES ?w { 1 2 }",
    ]
)


def _around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{{ {} }} UNION {{ {} }}".format, inner, inner),
        st.builds("OPTIONAL {{ {} }}".format, inner),
        st.builds("MINUS {{ {} }}".format, _few),
        st.builds("GRAPH {} {{ {} }}".format, st.sampled_from(["?g", "?g", "x:g1"]), inner),
        st.builds("{{ {} }}".format, inner),
        st.builds("{{ SELECT ?s ?o {{ {} }} }}".format, inner),
        st.builds("FILTER {} {{ {} }}".format, st.sampled_from(["EXISTS", "NOT EXISTS"]), st.one_of(_few, inner)),
        st.builds("FILTER (?s = x:a || EXISTS {{ {} {} }})".format, _few, _wishes),
        st.builds("BIND ({} AS ?{})".format, st.sampled_from(["STR(?s)", "?m", "EXISTS { ?o x:p ?f . ?f x:q ?s }"]),
                  st.sampled_from(["k", "l"])),
    )  # fmt: skip


_members = st.recursive(
    st.one_of(_few, _few, _columns, _wishes),
    lambda inner: st.lists(st.one_of(inner, inner, _around(inner)), min_size=2, max_size=4).map(" ".join),
    max_leaves=8,
)
#: Not each is valid: a variable may be bound twice.
PLANNED = st.builds(
    "{} {{ {} }} {}".format,
    st.sampled_from(["SELECT *", "SELECT ?s ?m", "SELECT DISTINCT ?o ?v", "SELECT (COUNT(*) AS ?count)", "ASK",
                     "CONSTRUCT { ?s x:is ?o . ?m x:has _:b }"]),
    _members,
    st.sampled_from(["", "", "", "VALUES ?s { x:a x:b }", "VALUES (?m ?v) { (x:a UNDEF) (UNDEF x:b) }"]),
)  # fmt: skip
