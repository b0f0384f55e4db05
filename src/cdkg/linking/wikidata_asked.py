"""Asking Wikidata, or who plays it, for the ties of one country, in pages that are kept until the job is done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cdkg.errors import QueryError
from cdkg.linking.wikidata import Found, gathered, query
from cdkg.store import RemoteEndpoint
from cdkg.store.paging import Page, Paged

#: The properties that are asked for: twinned administrative body, and member of.
RELATIONS: Final = ("P190", "P463")
#: Told after each page: the property, and how many rows there are so far.
Tell = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked of one country.

    Attributes:
        remote: Who is asked.
        country: The ISO 3166-1 code of two letters.
        size: Rows of a page.
        journal: Folder in which pages are kept.
        tell: Told after each page.
    """

    remote: RemoteEndpoint
    country: str
    size: int
    journal: Path
    tell: Tell = lambda _property, _rows: None

    def done(self) -> Found:
        """What is told.

        Raises:
            QueryError: Nothing is, and all of `Paged.pages`.
        """
        twinnings, memberships = (list(self._paged(each).pages()) for each in RELATIONS)
        every = [*twinnings, *memberships]
        digest = hashlib.sha256("\n".join(page.sha256 for page in every).encode()).hexdigest()
        day = max(page.at for page in every).date()
        found = gathered(self.country, _plain(twinnings), _plain(memberships), day, digest)
        if not found.twinnings and not found.memberships:
            self.forget()
            hint = "GB is the United Kingdom, GR is Greece; leave out a country whose places have none"
            raise QueryError(f"{self.remote.url} tells of no tie of a place in {self.country}", hint=hint)
        return found

    def forget(self) -> None:
        """Drop the pages that are kept."""
        for each in RELATIONS:
            self._paged(each).forget()

    def _paged(self, relation: str) -> Paged:
        asked = query(self.country, relation)
        return Paged(self.remote, asked, self.size, self.journal, lambda _, rows: self.tell(relation, rows))


def _plain(pages: list[Page]) -> list[dict[str, str]]:
    return [{name: term["value"] for name, term in row.items()} for page in pages for row in page.rows]
