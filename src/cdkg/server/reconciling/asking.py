"""Queries about all that can be meant, asked as anybody's are: guarded, bounded, and in a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Final

from pyoxigraph import NamedNode, QueryResultsFormat, QuerySolution, QuerySolutions, parse_query_results

from cdkg.server.answers import Answers
from cdkg.server.reconciling.asked import AskedError
from cdkg.workers import Request

_JSON: Final = "application/sparql-results+json"
#: Bytes of a query beside the names in it.
_REST: Final = 2000
#: Bytes of an answer, which the server holds in memory.
_MOST_BYTES: Final = 128 * 1024 * 1024


class Asking:
    """Asks queries, and takes note which versions of the graph answer.

    Args:
        answers: Who answers.
        most_bytes: The longest query.
        client: For whom.
        gone: Whether that client has left.

    Attributes:
        versions: The versions that have answered.
    """

    def __init__(
        self, answers: Answers, most_bytes: int, client: str = "", gone: Callable[[], bool] = lambda: False
    ) -> None:
        self._answers, self._most, self._client, self._gone = answers, most_bytes - _REST, client, gone
        self.versions: set[str] = set()

    def rows(self, text: str) -> Iterator[QuerySolution]:
        """The solutions of a SELECT.

        Raises:
            AskedError: The answer is too long to be held in memory.
            CdkgError: It cannot be answered now.
        """
        with closing(self._answers.ask(Request(text, _JSON), self._client, self._gone)) as parts:
            data = bytearray()
            for part in parts:
                data += part
                if len(data) > _MOST_BYTES:
                    why = f"one answer has more than {_MOST_BYTES // 1024**2} MB"
                    raise AskedError("this is too much to be told at a time", status=501, why=why)
            self.versions.add(parts.version)
        found = parse_query_results(bytes(data), format=QueryResultsFormat.JSON)
        if isinstance(found, QuerySolutions):
            yield from found

    def rows_of(self, iris: Iterable[str], text: str) -> Iterator[QuerySolution]:
        """The solutions of a SELECT about some things, in as many queries as they need.

        Args:
            iris: The things.
            text: The query, in which `$things` stands for them.

        Raises:
            AskedError: Something has too long a name for the queries that are answered here.
            CdkgError: They cannot be answered now.
        """
        some: list[str] = []
        size = 0
        for iri in iris:
            node = str(NamedNode(iri))
            length = len(node.encode()) + 1
            if some and size + length > self._most:
                yield from self.rows(text.replace("$things", " ".join(some)))
                some, size = [], 0
            if length > self._most:
                raise AskedError(f"{iri[:200]} fits into no query", status=501, why="queries may not be longer here")
            some.append(node)
            size += length
        if some:
            yield from self.rows(text.replace("$things", " ".join(some)))
