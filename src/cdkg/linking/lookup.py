"""Ours for theirs and theirs for ours: the matches of IRIs in a graph, in both directions, with their evidence."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pyoxigraph import NamedNode

from cdkg.errors import LimitError, VocabularyError
from cdkg.linking.spellings import spellings
from cdkg.sources.sssom import SUFFIX, Mapping
from cdkg.sources.sssom.slots import OF_MAPPING, Kind, Slot
from cdkg.vocabulary import GRAPH, PREFIXES

#: Answers a SELECT with rows, which have terms by the names of variables.
Asking = Callable[[str], Any]

#: So many IRIs are looked up at once.
MOST: Final = 5000
#: Bytes of the IRIs that one query names.
_BATCH: Final = 30_000
#: So many faults are told.
_TOLD: Final = 10
_INFERRED: Final = f"{GRAPH}inferred/"
_LINKS: Final = f"{GRAPH}links/"
_SKOS: Final = PREFIXES["skos"]
_PREDICATES: Final = tuple(f"{_SKOS}{name}Match" for name in ("exact", "close", "narrow", "broad", "related"))
_NAMES: Final = tuple(f"<{name}>" for name in _PREDICATES)
_SLOTS: Final = {slot.property: slot for slot in OF_MAPPING.values()}
_STATES: Final = ("accepted", "stated", "denied", "candidate")

#: The records of mappings with an IRI at one end. The parts stand in each branch: so it goes from the IRIs by index.
_RECORDS: Final = " UNION ".join(
    f"{{ VALUES ?asked {{ @ }} GRAPH ?graph {{ ?record owl:{end} ?asked ; a sssom:Mapping ; ?property ?value }} }}"
    for end in ("annotatedSource", "annotatedTarget")
)
#: Matches; the path goes by index, which a list of predicates beside that of IRIs would not.
_MATCHES: Final = " UNION ".join(
    f"{{ VALUES ?asked {{ @ }} GRAPH ?graph {{ {one} ({'|'.join(_NAMES)}) {other} . {one} ?predicate {other} }}"
    f" FILTER (?predicate IN ({', '.join(_NAMES)}) && !STRSTARTS(STR(?graph), '{_INFERRED}')) }}"
    for one, other in (("?asked", "?object"), ("?subject", "?asked"))
)
_KNOWN: Final = "VALUES ?asked { @ } FILTER EXISTS { { ?asked ?p ?o } UNION { ?s ?p ?asked } }"


@dataclass(frozen=True, slots=True)
class Match:
    """A mapping with what was asked at one end.

    Attributes:
        mapping: What it says, and on what ground.
        graph: The graph that has it.
        record: The name of its record; None where a match is stated without one.
        line: Where it stands in its file, if that is known.
    """

    mapping: Mapping
    graph: str
    record: str | None = None
    line: int | None = None

    @property
    def state(self) -> str:
        """`accepted`; `denied`: said not to hold; `candidate`: not reviewed, or unsure; `stated`: without a record."""
        if self.record is None:
            return "stated"
        if not replace(self.mapping, predicate_modifier=None).is_accepted:
            return "candidate"
        return "denied" if self.mapping.is_negative else "accepted"

    @property
    def file(self) -> str | None:
        """The file of mappings that it stands in, below the project; None where it is of no such file."""
        return f"links/{self.graph.removeprefix(_LINKS)}{SUFFIX}" if self.graph.startswith(_LINKS) else None

    def other(self, iri: str) -> tuple[str, str | None]:
        """What stands at the other end, and its label."""
        found = self.mapping
        ends = (found.subject_id, found.subject_label), (found.object_id, found.object_label)
        name, label = ends[found.subject_id == iri]
        return name or "", label

    def as_json(self, iri: str) -> dict[str, Any]:
        """What it says of an IRI at one of its ends; what is not known is null."""
        found = self.mapping
        match, label = self.other(iri)
        return {
            "match": match, "label": label, "state": self.state, "negative": found.is_negative,
            "subject": found.subject_id, "subjectLabel": found.subject_label, "predicate": found.predicate_id,
            "object": found.object_id, "objectLabel": found.object_label, "confidence": found.confidence,
            "justification": found.mapping_justification or None, "reviewed": found.is_reviewed,
            "reviewers": [*found.reviewer_id, *found.reviewer_label],
            "authors": [*found.author_id, *found.author_label], "date": found.mapping_date, "comment": found.comment,
            "record": self.record, "graph": self.graph, "file": self.file, "line": self.line,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for an IRI.

    Attributes:
        asked: As it was asked.
        iri: What it was taken for.
        tried: All that it could have been taken for.
        known: Whether the graph says anything of it.
        matches: Its matches, those that hold first.
        candidates: How many of its mappings are candidates, shown or not.
    """

    asked: str
    iri: str
    tried: tuple[str, ...]
    known: bool
    matches: tuple[Match, ...] = ()
    candidates: int = 0

    @property
    def holding(self) -> tuple[Match, ...]:
        """The matches that hold: those that are accepted, and those that are stated without a record."""
        return tuple(match for match in self.matches if match.state in {"accepted", "stated"})

    def as_json(self) -> dict[str, Any]:
        """As JSON has it."""
        matches = [match.as_json(self.iri) for match in self.matches]
        return {
            "asked": self.asked, "iri": self.iri, "known": self.known, "candidates": self.candidates, "matches": matches
        }  # fmt: skip


def look_up(asked: Sequence[str], ask: Asking, *, candidates: bool = False, most_bytes: int = _BATCH) -> list[Found]:
    """Find the matches of IRIs.

    Args:
        asked: IRIs, as people write them (see `spellings`).
        ask: Asks the graph.
        candidates: Whether mappings that are not accepted are wanted, too. Denials that were reviewed always are.
        most_bytes: How long the list of IRIs in a query may become.

    Raises:
        LimitError: There are too many.
        VocabularyError: There are none, or some are no IRIs; all of these are told.
    """
    forms = _read(asked)
    every = dict.fromkeys(form for each in forms for form in each)
    matches: dict[str, list[Match]] = defaultdict(list)
    for batch in _batches(every, most_bytes):
        for iri, match in _of_batch(batch, ask):
            matches[iri].append(match)
    rest = dict.fromkeys(form for each in forms if matches.keys().isdisjoint(each) for form in each)
    known = {
        row["asked"].value
        for batch in _batches(rest, most_bytes)
        for row in ask(_select("?asked", _KNOWN, batch))
    }  # fmt: skip
    found = []
    for text, each in zip(asked, forms, strict=True):
        iri = next((form for names in (matches, known) for form in each if form in names), each[0])
        its = sorted(matches.get(iri, ()), key=lambda match: _rank(match, iri))
        shown = tuple(match for match in its if candidates or match.state != "candidate")
        number = sum(match.state == "candidate" for match in its)
        found.append(Found(text.strip(), iri, each, bool(its) or iri in known, shown, number))
    return found


def as_csv(found: Iterable[Found]) -> str:
    """A table with a row for each match (RFC 4180), and one for each IRI without any."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    names = ("match", "label", "predicate", "state", "negative", "confidence", "justification", "reviewers", "comment",
             "file", "line")  # fmt: skip
    writer.writerow(("asked", "iri", *names))
    for each in found:
        for told in [match.as_json(each.iri) for match in each.matches] or [{}]:
            writer.writerow((each.asked, each.iri, *(_cell(told.get(name)) for name in names)))
    return target.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " | ".join(value)
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _read(asked: Sequence[str]) -> list[tuple[str, ...]]:
    """What each could stand for.

    Raises:
        LimitError: There are too many.
        VocabularyError: There are none, or some are no IRIs.
    """
    if not asked:
        raise VocabularyError("no IRI is given", hint="name at least one, as in iri=http://www.wikidata.org/entity/Q42")
    if len(asked) > MOST:
        raise LimitError(f"{len(asked)} IRIs are too many", why=f"at most {MOST} are looked up at once")
    forms, faults = [], []
    for number, text in enumerate(asked, 1):
        try:
            forms.append(spellings(text))
        except VocabularyError as fault:
            if len(asked) == 1:
                raise
            faults.append(f"number {number}, {fault.what}: {fault.why}")
    if faults:
        more = [f"and {len(faults) - _TOLD} more"] if len(faults) > _TOLD else []
        raise VocabularyError(
            f"{len(faults)} of {len(asked)} are no IRIs",
            why="; ".join(faults[:_TOLD] + more),
            hint="write them whole, or with a prefix, as in wd:Q42",
        )
    return forms


def _batches(iris: Iterable[str], most: int) -> Iterator[str]:
    """The IRIs as terms, as many at a time as a query may name."""
    some: list[str] = []
    size = 0
    for iri in iris:
        term = str(NamedNode(iri))
        size += len(term.encode()) + 1
        if some and size > most:
            yield " ".join(some)
            some, size = [], len(term.encode()) + 1
        some.append(term)
    if some:
        yield " ".join(some)


def _select(variables: str, pattern: str, batch: str) -> str:
    prefixes = "".join(f"PREFIX {name}: <{PREFIXES[name]}> " for name in ("owl", "sssom"))
    return f"{prefixes}SELECT {variables} {{ {pattern.replace('@', batch)} }}"


def _of_batch(batch: str, ask: Asking) -> Iterator[tuple[str, Match]]:
    """The mappings of some IRIs: those with a record, then those that are stated without."""
    records: dict[tuple[str, str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in ask(_select("?asked ?graph ?record ?property ?value", _RECORDS, batch)):
        if isinstance(row["record"], NamedNode):
            key = row["asked"].value, row["graph"].value, row["record"].value
            records[key][row["property"].value].add(row["value"].value)
    told = set()
    for (iri, graph, record), values in records.items():
        mapping = _mapping(values)
        told.add((graph, mapping.subject_id, mapping.predicate_id, mapping.object_id))
        yield iri, Match(mapping, graph, record)
    for row in ask(_select("?asked ?graph ?subject ?predicate ?object", _MATCHES, batch)):
        ends = (row["subject"] or row["asked"], row["object"] or row["asked"])
        graph, predicate = row["graph"].value, row["predicate"].value
        if all(isinstance(end, NamedNode) for end in ends):
            subject, obj = (end.value for end in ends)
            if (graph, subject, predicate, obj) not in told:
                plain = Mapping(subject_id=subject, predicate_id=predicate, object_id=obj, mapping_justification="")
                yield row["asked"].value, Match(plain, graph)


def _mapping(values: dict[str, set[str]]) -> Mapping:
    """A mapping from the properties of its record; what is no value of a slot is passed over."""
    found: dict[str, Any] = {"predicate_id": "", "mapping_justification": ""}
    for name, texts in values.items():
        slot = _SLOTS.get(name)
        read = sorted(value for text in texts if slot and (value := _value(slot, text)) is not None)
        if slot and read:
            found[slot.name] = tuple(read) if slot.is_many else read[0]
    return Mapping(**found)


def _value(slot: Slot, text: str) -> Any:
    """What a slot has, from RDF."""
    if slot.kind is Kind.NUMBER:
        try:
            return float(text)
        except ValueError:  # of a store of anybody
            return None
    return next((name for name, meaning in slot.choices.items() if meaning == text), text)


def _rank(match: Match, iri: str) -> tuple[object, ...]:
    """What holds comes first, then what is closest."""
    predicate = match.mapping.predicate_id
    place = _PREDICATES.index(predicate) if predicate in _PREDICATES else len(_PREDICATES)
    return _STATES.index(match.state), place, -(match.mapping.confidence or 0), match.other(iri)[0], match.graph
