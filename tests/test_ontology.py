"""The ontology: every term is described, its example runs, and defined classes classify."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline import Workspace
from cdkg.reasoning import read_rules, reason
from cdkg.validation import Kind
from cdkg.vocabulary import CD, PREFIXES
from conftest import ROOT

MODULES = ("actors", "agreements", "diplomacy", "documents", "governance", "networks", "science")
KINDS = {"Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty"}
TYPE = NamedNode(PREFIXES["rdf"] + "type")
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())


@cache
def _module(name: str) -> tuple[Triple, ...]:
    data = (ROOT / "ontology" / f"{name}.ttl").read_bytes()
    return tuple(quad.triple for quad in parse(data, format=RdfFormat.TURTLE))


@cache
def _terms() -> dict[str, dict[str, list[object]]]:
    """Term → property → values, over all modules."""
    terms: dict[str, dict[str, list[object]]] = defaultdict(lambda: defaultdict(list))
    for module in MODULES:
        for t in _module(module):
            if isinstance(t.subject, NamedNode) and t.subject.value.startswith(CD):
                terms[t.subject.value][t.predicate.value].append(t.object)
    kinds = {PREFIXES["owl"] + kind for kind in KINDS}
    return {iri: about for iri, about in terms.items() if any(o.value in kinds for o in about[TYPE.value])}  # type: ignore[attr-defined]


def _english(about: dict[str, list[object]], name: str) -> list[str]:
    prefix, _, local = name.partition(":")
    found = about[PREFIXES[prefix] + local]
    return [o.value for o in found if isinstance(o, Literal) and o.language == "en"]


def test_there_are_terms_to_test() -> None:
    """The modules hold a vocabulary worth the name."""
    kinds = Counter(o.value.rpartition("#")[2] for about in _terms().values() for o in about[TYPE.value])  # type: ignore[attr-defined]
    assert kinds["Class"] >= 100
    assert kinds["ObjectProperty"] >= 80


def test_every_term_is_described() -> None:
    """Each term has one English label, a definition, an example and the module that defines it."""
    for iri, about in _terms().items():
        assert len(_english(about, "rdfs:label")) == 1, iri
        assert len(_english(about, "skos:definition")) == 1, iri
        assert about[PREFIXES["skos"] + "example"], iri
        assert len(about[PREFIXES["rdfs"] + "isDefinedBy"]) == 1, iri


def test_definitions_do_not_begin_with_their_term() -> None:
    """A definition says what a thing is, not its name again."""
    for iri, about in _terms().items():
        (label,), (definition,) = _english(about, "rdfs:label"), _english(about, "skos:definition")
        assert not re.match(rf"(an? |the )?{re.escape(label)}\b", definition, re.IGNORECASE), iri


def test_every_term_stands_in_one_module() -> None:
    """No term is declared in two modules, and each names the module it stands in."""
    homes: dict[str, set[str]] = defaultdict(set)
    for module in MODULES:
        for t in _module(module):
            if t.predicate == TYPE and isinstance(t.subject, NamedNode) and t.subject.value in _terms():
                homes[t.subject.value].add(module)
    for iri, found in homes.items():
        (module,) = found
        assert [o.value for o in _terms()[iri][PREFIXES["rdfs"] + "isDefinedBy"]] == [CD + module], iri  # type: ignore[attr-defined]


def test_main_classes_have_labels_in_other_languages() -> None:
    """At least fifty classes are labelled in Spanish, German and Chinese too."""
    full = 0
    for about in _terms().values():
        tags = {o.language for o in about[PREFIXES["rdfs"] + "label"] if isinstance(o, Literal)}
        full += {"es", "de", "zh"} <= tags
    assert full >= 50


def test_root_imports_every_module() -> None:
    """The root ontology imports all modules, has a version IRI and a licence, and defines nothing."""
    root = _module("cdkg")
    predicates = {t.predicate.value: t.object for t in root}
    imported = {t.object.value for t in root if t.predicate.value == PREFIXES["owl"] + "imports"}  # type: ignore[union-attr]
    assert {CD + module for module in MODULES} <= imported
    assert PREFIXES["owl"] + "versionIRI" in predicates
    assert PREFIXES["dcterms"] + "license" in predicates
    ours = {t.subject.value for t in root if isinstance(t.subject, NamedNode) and t.subject.value.startswith(CD)}
    assert ours == {CD}


@cache
def _examples() -> dict[str, tuple[Triple, ...]]:
    found = {}
    for iri, about in _terms().items():
        for number, example in enumerate(about[PREFIXES["skos"] + "example"]):
            text = HEAD + str(example.value)  # type: ignore[attr-defined]
            try:
                found[f"{iri}-{number}"] = tuple(q.triple for q in parse(text, format=RdfFormat.TURTLE))
            except SyntaxError as error:
                pytest.fail(f"{iri}: {error}")
    return found


def test_examples_parse_and_use_the_term() -> None:
    """Each example is Turtle, is not empty, and uses the term it illustrates."""
    for name, triples in _examples().items():
        iri = name.rpartition("-")[0]
        assert triples, iri
        assert any(iri in (t.predicate.value, getattr(t.object, "value", "")) for t in triples), iri


def test_examples_conform(reasoned: Workspace) -> None:
    """All examples together, reasoned over beside the project's data, give no violation and no contradiction."""
    kept = [g for g in reasoned.graph if g.role is not Role.INFERRED]
    graphs = [
        NamedGraph(NamedNode(f"https://example.org/{number}"), Role.PASSAGE, triples)
        for number, triples in enumerate(_examples().values())
    ]
    inference = reason(KnowledgeGraph([*kept, *graphs]), read_rules(ROOT / "ontology" / "rules"))
    assert not inference.clashes
    report = Workspace(reasoned.project, inference.graph, inference).validate()
    shapes = [r for r in report.results if r.kind is Kind.SHAPE and r.severity.value == "violation"]
    assert report.focus_nodes > len(graphs)
    assert not shapes, "\n".join(f"{r.focus} {r.path} {r.message}" for r in shapes[:10])
