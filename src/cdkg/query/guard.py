"""Look at a query before any engine parses it: size, nesting, SERVICE, and its dataset clauses.

It looks at tokens, so that nothing inside strings, IRIs or comments misleads it.
The engine behind it is laxer in two ways: it wants no space around keywords (`trueSERVICE<…>`), and after an operand it
reads `<` as "less than" where the recommendation sees an IRI. Both are refused where they could hide something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import NamedNode, RdfFormat, parse

from cdkg.errors import Location, QueryError
from cdkg.query.services import Service, named_services, rewritten
from cdkg.sources.sparql import Token, tokens
from cdkg.vocabulary import PREFIXES

#: An IRI that could be a comparison with an expression, a string or a comment behind it; with `://` it never is one.
_AMBIGUOUS: Final = re.compile(r"<(?![A-Za-z][A-Za-z0-9+.\-]*://).*['()#\[\]]")
#: Each of these makes the engine's recursion one level deeper, nested or not; it ends the process at some 2,000.
_STEPS: Final = frozenset("{.!+-*/|^&=<>")
_STEP_WORDS: Final = frozenset({"BIND", "FILTER"})
_MOST_STEPS: Final = 1000
_FORMS: Final = frozenset({"ASK", "CONSTRUCT", "DESCRIBE", "SELECT"})
#: An IRI without `://` may be a comparison; with more such characters than this it is counted as one.
_STEPS_OF_AN_IRI: Final = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a query may be: bytes of UTF-8, and depth of brackets; and which services it may ask."""

    size: int = 100_000
    depth: int = 200
    services: tuple[Service, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspected:
    """A query that passed: its text without dataset clauses, the graphs that those named, and its form.

    Attributes:
        form: `SELECT`, `ASK`, `CONSTRUCT` or `DESCRIBE`; empty where it has none of them and is no query.
        names_graphs: Whether it may look into named graphs (GRAPH, section 13.3).
    """

    text: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    form: str = ""
    names_graphs: bool = True

    @property
    def has_dataset(self) -> bool:
        """Whether the query has a FROM or FROM NAMED clause."""
        return bool(self.default_graphs or self.named_graphs)


def inspect(text: str, limits: Limits | None = None, base: str = "") -> Inspected:
    """Guard a query, take out its dataset clauses (SPARQL 1.1 Query, section 13.2), and send services by the relay.

    Args:
        text: The query.
        limits: How large it may be.
        base: What relative IRIs are relative to, unless the query says.

    Raises:
        QueryError: It is empty, too long, nested too deeply, or calls a SERVICE that is not allowed; a string is not
            closed, or the text has no form in UTF-8.
    """
    limits = limits or Limits()
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise QueryError("the query is not UTF-8", where=_place(text, error.start)) from error
    if not text.strip():
        raise QueryError("the query is empty", hint="SELECT * WHERE { ?s ?p ?o } LIMIT 10")
    if size > limits.size:
        raise QueryError(f"the query has {size} bytes", why=f"at most {limits.size} are answered")
    parts = list(_tokens(text))
    _check_nesting(text, parts, limits)
    services: list[tuple[int, int, Service]] = []
    if "SERVICE" in text.upper():
        _check_ambiguous(text, parts)
        services = named_services(text, parts, limits.services)
    form = next((token.upper() for kind, token, _ in parts if kind == "word" and token.upper() in _FORMS), "")
    found = _take_dataset(text, parts, base) if "FROM" in text.upper() else Inspected(text, (), ())
    # places in the text are still what they were: dataset clauses leave blanks behind
    names_graphs = any(_may_name_graphs(kind, token) for kind, token, _ in parts)
    return replace(found, text=rewritten(found.text, services), form=form, names_graphs=names_graphs)


def _may_name_graphs(kind: str, token: str) -> bool:
    """Whether GRAPH may be in a token; the engine wants no space around keywords."""
    return kind != "string" and "GRAPH" in token.upper() and not (kind == "iri" and "://" in token)


def _tokens(text: str) -> Iterator[Token]:
    for token in tokens(text):
        if token[0] == "unclosed":
            raise QueryError("the string that begins here is not closed", where=_place(text, token[2]))
        yield token


def _check_nesting(text: str, parts: list[Token], limits: Limits) -> None:
    depth = steps = 0
    for kind, token, at in parts:
        if kind == "other":
            depth += (token in "{([") - (token in "})]")
        steps += _steps(kind, token)
        if depth > limits.depth:
            raise QueryError(
                "the query is nested too deeply",
                where=_place(text, at),
                why=f"more than {limits.depth} brackets are open",
            )
        if steps > _MOST_STEPS:
            raise QueryError(
                "the query has too many parts",
                where=_place(text, at),
                why=f"more than {_MOST_STEPS} groups, triple patterns and operators",
                hint="write a long list as VALUES or IN",
            )
    if sum(map(text.count, "{([")) > limits.depth:
        _check_ambiguous(text, parts)


def _steps(kind: str, token: str) -> int:
    if kind == "iri" and "://" not in token:
        steps = sum(map(token.count, _STEPS))
        return steps if steps > _STEPS_OF_AN_IRI else 0
    return token in _STEPS if kind == "other" else kind == "word" and token.upper() in _STEP_WORDS


def _check_ambiguous(text: str, parts: list[Token]) -> None:
    for kind, token, at in parts:
        if kind == "iri" and _AMBIGUOUS.match(token):
            raise QueryError(
                f"{token} may be an IRI or a comparison",
                where=_place(text, at),
                hint="put a space after <, or write the IRI as a prefixed name",
            )


def _take_dataset(text: str, parts: list[Token], base: str) -> Inspected:
    prefixes = dict(PREFIXES)
    default: list[str] = []
    named: list[str] = []
    cuts: list[tuple[int, int]] = []
    depth = index = 0
    in_template = False
    while index < len(parts):
        kind, token, at = parts[index]
        word = token.upper() if kind == "word" else ""
        if token == "{" and not in_template:
            break  # dataset clauses stand before the first group, or between a template and that
        depth += (token == "{") - (token == "}")
        if word == "CONSTRUCT" or (token == "}" and not depth):
            in_template = word == "CONSTRUCT"
        if word == "PREFIX" and index + 2 < len(parts):
            prefixes[parts[index + 1][1][:-1]] = _joined(base, parts[index + 2][1])
            index += 2
        elif word == "BASE" and index + 1 < len(parts):
            base = _joined(base, parts[index + 1][1])
        elif word == "FROM" and index + 1 < len(parts):
            is_named = parts[index + 1][1].upper() == "NAMED"
            index += 1 + is_named
            if index < len(parts) and parts[index][0] in {"iri", "pname"}:
                _, name, name_at = parts[index]
                (named if is_named else default).append(_resolve(name, prefixes, base, _place(text, name_at)))
                cuts.append((at, name_at + len(name)))
        index += 1
    for start, end in reversed(cuts):
        text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return Inspected(text, tuple(default), tuple(named))


def _resolve(name: str, prefixes: dict[str, str], base: str, place: Location) -> str:
    if name.startswith("<"):
        return _joined(base, name)
    prefix, _, local = name.partition(":")
    if prefix not in prefixes:
        raise QueryError(f"the prefix {prefix}: is not declared", where=place, hint=f"add PREFIX {prefix}: <…>")
    return prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)


def _joined(base: str, iri: str) -> str:
    """An IRI as it stands in a query, its escapes taken out (section 19.2), absolute (section 4.1.1.2).

    What is none comes back as it is: the engine, or whoever looks for the graph, says so.
    """
    try:
        named = next(iter(parse(f"{iri} a {iri} .", RdfFormat.TURTLE, base_iri=base or None))).subject
    except (StopIteration, SyntaxError, ValueError):
        return iri[1:-1]
    return named.value if isinstance(named, NamedNode) else iri[1:-1]


def _place(text: str, at: int) -> Location:
    return Location("query", text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
