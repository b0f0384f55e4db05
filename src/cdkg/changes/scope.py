"""What a change touches: the nodes, lines, shapes and checks whose findings are worth another look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Triple

from cdkg.changes.difference import Change, Difference, Scope, Statement
from cdkg.changes.states import State
from cdkg.errors import Location
from cdkg.graph import Role
from cdkg.validation import Kind, Report, Result, Severity
from cdkg.vocabulary import PREFIXES, QUERY, RULE, Term

#: A node that more triples point at than this is a value that half the graph shares (a country, a status).
_MOST_POINTING: Final = 100
#: Longer differences between two files are taken as a whole; to align them would take time with the square of it.
_MOST_LINES: Final = 4000
_CONCEPTS: Final = frozenset(NamedNode(PREFIXES["skos"] + name) for name in ("inScheme", "topConceptOf", "broader"))
_QUERIES: Final = (("ontology/rules/", RULE), ("queries/checks/", f"{QUERY}checks/"))


def touched(difference: Difference) -> frozenset[str]:
    """The nodes that a change touches, in N-Triples form: subjects and objects of triples gone or come.

    Left out as objects are literals, terms of the ontology, concepts of typologies, and whatever very much points at:
    that `city:leeds` has a new country touches Leeds, and not all that is in the United Kingdom. What is said of such
    a node itself touches it. Needs the sections `statements` and `inferences`.
    """
    found = set[str]()
    triples = [s.triple for side in (difference.statements.gone, difference.statements.come) for s in side]
    triples += [i.triple for side in (difference.inferences.gone, difference.inferences.come) for i in side]
    for triple in triples:
        if isinstance(triple.subject, NamedNode):
            found.add(str(triple.subject))
        if isinstance(triple.object, NamedNode) and str(triple.object) not in difference.scope.common:
            found.add(str(triple.object))
    graphs = (s.graph for side in (difference.statements.gone, difference.statements.come) for s in side)
    return frozenset(found | {str(graph) for graph in graphs})


def changed_results(report: Report, difference: Difference) -> Report:
    """The results of a report on the latter state that a change has to do with.

    Kept is what is about a touched node, what stands on a changed line, all that a shape, check or rule says that
    is not what it was, and whatever kept a file or shape from being looked at.

    Args:
        report: Of the latter state.
        difference: With the sections `statements` and `inferences`.
    """
    nodes, scope_ = touched(difference), difference.scope
    return report.only(
        result
        for result in report.results
        if _hides_others(result)
        or result.focus in nodes
        or result.value in nodes
        or result.path in nodes
        or result.source in scope_.sources
        or any(_changed(place, scope_) for place in _places(result))
    )


def _hides_others(result: Result) -> bool:
    """Whether a finding says that something was not looked at."""
    return result.kind is Kind.SYNTAX or (result.kind is Kind.SHAPES and result.severity is Severity.VIOLATION)


def _places(result: Result) -> Iterable[Location]:
    return (*result.places, *((result.stated,) if result.stated else ()))


def _changed(place: Location, scope_: Scope) -> bool:
    path = Path(place.path)
    if path.is_absolute() and path.is_relative_to(scope_.root):
        path = path.relative_to(scope_.root)
    lines = scope_.lines.get(path.as_posix(), frozenset())
    if place.line is None:
        return bool(lines)
    return not lines.isdisjoint(range(place.line, (place.end_line or place.line) + 1))


def scope(before: State, after: State, change: Change[Statement]) -> Scope:
    """What is needed to tell what a change touches.

    Raises:
        SourceError: A file is no text.
    """
    sources = _queries(before, after) | _shapes(after, change)
    return Scope(str(after.project.root), _common(before) | _common(after), sources, changed_lines(before, after))


def _common(state: State) -> frozenset[str]:
    return common(state.asserted, state.terms)


def common(asserted: Collection[Triple], terms: Iterable[Term]) -> frozenset[str]:
    """Nodes that so much points at that a triple with one of them as its object does not touch it.

    Args:
        asserted: All asserted triples.
        terms: The terms of the ontology.
    """
    pointing: Counter[Term] = Counter(t.object for t in asserted if isinstance(t.object, NamedNode))
    many = {str(node) for node, number in pointing.items() if number > _MOST_POINTING}
    concepts = {str(t.subject) for t in asserted if t.predicate in _CONCEPTS}
    return frozenset(many | concepts | {str(term) for term in terms})


def _queries(before: State, after: State) -> frozenset[str]:
    """The IRIs of rules and checks whose text changed."""
    return frozenset(
        space + name.removeprefix(folder).removesuffix(".rq")
        for folder, space in _QUERIES
        for name in after.files
        if name.startswith(folder) and before.text(name) != after.text(name)
    )


def _shapes(after: State, change: Change[Statement]) -> frozenset[str]:
    """The shapes of which something changed, and those that refer to them, directly or by way of others."""
    changed: list[Term] = [s.triple.subject for side in (change.gone, change.come) for s in side
                           if s.role is Role.SHAPES]  # fmt: skip
    changed += _aimed_at(after, change)
    referring: dict[Term, set[Term]] = {}
    for triple in after.of_role(Role.SHAPES):
        if isinstance(triple.object, NamedNode | BlankNode):
            referring.setdefault(triple.object, set()).add(triple.subject)
    found, waiting = set[Term](), changed
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += referring.get(node, ())
    return frozenset(node.value for node in found if isinstance(node, NamedNode))


def _aimed_at(after: State, change: Change[Statement]) -> list[Term]:
    """The shapes that name a term of which the ontology says something else now (a class, a property)."""
    terms = {s.triple.subject for side in (change.gone, change.come) for s in side if s.role is Role.ONTOLOGY}
    return [t.subject for t in after.of_role(Role.SHAPES) if t.object in terms and _is_shacl(t)]


def _is_shacl(triple: Triple) -> bool:
    return triple.predicate.value.startswith(PREFIXES["sh"])


def changed_lines(before: State, after: State) -> dict[str, frozenset[int]]:
    """The lines of each file of the latter state that the former does not have; neither state need be valid.

    Where lines were only taken out, the lines before and behind the gap count. A snapshot has no lines of Turtle, so
    against one none of them counts.

    Raises:
        SourceError: A file is no text.
    """
    found = {}
    for name, path in after.files.items():
        former = before.files.get(name)
        if before.snapshot and path.suffix in {".ttl", ".tsv"}:
            continue
        if former is None or (former != path and former.read_bytes() != path.read_bytes()):
            found[name] = lines_that_differ(before.text(name), after.text(name))
    return found


def lines_that_differ(old: str, new: str) -> frozenset[int]:
    """The numbers of the lines of a text that a former one does not have (see `changed_lines`)."""
    return frozenset(_lines(old.splitlines(), new.splitlines()))


def _lines(old: list[str], new: list[str]) -> Iterable[int]:
    """The numbers of the lines of `new` that differ."""
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    most = min(len(old), len(new)) - start
    end = next((i for i in range(most) if old[-1 - i] != new[-1 - i]), most)
    olds, news = old[start : len(old) - end], new[start : len(new) - end]
    if len(olds) + len(news) > _MOST_LINES:
        return range(start + 1, start + len(news) + 1)
    found = set[int]()
    for kind, _, _, first, last in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        if kind == "delete":
            found |= {start + first, start + first + 1}
        elif kind != "equal":
            found |= set(range(start + first + 1, start + last + 1))
    return found
