"""What the `false` rules of OWL 2 RL forbid, in plain words, and a contradiction as someone can mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdkg.reasoning.telling.explanation import Explanation, Tell

#: Each rule that concludes `false` (OWL 2 Profiles, section 4.3, tables 4 to 8), and what it forbids.
FORBIDS: Final = {
    "eq-diff1": "two things must not be both the same and different",
    "eq-diff2": "two members of a set of all different things must not be the same",
    "eq-diff3": "two members of a set of all different things must not be the same",
    "prp-irp": "an irreflexive property must not lead from a thing to itself",
    "prp-asyp": "an asymmetric property must not lead both ways between two things",
    "prp-pdw": "two disjoint properties must not join the same two things",
    "prp-adp": "two properties of a disjoint set must not join the same two things",
    "prp-npa1": "a relation that is denied must not hold",
    "prp-npa2": "a value that is denied must not be given",
    "cls-nothing2": "nothing may be a member of owl:Nothing",
    "cls-com": "a thing must not be a member of a class and of its complement",
    "cls-maxc1": "a property that a class forbids to its members must not be used on one",
    "cls-maxqc1": "a property that a class forbids to its members must not lead to a thing of that kind",
    "cls-maxqc2": "a property that a class forbids to its members must not lead to anything",
    "cax-dw": "a thing must not be a member of two disjoint classes",
    "cax-adc": "a thing must not be a member of two classes of a disjoint set",
    "dt-diff": "two literals of different value must not be the same",
    "dt-not-type": "a literal must be a value of its datatype",
}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A `false` rule that fired.

    Attributes:
        rule: Its name in the specification.
        statements: What clashes; an inferred statement has its proof, or under its rule the asserted ones behind it.
    """

    rule: str
    statements: tuple[Explanation, ...]

    @property
    def forbids(self) -> str:
        """What the rule forbids, in plain words; empty for what another engine reports."""
        return FORBIDS.get(self.rule, "")

    def lines(self, tell: Tell = str) -> Iterator[str]:
        """The contradiction as text: each statement with the lines that assert it or that it rests on."""
        yield f"{self.rule}: {self.forbids}" if self.forbids else self.rule
        for statement in self.statements:
            yield from (f"  {line}" for line in statement.lines(tell))

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "rule": self.rule,
            "forbids": self.forbids or None,
            "statements": [statement.as_json() for statement in self.statements],
        }


def told(contradictions: Sequence[Contradiction], number: int, tell: Tell = str) -> str:
    """All contradictions as one message, the only place that words them; `number` is how many there are in all."""
    lines = [f"the graph contradicts itself in {number} place{'s'[: number != 1]}"]
    for contradiction in contradictions:
        lines += contradiction.lines(tell)
    if number > len(contradictions):
        lines.append(f"… and {number - len(contradictions)} more")
    return "\n".join(lines)
