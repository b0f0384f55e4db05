"""The test cases of the OWL Working Group (OWL 2 Conformance, section 2), read from `$CDKG_SUITES/owl2/all.rdf`."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

_TEST = "http://www.w3.org/2007/OWL/testOntology#"
_OWL = PREFIXES["owl"]
_BASE = "http://example.org/base"
_FILE = Path(os.environ.get("CDKG_SUITES", "")) / "owl2" / "all.rdf"

needs_suite = pytest.mark.skipif(
    "CDKG_SUITES" not in os.environ, reason="CDKG_SUITES names no folder with owl2/all.rdf (W3C OWL 2 test cases)"
)

Graph = tuple[Triple, ...]
_Node = dict[str, list[str]]

# -- test cases ---------------------------------------------------------------------------------------------------

_RDF_XML = ("rdfXmlPremiseOntology", "rdfXmlInputOntology", "rdfXmlConclusionOntology", "rdfXmlNonConclusionOntology")


@dataclass(frozen=True)
class SuiteTest:
    """A test case: what kinds of test it is, what it is marked as, and the texts of its ontologies."""

    name: str
    kinds: frozenset[str]  # `ConsistencyTest`, `PositiveEntailmentTest`, …
    semantics: frozenset[str]  # `DIRECT`, `RDF-BASED`
    species: frozenset[str]  # `DL`, `FULL`
    profiles: frozenset[str]  # `EL`, `QL`, `RL`
    not_profiles: frozenset[str]  # those that it is marked not to be in
    ontologies: _Node  # the test ontology's property → texts
    imported: list[str]

    @property
    def documents(self) -> list[str]:
        """All its ontologies in RDF/XML, without what they import."""
        return [text for key in _RDF_XML for text in self.ontologies[key]]

    @property
    def premise(self) -> Graph:
        """What is given, with what it imports; read from the functional syntax where there is no RDF/XML."""
        given = self._graph("rdfXmlPremiseOntology") + self._graph("rdfXmlInputOntology")
        if not given:
            given = tuple(triple for text in self.ontologies["fsPremiseOntology"] for triple in functional(text))
        return (*given, *(triple for text in self.imported for triple in rdf_xml(text)))

    @property
    def conclusion(self) -> Graph:
        """What must follow; empty but for tests of entailment."""
        return self._graph("rdfXmlConclusionOntology")

    @property
    def non_conclusion(self) -> Graph:
        """What must not follow; empty but for tests of non-entailment."""
        return self._graph("rdfXmlNonConclusionOntology")

    def _graph(self, key: str) -> Graph:
        return tuple(triple for text in self.ontologies[key] for triple in rdf_xml(text))


@cache
def suite() -> dict[str, SuiteTest]:
    """All test cases by name; none where the suite is missing."""
    if "CDKG_SUITES" not in os.environ:
        return {}
    nodes = _nodes()
    denied: dict[str, set[str]] = defaultdict(set)
    for node in list(nodes.values()):
        if node[f"{_OWL}assertionProperty"] == [f"{_TEST}profile"]:
            denied[node[f"{_OWL}sourceIndividual"][0]] |= _marks(node[f"{_OWL}targetIndividual"])
    found = [
        SuiteTest(
            name=node["identifier"][0],
            kinds=_marks(node["type"]),
            semantics=_marks(node["semantics"]),
            species=_marks(node["species"]),
            profiles=_marks(node["profile"]),
            not_profiles=frozenset(denied[iri]),
            ontologies=node,
            imported=[text for other in node["importedOntology"] for text in nodes[other]["rdfXmlInputOntology"]],
        )
        for iri, node in list(nodes.items())
        if node["identifier"]
    ]
    return {test.name: test for test in sorted(found, key=lambda test: test.name)}


def names(kind: str = "TestCase", profile: str = "RL") -> list[str]:
    """The names of the tests of a kind that are marked as being in a profile.

    Where the suite is missing there is one name, so that who asks for tests sees one skipped.
    """
    return [t.name for t in suite().values() if kind in t.kinds and profile in t.profiles] or ["no suite"]


def _nodes() -> dict[str, _Node]:
    """Subject → the test ontology's property (`type` for the kinds of test) → values."""
    text = re.sub(r"<!ENTITY (\w+) '([^']*)'>", r'<!ENTITY \1 "\2">', _FILE.read_text(encoding="utf-8"))
    nodes: dict[str, _Node] = defaultdict(lambda: defaultdict(list))
    for quad in parse(input=text, format=RdfFormat.RDF_XML, base_iri=_TEST):
        value = quad.object.value if isinstance(quad.object, NamedNode | Literal) else ""
        key = "type" if quad.predicate == RDF_TYPE else quad.predicate.value.removeprefix(_TEST)
        nodes[str(quad.subject).strip("<>")][key].append(value)
    return nodes


def _marks(values: list[str]) -> frozenset[str]:
    return frozenset(value.removeprefix(_TEST) for value in values)


# -- syntaxes -----------------------------------------------------------------------------------------------------


def rdf_xml(text: str) -> Graph:
    """The triples of an ontology in RDF/XML."""
    return _parsed(text, RdfFormat.RDF_XML)


def _parsed(text: str, syntax: RdfFormat) -> Graph:
    quads = parse(input=text, format=syntax, base_iri=_BASE, rename_blank_nodes=True)
    return tuple(Triple(quad.subject, quad.predicate, quad.object) for quad in quads)


#: The constructs of the tests that are in functional syntax only, and what OWL 2 Mapping to RDF Graphs, section 2,
#: makes of them, in Turtle.
_MAPPING = {
    "Prefix(_=_)": r"@prefix \1 \2",
    "Declaration(NamedIndividual(_))": r"\1 a owl:NamedIndividual",
    "Declaration(DataProperty(_))": r"\1 a owl:DatatypeProperty",
    "FunctionalDataProperty(_)": r"\1 a owl:FunctionalProperty",
    "DataPropertyRange(_ _)": r"\1 rdfs:range \2",
    "DataPropertyAssertion(_ _ _)": r"\2 \1 \3",
    "ClassAssertion(DataHasValue(_ _)_)": r"\3 a [ a owl:Restriction ; owl:onProperty \1 ; owl:hasValue \2 ]",
}


def functional(text: str) -> Graph:
    """The triples of an ontology in functional syntax, as far as `_MAPPING` goes.

    Raises:
        ValueError: It has a construct that is not in the table.
    """
    left = re.sub(r" ?([()=]) ?", r"\1", " ".join(text.split()))
    turtle = [f"@prefix {prefix}: <{PREFIXES[prefix]}> ." for prefix in ("owl", "rdfs")]
    for construct, axiom in _MAPPING.items():
        pattern = re.escape(construct).replace("_", "([^ ()=]+)")
        turtle += [found.expand(axiom) + " ." for found in re.finditer(pattern, left)]
        left = re.sub(pattern, "", left)
    if left.replace(" ", "") != "Ontology()":
        raise ValueError(f"not in the table of constructs: {left}")
    return _parsed("\n".join(turtle), RdfFormat.TURTLE)


# -- entailment ---------------------------------------------------------------------------------------------------

_Fact = tuple[Term, Term, Term]


def follows(conclusion: Iterable[Triple], closed: Iterable[Triple]) -> bool:
    """Whether a closed graph simply entails another (RDF 1.1 Semantics, section 5): blank nodes stand for something."""
    holds, wanted = _facts(closed), _facts(conclusion)
    open_ = {fact for fact in wanted if isinstance(fact[0], BlankNode) or isinstance(fact[2], BlankNode)}
    return wanted - open_ <= holds and _assignable(open_, holds, {})


def _facts(triples: Iterable[Triple]) -> set[_Fact]:
    return {(triple.subject, triple.predicate, triple.object) for triple in triples}


def _assignable(wanted: set[_Fact], holds: set[_Fact], known: dict[Term, Term]) -> bool:
    """Whether terms can be found for the blank nodes that are not known yet, so that all that is wanted holds."""
    if not wanted:
        return True
    found = {fact: [f for f in holds if _assigned(fact, f, known) is not None] for fact in wanted}
    scarce = min(wanted, key=lambda fact: len(found[fact]))
    return any(_assignable(wanted - {scarce}, holds, _assigned(scarce, f, known) or {}) for f in found[scarce])


def _assigned(wanted: _Fact, fact: _Fact, known: dict[Term, Term]) -> dict[Term, Term] | None:
    """What is known of the blank nodes once a wanted triple is taken for this one; None if it cannot be."""
    known = dict(known)
    for term, value in zip(wanted, fact, strict=True):
        if (known.setdefault(term, value) if isinstance(term, BlankNode) else term) != value:
            return None
    return known
