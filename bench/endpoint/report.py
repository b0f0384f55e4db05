"""What was measured, as tables for people and as JSON for machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """One load on one server.

    Attributes:
        graph: Name of the graph; empty where there is none.
        server: Name of the server.
        load: Name of the load.
        at_once: How many requests were on their way at a time.
        rps: Requests answered a second.
        p50: Milliseconds that half of them took at most.
        p99: Milliseconds that all but one in a hundred took at most.
        failed: How many had another status than 200, or none.
        megabytes: Memory of the server behind it.
    """

    graph: str
    server: str
    load: str
    at_once: int
    rps: float
    p50: float
    p99: float
    failed: int
    megabytes: float


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be said of a server in words: why it was not measured, which answers differ."""

    graph: str
    server: str
    told: str


def as_json(cells: Iterable[Cell], notes: Iterable[Note], machine: str) -> dict[str, Any]:
    """All of it as JSON has it."""
    return {"machine": machine, "cells": [asdict(each) for each in cells], "notes": [asdict(each) for each in notes]}


def text(cells: Sequence[Cell], notes: Sequence[Note], machine: str) -> str:
    """All tables, below what is to be known of the machine."""
    return "\n".join([machine, "", *_cells(cells), "", *(f"{n.graph:<6}{n.server}: {n.told}" for n in notes), ""])


def _cells(cells: Sequence[Cell]) -> Iterator[str]:
    yield "rps: requests answered a second; x: times as many as ours in the same load; p50, p99 in ms; MB: shared once."
    heads = ("rps", "x", "p50", "p99", "failed", "MB")
    yield f"{'graph':<6}{'load':<18}{'at once':>8}  {'server':<17}{''.join(f'{head:>10}' for head in heads)}"
    for cell in sorted(cells, key=lambda c: (c.graph, c.load, c.at_once)):
        own = ours(cells, cell)
        times = f"{cell.rps / own.rps:.2f}" if own and own.rps else ""
        shown = (
            f"{cell.rps:.1f}",
            times,
            f"{cell.p50:.2f}",
            f"{cell.p99:.2f}",
            str(cell.failed),
            f"{cell.megabytes:.0f}",
        )
        yield f"{cell.graph:<6}{cell.load:<18}{cell.at_once:>8}  {cell.server:<17}{''.join(f'{s:>10}' for s in shown)}"


def ours(cells: Iterable[Cell], cell: Cell) -> Cell | None:
    """Our cell under the same load; None where there is none."""
    same = (cell.graph, cell.load, cell.at_once)
    return next((c for c in cells if c.server == "cdkg" and (c.graph, c.load, c.at_once) == same), None)
