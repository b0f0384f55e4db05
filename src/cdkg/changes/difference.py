"""What differs between two states of a project, as data."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from pyoxigraph import NamedNode, Triple

from cdkg.errors import Location
from cdkg.graph import Role
from cdkg.validation import Result

T = TypeVar("T")

#: What can be asked for, in the order it is told.
SECTIONS: Final = (
    "version", "things", "questions", "findings", "contradictions", "disagreements", "statements", "inferences",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What only the former state has, and what only the latter has.

    Attributes:
        gone: What has gone: removed, lost, mended, settled.
        come: What has come: added, new, opened.
    """

    gone: tuple[T, ...] = ()
    come: tuple[T, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gone or self.come)


@dataclass(frozen=True, slots=True)
class Statement:
    """An asserted triple.

    Attributes:
        triple: The triple; blank nodes have names that say what they are.
        graph: The named graph.
        role: What the graph is for.
        place: Where it stands, relative to the project; None for a graph without a file.
    """

    triple: Triple
    graph: NamedNode
    role: Role
    place: Location | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A triple that went from one graph to another."""

    before: Statement
    after: Statement


@dataclass(frozen=True, slots=True)
class Inferred:
    """A triple that follows in one of the states and does not hold in the other.

    Attributes:
        triple: The triple.
        rule: The rule that gives it; empty where it was not traced.
        because: The asserted triples behind it that the other state does not assert. None at all: a rule is new or
            gone, or a closed-world rule met something that it wants to be absent.
        traced: Whether it was asked for; of very many only the first are.
    """

    triple: Triple
    rule: str = ""
    because: tuple[Statement, ...] = ()
    traced: bool = True


@dataclass(frozen=True, slots=True)
class Thing:
    """An entity, term or shape.

    Attributes:
        iri: Its name.
        types: Its asserted types, as IRIs.
        label: What it is called, English before other languages; may be empty.
        place: Where it is described.
    """

    iri: str
    types: tuple[str, ...] = ()
    label: str = ""
    place: Location | None = None


class Sureness(enum.Enum):
    """How sure it is that a thing was renamed."""

    CERTAIN = "certain"  # the same triples but for the name, and no other thing has them
    LIKELY = "likely"  # the same type and label, and most triples
    POSSIBLE = "possible"  # the same type, and more triples alike than not


@dataclass(frozen=True, slots=True)
class Renamed:
    """A thing that has another IRI now.

    Attributes:
        before: As it was.
        after: As it is.
        sureness: How sure that is.
        alike: The share of their triples that both have, from 0 to 1.
    """

    before: Thing
    after: Thing
    sureness: Sureness
    alike: float


@dataclass(frozen=True, slots=True)
class Deprecated:
    """A thing that is marked as no longer to be used (`owl:deprecated`, `dcterms:isReplacedBy`).

    Attributes:
        thing: What is deprecated.
        replaced_by: IRIs of what takes its place.
    """

    thing: Thing
    replaced_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Things:
    """Things of one kind that are new or gone; what was renamed is neither."""

    known: Change[Thing] = field(default_factory=Change)
    renamed: tuple[Renamed, ...] = ()
    deprecated: tuple[Deprecated, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.known or self.renamed or self.deprecated)


@dataclass(frozen=True, slots=True)
class Asked:
    """A competency question."""

    slug: str
    question: str


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A question whose answer is not what it was; its rows are terms in N-Triples form.

    Attributes:
        asked: The question.
        rows: The rows gone and come, each as often as the answer has it more often.
        edited: Whether its query is another.
        failed: Why it could not be answered, in the state where it could not.
    """

    asked: Asked
    rows: Change[tuple[str, ...]] = field(default_factory=Change)
    edited: bool = False
    failed: Change[str] = field(default_factory=Change)


@dataclass(frozen=True, slots=True)
class Contradicted:
    """A contradiction.

    Attributes:
        rule: The `false` rule of OWL 2 RL.
        forbids: What it forbids, in plain words.
        triples: What clashes.
        places: Where the asserted triples behind them stand.
    """

    rule: str
    forbids: str
    triples: tuple[Triple, ...]
    places: tuple[Location, ...] = ()


class Level(enum.Enum):
    """How much a version must be raised (Semantic Versioning 2.0.0)."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"

    @property
    def rank(self) -> int:
        """0 for none."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a version must be raised.

    Attributes:
        level: By how much.
        about: The IRI of the term, shape, rule or check.
        what: What happened to it, in words.
        place: Where it stands, or stood.
    """

    level: Level
    about: str
    what: str
    place: Location | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the ontology's version has to become.

    Attributes:
        level: The gravest of the reasons.
        reasons: All of them, the gravest first.
        before: `owl:versionInfo` of the former state; empty where there is none.
        after: That of the latter state: of its changed modules, the lowest.
        next: The version that it should have; empty where the former has none that can be raised.
        behind: The changed modules whose `owl:versionInfo` is lower than that.
    """

    level: Level = Level.NONE
    reasons: tuple[Reason, ...] = ()
    before: str = ""
    after: str = ""
    next: str = ""
    behind: tuple[str, ...] = ()

    @property
    def raised(self) -> bool:
        """Whether the version was raised as it should be."""
        return not self.behind


@dataclass(frozen=True, slots=True)
class Scope:
    """What is needed to tell which findings a change touches.

    Attributes:
        root: The folder of the latter state.
        common: Nodes that so much points at that a triple with one of them as its object does not touch it.
        sources: IRIs of shapes, checks and rules that are not what they were.
        lines: The changed lines of each file, by its path relative to the project.
    """

    root: str = ""
    common: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """All that differs between two states, as far as it was asked for; `gone` is of the former, `come` of the latter.

    Attributes:
        before: How the former state is called.
        after: How the latter state is called.
        sections: What was asked for (see `SECTIONS`).
        statements: Asserted triples, by named graph; those that moved are among them.
        moved: Triples that are in another graph now, and otherwise the same.
        inferences: What follows in one state and does not hold in the other.
        entities: Things of the data.
        terms: Classes, properties and datatypes of the ontology.
        shapes: SHACL shapes.
        questions: Competency questions that are new or gone.
        answers: Those that are in both, with another answer or another query.
        findings: Results of validation: mended and new.
        contradictions: What a state says against itself.
        disagreements: Disagreements between sources: settled and opened.
        gaps: Gaps of sources: closed and opened.
        version: The verdict for the ontology's version.
        scope: What `touched` needs.
    """

    before: str
    after: str
    sections: tuple[str, ...] = SECTIONS
    statements: Change[Statement] = field(default_factory=Change)
    moved: tuple[Move, ...] = ()
    inferences: Change[Inferred] = field(default_factory=Change)
    entities: Things = field(default_factory=Things)
    terms: Things = field(default_factory=Things)
    shapes: Things = field(default_factory=Things)
    questions: Change[Asked] = field(default_factory=Change)
    answers: tuple[AnswerChange, ...] = ()
    findings: Change[Result] = field(default_factory=Change)
    contradictions: Change[Contradicted] = field(default_factory=Change)
    disagreements: Change[Thing] = field(default_factory=Change)
    gaps: Change[Thing] = field(default_factory=Change)
    version: Verdict | None = None
    scope: Scope = field(default_factory=Scope)

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return any(
            (self.statements, self.inferences, self.entities, self.terms, self.shapes, self.questions, self.answers,
             self.findings, self.contradictions, self.disagreements, self.gaps, self.version and self.version.reasons)
        )  # fmt: skip
