"""Faults that are planted on purpose: known kinds, a known number of each, and the shapes that must find them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bench.validation.blocks import Block, date, text

Planted = Counter[str]

#: Changes a block, and gives blocks to put after it; told how many of the kind there are already.
Change = Callable[[Block, int], list[Block] | None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    Attributes:
        name: What it is called in reports.
        kind: The kind of block that it is planted in.
        change: What is done to the block.
        shape: Local name of the shape of `shapes.ttl` that must find it.
        component: Local name of the constraint component, without `ConstraintComponent`.
        rows: How many results it must have there.
        ours: Local name of the project's own shape, or the check, that must find it.
    """

    name: str
    kind: str
    change: Change
    shape: str
    component: str
    rows: int = 1
    ours: str = ""


class Planter:
    """Spreads faults evenly over the blocks of each kind, none in a block that has one already."""

    def __init__(self, counts: dict[str, int], each: int) -> None:
        self.planted: Planted = Counter()
        self._seen: Counter[str] = Counter()
        self._faults = {kind: [fault for fault in FAULTS if fault.kind == kind] for kind in counts}
        self._left = {kind: min(each * len(faults), counts[kind]) for kind, faults in self._faults.items()}
        self._stride = {kind: counts[kind] // left for kind, left in self._left.items() if left}

    def changed(self, block: Block) -> Iterator[Block]:
        """Yield the block, faulty when it is its turn, and what comes with the fault."""
        if not self._left.get(block.kind):
            yield block
            return
        index, past = divmod(self._seen[block.kind], self._stride[block.kind])
        self._seen[block.kind] += 1
        if past or index >= self._left[block.kind]:
            yield block
            return
        faults = self._faults[block.kind]
        fault = faults[index % len(faults)]
        more = fault.change(block, self.planted[fault.name])
        self.planted[fault.name] += 1
        yield block
        yield from more or ()


def _drop(predicate: str) -> Change:
    def change(block: Block, _turn: int) -> None:
        del block.said[predicate]

    return change


def _put(**said: str | list[str]) -> Change:
    """Set values; names as those of `block`."""

    def change(block: Block, _turn: int) -> None:
        for name, values in said.items():
            predicate = name.replace("__", ":") if "__" in name else f"cd:{name}"
            block.said[predicate] = values if isinstance(values, list) else [values]

    return change


def _add(predicate: str, value: str) -> Change:
    """Add a value, with `{}` for a number that makes it unlike the others."""

    def change(block: Block, turn: int) -> None:
        block.said.setdefault(predicate, []).append(value.format(turn))

    return change


def _itself(predicate: str) -> Change:
    def change(block: Block, _turn: int) -> None:
        block.said[predicate] = [block.subject]

    return change


def _of_itself(block: Block, _turn: int) -> None:
    block.said["cd:member"] = block.said["cd:organisation"]


def _twice(block: Block, _turn: int) -> list[Block]:
    """The same twinning again under another name."""
    return [Block("again", f"{block.subject}--again", dict(block.said))]


def _with_firm(block: Block, turn: int) -> None:
    block.said["cd:party"] = ["body:firm-1", f"city:guest-{turn}"]


def _with_comma(block: Block, turn: int) -> None:
    block.said["rdfs:label"] = [text(f"Person, {turn}")]


def _dates(start: str, end: str, status: str = "status:ended") -> Change:
    return _put(startDate=date(start), endDate=date(end), status=status)


_SPARQL: Final = "SPARQL"

FAULTS: Final = (
    Fault("no country", "city", _drop("cd:country"), "City-country", "MinCount", ours="City-country"),
    Fault("latitude beyond the pole", "city", _put(schema__latitude="95.5"), "City-latitude", "MaxInclusive",
          ours="latitude"),
    Fault("number of GeoNames with a zero", "city", _put(geonamesId='"0123"'), "City-geonamesId", "Pattern",
          ours="geonamesId"),
    Fault("two English names", "city", _add("rdfs:label", text("Another Town {}")), "City-label", "UniqueLang",
          ours="label-once"),
    Fault("a town as country", "city", _put(country="city:town-0"), "City-country", "Class", ours="country"),
    Fault("a name without language", "city", _put(skos__altLabel='"Stadt"'), "City-altLabel", "LanguageIn",
          ours="altLabel"),
    Fault("a place without a name", "city", _put(locatedIn="[]"), "City-locatedIn", "NodeKind",
          ours="blank-node-in-data"),
    Fault("located in itself", "city", _itself("cd:locatedIn"), "NotInItself", "Disjoint", ours="locatedIn-itself"),
    Fault("more than two parties", "twinning", _add("cd:party", "city:guest-{}"), "Twinning-party", "MaxCount",
          ours="TwinningAgreement-party"),
    Fault("no status", "twinning", _drop("cd:status"), "Twinning-status", "MinCount", ours="Relation-status"),
    Fault("status as text", "twinning", _put(status='"existing"'), "Twinning-status", "In", ours="status"),
    Fault("ends before it starts", "twinning", _dates("1990-05-01", "1980-05-01"), "TwinningOrder", _SPARQL,
          ours="ends-before-it-starts"),
    Fault("a day against a year", "twinning", _dates("1990", "1980-05-01"), "TwinningOrder", _SPARQL, 0,
          ours="ends-before-it-starts"),
    Fault("the same twinning twice", "twinning", _twice, "TwinningTwice", _SPARQL, 2),
    Fault("a firm as party", "twinning", _with_firm, "Twinning-party", "Class",
          ours="CityToCityTie-party"),
    Fault("an unknown matter", "twinning", _put(theme="concept:towns-mater"), "Twinning-theme", "Class",
          ours="undefined-thing"),
    Fault("a misspelt property", "twinning", _add("cd:startdate", date("1990")), "Twinning", "Closed",
          ours="unknown-term"),
    Fault("existing and ended", "twinning", _dates("1990-05-01", "1999-05-01", "status:existing"), "Twinning-endDate",
          _SPARQL),
    Fault("no member", "membership", _drop("cd:member"), "Membership-member", "MinCount", ours="Membership-member"),
    Fault("a member of itself", "membership", _of_itself, "Membership-member", "Disjoint", ours="Membership-itself"),
    Fault("a member of a person", "membership", _put(organisation="person:person-0"), "Membership-organisation",
          "Class", ours="organisation"),
    Fault("no role", "partnership", _drop("cd:role"), "Partnership-role", "MinCount", ours="Partnership-role"),
    Fault("two polarities", "statement", _add("cd:polarity", "polarity:no"), "Statement-polarity", "MaxCount",
          ours="Statement-polarity"),
    Fault("an unknown certainty", "statement", _put(certainty="certainty:sure"), "Statement-certainty", "In",
          ours="Statement-certainty"),
    Fault("a year long past", "figure", _put(asOf="999"), "Observation-asOf", "MinInclusive", ours="asOf"),
    Fault("a name with a comma", "person", _with_comma, "Person-label", "Pattern",
          ours="Person-label"),
    Fault("no day of the calendar", "event", _put(date='"2024-02-30"^^xsd:date'), "Event-date", "Or", ours="date"),
    Fault("part of itself", "initiative", _itself("cd:partOf"), "NotPartOfItself", "Disjoint", ours="partOf-itself"),
)  # fmt: skip


def expected(planted: Planted) -> Counter[tuple[str, str]]:
    """How many results there must be, by shape and constraint component."""
    found: Counter[tuple[str, str]] = Counter()
    for fault in FAULTS:
        found[fault.shape, fault.component] += planted[fault.name] * fault.rows
    return found
