"""Large, deep and damaged graphs: closed in time, or refused with a reason; never a traceback of the engine's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.errors import LimitError
from cdkg.reasoning import Closure
from cdkg.vocabulary import PREFIXES, RDF_TYPE
from owl_rl_cases import triples

SAME_AS = NamedNode(PREFIXES["owl"] + "sameAs")
SUB_CLASS_OF = NamedNode(PREFIXES["rdfs"] + "subClassOf")
EXAMPLE = "http://example.org/"


def name(local: object) -> NamedNode:
    """A name of the examples."""
    return NamedNode(f"{EXAMPLE}{local}")


def line(predicate: NamedNode, length: int, prefix: str = "x") -> list[Triple]:
    """A line of so many links."""
    return [Triple(name(f"{prefix}{i}"), predicate, name(f"{prefix}{i + 1}")) for i in range(length)]


def count(found: Closure) -> int:
    """How many triples follow."""
    return sum(len(rows) for _, rows in found.inferred_rows())


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """What a call returns, in time."""
    start = time.process_time()
    found = call()
    assert time.process_time() - start < seconds
    return found


# -- too much ------------------------------------------------------------------------------------------------------


def test_a_large_set_of_equals_is_refused() -> None:
    """Ten thousand names of one thing are a hundred million pairs: more than allowed is refused, with a reason."""
    found = within(10, lambda: Closure(line(SAME_AS, 9_999), most=1_000_000))
    with pytest.raises(LimitError, match="more than 1,000,000 pairs") as refused:
        count(found)
    assert refused.value.why
    assert refused.value.hint
    default = within(10, lambda: Closure(line(SAME_AS, 9_999)))
    with pytest.raises(LimitError, match=r"more than [\d,]+ pairs of <http://www.w3.org/2002/07/owl#sameAs>"):
        count(default)


def test_a_large_set_of_equals_is_no_matter_inside() -> None:
    """Equality is kept by representatives: what holds of one of many holds of another, and nothing is written out."""
    found = within(10, lambda: Closure([*line(SAME_AS, 9_999), *triples(":x0 :p :y"), *triples(":y :q :x0")]))
    assert all(found.holds(triple) for triple in triples(":x9999 :p :y . :y :q :x5000 . :x7 owl:sameAs :x9000"))
    assert not found.holds(triples(":x9999 :q :y")[0])
    assert not found.clashes


@pytest.mark.slow
def test_a_million_links_are_refused() -> None:
    """A transitive line of a million links would be half a billion million pairs: refused before they are made."""
    graph = [*triples(":p a owl:TransitiveProperty"), *line(name("p"), 1_000_000)]
    with pytest.raises(LimitError, match=r"more than [\d,]+ pairs of <http://example.org/p>"):
        within(60, lambda: Closure(graph))


def test_a_ladder_is_refused() -> None:
    """So are too many pairs where each member has two links onwards, of which the same is reached again."""
    part = name("part")
    rungs = [Triple(name(f"x{i}"), part, name(f"x{i + step}")) for i in range(500) for step in (1, 2)]
    graph = [Triple(part, RDF_TYPE, NamedNode(PREFIXES["owl"] + "TransitiveProperty")), *rungs]
    assert count(Closure(graph)) == 500 * 501 // 2 + 500 - len(rungs)
    with pytest.raises(LimitError, match="part"):
        Closure(graph, most=50_000)


def test_what_is_refused_is_not_added() -> None:
    """After a refusal the closure is the one before, and may be added to."""
    found = Closure([*triples(":p a owl:TransitiveProperty"), *line(name("p"), 100)], most=6_000)
    before = {*found.inferred()}
    for news in (line(name("p"), 200), [*triples(":q a owl:TransitiveProperty"), *line(name("q"), 200, "y")]):
        with pytest.raises(LimitError, match="more than 6,000 pairs"):
            found.add(news)
        assert {*found.inferred()} == before
    assert {*found.add(triples(":a :p :x99"))} == {*triples(":a :p :x100")}
    assert {*found.inferred()} == before | {*triples(":a :p :x100")}


# -- large enough --------------------------------------------------------------------------------------------------


def test_a_line_of_two_thousand() -> None:
    """A transitive line of two thousand links has each pair once; a circle of them has all pairs."""
    graph = [*triples(":p a owl:TransitiveProperty"), *line(name("p"), 2_000)]
    found = within(10, lambda: Closure(graph))
    assert count(found) == 2_000 * 1_999 // 2
    assert found.holds(triples(":x0 :p :x2000")[0])
    assert not found.holds(triples(":x1 :p :x0")[0])
    circle = within(10, lambda: Closure([*graph, *triples(":x2000 :p :x0")]))
    assert count(circle) == 2_001 * 2_001 - 2_001


def test_a_chain_through_itself() -> None:
    """A chain that its own conclusions feed runs to the end of a line of two hundred, from either end."""
    for axiom in (":p owl:propertyChainAxiom ( :p :q )", ":p owl:propertyChainAxiom ( :q :p )"):
        found = Closure([*triples(axiom), *triples(":q rdfs:subPropertyOf :p"), *line(name("q"), 200)])
        assert {p.value for p in {t.predicate for t in found.inferred()}} == {f"{EXAMPLE}p"}
        assert count(found) == 201 * 200 // 2
    twice = Closure([*triples(":p owl:propertyChainAxiom ( :p :p )"), *line(name("p"), 64)])
    assert count(twice) == 65 * 64 // 2 - 64


def listed(items: Iterable[NamedNode]) -> tuple[BlankNode, list[Triple]]:
    """The head and the triples of a list."""
    rdf = PREFIXES["rdf"]
    items = [*items]
    nodes = [BlankNode(f"l{i}") for i in range(len(items))]
    ends: list[BlankNode | NamedNode] = [*nodes[1:], NamedNode(rdf + "nil")]
    firsts = [Triple(node, NamedNode(rdf + "first"), item) for node, item in zip(nodes, items, strict=True)]
    rests = [Triple(node, NamedNode(rdf + "rest"), end) for node, end in zip(nodes, ends, strict=True)]
    return nodes[0], [*firsts, *rests]


def test_lists_of_five_thousand() -> None:
    """A long owl:oneOf and a long owl:AllDifferent are read; a pair that is the same after all is found."""
    head, cells = listed(name(f"x{i}") for i in range(5_000))
    found = within(20, lambda: Closure([Triple(name("C"), NamedNode(PREFIXES["owl"] + "oneOf"), head), *cells]))
    assert count(found) == 5_000
    owl = PREFIXES["owl"]
    different = [
        Triple(name("d"), RDF_TYPE, NamedNode(owl + "AllDifferent")),
        Triple(name("d"), NamedNode(owl + "members"), head),
    ]
    assert not within(20, lambda: Closure([*different, *cells]).clashes)
    same = triples(":x17 owl:sameAs :x4711")
    assert {clash.rule for clash in within(20, lambda: Closure([*different, *cells, *same]).clashes)} == {"eq-diff2"}


def test_a_taxonomy_of_twenty_thousand() -> None:
    """Twenty thousand classes, each below one of a tenth as many: members rise to the top."""
    size = 20_000
    edges = [Triple(name(f"C{i}"), SUB_CLASS_OF, name(f"C{i // 10}")) for i in range(1, size)]
    found = within(20, lambda: Closure([*edges, *triples(f":a a :C{size - 1} . :b a :C5")]))
    assert {str(t.object) for t in found.inferred() if t.subject == name("a")} == {
        f"<{EXAMPLE}C{i}>" for i in (1999, 199, 19, 1, 0)
    }
    assert {*triples(":b a :C0")} == {t for t in found.inferred() if t.subject == name("b")}
    assert found.holds(triples(f":C{size - 1} rdfs:subClassOf :C0")[0])
    assert found.add(triples(":c a :C12345"))
    assert found.holds(triples(":c a :C0")[0])


# -- damaged -------------------------------------------------------------------------------------------------------


def test_a_list_that_can_be_read_in_many_ways() -> None:
    """A list with two firsts at each of thirty nodes has a thousand million readings, and is refused."""
    nodes = " . ".join(f":n{i} rdf:first :x{i} , :y{i} ; rdf:rest :n{i + 1}" for i in range(30))
    graph = triples(f":C owl:intersectionOf :n0 . {nodes} . :n30 rdf:first :z ; rdf:rest ()")
    with pytest.raises(LimitError, match="can be read in more than") as refused:
        within(20, lambda: Closure(graph))
    assert refused.value.hint


@pytest.mark.parametrize(
    "broken",
    [
        ":C owl:unionOf :l . :l rdf:first :D ; rdf:rest :l",
        ":C owl:unionOf :l . :l rdf:first :D ; rdf:rest :m . :m rdf:first :E ; rdf:rest :l",
        ":C owl:unionOf :l . :l rdf:first :D",
        ":C owl:unionOf :l . :l rdf:rest ()",
        ":C owl:unionOf ()",
        ":C owl:unionOf 'x'",
        ":C owl:unionOf :C",
        ":C owl:unionOf :l . :l rdf:first :D ; rdf:rest 'nil'",
        ":p owl:propertyChainAxiom ( )",
    ],
)
def test_what_is_no_list_says_nothing(broken: str) -> None:
    """A circle, a list without an end or a member, and no list at all have no consequences."""
    found = Closure(triples(f"{broken} . :a a :D , :E"))
    assert not [*found.inferred()]
    assert not found.clashes


def test_a_list_that_is_a_member_of_itself() -> None:
    """A class that is defined by itself means no more than what the rules say of it."""
    found = Closure(triples(":C owl:unionOf ( :C :D ) . :a a :D"))
    assert {*found.inferred()} == {*triples(":a a :C . :D rdfs:subClassOf :C")}


def test_a_restriction_on_two_properties() -> None:
    """Of a restriction with two properties, or two fillers, each pair counts, as the rules say."""
    found = Closure(triples(":R owl:onProperty :p , :q ; owl:someValuesFrom :C . :a :p :c . :b :q :c . :c a :C"))
    assert {*triples(":a a :R . :b a :R")} <= {*found.inferred()}
    found = Closure(triples(":R owl:onProperty :p , :q ; owl:hasValue :v . :a a :R"))
    assert {*triples(":a :p :v ; :q :v")} <= {*found.inferred()}


def test_a_property_for_data_and_for_things() -> None:
    """A property that is declared as both is used as both; only OWL 2 DL forbids it."""
    kinds = ":p a owl:ObjectProperty , owl:DatatypeProperty , owl:SymmetricProperty ; rdfs:domain :C"
    found = Closure(triples(f"{kinds} . :a :p :b , 'x' , 1"))
    assert {*found.inferred()} == {*triples(":b :p :a . :a a :C . :b a :C")}
    assert not found.clashes


@pytest.mark.parametrize(
    "literal",
    ["'many'^^xsd:integer", "'256'^^xsd:unsignedByte", "'2009-02-30T00:00:00'^^xsd:dateTime", "'yes'^^xsd:boolean"],
)
def test_an_ill_typed_literal_clashes(literal: str) -> None:
    """A literal that its datatype does not allow makes its statements false: each of them is told."""
    graph = triples(f":a :p {literal} . :b :q {literal} ; :r 'x'")
    clashes = Closure(graph).clashes
    assert {(clash.rule, *clash.triples) for clash in clashes} == {("dt-not-type", triple) for triple in graph[:2]}


# -- odd but right -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axiomatic", [False, True])
def test_nothing(*, axiomatic: bool) -> None:
    """An empty graph has no consequences but axiomatic ones, and may be added to."""
    found = Closure(axiomatic=axiomatic)
    assert bool(count(found)) == axiomatic
    assert not found.clashes
    assert found.add([]) == []
    assert found.remove(triples(":a :p :b")) == []
    assert found.derivation(triples(":a :p :b")[0]) is None
    assert {*triples(":b :p :a")} <= {*found.add(triples(":p a owl:SymmetricProperty . :a :p :b"))}


def test_no_ontology() -> None:
    """Data without axioms has no consequences."""
    graph = [*line(name("p"), 1_000), *triples(":a a :C ; :q 1 , 'x'@en , [ :r true ]")]
    found = Closure(graph)
    assert not [*found.inferred()]
    assert not found.clashes
    assert all(found.holds(triple) and found.asserted_behind(triple) == [triple] for triple in graph[-5:])


ODD_TERMS = [
    name("Łódź"), name("%C3%B6"), name("\U0001d518"), NamedNode("urn:x:a'b"), BlankNode("b.0"),
    Literal(""), Literal('a"b\\c\n\r\t\u0000\u007f'), Literal("\u200f\U0001d518\U0010ffff\ufeff"),
    Literal("x", language="zh-Hant-TW"), Literal("x", language="EN"), Literal("a> .\n<b", language="de"),
    Literal("line\u2028separator\u0085"), Literal("^^<x>"), Literal("1", datatype=name("größe")),
    Literal('"', datatype=NamedNode(PREFIXES["xsd"] + "token")),
]  # fmt: skip


@pytest.mark.parametrize("term", ODD_TERMS, ids=lambda term: repr(str(term)))
def test_any_term_goes_through_unchanged(term: Any) -> None:
    """Strange characters in IRIs, literals, language tags and blank nodes come out as they went in."""
    graph = [*triples(":p rdfs:subPropertyOf :q"), Triple(name("a"), name("p"), term)]
    found = Closure(graph)
    assert {*found.inferred()} == {Triple(name("a"), name("q"), term)}
    assert {*found.asserted_behind(Triple(name("a"), name("q"), term))} == {*graph}
    assert {*found.remove(graph[1:])} == {*graph[1:], Triple(name("a"), name("q"), term)}


def test_triple_terms() -> None:
    """A triple term (RDF 1.2) is an object like any other; what it says is not said, and it is never a subject."""
    schema = ":p rdfs:subPropertyOf :q ; rdfs:range :C ; a owl:SymmetricProperty . :C rdfs:subClassOf :D"
    found = Closure(triples(f"{schema} . :a :p <<( :x :p :y )>> . :b :r :c . :r owl:sameAs <<( :x :r :y )>>"))
    assert {*triples(":a :q <<( :x :p :y )>>")} <= {*found.inferred()}
    assert not found.holds(triples(":x :q :y")[0])
    assert {t.subject for t in found.inferred()} == {name("a"), name("p")}
    assert not found.clashes
    assert found.derivation(triples(":a :q <<( :x :p :y )>>")[0])
