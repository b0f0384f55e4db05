"""`/reconcile`: the manifest, batches of queries, and data extension (Reconciliation Service API 0.2, 3, 4 and 7)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from flask import Response, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from cdkg.errors import BusyError, DeadlineError
from cdkg.linking.reconciling import Asked, Candidate
from cdkg.linking.reconciling_values import Column
from cdkg.server.fields import check_charset, fields_of_body, fields_of_url
from cdkg.server.guarding import discreet
from cdkg.server.reconciling.answering import answered, blueprint
from cdkg.server.reconciling.asked import MOST_PROPERTIES, AskedError, read_batch, read_extension
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


def _batch(asked: Mapping[str, Asked | AskedError], gathered: Gathered) -> dict[str, Any]:
    """The answers to a batch, each as if it were alone (section 4.4); where there can be none, it is told why.

    Raises:
        AskedError: It names too many properties.
        DeadlineError: They took too long.
        BusyError: The client has left.
    """
    go_on = _going_on()
    columns: dict[str, Column | AskedError] = {}
    for pid in _pids(asked.values()):
        go_on()
        columns[pid] = _column(pid, gathered)
    found: dict[str, Any] = {}
    for name, each in asked.items():
        go_on()
        found[name] = _answer(each, columns, gathered)
    return found


def _going_on() -> Callable[[], None]:
    """Ends a batch that takes too long, or that nobody waits for."""
    seconds = _seconds()
    until, gone = time.monotonic() + seconds, _gone()

    def go_on() -> None:
        if time.monotonic() > until:
            why = f"it took more than {seconds:g} seconds"
            raise DeadlineError("the batch was ended", why=why, hint="send fewer queries at a time")
        if gone():
            raise BusyError("the client has left", status=499)

    return go_on


def _pids(asked: Iterable[Asked | AskedError]) -> tuple[str, ...]:
    """The properties that a batch names: as many as a table has columns, since all their values are held at once."""
    found = dict.fromkeys(one.pid for each in asked if isinstance(each, Asked) for one in each.conditions)
    if len(found) > MOST_PROPERTIES:
        why = f"at most {MOST_PROPERTIES} are looked at"
        raise AskedError(f"the queries name {len(found):,} properties", status=413, why=why)
    return tuple(found)


def _column(pid: str, gathered: Gathered) -> Column | AskedError:
    try:
        return column(pid, gathered, asking())
    except AskedError as error:
        return error


def _answer(
    asked: Asked | AskedError, columns: Mapping[str, Column | AskedError], gathered: Gathered
) -> dict[str, Any]:
    """The answer to a query; the schema of the API demands a result, also of one that cannot be answered."""
    try:
        if isinstance(asked, AskedError):
            raise asked
        check_types(asked.types, gathered.types)
        values = {one.pid: _held(columns[one.pid]) for one in asked.conditions}
    except AskedError as error:
        told = {"status": error.status, "title": error.what, "detail": discreet(error)}
        return {"result": [], "error": told}
    return {"result": [_told(one, gathered) for one in gathered.known.answer(asked, values)]}


def _held(found: Column | AskedError) -> Column:
    if isinstance(found, AskedError):
        raise found
    return found


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
