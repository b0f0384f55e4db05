"""Short labels for the blank nodes of a report, the same ones in each run.

Whoever reads a file invents labels for its blank nodes. A report that tells them would be another one each time; so
they get new ones, in the order in which the results come. Where two results are the same but for their labels, they are
told apart by the other results about these nodes; nodes that nothing tells apart may be exchanged without a difference.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from cdkg.validation.report import LABEL, Report, Result, in_order

#: The members that are a term, and those that are texts about terms.
_TERMS: Final = ("source", "focus", "value")
_TEXTS: Final = ("message", "expected", "hint")
#: Labels that pyoxigraph and rdflib invent; of others in a text nobody knows whether they are labels.
_INVENTED: Final = re.compile(r"_:N?[0-9a-f]{20,32}")


def relabelled(report: Report) -> Report:
    """The report with `_:b1`, `_:b2`, … for its blank nodes, and its results in an order that knows no labels."""
    known = {label for result in report.results for label in _in_terms(result)}
    labels = [tuple(_labels(result, known)) for result in report.results]
    if not any(labels) and not any(shape.startswith("_:") for shape in report.idle_shapes):
        return report
    ranks = _ranked([in_order(result) for result in report.results])
    names = _named(ranks, labels)
    for shape in report.idle_shapes:
        if shape.startswith("_:"):
            names.setdefault(shape, f"_:b{len(names) + 1}")
    results = [_renamed(result, names) for result in report.results]

    def place(i: int) -> tuple[object, ...]:
        return ranks[i], [_number(names[label]) for label in labels[i]], results[i].message

    order = sorted(range(len(ranks)), key=place)
    idle = tuple(sorted(names.get(shape, shape) for shape in report.idle_shapes))
    return replace(report, results=tuple(results[i] for i in order), idle_shapes=idle)


def _in_terms(result: Result) -> list[str]:
    terms = (getattr(result, member) for member in _TERMS)
    return [term for term in terms if term.startswith("_:")]


def _labels(result: Result, known: set[str]) -> Iterator[str]:
    """The labels of a result, in the order of its members."""
    yield from _in_terms(result)
    for member in _TEXTS:
        for found in LABEL.findall(getattr(result, member)):
            label = _marked(found)
            if label in known or _INVENTED.fullmatch(found):
                yield label


def _marked(found: str) -> str:
    """A label with its mark; messages of pySHACL lack it."""
    return found if found.startswith("_:") else f"_:{found}"


def _ranked(keys: Sequence[Any]) -> list[int]:
    """The place of each key in the order of all different ones."""
    places = {key: place for place, key in enumerate(sorted(set(keys)))}
    return [places[key] for key in keys]


def _named(ranks: Sequence[int], labels: Sequence[tuple[str, ...]]) -> dict[str, str]:
    """A new label for each, in the order of the results."""
    colours = _coloured(ranks, labels)
    names: dict[str, str] = {}

    def alike(i: int) -> tuple[object, ...]:
        return ranks[i], [colours[label] for label in labels[i]]

    for _, group in groupby(sorted(range(len(ranks)), key=alike), key=alike):
        # of what is alike, those whose nodes came before come first, in the same order
        for i in sorted(group, key=lambda i: [_number(names.get(label)) for label in labels[i]]):
            for label in labels[i]:
                names.setdefault(label, f"_:b{len(names) + 1}")
    return names


def _coloured(ranks: Sequence[int], labels: Sequence[tuple[str, ...]]) -> dict[str, int]:
    """What tells nodes apart: the results that they stand in, and the nodes beside them (colour refinement)."""
    colours = {label: 0 for told in labels for label in told}
    number = 0
    while len(set(colours.values())) > number:
        number = len(set(colours.values()))
        seen: dict[str, list[tuple[int, int, tuple[int, ...]]]] = defaultdict(list)
        for rank, told in zip(ranks, labels, strict=True):
            beside = tuple(colours[label] for label in told)
            for position, label in enumerate(told):
                seen[label].append((rank, position, beside))
        nodes = list(colours)
        colours = dict(zip(nodes, _ranked([(colours[node], *sorted(seen[node])) for node in nodes]), strict=True))
    return colours


def _number(name: str | None) -> float:
    return int(name.removeprefix("_:b")) if name else float("inf")


def _renamed(result: Result, names: Mapping[str, str]) -> Result:
    found: dict[str, Any] = {member: names[label] for member in _TERMS if (label := getattr(result, member)) in names}
    for member in _TEXTS:
        text = getattr(result, member)
        if LABEL.search(text):
            found[member] = LABEL.sub(lambda match: names.get(_marked(match[0]), match[0]), text)
    return replace(result, **found) if found else result
