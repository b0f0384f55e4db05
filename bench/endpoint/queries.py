"""What is asked: questions that people and programs put to a graph of cities, each in one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cdkg.vocabulary import PREFIXES

_PROLOGUE: Final = " ".join(
    f"PREFIX {name}: <{PREFIXES[name]}>"
    for name in ("cd", "city", "country", "body", "concept", "rdfs", "skos", "xsd", "schema", "status")
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with its name.

    Attributes:
        name: Its name.
        text: The query, with all of its prefixes.
    """

    name: str
    text: str

    @property
    def media_type(self) -> str:
        """What is asked for: triples of a CONSTRUCT, else JSON."""
        return "application/n-triples" if "CONSTRUCT" in self.text else "application/sparql-results+json"


def _all(**texts: str) -> tuple[Asked, ...]:
    return tuple(Asked(name, f"{_PROLOGUE} {text}") for name, text in texts.items())


#: Looks at one thing, as pages and programs ask for them.
LIGHT: Final = _all(
    label="SELECT ?l { city:town-7 rdfs:label ?l }",
    about="SELECT ?p ?o { city:town-12 ?p ?o }",
    by_label='SELECT ?s { ?s rdfs:label "Town 23"@en }',
    is_city="ASK { city:town-7 a cd:City }",
    country="SELECT ?n { city:town-9 cd:country/rdfs:label ?n }",
    projects="SELECT ?i { ?i cd:ofCity city:town-0 }",
)
#: What looks further: joins, paths, groups, searches, order, and pieces of the graph.
MIXED: Final = LIGHT + _all(
    twins="SELECT ?other ?l { ?t cd:party city:town-2, ?other . ?other rdfs:label ?l FILTER(?other != city:town-2) }",
    twins_of_twins="SELECT DISTINCT ?c { ?t cd:party city:town-1, ?b . ?u cd:party ?b, ?c FILTER(?c != city:town-1) }",
    members="SELECT ?c ?since { ?m cd:organisation body:network-1 ; cd:member ?c ; cd:startDate ?since }",
    countries="SELECT ?k (COUNT(?c) AS ?n) { ?c a cd:City ; cd:country ?k } GROUP BY ?k",
    most_twinned="SELECT ?c (COUNT(?t) AS ?n) { ?t cd:party ?c } GROUP BY ?c HAVING(COUNT(?t) > 3)",
    pairs="SELECT ?a ?b (COUNT(*) AS ?n) { ?t cd:party ?x, ?y . ?x cd:country ?a . ?y cd:country ?b "
    "FILTER(STR(?a) < STR(?b)) } GROUP BY ?a ?b HAVING(COUNT(*) > 2)",
    narrower="SELECT ?m { ?m skos:broader+ concept:towns-matter-0 }",
    themes="SELECT ?t ?m { ?t a cd:TwinningAgreement ; cd:theme ?m . ?m skos:broader* concept:towns-matter-4 }",
    sub_networks="SELECT ?n { ?n cd:subNetworkOf+ body:network-0 }",
    search='SELECT ?s ?l { ?s rdfs:label ?l FILTER(CONTAINS(LCASE(STR(?l)), "town 19")) }',
    pattern='SELECT ?s { ?s a cd:City ; rdfs:label ?l FILTER(REGEX(?l, "^town 1.*7$", "i")) }',
    optional="SELECT ?i ?l ?m { ?i a cd:Project ; rdfs:label ?l OPTIONAL { ?i cd:theme ?m } }",
    union="SELECT ?x { { ?x cd:member city:town-4 } UNION { ?x cd:party city:town-4 } "
    "UNION { ?x cd:place city:town-4 } }",
    untwinned="SELECT ?c { ?c a cd:City ; cd:country country:land-2 MINUS { ?t cd:party ?c } }",
    ended="SELECT ?t { ?t a cd:TwinningAgreement ; cd:status status:ended FILTER NOT EXISTS { ?t cd:endDate ?d } }",
    north="SELECT ?c ?lat { ?c a cd:City ; schema:latitude ?lat } ORDER BY DESC(?lat) ?c LIMIT 20",
    # not a multiple of the mean: that has so many digits that the product is too large for some decimals
    above="SELECT ?c ?v { ?o a cd:Observation ; cd:about ?c ; cd:value ?v "
    "{ SELECT (AVG(?w) AS ?mean) { ?q a cd:Observation ; cd:value ?w } } FILTER(?v > ?mean + 200) }",
    construct="CONSTRUCT { ?a skos:related ?b } { ?t cd:party ?a, ?b ; cd:theme concept:towns-matter-3 "
    "FILTER(?a != ?b) }",
)
#: A query without end: a product of three copies of the graph.
RUNAWAY: Final = Asked("runaway", "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c != ?f) }")
