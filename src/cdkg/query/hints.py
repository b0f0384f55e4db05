"""What may have been meant by a query without an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import islice
from typing import Any, Final

from pyoxigraph import Literal, NamedNode

from cdkg.errors import Location
from cdkg.nearest import ALIKE, LABELS, Role, Vocabulary, folded
from cdkg.query.asking import Asked
from cdkg.query.failing import Conjunction, Member
from cdkg.query.syntax import (
    Alternative,
    Filter,
    InGraph,
    Negated,
    Part,
    Path,
    Pattern,
    Repeated,
    Sequence,
    Step,
    is_variable,
    walk,
)
from cdkg.reasoning.telling.explanation import term_text
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

#: How many solutions are looked through for values that a filter may have meant.
_MOST_VALUES: Final = 2000
#: How many suggestions are made at once.
_MOST: Final = 3
_NOTHING: Final = {Role.PROPERTY: "no property", Role.CLASS: "no class", Role.GRAPH: "no graph", Role.THING: "no term"}
_DATATYPES: Final = PREFIXES["xsd"]
_STRING: Final = NamedNode(f"{_DATATYPES}string")
_OWL_THING: Final = NamedNode(PREFIXES["owl"] + "Thing")


@dataclass(frozen=True, slots=True)
class Hint:
    """What may have been meant.

    Attributes:
        kind: unknown-term, unused-term, literal, filter, unbound, graph, direction, values or type.
        text: The hint in a sentence.
        where: The place in the query.
        suggestions: What could be written instead.
    """

    kind: str
    text: str
    where: Location
    suggestions: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        where, suggestions = str(self.where), list(self.suggestions)
        return {"kind": self.kind, "text": self.text, "where": where, "suggestions": suggestions}


def hints(asked: Asked, failures: Iterable[tuple[Conjunction, list[Member]]]) -> Iterator[Hint]:
    """Hints for the terms of a query, and then for its smallest failing parts.

    Args:
        asked: The query.
        failures: What fails: a conjunction, and the members of it that fail together.
    """
    failures = list(failures)
    vocabulary = Vocabulary(asked.store)
    roles = _roles(asked)
    failing = {text for _, together in failures for m in together for text in _constants(m.part)}
    unknown = False
    for text, term in _iris(asked):
        role = roles.get(text, Role.THING)
        if not vocabulary.uses(term, role) and (text in failing or not vocabulary.mentions(term)):
            unknown = True
            yield _term_hint(asked, vocabulary, text, term, role)
    for within, together in failures:
        for member in together:
            if isinstance(member.part, Pattern):
                yield from _literal_hints(asked, member)
            if isinstance(member.part, Filter):
                yield from _unbound(asked, within, member.part)
                yield from _without(asked, together, member.part)
        if not unknown:
            yield from _outside_graph(asked, within, together)
            if all(isinstance(member.part, Pattern) for member in together):
                yield from _turned(asked, within, together)
                yield from _values(asked, together)
                yield from _types(asked, together)


# --- terms --------------------------------------------------------------------------------------------------------


def _iris(asked: Asked) -> Iterator[tuple[str, NamedNode]]:
    for text, term in {**asked.terms, **asked.mentioned}.items():
        if isinstance(term, NamedNode) and not term.value.startswith(_DATATYPES):
            yield text, term


def _roles(asked: Asked) -> dict[str, Role]:
    """What each IRI of the patterns is used as; the last use counts."""
    roles: dict[str, Role] = {}
    for part in walk(asked.query.select):
        if isinstance(part, InGraph):
            roles[part.name] = Role.GRAPH
        elif isinstance(part, Pattern):
            path = Step(part.predicate) if isinstance(part.predicate, str) else part.predicate
            roles |= dict.fromkeys(_steps(path), Role.PROPERTY)
            if _predicate(asked, part) == RDF_TYPE:
                roles[part.object] = Role.CLASS
    return roles


def _steps(path: Path) -> Iterator[str]:
    match path:
        case Step():
            yield path.iri
        case Negated():
            yield from (*(path.forward or ()), *(path.backward or ()))
        case Sequence() | Alternative():
            for one in path.paths:
                yield from _steps(one)
        case Repeated():
            yield from _steps(path.path)


def _constants(part: Part) -> set[str]:
    """The IRIs and literals of the patterns of a part, as written."""
    found: set[str] = set()
    for pattern in (below for below in walk(part) if isinstance(below, Pattern)):
        path = Step(pattern.predicate) if isinstance(pattern.predicate, str) else pattern.predicate
        found.update((pattern.subject, pattern.object, *_steps(path)))
    return {text for text in found if not is_variable(text)}


def _term_hint(asked: Asked, vocabulary: Vocabulary, text: str, term: NamedNode, role: Role) -> Hint:
    where = asked.place({**asked.query.mentioned, **asked.query.constants}[text])
    near = tuple(term_text(node) for node in vocabulary.nearest(term, role, _MOST))
    name = term_text(term)
    if vocabulary.mentions(term):
        told = f"{name} is known, but is no graph" if role is Role.GRAPH else f"{name} is known, but nothing "
        told += {Role.PROPERTY: "has it as its property", Role.CLASS: "is one"}.get(role, "")
        return Hint("unused-term", f"{told}{_meant(near)}", where, near)
    return Hint("unknown-term", f"{_NOTHING[role]} {name}{_meant(near)}", where, near)


def _shown(term: Term) -> str:
    """A term as a query may have it."""
    if isinstance(term, Literal) and term.datatype.value.startswith(_DATATYPES) and term.datatype != _STRING:
        return f'"{term.value}"^^xsd:{term.datatype.value.removeprefix(_DATATYPES)}'
    return term_text(term)


def _listed(some: tuple[str, ...], number: int) -> str:
    return ", ".join(some) + (", …" if number > len(some) else "")


def _meant(near: Iterable[str]) -> str:
    told = " or ".join(near)
    return f"; did you mean {told}?" if told else ""


# --- literals -----------------------------------------------------------------------------------------------------


def _literal_hints(asked: Asked, member: Member) -> Iterator[Hint]:
    """Literals like one that a pattern does not find: of another language, datatype or case, or the thing so called."""
    pattern = member.part
    literal = asked.terms.get(pattern.object) if isinstance(pattern, Pattern) else None
    if not isinstance(pattern, Pattern) or not isinstance(literal, Literal):
        return
    is_known = isinstance(pattern.predicate, str) and not is_variable(pattern.predicate)
    triple = f"?s {pattern.verb if is_known else '?p'} ?o"
    if next(asked.solutions(["s"], f"{{ {triple} }}", {"o": literal}), None) is not None:
        return
    near = _like(asked, literal, triple, "o") or _called(asked, literal, triple)
    if near:
        told = tuple(map(_shown, near))
        text = f"{_shown(literal)} is no value of {pattern.verb}{_meant(told)}"
        yield Hint("literal", text, asked.place(pattern.at), told)


def _like(asked: Asked, literal: Literal, where: str, name: str) -> list[Term]:
    """Literals of the same text that a variable has, or else of a text that is like it, the likeliest first."""
    wanted = folded(literal.value)
    length = len(literal.value)
    near = f"ABS(STRLEN(STR(?{name})) - {length}) <= {length // 4 + 1}"
    rows = asked.solutions([name], f"{{ SELECT DISTINCT ?{name} {{ {where} FILTER (ISLITERAL(?{name}) && {near}) }} }}")
    found: dict[Term, float] = {}
    for value in (row[name] for row in islice(rows, _MOST_VALUES)):
        if isinstance(value, Literal) and value != literal:
            matcher = SequenceMatcher(None, folded(value.value), wanted)
            likeness = matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0
            if likeness >= ALIKE:
                found[value] = likeness
    exact = [value for value, likeness in found.items() if likeness == 1]
    return (exact or sorted(found, key=lambda value: -found[value]))[:_MOST]


def _called(asked: Asked, literal: Literal, triple: str) -> list[Term]:
    """The things that are called so, where a pattern leads to things."""
    called = f"?o {LABELS} ?l FILTER (LCASE(STR(?l)) = LCASE(STR(?text)))"
    rows = asked.solutions(["o"], f"{{ {triple} . {called} }}", {"text": literal})
    return list(dict.fromkeys(row["o"] for row in islice(rows, _MOST_VALUES)))[:_MOST]


# --- how parts stand together -------------------------------------------------------------------------------------


def _unbound(asked: Asked, within: Conjunction, part: Filter) -> Iterator[Hint]:
    """The variables of a filter that nothing in its group binds (SPARQL 1.1 Query, section 5.2.2)."""
    bound = {name for member in within.members for name in member.gives}
    own = {name for exists in part.condition.exists for name in exists.names}
    free = ", ".join(f"?{name}" for name in sorted(part.condition.names - bound - own))
    if free:
        yield Hint("unbound", f"{free} has no value where {part.text} stands", asked.place(part.at))


def _without(asked: Asked, together: list[Member], part: Filter) -> Iterator[Hint]:
    """The values that the variables of a filter would have without it; those like its literals, if there are any."""
    others = [member for member in together if member.part is not part]
    names = sorted(part.condition.names & {name for member in others for name in member.gives})
    where = " ".join(member.sparql for member in others)
    literals = [t for text, t in asked.mentioned.items() if text in part.text and isinstance(t, Literal)]
    rows = list(islice(asked.solutions(names, f"{{ {where} }}"), _MOST_VALUES)) if names else []
    for name in names:
        values = dict.fromkeys(row[name] for row in rows if name in row)
        like = [value for literal in literals for value in _like(asked, literal, where, name)]
        near = tuple(map(_shown, (like or list(values))[:_MOST]))
        text = f"without {part.text}, ?{name} is {_listed(near, len(values)) or 'unbound'}"
        yield Hint("filter", text, asked.place(part.at), near)


def _values(asked: Asked, together: list[Member]) -> Iterator[Hint]:
    """What a pattern that fails alone leads to instead of its object."""
    pattern, name = together[0].part, f"{asked.query.fresh}o"
    if len(together) > 1 or not isinstance(pattern, Pattern):
        return
    if isinstance(asked.terms.get(pattern.object), NamedNode):
        where = f"{{ {replace(together[0], part=replace(pattern, object=f'?{name}')).sparql} }}"
        values = dict.fromkeys(_shown(row[name]) for row in islice(asked.solutions([name], where), _MOST_VALUES))
        near = tuple(values)[:_MOST]
        if near:
            text = f"{pattern.subject} {pattern.verb} leads to {_listed(near, len(values))}"
            yield Hint("values", text, asked.place(pattern.at), near)


def _turned(asked: Asked, within: Conjunction, together: list[Member]) -> Iterator[Hint]:
    """Triple patterns that hold with subject and object changed."""
    for member in together:
        pattern = member.part
        if not isinstance(pattern, Pattern) or isinstance(asked.terms.get(pattern.object), Literal):
            continue
        if _predicate(asked, pattern) == RDF_TYPE:
            continue
        turned = replace(pattern, subject=pattern.object, object=pattern.subject)
        if within.holds([replace(m, part=turned) if m is member else m for m in together]):
            told = f"{pattern.object} {pattern.verb} {pattern.subject}"
            yield Hint("direction", f"the other way round it holds: {told}", asked.place(pattern.at), (told,))


def _outside_graph(asked: Asked, within: Conjunction, together: list[Member]) -> Iterator[Hint]:
    """Patterns in GRAPH that hold in the union of all graphs."""
    inside = [member for member in together if member.graphs]
    if inside and within.holds([replace(member, graphs=()) for member in together]):
        told = "" if len(together) == 1 else " together"
        text = f"outside of GRAPH this holds{told}; what is inferred stands in graphs of its own"
        yield Hint("graph", text, asked.place(inside[0].part.at))


def _predicate(asked: Asked, pattern: Pattern) -> Term | None:
    return asked.terms.get(pattern.predicate) if isinstance(pattern.predicate, str) else None


def _types(asked: Asked, together: list[Member]) -> Iterator[Hint]:
    """What kinds of things there are where another kind is asked for."""
    for member in together:
        pattern = member.part
        if not isinstance(pattern, Pattern) or len(together) == 1 or is_variable(pattern.object):
            continue
        if _predicate(asked, pattern) == RDF_TYPE:
            kind = f"{asked.query.fresh}t"
            others = [replace(m, part=replace(pattern, object=f"?{kind}")) if m is member else m for m in together]
            where = f"{{ {' '.join(m.sparql for m in others)} }}"
            rows = asked.solutions([kind], where)
            kinds = Counter(row[kind] for row in islice(rows, _MOST_VALUES))
            near = tuple(term_text(term) for term, _ in kinds.most_common() if term != _OWL_THING)[:_MOST]
            if near:
                yield Hint("type", f"{pattern.subject} would be {', '.join(near)}", asked.place(pattern.at), near)
