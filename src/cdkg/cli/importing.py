"""The command `import wikidata-ties`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pyoxigraph import Literal, NamedNode, Store

from cdkg.cli import options, show

if TYPE_CHECKING:
    from cdkg.linking.wikidata import Found
    from cdkg.store import RemoteEndpoint


@click.group(name="import")
def import_() -> None:
    """Take in what others know, as passages of theirs."""


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

    Files: wikidata/CODE.ttl a country, entities/wikidata.ttl, and disagreements/wikidata.ttl for ties that
    one side does not name or that the project's documents contradict. A job that was broken off goes on where it was.

    \b
    Example:
      cdkg import wikidata-ties --countries DE,GB --output data/
    """
    from rich.progress import Progress

    from cdkg.http.cache import written
    from cdkg.http.polite import users_folder
    from cdkg.linking.wikidata_files import Files
    from cdkg.pipeline import open_project
    from cdkg.settings import read
    from cdkg.store import RemoteEndpoint

    workspace = open_project(folder).reason()  # whether a denial of all Chinese twins meets a city is inferred
    remote = RemoteEndpoint(endpoint, contact=read(workspace.project.root).contact)
    codes = sorted({code.strip().upper() for code in countries.split(",")})
    files = Files(
        *_known(workspace.project.folder("links"), workspace.graph.store), workspace.graph.store, endpoint, _today()
    )
    found = []
    jobs: list[Callable[[], None]] = []
    with Progress(console=show.err, transient=True) as bar:
        task = bar.add_task("Wikidata", total=len(codes) * 2)
        for code in codes:
            one, digest, forget = _country(remote, code, size, users_folder() / "jobs")
            found.append(one)
            files.hashes[code] = digest
            jobs += forget
            bar.advance(task, 2)
    texts = files.of(found)
    if "disagreements/wikidata.ttl" not in texts:  # one of an earlier import would speak of what is no more
        (output / "disagreements" / "wikidata.ttl").unlink(missing_ok=True)
    for path, text in texts.items():
        written(output / path, text.encode())
    for forget_one in jobs:
        forget_one()
    for each in found:
        show.err.print(f"{each.country}: {len(each.twinnings)} twinnings, {len(each.memberships)} memberships")


def _country(
    remote: RemoteEndpoint, code: str, size: int, journal: Path
) -> tuple[Found, str, list[Callable[[], None]]]:
    import hashlib

    from cdkg.linking.wikidata import gathered, query
    from cdkg.store.paging import Paged

    rows, hashes, jobs = [], [], []
    for relation in ("P190", "P463"):
        job = Paged(remote, query(code, relation), size, journal)
        pages = list(job.pages())
        rows.append([{name: term["value"] for name, term in row.items()} for page in pages for row in page.rows])
        hashes += [page.sha256 for page in pages]
        jobs.append(job.forget)
    return gathered(code, *rows), hashlib.sha256("\n".join(hashes).encode()).hexdigest(), jobs


def _known(folder: Path, store: Store) -> tuple[dict[str, str], dict[str, str]]:
    """Our things by identifier of Wikidata, as accepted links have them, and our countries by code."""
    from cdkg.sources import sssom
    from cdkg.vocabulary import CD

    path = folder / f"wikidata{sssom.SUFFIX}"
    items = {
        mapping.object_id.rpartition("/")[2]: mapping.subject_id
        for mapping in (sssom.read(path).mappings if path.is_file() else ())
        if mapping.is_accepted and mapping.subject_id and mapping.object_id
    }
    codes = {
        quad.object.value: quad.subject.value
        for quad in store.quads_for_pattern(None, NamedNode(f"{CD}iso3166Alpha2"), None, None)
        if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode)
    }
    return items, codes


def _today() -> date:
    from datetime import UTC, datetime

    return datetime.now(tz=UTC).date()


COMMANDS = (import_,)
