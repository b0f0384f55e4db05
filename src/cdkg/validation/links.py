"""Links to the outside that cannot be right: written in a form that the other side does not use for its things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.graph import Role
from cdkg.validation.index import Index
from cdkg.validation.places import Places
from cdkg.validation.report import Kind, Result, Severity
from cdkg.vocabulary import ID, PREFIXES, shorten

RULE: Final = "urn:cdkg:rule:link"
_SKOS: Final = PREFIXES["skos"]
_LINKS: Final = tuple(
    NamedNode(iri)
    for iri in (
        PREFIXES["owl"] + "sameAs",
        *(f"{_SKOS}{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related")),
    )
)


_SOURCE, _PREDICATE, _TARGET = (
    NamedNode(f"{PREFIXES['owl']}annotated{end}") for end in ("Source", "Property", "Target")
)


@dataclass(frozen=True, slots=True)
class Target:
    """How another side names its things.

    Attributes:
        name: What it is called.
        sites: Matches all addresses of it.
        things: Matches the IRIs of its things.
        number: Matches the part that names the thing in any of its addresses, as its first group.
        pattern: The IRI of a thing, with `{}` for that part.
    """

    name: str
    sites: re.Pattern[str]
    things: re.Pattern[str]
    number: re.Pattern[str]
    pattern: str


#: Sides that city data is linked to, whose pages people take for things.
TARGETS: Final = (
    Target(
        "Wikidata",
        re.compile(r"https?://(www\.|m\.)?wikidata\.org/"),
        re.compile(r"http://www\.wikidata\.org/(entity/[QPL]|prop/direct/P)[1-9]\d*"),
        re.compile(r"([QPL][1-9]\d*)\b"),
        "http://www.wikidata.org/entity/{}",
    ),
    Target(
        "GeoNames",
        re.compile(r"https?://([a-z]+\.)?geonames\.org/"),
        re.compile(r"https://sws\.geonames\.org/[1-9]\d*/"),
        re.compile(r"/([1-9]\d*)\b"),
        "https://sws.geonames.org/{}/",
    ),
    Target(
        "DBpedia",
        re.compile(r"https?://(www\.)?dbpedia\.org/"),
        re.compile(r"http://dbpedia\.org/(resource|ontology|property)/\S+"),
        re.compile(r"/(?:page|resource|data)/([^/]+?)(?:\.\w+)?$"),
        "http://dbpedia.org/resource/{}",
    ),
)


def wrong_links(index: Index, places: Places) -> Iterator[Result]:
    """A finding for each link that names no thing of the side that it leads to.

    Args:
        index: The graphs; those of the ontology and of shapes are passed over.
        places: Finds their lines.
    """
    for predicate in _LINKS:
        for named, number in index.with_predicate(predicate):
            if named.role in {Role.PASSAGE, Role.EDITORIAL, Role.LINKS}:
                yield from _checked(named.triples[number], places)
    for named, number in index.with_predicate(_TARGET):  # candidates and denials, which are no links yet
        if named.role is Role.LINKS and not _is_link(index, named.triples, number):
            yield from _checked(named.triples[number], places)


def _is_link(index: Index, triples: Sequence[Triple], number: int) -> bool:
    """Whether the match that a record is about is told as a link, too."""
    record = triples[number]
    about = [graph.triples[i] for graph, i in index.about(record.subject)]
    ends = {t.predicate: t.object for t in about}
    match = (ends.get(_SOURCE), ends.get(_PREDICATE), record.object)
    return None not in match and bool(index.stating(Triple(*match)))  # type: ignore[arg-type]


def _checked(triple: Triple, places: Places) -> Iterator[Result]:
    target = triple.object
    link = f"{shorten(triple.predicate.value)} must lead to a thing"
    if isinstance(target, Literal | BlankNode):
        kind = "a text" if isinstance(target, Literal) else "a blank node"
        yield _told(
            triple, f"{link}, not to {kind}.", "the IRI of the thing", "write its IRI in angle brackets", places
        )
    elif target == triple.subject:
        yield _told(triple, f"{link} elsewhere, not to itself.", "another IRI", "take the line away", places)
    elif isinstance(target, NamedNode) and not target.value.startswith(ID):
        for side in TARGETS:
            if side.sites.match(target.value) and not side.things.fullmatch(target.value):
                yield _page(triple, side, target.value, places)


def _page(triple: Triple, side: Target, address: str, places: Places) -> Result:
    number = side.number.search(address)
    thing = f"<{side.pattern.format(number[1])}>" if number else f"an IRI as <{side.pattern.format('…')}>"
    message = f"This is the address of a page at {side.name}, not the IRI of a thing there."
    return _told(triple, message, thing, f"write {thing}", places)


def _told(triple: Triple, message: str, expected: str, hint: str, places: Places) -> Result:
    return Result(
        Severity.WARNING,
        message,
        RULE,
        str(triple.subject),
        str(triple.predicate),
        str(triple.object),
        places.of_triple(triple),
        Kind.LINK,
        expected=expected,
        hint=hint,
    )
