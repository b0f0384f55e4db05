"""What validation found: results by severity, each with the places in the files."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from cdkg.errors import Location


class Severity(enum.Enum):
    """The severities of SHACL, section 2.1.4: must, should, may."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Result:
    """One finding.

    Attributes:
        severity: How grave it is.
        message: What is wrong, in plain words.
        source: IRI of the shape or check that found it.
        focus: The node it is about, as a term in N-Triples form.
        path: The property concerned, in N-Triples form, or empty.
        value: The value concerned, in N-Triples form, or empty.
        places: Where the statements concerned stand, the most telling first.
    """

    severity: Severity
    message: str
    source: str
    focus: str
    path: str = ""
    value: str = ""
    places: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All results, and how much was looked at.

    Attributes:
        results: The findings, gravest first.
        shapes: Number of shapes with at least one focus node.
        focus_nodes: Number of pairs of a shape and one of its focus nodes.
        checks: Number of check queries that ran.
    """

    results: tuple[Result, ...]
    shapes: int
    focus_nodes: int
    checks: int
    idle_shapes: tuple[str, ...] = field(default=())

    @property
    def conforms(self) -> bool:
        """Whether no result is a violation."""
        return not self.of(Severity.VIOLATION)

    def of(self, severity: Severity) -> list[Result]:
        """The results of one severity."""
        return [result for result in self.results if result.severity is severity]

    def within(self, folder: Path) -> Report:
        """The same report without findings whose every place lies outside `folder`."""

        def ours(result: Result) -> bool:
            return not result.places or any(folder in Path(place.path).parents for place in result.places)

        return replace(self, results=tuple(result for result in self.results if ours(result)))

    def counts(self) -> dict[str, int]:
        """The number of results of each severity."""
        counted = Counter(result.severity for result in self.results)
        return {severity.value: counted[severity] for severity in Severity}
