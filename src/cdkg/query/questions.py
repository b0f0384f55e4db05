"""Competency questions: a query a file, with the question in its header and the expected answer beside it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)

from cdkg.errors import Location, QueryError
from cdkg.formats import BOOLEANS, GRAPHS, SOLUTIONS, by_name
from cdkg.query.run import Answer, run
from cdkg.sources import read_query, read_text


@dataclass(frozen=True, slots=True)
class Question:
    """A competency question.

    Attributes:
        slug: Number and name, as the file has them (`001-who-is-twinned`).
        question: What is asked, in plain words.
        kind: look-up, join, count, ranking, reasoning, provenance, disagreement, …
        text: The SPARQL query.
        path: Its file; the expected answer has the same name and `.tsv`, `.srj` (ASK) or `.ttl` (CONSTRUCT).
    """

    slug: str
    question: str
    kind: str
    text: str
    path: Path

    @property
    def expected(self) -> Path | None:
        """The file with the expected answer, or None where nobody wrote one."""
        return next((p for s in (".tsv", ".srj", ".ttl") if (p := self.path.with_suffix(s)).is_file()), None)

    def is_called(self, name: str) -> bool:
        """Whether `name` is its slug or its number, with or without leading zeros."""
        return name == self.slug or (name.isdecimal() and self.slug.startswith(f"{int(name):03}-"))

    def ask(self, store: Store) -> Outcome:
        """Compare the answer of the store with the expected one, as multisets (with ORDER BY: as sequences).

        Raises:
            QueryError: The query is not valid, or there is no expected answer that can be read.
            SourceError: The file of the expected answer is no text.
        """
        if self.expected is None:
            raise QueryError("no expected answer", where=Location(str(self.path)), hint="`cdkg questions --accept`")
        wanted = _read_expected(self.expected)
        found = _rows(self._answer(store).result)
        missing, surplus = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
        in_order = wanted == found or not re.search(r"\bORDER\s+BY\b", self.text, re.IGNORECASE)
        return Outcome(self, sorted(missing.elements()), sorted(surplus.elements()), in_order, len(found))

    def _answer(self, store: Store) -> Answer:
        try:
            return run(store, self.text)
        except QueryError as error:  # a place in the query is a place in its file
            where = replace(error.where, path=str(self.path)) if error.where else Location(str(self.path))
            raise QueryError(error.what, where=where, why=error.why, hint=error.hint) from error

    def accept(self, store: Store) -> Path:
        """Write the store's answer as the expected one, to be read by a person, and return its file.

        Raises:
            QueryError: The query is not valid, or the file cannot be written.
        """
        answer = self._answer(store)
        if isinstance(answer.result, QueryTriples):
            form = by_name("turtle", GRAPHS)
        elif isinstance(answer.result, QueryBoolean):
            form = by_name("json", BOOLEANS)
        else:
            form = by_name("tsv", SOLUTIONS)
        path = self.path.with_suffix(form.suffix)
        try:
            path.write_bytes(answer.write(form))
        except OSError as error:
            raise QueryError(
                "the answer cannot be written", where=Location(str(path)), why=error.strerror or str(error)
            ) from error
        return path


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an answer compares with the expected one; rows are tuples of terms in N-Triples form."""

    question: Question
    missing: list[tuple[str, ...]] = field(default_factory=list)
    surplus: list[tuple[str, ...]] = field(default_factory=list)
    in_order: bool = True
    rows: int = 0

    @property
    def right(self) -> bool:
        """Whether the answer is the expected one."""
        return not self.missing and not self.surplus and self.in_order


def read_questions(folder: Path) -> list[Question]:
    """Read all questions of a folder, in the order of their numbers.

    Raises:
        QueryError: A file has no `#+ question:` or no `#+ kind:` in its header.
        SourceError: A file cannot be read.
    """
    return [_read(path) for path in sorted(folder.glob("*.rq"))]


def _read(path: Path) -> Question:
    text, header = read_query(path)
    if "question" not in header or "kind" not in header:
        raise QueryError(
            "a question without its header",
            where=Location(str(path), 1),
            hint="add `#+ question: …` and `#+ kind: …`",
        )
    return Question(path.stem, header["question"], header["kind"], text, path)


def _rows(result: Any) -> list[tuple[str, ...]]:
    if isinstance(result, QuerySolutions):
        names = [v.value for v in result.variables]
        return [tuple("" if row[n] is None else str(row[n]) for n in names) for row in result]
    if isinstance(result, QueryBoolean):
        return [(str(bool(result)).lower(),)]
    return [_row(triple) for triple in result]


def _row(triple: Triple) -> tuple[str, ...]:
    return (str(triple.subject), str(triple.predicate), str(triple.object))


def _read_expected(path: Path) -> list[tuple[str, ...]]:
    data = read_text(path)
    form = QueryResultsFormat.TSV if path.suffix == ".tsv" else QueryResultsFormat.JSON
    try:
        if path.suffix == ".ttl":
            return [_row(quad.triple) for quad in parse(data, format=RdfFormat.TURTLE)]
        return _rows(parse_query_results(data, format=form))
    except SyntaxError as error:
        where = Location(str(path), error.lineno, error.offset)
        raise QueryError("the expected answer cannot be read", where=where, why=str(error.msg)) from error
