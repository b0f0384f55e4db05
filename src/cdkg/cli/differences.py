"""How two viewpoints look side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyoxigraph import Literal, Triple
from rich.markup import escape

from cdkg.cli.show import out
from cdkg.reasoning.telling.explanation import term_text
from cdkg.reasoning.viewpoints import Comparison, Side
from cdkg.vocabulary import Term

#: So many triples of each property are shown, unless all are asked for.
_EXAMPLES = 3


def comparison(found: Comparison, names: Iterable[str], *, every: bool) -> None:
    """Print what each viewpoint holds alone: numbers by property, and examples with labels."""
    out.print(f"{found.shared:>9,}  triples in both")
    for name, side in zip(names, found.sides, strict=True):
        out.print(f"\n[bold]only {escape(name)}[/bold]: {len(side.stated):,} stated, {len(side.entailed):,} entailed")
        out.print(
            f"  not listed: {len(side.sentences):,} about sentences of its own passages, "
            f"{side.bookkeeping:,} about the passages themselves"
        )
        for predicate, (stated, entailed) in side.by_predicate().items():
            out.print(f"  {escape(term_text(predicate))}: {stated} stated, {entailed} entailed")
            triples = [(t, kind) for kind, part in (("", side.stated), (" (entailed)", side.entailed))
                       for t in part if t.predicate == predicate]  # fmt: skip
            for triple, kind in triples if every else triples[:_EXAMPLES]:
                out.print(f"    {escape(_labelled(triple, found.labels))}{kind}")
            if not every and len(triples) > _EXAMPLES:
                out.print(f"    … and {len(triples) - _EXAMPLES} more (--all)")


def comparison_json(found: Comparison, names: Iterable[str], *, every: bool) -> dict[str, Any]:
    """The same for programs; the triples themselves only where all are asked for."""
    return {
        "shared": found.shared,
        "viewpoints": [_side_json(side, name, every=every) for name, side in zip(names, found.sides, strict=True)],
    }


def _side_json(side: Side, name: str, *, every: bool) -> dict[str, Any]:
    numbers = {
        predicate.value: {"stated": stated, "entailed": entailed}
        for predicate, (stated, entailed) in side.by_predicate().items()
    }
    parts = {"stated": side.stated, "entailed": side.entailed, "sentences": side.sentences}
    told: dict[str, Any] = {"only": name, **{key: len(part) for key, part in parts.items()}}
    told |= {"bookkeeping": side.bookkeeping, "by_predicate": numbers}
    if every:
        told["triples"] = {key: [_terms(triple) for triple in part] for key, part in parts.items()}
    return told


def _terms(triple: Triple) -> list[str]:
    return [str(triple.subject), str(triple.predicate), str(triple.object)]


def _labelled(triple: Triple, labels: Mapping[Term, str]) -> str:
    return f"{_label(triple.subject, labels)} → {_label(triple.object, labels)}"


def _label(term: Term, labels: Mapping[Term, str]) -> str:
    """A literal as it is; a thing by its label and its name."""
    if isinstance(term, Literal):
        return term.value
    name = term_text(term)
    return f"{labels[term]} ({name})" if term in labels else name
