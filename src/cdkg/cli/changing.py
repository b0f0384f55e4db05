"""The command about changes: diff."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.markup import escape

from cdkg.cli import options, show
from cdkg.errors import SourceError

if TYPE_CHECKING:
    from cdkg.changes import Difference

#: Also `cdkg.changes.SECTIONS`, which is imported by the command that needs it only.
_SECTIONS: Final = (
    "version", "things", "questions", "findings", "contradictions", "disagreements", "statements", "inferences",
)  # fmt: skip
_COLOURS: Final = {"+": "green", "-": "red", "!": "bold red", "~": "yellow", " ": "dim"}
#: So many items of each part are told where nothing else is said.
_LIMITS: Final = {"text": 20, "markdown": 50, "json": None}


@click.command()
@click.argument("before", default="HEAD", metavar="[A]")
@click.argument("after", required=False, metavar="[B]")
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True,
              help="markdown fits into a comment on a pull request.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write there and not on screen.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when the states differ.")
@click.option("--only", "sections", multiple=True, type=click.Choice(_SECTIONS), metavar="SECTION",
              help=f"Tell this only, and do no other work; may be repeated: {', '.join(_SECTIONS)}.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=0), metavar="N",
              help="So many items of each part (default: 20; markdown 50; json all).")  # fmt: skip
@options.project
@options.state
@options.guarded
def diff(**wanted: Any) -> int:
    """Tell what a change does: from state A (default: HEAD) to state B (default: the files as they are now).

    A state is a folder of a project, a git revision (branch, tag, hash, HEAD~3), a snapshot (its folder, its name, or
    `current`), or `.` for the files as they are. Told are statements and what follows from them, terms and entities,
    answers of competency questions, findings, contradictions, disagreements, and what the ontology's version has to
    become.

    \b
    Example:
      cdkg diff                                  # what I changed since the last commit
      cdkg diff main                             # what I changed since main
      cdkg diff v1.0 v1.1 --only version         # major, minor or patch, and why
      cdkg diff origin/main --format markdown -o comment.md
    """
    return _Run(**wanted).run()


@dataclass(frozen=True, slots=True)
class _Run:
    """What `diff` was asked to do; the fields are its arguments and options."""

    before: str
    after: str | None
    form: str
    output: Path | None
    exit_code: bool
    sections: tuple[str, ...]
    limit: int | None
    folder: Path | None
    state: Path | None

    def run(self) -> int:
        """Compare, tell; the exit code."""
        from cdkg.assets import Project
        from cdkg.changes import compare, opened

        project = Project.find(self.folder)
        if self.folder is None and project.root not in (here := Path.cwd(), *here.parents):
            raise SourceError(
                "you stand in no project",
                why=f"what would be compared is {project.root}",
                hint="stand in a folder with data/ beside cdkg.toml or ontology/, or name one: --project FOLDER",
            )
        with ExitStack() as stack:
            tell = stack.enter_context(show.steps())
            before = stack.enter_context(opened(self.before, project, self.state))
            after = stack.enter_context(opened(self.after, project, self.state))
            found = compare(before, after, self.sections or _SECTIONS, tell)
        self._tell(found)
        return 1 if self.exit_code and found else 0

    def _tell(self, found: Difference) -> None:
        from cdkg.changes.telling import as_json, markdown

        limit = _LIMITS[self.form] if self.limit is None else self.limit
        if self.form == "text" and self.output is None:
            _show(found, limit)
            return
        if self.form == "json":
            told = show.json_text(as_json(found, limit)) + "\n"
        elif self.form == "markdown":
            told = markdown(found, limit)
        else:
            told = "".join(f"{line}\n" for line, _ in _lines(found, limit))
        if self.output is None:
            click.echo(told, nl=False)
        else:
            from cdkg.store.aside import write_aside

            write_aside(self.output, lambda out: out.write(told.encode()))


def _show(found: Difference, limit: int | None) -> None:
    for line, style in _lines(found, limit):
        show.out.print(f"[{style}]{escape(line)}[/]" if style else escape(line))


def _lines(found: Difference, limit: int | None) -> list[tuple[str, str]]:
    """The difference as lines, each with its style."""
    from cdkg.changes.telling import headline, outline

    told = [(f"{found.before} → {found.after}: {headline(found)}", "bold")]
    for part in outline(found):
        told += [("", ""), (f"{part.title}: {part.summary}", "bold")]
        told += [(str(line), _COLOURS[line.sign]) for item in part.items[:limit] for line in item]
        if limit is not None and len(part.items) > limit:
            told.append((f"  … and {len(part.items) - limit:,} more (--limit)", "dim"))
    return told


COMMANDS = (diff,)
