"""Commands about a project as a whole: build, rollback, stats, init."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from cdkg.cli import options, show
from cdkg.cli.current import current_graph
from cdkg.errors import ClashError, SettingsError

if TYPE_CHECKING:
    from cdkg.pipeline import Built
    from cdkg.reasoning import Engine


@click.command()
@options.project
@options.state
@click.option("--allow-violations", is_flag=True, help="Make the snapshot current in spite of violations.")
@click.option("--reasoner", type=click.Choice(["cdkg", "owlrl"]), default="cdkg", show_default=True,
              help="The OWL 2 RL engine; owlrl is the reference and slow: for small projects.")  # fmt: skip
@click.option("--validator", type=click.Choice(["cdkg", "pyshacl"]), default="cdkg", show_default=True,
              help="The SHACL engine; pyshacl is the reference and slow.")  # fmt: skip
@options.text_or_json
@options.guarded
def build(
    folder: Path | None, state: Path | None, allow_violations: bool, reasoner: Engine, validator: str, form: str
) -> int:
    """Load, reason, validate and write a snapshot.

    \b
    Example:
      cdkg build
      cdkg build --project my-cities --format json
    """
    from cdkg import pipeline
    from cdkg.assets import Project

    try:
        with show.steps() as tell:
            built = pipeline.build(
                Project.find(folder),
                state=state,
                allow_violations=allow_violations,
                reasoner=reasoner,
                validator=validator,
                tell=tell,
            )
    except ClashError as clash:
        if form == "json":
            first = [contradiction.as_json() for contradiction in clash.clashes]
            show.json_of({"snapshot": None, "contradictions": {"number": clash.number, "first": first}})
        raise
    if form == "json":
        show.json_of(_build_json(built))
    else:
        show.counts(built.counts)
        show.out.print("  ".join(f"{name} {seconds:.2f} s" for name, seconds in built.seconds.items()))
        show.findings(built.report)
        if built.snapshot is None:
            show.err.print(
                "[red]no new snapshot:[/red] the former one stays (--allow-violations makes one all the same)"
            )
    if not built.report.complete:
        return 2
    return 0 if built.report.conforms else 1


def _build_json(built: Built) -> dict[str, Any]:
    return {
        "counts": built.counts,
        "results": built.report.counts(),
        "seconds": {name: round(seconds, 3) for name, seconds in built.seconds.items()},
        "snapshot": str(built.snapshot.path) if built.snapshot else None,
    }


@click.command()
@options.project
@options.state
@click.option("--to", "name", default="", metavar="NAME", help="The snapshot to bring back (default: the former one).")
@click.option("--list", "listed", is_flag=True, help="Tell which snapshots there are, and change nothing.")
@options.text_or_json
@options.guarded
def rollback(folder: Path | None, state: Path | None, name: str, listed: bool, form: str) -> int:
    """Make a former snapshot current again; a server that is running takes it at once.

    \b
    Example:
      cdkg rollback
      cdkg rollback --list
      cdkg rollback --to 20260101T120000.000000-k2x8_a1b
    """
    from cdkg import pipeline
    from cdkg.assets import Project
    from cdkg.settings import read

    if listed and name:
        raise SettingsError("--list changes nothing", hint="leave --to out")
    project = Project.find(folder)
    kept = pipeline.snapshots(project, read(project.root), state)
    if not listed:
        chosen = kept.roll_back(name).path.name
        if form == "json":
            show.json_of({"current": chosen})
        else:
            show.out.print(escape(f"current is now {chosen}"))
        return 0
    current = kept.current()
    marked = {snapshot.path.name: snapshot == current for snapshot in kept.all()}
    if form == "json":
        show.json_of([{"name": found, "current": is_current} for found, is_current in marked.items()])
    else:
        for found, is_current in marked.items():
            show.out.print(escape(f"{'* ' if is_current else '  '}{found}"))
        if not marked:
            show.err.print("no snapshots: `cdkg build` makes one")
    return 0


@click.command()
@options.project
@options.state
@options.text_or_json
@options.guarded
def stats(folder: Path | None, state: Path | None, form: str) -> int:
    """Count what the built graph holds.

    \b
    Example:
      cdkg stats --format json
    """
    from cdkg.pipeline import count

    counts = count(current_graph(folder, state))
    if form == "json":
        show.json_of(counts)
    else:
        show.counts(counts)
    return 0


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@options.guarded
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


COMMANDS = (build, rollback, stats, init)
