"""How servers of SPARQL learn how long a query may take, and how they tell that their answer is only a part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

#: Endpoints of Virtuoso: they take `timeout` in milliseconds, and give what they have until then, with a mark.
_VIRTUOSO: Final = frozenset({"dbpedia.org", "data.europa.eu", "publications.europa.eu"})
#: Its field for an answer that it cut for want of time, and for one with as many rows as it gives at most.
_BY_TIME: Final = "x-sql-state"
_BY_ROWS: Final = "x-sparql-maxrows"


def why_cut(headers: Mapping[str, str], *, rows: bool = False) -> str:
    """Why an answer is only a part; an empty text where nothing says that it is one.

    Args:
        headers: Its header fields, their names in lower case.
        rows: Whether it also counts that the other side gives no more rows; who reads in pages asks for the others.
    """
    if _BY_TIME in headers:
        return "its time for the query was over"
    if rows and _BY_ROWS in headers:
        return f"it gives {headers[_BY_ROWS][:20]} rows at most"
    return ""


def told_limit(url: str, seconds: float, *, is_virtuoso: bool | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """How an endpoint is told the time that a query may take: parameters of the form, and header fields.

    Args:
        url: Its address.
        seconds: The time.
        is_virtuoso: Whether it is one of Virtuoso; None: as its host is known.
    """
    known = (urlsplit(url).hostname or "") in _VIRTUOSO if is_virtuoso is None else is_virtuoso
    milliseconds = str(int(seconds * 1000))
    return {"timeout": milliseconds} if known else {}, {"X-Bigdata-Max-Query-Millis": milliseconds}  # of Blazegraph
