"""The parts of a query as they stand in its text, so that each can be asked on its own and told with its place.

The names follow SPARQL 1.1 Query, section 18. Parts keep their text: what is not taken apart (expressions, MINUS,
sub-queries) goes back to the engine as it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Step:
    """A link of a property path: an IRI as written, walked forwards or (`^`) backwards."""

    iri: str
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class Negated:
    """A negated property set: any property but these, forwards; and, if `backward` is given, backwards."""

    forward: tuple[str, ...] | None
    backward: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """Paths walked one after the other."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Paths of which one is walked."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A path walked `?`, `*` or `+` times."""

    path: Path
    times: str


Path = Step | Negated | Sequence | Alternative | Repeated


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query: its text (comments left out, white space as single spaces) and where it begins."""

    text: str
    at: int

    def below(self) -> tuple[Part, ...]:
        """The parts that it is made of."""
        return ()

    def visible(self) -> dict[str, None]:
        """The variables in scope (SPARQL 1.1 Query, section 18.2.1) and the marks of branches, in order."""
        return {name: None for part in self.below() for name in part.visible()}

    def certain(self) -> set[str]:
        """The variables that every solution binds."""
        return {name for part in self.below() for name in part.certain()}

    def rewritten(self) -> str:
        """SPARQL whose solutions also tell blank nodes and, by marks, which branches matched."""
        return self.text


@dataclass(frozen=True, slots=True)
class Pattern(Part):
    """A triple pattern or property path pattern.

    Attributes:
        subject: A variable with its `?`, or a constant as written; a blank node has become a variable of ours.
        predicate: As the subject, or a property path.
        object: As the subject.
        verb: The predicate as written.
    """

    subject: str
    predicate: str | Path
    object: str
    verb: str

    def visible(self) -> dict[str, None]:
        """Its variables."""
        nodes = (self.subject, self.predicate, self.object)
        return {node[1:]: None for node in nodes if isinstance(node, str) and is_variable(node)}

    def certain(self) -> set[str]:
        """Its variables."""
        return set(self.visible())

    def rewritten(self) -> str:
        """The pattern with our variables for blank nodes."""
        return f"{self.subject} {self.verb} {self.object} ."


@dataclass(frozen=True, slots=True)
class Exists(Part):
    """`EXISTS { … }` or `NOT EXISTS { … }` in an expression; `names` are all variables that it mentions."""

    body: Group
    names: Names


@dataclass(frozen=True, slots=True)
class Expression(Part):
    """An expression.

    Attributes:
        names: Its variables.
        exists: The EXISTS in it.
        volatile: Whether it gives something else each time (RAND, NOW, …).
        aggregate: Whether it has an aggregate.
        asks_if_bound: Whether it looks at variables without a value (BOUND, COALESCE).
    """

    names: Names
    exists: tuple[Exists, ...]
    volatile: bool
    aggregate: bool
    asks_if_bound: bool


@dataclass(frozen=True, slots=True)
class Filter(Part):
    """`FILTER`."""

    condition: Expression

    def is_existence(self) -> bool:
        """Whether it is `FILTER EXISTS` and nothing else."""
        return [f"EXISTS {exists.body.text}" for exists in self.condition.exists] == [self.condition.text]

    def is_absence(self) -> bool:
        """Whether it is `FILTER NOT EXISTS` and nothing else."""
        return [f"NOT EXISTS {exists.body.text}" for exists in self.condition.exists] == [self.condition.text]


@dataclass(frozen=True, slots=True)
class Bind(Part):
    """`BIND (… AS ?name)`, an item `(… AS ?name)` of SELECT, or a condition of GROUP BY."""

    name: str
    value: Expression

    def visible(self) -> dict[str, None]:
        """The variable; an error in the expression leaves it unbound."""
        return {self.name: None}


@dataclass(frozen=True, slots=True)
class Values(Part):
    """`VALUES`: its variables, and those that have a value in each row."""

    names: Names
    full: Names

    def visible(self) -> dict[str, None]:
        """Its variables."""
        return dict.fromkeys(sorted(self.names))

    def certain(self) -> set[str]:
        """Those that are never UNDEF."""
        return set(self.full)


@dataclass(frozen=True, slots=True)
class Group(Part):
    """`{ … }`; `mark` is a variable of ours that is bound where the group matched as a branch."""

    parts: tuple[Part, ...]
    mark: str

    def below(self) -> tuple[Part, ...]:
        """Its parts."""
        return self.parts

    def rewritten(self) -> str:
        """The group with its parts rewritten."""
        return f"{{ {' '.join(part.rewritten() for part in self.parts)} }}"

    def marked(self) -> str:
        """The group rewritten as a branch."""
        return f"{self.rewritten()[:-1]}BIND (true AS ?{self.mark}) }}"


@dataclass(frozen=True, slots=True)
class Optional(Part):
    """`OPTIONAL { … }`."""

    body: Group

    def below(self) -> tuple[Part, ...]:
        """Its group."""
        return (self.body,)

    def visible(self) -> dict[str, None]:
        """The variables of its group, and its mark."""
        return self.body.visible() | {self.body.mark: None}

    def certain(self) -> set[str]:
        """None: it may not match."""
        return set()

    def rewritten(self) -> str:
        """The group as a branch."""
        return f"OPTIONAL {self.body.marked()}"


@dataclass(frozen=True, slots=True)
class Union(Part):
    """`{ … } UNION { … }`."""

    branches: tuple[Group, ...]

    def below(self) -> tuple[Part, ...]:
        """Its branches."""
        return self.branches

    def visible(self) -> dict[str, None]:
        """The variables of all branches, and their marks."""
        return {name: None for branch in self.branches for name in (*branch.visible(), branch.mark)}

    def certain(self) -> set[str]:
        """The variables that each branch binds."""
        return set.intersection(*(branch.certain() for branch in self.branches))

    def rewritten(self) -> str:
        """Its branches, each with its mark."""
        return " UNION ".join(branch.marked() for branch in self.branches)


@dataclass(frozen=True, slots=True)
class Minus(Part):
    """`MINUS { … }`; `names` are all variables that it mentions."""

    names: Names


@dataclass(frozen=True, slots=True)
class InGraph(Part):
    """`GRAPH name { … }`."""

    name: str
    body: Group

    def below(self) -> tuple[Part, ...]:
        """Its group."""
        return (self.body,)

    def visible(self) -> dict[str, None]:
        """The variables of its group, and that of the graph."""
        return dict.fromkeys(self._own()) | self.body.visible()

    def certain(self) -> set[str]:
        """Those of its group, and that of the graph."""
        return self.body.certain() | self._own()

    def rewritten(self) -> str:
        """The group rewritten, in its graph."""
        return f"GRAPH {self.name} {self.body.rewritten()}"

    def _own(self) -> set[str]:
        return {self.name[1:]} if is_variable(self.name) else set()


@dataclass(frozen=True, slots=True)
class Select(Part):
    """A query or sub-query.

    Attributes:
        names: The variables of its rows, in order.
        items: Those of them that are computed.
        body: The pattern of WHERE.
        distinct: Whether rows that are the same count once.
        keys: The conditions of GROUP BY; one without a name has a name of ours.
        aggregated: Whether it has GROUP BY or an aggregate.
        having: The HAVING clause, or None.
        order: The ORDER BY clause, or None.
        limit: How many rows at most; None for all.
        offset: How many rows are passed over.
        data: The VALUES clause at its end, or None.
    """

    names: tuple[str, ...]
    items: tuple[Bind, ...]
    body: Group
    distinct: bool
    keys: tuple[Bind, ...]
    aggregated: bool
    having: Expression | None
    order: Expression | None
    limit: int | None
    offset: int
    data: Values | None

    def below(self) -> tuple[Part, ...]:
        """Its pattern."""
        return (self.body,)

    def visible(self) -> dict[str, None]:
        """What it projects."""
        return dict.fromkeys(self.names)

    def certain(self) -> set[str]:
        """What it projects of the certain variables of its pattern; of a group, only what it is grouped by."""
        inner = self.body.certain().intersection(self.names)
        return inner.intersection(key.name for key in self.keys) if self.aggregated else inner

    def rewritten(self) -> str:
        """The sub-query as it is; its own pattern is asked on its own."""
        return f"{{ {self.text} }}"


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT or ASK query; variables whose names begin with `fresh` are ours.

    Attributes:
        text: The whole text.
        prologue: Its BASE and PREFIX declarations.
        select: What it asks.
        fresh: How our names begin; no word of the text has it.
        constants: The IRIs and literals of its patterns as written, each with the offset where it first stands.
        mentioned: The same of expressions and VALUES.
    """

    text: str
    prologue: str
    select: Select
    fresh: str
    constants: dict[str, int]
    mentioned: dict[str, int]


def inverse(path: Path) -> Path:
    """The path walked from its end to its beginning (SPARQL 1.1 Query, section 18.4)."""
    match path:
        case Step():
            return Step(path.iri, not path.inverse)
        case Negated():
            return Negated(path.backward, path.forward)
        case Sequence():
            return Sequence(tuple(inverse(p) for p in reversed(path.paths)))
        case Alternative():
            return Alternative(tuple(inverse(p) for p in path.paths))
    return Repeated(inverse(path.path), path.times)


def is_variable(node: str) -> bool:
    """Whether a term of a pattern is a variable."""
    return node.startswith("?")


def walk(part: Part) -> Iterator[Part]:
    """The part and all parts below it, in the order of the text; expressions are not looked into."""
    yield part
    for below in part.below():
        yield from walk(below)


def negations(group: Group, certain: Names = frozenset()) -> Iterator[Part]:
    """The parts of a group by which more triples may give fewer solutions; sub-queries are not looked into.

    Args:
        group: The group.
        certain: Variables that are bound wherever the group is asked.
    """
    certain = certain.union(group.certain())
    for part in group.parts:
        if isinstance(part, Minus):
            yield part
        elif isinstance(part, Filter):
            asks_if_bound = part.condition.asks_if_bound and part.condition.names - certain
            if asks_if_bound or (part.condition.exists and not part.is_existence()):
                yield part
        elif isinstance(part, Bind):
            yield from part.value.exists
        elif not isinstance(part, Select):
            for below in (part,) if isinstance(part, Group) else part.below():
                if isinstance(below, Group):
                    yield from negations(below, certain)
