"""The verdict for the ontology's version (Semantic Versioning 2.0.0); the rules stand in `docs/changes.md`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pyoxigraph import Literal, NamedNode

from cdkg.changes.difference import Change, Level, Reason, Statement, Things, Verdict
from cdkg.changes.states import State
from cdkg.changes.things import Inventory
from cdkg.changes.version.axioms import Changed, axiom_reasons
from cdkg.changes.version.strictness import shape_reasons
from cdkg.changes.version.trial import Trial
from cdkg.errors import Location
from cdkg.graph import Role
from cdkg.vocabulary import PREFIXES, QUERY, RDF_TYPE, RULE, shorten

_ONTOLOGY: Final = NamedNode(PREFIXES["owl"] + "Ontology")
_VERSION_INFO: Final = NamedNode(PREFIXES["owl"] + "versionInfo")
_RULES: Final = "ontology/rules/"
_CHECKS: Final = "queries/checks/"
_CHECK: Final = f"{QUERY}checks/"
_DATA: Final = (Role.PASSAGE, Role.EDITORIAL)


def verdict(
    before: State, after: State, change: Change[Statement], terms: Things, shapes: Things, inventory: Inventory
) -> Verdict:
    """What the version has to become, with the reasons.

    Args:
        before: The former state.
        after: The latter.
        change: The statements gone and come.
        terms: The terms new, gone, renamed and deprecated.
        shapes: The same of shapes.
        inventory: The things of the latter state, to say where they stand.

    Raises:
        ShapesError: The shapes or checks of a state cannot be used.
    """
    every = (*change.gone, *change.come)
    trial = Trial(before, after, same_data=not any(s.role in _DATA for s in every))
    new = frozenset(thing.iri for thing in terms.known.come) | {r.after.iri for r in terms.renamed}
    gone = frozenset(thing.iri for thing in terms.known.gone) | {r.before.iri for r in terms.renamed}
    sides = Changed.of(before, after, change.gone), Changed.of(after, before, change.come)
    reasons = [*_term_reasons(terms), *axiom_reasons(*sides, new | gone, new)]
    if _edited(before, after, _RULES) or any(reason.level is not Level.PATCH for reason in reasons):
        reasons += [*_rule_reasons(before, after, trial), *trial.entailments()]
    reasons += [*shape_reasons(after, change, shapes, new), *_check_reasons(before, after)]
    if any(reason.level is not Level.PATCH for reason in reasons) or _edited(before, after, _CHECKS):
        reasons += trial.refusals()
    reasons = [_placed(reason, inventory) for reason in reasons]
    reasons.sort(key=lambda r: (-r.level.rank, r.about, r.what))
    level = max((reason.level for reason in reasons), key=lambda level: level.rank, default=Level.NONE)
    return _with_versions(Verdict(level, tuple(dict.fromkeys(reasons))), before, after, change)


def _placed(reason: Reason, inventory: Inventory) -> Reason:
    """A reason with the place of the term, shape or check that it names, where it has none yet."""
    if reason.place is not None:
        return reason
    if reason.about.startswith(_CHECK):
        return replace(reason, place=Location(f"{_CHECKS}{reason.about.removeprefix(_CHECK)}.rq", 1))
    return replace(reason, place=inventory.thing(reason.about).place)


def _edited(before: State, after: State, folder: str) -> list[str]:
    """The files of a folder that are not the same in both states."""
    names = sorted(name for name in before.files.keys() | after.files.keys() if name.startswith(folder))
    return [name for name in names if name.endswith(".rq") and before.text(name) != after.text(name)]


def _term_reasons(terms: Things) -> Iterator[Reason]:
    for thing in terms.known.gone:
        yield Reason(Level.MAJOR, thing.iri, "the term is gone", thing.place)
    for renamed in terms.renamed:
        what = f"the term is called {shorten(renamed.after.iri)} now ({renamed.sureness.value})"
        yield Reason(Level.MAJOR, renamed.before.iri, what, renamed.after.place)
    for thing in terms.known.come:
        yield Reason(Level.MINOR, thing.iri, "the term is new", thing.place)
    for deprecated in terms.deprecated:
        instead = ", ".join(map(shorten, deprecated.replaced_by))
        what = "the term is deprecated" + (f": take {instead}" if instead else "")
        yield Reason(Level.MINOR, deprecated.thing.iri, what, deprecated.thing.place)


def _rule_reasons(before: State, after: State, trial: Trial) -> Iterator[Reason]:
    """Of an edited rule the data tells what that means: what is lost is told by `Trial.entailments`."""
    edited = _edited(before, after, _RULES)
    gains = bool(edited) and trial.gains()
    for name in edited:
        about = RULE + name.removeprefix(_RULES).removesuffix(".rq")
        if name not in after.files:
            yield Reason(Level.MAJOR, about, "the rule is gone", Location(name))
        elif name not in before.files:
            yield Reason(Level.MINOR, about, "the rule is new", Location(name, 1))
        elif gains:
            yield Reason(Level.MINOR, about, "the rule was edited, and more follows", Location(name, 1))
        else:
            yield Reason(Level.PATCH, about, "the rule was edited; nothing more follows", Location(name, 1))


def _check_reasons(before: State, after: State) -> Iterator[Reason]:
    for name in _edited(before, after, _CHECKS):
        about = _CHECK + name.removeprefix(_CHECKS).removesuffix(".rq")
        if name not in after.files:
            yield Reason(Level.MINOR, about, "the check is gone: less is asked for", Location(name))
        elif name not in before.files:
            yield Reason(Level.MINOR, about, "the check is new", Location(name, 1))
        else:
            yield Reason(Level.PATCH, about, "the check was edited", Location(name, 1))


def _with_versions(found: Verdict, before: State, after: State, change: Change[Statement]) -> Verdict:
    """The verdict with the versions that are there and the one that should be."""
    was, now = _versions(before), _versions(after)
    former = max(was.values(), key=_number, default="")
    wanted = raised(former, found.level)
    touched = {s.graph.value for s in (*change.gone, *change.come) if s.role in {Role.ONTOLOGY, Role.SHAPES}}
    main = max(now, key=lambda graph: (_number(now[graph]), "/ontology/" in graph, -len(graph)), default="")
    heads = {graph: now[graph] for graph in sorted(touched & now.keys())} or {main: now.get(main, "")}
    behind = [graph for graph, version in heads.items() if _number(version) < _number(wanted)]
    if found.level is Level.NONE:
        return Verdict(found.level, found.reasons, former, max(now.values(), key=_number, default=""), former)
    lowest = min(heads.values(), key=_number, default="")
    return Verdict(found.level, found.reasons, former, lowest, wanted, tuple(behind) if wanted else ())


def _versions(state: State) -> dict[str, str]:
    """`owl:versionInfo` of each module, by its graph; of a module that has none, an empty text."""
    found: dict[str, str] = {}
    for iri, triples in state.triples.items():
        if state.written[iri].role in {Role.ONTOLOGY, Role.SHAPES}:
            heads = {t.subject for t in triples if t.predicate == RDF_TYPE and t.object == _ONTOLOGY}
            told = [t.object.value for t in triples if t.subject in heads and t.predicate == _VERSION_INFO
                    and isinstance(t.object, Literal)]  # fmt: skip
            if heads:
                found[iri.value] = max(told, key=_number, default="")
    return found


def _number(version: str) -> tuple[int, int, int]:
    """A version as three numbers to compare by; what is none is lower than all."""
    found = re.fullmatch(r"v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:[-+].*)?", version.strip())
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else (-1, 0, 0)


def raised(version: str, level: Level) -> str:
    """The next version; before 1.0.0 the second number stands for the first, and the third for both others.

    Semantic Versioning promises nothing below 1.0.0 (item 4); this is how package managers read it. Empty where the
    version is none.
    """
    major, minor, patch = _number(version)
    if major < 0:
        return ""
    if level is Level.NONE:
        return version
    if level is Level.PATCH or (not major and level is Level.MINOR):
        return f"{major}.{minor}.{patch + 1}"
    if level is Level.MINOR or not major:
        return f"{major}.{minor + 1}.0"
    return f"{major + 1}.0.0"
