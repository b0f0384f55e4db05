"""Graphs that are large, deep, broken or odd: a right answer or a clear message, and never a hang."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from cdkg.errors import LimitError, SourceError
from cdkg.reasoning import Closure
from owl_rl_cases import triples

EX = b"<http://example.org/"
OWL = b"<http://www.w3.org/2002/07/owl#"
A = b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
FIRST = b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#first>"
REST = b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#rest>"
NIL = b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#nil>"
SUB = b"<http://www.w3.org/2000/01/rdf-schema#subClassOf>"


def line(s: bytes, p: bytes, o: bytes) -> bytes:
    """A triple in canonical N-Triples."""
    return b"%s %s %s .\n" % (s, p, o)


def n(name: str | int) -> bytes:
    """A name of the examples."""
    return EX + str(name).encode() + b">"


def walk(length: int) -> Iterator[bytes]:
    """A transitive property, and a line of links."""
    yield line(n("p"), A, OWL + b"TransitiveProperty>")
    yield from (line(n(i), n("p"), n(i + 1)) for i in range(length))


def listed(name: str, items: int) -> Iterator[bytes]:
    """A list of as many things."""
    for i in range(items):
        yield line(b"_:%s%d" % (name.encode(), i), FIRST, n(f"{name}{i}"))
        rest = b"_:%s%d" % (name.encode(), i + 1) if i + 1 < items else NIL
        yield line(b"_:%s%d" % (name.encode(), i), REST, rest)


def count(closure: Closure) -> int:
    """How many triples follow."""
    return sum(len(rows) for _, rows in closure.inferred_rows())


def test_a_clique_of_ten_thousand() -> None:
    """Ten thousand names for one thing are a hundred million equalities: refused, and the property is named."""
    names = b"".join(line(n(i), OWL + b"sameAs>", n(i + 1)) for i in range(10_000))
    closure = Closure.from_ntriples(names)
    with pytest.raises(LimitError, match="sameAs"):
        list(closure.inferred())
    (far,) = triples("<http://example.org/3> owl:sameAs <http://example.org/9000>")
    assert closure.holds(far)


def test_a_clique_of_a_thousand() -> None:
    """A thousand names are a million equalities, less those given and those of each with itself."""
    names = b"".join(line(n(i), OWL + b"sameAs>", n(i + 1)) for i in range(999))
    assert count(Closure.from_ntriples(names)) == 1000 * 999 - 999


def test_a_line_of_two_thousand() -> None:
    """A line of two thousand links gives all its pairs."""
    assert count(Closure.from_ntriples(b"".join(walk(2000)))) == 2000 * 2001 // 2 - 2000


def test_a_line_of_a_million_members() -> None:
    """A line whose pairs would fill the memory is refused, and the property is named."""
    with pytest.raises(LimitError, match=r"example\.org/p>"):
        Closure.from_ntriples(b"".join(walk(100_000)), most=1_000_000)


def test_after_a_limit_all_is_as_before() -> None:
    """What would be too much is not added, and what was known is still known."""
    closure = Closure.from_ntriples(b"".join(walk(50)), most=2000)
    before = count(closure)
    more = [q.triple for q in parse(b"".join(walk(200)), format=RdfFormat.N_TRIPLES)]
    with pytest.raises(LimitError):
        closure.add(more)
    assert count(closure) == before
    assert not closure.holds(more[-1])
    assert not closure.remove(triples(":stranger :unheard :of"))
    closure.add(triples(":x :p :y"))
    assert count(closure) == before


def test_a_cycle_of_a_thousand() -> None:
    """In a circle everything reaches everything."""
    ring = [*walk(999), line(n(999), n("p"), n(0))]
    assert count(Closure.from_ntriples(b"".join(ring))) == 1_000_000 - 1000


def test_a_taxonomy_of_twenty_thousand() -> None:
    """Members of each of twenty thousand classes are members of all classes above."""
    classes = [line(n(f"c{i}"), SUB, n(f"c{(i - 1) // 3}")) for i in range(1, 20_000)]
    members = [line(n(f"x{i}"), A, n(f"c{i}")) for i in range(20_000)]
    depth = [0] * 20_000
    for i in range(1, 20_000):
        depth[i] = depth[(i - 1) // 3] + 1
    assert count(Closure.from_ntriples(b"".join(classes + members))) == 2 * sum(depth) - 19_999


def test_long_lists() -> None:
    """Lists of five thousand members are read: members by enumeration, and a member that stands in it twice."""
    one_of = [line(n("C"), OWL + b"oneOf>", b"_:m0"), *listed("m", 5000)]
    assert count(Closure.from_ntriples(b"".join(one_of))) == 5000
    different = [line(b"_:d", A, OWL + b"AllDifferent>"), line(b"_:d", OWL + b"members>", b"_:k0"), *listed("k", 5000)]
    assert not Closure.from_ntriples(b"".join(different)).clashes
    same = line(n("k7"), OWL + b"sameAs>", n("k4999"))
    assert [c.rule for c in Closure.from_ntriples(b"".join([*different, same])).clashes] == ["eq-diff2"]


def test_lists_that_can_be_read_in_many_ways() -> None:
    """A list whose nodes have two members each is refused before it is read in a thousand million ways."""
    twice = [line(b"_:m%d" % i, FIRST, n(f"other{i}")) for i in range(30)]
    with pytest.raises(LimitError, match="list"):
        Closure.from_ntriples(b"".join([line(n("C"), OWL + b"unionOf>", b"_:m0"), *listed("m", 30), *twice]))


def test_lists_that_run_in_circles() -> None:
    """A list without an end says nothing, and is not walked for ever."""
    closure = Closure(triples(":C owl:unionOf _:l . _:l rdf:first :D ; rdf:rest _:l . :a a :D"))
    assert not list(closure.inferred())


def test_a_chain_through_itself() -> None:
    """A chain that begins and ends with its own property comes to an end."""
    closure = Closure(triples(":p owl:propertyChainAxiom ( :p :p :p ) . :a :p :b . :b :p :c . :c :p :d . :d :p :a"))
    assert {str(t.object)[-2:-1] for t in closure.inferred() if "/a>" in str(t.subject)} == {"d"}


def test_restrictions_on_two_properties() -> None:
    """A restriction with two properties is read as two."""
    closure = Closure(triples(":R owl:onProperty :p , :q ; owl:hasValue :v . :a a :R"))
    assert {*map(str, closure.inferred())} == {*map(str, triples(":a :p :v ; :q :v"))}


def test_a_property_of_both_kinds() -> None:
    """A property with things and literals as values is reasoned over as it is used."""
    graph = ":p a owl:ObjectProperty , owl:DatatypeProperty , owl:SymmetricProperty . :a :p :b , 'x' . :p rdfs:range :C"
    assert {*map(str, Closure(triples(graph)).inferred())} == {*map(str, triples(":b :p :a . :a a :C . :b a :C"))}


def test_strange_letters() -> None:
    """Names, texts and language tags beyond ASCII go in and come out as they are."""
    graph = triples(":日本 :p '😀\\n\\t\"\\\\'@ja , 'é' . :p rdfs:subPropertyOf :ñ")
    assert {*Closure(graph).inferred()} == {*triples(":日本 :ñ '😀\\n\\t\"\\\\'@ja , 'é'")}


def test_triple_terms() -> None:
    """A triple term of RDF 1.2 is a value like any other, however it comes in."""
    graph = triples(":a :p <<( :b :q 'x y' )>> . :p rdfs:subPropertyOf :r")
    closure = Closure(graph)
    assert {*closure.inferred()} == {*triples(":a :r <<( :b :q 'x y' )>>")}
    assert all(closure.holds(triple) for triple in [*graph, *closure.inferred()])


def test_nothing_and_plain_data() -> None:
    """Of nothing nothing follows, and neither of data without an ontology."""
    assert not list(Closure().inferred())
    assert not list(Closure(triples(":a :p :b . :b :p 'x'")).inferred())


def test_ill_typed_literals() -> None:
    """A literal that is no value of its datatype is a contradiction with the statement that has it."""
    graph = triples(":a :p 'abc'^^xsd:integer , 1")
    (clash,) = Closure(graph).clashes
    assert (clash.rule, clash.triples) == ("dt-not-type", (graph[0],))
    assert graph[0].object == Literal("abc", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer"))


def test_only_canonical_bytes() -> None:
    """Bytes that are not canonical N-Triples are refused with their line."""
    with pytest.raises(SourceError, match=":2"):
        Closure.from_ntriples(line(n("a"), n("p"), n("b")) + b"not a triple\n")
