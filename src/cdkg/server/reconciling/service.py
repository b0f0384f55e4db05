"""`/reconcile`: the manifest, batches of queries, and data extension (Reconciliation Service API 0.2, 3, 4 and 7)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from flask import Response, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from cdkg.errors import BusyError, DeadlineError
from cdkg.linking.reconciling import Asked, Candidate
from cdkg.linking.reconciling_values import Column
from cdkg.server.fields import check_charset, fields_of_body, fields_of_url
from cdkg.server.reconciling.answering import answered, blueprint
from cdkg.server.reconciling.asked import read_batch, read_extension
from cdkg.server.reconciling.asking import Asking
from cdkg.server.reconciling.columns import check_types, column
from cdkg.server.reconciling.extending import extended
from cdkg.server.reconciling.gathering import Gathered, full, full_term
from cdkg.server.reconciling.loading import Loading
from cdkg.server.reconciling.manifest import manifest
from cdkg.settings import USUAL
from cdkg.workers.admission import Admission, party

_FORM: Final = "application/x-www-form-urlencoded"
#: Bytes of a request.
_MOST_BYTES: Final = 2 * 1024 * 1024
#: So many batches are worked on at a time, as they share a processor with all else that the server does; those of one
#: client, and all that wait.
_AT_A_TIME, _EACH, _WAITING = 2, 8, 32


@blueprint.route("/reconcile", methods=["GET", "POST"], strict_slashes=False)
def reconcile() -> Response:
    """Answer a batch of queries or a request for data; without either, tell what the service can do."""
    request.max_content_length = _MOST_BYTES
    fields = _fields()
    queries, extend = fields.getlist("queries"), fields.getlist("extend")
    if len(queries) + len(extend) > 1:
        raise BadRequest("one `queries` or one `extend` is answered at a time")
    with working() as gathered:
        if queries:
            return answered(_batch(read_batch(queries[0], full, full_term), gathered))
        if extend:
            return answered(extended(read_extension(extend[0]), gathered, asking()))
        if request.method == "POST":
            raise BadRequest("a batch of queries is posted as `queries`, a request for data as `extend`")
        return answered(manifest(gathered))


def _fields() -> MultiDict[str, str]:
    if request.method != "POST":
        return fields_of_url(request)
    if request.mimetype != _FORM:
        raise UnsupportedMediaType(f"a batch of queries is posted as {_FORM}")
    check_charset(request)
    return fields_of_body(request)


@contextmanager
def working() -> Iterator[Gathered]:
    """What can be meant, for a request whose turn it is.

    Raises:
        BusyError: No turn came in time, or nothing is read yet.
    """
    kept: dict[str, Any] = current_app.extensions.setdefault("cdkg.reconciling", {})
    if "loading" not in kept:
        kept.setdefault("loading", Loading(current_app.config["ANSWERS"], current_app.config["LIMITS"].size))
        kept.setdefault("admission", Admission(_AT_A_TIME, _EACH, _WAITING, USUAL.query_patience))
    loading: Loading = kept["loading"]
    admission: Admission = kept["admission"]
    client = party(request.remote_addr or "")
    admission.enter(client, _gone())
    try:
        yield loading.current()
    finally:
        admission.leave(client)


def asking() -> Asking:
    """Asks queries for the client of this request."""
    config = current_app.config
    return Asking(config["ANSWERS"], config["LIMITS"].size, request.remote_addr or "", _gone())


def _gone() -> Callable[[], bool]:
    found: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    return found


def _seconds() -> float:
    """How long a batch may take: as long as a query."""
    bounds = getattr(current_app.config["ANSWERS"], "bounds", None)
    return bounds.seconds if bounds else USUAL.query_seconds


def _batch(asked: dict[str, Asked], gathered: Gathered) -> dict[str, Any]:
    """The answers to a batch, each as if it were alone.

    Raises:
        DeadlineError: They took too long.
        BusyError: The client has left.
    """
    seconds = _seconds()
    until, gone = time.monotonic() + seconds, _gone()
    columns = _columns(asked, gathered)
    found: dict[str, Any] = {}
    for name, each in asked.items():
        if time.monotonic() > until:
            why = f"it took more than {seconds:g} seconds"
            raise DeadlineError("the batch was ended", why=why, hint="send fewer queries at a time")
        if gone():
            raise BusyError("the client has left", status=499)
        found[name] = {"result": [_told(one, gathered) for one in gathered.known.answer(each, columns)]}
    return found


def _columns(asked: dict[str, Asked], gathered: Gathered) -> dict[str, Column]:
    """The values of all properties that a batch names; all of it is looked at before anything is answered."""
    columns: dict[str, Column] = {}
    for name, each in asked.items():
        check_types(each.types, gathered.types, name)
        for condition in each.conditions:
            if condition.pid not in columns:
                columns[condition.pid] = column(condition.pid, gathered, asking(), name)
    return columns


def _told(candidate: Candidate, gathered: Gathered) -> dict[str, Any]:
    entity = candidate.entity
    return {
        "id": entity.iri,
        "name": entity.name,
        "description": entity.description,
        "score": round(candidate.score, 2),
        "features": [{"id": name, "value": value} for name, value in candidate.features.items()],
        "match": candidate.is_match,
        "type": [{"id": each, "name": gathered.types[each].name} for each in entity.types],
    }
