"""Check queries: one rule a file, a SELECT whose rows are faults, run by the store over the named graphs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, QuerySolutions, Store, Variable

from cdkg.errors import Location, ShapesError, reason_told_by
from cdkg.reasoning.rules.select import Select, read_select
from cdkg.sources import read_query
from cdkg.sources.sparql import PADDING, asks_elsewhere, refusal, tokens
from cdkg.sources.text import place_in
from cdkg.validation.places import Places
from cdkg.validation.report import Kind, Result, Severity
from cdkg.validation.shacl.paths import Predicate
from cdkg.validation.telling import words
from cdkg.vocabulary import PREFIXES, QUERY, Term

#: A row of a check: its variables that are bound.
CheckRow = dict[str, Term]

_ASKS_NOBODY: Final = "validation sends no requests to others"


@dataclass(frozen=True, slots=True)
class Check:
    """A check query: its rows are faults; `?focus`, `?path`, `?value` say where, `{name}` in the message is filled."""

    slug: str
    severity: Severity
    message: str
    text: str
    path: Path

    @property
    def told(self) -> str:
        """How it is called while it is at work."""
        return f"the check {self.slug}"

    @property
    def select(self) -> Select | None:
        """What it reads; None where that cannot be told."""
        try:
            return read_select(self.text)
        except ValueError:
            return None

    def rows(self, store: Store) -> list[CheckRow]:
        """The rows of the query, each once.

        Raises:
            ShapesError: The query is not valid, is no SELECT, has no `?focus`, asks another endpoint, or fails while it
                runs.
        """
        return distinct(self._solutions(store, self.text))

    def parts(self, store: Store, part: Term | None = None) -> dict[Term | None, list[CheckRow]]:
        """The rows by what they fall apart by (see `Select.part`); None where they cannot be told apart.

        Args:
            store: What is asked.
            part: The focus or named graph whose rows are wanted, where they can be told apart; None: all.

        Raises:
            ShapesError: As `rows`.
        """
        select = self.select
        if select is None or select.part is None:
            return {None: self.rows(store)}
        name, found = select.part.value, dict[Term | None, list[CheckRow]]()
        for row in self._solutions(store, select.text, None if part is None else {select.part: part}):
            of = row[name] if select.text == self.text else row.pop(name)
            found.setdefault(of, []).append(row)
        return found

    def _solutions(self, store: Store, text: str, chosen: dict[Variable, Term] | None = None) -> list[CheckRow]:
        if (at := asks_elsewhere(self.text)) is not None:
            where = place_in(self.text, at, str(self.path))
            raise ShapesError("a check must not use SERVICE", where=where, why=_ASKS_NOBODY)
        try:
            found = store.query(text + PADDING, prefixes=PREFIXES, substitutions=chosen)
        except (SyntaxError, ValueError) as error:
            raise self._refused(error) from error
        names = [v.value for v in found.variables] if isinstance(found, QuerySolutions) else []
        if not isinstance(found, QuerySolutions) or "focus" not in names:
            first = next((start for _, _, start in tokens(self.text)), 0)
            where = place_in(self.text, first, str(self.path))
            raise ShapesError("a check must SELECT a ?focus", where=where, hint="its rows are faults: say what of")
        try:
            return [{name: row[name] for name in names if row[name] is not None} for row in found]
        except (OSError, RuntimeError, ValueError) as error:
            raise ShapesError("a check cannot be run", where=Location(str(self.path)), why=str(error)) from error

    def _refused(self, error: Exception) -> ShapesError:
        """What the engine has said, with the place in the file: lines of the header count."""
        told = refusal(self.text, error)
        at, why = told if told is not None else (None, reason_told_by(error))
        where = Location(str(self.path)) if at is None else place_in(self.text, at, str(self.path))
        hint = _hint(why)
        return ShapesError("a check is not valid SPARQL 1.1", where=where, why=why, hint=hint)

    def result(self, row: CheckRow, places: Places) -> Result | None:
        """A row as a finding; None where it is about files that nobody asked for."""
        focus, path, value = (row.get(name) for name in ("focus", "path", "value"))
        where = Predicate(path.value) if isinstance(path, NamedNode) else None
        found = places.of_finding(focus, where, value) if focus is not None else ()
        if found is None:
            return None
        told = {name: words(term) for name, term in row.items()}
        return Result(
            self.severity,
            re.sub(r"\{(\w+)\}", lambda match: told.get(match[1], "?"), self.message),
            f"{QUERY}checks/{self.slug}",
            "" if focus is None else str(focus),
            "" if path is None else str(path),
            "" if value is None else str(value),
            found,
            Kind.CHECK,
            stated=Location(str(self.path), 1),
        )

    def run(self, store: Store, places: Places) -> Iterator[Result]:
        """Yield a finding for each row that is about files that somebody asked for.

        Raises:
            ShapesError: As `rows`.
        """
        return (found for row in self.rows(store) if (found := self.result(row, places)))


def distinct(rows: Iterable[CheckRow]) -> list[CheckRow]:
    """Each row once."""
    return list({tuple(row.items()): row for row in rows}.values())


def _hint(why: str) -> str:
    if why.startswith("Prefix"):
        return "declare it: PREFIX name: <https://…>"
    return "mend what stands there, or just before it"


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
