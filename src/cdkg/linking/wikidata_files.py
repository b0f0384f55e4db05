"""What Wikidata tells, as files of our model: a passage a country, what it names, and where it disagrees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from pyoxigraph import NamedNode, QuerySolutions, Store

from cdkg.linking.wikidata import Found, Item, Tie, date_of, slug_of
from cdkg.vocabulary import CD, GRAPH, ID, PREFIXES

_PAGE: Final = "https://www.wikidata.org/w/index.php"


@dataclass(slots=True)
class Files:
    """The files of an import.

    Attributes:
        known: IRIs of ours by identifier of Wikidata; by accepted links.
        countries: IRIs of our countries by code.
        store: What the project's documents say, for disagreements.
        source: The endpoint, and the hash of each answer by country.
        day: When it was asked.
    """

    known: Mapping[str, str]
    countries: Mapping[str, str]
    store: Store
    source: str
    day: date
    hashes: dict[str, str] = field(default_factory=dict)

    def of(self, found: Iterable[Found]) -> dict[str, str]:
        """The text of each file by its path below `data/`."""
        countries = sorted(found, key=lambda each: each.country)
        told = [each for each in countries if each.twinnings or each.memberships]
        files = {f"wikidata/{each.country.lower()}": self._passage(each) for each in told}
        files["entities/wikidata"] = self._entities(countries)
        lines = [line for each in countries for line in self._disagreements(each)]
        if lines:
            head = self._graph("cd:DisagreementList", "Disagreements: Wikidata")
            files["disagreements/wikidata"] = "\n".join([*head, *lines])
        return {f"{name}.ttl": _headed(name, text) for name, text in files.items()}

    def _iri(self, item: Item, kind: str) -> str:
        return self.known.get(item.key) or f"{ID}{kind}/{slug_of(item)}"

    def _relation(self, tie: Tie, found: Found, kind: str) -> tuple[str, list[str]]:
        """The name of a relation, and the prefixed names of its parties."""
        ends = [
            self._iri(found.items[key], "body" if kind == "membership" and number else "city")
            for number, key in enumerate(tie.parties)
        ]
        slugs = [end.rpartition("/")[2] for end in ends]
        if kind == "twinning":
            slugs.sort()
        names = [f"{end.split('/')[-2]}:{end.rpartition('/')[2]}" for end in ends]
        return f"{kind}:{'--'.join(slugs)}", sorted(names) if kind == "twinning" else names

    @staticmethod
    def _graph(kind: str, label: str) -> list[str]:
        return [
            "<>",
            f"    a {kind} ;",
            f"    rdfs:label {_text(label)} ;",
            ".",
            "",
        ]

    def _passage(self, found: Found) -> str:
        told = sorted(item.key for item in found.items.values() if item.revision)
        lines = self._graph("cd:Section", f"Wikidata: ties of {found.country}")[:-2]
        lines += [
            "    dcterms:isPartOf document:wikidata ;",
            f'    cd:locator "P190 and P463 of places in {found.country}"@en ;',
            f"    dcterms:description {_text(f'Twinnings and memberships of places in {found.country}.')} ;",
            f'    dcterms:date "{self.day}"^^xsd:date ;',
            f"    dcterms:source <{self.source}> ;",
            f'    dcterms:identifier "sha256:{self.hashes.get(found.country, "")}" ;',
        ]
        newest = max((item.revision for item in found.items.values()), default=0)
        lines += [f'    schema:version "{newest}" ;'] if newest else []
        pages = [f"<{_PAGE}?title={key}&oldid={found.items[key].revision}>" for key in told]
        lines += [f"    prov:wasDerivedFrom {' , '.join(pages)} ;"] if pages else []
        lines += [".", "", "document:wikidata", "    a cd:SourceDocument ;", ".", ""]
        blocks = [self._block(tie, found, "twinning") for tie in found.twinnings]
        blocks += [self._block(tie, found, "membership") for tie in found.memberships]
        blocks += [block for tie in found.twinnings if (block := self._one_sided(tie, found))]
        return "\n".join([*lines, *sorted(blocks)])

    def _block(self, tie: Tie, found: Found, kind: str) -> str:
        name, parties = self._relation(tie, found, kind)
        if kind == "twinning":
            told = ["a cd:TwinningAgreement", f"cd:party {' , '.join(parties)}"]
        else:
            told = ["a cd:Membership", f"cd:member {parties[0]}", f"cd:organisation {parties[1]}"]
        over = bool(tie.ends) and min(tie.ends) <= self.day.isoformat()
        told += [f"cd:status status:{'ended' if over else 'existing'}"]
        told += [f"cd:startDate {date_of(sorted(tie.starts))}"] if tie.starts else []
        told += [f"cd:endDate {date_of(sorted(tie.ends))}"] if tie.ends else []
        told += [f"rdfs:comment {_text('Role: ' + ', '.join(sorted(tie.roles)))}"] if tie.roles else []
        told += [f"prov:wasDerivedFrom <{each}>" for each in sorted(tie.references) if _is_address(each)]
        return _written(name, told)

    def _one_sided(self, tie: Tie, found: Found) -> str:
        if tie.is_returned:
            return ""
        silent = next(key for key in tie.parties if key not in tie.told_by)
        teller = next(iter(tie.told_by))
        ours = {key: self._iri(found.items[key], "city").rpartition("/")[2] for key in tie.parties}
        label = f"{found.items[silent].name or silent}: its item does not name {found.items[teller].name or teller}"
        return _written(
            f"<#{_slug(tie)}>",
            ["a cd:Statement", f"rdfs:label {_text(label)}", f"cd:subject city:{ours[silent]}",
             "cd:predicate cd:twinnedWith", f"cd:object city:{ours[teller]}", f"cd:asOf {self.day.year}",
             "cd:polarity polarity:not-available", "cd:certainty certainty:plain"],
        )  # fmt: skip

    def _entities(self, found: Iterable[Found]) -> str:
        items: dict[tuple[str, str], Item] = {}
        for each in found:
            bodies = {tie.parties[1] for tie in each.memberships}
            for key, item in each.items.items():
                if key not in self.known:
                    items[f"{'body' if key in bodies else 'city'}:{slug_of(item)}", key] = item
        lines = self._graph("cd:EntityList", "Cities and bodies that Wikidata names")[:-2]
        lines += [f"    dcterms:source <{self.source}> ;"]
        lines += ["    dcterms:license <https://creativecommons.org/publicdomain/zero/1.0/> ;", ".", ""]
        document = ["a cd:SourceDocument , cd:WebPage", 'rdfs:label "Wikidata"@en', 'dcterms:title "Wikidata"@en',
                    "cd:url <https://www.wikidata.org/>"]  # fmt: skip
        return "\n".join(
            [
                *lines,
                _written("document:wikidata", document),
                *(self._entity(*pair) for pair in sorted(items.items(), key=lambda p: p[0])),
            ]
        )

    def _entity(self, name: tuple[str, str], item: Item) -> str:
        told = [f"a {'cd:City' if name[0].startswith('city:') else 'cd:Organisation'}"]
        told += [f"rdfs:label {_text(f'{item.name or item.key} ({item.key})')}"]
        country = self.countries.get(item.country)
        told += [f"cd:country country:{country.rpartition('/')[2]}"] if country else []
        told += [f"schema:latitude {item.latitude}", f"schema:longitude {item.longitude}"] if item.latitude else []
        return _written(name[0], told)

    def _disagreements(self, found: Found) -> list[str]:
        here = f"../wikidata/{found.country.lower()}"
        return [line for tie in found.twinnings for line in self._of_twinning(tie, found, here)]

    def _of_twinning(self, tie: Tie, found: Found, here: str) -> Iterator[str]:
        """Where Wikidata differs from itself, and from the documents."""
        name, parties = self._relation(tie, found, "twinning")
        over = bool(tie.ends) and min(tie.ends) <= self.day.isoformat()
        if not tie.is_returned:
            silence = f"{here}#{_slug(tie)}"
            told = "One item of Wikidata names the other as its twin, and is not named in return."
            concerned = f"{name} , <{silence}>"
            yield _disagreement(f"{_slug(tie)}-one-sided", "existence", told, concerned, [here, silence])
        if others := self._elsewhere(name, "existing" if over else "ended"):
            told = "Wikidata and the passages differ on whether the twinning has ended."
            yield _disagreement(f"{_slug(tie)}-status", "time", told, name, [here, *others])
        if others := self._other_starts(name, min(tie.starts)[:4]) if tie.starts else []:
            told = "Wikidata and the passages give the twinning different beginnings."
            yield _disagreement(f"{_slug(tie)}-start", "time", told, name, [here, *others])
        if denials := [] if over else self._denials(*map(_full, parties)):
            told = "Wikidata has the twinning; a passage says that there is none."
            concerned = " , ".join([name, *(f"<{each}>" for each in denials)])
            passages = sorted({each.partition("#")[0] for each in denials})
            yield _disagreement(f"{_slug(tie)}-denied", "existence", told, concerned, [here, *passages])

    def _denials(self, one: str, other: str) -> list[str]:
        """Statements of documents that one party has no such twin: it itself, or none of a class that it is of."""
        sides = f"(<{one}> <{other}>) (<{other}> <{one}>)"
        asked = f"""SELECT DISTINCT ?statement {{ VALUES (?subject ?twin) {{ {sides} }}
          GRAPH ?graph {{ ?statement <{CD}subject> ?subject ; <{CD}predicate> <{CD}twinnedWith> ;
            <{CD}polarity> ?sign }}
          FILTER (?sign IN (<{ID}polarity/no>, <{ID}polarity/not-available>))
          FILTER (EXISTS {{ GRAPH ?graph {{ ?statement <{CD}object> ?twin }} }} || EXISTS {{
            GRAPH ?graph {{ ?statement <{CD}objectClass> ?class }} GRAPH ?inferred {{ ?twin a ?class }} }}) }}"""
        return sorted(each for each in self._found(asked, "statement") if not each.startswith(f"{GRAPH}wikidata/"))

    def _elsewhere(self, name: str, status: str) -> list[str]:
        return self._passages(f"<{_full(name)}> <{CD}status> <{ID}status/{status}>")

    def _other_starts(self, name: str, year: str) -> list[str]:
        return self._passages(f"<{_full(name)}> <{CD}startDate> ?day", f"FILTER (SUBSTR(STR(?day), 1, 4) != '{year}')")

    def _passages(self, pattern: str, more: str = "") -> list[str]:
        """The passages of documents in which a pattern holds; those of Wikidata are no other source."""
        part = f"?graph <{PREFIXES['dcterms']}isPartOf> ?document"
        asked = f"SELECT DISTINCT ?graph {{ GRAPH ?graph {{ {pattern} . {part} }} {more} }}"
        return sorted(each for each in self._found(asked, "graph") if not each.startswith(f"{GRAPH}wikidata/"))

    def _found(self, query: str, name: str) -> set[str]:
        rows = self.store.query(query)
        assert isinstance(rows, QuerySolutions)  # noqa: S101  # it is a SELECT
        return {row[name].value for row in rows if isinstance(row[name], NamedNode)}


def _headed(name: str, text: str) -> str:
    """A text of Turtle with its base and with the prefixes that it uses, sorted."""
    used = set(re.findall(r"(?<![\w<])([a-z]+):(?!//)", text))
    head = [f"@prefix {prefix}: <{PREFIXES[prefix]}> ." for prefix in sorted(used & PREFIXES.keys())]
    return "\n".join([f"@base <{GRAPH}{name}> .", *head, "", text.rstrip("\n"), ""])


def _full(name: str) -> str:
    kind, _, slug = name.partition(":")
    return f"{ID}{kind}/{slug}"


def _slug(tie: Tie) -> str:
    return "-".join(tie.parties).lower()


def _disagreement(slug: str, kind: str, told: str, name: str, between: Iterable[str]) -> str:
    label = f"Wikidata on {name.partition(' ')[0].partition(':')[2]} ({slug.split('-', 2)[2]})"
    return _written(
        f"<#{slug}>",
        ["a cd:Disagreement", f"cd:kind concept:{kind}-disagreement", f"rdfs:label {_text(label)}",
         f"rdfs:comment {_text(told)}", f"cd:concerns {name}", f"cd:between {' , '.join(f'<{b}>' for b in between)}"],
    )  # fmt: skip


def _written(name: str, told: Iterable[str]) -> str:
    return "\n".join([name, *(f"    {each} ;" for each in told), ".", ""])


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"@en'


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://")) and not any(c <= " " or c in '<>"{}|\\^`' for c in text)
