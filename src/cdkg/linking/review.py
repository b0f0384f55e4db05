"""Reviews of mappings: what is open, and what becomes of a mapping that somebody accepts or rejects."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from cdkg.errors import Location, OutputError, SettingsError
from cdkg.sources.sssom import Mapping, MappingSet, read, write
from cdkg.store.aside import write_aside

ORCID: Final = "https://orcid.org/"
#: How sure a reviewer who accepts or rejects is, who says nothing else.
REVIEWED: Final = 0.95


def reviewer(text: str) -> str:
    """The IRI of a reviewer, from `orcid:…` or an IRI.

    Raises:
        SettingsError: It is none, or the check digit of the ORCID iD is wrong (ISO 7064, MOD 11-2).
    """
    found = re.fullmatch(r"(?:orcid:|https?://orcid\.org/)(.*)", text)
    if found is None:
        if re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", text):
            return text
        raise SettingsError(f"{text!r} names no reviewer", hint="write orcid:0000-0002-1825-0097, or an IRI")
    number = found[1]
    if not re.fullmatch(r"(\d{4}-){3}\d{3}[\dX]", number) or _check_digit(number) != number[-1]:
        why = "it has four groups of four, and its last character follows from the others"
        raise SettingsError(f"{number!r} is no ORCID iD", why=why, hint="look it up at orcid.org")
    return ORCID + number


def _check_digit(number: str) -> str:
    total = 0
    for digit in number.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    left = (12 - total % 11) % 11
    return "X" if left == 10 else str(left)


@dataclass(slots=True)
class Review:
    """A file of mappings that somebody walks through; each answer is in the file before the next is asked.

    Several may walk through one file at a time: an answer goes into the file as it is by then, so that those of others
    stay, and what somebody else has answered first is not answered again.

    Attributes:
        path: The file.
        mapping_set: What it holds now.
        by: IRI of the reviewer.
        day: When.
        confidence: How sure the reviewer is.
        skipped: Keys of mappings that were left open in this walk.
    """

    path: Path
    mapping_set: MappingSet
    by: str
    day: date
    confidence: float = REVIEWED
    skipped: set[tuple[str | None, ...]] = field(default_factory=set)

    @classmethod
    def of(cls, path: Path, by: str, day: date, confidence: float = REVIEWED) -> Review:
        """Begin, or go on where the last walk ended.

        Raises:
            SourceError: The file cannot be read, or is no valid SSSOM/TSV.
            SettingsError: The reviewer is none.
        """
        iri = reviewer(by)
        return cls(path, _read_for(iri, path), iri, day, confidence)

    def open(self) -> Iterator[tuple[Mapping, tuple[Mapping, ...]]]:
        """What nobody has reviewed, each with the other candidates of its subject: the likeliest of a subject first.

        What was answered meanwhile is passed over, as are the rivals of a match that was accepted: one is enough.
        """
        while (found := self._next()) is not None:
            yield found, self.others(found)

    def _next(self) -> Mapping | None:
        left = [m for m in self.unanswered() if m.key not in self.skipped]
        return min(left, key=lambda m: (_subject(m), -(m.confidence or 0), m.object_id or ""), default=None)

    def unanswered(self) -> list[Mapping]:
        """What waits for an answer: matches without a reviewer, and without a rival that was accepted."""
        mappings = self.mapping_set.mappings
        matched = {(_subject(m), m.predicate_id) for m in mappings if m.is_confirmed}
        unsigned = (m for m in mappings if not (m.reviewer_id or m.reviewer_label or m.is_negative))
        return [m for m in unsigned if (_subject(m), m.predicate_id) not in matched]

    def others(self, mapping: Mapping) -> tuple[Mapping, ...]:
        """The other mappings of its subject."""
        return tuple(m for m in self.mapping_set.mappings if _subject(m) == _subject(mapping) and m != mapping)

    def taken_by(self, mapping: Mapping) -> tuple[Mapping, ...]:
        """Accepted matches of other subjects with the same object."""
        return tuple(
            m for m in self.mapping_set.mappings
            if m.object_id == mapping.object_id and _subject(m) != _subject(mapping) and m.is_confirmed
            and m.predicate_id == mapping.predicate_id
        )  # fmt: skip

    def accept(self, mapping: Mapping) -> bool:
        """Say that the match holds.

        Returns:
            Whether it was still open; else the file stays as it is.

        Raises:
            OutputError: The file cannot be written; what was answered before is in it.
            SourceError: Somebody has made something else of it.
        """
        return self._answer(mapping, replace(mapping, **self._signed(mapping)))  # type: ignore[arg-type]

    def reject(self, mapping: Mapping) -> bool:
        """Say that it does not: the mapping becomes a negative one, so that nobody finds it again.

        Returns:
            Whether it was still open; else the file stays as it is.

        Raises:
            OutputError: The file cannot be written; what was answered before is in it.
            SourceError: Somebody has made something else of it.
        """
        return self._answer(mapping, replace(mapping, predicate_modifier="Not", **self._signed(mapping)))  # type: ignore[arg-type]

    def skip(self, mapping: Mapping) -> None:
        """Leave it open."""
        self.skipped.add(mapping.key)

    def _signed(self, mapping: Mapping) -> dict[str, object]:
        """The slots that tell of a review; how sure the finder was goes into the comment."""
        said = f"found with confidence {mapping.confidence:g}" if mapping.confidence is not None else ""
        comment = " | ".join(part for part in (mapping.comment, said) if part)
        return {
            "reviewer_id": (self.by,), "review_date": self.day.isoformat(), "reviewer_agreement": 1.0,
            "confidence": self.confidence, "comment": comment or None,
        }  # fmt: skip

    def _answer(self, before: Mapping, after: Mapping) -> bool:
        with _alone(self.path):
            now = _read_for(self.by, self.path)
            if before not in now.mappings:
                self.mapping_set = now
                return False
            # a denial that is there already, which nobody has signed, needs no second record
            old = [m for m in now.mappings if m == before or m.key != after.key]
            changed = replace(now, mappings=tuple(after if m == before else m for m in old))
            data = write(changed).encode()
            write_aside(self.path, lambda out: out.write(data))
            self.mapping_set = changed
        return True


def _read_for(iri: str, path: Path) -> MappingSet:
    """What a file holds, with a prefix for its reviewer."""
    mapping_set = read(path)
    if iri.startswith(ORCID):
        return replace(mapping_set, curie_map={**mapping_set.curie_map, "orcid": ORCID})
    if any(iri.startswith(start) for start in mapping_set.curie_map.values()):
        return mapping_set
    start = iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]
    return replace(mapping_set, curie_map={**mapping_set.curie_map, "reviewer": start})


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until nobody else writes answers in the folder of a file, and let nobody in meanwhile.

    The folder is locked, since the file is another one after each answer, and a file for the lock would stay behind.

    Raises:
        OutputError: The folder cannot be opened.
    """
    try:
        folder = os.open(path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError("the file cannot be written", where=Location(str(path)), why=why) from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _subject(mapping: Mapping) -> str:
    return mapping.subject_id or f"text {mapping.subject_label}"
