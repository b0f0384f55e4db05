"""For each check query a little dataset with the fault it must report, and the same one mended."""

from __future__ import annotations

from typing import Final

#: Named graphs as passages and lists; `p` is a passage of the project's form.
_P = "<https://w3id.org/cdkg/graph/x/p>"
_HEAD = f"{_P} a cd:Passage, cd:Table ; dcterms:isPartOf document:w . "


def _passage(text: str, name: str = "p") -> str:
    return f"GRAPH <https://w3id.org/cdkg/graph/x/{name}> {{ {_HEAD.replace('/x/p>', f'/x/{name}>')} {text} }}\n"


def _list(text: str, name: str = "city", cls: str = "EntityList") -> str:
    folder = "entities" if cls == "EntityList" else "typologies"
    iri = f"<https://w3id.org/cdkg/graph/{folder}/{name}>"
    return f"GRAPH {iri} {{ {iri} a cd:{cls} . {text} }}\n"


def _s(slug: str, name: str = "p") -> str:
    return f"<https://w3id.org/cdkg/graph/x/{name}#{slug}>"


_TWINS = "twinning:a--b a cd:TwinningAgreement ; cd:party city:a , city:b"
_NO = f"{_s('no')} a cd:Statement ; cd:subject city:a ; cd:predicate cd:twinnedWith ; cd:objectClass cd:City ; cd:polarity polarity:no ."
_DERIVED = "GRAPH <https://w3id.org/cdkg/graph/inferred/rules> { city:a cd:twinnedWith city:b } "
_CITIES = _list("city:a a cd:City . city:b a cd:City .")
_CONTEST = "GRAPH <https://w3id.org/cdkg/graph/disagreements/d> {{ <https://w3id.org/cdkg/graph/disagreements/d#x> a cd:Disagreement ; cd:concerns {} }}"
_ALL = (
    f"{_s('all')} a cd:Statement ; cd:subject group:g ; cd:predicate cd:memberOf ; cd:object body:n ; "
    "cd:quantifier quantifier:all ; cd:polarity polarity:yes . group:g cd:groupMember city:a . "
)
_YES_BUT = (
    f"{_s('all')} a cd:Statement ; cd:subject group:g ; cd:predicate cd:twinnedWith ; cd:objectClass cd:City ; "
    "cd:except city:a ; cd:polarity polarity:yes . "
)


def _links(text: str) -> str:
    return f"GRAPH <https://w3id.org/cdkg/graph/links/x> {{ {text} }}\n"


_RECORD = "<https://w3id.org/cdkg/graph/links/x#m> a sssom:Mapping ; owl:annotatedSource city:a ; "
_NOT = (
    f"{_RECORD} owl:annotatedProperty skos:exactMatch ; owl:annotatedTarget wd:Q1 ; "
    "sssom:predicate_modifier sssom:NegatedPredicate . "
)

#: slug → (dataset with the fault, the same mended), in TriG without prefixes.
FAULTS: Final[dict[str, tuple[str, str]]] = {
    "blank-node-in-data": (_passage("city:a cd:country [] ."), _passage("city:a cd:country country:c .")),
    "derived-figure-in-passage": (
        _passage(f"{_s('f')} a cd:DerivedFigure ."),
        "GRAPH <https://w3id.org/cdkg/graph/derived/f> { <https://w3id.org/cdkg/graph/derived/f#f> a cd:DerivedFigure }",
    ),
    "disagreement-in-passage": (
        _passage(f"{_s('d')} a cd:Disagreement ."),
        "GRAPH <https://w3id.org/cdkg/graph/disagreements/d> { <https://w3id.org/cdkg/graph/disagreements/d#d> a cd:Disagreement }",
    ),
    "disagreement-not-attested": (
        _passage("city:b a cd:City .") + _CONTEST.format(f"city:a ; cd:between {_P}"),
        _passage("city:a a cd:City .") + _CONTEST.format(f"city:a ; cd:between {_P}"),
    ),
    "empty-passage": (_passage(""), _passage("city:a a cd:City .")),
    "ends-before-it-starts": (
        _passage('twinning:a--b cd:startDate "2001"^^xsd:gYear ; cd:endDate "1999-05"^^xsd:gYearMonth .'),
        _passage('twinning:a--b cd:startDate "1999"^^xsd:gYear ; cd:endDate "1999-05"^^xsd:gYearMonth .'),
    ),
    "enrichment-in-passage": (
        _passage('city:a cd:geonamesId "1" .'),
        _list('city:a cd:geonamesId "1" .'),
    ),
    "entity-not-listed": (
        _passage("city:a a cd:City ."),
        _passage("city:a a cd:City .") + _list('city:a a cd:City ; rdfs:label "A"@en .'),
    ),
    "exception-meets-positive": (
        _passage(_YES_BUT) + _CITIES + _DERIVED,
        _passage(_YES_BUT) + _CITIES + _DERIVED + _CONTEST.format(_s("all")),
    ),
    "exact-match-shared": (
        _links("city:a skos:exactMatch wd:Q1 . city:b skos:exactMatch wd:Q1 ."),
        _links("city:a skos:exactMatch wd:Q1 . city:b skos:closeMatch wd:Q1 ."),
    ),
    "exact-match-twice": (
        _links("city:a skos:exactMatch wd:Q1 , wd:Q2 ."),
        _links("city:a skos:exactMatch wd:Q1 ; skos:closeMatch wd:Q2 ."),
    ),
    "gap-in-passage": (
        _passage(f"{_s('g')} a cd:Gap ."),
        "GRAPH <https://w3id.org/cdkg/graph/disagreements/g> { <https://w3id.org/cdkg/graph/disagreements/g#g> a cd:Gap }",
    ),
    "graph-without-head": (
        "GRAPH <https://w3id.org/cdkg/graph/x/p> { city:a a cd:City }",
        _passage("city:a a cd:City ."),
    ),
    "label-twice-in-list": (
        _list('city:a rdfs:label "A"@en . city:b rdfs:label "A"@en .'),
        _list('city:a rdfs:label "A"@en . city:b rdfs:label "B"@en .'),
    ),
    "label-twice-in-scheme": (
        _list('concept:a skos:inScheme scheme:s ; rdfs:label "A"@en . concept:b skos:inScheme scheme:s ; rdfs:label "A"@en .'),
        _list('concept:a skos:inScheme scheme:s ; rdfs:label "A"@en . concept:b skos:inScheme scheme:t ; rdfs:label "A"@en .'),
    ),
    "negative-meets-positive": (
        _passage(_NO) + _CITIES + _DERIVED,
        _passage(_NO) + _CITIES + _DERIVED + _CONTEST.format(_s("no")),
    ),
    "negative-meets-statement": (
        _passage(_NO + _NO.replace("#no", "#yes").replace("polarity:no", "polarity:yes")),
        _passage(_NO + _NO.replace("#no", "#yes").replace("polarity:no", "polarity:yes"))
        + _CONTEST.format(f"{_s('no')} , {_s('yes')}"),
    ),
    "iso-code-differs": (
        _links("country:a skos:exactMatch <http://publications.europa.eu/resource/authority/country/FRA> .")
        + _list('country:a cd:iso3166Alpha3 "ESP" .', "country"),
        _links("country:a skos:exactMatch <http://publications.europa.eu/resource/authority/country/ESP> .")
        + _list('country:a cd:iso3166Alpha3 "ESP" .', "country"),
    ),
    "mapped-but-unknown": (
        _links(f"{_RECORD} owl:annotatedTarget wd:Q1 . city:a a cd:City ."),
        _links(f"{_RECORD} owl:annotatedTarget wd:Q1 .") + _list("city:a a cd:City ."),
    ),
    "match-denied": (_links(f"{_NOT} city:a skos:exactMatch wd:Q1 ."), _links(f"{_NOT} city:a skos:exactMatch wd:Q2 .")),
    "office-at-home": (
        _passage("office:a--b a cd:OfficeAbroad ; cd:operatedBy city:a ; cd:place city:b .")
        + _list("city:a cd:country country:c . city:b cd:country country:c ."),
        _passage("office:a--b a cd:OfficeAbroad ; cd:operatedBy city:a ; cd:place city:b .")
        + _list("city:a cd:country country:c . city:b cd:country country:d ."),
    ),
    "orphan-concept": (
        _list("concept:a skos:inScheme scheme:s .", cls="Typology") + _links("concept:a skos:relatedMatch wd:Q1 ."),
        _list("concept:a skos:inScheme scheme:s .", cls="Typology") + _passage("city:a cd:theme concept:a ."),
    ),
    "orphan-entity": (
        _list("city:a a cd:City .") + _links("city:a skos:exactMatch wd:Q1 ."),
        _list("city:a a cd:City .") + _passage("city:a a cd:City ."),
    ),
    "parties-not-sorted": (
        _passage("twinning:b--a a cd:TwinningAgreement ."),
        _passage("twinning:a--b a cd:TwinningAgreement ."),
    ),
    "predicate-not-a-property": (
        _passage(f"{_s('s')} cd:predicate cd:City ."),
        _passage(f"{_s('s')} cd:predicate cd:party .")
        + "GRAPH <https://w3id.org/cdkg/graph/ontology/o> { cd:party a owl:ObjectProperty }",
    ),
    "range-without-maximum": (
        _passage(f"{_s('o')} cd:bound bound:range ; cd:value 20 ."),
        _passage(f"{_s('o')} cd:bound bound:range ; cd:value 20 ; cd:maxValue 30 ."),
    ),
    "relation-without-parties": (
        _passage("twinning:a--b a cd:TwinningAgreement ; cd:party city:a ."),
        _passage(f"{_TWINS} ."),
    ),
    "relation-without-status": (_passage(f"{_TWINS} ."), _passage(f"{_TWINS} ; cd:status status:existing .")),
    "relation-without-type": (
        _passage("twinning:a--b cd:theme concept:c ."),
        _passage(f"{_TWINS} ; cd:theme concept:c ."),
    ),
    "same-as-between-ours": (_list("city:a owl:sameAs city:b ."), _list("city:a cd:possiblySameAs city:b .")),
    "shortcut-by-hand": (_passage("city:a cd:twinnedWith city:b ."), _DERIVED),
    "slug-not-of-parties": (
        _passage("twinning:a--c a cd:TwinningAgreement ; cd:party city:a , city:b ."),
        _passage(f"{_TWINS} ."),
    ),
    "statement-outside-its-graph": (
        _passage(f"{_s('s', 'q')} a cd:Statement ."),
        _passage(f"{_s('s')} a cd:Statement ."),
    ),
    "status-contested-in-silence": (
        _passage("twinning:a--b a cd:Relation ; cd:status status:existing , status:ended ."),
        _passage("twinning:a--b a cd:Relation ; cd:status status:existing , status:ended .")
        + _CONTEST.format("twinning:a--b"),
    ),
    "two-values-in-one-passage": (
        _passage('twinning:a--b cd:startDate "1999"^^xsd:gYear , "2001"^^xsd:gYear .'),
        _passage('twinning:a--b cd:startDate "1999"^^xsd:gYear .')
        + _passage('twinning:a--b cd:startDate "2001"^^xsd:gYear .', "q"),
    ),
    "universal-meets-exception": (
        _passage(_ALL + f"{_s('not')} cd:subject city:a ; cd:predicate cd:memberOf ; cd:object body:n ; cd:polarity polarity:no ."),
        _passage(_ALL.replace("cd:quantifier", "cd:except city:a ; cd:quantifier")
                 + f"{_s('not')} cd:subject city:a ; cd:predicate cd:memberOf ; cd:object body:n ; cd:polarity polarity:no ."),
    ),
}  # fmt: skip
