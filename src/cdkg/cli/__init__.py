"""The command line: parse, call, print, exit code (0 fine, 1 faults in the data, 2 could not be done)."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
from rich.markup import escape

from cdkg import __version__
from cdkg.cli import show
from cdkg.errors import CdkgError, ClashError, Location, QueryError, SnapshotError

if TYPE_CHECKING:
    from cdkg.graph import KnowledgeGraph
    from cdkg.pipeline import Built
    from cdkg.reasoning import Engine


def _guarded(command: Callable[..., int | None]) -> Callable[..., None]:
    """Turn errors of ours into one message and an exit code: contradictions 1, all else 2; 130 for Ctrl-C."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            code = command(*args, **kwargs) or 0
        except ClashError as error:
            show.err.print(f"[red]contradiction[/red] {escape(str(error))}")
            code = 1
        except CdkgError as error:
            show.err.print(f"[red]error[/red] {escape(str(error))}")
            code = 2
        except KeyboardInterrupt:
            code = 130  # as shells have it; 1 would say that the data has faults
        sys.exit(code)

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("-v", "--verbose", count=True, help="Log what is done (-vv: in detail).")
def main(verbose: int) -> None:
    """City Diplomacy Knowledge Graph: build, validate, question and serve it.

    \b
    Example:
      cdkg build && cdkg query --question 001
    """
    level = [logging.WARNING, logging.INFO, logging.DEBUG][min(verbose, 2)]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no letter for a name shows a question mark
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")


_project = click.option(
    "--project",
    "folder",
    type=click.Path(path_type=Path),
    help="Project folder (default: the one you stand in, else ours).",
)
_state = click.option("--state", type=click.Path(path_type=Path), help="Folder for snapshots.")


@main.command()
@_project
@_state
@click.option("--allow-violations", is_flag=True, help="Make the snapshot current in spite of violations.")
@click.option("--reasoner", type=click.Choice(["cdkg", "owlrl"]), default="cdkg", show_default=True,
              help="The OWL 2 RL engine; owlrl is the reference and slow: for small projects.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_guarded
def build(
    folder: Path | None, state: Path | None, allow_violations: bool, reasoner: Engine, form: str
) -> int:  # fmt: skip
    """Load, reason, validate and write a snapshot.

    \b
    Example:
      cdkg build
      cdkg build --project my-cities --format json
    """
    from cdkg import pipeline
    from cdkg.assets import Project

    with show.err.status("build") as status:
        built = pipeline.build(
            Project.find(folder),
            state=state,
            allow_violations=allow_violations,
            reasoner=reasoner,
            tell=status.update,
        )
    if form == "json":
        click.echo(json.dumps(_build_json(built), indent=1))
    else:
        show.results(built.report)
        show.counts(built.counts)
        show.out.print("  ".join(f"{name} {seconds:.2f} s" for name, seconds in built.seconds.items()))
        show.verdict(built.report, brief=True)
        if built.snapshot is None:
            show.err.print(
                "[red]no new snapshot:[/red] the former one stays (--allow-violations makes one all the same)"
            )
    return 0 if built.report.conforms else 1


def _build_json(built: Built) -> dict[str, Any]:
    return {
        "counts": built.counts,
        "results": built.report.counts(),
        "seconds": {name: round(seconds, 3) for name, seconds in built.seconds.items()},
        "snapshot": str(built.snapshot.path) if built.snapshot else None,
    }


@main.command()
@_project
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_guarded
def validate(folder: Path | None, form: str) -> int:
    """Check a project against its shapes and check queries, without writing anything.

    \b
    Example:
      cdkg validate
      cdkg validate --project my-cities --format json
    """
    from cdkg.pipeline import open_project

    with show.err.status("validate"):
        report = open_project(folder).reason().validate()
    if form == "json":
        rows = [
            {"severity": r.severity.value, "message": r.message, "source": r.source, "focus": r.focus, "path": r.path,
             "value": r.value, "places": [str(p) for p in r.places]}
            for r in report.results
        ]  # fmt: skip
        click.echo(json.dumps({"conforms": report.conforms, "counts": report.counts(), "results": rows}, indent=1))
    else:
        show.results(report, limit=None)
        show.verdict(report)
    return 0 if report.conforms else 1


@main.command()
@click.argument("subject")
@click.argument("predicate")
@click.argument("object", metavar="OBJECT")
@_project
@_guarded
def explain(subject: str, predicate: str, object: str, folder: Path | None) -> int:  # noqa: A002  # RDF's own word
    """Show why a triple holds: rules down to the lines that assert it.

    \b
    Example:
      cdkg explain city:leeds cd:twinnedWith city:hangzhou
    """
    from cdkg.pipeline import open_project

    proof = open_project(folder).reason().explain(subject, predicate, object)
    if proof is None:
        show.err.print(escape(f"{subject} {predicate} {object} is not stated and does not follow"))
        return 1
    click.echo("\n".join(proof.lines(show.near)))
    return 0


@main.command()
@click.argument("file", required=False, type=click.File("rb"))
@click.option("-e", "--execute", "text", help="The query itself.")
@click.option("-q", "--question", help="Slug (or number) of a competency question.")
@click.option("-f", "--format", "form", default="table", show_default=True,
              help="table, json, xml, csv, tsv; turtle, ntriples, jsonld, rdfxml.")  # fmt: skip
@click.option("--endpoint", metavar="URL", help="Ask this SPARQL endpoint instead of the built graph.")
@_project
@_state
@_guarded
def query(
    file: BinaryIO | None, text: str | None, question: str | None, form: str, endpoint: str | None,
    folder: Path | None, state: Path | None,
) -> int:  # fmt: skip
    """Answer a SPARQL query; the project's prefixes need no declaration.

    \b
    Example:
      cdkg query -e 'SELECT ?c WHERE { city:leeds cd:twinnedWith ?c }'
      cdkg query my.rq --format csv
      cdkg query --question 001
    """
    from cdkg.query import run

    if sum(part is not None for part in (file, text, question)) != 1:
        raise QueryError("give exactly one query", hint="a FILE, -e TEXT or --question SLUG")
    asked = text or ""
    if file is not None:
        asked = _decoded(file)
    elif question is not None:
        asked = _question_text(folder, question)
    if endpoint:
        from cdkg.formats import GRAPHS, SOLUTIONS, by_name
        from cdkg.store import RemoteEndpoint

        wanted = by_name("json" if form == "table" else form, SOLUTIONS + GRAPHS)
        show.written(RemoteEndpoint(endpoint).query(asked, wanted))
        return 0
    show.answer(run(_graph(folder, state).store, asked), form)
    return 0


def _decoded(file: BinaryIO) -> str:
    data = file.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise QueryError("the query is not UTF-8", where=Location(file.name, line)) from error


def _question_text(folder: Path | None, slug: str) -> str:
    from cdkg.assets import Project
    from cdkg.query import read_questions

    found = read_questions(Project.find(folder).folder("queries/competency"))
    for question in found:
        if question.is_called(slug):
            return question.text
    raise QueryError(f"no question {slug!r}", hint="`cdkg questions` lists them")


def _graph(folder: Path | None, state: Path | None) -> KnowledgeGraph:
    """The graph of the current snapshot; where nothing was built yet, it is built."""
    from cdkg import pipeline
    from cdkg.assets import Project
    from cdkg.settings import read

    project = Project.find(folder)
    current = pipeline.snapshots(project, read(project.root), state).current()
    if current is None:
        with show.err.status("nothing built yet: building"):
            built = pipeline.build(project, state=state)
        if built.snapshot is None:
            show.results(built.report)
            raise SnapshotError(
                "the data does not conform, and nothing was built before",
                hint="mend what is listed above, or `cdkg build --allow-violations`",
            )
    elif changed := pipeline.changed_since(project, current):
        show.err.print(f"note: {len(changed)} files changed since the last build; `cdkg build` takes them in")
    return pipeline.read_current(project, state)


@main.command()
@click.argument("slugs", nargs=-1)
@click.option("--accept", is_flag=True, help="Write the answers as the expected ones; read them before you commit.")
@_project
@_state
@_guarded
def questions(slugs: tuple[str, ...], accept: bool, folder: Path | None, state: Path | None) -> int:
    """Ask the competency questions and compare with the expected answers.

    \b
    Example:
      cdkg questions
      cdkg questions 001 017
    """
    from cdkg.assets import Project
    from cdkg.query import read_questions

    home = Project.find(folder).folder("queries/competency")
    found = read_questions(home)
    asked = [q for q in found if not slugs or any(map(q.is_called, slugs))]
    unknown = [slug for slug in slugs if not any(q.is_called(slug) for q in found)]
    if unknown or not asked:
        told = f"no question {', '.join(map(repr, unknown))}" if unknown else "there are no questions"
        raise QueryError(told, hint=f"questions are *.rq files in {home}")
    store = _graph(folder, state).store
    wrong = 0
    for question in asked:
        if accept:
            show.out.print(f"wrote {escape(str(question.accept(store)))}")
            continue
        outcome = question.ask(store)
        wrong += not outcome.right
        mark = "[green]right[/]" if outcome.right else "[red]wrong[/]"
        show.out.print(f"{mark} {escape(question.slug)}: {escape(question.question)} ({outcome.rows} rows)")
        for sign, rows in (("-", outcome.missing), ("+", outcome.surplus)):
            for row in rows[:5]:
                show.out.print(f"    {sign} {escape(' '.join(row))}")
        if not outcome.right and not outcome.missing and not outcome.surplus:
            show.out.print("    the rows are right, their order is not")
    if not accept:
        show.out.print(f"{len(asked) - wrong} right, {wrong} wrong")
    return 1 if wrong else 0


@main.command()
@_project
@_state
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_guarded
def stats(folder: Path | None, state: Path | None, form: str) -> int:
    """Count what the built graph holds.

    \b
    Example:
      cdkg stats --format json
    """
    from cdkg.pipeline import count

    counts = count(_graph(folder, state))
    if form == "json":
        click.echo(json.dumps(counts, indent=1))
    else:
        show.counts(counts)
    return 0


@main.command()
@_project
@_state
@click.option("--host", help="Address to listen on (default: 127.0.0.1, or the settings).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port (default: 7171, or the settings; 0: a free one).")
@_guarded
def serve(folder: Path | None, state: Path | None, host: str | None, port: int | None) -> int:
    """Serve the built graph: a SPARQL endpoint and a page with a query box. Builds it where it is missing.

    \b
    Example:
      cdkg serve --port 8000
      curl 'http://127.0.0.1:8000/sparql?query=ASK%7B%7D'
    """
    from cdkg import server
    from cdkg.assets import Project
    from cdkg.pipeline import count
    from cdkg.query import Limits, read_questions
    from cdkg.settings import read

    project = Project.find(folder)
    settings = read(project.root)
    graph = _graph(folder, state)
    app = server.create_app(
        graph.store,
        questions=read_questions(project.folder("queries/competency")),
        counts=count(graph),
        limits=Limits(settings.max_query_bytes, settings.max_query_depth),
    )
    server.serve(app, host or settings.host, settings.port if port is None else port, show.address)
    return 0


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_guarded
def init(folder: Path) -> int:
    """Make a starter folder for your own cities; it builds and validates as it is.

    \b
    Example:
      cdkg init my-cities && cd my-cities && cdkg build
    """
    from cdkg.assets import start_project

    for path in start_project(folder):
        show.out.print(f"wrote {escape(str(path))}")
    show.out.print(escape(f"next: cd {folder} && cdkg build && cdkg serve"))
    return 0
