"""Names for blank nodes that say what they are, so that a file which is read twice shows no difference.

The blank nodes of a graph are taken apart into those that hang together. Each such part is named by its own content, so
a change of one class expression leaves the names of all others alone (canonical labels of a whole dataset do not).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from pyoxigraph import BlankNode, Triple

from cdkg.vocabulary import Term

#: So many nodes that look like others are told apart by trying all orders; each more would take five times as long.
_MOST_ALIKE: Final = 5

#: What is around each blank node: the way of a triple, its predicate, and its other end.
_Around = Mapping[BlankNode, list[tuple[str, str, Term]]]
_Colours = dict[BlankNode, str]


def canonical_names(triples: Iterable[Triple]) -> dict[BlankNode, BlankNode]:
    """A name for each blank node of a graph; isomorphic graphs get the same names.

    Where more than a handful of nodes look alike, the order of the file decides: there a difference may be shown where
    there is none, never the other way round.
    """
    names: dict[BlankNode, BlankNode] = {}
    for part in _parts(triples):
        around = _around(part)
        colours = _told_apart(around, dict.fromkeys(around, ""))
        content = _content(around, colours)
        names |= {node: BlankNode(f"b{_digest([content, colour])}") for node, colour in colours.items()}
    return names


def renamed(triple: Triple, names: Mapping[BlankNode, BlankNode]) -> Triple:
    """A triple with other names for its blank nodes."""
    subject, obj = triple.subject, triple.object
    if isinstance(subject, BlankNode):
        subject = names.get(subject, subject)
    if isinstance(obj, BlankNode):
        obj = names.get(obj, obj)
    return Triple(subject, triple.predicate, obj)


def blank(triple: Triple) -> list[BlankNode]:
    """The blank nodes of a triple."""
    return [term for term in (triple.subject, triple.object) if isinstance(term, BlankNode)]


def _parts(triples: Iterable[Triple]) -> list[list[Triple]]:
    """The triples with blank nodes, those together that share one, directly or by way of others."""
    about: dict[BlankNode, list[Triple]] = defaultdict(list)
    for triple in triples:
        for node in blank(triple):
            about[node].append(triple)
    parts, seen = [], set[BlankNode]()
    for start in about:
        if start in seen:
            continue
        seen.add(start)
        part, waiting = dict[Triple, None](), [start]
        while waiting:
            for triple in about[waiting.pop()]:
                part[triple] = None
                news = [node for node in blank(triple) if node not in seen]
                seen.update(news)
                waiting += news
        parts.append(list(part))
    return parts


def _around(part: Iterable[Triple]) -> _Around:
    found: dict[BlankNode, list[tuple[str, str, Term]]] = defaultdict(list)
    for triple in part:
        if isinstance(triple.subject, BlankNode):
            found[triple.subject].append((">", str(triple.predicate), triple.object))
        if isinstance(triple.object, BlankNode):
            found[triple.object].append(("<", str(triple.predicate), triple.subject))
    return found


def _told_apart(around: _Around, colours: _Colours) -> _Colours:
    """A colour for each node that no other has; of nodes that look alike, the order with the smallest content."""
    while True:
        colours = _refined(around, colours)
        alike: dict[str, list[BlankNode]] = defaultdict(list)
        for node, colour in colours.items():
            alike[colour].append(node)
        if len(alike) == len(colours):
            return colours
        nodes = alike[min(colour for colour, nodes in alike.items() if len(nodes) > 1)]
        if len(colours) - len(alike) <= _MOST_ALIKE:
            tried = [_told_apart(around, colours | {node: f"{colours[node]}!"}) for node in nodes]
            return min(tried, key=lambda colours: _content(around, colours))
        colours = colours | {node: f"{colours[node]}!{number}" for number, node in enumerate(nodes)}


def _refined(around: _Around, colours: _Colours) -> _Colours:
    """Look further and further around each node, until no more are told apart (colour refinement)."""
    told = 0
    while True:
        colours = {
            node: _digest([colours[node], *sorted(_seen(link, colours) for link in links)])
            for node, links in around.items()
        }
        now = len(set(colours.values()))
        if now == told:
            return colours
        told = now


def _seen(link: tuple[str, str, Term], colours: _Colours) -> str:
    way, name, end = link
    return "\0".join((way, name, f"_:{colours[end]}" if isinstance(end, BlankNode) else str(end)))


def _content(around: _Around, colours: _Colours) -> str:
    """All that a part says, with the colours for names."""
    told = (f"{colours[node]}\0{_seen(link, colours)}" for node, links in around.items() for link in links)
    return _digest(sorted(told))


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\1".join(parts).encode()).hexdigest()[:24]
