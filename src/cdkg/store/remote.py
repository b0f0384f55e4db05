"""A SPARQL endpoint that somebody else serves, asked through SPARQLWrapper."""

from __future__ import annotations

from dataclasses import dataclass
from http.client import HTTPException
from importlib.metadata import version
from typing import Final

from SPARQLWrapper import POST, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from cdkg.errors import QueryError
from cdkg.formats import Format
from cdkg.vocabulary import PREFIXES

_PROLOGUE: Final = " ".join(f"PREFIX {prefix}: <{iri}>" for prefix, iri in PREFIXES.items())


@dataclass(frozen=True, slots=True)
class RemoteEndpoint:
    """An endpoint of the SPARQL 1.1 Protocol.

    Attributes:
        url: Its address.
        timeout: Seconds to wait for an answer.
    """

    url: str
    timeout: int = 60

    def query(self, text: str, form: Format) -> bytes:
        """Send a query by POST and return the answer as the endpoint wrote it in the format asked for.

        The project's prefixes are declared in front of it, on its first line.

        Raises:
            QueryError: It is an update; the endpoint refused the query, did not answer, or answered in another format.
        """
        wrapper = SPARQLWrapper(self.url, agent=f"cdkg/{version('cdkg')} (https://w3id.org/cdkg)")
        wrapper.setMethod(POST)
        wrapper.setTimeout(self.timeout)
        wrapper.setQuery(f"{_PROLOGUE} {text}")
        if wrapper.isSparqlUpdateRequest():
            raise QueryError("this is an update and no query", hint="cdkg only reads")
        wrapper.addCustomHttpHeader("Accept", form.media_types[0])
        wrapper.setOnlyConneg(True)  # no `format=` of its own in the body: the header says it
        try:
            response = wrapper.query()
            data: bytes = response.response.read()
        except SPARQLWrapperException as error:
            raise QueryError(f"{self.url} refused the query", why=str(error).strip()) from error
        except (OSError, HTTPException, ValueError) as error:
            raise QueryError(f"{self.url} does not answer", why=str(error)) from error
        sent = str(response.info().get("content-type", "")).partition(";")[0].strip()
        if sent not in form.media_types:
            raise QueryError(f"{self.url} answered in {sent or 'no format'}", why=f"{form.name} was asked for")
        return data
