"""Whether servers give the same answers, as bags of rows or sets of triples."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from urllib.parse import urlencode

from pyoxigraph import RdfFormat, parse

from bench.endpoint.queries import Asked

#: Rows with how often each is there; a triple is a row.
Rows = Counter[str]


def request(path: str, asked: Asked, *, fresh: bool = False) -> str:
    """A request by GET as it is sent; a fresh one is not answered from memory (RFC 9111, section 5.2.1.4)."""
    lines = [
        f"GET {path}?{urlencode({'query': asked.text})} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Accept: {asked.media_type}",
        *(["Cache-Control: no-cache"] if fresh else []),
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


def answer(port: int, path: str, asked: Asked) -> Rows:
    """The rows of an answer.

    Raises:
        OSError: There is none, or it is a failure.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("GET", f"{path}?{urlencode({'query': asked.text})}", headers={"Accept": asked.media_type})
        response = connection.getresponse()
        data = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise OSError(f"status {response.status}")
    return rows(data, asked.media_type)


def rows(data: bytes, media_type: str) -> Rows:
    """What is in an answer."""
    if media_type == "application/n-triples":
        return Counter({str(quad.triple): 1 for quad in parse(data, RdfFormat.N_TRIPLES)})
    found = json.loads(data)
    if "boolean" in found:
        return Counter({str(found["boolean"]): 1})
    return Counter(
        json.dumps(sorted((name, _term(value)) for name, value in row.items())) for row in found["results"]["bindings"]
    )


def _term(value: Mapping[str, str]) -> Sequence[str]:
    """A term; that a string is an xsd:string may be said or not, and language tags are alike in either case."""
    datatype = value.get("datatype", "").removeprefix("http://www.w3.org/2001/XMLSchema#")
    kind = "literal" if value["type"] == "typed-literal" else value["type"]
    said = value["value"]
    if datatype in {"decimal", "double"}:
        said = f"{float(said):.9g}"
    if kind == "bnode":
        said = ""  # each answer has names of its own
    return [kind, said, "" if datatype == "string" else datatype, value.get("xml:lang", "").lower()]


def differing(reference: Mapping[str, Rows], other: Mapping[str, Rows]) -> list[str]:
    """Names of the queries that two servers answer differently, or that one of them does not answer."""
    return [name for name in reference if other.get(name) != reference[name]]
