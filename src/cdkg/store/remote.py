"""A SPARQL endpoint that somebody else serves: SPARQLWrapper writes the request, the polite client sends it."""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, parse, parse_query_results
from SPARQLWrapper import GET, POST, SPARQLWrapper

from cdkg.errors import PartialAnswerError, QueryError
from cdkg.formats import Format
from cdkg.http import (
    Answer,
    Client,
    LeftAloneError,
    LongAnswerError,
    Request,
    RequestError,
    StatusError,
    told_limit,
    why_cut,
)
from cdkg.vocabulary import PREFIXES

#: A request whose address would be longer is sent as a form (SPARQL 1.1 Protocol, section 2.1.2).
_LONGEST_GET: Final = 1800


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
        """Send a query and return the whole answer, as the endpoint wrote it in the format asked for.

        Raises:
            PartialAnswerError: The endpoint has more rows than it gives at most.
            QueryError: It lies about the format; and all of `ask`.
            SettingsError, Refused: As of `ask`.
        """
        answer = self.ask(text, form)
        if why := why_cut(answer.headers, rows=True):
            hint = "a LIMIT below that, or parts with ORDER BY and OFFSET"
            raise PartialAnswerError(f"{self.url} answered only in part", why=why, hint=hint)
        _check(answer.body, form, self.url)
        return answer.body

    def ask(self, text: str, form: Format) -> Answer:
        """Send a query; short ones by GET, which can be kept, long ones as a form.

        The project's prefixes that it uses are declared in front of it, on its first line.

        Raises:
            PartialAnswerError: The answer is too long, or only a part.
            QueryError: It is an update; the endpoint refused the query, did not answer, or answered in another format.
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
        except LongAnswerError as error:
            raise PartialAnswerError(f"{self.url} gives too long an answer", why=error.why) from error
        except RequestError as error:
            if " answered in " in error.what:
                raise QueryError(f"{self.url}{error.what[error.what.index(' answered') :]}", why=error.why) from error
            told = f"{error.what}: {error.why}" if error.why else error.what
            raise QueryError(f"{self.url} does not answer", why=told) from error
        if why := why_cut(answer.headers):
            raise PartialAnswerError(f"{self.url} answered only in part", why=why)
        return answer

    def _request(self, text: str, form: Format) -> tuple[str, Request]:
        """The address and the request, as SPARQLWrapper makes them."""
        url = urlsplit(self.url)
        wrapper = SPARQLWrapper(url._replace(query="", fragment="").geturl())
        for name, value in parse_qsl(url.query, keep_blank_values=True):  # it would write a second `?`
            wrapper.addParameter(name, value)
        wrapper.setQuery(f"{_prologue(text)}{text}")
        if wrapper.isSparqlUpdateRequest():
            raise QueryError("this is an update and no query", hint="cdkg only reads")
        wrapper.addCustomHttpHeader("Accept", form.media_types[0])
        fields, headers = told_limit(self.url, self.timeout, is_virtuoso=self.is_virtuoso)
        for name, value in headers.items():
            wrapper.addCustomHttpHeader(name, value)
        for name, value in fields.items():
            wrapper.addParameter(name, value)
        wrapper.setOnlyConneg(True)  # no `format=` of its own in the body: the header says it
        wrapper.setMethod(GET)
        made = wrapper._createRequest()  # noqa: SLF001  # its `query()` sends with urlopen, which follows anywhere
        if len(made.full_url) > _LONGEST_GET:
            wrapper.setMethod(POST)
            made = wrapper._createRequest()  # noqa: SLF001
        sent = {name.title(): value for name, value in made.header_items()}
        return made.full_url, Request(
            made.data if isinstance(made.data, bytes) else b"", sent, frozenset(form.media_types)
        )


def _check(body: bytes, form: Format, url: str) -> None:
    """Whether an answer is in the format that its media type says; CSV is any text.

    Raises:
        QueryError: It is not.
    """
    try:
        if form.writer == RdfFormat.JSON_LD:
            json.loads(body)  # its context may be elsewhere, where nobody asks
        elif isinstance(form.writer, RdfFormat):
            deque(parse(body, format=form.writer, base_iri=url), maxlen=0)
        elif isinstance(form.writer, QueryResultsFormat) and form.writer != QueryResultsFormat.CSV:
            found = parse_query_results(body, format=form.writer)
            deque(found if isinstance(found, QuerySolutions) else (), maxlen=0)
    except (ValueError, SyntaxError, RecursionError) as error:
        what = "triples" if isinstance(form.writer, RdfFormat) else "solutions"
        raise QueryError(f"{url} answered with what are no {what}", why=f"this is no {form.name}: {error}") from error


def _prologue(text: str) -> str:
    """Declarations of the prefixes that a query uses, or seems to."""
    used = set(re.findall(r"([A-Za-z][\w-]*):", text))
    return "".join(f"PREFIX {prefix}: <{iri}> " for prefix, iri in PREFIXES.items() if prefix in used)
