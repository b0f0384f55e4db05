"""What a change does: the difference between two states of a project, and what it touches."""

from cdkg.changes.comparing import compare
from cdkg.changes.deleted import deleted
from cdkg.changes.difference import SECTIONS, Change, Difference, Level, Verdict
from cdkg.changes.scope import changed_lines, changed_results, touched
from cdkg.changes.since import difference_since, foreign_difference_since, has_changed
from cdkg.changes.states import State, opened

__all__ = [
    "SECTIONS",
    "Change",
    "Difference",
    "Level",
    "State",
    "Verdict",
    "changed_lines",
    "changed_results",
    "compare",
    "deleted",
    "difference_since",
    "foreign_difference_since",
    "has_changed",
    "opened",
    "touched",
]
