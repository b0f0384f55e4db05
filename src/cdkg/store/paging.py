"""Large results, a page at a time, kept as they come: a job that was broken off goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cdkg.errors import QueryError
from cdkg.formats import SOLUTIONS, by_name
from cdkg.http.cache import written
from cdkg.sources.sparql import tokens
from cdkg.store.remote import RemoteEndpoint

#: One row: the terms of SPARQL 1.1 Query Results JSON by variable.
Row = dict[str, dict[str, str]]
#: Told after each page: how many pages and rows there are so far.
Tell = Callable[[int, int], None]

#: A job that was broken off longer ago is begun anew: what is asked has changed meanwhile.
_LONGEST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a result.

    Attributes:
        rows: Its rows.
        endpoint: Who gave it.
        at: When.
        sha256: The hash of the answer as it was sent.
    """

    rows: tuple[Row, ...]
    endpoint: str
    at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class Paged:
    """A query whose result is read in pages.

    Attributes:
        endpoint: Who is asked.
        query: A SELECT query with ORDER BY, whose order is total.
        size: Rows of a page.
        journal: Folder in which pages are kept until the job is done; None keeps none.
        tell: Told after each page.
        most_pages: A result of more pages is an error.
    """

    endpoint: RemoteEndpoint
    query: str
    size: int = 5000
    journal: Path | None = None
    tell: Tell = lambda _pages, _rows: None
    most_pages: int = 10_000

    def pages(self) -> Iterator[Page]:
        """All pages, the kept ones first. The end is a page without rows: a short one may have been cut in silence.

        Each page begins with the last row of the page before it, so that what came or went meanwhile, or an order that
        is none, is seen.

        Raises:
            QueryError: The query has no ORDER BY or cuts its result itself; the endpoint gives no answer, or pages that
                do not follow each other.
        """
        _check(self.query)
        offset, last = 0, None
        for number in range(self.most_pages):
            page = self._page(number, offset)
            if last is not None and (not page.rows or _plain(page.rows[0]) != _plain(last)):
                self.forget()
                why = "its result has changed meanwhile, has no fixed order, or OFFSET is unknown there"
                raise QueryError(f"{self.endpoint.url} gives pages that do not follow each other", why=why)
            page = replace(page, rows=page.rows[last is not None :])
            offset += len(page.rows)
            self.tell(number + 1, offset)
            yield page
            if not page.rows:
                return
            last = page.rows[-1]
        raise QueryError(f"{self.endpoint.url} gives more than {self.most_pages:,} pages")

    def rows(self) -> list[Row]:
        """The rows of all pages; errors as of `pages`."""
        return [row for page in self.pages() for row in page.rows]

    def forget(self) -> None:
        """Drop what is kept of this job: it is done."""
        if self.journal is not None:
            for path in self.journal.glob(f"{self._key()}-*.page"):
                path.unlink(missing_ok=True)

    def _key(self) -> str:
        return hashlib.sha256(f"2\n{self.endpoint.url}\n{self.size}\n{self.query}".encode()).hexdigest()[:24]

    def _page(self, number: int, offset: int) -> Page:
        path = self.journal / f"{self._key()}-{number:05}.page" if self.journal else None
        kept = _read(path, offset) if path else None
        if kept is not None:
            return kept
        before = 1 if offset else 0
        cut = f"LIMIT {self.size + before} OFFSET {offset - before}"
        answer = self.endpoint.ask(f"{self.query}\n{cut}", by_name("json", SOLUTIONS))
        page = Page(_rows(answer.body, self.endpoint.url), answer.url, answer.at, answer.sha256)
        if path:
            told = {"offset": offset, "endpoint": page.endpoint, "at": page.at.isoformat(), "sha256": page.sha256}
            written(path, json.dumps({**told, "rows": page.rows}).encode())
        return page


def _check(query: str) -> None:
    """Whether a query can be read in pages: its result is ordered, and not cut.

    Raises:
        QueryError: It cannot.
    """
    parts = [text.upper() for _, text, _ in tokens(query)]
    behind = parts[max((at for at, text in enumerate(parts) if text == "}"), default=-1) + 1 :]
    if "ORDER" not in behind or {"LIMIT", "OFFSET"} & set(behind):
        why = "without an order pages overlap, and each page has a LIMIT of its own"
        raise QueryError("the query cannot be read in pages", why=why, hint="ORDER BY all variables, without LIMIT")


def _plain(row: Row) -> dict[str, str]:
    """A row as it can be compared: blank nodes are called otherwise in each answer."""
    return {name: "_:" if term.get("type") == "bnode" else term["value"] for name, term in row.items()}


def _rows(body: bytes, url: str) -> tuple[Row, ...]:
    """The rows of an answer (SPARQL 1.1 Query Results JSON Format, section 3.2).

    Raises:
        QueryError: It is none.
    """
    try:
        found: Any = json.loads(body)
        rows = tuple(found["results"]["bindings"])
        if all(isinstance(row, dict) and all(isinstance(t["value"], str) for t in row.values()) for row in rows):
            return rows
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise QueryError(f"{url} answered with what are no solutions", why="SPARQL results in JSON were asked for")


def _read(path: Path, offset: int) -> Page | None:
    """A page that was kept; None where there is none, or its file is not whole."""
    try:
        found = json.loads(path.read_bytes())
        if found["offset"] != offset:
            return None
        at = datetime.fromisoformat(found["at"])
        if not timedelta(0) <= datetime.now(tz=UTC) - at < _LONGEST:
            return None
        return Page(tuple(found["rows"]), found["endpoint"], at, found["sha256"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
