"""The command that serves the built graph."""

from __future__ import annotations

import gc
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cdkg.cli import options, show, writing
from cdkg.cli.current import current_snapshot

if TYPE_CHECKING:
    from cdkg.assets import Project
    from cdkg.query import Limits
    from cdkg.settings import Settings
    from cdkg.store import Snapshot
    from cdkg.workers import Pool, PoolBounds

#: The licence of our own data (LICENSE-DATA).
_OURS = "https://creativecommons.org/licenses/by/4.0/"


@click.command()
@options.project
@options.state
@click.option("--host", help="Address to listen on (default: 127.0.0.1, or the settings).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port (default: 7171, or the settings; 0: a free one).")
@click.option("--base-url", help="Address that people reach the server at (default: as each request has it).")
@writing.plain
@writing.writable
@options.guarded
def serve(
    folder: Path | None,
    state: Path | None,
    host: str | None,
    port: int | None,
    base_url: str | None,
    plain: Path | None,
    writable: Path | None,
) -> int:
    """Serve the built graph: a SPARQL endpoint and a page with a query box. Builds it where it is missing.

    \b
    Example:
      cdkg serve --port 8000
      curl 'http://127.0.0.1:8000/sparql?query=ASK%7B%7D'
    """
    from cdkg.assets import Project
    from cdkg.settings import check_address, read

    project = Project.find(folder)
    settings = read(project.root)
    settings = replace(
        settings,
        base_url=settings.base_url if base_url is None else base_url,
        host=host or settings.host,
        port=settings.port if port is None else port,
    )
    if settings.base_url:
        check_address(settings.base_url)
    if plain is not None:
        return _serve_plain(plain, writable, state, settings)
    return _serve_project(current_snapshot(folder, state), project, writable, state, settings)


def _serve_project(
    snapshot: Snapshot, project: Project, writable: Path | None, state: Path | None, settings: Settings
) -> int:
    """Serve a snapshot, and those that follow it."""
    from cdkg import pipeline, server
    from cdkg.assets import bundled
    from cdkg.http.polite import users_folder
    from cdkg.query import Limits, read_questions
    from cdkg.workers import Pool, Source
    from cdkg.workers.relay import Relay

    relay = Relay(settings.services, settings.contact, folder=users_folder()) if settings.services else None
    limits = Limits(settings.max_query_bytes, settings.max_query_depth, relay.services if relay else ())
    pool = Pool(Source(snapshot.path), _bounds(settings, limits))
    app = server.create_app(
        pool,
        questions=read_questions(project.folder("queries/competency")),
        counts=snapshot.about["counts"],
        limits=limits,
        base_url=settings.base_url,
        cache_megabytes=settings.cache_megabytes,
        context=project.folder("ontology") / "context.jsonld",
    )
    app.config["DATA_LICENSE"] = settings.data_license or (_OURS if project.root == bundled() else "")
    try:
        with server.follow(app, pool, pipeline.snapshots(project, settings, state), snapshot) as follower:
            writing.offer_project(app, follower, project, settings, state, writable)
            _listen(app, pool, settings)
    finally:
        pool.close()
    return 0


def _serve_plain(store: Path, writable: Path | None, state: Path | None, settings: Settings) -> int:
    """Serve a store as it is."""
    from cdkg import server
    from cdkg.query import Limits
    from cdkg.workers import Pool

    limits = Limits(settings.max_query_bytes, settings.max_query_depth)
    with writing.plain_source(store, writable) as source:
        pool = Pool(source, _bounds(settings, limits))
        app = server.create_app(
            pool, limits=limits, base_url=settings.base_url, cache_megabytes=settings.cache_megabytes
        )
        app.config["DATA_LICENSE"] = settings.data_license
        writing.offer_plain(app, pool, writable, state)
        try:
            _listen(app, pool, settings)
        finally:
            pool.close()
    return 0


def _bounds(settings: Settings, limits: Limits) -> PoolBounds:
    """What queries may take."""
    from cdkg.workers import PoolBounds

    return PoolBounds(
        seconds=settings.query_seconds,
        megabytes=settings.query_megabytes,
        answer_bytes=settings.answer_bytes,
        answer_rows=settings.answer_rows,
        workers=settings.query_workers,
        each=settings.queries_per_client,
        waiting=settings.queries_waiting,
        patience=settings.query_patience,
        limits=limits,
    )


def _listen(app: Any, pool: Pool, settings: Settings) -> None:
    """Listen; who reads an answer more slowly than a query may take is cut."""
    from cdkg import server

    bounds = server.Listening(
        threads=settings.threads,
        connections=settings.connections,
        idle_seconds=settings.idle_seconds,
        reading_seconds=settings.query_seconds + 10,
        header_bytes=3 * settings.max_query_bytes + 32 * 1024,  # in an address a byte takes three
        trusted_proxy=settings.trusted_proxy,
    )
    server.log_lines(requests=settings.log_requests != "no")
    gc.enable()  # a server runs on and on
    server.keep_memory_small()
    ready = partial(show.address, plain=pool.source.plain)
    server.serve(app, settings.host, settings.port, ready, bounds=bounds, cut=pool.stop)


COMMANDS = (serve, *writing.COMMANDS)
