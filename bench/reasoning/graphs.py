"""Graphs of any size about towns, their pacts, leagues and programmes: the same arguments give the same bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat, parse, serialize

Line = bytes

_BENCH: Final = "http://example.org/bench#"
_THING: Final = "http://example.org/thing/"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
_OWL: Final = "http://www.w3.org/2002/07/owl#"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"

BRANCHES: Final = ("State", "Trade", "Science", "Civic", "Press")
TRAITS: Final = ("Harbour", "Fair", "College", "Spa", "Frontier", "Mill", "Shrine", "Mine")
MATTERS: Final = tuple(f"matter{i}" for i in range(12))
_KINDS: Final = 6

#: Triples about one town, with all that hangs on it, and triples that stand in every graph.
_PER_TOWN: Final = 17.2
_FIXED: Final = 610


def term(local: str) -> str:
    """A class or property of the ontology."""
    return f"<{_BENCH}{local}>"


def thing(local: str) -> str:
    """An individual."""
    return f"<{_THING}{local}>"


def owl(local: str) -> str:
    """A term of OWL."""
    return f"<{_OWL}{local}>"


def rdfs(local: str) -> str:
    """A term of RDF Schema."""
    return f"<{_RDFS}{local}>"


def text(value: str, language: str = "en") -> str:
    """A literal with a language."""
    return f'"{value}"@{language}'


def typed(value: object, datatype: str) -> str:
    """A literal of a datatype of XML Schema."""
    return f'"{value}"^^<{_XSD}{datatype}>'


TYPE: Final = f"<{_RDF}type>"
LABEL: Final = rdfs("label")

Triple = tuple[str, str, str]


def lines(triples: Iterable[Triple]) -> Iterator[Line]:
    """Triples as lines of N-Triples."""
    return (f"{s} {p} {o} .\n".encode() for s, p, o in triples)


def town_graph(size: int, seed: int = 1) -> Iterator[Line]:
    """The ontology and data of about `size` triples in all, as lines of canonical N-Triples."""
    yield from ontology()
    yield from lines(_data(max(12, int((size - _FIXED) / _PER_TOWN)), random.Random(seed)))  # noqa: S311  # no secret


def ontology() -> Iterator[Line]:
    """The ontology, with the families of like classes that a file would only repeat."""
    written = serialize(
        parse(path=str(Path(__file__).with_name("ontology.ttl")), rename_blank_nodes=False), format=RdfFormat.N_TRIPLES
    )
    # the parser draws the names of anonymous nodes by chance
    names: dict[bytes, bytes] = {}
    for line in (written or b"").splitlines():
        words = [names.setdefault(w, b"_:o%d" % len(names)) if w[:2] == b"_:" else w for w in line.split(b" ")]
        yield b" ".join(words) + b"\n"
    yield from lines(_families())


def _families() -> Iterator[Triple]:
    for branch in BRANCHES:
        body, mark = term(f"{branch}Body"), term(f"branch{branch}")
        yield from _class(body, term("Body"))
        yield from _has_value(body, term("branch"), mark, f"b{branch}")
        for kind in range(_KINDS):
            yield from _class(term(f"{branch}Body{kind}"), body)
    for trait in TRAITS:
        town = term(f"{trait}Town")
        yield from _class(town, term("Settlement"))
        yield from _has_value(town, term("trait"), term(trait), f"t{trait}")
        yield term(f"trait{trait}"), rdfs("subPropertyOf"), term("linkedTo")
    for i, matter in enumerate(MATTERS):
        yield term(matter), TYPE, term("Matter")
        if i:
            yield term(matter), term("narrowerThan"), term(MATTERS[(i - 1) // 2])
        for kind in range(3):
            yield from _class(term(f"Programme{i}-{kind}"), term("Programme"))
    yield "_:different", TYPE, owl("AllDifferent")
    yield from _list("_:different", owl("distinctMembers"), [term(f"branch{branch}") for branch in BRANCHES])


def _class(name: str, above: str) -> Iterator[Triple]:
    yield name, TYPE, owl("Class")
    yield name, LABEL, text(name[1:-1].rpartition("#")[2])
    yield name, rdfs("subClassOf"), above


def _has_value(name: str, prop: str, value: str, node: str) -> Iterator[Triple]:
    yield name, owl("equivalentClass"), f"_:{node}"
    yield f"_:{node}", TYPE, owl("Restriction")
    yield f"_:{node}", owl("onProperty"), prop
    yield f"_:{node}", owl("hasValue"), value


def _list(owner: str, prop: str, items: list[str]) -> Iterator[Triple]:
    nodes = [f"{owner if owner[:2] == '_:' else '_:list'}x{i}" for i in range(len(items))]
    yield owner, prop, nodes[0]
    for node, item, rest in zip(nodes, items, [*nodes[1:], f"<{_RDF}nil>"], strict=True):
        yield node, f"<{_RDF}first>", item
        yield node, f"<{_RDF}rest>", rest


def _data(towns: int, draw: random.Random) -> Iterator[Triple]:
    states, districts = max(4, min(180, towns // 45)), max(8, min(3500, towns // 9))
    leagues, bodies = max(4, towns // 55), max(10, towns // 3)
    yield from _places(states, districts)
    yield from _leagues(leagues)
    for i in range(bodies):
        yield from _body(i)
    for i in range(towns):
        yield from _town(i, towns, states, districts, draw)
        yield from _pact(i, towns, draw)
        if draw.random() < 0.6:
            yield from _adherence(i, leagues, draw)
    for i in range(max(4, towns // 5)):
        yield from _programme(i, towns, bodies, draw)


def _places(states: int, districts: int) -> Iterator[Triple]:
    for i in range(5):
        yield thing(f"part{i}"), TYPE, term("Place")
    for i in range(states):
        state = thing(f"state{i}")
        yield state, TYPE, term("State")
        yield state, LABEL, text(f"State {i}")
        yield state, term("inside"), thing(f"part{i % 5}")
        yield state, term("coinedAs"), thing(f"coin{i}")
    for i in range(districts):
        district = thing(f"district{i}")
        yield district, TYPE, term("District")
        yield district, LABEL, text(f"District {i}")
        yield district, term("inside"), thing(f"state{i % states}")


def _leagues(leagues: int) -> Iterator[Triple]:
    for i in range(leagues):
        league = thing(f"league{i}")
        yield league, TYPE, term("WorldLeague" if i % 6 == 0 else "League")
        yield league, LABEL, text(f"League {i}")
        if i > 3 and i % 5:
            yield league, term("branchOf"), thing(f"league{(i - 2) // 3}")


def _body(i: int) -> Iterator[Triple]:
    body, branch = thing(f"body{i}"), BRANCHES[i % len(BRANCHES)]
    yield body, term("fullTitle"), text(f"Office {i}")
    if i % 2:
        yield body, TYPE, term(f"{branch}Body{i % _KINDS}")
    else:
        yield body, term("branch"), term(f"branch{branch}")
    yield body, LABEL, text(f"Body {i}")


def _town(i: int, towns: int, states: int, districts: int, draw: random.Random) -> Iterator[Triple]:
    town = thing(f"town{i}")
    yield town, TYPE, term("Settlement")
    yield town, LABEL, text(f"Town {i}")
    yield town, term("title"), text(f"Ville {i}", "fr")
    yield town, term("inside"), thing(f"district{i % districts}")
    yield town, term("inhabitants"), typed(draw.randrange(500, 9_000_000), "integer")
    yield town, term("registerNumber"), f'"R{i}"'
    if i < states:
        yield town, term("seatOf"), thing(f"state{i}")
    if draw.random() < 0.4:
        trait = draw.choice(TRAITS)
        yield town, term("trait"), term(trait)
        yield town, term(f"trait{trait}"), thing(f"proof{i}")
    if draw.random() < 0.1:
        yield town, term("headedBy"), thing(f"mayor{i}")
    chance = draw.random()
    if chance < 0.03:  # the same town under another name
        yield town, owl("sameAs"), thing(f"alias{i}")
        yield thing(f"alias{i}"), LABEL, text(f"Alias {i}")
        yield thing(f"alias{i}"), term("catalogueNumber"), f'"C{i}"'
    elif chance < 0.04:  # the same town by its key
        yield thing(f"double{i}"), TYPE, term("Settlement")
        yield thing(f"double{i}"), term("registerNumber"), f'"R{i}"'
    elif chance < 0.041 and i + 1 < towns:  # the same person, as who heads a town is one
        yield town, term("headedBy"), thing(f"mayor{i}")
        yield town, term("headedBy"), thing(f"acting{i}")


def _pact(i: int, towns: int, draw: random.Random) -> Iterator[Triple]:
    """One pact for each town, more of them with towns of low numbers, as large towns have many."""
    partner = int(towns * draw.random() ** 2)
    pact = thing(f"pact{i}")
    yield pact, TYPE, term("PactInForce" if draw.random() < 0.7 else "Pact")
    yield thing(f"town{i}"), term("signed"), pact
    yield pact, term("countersignedBy"), thing(f"town{partner if partner != i else (i + 1) % towns}")
    yield pact, term("since"), _day(draw)
    if draw.random() < 0.5:
        yield pact, term("about"), term(draw.choice(MATTERS))


def _adherence(i: int, leagues: int, draw: random.Random) -> Iterator[Triple]:
    adherence = thing(f"adherence{i}")
    yield adherence, TYPE, term("Adherence")
    yield thing(f"town{i}"), term("hasAdherence"), adherence
    yield adherence, term("toLeague"), thing(f"league{int(leagues * draw.random() ** 1.5)}")
    yield adherence, term("since"), _day(draw)


def _programme(i: int, towns: int, bodies: int, draw: random.Random) -> Iterator[Triple]:
    programme = thing(f"programme{i}")
    yield programme, TYPE, term(f"Programme{i % len(MATTERS)}-{i % 3}")
    yield programme, LABEL, text(f"Programme {i}")
    yield programme, term("about"), term(MATTERS[i % len(MATTERS)])
    yield programme, term("ledBy"), thing(f"town{draw.randrange(towns)}")
    for _ in range(draw.randrange(2, 5)):
        yield programme, term("joinedBy"), thing(f"body{draw.randrange(bodies)}")
    yield programme, term("paidBy"), thing(f"body{draw.randrange(bodies)}")
    yield programme, term("since"), _day(draw)


def _day(draw: random.Random) -> str:
    return typed(f"{draw.randrange(1950, 2026)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}", "date")


# -- shapes of data that engines are known to stumble over -----------------------------------------------------------


def deep_list(length: int) -> Iterator[Triple]:
    """A list whose members are known to be of a class one after the other (cls-avf)."""
    yield term("Cell"), rdfs("subClassOf"), "_:all"
    yield "_:all", TYPE, owl("Restriction")
    yield "_:all", owl("onProperty"), term("next")
    yield "_:all", owl("allValuesFrom"), term("Cell")
    yield thing("cell0"), TYPE, term("Cell")
    for i in range(length):
        yield thing(f"cell{i}"), term("next"), thing(f"cell{i + 1}")


def taxonomy(classes: int) -> Iterator[Triple]:
    """A tree of classes, each below a random older one, with one member for each (cax-sco, scm-sco)."""
    draw = random.Random(classes)  # noqa: S311
    for i in range(1, classes):
        yield term(f"Class{i}"), rdfs("subClassOf"), term(f"Class{draw.randrange(i)}")
    for i in range(classes):
        yield thing(f"member{i}"), TYPE, term(f"Class{draw.randrange(classes)}")


def line(length: int) -> Iterator[Triple]:
    """One chain of a transitive property: its closure grows with the square (prp-trp)."""
    yield term("before"), TYPE, owl("TransitiveProperty")
    for i in range(length):
        yield thing(f"point{i}"), term("before"), thing(f"point{i + 1}")


def cliques(largest: int) -> Iterator[Triple]:
    """Names of the same thing: one thing with many, and many with four (eq-sym, eq-trans, eq-rep-s)."""
    for i in range(1, largest):
        yield thing(f"name{i}"), owl("sameAs"), thing(f"name{i - 1}")
        yield thing(f"name{i}"), term("seen"), thing(f"place{i % 7}")
    for i in range(largest * 10):
        for k in range(3):
            yield thing(f"small{i}-{k}"), owl("sameAs"), thing(f"small{i}-{k + 1}")
        yield thing(f"small{i}-0"), term("seen"), thing(f"small{i}-3")


def hub(spokes: int) -> Iterator[Triple]:
    """All ways lead through one node of a transitive property with an inverse."""
    yield term("leadsTo"), TYPE, owl("TransitiveProperty")
    yield term("reachedFrom"), owl("inverseOf"), term("leadsTo")
    for i in range(spokes):
        yield thing(f"from{i}"), term("leadsTo"), thing("hub")
        yield thing("hub"), term("leadsTo"), thing(f"to{i}")


def wide_chains(width: int) -> Iterator[Triple]:
    """A chain of four properties, where each step goes to three (prp-spo2)."""
    steps = [term(f"step{k}") for k in range(4)]
    yield from _list(term("whole"), owl("propertyChainAxiom"), steps)
    for k, step in enumerate(steps):
        for i in range(width):
            for way in range(3):
                yield thing(f"layer{k}-{i}"), step, thing(f"layer{k + 1}-{(i * 7 + way * 11) % width}")


def restrictions(classes: int) -> Iterator[Triple]:
    """Many defined classes, by a value or by the class of a value (cls-hv1, cls-hv2, cls-svf1)."""
    for i in range(classes):
        if i % 2:
            yield from _has_value(term(f"Valued{i}"), term("value"), thing(f"value{i}"), f"v{i}")
        else:
            yield term(f"Valued{i}"), owl("equivalentClass"), f"_:s{i}"
            yield f"_:s{i}", TYPE, owl("Restriction")
            yield f"_:s{i}", owl("onProperty"), term("near")
            yield f"_:s{i}", owl("someValuesFrom"), term(f"Valued{i + 1}")
    for i in range(classes * 10):
        yield thing(f"item{i}"), term("value"), thing(f"value{i % classes}")
        yield thing(f"item{i}"), term("near"), thing(f"item{(i * 13) % (classes * 10)}")


def components(groups: int) -> Iterator[Triple]:
    """Groups of forty under a property that is symmetric and transitive."""
    yield term("alike"), TYPE, owl("SymmetricProperty")
    yield term("alike"), TYPE, owl("TransitiveProperty")
    for group in range(groups):
        for i in range(1, 40):
            yield thing(f"g{group}-{i}"), term("alike"), thing(f"g{group}-{i // 2}")


#: By name: what makes the shape, and the size that it is measured at.
SHAPES: Final[dict[str, tuple[Callable[[int], Iterator[Triple]], int]]] = {
    "deep-list": (deep_list, 5_000),
    "taxonomy": (taxonomy, 20_000),
    "line": (line, 2_000),
    "cliques": (cliques, 300),
    "hub": (hub, 1_000),
    "wide-chains": (wide_chains, 2_000),
    "restrictions": (restrictions, 2_000),
    "components": (components, 500),
}


def shape(name: str, size: int | None = None) -> Iterator[Line]:
    """One of `SHAPES`, as lines of canonical N-Triples."""
    make, usual = SHAPES[name]
    return lines(make(size or usual))
