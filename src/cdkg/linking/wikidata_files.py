"""What Wikidata tells, as files of our model: a passage a country, what it names, and where it disagrees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import NamedNode, QuerySolutions, Store

from cdkg.linking.wikidata import Found, Item, Tie, first, folded, last, slug_of, written_date
from cdkg.vocabulary import CD, GRAPH, ID, PREFIXES

_PAGE: Final = "https://www.wikidata.org/w/index.php"


#: The properties that a relation stands for.
_MEANT: Final = {"twinning": "twinnedWith", "membership": "memberOf"}


@dataclass(frozen=True, slots=True)
class Files:
    """The files of an import: three a country, so that to import one leaves those of the others as they are.

    Attributes:
        known: IRIs of ours by identifier of Wikidata; by accepted links.
        countries: IRIs of our countries by code.
        store: What the project's documents say, for disagreements.
        source: The endpoint.
    """

    known: Mapping[str, str]
    countries: Mapping[str, str]
    store: Store
    source: str

    def of(self, found: Found) -> dict[str, str]:
        """The text of each file of a country by its path below `data/`."""
        code = found.country.lower()
        files = {f"wikidata/{code}": self._passage(found), f"entities/wikidata-{code}": self._entities(found)}
        lines = [
            line
            for kind, ties in _by_kind(found)
            for tie in ties
            for line in self._of_tie(tie, found, kind, f"../wikidata/{code}")
        ]
        if lines:
            head = self._graph("cd:DisagreementList", f"Disagreements: Wikidata on {found.country}")
            files[f"disagreements/wikidata-{code}"] = "\n".join([*head, *lines])
        return {f"{name}.ttl": _headed(name, text) for name, text in files.items()}

    def fitting(self, found: Found) -> tuple[Found, int]:
        """What is told without twinnings of what is ours and no city, as a country, and how many those were."""
        fit = tuple(tie for tie in found.twinnings if all(self._may_be_city(key) for key in tie.parties))
        return replace(found, twinnings=fit), len(found.twinnings) - len(fit)

    def _may_be_city(self, key: str) -> bool:
        iri = self.known.get(key)
        asked = f"ASK {{ GRAPH ?graph {{ <{iri}> a ?class }} FILTER (?class IN (<{CD}City>, <{CD}CityDistrict>)) }}"
        return iri is None or bool(self.store.query(asked))

    def _name(self, item: Item, kind: str) -> str:
        """The prefixed name of a thing: of ours, or after its own name."""
        iri = self.known.get(item.key)
        return ":".join(iri.split("/")[-2:]) if iri else f"{kind}:{slug_of(item)}"

    def _parties(self, tie: Tie, found: Found, kind: str) -> tuple[str, str]:
        """The prefixed names of a relation's parties, in their order."""
        one, other = (found.items[key] for key in tie.parties)
        return self._name(one, "city"), self._name(other, "body" if kind == "membership" else "city")

    def _relation(self, tie: Tie, found: Found, kind: str) -> tuple[str, list[str]]:
        """The name of a relation, and the prefixed names of its parties."""
        names = list(self._parties(tie, found, kind))
        if kind == "twinning":
            names.sort(key=lambda name: name.partition(":")[2])
        return f"{kind}:{'--'.join(name.partition(':')[2] for name in names)}", names

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
            f'    dcterms:date "{found.day}"^^xsd:date ;',
            f"    dcterms:source <{self.source}> ;",
            f'    dcterms:identifier "sha256:{found.sha256}" ;',
        ]
        newest = max((item.revision for item in found.items.values()), default=0)
        lines += [f'    schema:version "{newest}" ;'] if newest else []
        pages = [f"<{_PAGE}?title={key}&oldid={found.items[key].revision}>" for key in told]
        lines += [f"    prov:wasDerivedFrom {' , '.join(pages)} ;"] if pages else []
        lines += [".", "", "document:wikidata", "    a cd:SourceDocument ;", ".", ""]
        blocks = [self._block(tie, found, kind) for kind, ties in _by_kind(found) for tie in ties]
        blocks += [block for tie in found.twinnings if (block := self._one_sided(tie, found))]
        return "\n".join([*lines, *sorted(blocks)])

    def _block(self, tie: Tie, found: Found, kind: str) -> str:
        name, parties = self._relation(tie, found, kind)
        if kind == "twinning":
            told = ["a cd:TwinningAgreement", f"cd:party {' , '.join(sorted(parties))}"]
        else:
            told = ["a cd:Membership", f"cd:member {parties[0]}", f"cd:organisation {parties[1]}"]
        day = found.day.isoformat()
        over, end = tie.is_over(day), last(tie.ends) if tie.ends else ""
        told += [f"cd:status status:{'ended' if over else 'existing'}"]
        told += [f"cd:startDate {written_date(first(tie.starts))}"] if tie.starts else []
        if end and (over or end >= day[: len(end)]):  # what was begun again has not ended
            told += [f"cd:endDate {written_date(end)}"]
        told += self._roles(tie)
        told += [f"prov:wasDerivedFrom <{each}>" for each in sorted(tie.references) if _is_address(each)]
        return _written(name, told)

    def _roles(self, tie: Tie) -> list[str]:
        """Roles that the project has a concept for, and the names of the others."""
        named = {role: f"role:{folded(role)}" for role in sorted(tie.roles)}
        ours = [role for role, name in named.items() if self._is_there(_full(name))]
        others = [role for role in named if role not in ours]
        told = [f"cd:role {' , '.join(named[role] for role in ours)}"] if ours else []
        return told + ([f"rdfs:comment {_text('Role: ' + ', '.join(others))}"] if others else [])

    def _is_there(self, iri: str) -> bool:
        return bool(self.store.query(f"ASK {{ GRAPH ?graph {{ <{iri}> ?property ?value }} }}"))

    def _one_sided(self, tie: Tie, found: Found) -> str:
        if tie.is_returned:
            return ""
        teller, silent = sorted(tie.parties, key=lambda key: key not in tie.told_by)
        ours = {key: self._name(found.items[key], "city") for key in tie.parties}
        label = f"{found.items[silent].name or silent}: its item does not name {found.items[teller].name or teller}"
        return _written(
            f"<#{_slug(tie)}>",
            ["a cd:Statement", f"rdfs:label {_text(label)}", f"cd:subject {ours[silent]}",
             "cd:predicate cd:twinnedWith", f"cd:object {ours[teller]}", f"cd:asOf {found.day.year}",
             "cd:polarity polarity:not-available", "cd:certainty certainty:plain"],
        )  # fmt: skip

    def _entities(self, found: Found) -> str:
        items: dict[str, Item] = {}
        for kind, ties in _by_kind(found):
            for tie in ties:
                named = zip(tie.parties, self._parties(tie, found, kind), strict=True)
                items |= {name: found.items[key] for key, name in named if key not in self.known}
        lines = self._graph("cd:EntityList", f"Cities and bodies that Wikidata names: {found.country}")[:-2]
        lines += [f"    dcterms:source <{self.source}> ;"]
        lines += ["    dcterms:license <https://creativecommons.org/publicdomain/zero/1.0/> ;", ".", ""]
        document = ["a cd:SourceDocument , cd:WebPage", 'rdfs:label "Wikidata"@en', 'dcterms:title "Wikidata"@en',
                    "cd:url <https://www.wikidata.org/>"]  # fmt: skip
        entities = [self._entity(name, item) for name, item in sorted(items.items())]
        return "\n".join([*lines, _written("document:wikidata", document), *entities])

    def _entity(self, name: str, item: Item) -> str:
        told = [f"a {'cd:City' if name.startswith('city:') else 'cd:Organisation'}"]
        told += [f"rdfs:label {_text(f'{item.name or item.key} ({item.key})')}"]
        country = self.countries.get(item.country)
        told += [f"cd:country country:{country.rpartition('/')[2]}"] if country else []
        told += [f"schema:latitude {item.latitude}", f"schema:longitude {item.longitude}"] if item.latitude else []
        return _written(name, told)

    def _of_tie(self, tie: Tie, found: Found, kind: str, here: str) -> Iterator[str]:
        """Where Wikidata differs from itself, and from the documents."""
        name, parties = self._relation(tie, found, kind)
        slug = _slug(tie) if kind == "twinning" else f"{_slug(tie)}-member"
        over = tie.is_over(found.day.isoformat())
        if not tie.is_returned:
            silence = f"{here}#{_slug(tie)}"
            told = "One item of Wikidata names the other as its twin, and is not named in return."
            yield _disagreement(slug, "one-sided", "existence", told, f"{name} , <{silence}>", [here, silence])
        if others := self._elsewhere(name, "existing" if over else "ended"):
            told = f"Wikidata and the passages differ on whether the {kind} has ended."
            yield _disagreement(slug, "status", "time", told, name, [here, *others])
        if others := self._other_starts(name, first(tie.starts)[:4]) if tie.starts else []:
            told = f"Wikidata and the passages give the {kind} different beginnings."
            yield _disagreement(slug, "start", "time", told, name, [here, *others])
        if denials := [] if over else self._denials(*map(_full, parties), kind=kind):
            told = f"Wikidata has the {kind}; a passage says that there is none."
            concerned = " , ".join([name, *(f"<{each}>" for each in denials)])
            passages = sorted({each.partition("#")[0] for each in denials})
            yield _disagreement(slug, "denied", "existence", told, concerned, [here, *passages])

    def _denials(self, one: str, other: str, *, kind: str) -> list[str]:
        """Statements of documents that one party has no such twin, or is no such member: none, or none of a class."""
        sides = f"(<{one}> <{other}>)" + (f" (<{other}> <{one}>)" if kind == "twinning" else "")
        asked = f"""SELECT DISTINCT ?statement {{ VALUES (?subject ?twin) {{ {sides} }}
          GRAPH ?graph {{ ?statement <{CD}subject> ?subject ; <{CD}predicate> <{CD}{_MEANT[kind]}> ;
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


def _by_kind(found: Found) -> tuple[tuple[str, tuple[Tie, ...]], ...]:
    return ("twinning", found.twinnings), ("membership", found.memberships)


def _disagreement(slug: str, about: str, kind: str, told: str, name: str, between: Iterable[str]) -> str:
    label = f"Wikidata on {name.partition(' ')[0].partition(':')[2]} ({about})"
    return _written(
        f"<#{slug}-{about}>",
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
