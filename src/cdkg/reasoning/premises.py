"""What a closed-world rule was applied to: one match of its body that gives a certain triple, found on demand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pyoxigraph import NamedNode, Quad, QuerySolutions, Store, Triple, Variable

from cdkg.reasoning.rules import Rule
from cdkg.vocabulary import PREFIXES, Term

#: A pattern of a rule: variables by name, all else as terms.
_Pattern = tuple[str | Term, str | Term, str | Term]
_Bindings = dict[str, Term]


def premises(rule: Rule, store: Store, conclusion: Triple) -> tuple[Triple, ...]:
    """The triples that the positive patterns of `rule` match when it constructs `conclusion`; empty where none do.

    What the rule negates leaves no triple, and what an aggregate has counted together is left out.
    """
    template, body = _patterns(rule)
    where = _body(rule)
    for pattern in template:
        bound = _unify(pattern, conclusion)
        if bound is None:
            continue
        values: dict[Variable, Any] = {Variable(name): term for name, term in bound.items()}
        rows = store.query(f"SELECT * WHERE {where}", prefixes=PREFIXES, substitutions=values)
        if not isinstance(rows, QuerySolutions):
            continue
        names = [variable.value for variable in rows.variables]
        for row in rows:
            known = bound | {name: row[name] for name in names if row[name] is not None}
            found = tuple(t for t in (_ground(atom, known) for atom in body) if t is not None and _holds(store, t))
            if found:
                return found
    return ()


def _body(rule: Rule) -> str:
    """The rule's text from the brace that opens its body on; `WHERE` may be left out (SPARQL 1.1, section 19.8)."""
    bare = re.sub(r"^\s*#.*$", "", rule.text, flags=re.MULTILINE)
    found = re.search(r"\bCONSTRUCT\s*\{[^{}]*\}\s*(?:WHERE\s*)?(\{.*)", bare, re.IGNORECASE | re.DOTALL)
    return found[1] if found else "{}"


@lru_cache(maxsize=256)
def _patterns(rule: Rule) -> tuple[list[_Pattern], list[_Pattern]]:
    """The template and the triple patterns of the body that are neither negated nor in a filter."""
    from rdflib.plugins.sparql.algebra import translateQuery  # noqa: PLC0415  # only who asks for a proof pays
    from rdflib.plugins.sparql.parser import parseQuery  # noqa: PLC0415

    algebra = translateQuery(parseQuery(rule.text), initNs=PREFIXES).algebra
    return [_pattern(t) for t in algebra.template], [_pattern(t) for t in _basic(algebra.p)]


def _basic(part: Any) -> Iterator[Any]:
    """The triples of all basic graph patterns below a part of the algebra; expressions are not looked into."""
    if getattr(part, "name", "") == "BGP":
        yield from part.triples
        return
    for name in ("p", "p1", "p2"):
        inner = part.get(name) if hasattr(part, "get") else None
        if inner is not None and getattr(part, "name", "") != "Minus":
            yield from _basic(inner)


def _pattern(nodes: Any) -> _Pattern:
    import rdflib  # noqa: PLC0415

    def term(node: Any) -> str | Term:
        # a constant literal in a rule's pattern does not occur; it would simply match nothing here
        return NamedNode(str(node)) if isinstance(node, rdflib.URIRef) else str(node)

    s, p, o = (term(node) for node in nodes)
    return (s, p, o)


def _unify(pattern: _Pattern, triple: Triple) -> _Bindings | None:
    bound: _Bindings = {}
    for part, term in zip(pattern, (triple.subject, triple.predicate, triple.object), strict=True):
        if isinstance(part, str):
            if bound.setdefault(part, term) != term:
                return None
        elif part != term:
            return None
    return bound


def _ground(pattern: _Pattern, known: _Bindings) -> Triple | None:
    s, p, o = (known.get(part) if isinstance(part, str) else part for part in pattern)
    if s is None or p is None or o is None:
        return None
    return Triple(s, p, o)  # type: ignore[arg-type]  # the store has matched them in these places


def _holds(store: Store, triple: Triple) -> bool:
    return Quad(triple.subject, triple.predicate, triple.object) in store
