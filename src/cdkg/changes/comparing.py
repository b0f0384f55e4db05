"""Two states side by side: the difference between them, as far as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cdkg.changes.difference import SECTIONS, Change, Difference, Statement
from cdkg.changes.findings import contradictions, findings, questions
from cdkg.changes.scope import scope
from cdkg.changes.statements import inferences, moved, statements
from cdkg.changes.states import State
from cdkg.changes.things import Inventory, instances, things
from cdkg.changes.version import verdict
from cdkg.errors import SettingsError
from cdkg.graph import Role


def compare(
    before: State, after: State, sections: Iterable[str] = SECTIONS, tell: Callable[[str], None] = lambda _: None
) -> Difference:
    """What differs between two states; only the work that the wanted sections need is done.

    Args:
        before: The former state.
        after: The latter.
        sections: What is wanted (see `SECTIONS`).
        tell: Is told what is being done, to show progress.

    Raises:
        SettingsError: There is no such section.
        SourceError: A state cannot be read.
        RuleError: A closed-world rule cannot be run.
        ShapesError: The shapes or checks of a state cannot be used.
        QueryError: A question has no header.
    """
    wanted = tuple(section for section in SECTIONS if section in set(sections))
    if unknown := sorted(set(sections) - set(SECTIONS)):
        raise SettingsError(f"there is no section {unknown[0]!r}", hint=f"take one of {', '.join(SECTIONS)}")
    return _Comparison(before, after, wanted, tell).run()


class _Comparison:
    """The work of `compare`, section by section."""

    def __init__(self, before: State, after: State, wanted: tuple[str, ...], tell: Callable[[str], None]) -> None:
        self._states, self._wanted, self._tell = (before, after), wanted, tell

    def run(self) -> Difference:
        """All wanted sections."""
        before, after = self._states
        self._tell("read both states")
        change = statements(before, after)
        found: dict[str, Any] = {"scope": scope(before, after, change)}
        if "statements" in self._wanted:
            found |= {"statements": change, "moved": moved(change)}
        if self._wants("things", "disagreements", "version"):
            self._add_things(found, change)
        if self._wants("inferences", "contradictions") and self._may_follow(change):
            self._tell("reason over both states")
            if "inferences" in self._wanted:
                found["inferences"] = inferences(before, after)
            if "contradictions" in self._wanted:
                found["contradictions"] = contradictions(before, after)
        if "questions" in self._wanted:
            self._tell("ask both states the competency questions")
            same = not self._may_follow(change)
            found["questions"], found["answers"] = questions(before, after, same=same)
        if "findings" in self._wanted and (change or self._may_follow(change) or self._edited("queries/checks/")):
            self._tell("validate both states")
            found["findings"] = findings(before, after)
        return Difference(before.name, after.name, self._wanted, **found)

    def _add_things(self, found: dict[str, Any], change: Change[Statement]) -> None:
        before, after = self._states
        inventories = Inventory(before), Inventory(after)
        entities, terms, shapes = things(*inventories, change)
        if "disagreements" in self._wanted and change:
            self._tell("look for disagreements")
            for field, name in (("disagreements", "Disagreement"), ("gaps", "Gap")):
                found[field] = instances(before, after, inventories, entities, name)
        if "version" in self._wanted:
            self._tell("judge the version")
            found["version"] = verdict(before, after, change, terms, shapes, inventories[1])
        if "things" in self._wanted:
            found |= {"entities": entities, "terms": terms, "shapes": shapes}

    def _wants(self, *sections: str) -> bool:
        return not set(sections).isdisjoint(self._wanted)

    def _may_follow(self, change: Change[Statement]) -> bool:
        """Whether something else can follow: a triple or a rule differs, or a snapshot was built by other rules."""
        built = any(state.snapshot for state in self._states)
        asserted = any(s.role is not Role.SHAPES for side in (change.gone, change.come) for s in side)
        return asserted or built or self._edited("ontology/rules/")

    def _edited(self, folder: str) -> bool:
        """Whether a query of a folder was edited."""
        one, other = (
            {name: state.text(name) for name in state.files if name.startswith(folder) and name.endswith(".rq")}
            for state in self._states
        )
        return one != other
