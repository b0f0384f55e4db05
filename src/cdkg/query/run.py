"""Run a guarded query on a store and write its answer in a standard format."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from pyoxigraph import DefaultGraph, NamedNode, Quad, QueryBoolean, QuerySolutions, QueryTriples, Store, Triple

from cdkg.errors import Location, NotAcceptableError, QueryError, VocabularyError, reason_told_by
from cdkg.formats import BOOLEANS, GRAPHS, SOLUTIONS, Format
from cdkg.query.describing import described
from cdkg.query.graph_output import Writable, XmlOutput, write_graph
from cdkg.query.guard import Inspected, Limits, inspect
from cdkg.query.services import tell_of_service
from cdkg.sources.sparql import tokens
from cdkg.vocabulary import PREFIXES

#: The formats that the answer of each form of query can be written in.
OFFERED: Final = {"SELECT": SOLUTIONS, "ASK": BOOLEANS, "CONSTRUCT": GRAPHS, "DESCRIBE": GRAPHS}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a query, not yet written: solutions, a boolean, or triples.

    Attributes:
        result: What the engine gives.
        described_in: The store whose nodes it describes, where it is the answer of a DESCRIBE.
    """

    result: QuerySolutions | QueryBoolean | QueryTriples
    described_in: Store | None = None

    @property
    def offered(self) -> tuple[Format, ...]:
        """The formats that this kind of answer can be written in."""
        if isinstance(self.result, QueryTriples):
            return OFFERED["CONSTRUCT"]
        return OFFERED["ASK" if isinstance(self.result, QueryBoolean) else "SELECT"]

    def write(self, form: Format) -> bytes:
        """The answer in a format of `offered`.

        Raises:
            NotAcceptableError: The format is not one of them.
            QueryError: The engine failed while it was evaluating.
        """
        out = io.BytesIO()
        self.write_to(out, form)
        return out.getvalue()

    def write_to(
        self,
        out: Writable,
        form: Format,
        counted: Callable[[Iterable[Triple]], Iterable[Triple]] = lambda triples: triples,
    ) -> None:
        """Write the answer in a format of `offered` as it comes.

        Raises:
            NotAcceptableError: The format is not one of them, or cannot carry what is in the answer.
            OSError: It cannot be written there.
            QueryError: The engine failed while it was evaluating.
        """
        if form not in self.offered:
            raise NotAcceptableError(
                f"this answer cannot be written as {form.name}",
                hint=f"one of {', '.join(f.name for f in self.offered)}",
            )
        try:
            if isinstance(self.result, QueryTriples):
                store = self.described_in
                write_graph(counted(self.result if store is None else described(store, self.result)), out, form)
            else:
                into = XmlOutput(out, form.name) if form.name == "xml" else out
                self.result.serialize(into, format=form.writer)  # type: ignore[arg-type]
        except (RuntimeError, ValueError) as error:
            raise QueryError("the query could not be evaluated to its end", why=str(error)) from error
        except (OSError, SyntaxError) as error:
            tell_of_service(error)
            raise


def run(
    store: Store,
    text: str,
    *,
    default_graphs: Iterable[str] = (),
    named_graphs: Iterable[str] = (),
    limits: Limits | None = None,
    base: str | None = None,
) -> Answer:
    """Answer a query (SPARQL 1.1 Query); the project's prefixes may be used without declaring them.

    Args:
        store: The store to ask; its default graph is the union of all graphs.
        text: The query.
        default_graphs: Graphs of the default graph, in place of the query's FROM (SPARQL 1.1 Protocol, 2.1.4).
        named_graphs: Named graphs, in place of the query's FROM NAMED.
        limits: How large the query may be.
        base: What relative IRIs are relative to, unless the query says; without, they are errors.

    Raises:
        QueryError: The query is not allowed, or not valid.
        VocabularyError: A graph's name is no absolute IRI.
    """
    return evaluated(store, inspected(text, default_graphs, named_graphs, limits, base or ""), base=base)


def inspected(
    text: str,
    default_graphs: Iterable[str] = (),
    named_graphs: Iterable[str] = (),
    limits: Limits | None = None,
    base: str = "",
) -> Inspected:
    """Guard a query, and give it the dataset of the request, if that names one (see `run`).

    Raises:
        QueryError: The query is not allowed.
    """
    asked = inspect(text, limits, base)
    given = replace(asked, default_graphs=tuple(default_graphs), named_graphs=tuple(named_graphs))
    return given if given.has_dataset else asked


def evaluated(
    store: Store,
    asked: Inspected,
    *,
    base: str | None = None,
    planned: Callable[[Inspected, str | None], str] | None = None,
) -> Answer:
    """Answer a query that has passed the guard.

    Args:
        store: The store to ask.
        asked: The query.
        base: What relative IRIs are relative to (see `run`).
        planned: Writes the query, with its base, as the engine is to get it; it must keep the answer and its errors.

    Raises:
        QueryError: The query is not valid.
        VocabularyError: A graph's name is no absolute IRI.
    """
    source, options = _dataset(store, asked)
    text = planned(asked, base) if planned else asked.text
    try:
        result = source.query(text, base_iri=base, prefixes=PREFIXES, **options)
        return Answer(result, source if asked.form == "DESCRIBE" else None)
    except (SyntaxError, ValueError) as error:
        raise _syntax_error(error) from error
    except RuntimeError as error:  # a function that nobody knows, for one
        raise QueryError("the query cannot be evaluated", why=str(error)) from error


def check_prefixes(text: str) -> None:
    """Look whether a query declares each prefix that it uses, where nobody does that for it (section 4.1.1).

    Raises:
        QueryError: It does not.
    """
    declared, used, former = {"_"}, dict[str, int](), ""
    for kind, token, at in tokens(text):
        if kind == "pname":
            prefix = token.partition(":")[0]
            if former == "PREFIX":
                declared.add(prefix)
            else:
                used.setdefault(prefix, at)
        former = token.upper() if kind == "word" else ""
    for prefix, at in used.items():
        if prefix not in declared:
            place = Location("query", text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
            raise QueryError(f"the prefix {prefix}: is not declared", where=place, hint=f"add PREFIX {prefix}: <…>")


def _dataset(store: Store, asked: Inspected) -> tuple[Store, dict[str, Any]]:
    """The store to ask, and how: nothing is copied where the default graph is one graph or none."""
    if not asked.has_dataset:
        return store, {}
    default, named = (
        [_graph_name(name) for name in dict.fromkeys(names)] for names in (asked.default_graphs, asked.named_graphs)
    )
    if asked.form == "DESCRIBE" or len(default) > 1:
        return dataset(store, asked), {}
    return store, {"default_graph": default, "named_graphs": named}


def dataset(store: Store, asked: Inspected) -> Store:
    """A store with the RDF merge of the FROM graphs as default graph: a triple that two of them hold counts once."""
    merged = Store()
    default = DefaultGraph()
    for name in dict.fromkeys(asked.default_graphs):
        quads = store.quads_for_pattern(None, None, None, _graph_name(name))
        merged.extend(Quad(q.subject, q.predicate, q.object, default) for q in quads)
    for name in dict.fromkeys(asked.named_graphs):
        merged.add_graph(_graph_name(name))
        merged.extend(store.quads_for_pattern(None, None, None, _graph_name(name)))
    return merged


def _graph_name(name: str) -> NamedNode:
    try:
        return NamedNode(name)
    except ValueError as error:
        raise VocabularyError(f"{name!r} is no absolute IRI", why=str(error)) from error


def _syntax_error(error: Exception) -> QueryError:
    prefix = re.search(r"[Pp]refix not found|undeclared prefix", str(error))
    return QueryError(
        "the query is not valid SPARQL 1.1",
        where=Location.told_by(error, "query"),
        why=reason_told_by(error),
        hint=f"declare the prefix, or use one of {', '.join(list(PREFIXES)[:12])}, …" if prefix else "",
    )
