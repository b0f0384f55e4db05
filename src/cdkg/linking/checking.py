"""Checks of links against what the targets say today: who is gone, moved, changed country, or is meant twice."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol

import numpy as np

from cdkg.linking.countries import counted_together
from cdkg.linking.gazetteer import GEONAMES, Gazetteer, distances
from cdkg.linking.matching import Matcher
from cdkg.linking.places import Kind, Place, Sought
from cdkg.sources.sssom import Mapping, MappingSet, write

#: From this confidence on a new target is put in place of one that is gone.
_SURE: Final = 0.9
#: How sure we are of a link that was found fault with, until somebody looks at it again.
_DOUBTED: Final = 0.5


class Fault(StrEnum):
    """What can be wrong with a link."""

    GONE = "gone"
    REDIRECTED = "redirected"
    MOVED = "moved"
    COUNTRY = "country"
    SHARED = "shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with a link.

    Attributes:
        fault: What kind of fault it is.
        mapping: The link.
        told: What is wrong, for people.
        target: Who should be meant instead, where that is known.
    """

    fault: Fault
    mapping: Mapping
    told: str
    target: Place | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a target says of an identifier.

    Attributes:
        place: What it is today; None: there is no such thing.
        moved_to: Another identifier that it is redirected to.
    """

    place: Place | None
    moved_to: str = ""


class Register(Protocol):
    """Somebody who knows what identifiers of a target stand for."""

    def known(self, iris: Sequence[str], ours: ReadOnly[str, Sought]) -> dict[str, Known]:
        """What is known of identifiers; of those that are not in the answer nothing can be said.

        Args:
            iris: The identifiers.
            ours: For each, what we say of it.
        """

    def instead(self, thing: Sought) -> Place | None:
        """Who is surely meant by a thing whose target is gone, if anybody."""


@dataclass(frozen=True, slots=True)
class GazetteerRegister:
    """A gazetteer as register: what is not in it is gone only where it would have to be in it.

    Attributes:
        gazetteer: The places.
    """

    gazetteer: Gazetteer

    def known(self, iris: Sequence[str], ours: ReadOnly[str, Sought]) -> dict[str, Known]:
        """What is known of identifiers: of places that are no cities or countries only what is there."""
        found: dict[str, Known] = {}
        for iri in iris:
            number = self.gazetteer.numbers.get(iri if iri.endswith("/") else iri + "/")
            kind = ours[iri].kind if iri in ours else None
            if number is not None:
                found[iri] = Known(self.gazetteer.place(number))
            elif iri.startswith(GEONAMES) and kind in {Kind.CITY, Kind.COUNTRY}:
                found[iri] = Known(None)
        return found

    def instead(self, thing: Sought) -> Place | None:
        """The likeliest place, where it is sure."""
        best = Matcher(self.gazetteer).match([thing], 1)[0]
        return best[0].place if best and best[0].confidence >= _SURE else None


@dataclass(frozen=True, slots=True)
class NoRegister:
    """Nobody: then links are only held against each other."""

    def known(self, iris: Sequence[str], ours: ReadOnly[str, Sought]) -> dict[str, Known]:
        """Nothing."""
        del iris, ours
        return {}

    def instead(self, thing: Sought) -> Place | None:
        """Nobody."""
        del thing
        return None


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a set of mappings.

    Attributes:
        findings: What is wrong, by subject.
        looked_at: How many links were held against their target.
        unknown: Links of which the register can say nothing.
    """

    findings: tuple[Finding, ...]
    looked_at: int
    unknown: tuple[Mapping, ...]

    @classmethod
    def of(cls, parts: Iterable[Checked]) -> Checked:
        """Several parts of a set as one."""
        several = list(parts)
        findings = [finding for part in several for finding in part.findings]
        findings.sort(key=lambda f: (f.mapping.subject_id or "", f.mapping.object_id or "", f.fault))
        unknown = tuple(mapping for part in several for mapping in part.unknown)
        return cls(tuple(findings), sum(part.looked_at for part in several), unknown)


def check(mapping_set: MappingSet, ours: Iterable[Sought], register: Register, kilometres: float = 20.0) -> Checked:
    """Hold the accepted links of a set against what their targets are today.

    Args:
        mapping_set: The links.
        ours: The things that they begin at.
        register: Who knows the targets.
        kilometres: How far the places may be from ours.
    """
    things = {thing.key: thing for thing in ours}
    links = [m for m in mapping_set.mappings if m.is_accepted and m.object_id and m.subject_id]
    by_object = {m.object_id or "": things[m.subject_id or ""] for m in links if m.subject_id in things}
    known = register.known([m.object_id or "" for m in links], by_object)
    findings = list(_shared(links))
    for mapping in links:
        thing = things.get(mapping.subject_id or "")
        about = known.get(mapping.object_id or "")
        if about is not None:
            findings += _of_link(mapping, thing, about, register, kilometres)
    unknown = tuple(m for m in links if m.object_id not in known)
    return Checked.of([Checked(tuple(findings), len(links) - len(unknown), unknown)])


def _of_link(
    mapping: Mapping, thing: Sought | None, about: Known, register: Register, kilometres: float
) -> Iterator[Finding]:  # fmt: skip
    place = about.place
    if place is None:
        target = register.instead(thing) if thing is not None else None
        told = f"{mapping.object_id} is not there any more" + (f"; {target.name} is {target.iri}" if target else "")
        yield Finding(fault=Fault.GONE, mapping=mapping, told=told, target=target)
        return
    if about.moved_to:
        told = f"{mapping.object_id} leads to {about.moved_to}"
        yield Finding(fault=Fault.REDIRECTED, mapping=mapping, told=told, target=replace(place, iri=about.moved_to))
    if thing is None:
        return
    apart = away(thing, place)
    if apart is not None and apart > kilometres:
        yield Finding(fault=Fault.MOVED, mapping=mapping, told=f"{place.name} is {apart:,.0f} km from our coordinates")
    differs = thing.country and place.country and thing.country != place.country
    if differs and not counted_together(thing.country, place.country):
        told = f"{place.name} lies in {place.country}, ours in {thing.country}"
        yield Finding(fault=Fault.COUNTRY, mapping=mapping, told=told)


def _shared(links: Iterable[Mapping]) -> Iterator[Finding]:
    """Links of several of ours to one of theirs, where each says that it is the same."""
    subjects: dict[tuple[str, str], list[Mapping]] = defaultdict(list)
    for mapping in links:
        if mapping.predicate_id.endswith("#exactMatch"):
            subjects[mapping.predicate_id, mapping.object_id or ""].append(mapping)
    for (_, theirs), several in subjects.items():
        names = sorted({m.subject_id or "" for m in several})
        for mapping in several if len(names) > 1 else ():
            others = ", ".join(name for name in names if name != mapping.subject_id)
            yield Finding(fault=Fault.SHARED, mapping=mapping, told=f"{theirs} is meant by {others}, too")


def away(thing: Sought, place: Place) -> float | None:
    """Kilometres between a thing and a place; None where coordinates of one of them are not known."""
    if thing.latitude is None or thing.longitude is None or place.latitude is None or place.longitude is None:
        return None
    there = np.array([place.latitude]), np.array([place.longitude])
    return float(distances(thing.latitude, thing.longitude, *there)[0])


def patch(mapping_set: MappingSet, findings: Iterable[Finding], text: str, path: str) -> str:
    """A unified diff of the file that mends what can be mended and opens the rest for review again.

    A redirected link gets its new target, and so does one whose target is gone where another is sure; both lose their
    reviewer, for nobody has seen the new target. All others lose reviewer and confidence: they become candidates. Where
    several share a target and but one of them has no other fault, that one stays as it is.

    Args:
        mapping_set: What is in the file.
        findings: What is wrong.
        text: The file as it is.
        path: Its name in the diff.
    """
    mended: dict[tuple[str | None, ...], Mapping] = {}
    several = list(findings)
    well = _without_fault(several)
    for finding in (finding for finding in several if finding.mapping.key not in well):
        before = mended.get(finding.mapping.key, finding.mapping)
        mended[finding.mapping.key] = _mended(before, finding)
    mappings: dict[tuple[str | None, ...], Mapping] = {}
    for mapping in mapping_set.mappings:
        after = mended.get(mapping.key, mapping)
        mappings.setdefault(after.key, after)
    after_text = write(replace(mapping_set, mappings=tuple(mappings.values())))
    lines = difflib.unified_diff(
        text.splitlines(keepends=True), after_text.splitlines(keepends=True), f"a/{path}", f"b/{path}", n=1
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _without_fault(findings: Iterable[Finding]) -> set[tuple[str | None, ...]]:
    """The keys of links that share a target only with such as have another fault, too."""
    several = list(findings)
    at_fault = {finding.mapping.key for finding in several if finding.fault is not Fault.SHARED}
    sharing: dict[str | None, set[tuple[str | None, ...]]] = defaultdict(set)
    for finding in several:
        if finding.mapping.key not in at_fault:
            sharing[finding.mapping.object_id].add(finding.mapping.key)
    return {key for keys in sharing.values() if len(keys) == 1 for key in keys}


def _mended(mapping: Mapping, finding: Finding) -> Mapping:
    comment = "; ".join(part for part in (mapping.comment, f"check: {finding.told}") if part)
    target = finding.target
    moved = {"object_id": target.iri} if target else {}
    if target and mapping.object_label:
        moved["object_label"] = target.name or mapping.object_label
    return replace(
        mapping, reviewer_id=(), reviewer_label=(), review_date=None, reviewer_agreement=None,
        confidence=_DOUBTED, comment=comment, **moved,  # type: ignore[arg-type]
    )  # fmt: skip
