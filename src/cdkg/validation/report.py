"""What validation found: results by severity, each with the places in the files."""

from __future__ import annotations

import enum
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

from cdkg.errors import CdkgError, Location

#: The label of a blank node in a text (RDF 1.1 N-Triples, grammar), or what looks like one that a reader invented.
LABEL: Final = re.compile(r"(?<![\w\"<])(?:_:\w(?:[\w.-]*[\w-])?|N?[0-9a-f]{24,32}(?!\w))")


class Severity(enum.Enum):
    """The severities of SHACL, section 2.1.4: must, should, may."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return _RANKS[self]


_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}


class Kind(enum.Enum):
    """What has found a fault."""

    SYNTAX = "syntax"  # a file cannot be read as what it should be
    SHAPE = "shape"  # data against a SHACL shape
    CHECK = "check"  # a check query
    CONTRADICTION = "contradiction"  # a `false` rule of OWL 2 RL
    VOCABULARY = "vocabulary"  # a term of our namespace that nobody defines, a prefix bound to another namespace
    LINK = "link"  # a link to the outside that cannot be right
    SHAPES = "shapes"  # the shapes themselves


@dataclass(frozen=True, slots=True)
class Result:
    """One finding.

    Attributes:
        severity: How grave it is.
        message: What is wrong, in plain words.
        source: IRI of what found it: shape, check, rule of OWL 2 RL, or `urn:cdkg:rule:syntax` and the like.
        focus: The node it is about, as a term in N-Triples form; empty for a whole file.
        path: The property concerned in N-Triples form, a property path as SPARQL writes it, or empty.
        value: The value concerned, in N-Triples form, or empty.
        places: Where the statements concerned stand, the most telling first.
        kind: What has found it.
        component: IRI of the SHACL constraint component, or empty.
        expected: What was expected instead, in words, or empty.
        hint: What to do about it, or empty.
        stated: Where the shape, check or rule itself stands.
    """

    severity: Severity
    message: str
    source: str
    focus: str = ""
    path: str = ""
    value: str = ""
    places: tuple[Location, ...] = ()
    kind: Kind = Kind.SHAPE
    component: str = ""
    expected: str = ""
    hint: str = ""
    stated: Location | None = None

    @classmethod
    def of(cls, error: CdkgError, kind: Kind, rule: str) -> Result:
        """What could not be read or done, as a finding of the rule `urn:cdkg:rule:{rule}`."""
        places = (error.where,) if error.where else ()
        message = f"{error.what}: {error.why}" if error.why else error.what
        return cls(Severity.VIOLATION, message, f"urn:cdkg:rule:{rule}", places=places, kind=kind, hint=error.hint)

    @property
    def key(self) -> str:
        """A fingerprint of what is wrong with what, not of where it stands.

        It stays the same when lines move and blank nodes get other names. A fault without a named node (of syntax, or
        about a blank node) is told by its file and message.
        """
        terms = [without_label(term) for term in (self.source, self.component, self.focus, self.path, self.value)]
        named = self.focus and not self.focus.startswith("_:")
        where = () if named else (self.file, without_labels(self.message))
        told = "\0".join([self.kind.value, *terms, *where])
        return hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest()[:32]

    @property
    def file(self) -> str:
        """The name of the file where it stands, without folders; empty without a place."""
        return Path(self.places[0].path).name if self.places else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding as a baseline keeps it: the members of `Result` that tell it, its file, and how often it is there."""

    key: str
    severity: Severity
    source: str
    focus: str
    path: str
    value: str
    message: str
    file: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """All results, and how much was looked at.

    Attributes:
        results: The findings, gravest first.
        shapes: Number of shapes with at least one focus node.
        focus_nodes: Number of pairs of a shape and one of its focus nodes.
        checks: Number of check queries that ran.
        idle_shapes: Shapes with a target that met nothing.
        files: The files that were looked at.
        unread: Those of them that could not be read.
        known: Number of findings that a baseline hides; None without a baseline.
        gone: What the baseline has and nothing found any more.
        focus: The focus nodes, in N-Triples form.
        checked: Whether all that was read could be checked; where not, a finding says why.
    """

    results: tuple[Result, ...]
    shapes: int = 0
    focus_nodes: int = 0
    checks: int = 0
    idle_shapes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    known: int | None = None
    gone: tuple[Entry, ...] = ()
    focus: frozenset[str] = frozenset()
    checked: bool = True

    @property
    def complete(self) -> bool:
        """Whether all could be read and checked."""
        return self.checked and not self.unread

    @property
    def conforms(self) -> bool:
        """Whether no result is a violation, and all could be read and checked."""
        return self.complete and not self.of(Severity.VIOLATION)

    def of(self, severity: Severity) -> list[Result]:
        """The results of one severity."""
        return [result for result in self.results if result.severity is severity]

    def at_least(self, severity: Severity) -> list[Result]:
        """The results as grave as this, or graver."""
        return [result for result in self.results if result.severity.rank <= severity.rank]

    def within(self, folder: Path) -> Report:
        """The same report without findings whose every place lies outside `folder`."""

        def ours(result: Result) -> bool:
            return not result.places or any(folder in Path(place.path).parents for place in result.places)

        return self.only(result for result in self.results if ours(result))

    def only(self, results: Iterable[Result]) -> Report:
        """The same report with other results, in the usual order: gravest first, then by place."""
        return replace(self, results=tuple(_sorted(results)))

    def with_results(self, results: Iterable[Result]) -> Report:
        """The same report with more results."""
        return self.only([*self.results, *results])

    def unchecked(self, error: CdkgError) -> Report:
        """The same report with an error that has kept something from being checked."""
        return replace(self, checked=False).only([*self.results, Result.of(error, Kind.SHAPES, "not-checked")])

    def counts(self) -> dict[str, int]:
        """The number of results of each severity."""
        counted = Counter(result.severity for result in self.results)
        return {severity.value: counted[severity] for severity in Severity}


def without_label(term: str) -> str:
    """A term, of a blank node only that it is one: each reading of a file may name it anew."""
    return "_:" if term.startswith("_:") else term


def without_labels(text: str) -> str:
    """A text, of blank nodes only that they are."""
    return LABEL.sub("_:", text)


def in_order(result: Result) -> tuple[object, ...]:
    """The key that results are sorted by; labels of blank nodes, which each reading invents, are no part of it."""
    return *_where(result), *_said(result)


def _sorted(results: Iterable[Result]) -> Iterator[Result]:
    """Results by `in_order`; few are alike in gravity and places, and what they say is looked at among these only."""
    found = [(_where(result), result) for result in results]
    found.sort(key=itemgetter(0))
    for _, alike in groupby(found, key=itemgetter(0)):
        group = [result for _, result in alike]
        yield from sorted(group, key=_said) if len(group) > 1 else group


def _where(result: Result) -> tuple[object, ...]:
    return result.severity.rank, tuple((place.path, place.line or 0, place.column or 0) for place in result.places)


def _said(result: Result) -> tuple[str, ...]:
    terms = (without_label(term) for term in (result.source, result.focus, result.path, result.value))
    texts = (result.message, result.component, result.kind.value, result.expected, result.hint)
    return (*terms, *map(without_labels, texts), str(result.stated or ""))
