"""Commands that ask the built graph: query, questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import click
from rich.markup import escape

from cdkg.cli import options, show
from cdkg.cli.current import current_graph
from cdkg.errors import Location, NotAcceptableError, QueryError


@click.command()
@click.argument("file", required=False, type=click.File("rb"))
@click.option("-e", "--execute", "text", help="The query itself.")
@click.option("-q", "--question", help="Slug (or number) of a competency question.")
@click.option("-f", "--format", "form", default="table", show_default=True,
              help="table, json, xml, csv, tsv; turtle, ntriples, jsonld, rdfxml, trig, nquads.")  # fmt: skip
@click.option("--endpoint", metavar="URL", help="Ask this SPARQL endpoint instead of the built graph.")
@click.option("--why", is_flag=True, help="For each row the asserted statements that make it true; text or json.")
@click.option("--why-not", is_flag=True, help="Of an empty answer the part of the query that fails; text or json.")
@click.option("--rows", type=click.IntRange(1), default=20, show_default=True, help="How many rows --why explains.")
@options.project
@options.state
@options.guarded
def query(
    file: BinaryIO | None, text: str | None, question: str | None, form: str, folder: Path | None, state: Path | None,
    **wanted: Any,
) -> int:  # fmt: skip
    """Answer a SPARQL query; the project's prefixes need no declaration.

    \b
    Example:
      cdkg query -e 'SELECT ?c WHERE { city:leeds cd:twinnedWith ?c }'
      cdkg query my.rq --format csv
      cdkg query --question 001 --why
      cdkg query -e 'SELECT ?c { city:leeds cd:twinedWith ?c }' --why-not
    """
    asked = _asked(file, text, question, folder)
    kinds = [name for name in ("endpoint", "why", "why_not") if wanted[name]]
    if len(kinds) > 1:
        raise QueryError("take one of --endpoint, --why and --why-not")
    if not kinds:
        from cdkg.query import run

        show.answer(run(current_graph(folder, state).store, asked), form)
    elif wanted["endpoint"]:
        from cdkg.assets import Project
        from cdkg.formats import GRAPHS, SOLUTIONS, by_name
        from cdkg.settings import read
        from cdkg.store import RemoteEndpoint

        syntax = by_name("json" if form == "table" else form, SOLUTIONS + GRAPHS)
        contact = read(Project.find(folder).root).contact
        show.written(RemoteEndpoint(wanted["endpoint"], contact=contact).query(asked, syntax))
    else:
        _explain(asked, form, folder, wanted["rows"] if wanted["why"] else None)
    return 0


def _explain(asked: str, form: str, folder: Path | None, rows: int | None) -> None:
    """Print why the rows of an answer are there, or (without `rows`) why it is empty; of the project as it is now."""
    from cdkg.pipeline import open_project
    from cdkg.reasoning.telling.explanation import origin_json, origin_text

    if form not in {"table", "text", "json"}:
        raise NotAcceptableError(f"an explanation cannot be written as {form}", hint="one of text, json")
    workspace = open_project(folder).reason()
    if rows is None:
        reasons = workspace.why_not(asked)
        told, lines = reasons.as_json(), reasons.lines()
    else:
        traces, origins = workspace.why(asked, rows), workspace.origins
        told = traces.as_json(lambda triple: map(origin_json, origins.of(triple)))
        lines = traces.lines(lambda triple: (origin_text(origin, show.near) for origin in origins.of(triple)))
    if form == "json":
        show.json_of(told)
    else:
        click.echo("\n".join(lines))


def _asked(file: BinaryIO | None, text: str | None, question: str | None, folder: Path | None) -> str:
    """The text of the one query that is given.

    Raises:
        QueryError: None is given, or more than one; it is not UTF-8, or there is no such question.
    """
    if sum(part is not None for part in (file, text, question)) != 1:
        raise QueryError("give exactly one query", hint="a FILE, -e TEXT or --question SLUG")
    if file is not None:
        return _decoded(file)
    return text if text is not None else _question_text(folder, str(question))


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


@click.command()
@click.argument("slugs", nargs=-1)
@click.option("--accept", is_flag=True, help="Write the answers as the expected ones; read them before you commit.")
@options.project
@options.state
@options.guarded
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
    store = current_graph(folder, state).store
    wrong = 0
    for question in asked:
        if accept:
            show.out.print(f"wrote {escape(str(question.accept(store)))}")
            continue
        outcome = question.ask(store)
        wrong += not outcome.right
        show.outcome(question, outcome)
    if not accept:
        show.out.print(f"{len(asked) - wrong} right, {wrong} wrong")
    return 1 if wrong else 0


COMMANDS = (query, questions)
