"""The command that serves the built graph."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from cdkg.cli import options, show
from cdkg.cli.current import current_snapshot


@click.command()
@options.project
@options.state
@click.option("--host", help="Address to listen on (default: 127.0.0.1, or the settings).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port (default: 7171, or the settings; 0: a free one).")
@options.guarded
def serve(folder: Path | None, state: Path | None, host: str | None, port: int | None) -> int:
    """Serve the built graph: a SPARQL endpoint and a page with a query box. Builds it where it is missing.

    \b
    Example:
      cdkg serve --port 8000
      curl 'http://127.0.0.1:8000/sparql?query=ASK%7B%7D'
    """
    from cdkg import server
    from cdkg.assets import Project
    from cdkg.query import Limits, read_questions
    from cdkg.settings import read
    from cdkg.workers import Pool, PoolBounds, Source

    project = Project.find(folder)
    settings = read(project.root)
    snapshot = current_snapshot(folder, state)
    limits = Limits(settings.max_query_bytes, settings.max_query_depth)
    pool = Pool(Source(snapshot.path), PoolBounds(limits=limits))
    gc.enable()
    questions = read_questions(project.folder("queries/competency"))
    app = server.create_app(pool, questions=questions, counts=snapshot.about["counts"], limits=limits)
    try:
        server.serve(app, host or settings.host, settings.port if port is None else port, show.address)
    finally:
        pool.close()
    return 0


COMMANDS = (serve,)
