"""Terms as people name them: prefixed names, IRIs, literals, and labels in any language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode

from cdkg.errors import VocabularyError
from cdkg.graph import KnowledgeGraph
from cdkg.vocabulary import PREFIXES, RDF_TYPE, RDFS_LABEL, read_name, read_term, shorten

_LABELS: Final = frozenset({RDFS_LABEL, *(NamedNode(PREFIXES["skos"] + kind) for kind in ("prefLabel", "altLabel"))})
_PROPERTY: Final = frozenset(
    NamedNode(PREFIXES["owl"] + kind) for kind in ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")
) | {NamedNode(PREFIXES["rdf"] + "Property")}


class Names:
    """Finds the terms of a graph by name or by label; upper and lower case are one, as are all languages."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph

    def node(self, text: str) -> NamedNode:
        """The node that a prefixed name, an IRI or a label means.

        Raises:
            VocabularyError: Nothing is called so, or several things are.
        """
        return self._only(text, self._by_label.get(_plain(text), ())) if _is_label(text) else read_name(text)

    def predicate(self, text: str) -> NamedNode:
        """The property that a name or a label means; `a` is `rdf:type`, as in Turtle.

        Raises:
            VocabularyError: No property is called so, or several are.
        """
        if text == "a":
            return RDF_TYPE
        if not _is_label(text):
            return read_name(text)
        return self._only(text, [node for node in self._by_label.get(_plain(text), ()) if node in self._properties])

    def objects(self, text: str) -> list[NamedNode | Literal]:
        """What an object may mean, the likelier first: a literal as Turtle writes it, else a name or a label.

        Raises:
            VocabularyError: It is no literal, and nothing, or more than one thing, is called so.
        """
        if not _is_label(text):
            return [read_name(text)]
        try:
            literal = read_term(text)
        except VocabularyError:
            return [self.node(text)]
        labelled = self._by_label.get(_plain(text), ())
        return [literal, *labelled] if len(labelled) == 1 else [literal]

    def nearest(self, node: NamedNode) -> list[str]:
        """Names like that of a node which the graph does not know; none for one that it knows."""
        if node in self._known:
            return []
        name = shorten(node.value)
        prefix = name.partition(":")[0] + ":"
        return get_close_matches(name, [n for n in map(_short, self._known) if n.startswith(prefix)], n=3, cutoff=0.7)

    def _only(self, text: str, found: Iterable[NamedNode]) -> NamedNode:
        nodes = sorted(found, key=str)
        if len(nodes) == 1:
            return nodes[0]
        if nodes:
            raise VocabularyError(
                f"{text!r} may be {len(nodes)} things",
                why=f"so are called {', '.join(map(_short, nodes[:10]))}{', …' if len(nodes) > 10 else ''}",
                hint="write one of these names",
            )
        if ":" in text:
            read_name(text)  # which says what is wrong with it as a name
        near = get_close_matches(_plain(text), self._by_label, n=3, cutoff=0.6)
        told = (f"{label!r} ({', '.join(map(_short, sorted(self._by_label[label], key=str)[:3]))})" for label in near)
        raise VocabularyError(
            f"nothing is called {text!r}",
            hint=f"did you mean {' or '.join(told)}?" if near else "write a prefixed name, an IRI or a label",
        )

    @cached_property
    def _by_label(self) -> dict[str, list[NamedNode]]:
        found: dict[str, dict[NamedNode, None]] = defaultdict(dict)
        for triple in self._graph.union:
            node, label = triple.subject, triple.object
            if triple.predicate in _LABELS and isinstance(label, Literal) and isinstance(node, NamedNode):
                found[_folded(label.value)][node] = None
        return {label: list(nodes) for label, nodes in found.items()}

    @cached_property
    def _properties(self) -> set[NamedNode]:
        used = {t.predicate for t in self._graph.union}
        return used | {t.subject for t in self._graph.union if t.object in _PROPERTY and t.predicate == RDF_TYPE}  # type: ignore[misc]

    @cached_property
    def _known(self) -> set[NamedNode]:
        terms = (term for t in self._graph.union for term in (t.subject, t.predicate, t.object))
        return {term for term in terms if isinstance(term, NamedNode)}


def _is_label(text: str) -> bool:
    """Whether a text is no name: it has no prefix of ours and is no IRI."""
    prefix, colon, _ = text.partition(":")
    return not text.startswith(("<", "http://", "https://", "urn:")) and not (colon and prefix in PREFIXES)


def _plain(text: str) -> str:
    """A label without the quotes and the language that Turtle would give it."""
    if text[:1] in {'"', "'"}:
        literal = read_term(text)
        text = literal.value
    return _folded(text)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _short(node: NamedNode) -> str:
    return shorten(node.value)
