"""SPARQL endpoints that have a name on the command line, and how they are asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cdkg.errors import QueryError, SettingsError

if TYPE_CHECKING:
    from cdkg.linking.remote import Ask

#: Where targets that have a name are asked.
ENDPOINTS: Final = {"wikidata": "https://query.wikidata.org/sparql", "dbpedia": "https://dbpedia.org/sparql"}


def asking(target: str, folder: Path | None) -> Ask:
    """How an endpoint is asked: politely, with the contact of the project's settings.

    Raises:
        SettingsError: It is neither the name of a target nor an address.
    """
    from cdkg.assets import Project
    from cdkg.formats import SOLUTIONS, by_name
    from cdkg.settings import read
    from cdkg.store import RemoteEndpoint

    address = ENDPOINTS.get(target, target)
    if not address.startswith(("http://", "https://")):
        hint = f"{', '.join(['geonames', *ENDPOINTS])}, or the address of a SPARQL endpoint"
        raise SettingsError(f"there is no target {target!r}", hint=hint)
    endpoint = RemoteEndpoint(address, contact=read(Project.find(folder).root).contact)

    def ask(query: str) -> list[dict[str, str]]:
        return _rows(address, endpoint.query(query, by_name("json", SOLUTIONS)))

    return ask


def _rows(address: str, answer: bytes) -> list[dict[str, str]]:
    """The rows of an answer (SPARQL 1.1 Query Results JSON Format).

    Raises:
        QueryError: It is none.
    """
    try:
        found = json.loads(answer)["results"]["bindings"]
        return [{name: str(term["value"]) for name, term in row.items()} for row in found]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = f"this is no table of results in JSON: {answer[:80]!r}"
        raise QueryError(f"{address} answered something else", why=why) from error
