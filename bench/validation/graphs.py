"""Graphs of any size in the vocabulary of the ontology, as a project's files: the same arguments give the same bytes.

They hold towns with what cities' offices write down: twinnings, memberships, partnerships, participations, statements
and figures, each attested in a passage, and lists of whom and what they are about. Nothing is wrong with them but what
`faults` plants.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.validation.blocks import Block, block, date, file_text, text
from bench.validation.faults import Planted, Planter

#: Towns that share a page, and towns in a list of cities.
PAGE: Final = 50
_LIST: Final = 500
_MATTERS: Final = 12

#: Triples about one town with all that hangs on it, and those that are in every graph.
_PER_TOWN: Final = 42.2
_FIXED: Final = 350
_FEWEST: Final = 40

#: Names the graph of the file that holds all; else it would be taken for the last of its parts.
_END: Final = "@base <https://towns.example/all> .\n"

_PORT: Final = "own:PortCity"
_SCHEME: Final = "scheme:matters-of-the-towns"
_DOCUMENT: Final = "document:gazette-of-the-towns"


@dataclass(frozen=True, slots=True)
class Written:
    """A graph on the disk.

    Attributes:
        folder: A project folder: `cdkg.toml` and `data/`.
        whole: One Turtle file with all of its triples.
        triples: How many there are, each once.
        planted: How many faults of each kind were planted.
    """

    folder: Path
    whole: Path
    triples: int
    planted: Planted

    @property
    def page(self) -> Path:
        """A file that can be edited."""
        return self.folder / "data" / "gazette" / "page-0.ttl"


def write(folder: Path, size: int, *, each: int = 10, seed: int = 1) -> Written:
    """Write a graph of about `size` triples with `each` faults of every kind into a folder of its own."""
    towns, triples = Towns(size, each, seed), 0
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "cdkg.toml").write_text("# generated for measurements\n", encoding="utf-8")
    whole = folder.with_suffix(".ttl")
    with whole.open("w", encoding="utf-8") as together:
        for stem, blocks in towns.files():
            path = folder / "data" / f"{stem}.ttl"
            path.parent.mkdir(exist_ok=True)
            turtle = "".join(file_text(stem, blocks))
            triples += sum(found.triples for found in blocks if found.kind not in _AGAIN)
            path.write_text(turtle, encoding="utf-8")
            together.write(turtle + "\n")
        together.write(_END)
    return Written(folder, whole, triples, towns.planter.planted)


class Towns:
    """One graph: how many there are of each kind follows from its size."""

    def __init__(self, size: int, each: int = 10, seed: int = 1) -> None:
        self.towns = towns = max(_FEWEST, int((size - _FIXED) / _PER_TOWN))
        self._draw = random.Random(seed)  # noqa: S311  # no secret
        self._countries = max(4, min(120, towns // 40))
        self._networks, self._bodies = max(3, towns // 40), max(8, towns // 3)
        self._persons, self._events, self._initiatives = towns // 5, towns // 10, towns // 6
        counts = {
            "city": towns, "twinning": towns, "membership": towns * 4 // 5, "partnership": towns * 2 // 5,
            "statement": towns * 3 // 2, "figure": towns * 3 // 10, "person": self._persons, "event": self._events,
            "initiative": self._initiatives,
        }  # fmt: skip
        self.planter, self._guests = Planter(counts, each), each
        self._pairs: set[tuple[int, int]] = set()

    def files(self) -> Iterator[tuple[str, list[Block]]]:
        """Each file below `data/`, by its name without the suffix."""
        yield "entities/terms-of-the-towns", list(self._terms())
        yield "typologies/matters-of-the-towns", list(self._matters())
        yield "entities/countries-of-the-towns", [_head("Countries of the towns"), *self._lands()]
        for first in range(0, self.towns, _LIST):
            cities = [self._city(i) for i in range(first, min(first + _LIST, self.towns))]
            yield f"entities/towns-{first // _LIST}", [_head(f"Towns, part {first // _LIST}"), *self._plant(cities)]
        for name, blocks in (
            ("bodies", self._bodies_listed()),
            ("persons", (self._person(i) for i in range(self._persons))),
            ("events", (self._event(i) for i in range(self._events))),
            ("initiatives", (self._initiative(i) for i in range(self._initiatives))),
        ):
            yield f"entities/{name}-of-the-towns", [_head(f"{name.title()} of the towns"), *self._plant(blocks)]
        for page in range((self.towns + PAGE - 1) // PAGE):
            yield f"gazette/page-{page}", list(self._page(page))

    def _plant(self, blocks: Iterable[Block]) -> Iterator[Block]:
        for found in blocks:
            yield from self.planter.changed(found)

    # -- lists ---------------------------------------------------------------------------------------------------

    def _terms(self) -> Iterator[Block]:
        yield _head("Terms of the towns")
        yield block("term", _PORT, "<http://www.w3.org/2002/07/owl#Class>", rdfs__subClassOf="cd:City",
                    rdfs__label=text("port city"))  # fmt: skip
        yield block("document", _DOCUMENT, "cd:SourceDocument", rdfs__label=text("Gazette of the towns"),
                    dcterms__creator="body:office-0")  # fmt: skip
        for i in range(3):
            yield block("place", f"place:part-{i}", "cd:Continent", rdfs__label=text(f"Part {i} of the world"),
                        geonamesId=f'"{9_000_000 + i}"')  # fmt: skip
        for subject, label in (("unit:towns-thing", "thing"), ("variable:towns-things", "things counted")):
            yield block("measure", subject, "skos:Concept", rdfs__label=text(label),
                        skos__definition=text("What is counted."), skos__inScheme=_SCHEME)  # fmt: skip
        # cities that are in no twinning but for a planted fault
        for i in range(self._guests):
            yield block("guest", f"city:guest-{i}", "cd:City", rdfs__label=text(f"Guest {i}"), country="country:land-0",
                        geonamesId=f'"{9_000_100 + i}"', schema__latitude="0.5", schema__longitude="0.5",
                        sector="sector:government")  # fmt: skip

    def _matters(self) -> Iterator[Block]:
        yield block("head", "<>", "cd:Typology", rdfs__label=text("Typology: Matters of the towns"))
        yield block("scheme", _SCHEME, "skos:ConceptScheme", rdfs__label=text("Matters of the towns"),
                    skos__definition=text("What they deal with."))  # fmt: skip
        for i in range(_MATTERS):
            found = block("matter", _matter(i), "skos:Concept", rdfs__label=text(f"matter {i}"),
                          skos__definition=text(f"The matter with the number {i}."),
                          skos__inScheme=_SCHEME)  # fmt: skip
            if i:
                found.said["skos:broader"] = [_matter((i - 1) // 2)]
            yield found

    def _lands(self) -> Iterator[Block]:
        for i in range(self._countries):
            code = f"{chr(65 + i // 26)}{chr(65 + i % 26)}"
            yield block("country", f"country:land-{i}", "cd:Country", rdfs__label=text(f"Land {i}"),
                        iso3166Alpha2=f'"{code}"', iso3166Alpha3=f'"{code}Z"',
                        locatedIn=f"place:part-{i % 3}")  # fmt: skip

    def _city(self, i: int) -> Block:
        return block(
            "city", _town(i), self._class_of(i), rdfs__label=text(f"Town {i}"), skos__altLabel=text(f"Ville {i}", "fr"),
            country=f"country:land-{i % self._countries}", sector="sector:government", geonamesId=f'"{1_000_000 + i}"',
            schema__latitude=f"{self._draw.randrange(-80, 80)}.{self._draw.randrange(1, 9)}",
            schema__longitude=f"{self._draw.randrange(-170, 170)}.{self._draw.randrange(1, 9)}",
        )  # fmt: skip

    def _class_of(self, i: int) -> str:
        return _PORT if i % 20 == 3 else "cd:City"

    def _bodies_listed(self) -> Iterator[Block]:
        for i in range(self._networks):
            found = block("network", f"body:network-{i}", "cd:CityNetwork", rdfs__label=text(f"Network {i}"),
                          sector="sector:government", headquarteredIn=_town(i))  # fmt: skip
            if i:
                found.said["cd:subNetworkOf"] = [f"body:network-{(i - 1) // 3}"]
            yield found
        for i in range(self._bodies):
            if i % 3:
                yield block("company", f"body:firm-{i}", "cd:Company", rdfs__label=text(f"Firm {i}"),
                            country=f"country:land-{i % self._countries}", sector="sector:industry")  # fmt: skip
            else:
                yield block("office", f"body:office-{i}", "cd:CityGovernment", rdfs__label=text(f"Office {i}"),
                            governs=_town(i), sector="sector:government")  # fmt: skip

    def _person(self, i: int) -> Block:
        return block("person", f"person:person-{i}", "cd:Person", rdfs__label=text(f"Person {i}"),
                     skos__altLabel=text(f"P. {i}"))  # fmt: skip

    def _event(self, i: int) -> Block:
        return block("event", f"event:summit-{i}", "cd:Summit", rdfs__label=text(f"Summit {i}"), date=date(self._day()),
                     place=_town(i * 7 % self.towns))  # fmt: skip

    def _initiative(self, i: int) -> Block:
        found = block("initiative", f"initiative:project-{i}", "cd:Project", rdfs__label=text(f"Project {i}"),
                      theme=_matter(i), ofCity=_town(i * 5 % self.towns))  # fmt: skip
        if i % 4 == 1:
            found.said["cd:partOf"] = [f"initiative:project-{i - 1}"]
        return found

    # -- passages ------------------------------------------------------------------------------------------------

    def _page(self, page: int) -> Iterator[Block]:
        towns = range(page * PAGE, min((page + 1) * PAGE, self.towns))
        yield block(
            "passage", "<>", "cd:Section", dcterms__isPartOf=_DOCUMENT, locator=text(f"Page {page + 1}"), section='"1"',
            page=str(page + 1), rdfs__label=text(f"Gazette of the towns, page {page + 1}"),
            dcterms__description=text("The towns tell of their relations."),
        )  # fmt: skip
        # a passage types again whom it speaks of
        if not page:
            yield from (block("land", f"country:land-{i}", "cd:Country") for i in range(self._countries))
        told = [found for i in towns for found in self._told(i)]
        actors = {actor: None for found in told for name in _ENDS for actor in found.said.get(name, ())}
        yield from (block("actor", actor, self._class(actor)) for actor in (*actors, *map(_town, towns)))
        yield from self._plant(told)

    def _class(self, actor: str) -> str:
        kind, number = actor.rsplit("-", 1)
        if kind == "city:town":
            return self._class_of(int(number))
        return {"body:network": "cd:CityNetwork", "body:firm": "cd:Company", "body:office": "cd:CityGovernment",
                "person:person": "cd:Person"}[kind]  # fmt: skip

    def _told(self, i: int) -> Iterator[Block]:
        yield self._twinning(i)
        if i % 5:
            yield self._membership(i)
        if i % 5 in {1, 2}:
            yield self._partnership(i)
        if i % 5 in {3, 4}:
            yield self._participation(i)
        yield self._statement(i, 0)
        if i % 2:
            yield self._statement(i, 1)
        if i % 10 in {0, 4, 8}:
            yield self._figure(i)

    def _twinning(self, i: int) -> Block:
        """One for each town, more of them with towns of low numbers, as large towns have many."""
        partner = int(self.towns * self._draw.random() ** 2)
        while partner == i or (min(i, partner), max(i, partner)) in self._pairs:
            partner = (partner + 1) % self.towns
        self._pairs.add((min(i, partner), max(i, partner)))
        parties = sorted((_town(i), _town(partner)))
        found = block("twinning", f"twinning:{'--'.join(map(_slug, parties))}", "cd:TwinningAgreement", party=parties,
                      theme=_matter(self._draw.randrange(_MATTERS)))  # fmt: skip
        start, form = self._day(), (10, 10, 4, 7)[i % 4]
        found.said["cd:startDate"] = [date(start[:form])]
        ended = self._draw.random() < 0.15
        found.said["cd:status"] = ["status:ended" if ended else "status:existing"]
        if ended:
            end = f"{int(start[:4]) + self._draw.randrange(1, 15)}{start[4:]}"
            found.said["cd:endDate"] = [date(end[:form])]
        return found

    def _membership(self, i: int) -> Block:
        network = int(self._networks * self._draw.random() ** 1.2)
        return block("membership", f"membership:{_slug(_town(i))}--network-{network}", "cd:Membership", member=_town(i),
                     organisation=f"body:network-{network}", role="role:member", status="status:existing",
                     startDate=date(self._day()[:4]))  # fmt: skip

    def _partnership(self, i: int) -> Block:
        turn = i // 5 * 2 + i % 5 - 1
        initiative, body = turn % self._initiatives, turn % self._bodies
        partner = f"body:{'firm' if body % 3 else 'office'}-{body}"
        return block("partnership", f"partnership:project-{initiative}--{_slug(partner)}--{i}", "cd:Partnership",
                     initiative=f"initiative:project-{initiative}", partner=partner, role="role:partner",
                     status="status:existing")  # fmt: skip

    def _participation(self, i: int) -> Block:
        turn = i // 5 * 2 + i % 5 - 3
        event, person = turn % self._events, turn % self._persons
        return block("participation", f"participation:summit-{event}--person-{person}--{i}", "cd:Participation",
                     participant=f"person:person-{person}", event=f"event:summit-{event}", role="role:speaker",
                     status="status:existing")  # fmt: skip

    def _statement(self, i: int, part: int) -> Block:
        matter = _matter(i + part)
        return block("statement", f"<#town-{i}-{part}>", "cd:Statement", rdfs__label=text(f"Town {i} at work, {part}"),
                     subject=_town(i), predicate="cd:exhibits", object=matter, about=matter, polarity="polarity:yes",
                     certainty="certainty:plain")  # fmt: skip

    def _figure(self, i: int) -> Block:
        return block("figure", f"<#town-{i}-figure>", "cd:Observation", rdfs__label=text(f"Town {i} counts its things"),
                     subject=_town(i), variable="variable:towns-things", value=str(self._draw.randrange(1, 500)),
                     unit="unit:towns-thing", bound="bound:exact", asOf=str(self._draw.randrange(1990, 2025)),
                     about=_town(i), polarity="polarity:yes", certainty="certainty:plain")  # fmt: skip

    def _day(self) -> str:
        draw = self._draw.randrange
        return f"{draw(1950, 2006)}-{draw(1, 13):02d}-{draw(1, 29):02d}"


#: Kinds of blocks that say what a list says too.
_AGAIN: Final = ("actor", "land")
#: Properties of relations whose values are actors.
_ENDS: Final = ("cd:party", "cd:member", "cd:organisation", "cd:partner", "cd:participant")


def _head(label: str) -> Block:
    return block("head", "<>", "cd:EntityList", rdfs__label=text(label), dcterms__source="<https://towns.example/>",
                 dcterms__license="<https://creativecommons.org/licenses/by/4.0/>")  # fmt: skip


def _town(i: int) -> str:
    return f"city:town-{i}"


def _matter(i: int) -> str:
    return f"concept:towns-matter-{i % _MATTERS}"


def _slug(name: str) -> str:
    return name.partition(":")[2]
