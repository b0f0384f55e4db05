"""A contradiction of the reasoner as a finding."""

from __future__ import annotations

from cdkg.reasoning.telling.contradiction import Contradiction
from cdkg.reasoning.telling.explanation import triple_text
from cdkg.validation.places import is_axiom
from cdkg.validation.report import Kind, Result, Severity


def as_result(contradiction: Contradiction) -> Result:
    """The statements that clash as one finding; its places are all lines that state them or that they rest on."""
    statements = contradiction.statements
    told = "; ".join(triple_text(statement.triple) for statement in statements)
    forbids = contradiction.forbids[:1].upper() + contradiction.forbids[1:]
    leaves = sorted((leaf for statement in statements for leaf in statement.leaves()), key=lambda e: is_axiom(e.triple))
    places = (place for leaf in leaves for place in leaf.places)
    first = min((statement.triple for statement in statements), key=is_axiom, default=None)
    return Result(
        Severity.VIOLATION,
        f"{forbids}. Here: {told}." if forbids else f"The graph contradicts itself: {told}.",
        f"urn:cdkg:rule:{contradiction.rule}",
        str(first.subject) if first else "",
        str(first.predicate) if first else "",
        str(first.object) if first else "",
        tuple(dict.fromkeys(places)),
        Kind.CONTRADICTION,
        hint="keep the statement that is right and mend the others, or mend the axiom that makes them clash",
    )
