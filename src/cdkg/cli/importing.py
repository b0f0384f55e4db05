"""The command `import wikidata-ties`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from pyoxigraph import Literal, NamedNode, Store

from cdkg.cli import options, show

if TYPE_CHECKING:
    from cdkg.linking.wikidata import Found
    from cdkg.linking.wikidata_asked import Job
    from cdkg.store import RemoteEndpoint


@click.group(name="import")
def import_() -> None:
    """Take in what others know, as passages of theirs.

    \b
    Example:
      cdkg import wikidata-ties --countries DE,GB --output data/
    """


@import_.command(name="wikidata-ties")
@click.option("--countries", required=True, metavar="CODES", help="ISO 3166-1 codes of two letters, as in DE,GB.")
@click.option("--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="A folder data/.")
@click.option("--endpoint", default="https://query.wikidata.org/sparql", show_default=True, metavar="URL")
@click.option(
    "--page", "size", type=click.IntRange(1, 100_000), default=5000, show_default=True, help="Rows of a page."
)
@options.project
@options.guarded
def wikidata_ties(countries: str, output: Path, endpoint: str, size: int, folder: Path | None) -> None:
    """Write twinnings (P190) and memberships (P463) of places in some countries, as Wikidata has them.

    Files of each country: wikidata/CODE.ttl, entities/wikidata-CODE.ttl, and disagreements/wikidata-CODE.ttl for ties
    that one side does not name or that the project's documents contradict. A job that was broken off within a day
    goes on where it was.

    \b
    Example:
      cdkg import wikidata-ties --countries DE,GB --output data/
    """
    from cdkg.http.cache import written
    from cdkg.linking.wikidata_files import Files
    from cdkg.pipeline import open_project
    from cdkg.settings import read
    from cdkg.store import RemoteEndpoint

    codes = _codes(countries)
    workspace = open_project(folder).reason()  # whether a denial of all Chinese twins meets a city is inferred
    remote = RemoteEndpoint(endpoint, contact=read(workspace.project.root).contact)
    items, ours = _known(workspace.project.folder("links"), workspace.graph.store)
    files = Files(items, ours, workspace.graph.store, endpoint)
    done = _asked(remote, codes, size)
    for _, told in done:
        found, left = files.fitting(told)
        texts = files.of(found)
        for path, text in texts.items():
            written(output / path, text.encode())
        disagreements = f"disagreements/wikidata-{found.country.lower()}.ttl"
        if disagreements not in texts:  # one of an earlier import would speak of what is no more
            (output / disagreements).unlink(missing_ok=True)
        more = f"; left out: {left} of what is no city here" if left else ""
        show.err.print(f"{found.country}: {len(found.twinnings)} twinnings, {len(found.memberships)} memberships{more}")
    for job, _ in done:
        job.forget()


def _codes(countries: str) -> list[str]:
    """The codes of a list, each once.

    Raises:
        SettingsError: One of them is none.
    """
    from cdkg.linking.wikidata import query

    codes = sorted({code.strip().upper() for code in countries.split(",")})
    for code in codes:
        query(code, "P190")
    return codes


def _asked(remote: RemoteEndpoint, codes: list[str], size: int) -> list[tuple[Job, Found]]:
    """What is told of each country; on a terminal a bar shows how far it is."""
    from rich.progress import Progress

    from cdkg.http.polite import users_folder
    from cdkg.linking.wikidata_asked import Job

    found = []
    with Progress(console=show.err, transient=True, disable=not show.err.is_terminal) as bar:
        task = bar.add_task("Wikidata", total=len(codes))
        for code in codes:

            def tell(relation: str, rows: int, code: str = code) -> None:
                bar.update(task, description=f"Wikidata: {code}, {relation}, {rows:,} rows")

            job = Job(remote, code, size, users_folder() / "jobs", tell)
            found.append((job, job.done()))
            bar.advance(task)
    return found


def _known(folder: Path, store: Store) -> tuple[dict[str, str], dict[str, str]]:
    """Our things by identifier of Wikidata, as accepted links have them, and our countries by code."""
    from cdkg.sources import sssom
    from cdkg.vocabulary import CD, PREFIXES

    path, exact = folder / f"wikidata{sssom.SUFFIX}", f"{PREFIXES['skos']}exactMatch"
    items = {
        mapping.object_id.rpartition("/")[2]: mapping.subject_id
        for mapping in (sssom.read(path).mappings if path.is_file() else ())
        if mapping.is_accepted and mapping.predicate_id == exact and mapping.subject_id and mapping.object_id
    }
    codes = {
        quad.object.value: quad.subject.value
        for quad in store.quads_for_pattern(None, NamedNode(f"{CD}iso3166Alpha2"), None, None)
        if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode)
    }
    return items, codes


COMMANDS = (import_,)
