"""Closed-world rules: a CONSTRUCT query a file, for what neither OWL 2 RL nor SHACL can say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, NamedNode, QueryTriples, Store, Triple, Variable

from cdkg.errors import Location, RuleError, reason_told_by
from cdkg.reasoning.rules.by_graph import by_graph
from cdkg.reasoning.rules.by_term import falls_apart
from cdkg.reasoning.rules.construct import read_construct
from cdkg.reasoning.rules.patterns import Construct, Node, Polarity, PropertyPath, TriplePattern
from cdkg.sources import read_query
from cdkg.sources.sparql import tokens
from cdkg.vocabulary import PREFIXES, RDF_TYPE, RULE, Term, shorten

#: Functions that give something else each time (SPARQL 1.1 Query, section 17.4); a fixpoint has none of them.
_UNSTEADY: Final = frozenset({"BNODE", "NOW", "RAND", "STRUUID", "UUID"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of triples: of one property or of any, with one object or with any. A class is an object of `rdf:type`.

    Attributes:
        predicate: An IRI, as a string: strings know their hashes.
        object: An IRI or `_:` and the name of a blank node; literals are left open, two of them may be one value.
    """

    predicate: str | None
    object: str | None = None

    @classmethod
    def of(cls, triple: Triple) -> Kind:
        """The kind that a triple is of; the object of any property but `rdf:type` is left open."""
        is_type = triple.predicate == RDF_TYPE
        return cls(triple.predicate.value, constant(triple.object) if is_type else None)

    def meets(self, other: Kind) -> bool:
        """Whether a triple may be of both kinds."""
        return (self.predicate is None or other.predicate is None or self.predicate == other.predicate) and (
            self.object is None or other.object is None or self.object == other.object
        )

    def __str__(self) -> str:
        if self.predicate is None:
            return "anything"
        if self.object is None:
            return shorten(self.predicate)
        value = "a class without a name" if self.object.startswith("_:") else shorten(self.object)
        return value if self.predicate == RDF_TYPE.value else f"{shorten(self.predicate)} {value}"


@dataclass(frozen=True, slots=True)
class Read:
    """What a pattern of a rule reads; inside GRAPH that is only what somebody wrote, for no rule writes there."""

    kind: Kind
    polarity: Polarity
    graph: Node | None
    line: int

    @property
    def in_graph(self) -> bool:
        """Whether it is read inside GRAPH."""
        return self.graph is not None


@dataclass(frozen=True, slots=True)
class Rule:
    """A closed-world rule with its file and the reason that its header gives."""

    slug: str
    why: str
    text: str
    path: Path

    @property
    def iri(self) -> str:
        """The rule's IRI."""
        return RULE + self.slug

    @property
    def patterns(self) -> Construct:
        """Its template and the patterns of its body.

        Raises:
            RuleError: It has something that SPARQL 1.1 has not, so that nobody knows what it reads.
        """
        try:
            return _construct(self.text)
        except ValueError as error:
            raise RuleError(
                "a rule is not readable as SPARQL 1.1", where=Location(str(self.path)), why=str(error)
            ) from error

    @property
    def reads(self) -> frozenset[Read]:
        """What its conclusions depend on."""
        return read_by(self.patterns.body, self.text)

    @property
    def by_graph(self) -> Variable | None:
        """The variable for a named graph by which its conclusions fall into parts (see `by_graph`)."""
        return by_graph(self.text)

    @property
    def is_local(self) -> bool:
        """Whether its conclusions fall into parts by the named graph, and hang on nothing else."""
        return self.by_graph is not None and all(read.graph == self.by_graph for read in self.reads)

    @property
    def by_subject(self) -> Variable | None:
        """The subject of all its conclusions, where they fall into parts by it (see `by_term`)."""
        return _by_subject(self.text)

    @property
    def writes(self) -> frozenset[Kind]:
        """What it concludes."""
        return frozenset(kind for pattern in self.patterns.template for kind in _kinds(pattern))

    def check(self) -> None:
        """Look whether it can be run at all.

        Raises:
            RuleError: It is no CONSTRUCT query, or its text is not valid.
        """
        list(self.apply(Store()))

    def apply(self, store: Store, chosen: Mapping[Variable, Term] | None = None) -> Iterator[Triple]:
        """Yield what the rule constructs from the store.

        Args:
            store: What it reads.
            chosen: What `by_graph` or `by_subject` is; None: anything.

        Raises:
            RuleError: The file is no CONSTRUCT query.
        """
        try:
            result = store.query(self.text, prefixes=PREFIXES, substitutions=dict(chosen) if chosen else None)
        except (SyntaxError, ValueError) as error:
            where = Location.told_by(error, str(self.path))
            raise RuleError("a rule is not valid SPARQL 1.1", where=where, why=reason_told_by(error)) from error
        if not isinstance(result, QueryTriples):
            raise RuleError("a rule must be a CONSTRUCT query", where=Location(str(self.path)))
        yield from result


def read_by(patterns: Iterable[TriplePattern], text: str) -> frozenset[Read]:
    """What these patterns of a query read."""
    return frozenset(
        Read(kind, pattern.polarity, pattern.graph, text.count("\n", 0, pattern.offset) + 1)
        for pattern in patterns
        for kind in _kinds(pattern)
    )


def read_rules(folder: Path) -> list[Rule]:
    """Read all rules of a folder (`*.rq`), in the order of their names.

    Raises:
        SourceError: A file cannot be read as text.
        RuleError: A rule does not say why it is there (`#+ why: …` in its header), or has no end.
    """
    return [_read(path) for path in sorted(folder.glob("*.rq"))]


def _read(path: Path) -> Rule:
    text, header = read_query(path)
    if "why" not in header:
        raise RuleError("a rule without its why", where=Location(str(path), 1), hint="add a line `#+ why: …`")
    try:
        template = _construct(text).template
    except ValueError:
        template = ()  # its place and reason are told by the engine, as soon as it runs
    if any(isinstance(end, BlankNode) for pattern in template for end in pattern.ends):
        raise RuleError(
            "a rule must not make blank nodes",
            where=Location(str(path)),
            why="each round would make new ones, and no graph could name them",
        )
    _check_steady(text, path)
    return Rule(path.stem, header["why"], text, path)


def _check_steady(text: str, path: Path) -> None:
    for kind, token, at in tokens(text):
        if kind == "word" and token.upper() in _UNSTEADY:
            place = Location(str(path), text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
            raise RuleError(
                f"a rule must not call {token.upper()}",
                where=place,
                why="it gives something else each time, so that there is no end of what follows",
            )


@lru_cache(maxsize=1024)
def _construct(text: str) -> Construct:
    return read_construct(text)


@lru_cache(maxsize=1024)
def _by_subject(text: str) -> Variable | None:
    construct = _construct(text)
    subjects = {pattern.subject for pattern in construct.template}
    name = subjects.pop() if len(subjects) == 1 else None
    return name if isinstance(name, Variable) and falls_apart(text, construct.body, name) else None


def _kinds(pattern: TriplePattern) -> Iterator[Kind]:
    """The kinds of triples that a pattern may match, or that one of a template makes."""
    predicate = pattern.predicate
    if isinstance(predicate, PropertyPath):
        yield from (Kind(named.value) for named in predicate.properties)
        if predicate.anything:
            yield Kind(None)
        return
    for p, o in product(_choices(predicate, pattern), _choices(pattern.object, pattern)):
        if p is None or isinstance(p, NamedNode):
            yield Kind(p and p.value, constant(o))


def _choices(node: Node, pattern: TriplePattern) -> Iterable[Term | None]:
    """What may stand for a node of a pattern; None: anything."""
    if isinstance(node, Variable):
        return pattern.values.get(node, (None,))
    return (None,) if isinstance(node, BlankNode) else (node,)


def constant(term: Term | None) -> str | None:
    """A term as the object of a kind."""
    return term.value if isinstance(term, NamedNode) else str(term) if isinstance(term, BlankNode) else None
