"""A SPARQL endpoint that somebody else serves: SPARQLWrapper writes the request, the polite client sends it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from SPARQLWrapper import GET, POST, SPARQLWrapper

from cdkg.errors import QueryError
from cdkg.formats import Format
from cdkg.http import Answer, Client, LeftAloneError, Request, RequestError, StatusError
from cdkg.vocabulary import PREFIXES

#: A request whose address would be longer is sent as a form (SPARQL 1.1 Protocol, section 2.1.2).
_LONGEST_GET: Final = 1800
#: Endpoints of Virtuoso: they take `timeout` in milliseconds, and give what they have until then, with a mark.
_VIRTUOSO: Final = frozenset({"dbpedia.org", "data.europa.eu", "publications.europa.eu"})
#: How Virtuoso marks an answer that it cut for want of time, and one that has as many rows as it gives at most.
_CUT_BY_TIME: Final = "x-sql-state"
CUT_BY_ROWS: Final = "x-sparql-maxrows"


@dataclass(frozen=True, slots=True)
class RemoteEndpoint:
    """An endpoint of the SPARQL 1.1 Protocol.

    Attributes:
        url: Its address.
        timeout: Seconds to wait for an answer.
        contact: How its operators can reach who runs this; needed for all but this machine.
        client: What sends the requests; by itself one for `url`.
        is_virtuoso: Whether it is told the time that a query may take as Virtuoso wants it; None: as its host is known.
    """

    url: str
    timeout: int = 60
    contact: str = ""
    client: Client | None = None
    is_virtuoso: bool | None = None

    def query(self, text: str, form: Format) -> bytes:
        """Send a query and return the answer as the endpoint wrote it in the format asked for; errors as of `ask`."""
        return self.ask(text, form).body

    def ask(self, text: str, form: Format) -> Answer:
        """Send a query; short ones by GET, which can be kept, long ones as a form.

        The project's prefixes that it uses are declared in front of it, on its first line.

        Raises:
            QueryError: It is an update; the endpoint refused the query, did not answer, or answered in another format,
                or only in part.
            SettingsError: The endpoint is another's, and no contact is set.
            Refused: Its address may not be asked.
        """
        client = self.client or Client.of_user(self.url, self.contact, self.timeout)
        try:
            answer = client.ask(*self._request(text, form))
        except StatusError as error:
            what = "refused the query" if 400 <= error.status < 500 and error.status != 429 else "gave no answer"
            raise QueryError(f"{self.url} {what}", why=error.why) from error
        except LeftAloneError as error:
            raise QueryError(f"{self.url} is not asked now", why=error.why, hint=error.hint) from error
        except RequestError as error:
            if " answered in " in error.what:
                raise QueryError(f"{self.url}{error.what[error.what.index(' answered') :]}", why=error.why) from error
            told = f"{error.what}: {error.why}" if error.why else error.what
            raise QueryError(f"{self.url} does not answer", why=told) from error
        if _CUT_BY_TIME in answer.headers:
            raise QueryError(f"{self.url} answered only in part", why="its time for the query was over")
        return answer

    def _request(self, text: str, form: Format) -> tuple[str, Request]:
        """The address and the request, as SPARQLWrapper makes them."""
        wrapper = SPARQLWrapper(self.url)
        wrapper.setQuery(f"{_prologue(text)}{text}")
        if wrapper.isSparqlUpdateRequest():
            raise QueryError("this is an update and no query", hint="cdkg only reads")
        wrapper.addCustomHttpHeader("Accept", form.media_types[0])
        wrapper.addCustomHttpHeader("X-BIGDATA-MAX-QUERY-MILLIS", str(self.timeout * 1000))  # of Blazegraph
        wrapper.setOnlyConneg(True)  # no `format=` of its own in the body: the header says it
        if self._takes_timeout():
            wrapper.addParameter("timeout", str(self.timeout * 1000))
        wrapper.setMethod(GET)
        made = wrapper._createRequest()  # noqa: SLF001  # its `query()` sends with urlopen, which follows anywhere
        if len(made.full_url) > _LONGEST_GET:
            wrapper.setMethod(POST)
            made = wrapper._createRequest()  # noqa: SLF001
        headers = {name.title(): value for name, value in made.header_items()}
        return made.full_url, Request(
            made.data if isinstance(made.data, bytes) else b"", headers, frozenset(form.media_types)
        )

    def _takes_timeout(self) -> bool:
        known = (urlsplit(self.url).hostname or "") in _VIRTUOSO
        return known if self.is_virtuoso is None else self.is_virtuoso


def _prologue(text: str) -> str:
    """Declarations of the prefixes that a query uses, or seems to."""
    used = set(re.findall(r"([A-Za-z][\w-]*):", text))
    return "".join(f"PREFIX {prefix}: <{iri}> " for prefix, iri in PREFIXES.items() if prefix in used)
