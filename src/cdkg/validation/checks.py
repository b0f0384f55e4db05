"""Check queries: one rule a file, a SELECT whose rows are faults, run by the store over the named graphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import QuerySolution, QuerySolutions, Store

from cdkg.errors import Location, ShapesError, reason_told_by
from cdkg.sources import read_query
from cdkg.validation.places import Places
from cdkg.validation.report import Kind, Result, Severity
from cdkg.vocabulary import PREFIXES, QUERY, shorten


@dataclass(frozen=True, slots=True)
class Check:
    """A check query: its rows are faults; `?focus`, `?path`, `?value` say where, `{name}` in the message is filled."""

    slug: str
    severity: Severity
    message: str
    text: str
    path: Path

    def _read(self, rows: QuerySolutions) -> Iterator[QuerySolution]:
        try:
            yield from rows
        except (OSError, RuntimeError, ValueError) as error:
            raise ShapesError("a check cannot be run", where=Location(str(self.path)), why=str(error)) from error

    def run(self, store: Store, places: Places) -> Iterator[Result]:
        """Yield a result for each row.

        Raises:
            ShapesError: The query is not valid, is no SELECT, has no `?focus`, or fails while it runs.
        """
        try:
            rows = store.query(self.text, prefixes=PREFIXES)
        except (SyntaxError, ValueError) as error:
            where = Location.told_by(error, str(self.path))
            raise ShapesError("a check is not valid SPARQL 1.1", where=where, why=reason_told_by(error)) from error
        names = [v.value for v in rows.variables] if isinstance(rows, QuerySolutions) else []
        if not isinstance(rows, QuerySolutions) or "focus" not in names:
            raise ShapesError("a check must SELECT a ?focus", where=Location(str(self.path)))
        for row in self._read(rows):
            values = {name: row[name] for name in names if row[name] is not None}
            told = {name: _plain(str(term)) for name, term in values.items()}
            focus, path, value = (str(values.get(name, "")) for name in ("focus", "path", "value"))
            yield Result(
                self.severity,
                re.sub(r"\{(\w+)\}", lambda m, told=told: told.get(m[1], "?"), self.message),  # type: ignore[misc]
                f"{QUERY}checks/{self.slug}",
                focus,
                path,
                value,
                places.of_node(focus, path, value),
                Kind.CHECK,
                stated=Location(str(self.path), 1),
            )


def _plain(term: str) -> str:
    if term.startswith("<"):
        return shorten(term[1:-1])
    literal = re.match(r'"(.*)"', term, re.DOTALL)
    return literal[1] if literal else term


def read_checks(folder: Path) -> list[Check]:
    """Read all checks of a folder (`*.rq`).

    Raises:
        ShapesError: A check lacks `#+ severity:` or `#+ message:` in its header.
        SourceError: A file cannot be read.
    """
    return [_read(path) for path in sorted(folder.glob("*.rq"))]


def _read(path: Path) -> Check:
    text, header = read_query(path)
    try:
        return Check(path.stem, Severity(header["severity"]), header["message"], text, path)
    except (KeyError, ValueError) as error:
        raise ShapesError(
            "a check without severity or message",
            where=Location(str(path), 1),
            why=f"it has no {error}" if isinstance(error, KeyError) else str(error),
            hint="its header needs `#+ severity: violation|warning|info` and `#+ message: …`",
        ) from error
