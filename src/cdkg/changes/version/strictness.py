"""Whether shapes ask for more than they did, as far as one can tell without data (SHACL, sections 2 to 5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.changes.difference import Change, Level, Reason, Statement, Things
from cdkg.changes.states import State
from cdkg.errors import Location
from cdkg.graph import Role
from cdkg.vocabulary import PREFIXES, Term, shorten

_SH: Final = PREFIXES["sh"]
#: What of a shape asks for nothing (SHACL, section 2.3.2), or is read with the constraint it belongs to.
_SILENT: Final = frozenset(
    _SH + name for name in ("name", "description", "order", "group", "defaultValue", "message", "flags", "path")
)
_TARGETS: Final = frozenset(_SH + name for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"))
_VIOLATION: Final = _SH + "Violation"
#: Constraints with a number: whether the higher one is the stricter.
_HIGHER_IS_STRICTER: Final = {
    _SH + name: name.startswith("min")
    for name in ("minCount", "maxCount", "minLength", "maxLength", "minInclusive", "maxInclusive", "minExclusive",
                 "maxExclusive", "qualifiedMinCount", "qualifiedMaxCount")
}  # fmt: skip


class _Shapes:
    """The shapes of a state."""

    def __init__(self, state: State) -> None:
        self._about: dict[Term, list[Triple]] = defaultdict(list)
        for triple in state.of_role(Role.SHAPES):
            self._about[triple.subject].append(triple)

    def values(self, node: Term, name: str) -> list[Term]:
        """The values of a property of SHACL."""
        return [t.object for t in self._about.get(node, ()) if t.predicate.value == _SH + name]

    def refuses(self, node: Term, seen: frozenset[Term] = frozenset()) -> bool:
        """Whether a shape, or a property shape of it, asks for something that data must keep to."""
        if node in seen:
            return False
        asks = any(_asks(t.predicate.value) for t in self._about.get(node, ()))
        if asks and self.is_violation(node):
            return True
        return any(self.refuses(below, seen | {node}) for below in self.values(node, "property"))

    def is_violation(self, node: Term) -> bool:
        """Whether its results are violations, which they are where nothing is said (SHACL, section 2.1.4)."""
        said = self.values(node, "severity")
        return not said or any(isinstance(s, NamedNode) and s.value == _VIOLATION for s in said)


def _asks(name: str) -> bool:
    """Whether a predicate is one of a constraint."""
    return name.startswith(_SH) and name not in _SILENT | _TARGETS | {
        _SH + "severity",
        _SH + "deactivated",
        _SH + "property",
    }


def shape_reasons(
    after: State, change: Change[Statement], shapes: Things, new_terms: frozenset[str]
) -> Iterator[Reason]:
    """Yield what follows for the version from shapes that are new, gone or changed.

    Args:
        after: The latter state.
        change: The statements gone and come.
        shapes: The shapes new, gone and renamed.
        new_terms: Terms that no data can use yet.
    """
    now = _Shapes(after)
    for thing in shapes.known.gone:
        yield Reason(Level.MINOR, thing.iri, "the shape is gone: less is asked for", thing.place)
    for renamed in shapes.renamed:
        what = f"the shape is called {shorten(renamed.after.iri)} now"
        yield Reason(Level.MINOR, renamed.before.iri, what, renamed.after.place)
    for thing in shapes.known.come:
        targets = [t for name in _TARGETS for t in now.values(NamedNode(thing.iri), name.removeprefix(_SH))]
        used = [t for t in targets if isinstance(t, NamedNode) and t.value not in new_terms]
        stricter = bool(used) and now.refuses(NamedNode(thing.iri))
        yield Reason(Level.MAJOR if stricter else Level.MINOR, thing.iri,
                     "the shape is new, and refuses data that does not keep to it" if stricter else "the shape is new",
                     thing.place)  # fmt: skip
    names = {thing.iri for part in (shapes.known.gone, shapes.known.come) for thing in part}
    names |= {iri for renamed in shapes.renamed for iri in (renamed.before.iri, renamed.after.iri)}
    yield from _changed(change, now, frozenset(names))


def _changed(change: Change[Statement], now: _Shapes, skip: frozenset[str]) -> Iterator[Reason]:
    """What became of shapes that both states have, by shape and predicate."""
    parts: dict[tuple[NamedNode, str], tuple[list[Statement], list[Statement]]] = defaultdict(lambda: ([], []))
    for index, side in enumerate((change.gone, change.come)):
        for s in side:
            subject = s.triple.subject
            if s.role is Role.SHAPES and isinstance(subject, NamedNode) and subject.value not in skip:
                parts[subject, s.triple.predicate.value][index].append(s)
    for (shape, predicate), (old, new) in sorted(parts.items(), key=lambda item: (item[0][0].value, item[0][1])):
        olds, news = {s.triple for s in old}, {s.triple for s in new}
        gone, come = [s for s in old if s.triple not in news], [s for s in new if s.triple not in olds]
        if gone or come:  # else it only went to another file
            objects = ([s.triple.object for s in side] for side in (gone, come))
            yield _judged(shape, predicate, *objects, now=now, place=(come or gone)[0].place)


def _judged(
    shape: NamedNode, predicate: str, gone: list[Term], come: list[Term], *, now: _Shapes, place: Location | None
) -> Reason:
    name = shorten(predicate)
    if not predicate.startswith(_SH) or predicate in _SILENT - {_SH + "path"}:
        return Reason(Level.PATCH, shape.value, f"what is written for people changed ({name})", place)
    told = f"{name}: {_told(gone)} → {_told(come)}"
    stricter = _STRICTER.get(predicate, _constraint)(predicate, gone, come)
    refuses = now.is_violation(shape)
    if predicate == _SH + "property":
        refuses = any(now.refuses(node) for node in come)
    elif predicate in _TARGETS:
        refuses = now.refuses(shape)
    if stricter and refuses:
        return Reason(Level.MAJOR, shape.value, f"asks for more, {told}", place)
    return Reason(Level.MINOR, shape.value, f"asks for something else, {told}", place)


def _constraint(predicate: str, gone: list[Term], come: list[Term]) -> bool:
    """A constraint that was added is stricter; of one that was changed, only numbers tell."""
    if not gone or predicate in _TARGETS or predicate == _SH + "property":
        return bool(come)
    if predicate not in _HIGHER_IS_STRICTER or not come:
        return False
    try:
        old, new = (max(float(t.value) for t in part if isinstance(t, Literal)) for part in (gone, come))
    except ValueError:
        return False
    return new > old if _HIGHER_IS_STRICTER[predicate] else new < old


def _severity(_predicate: str, gone: list[Term], come: list[Term]) -> bool:
    """Whether its results have become violations."""
    was = not gone or any(isinstance(t, NamedNode) and t.value == _VIOLATION for t in gone)
    now = not come or any(isinstance(t, NamedNode) and t.value == _VIOLATION for t in come)
    return now and not was


def _deactivated(_predicate: str, gone: list[Term], come: list[Term]) -> bool:
    return any(isinstance(t, Literal) and t.value == "true" for t in gone) and not come


_STRICTER: Final[Mapping[str, Callable[[str, list[Term], list[Term]], bool]]] = {
    _SH + "severity": _severity,
    _SH + "deactivated": _deactivated,
}


def _told(terms: Iterable[Term]) -> str:
    told = (
        shorten(t.value) if isinstance(t, NamedNode) else "[ … ]" if isinstance(t, BlankNode) else str(t) for t in terms
    )
    return ", ".join(sorted(told)) or "nothing"
