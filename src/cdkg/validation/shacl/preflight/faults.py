"""A fault of the shapes themselves."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import Triple

from cdkg.validation.report import Severity
from cdkg.vocabulary import Term


@dataclass(frozen=True, slots=True)
class ShapeFault:
    """What is wrong with a shape before any data is looked at.

    Attributes:
        rule: The kind of fault, a name that stays the same (`unknown-term`, `recursive-shape`).
        triple: The triple that is at fault; None where something is missing.
        shape: The node it is about: a shape, component, list or ontology.
        what: What is wrong.
        why: Why that matters, or what the standard asks.
        hint: What to do about it.
        severity: A violation where a check would be wrong or not made; else a warning or information.
    """

    rule: str
    triple: Triple | None
    shape: Term
    what: str
    why: str
    hint: str
    severity: Severity = Severity.VIOLATION

    @property
    def message(self) -> str:
        """What is wrong and why, as a sentence; a term at its beginning keeps its letters, as `sh:property`."""
        first = self.what.partition(" ")[0]
        what = self.what if ":" in first else self.what[:1].upper() + self.what[1:]
        return f"{what}: {self.why}."
