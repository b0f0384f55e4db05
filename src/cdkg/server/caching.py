"""Answers that need not be worked out again: entity tags, and the results of one snapshot in memory.

A snapshot never changes, so a query has one answer in it: the tag can be told before anything is evaluated.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flask import Response, current_app, request

from cdkg import __version__
from cdkg.query import Limits, inspect
from cdkg.server.compression import compress, wants_gzip
from cdkg.sources.sparql import tokens
from cdkg.workers import Request

#: What gives something else each time, or asks somebody whose data we do not know (SPARQL 1.1 Query, section 17.4).
_CHANGING: Final = ("NOW", "RAND", "UUID", "BNODE", "SERVICE")
#: What the entry of an answer takes beside its body.
_ENTRY: Final = 500
_GZIP: Final = "-gzip"
#: Where an answer that may be kept tells, beside the request, which version it is of.
VERSION: Final = "cdkg.version"
#: Characters of a query of which it is remembered that it has passed the guard.
_SHORT: Final = 4000


@dataclass(frozen=True, slots=True)
class Result:
    """A whole answer as it is sent."""

    body: bytes
    content_type: str
    tag: str
    coding: str | None


class Results:
    """The answers of one snapshot that were asked for last.

    Args:
        most: Bytes of all of them; 0 keeps none.
        each: Bytes of one.

    Attributes:
        hits: How often an answer was found.
        misses: How often it was not.
    """

    def __init__(self, most: int = 64 * 1024 * 1024, each: int = 1024 * 1024) -> None:
        self.hits = self.misses = self.size = 0
        self._most, self._each, self._version = most, min(each, most), ""
        self._found: OrderedDict[str, Result] = OrderedDict()
        self._turn = threading.Lock()

    def __len__(self) -> int:
        return len(self._found)

    def find(self, version: str, key: str) -> Result | None:
        """The answer of this key in the version that is current; those of all other versions are dropped."""
        with self._turn:
            if version != self._version:
                self._found.clear()
                self.size, self._version = 0, version
            found = self._found.get(key)
            if found is None:
                self.misses += 1
            else:
                self.hits += 1
                self._found.move_to_end(key)
            return found

    def keep(self, version: str, key: str, result: Result) -> None:
        """Keep an answer, unless it is too large or its version is current no more."""
        cost = len(result.body) + _ENTRY
        with self._turn:
            if cost > self._each or version != self._version or key in self._found:
                return
            self._found[key] = result
            self.size += cost
            while self.size > self._most:
                _, oldest = self._found.popitem(last=False)
                self.size -= len(oldest.body) + _ENTRY


def looked_at(text: str, limits: Limits) -> tuple[str, bool]:
    """The form of a query that passes the guard, and whether it is repeatable; of short ones this is remembered.

    Raises:
        QueryError: It does not pass.
    """
    return _remembered(text, limits) if len(text) <= _SHORT else _looked_at(text, limits)


def _looked_at(text: str, limits: Limits) -> tuple[str, bool]:
    return inspect(text, limits).form, is_repeatable(text)


_remembered = lru_cache(maxsize=1024)(_looked_at)


def is_repeatable(text: str) -> bool:
    """Whether a query gives the same bytes each time it is asked of the same graph.

    It does not with functions that give something new, with SERVICE, and with blank nodes in a template, whose labels
    are new each time (section 16.2.1). In doubt it does not: each word that contains such a name counts.
    """
    in_template = depth = 0
    for kind, token, _ in tokens(text):
        if _may_change(kind, token.upper()) or (in_template and depth and token.startswith(("_:", "[", "("))):
            return False
        if kind == "word":
            in_template = in_template or token.upper() == "CONSTRUCT"
        elif kind == "other":
            depth += (token == "{") - (token == "}")
            in_template = in_template and not (token == "}" and not depth)
    return True


def _may_change(kind: str, token: str) -> bool:
    """Whether a token may be such a name; the engine takes names without space around them, and some IRIs apart."""
    if kind == "pname":
        return "SERVICE" in token.partition(":")[0]
    if kind == "iri":
        return "SERVICE<" in token or any(f"{name}(" in token for name in _CHANGING)
    return kind == "word" and any(name in token for name in _CHANGING)


def answered(wanted: Request, media_type: str, answer: Callable[[], tuple[Response, str]]) -> Response:
    """The response to a query: without a body if the client has it, from memory, or worked out now.

    Args:
        wanted: The query; it has passed the guard.
        media_type: What it is sent as.
        answer: Works it out; gives the version of the graph that was asked, which may be newer than the one before.
    """
    version: str = current_app.config["ANSWERS"].version
    _, repeatable = looked_at(wanted.text, current_app.config["LIMITS"])
    if not version or not repeatable:
        response = answer()[0]
        response.headers["Cache-Control"] = "no-store"
        return response
    tag = _tag(version, wanted, media_type)
    if own := _had(tag):
        return _not_modified(own)
    results: Results = current_app.config["RESULTS"]
    key = tag + _GZIP if wants_gzip() else tag
    found = None if request.cache_control.no_cache else results.find(version, key)
    if found:
        request.environ[VERSION] = version
        return _from_memory(found)
    response, asked = answer()
    request.environ[VERSION] = asked
    _finish(response, tag if asked == version else _tag(asked, wanted, media_type))
    if response.is_sequence and asked == version and not request.cache_control.no_store:
        sent, _ = response.get_etag()
        coding = response.headers.get("Content-Encoding")
        results.keep(version, key, Result(response.get_data(), response.content_type or media_type, sent or "", coding))
    return _shaped(response)


def described(base: str, media_type: str, answer: Callable[[], Response]) -> Response:
    """A description out of the snapshot: not worked out if the client has it.

    The snapshot, the address that is asked with its fields, that of the server, and the media type decide on each byte.

    Args:
        base: Address of the server.
        media_type: What it is sent as.
        answer: Works it out, whatever the snapshot is meanwhile; or finds that there is nothing to describe.
    """
    asked = request.path, request.query_string.decode("latin-1")
    return of_version(lambda version: _digest(version, media_type, asked, base, request.script_root), answer)


def of_version(tagged_as: Callable[[str], str], answer: Callable[[], Response]) -> Response:
    """An answer out of the snapshot that its version gives a tag, not worked out if the client has it.

    Args:
        tagged_as: The tag that it has in a version.
        answer: Works it out.
    """
    answers = current_app.config["ANSWERS"]
    version: str = answers.version
    if not version:
        return answer()
    tag = tagged_as(version)
    if own := _had(tag):
        return _not_modified(own)
    response = answer()
    if response.status_code != 200 or answers.version != version:  # of two snapshots, perhaps
        return response
    _finish(response, tag)
    return _shaped(response)


def tagged(response: Response) -> Response:
    """A whole answer that is at hand, not sent if the client has it: its bytes are its tag, whatever they hang on."""
    tag = _digest(response.content_type or "", hashlib.blake2b(response.get_data()).hexdigest())
    if own := _had(tag):
        return _not_modified(own)
    _finish(response, tag)
    return _shaped(response)


def graph_tag(version: str, name: str) -> str:
    """What the tags of a graph begin with, whatever it is written as; another one after each write to any graph."""
    return _digest(version, "graph", name)


def _tag(version: str, wanted: Request, media_type: str) -> str:
    """What is the same for the same bytes, and for nothing else (RFC 9110, section 8.8.3)."""
    return _digest(version, media_type, wanted.text, wanted.default_graphs, wanted.named_graphs)


def _digest(*told: str | tuple[str, ...]) -> str:
    said = json.dumps([__version__, *told])
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _had(tag: str) -> str:
    """The tag of what the client has, which may be the packed form; empty where it has neither."""
    has = request.if_none_match.as_set(include_weak=True) if request.method in {"GET", "HEAD"} else set()
    return next((own for own in ((tag + _GZIP, tag) if wants_gzip() else (tag,)) if own in has), "")


def _finish(response: Response, tag: str) -> None:
    """Pack a response where that is asked for, and give it its tag, which is another for the packed form."""
    compress(response)
    response.set_etag(tag + _GZIP if response.headers.get("Content-Encoding") else tag)


def _from_memory(found: Result) -> Response:
    response = Response(found.body, content_type=found.content_type)
    if found.coding:
        response.headers["Content-Encoding"] = found.coding
    response.set_etag(found.tag)
    return _shaped(response)


def _shaped(response: Response) -> Response:
    """What is alike for all: caches may keep it and must ask whether it is still so; a POST has no tag."""
    response.headers["Cache-Control"] = "no-cache"
    if request.method not in {"GET", "HEAD"}:
        del response.headers["ETag"]
    elif request.if_none_match.star_tag:
        tag, _ = response.get_etag()
        response.close()
        return _not_modified(tag or "")
    return response


def _not_modified(tag: str) -> Response:
    response = Response(status=304)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-cache"
    return response
