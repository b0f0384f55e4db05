"""What `cdkg serve` and `cdkg token` have to do with writes: tokens, the writable folder, plain stores."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cdkg.cli import options, show
from cdkg.errors import Location, SettingsError

if TYPE_CHECKING:
    from cdkg.assets import Project
    from cdkg.server.following import Following
    from cdkg.server.writing import Application, Tokens
    from cdkg.settings import Settings
    from cdkg.workers import Pool, Source
    from cdkg.workers.writing import Written

#: Seconds that a write waits until it is served.
_SERVED: Final = 60.0

plain = click.option(
    "--plain", type=click.Path(path_type=Path, exists=True), metavar="STORE",
    help="Serve this store on disk, RDF file or folder of RDF files as it is: no union, no reasoning, no validation.",
)  # fmt: skip
writable = click.option(
    "--writable", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Take writes from those who have a token: to files below this folder of the project; with --plain, to a copy "
    "of STORE in this folder.",
)  # fmt: skip


@contextmanager
def plain_source(store: Path, folder: Path | None) -> Iterator[Source]:
    """What `--plain` serves, while the block runs: a store on disk as it lies, anything else by a copy in memory.

    Raises:
        CdkgError: It cannot be read.
    """
    from cdkg.workers import Source
    from cdkg.workers.writing.plain import begin, is_store, served

    if folder is None and is_store(store):
        yield Source(store, plain=True)
        return
    if folder is not None:
        with served(store, folder) as path:
            yield Source(path, plain=True)
        return
    with tempfile.TemporaryDirectory(prefix="cdkg-plain-") as aside:
        yield Source(begin(store, Path(aside)), plain=True)


def offer_plain(app: Application, pool: Pool, folder: Path | None, state: Path | None) -> None:
    """Let a plain dataset be written, where a folder is given."""
    from cdkg.server.writing import Tokens, offer
    from cdkg.workers import Source
    from cdkg.workers.writing import Writing

    def renew(written: Written) -> None:
        pool.renew(Source(Path(written.source), plain=True))

    kept = state or folder
    tokens = Tokens.of(kept) if kept else Tokens(Path())
    writer = Writing("cdkg.workers.writing.plain", [str(folder.resolve())], renew) if folder else None
    offer(app, writer, tokens, project=False)


def offer_project(
    app: Application, follower: Following, project: Project, settings: Settings, state: Path | None, folder: Path | None
) -> None:
    """Let files of a project be written, where a folder is given; what a crash left half done is done first.

    Raises:
        SettingsError: The folder is not in the project.
        WriteError: What was left half done cannot be done.
    """
    from cdkg.pipeline import journal, snapshots
    from cdkg.server.writing import Tokens, offer
    from cdkg.workers.writing import Writing

    def renew(written: Written) -> None:
        follower.wait_for(Path(written.source).name, _SERVED)

    home = snapshots(project, settings, state).folder
    writer = None
    if folder is not None:
        inside = folder.resolve()
        if not inside.is_dir() or project.root.resolve() not in (inside, *inside.parents):
            where = Location(str(folder))
            raise SettingsError(
                "this is no folder of the project", where=where, hint=f"--writable {project.root / 'data'}"
            )
        journal.recover(project.root, snapshots(project, settings, state))
        arguments = [str(project.root), "--writable", str(inside), "--state", str(home.resolve())]
        writer = Writing("cdkg.pipeline.writing", arguments, renew)
    offer(app, writer, Tokens.of(home))


@click.group()
def token() -> None:
    """Tokens of those who may write to the endpoint.

    \b
    Example:
      cdkg token new --scope write --graph https://w3id.org/cdkg/graph/ucl/
    """


def _tokens(folder: Path | None, state: Path | None) -> Tokens:
    from cdkg.assets import Project
    from cdkg.pipeline import snapshots
    from cdkg.server.writing import Tokens
    from cdkg.settings import read

    if state is not None:
        return Tokens.of(state)
    project = Project.find(folder)
    return Tokens.of(snapshots(project, read(project.root)).folder)


@token.command()
@options.project
@options.state
@click.option("--scope", type=click.Choice(["read", "write", "admin"]), default="write", show_default=True)
@click.option(
    "--graph",
    "graphs",
    multiple=True,
    metavar="PREFIX",
    help="Only the graph of this name and those below it; may be repeated.",
)
@options.guarded
def new(folder: Path | None, state: Path | None, scope: str, graphs: tuple[str, ...]) -> int:
    """Make a token and print it: this once, as only a hash of it is kept.

    \b
    Example:
      cdkg token new --scope write > token.txt
    """
    from cdkg.server.writing import Scope

    click.echo(_tokens(folder, state).new(Scope(scope), graphs))
    show.err.print("note: this is the only time that it is shown")
    return 0


@token.command("list")
@options.project
@options.state
@options.guarded
def list_(folder: Path | None, state: Path | None) -> int:
    """List the tokens by name, without their secrets."""
    for known in _tokens(folder, state).all():
        click.echo(" ".join([known.name, known.scope.value, known.made, *known.graphs]))
    return 0


@token.command()
@options.project
@options.state
@click.argument("name")
@options.guarded
def revoke(folder: Path | None, state: Path | None, name: str) -> int:
    """Let a token be one no more; a running server knows it at once."""
    _tokens(folder, state).revoke(name)
    return 0


COMMANDS = (token,)
