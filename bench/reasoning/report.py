"""What was measured, as a table for people and as JSON for machines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Row:
    """One engine on one graph.

    Attributes:
        graph: Name of the graph.
        engine: Name of the engine.
        given: How many triples the graph has.
        figures: What the worker measured; None where the engine did not end.
        note: Why there are no figures.
        missing: By kind, how many triples it lacks that ours has.
        extra: By kind, how many it has that ours lacks.
        examples: Some of them.
    """

    graph: str
    engine: str
    given: int
    figures: dict[str, float | None] | None
    note: str = ""
    missing: dict[str, int] | None = None
    extra: dict[str, int] | None = None
    examples: dict[str, list[str]] | None = None

    def seconds(self, measure: str) -> float | None:
        """Seconds of `reason`, of `parsed` (with taking the triples in) or of `loaded` (with loading as well)."""
        if self.figures is None or (measure == "loaded" and self.figures["load"] is None):
            return None
        steps = {"reason": ("reason",), "parsed": ("take", "reason"), "loaded": ("take", "reason", "load")}[measure]
        return sum(self.figures[step] or 0.0 for step in steps)


MEASURES: Final = ("reason", "parsed", "loaded")


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows as JSON has them."""
    return [asdict(row) for row in rows]


def text(rows: list[Row]) -> str:
    """All tables."""
    return "\n".join([*_times(rows), "", *_growth(rows), "", *_differences(rows)]) + "\n"


def _times(rows: list[Row]) -> Iterator[str]:
    yield "Seconds (median); `x`: how many times as long as ours it takes; MB: the peak before loading and after it."
    yield (
        f"{'graph':<14}{'triples':>9}  {'engine':<11}{'reason':>9}{'x':>8}{'+parse':>9}{'x':>8}{'+load':>9}{'x':>8}"
        f"{'MB':>7}{'MB':>7}{'follows':>10}{'start':>7}"
    )
    ours = {row.graph: row for row in rows if row.engine == "cdkg"}
    for row in rows:
        start = f"{row.graph:<14}{row.given:>9}  {row.engine:<11}"
        if row.figures is None:
            yield f"{start} {row.note}"
            continue
        base = ours.get(row.graph)
        cells = "".join(
            f"{_number(row.seconds(m)):>9}{_ratio(row.seconds(m), base.seconds(m) if base else None):>8}"
            for m in MEASURES
        )
        figures = row.figures
        follows = figures["follows"]
        yield (
            f"{start}{cells}{figures['peak']:>7.0f}{figures['peak_loaded']:>7.0f}"
            f"{'' if follows is None else int(follows):>10}{figures['start']:>7.2f}"
        )


def _number(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.{4 if seconds < 0.1 else 3 if seconds < 10 else 1}f}"


def _ratio(theirs: float | None, ours: float | None) -> str:
    return f"{theirs / ours:.2f}" if theirs and ours else ""


def _growth(rows: list[Row]) -> Iterator[str]:
    yield "Growth: the exponent of time over triples, between sizes of the generated graphs (1 is straight)."
    for engine in dict.fromkeys(row.engine for row in rows):
        sized = [r for r in rows if r.engine == engine and r.graph.startswith("towns-") and r.figures]
        sized.sort(key=lambda row: row.given)
        for measure in MEASURES:
            steps = [
                f"{smaller.given}→{larger.given} {exponent(smaller, larger, measure):.2f}"
                for smaller, larger in pairwise(sized)
            ]
            if steps:
                yield f"  {engine:<11}{measure:<8}{'  '.join(steps)}"


def exponent(smaller: Row, larger: Row, measure: str) -> float:
    """k, where time grows with the k-th power of the number of triples."""
    short, long = smaller.seconds(measure), larger.seconds(measure)
    if not short or not long:
        return math.nan
    return math.log(long / short) / math.log(larger.given / smaller.given)


def _differences(rows: list[Row]) -> Iterator[str]:
    yield "Closures against ours: triples without blank nodes that an engine lacks, and has beyond ours, by kind."
    for row in rows:
        if row.missing is None or row.extra is None:
            continue
        sides = [
            f"{side} {sum(kinds.values())} ({', '.join(f'{kind} {n}' for kind, n in sorted(kinds.items()))})"
            for side, kinds in (("lacks", row.missing), ("adds", row.extra))
            if kinds
        ]
        yield f"  {row.graph:<14}{row.engine:<11}{'; '.join(sides) or 'the same'}"
        for kind, examples in sorted((row.examples or {}).items()):
            if kind.endswith("other"):
                yield from (f"      {kind.partition(':')[0]}: {example}" for example in examples)
