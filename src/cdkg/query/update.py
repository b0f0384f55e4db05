"""SPARQL 1.1 Update on a store in memory: the guard, and the dataset that the protocol may name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pyoxigraph import NamedNode, Store

from cdkg.errors import Location, QueryError, VocabularyError, WriteError, reason_told_by
from cdkg.query.guard import Limits, inspect
from cdkg.sources.sparql import Token, tokens
from cdkg.vocabulary import BASE, PREFIXES

_DATASET: Final = frozenset({"USING", "WITH"})


def update(
    store: Store, text: str, *, using: Sequence[str] = (), using_named: Sequence[str] = (), limits: Limits | None = None
) -> None:
    """Apply an update request, all of it or nothing; the project's prefixes need not be declared.

    Args:
        store: The store to change.
        text: The request.
        using: Graphs that its patterns see as default graph (SPARQL 1.1 Protocol, section 2.2.3).
        using_named: Graphs that they see as named graphs.
        limits: How large it may be.

    Raises:
        QueryError: It is not allowed, or not valid.
        VocabularyError: A graph's name is no absolute IRI.
        WriteError: It cannot be done, as a graph that it names is not there.
    """
    inspect_update(text, limits)
    if using or using_named:
        text = _with_dataset(
            text, [*(f"USING {graph_name(g)}" for g in using), *(f"USING NAMED {graph_name(g)}" for g in using_named)]
        )
    try:
        store.update(text, base_iri=BASE, prefixes=PREFIXES)
    except (SyntaxError, ValueError) as error:
        raise QueryError(
            "the update is not valid SPARQL 1.1",
            where=Location.told_by(error, "update"),
            why=reason_told_by(error),
        ) from error
    except (OSError, RuntimeError) as error:  # it names a graph that is not there, for one
        raise WriteError("the update cannot be done", why=str(error)) from error


def inspect_update(text: str, limits: Limits | None = None) -> None:
    """Guard an update as a query is guarded; nor may it LOAD anything. An empty one is valid (section 19.8, rule 29).

    Raises:
        QueryError: It is too long, nested too deeply, or asks others for something.
    """
    if not text.strip():
        return
    inspect(text, replace(limits or Limits(), services=()))  # whoever writes asks nobody
    for kind, token, at in tokens(text):
        # the engine wants no blank behind a keyword: `LOADex:a` loads `ex:a`
        told = token if kind == "word" else token.partition(":")[0] if kind == "pname" else ""
        if told.upper().startswith("LOAD"):
            raise QueryError(
                "LOAD is not allowed here",
                where=Location("update", text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)),
                why="this endpoint sends no requests to others",
                hint="send the triples: PUT or POST to /graph-store, or INSERT DATA",
            )


def _with_dataset(text: str, clauses: list[str]) -> str:
    """The request with dataset clauses in each operation that has a pattern."""
    parts = list(tokens(text))
    if any(kind == "word" and token.upper() in _DATASET for kind, token, _ in parts):
        raise QueryError(
            "the request names its graphs twice",
            why="using-graph-uri and using-named-graph-uri may not stand beside USING or WITH (Protocol, 2.2.3)",
            hint="leave one of them out",
        )
    said = " " + " ".join(clauses) + " "
    depth, insertions = 0, []
    for index, (kind, token, at) in enumerate(parts):
        depth += (token == "{") - (token == "}") if kind == "other" else 0
        if depth == 0 and kind == "word" and token.upper() == "WHERE":
            before = parts[index - 1][1].upper() if index else ""
            # DELETE WHERE P is short for DELETE P WHERE P (section 3.1.3.3), and only the latter has a dataset
            template = _block(text, parts, index + 1) if before == "DELETE" else ""
            insertions.append((at, f" {template}{said}"))
    for at, clause in reversed(insertions):
        text = text[:at] + clause + text[at:]
    return text


def _block(text: str, parts: list[Token], start: int) -> str:
    depth = 0
    for kind, token, at in parts[start:]:
        depth += (token == "{") - (token == "}") if kind == "other" else 0
        if depth == 0:
            return text[parts[start][2] : at + len(token)]
    return ""


#: What a graph's name may not hold, for it stands in IRIs of requests.
_ODD: Final = re.compile(r"[\x00-\x20<>\"{}|\\^`]")


def graph_name(name: str) -> NamedNode:
    """The name of a graph.

    Raises:
        VocabularyError: It is no absolute IRI.
    """
    if _ODD.search(name):
        raise VocabularyError(f"{name!r} is no absolute IRI", why="it has a character that no IRI has")
    try:
        return NamedNode(name)
    except ValueError as error:
        raise VocabularyError(f"{name!r} is no absolute IRI", why=str(error)) from error
