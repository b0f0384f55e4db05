"""What operators see: `/health`, `/metrics` (Prometheus), and a log of one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from flask import Blueprint, Response, current_app
from waitress.channel import ClientDisconnected

from cdkg.errors import CdkgError
from cdkg.workers import Pool

blueprint = Blueprint("observing", __name__)
#: Upper bounds of the histogram of durations, in seconds.
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
#: So many characters of a query, a path or a name are logged.
_MOST: Final = 300
_OUTCOMES: Final = {429: "busy", 499: "left", 503: "busy", 504: "timeout"}

access = logging.getLogger("cdkg.access")


class Metrics:
    """Counts requests and their durations."""

    def __init__(self) -> None:
        self.begun = time.time()
        self._turn = threading.Lock()
        self._statuses: Counter[tuple[str, int]] = Counter()
        self._durations = [0] * (len(_BUCKETS) + 1)
        self._seconds = 0.0

    def count(self, method: str, status: int, seconds: float) -> None:
        """Take note of a request."""
        with self._turn:
            self._statuses[method if method in _METHODS else "other", status] += 1
            self._durations[bisect_left(_BUCKETS, seconds)] += 1
            self._seconds += seconds

    def lines(self) -> Iterator[str]:
        """Yield them in the text format of Prometheus, version 0.0.4."""
        with self._turn:
            statuses, durations, seconds = sorted(self._statuses.items()), list(self._durations), self._seconds
        labelled = [(f'{{method="{method}",status="{status}"}}', number) for (method, status), number in statuses]
        yield from _metric("cdkg_http_requests_total", "counter", "Requests answered.", labelled)
        name, sofar = "cdkg_http_request_duration_seconds", 0
        yield from _metric(name, "histogram", "Time from request to the end of its answer.", ())
        for most, number in zip([*_BUCKETS, "+Inf"], durations, strict=True):
            sofar += number
            yield f'{name}_bucket{{le="{most}"}} {sofar}'
        yield from (f"{name}_sum {seconds:.6f}", f"{name}_count {sofar}")
        yield from _metric("process_start_time_seconds", "gauge", "Start, in Unix time.", [("", self.begun)])


_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


def _metric(name: str, kind: str, told: str, values: Iterable[tuple[str, float]]) -> Iterator[str]:
    yield from (f"# HELP {name} {told}", f"# TYPE {name} {kind}")
    yield from (f"{name}{labels} {value}" for labels, value in values)


def _of_pool(pool: Pool) -> Iterator[str]:
    outcomes = [(f'{{outcome="{name}"}}', number) for name, number in sorted(pool.outcomes.copy().items())]
    workers = [('{state="idle"}', pool.idle), ('{state="at work"}', pool.at_work)]
    yield from _metric("cdkg_queries_total", "counter", "Queries by how they ended.", outcomes)
    yield from _metric("cdkg_workers", "gauge", "Processes that answer queries.", workers)
    yield from _metric("cdkg_queries_waiting", "gauge", "Queries without a worker.", [("", pool.admission.waiting)])
    try:
        age = time.time() - pool.source.path.stat().st_mtime
    except OSError:  # it has been forgotten meanwhile
        return
    yield from _metric("cdkg_snapshot_age_seconds", "gauge", "Age of the graph that is served.", [("", round(age, 3))])


@blueprint.get("/metrics")
def metrics() -> Response:
    """What Prometheus reads."""
    answers = current_app.config["ANSWERS"]
    lines = [
        *_metric("cdkg_ready", "gauge", "Whether queries are answered.", [("", int(answers.is_ready()))]),
        *_metric("cdkg_quads", "gauge", "Quads that are served.", [("", answers.quads)]),
        *(_of_pool(answers) if isinstance(answers, Pool) else ()),
        *current_app.config["METRICS"].lines(),
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


@blueprint.get("/health")
def health() -> Response:
    """That the server is alive, which it is as it says so."""
    return _health(200)


@blueprint.get("/health/ready")
def ready() -> Response:
    """Whether it answers queries: 200, else 503."""
    return _health(200 if current_app.config["ANSWERS"].is_ready() else 503)


def _health(status: int) -> Response:
    answers = current_app.config["ANSWERS"]
    told = {"status": "ok", "ready": answers.is_ready(), "quads": answers.quads, "snapshot": answers.version}
    following = current_app.config.get("FOLLOWING")
    if following and following.fault:  # a newer snapshot cannot be served; the former one is meanwhile
        told["fault"] = following.fault
    response = Response(json.dumps(told), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


class Observer:
    """Counts and logs what an application answers; an answer that breaks off is an answer without end for its client.

    Args:
        app: A WSGI application.
        counted: Where requests are counted.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], counted: Metrics) -> None:
        self._app, self._counted = app, counted

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        seen = _Seen(environ, self._counted)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            seen.status = int(status[:3])
            return start_response(status, headers, *more)

        try:
            seen.parts = self._app(environ, start)
        except BaseException:
            seen.close()
            raise
        return seen


class _Seen:
    """A request under way, and its answer."""

    def __init__(self, environ: dict[str, Any], counted: Metrics) -> None:
        self._environ, self._counted = environ, counted
        self._begun, self._bytes, self._outcome = time.monotonic(), 0, "left"
        self.status = 500
        self.parts: Iterable[bytes] = ()

    def __iter__(self) -> Iterator[bytes]:
        try:
            for part in self.parts:
                self._bytes += len(part)
                yield part
        except CdkgError as error:  # the server is to leave out the end, and need not tell it as a fault
            self._outcome = f"cut: {error.what}"
            raise ClientDisconnected from None
        self._outcome = _OUTCOMES.get(self.status, ("answered", "refused", "failed")[max(0, self.status // 100 - 3)])

    def close(self) -> None:
        try:
            if hasattr(self.parts, "close"):
                self.parts.close()
        finally:
            seconds = time.monotonic() - self._begun
            method = self._environ["REQUEST_METHOD"]
            self._counted.count(method, self.status, seconds)
            access.info(self._line(method, seconds))

    def _line(self, method: str, seconds: float) -> str:
        told = {
            "time": round(time.time(), 3),
            "client": _short(self._environ.get("REMOTE_ADDR") or ""),
            "method": _short(method),
            "path": _short(self._environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace")),
            "status": self.status,
            "ms": round(seconds * 1000, 1),
            "bytes": self._bytes,
            "outcome": self._outcome,
        }
        query = self._environ.get("cdkg.query")
        return as_line(told | ({"query": _short(query)} if query else {}))


def _short(text: str) -> str:
    return text if len(text) <= _MOST else text[:_MOST] + "…"


def as_line(told: dict[str, Any]) -> str:
    """An object as one line of ASCII: whatever a client writes, it begins no line and moves no cursor."""
    return json.dumps(told).replace("\x7f", "\\u007f")


class Lines(logging.Formatter):
    """Writes each record of a log as a line of JSON; those that are one already, as they are."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        if record.name == access.name:
            return record.getMessage()
        told = {"time": round(record.created, 3), "level": record.levelname, "log": record.name}
        told["message"] = record.getMessage()
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return as_line(told)


def log_lines(*, requests: bool = True) -> None:
    """Let all logs of this process be lines of JSON on standard error, each request one of them if so wished."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that requests wait is told by /metrics
    access.setLevel(logging.INFO if requests else logging.CRITICAL)
