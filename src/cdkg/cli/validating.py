"""The command `validate`."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.markup import escape

from cdkg.cli import options, show
from cdkg.errors import NotAcceptableError, OutputError, SettingsError

if TYPE_CHECKING:
    from cdkg.pipeline.reading import Asked
    from cdkg.sources.gather import Gathered
    from cdkg.validation import Report, Severity
    from cdkg.validation.baseline import Baseline
    from cdkg.validation.writing import Telling

_FORMATS: Final = ("text", "json", "junit", "sarif", "github", "markdown", "turtle", "csv", "codequality")
#: A week; what takes longer waits for something else.
_LONGEST: Final = 7 * 24 * 3600


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@options.project
@click.option("--shapes", multiple=True, metavar="PATH", help="Shapes in place of the project's; may be repeated.")
@click.option("--input-format", metavar="SYNTAX", help="Syntax of standard input (`-`): turtle, trig, jsonld, …")
@click.option("--engine", "--validator", "engine", type=click.Choice(["cdkg", "pyshacl"]), default="cdkg",
              show_default=True, help="The SHACL engine; pyshacl is the reference and slow.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True,
              help="What is printed.")  # fmt: skip
@click.option("-o", "--output", "outputs", multiple=True, metavar="FORMAT=FILE",
              help="Write a report to a file too, as in sarif=report.sarif; may be repeated.")  # fmt: skip
@click.option("--fail-on", type=click.Choice(["violation", "warning", "info"]), default="violation",
              show_default=True, help="The least severity that makes the exit code 1.")  # fmt: skip
@click.option("--max", "most", type=click.IntRange(min=0), default=20, show_default=True, metavar="N",
              help="Tell at most so many findings of a kind where people read them; 0: all.")  # fmt: skip
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE",
              help="Tell only findings that are not in FILE, and those of FILE that are gone.")  # fmt: skip
@click.option("--write-baseline", type=click.Path(path_type=Path), metavar="FILE",
              help="Accept what is found: write it to FILE, and exit 0.")  # fmt: skip
@click.option("--changed-since", metavar="REV", help="Tell only what the changes since a git revision touch.")
@click.option("--watch", is_flag=True, help="Go on, and check anew whenever a file changes.")
@click.option("--deadline", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="Time for shapes and checks (default: the setting validation_seconds).")  # fmt: skip
@click.option("--memory", type=click.IntRange(min=1), metavar="MB",
              help="Memory for them (default: the setting validation_megabytes).")  # fmt: skip
@options.guarded
def validate(**wanted: Any) -> int:
    """Check RDF files, or the project where no PATH is named, without writing anything.

    PATH is a file, a folder, a pattern ('data/**/*.ttl') or - for standard input. Syntax, prefixes, terms, links,
    shapes, check queries and contradictions are looked at. Files of anybody are held against the project's ontology,
    shapes and checks: the project you stand in, else the one that comes with cdkg.

    Exit code: 0 nothing is as grave as --fail-on, 1 something is, 2 something could not be read or checked.

    \b
    Example:
      cdkg validate
      cdkg validate my-city.ttl
      cdkg validate data --format github --output sarif=cdkg.sarif --output junit=cdkg.xml
      cdkg validate --changed-since origin/main --fail-on warning
      cdkg validate --write-baseline known.json && cdkg validate --baseline known.json
    """
    return _Run(**wanted).run()


@dataclass(frozen=True, slots=True)
class _Run:
    """What `validate` was asked to do; the fields are its arguments and options."""

    paths: tuple[str, ...]
    folder: Path | None
    shapes: tuple[str, ...]
    input_format: str | None
    engine: str
    form: str
    outputs: tuple[str, ...]
    fail_on: str
    most: int
    baseline: Path | None
    write_baseline: Path | None
    changed_since: str | None
    watch: bool
    deadline: float | None
    memory: int | None

    def run(self) -> int:
        """Check, choose what is told, tell it; the exit code."""
        from cdkg.pipeline.checking import check

        files, baseline = self._files(), self._baseline()
        self._refuse_odd_options()
        if self.watch:
            return self._watch(files, baseline)
        start = time.perf_counter()
        with show.steps() as tell:
            asked = self._asked(tell)
            report = check(asked)
        return self._told(asked, report, time.perf_counter() - start, files, baseline)

    def _watch(self, files: list[tuple[str, Path]], baseline: Baseline | None) -> int:
        """Check, and again at each change, until somebody ends it."""
        from cdkg.pipeline.watching import watch

        code = 0
        with suppress(KeyboardInterrupt), _interrupts() as is_over:
            paths = (*self.paths, *self.shapes)
            for asked, report, seconds in watch(lambda: self._asked(lambda _: None), paths, is_over=is_over):
                code = self._told(asked, report, seconds, files, baseline)
                show.err.print(f"checked in {seconds:.2f} s; waiting for changes (Ctrl-C ends it)")
        return code

    # -- what is asked -----------------------------------------------------------------------------------------------

    def _asked(self, tell: Any) -> Asked:
        from cdkg import settings
        from cdkg.assets import Project
        from cdkg.bounded import Bounds
        from cdkg.pipeline.reading import Asked

        project = Project.find(self.folder)
        known = settings.read(project.root)
        bounds = Bounds(self.deadline or known.validation_seconds, self.memory or known.validation_megabytes)
        shapes = self._gathered(self.shapes) if self.shapes else None
        files = self._gathered(self.paths) if self.paths else None
        self._refuse_overwriting([file.path for found in (files, shapes) if found for file in found.files])
        return Asked(project, files, shapes, self.engine, bounds, tell)

    def _refuse_overwriting(self, read: list[Path]) -> None:
        """Refuse to write to a file that is read.

        Raises:
            OutputError: It would be overwritten.
        """
        taken = {path.resolve() for path in read}
        for path in self._written(self._files()):
            if path in taken:
                raise OutputError(f"{path} is read, and would be overwritten", hint="name another file")

    def _written(self, outputs: list[tuple[str, Path]]) -> list[Path]:
        baseline = [self.write_baseline] if self.write_baseline else []
        return [path.resolve() for path in (*(path for _, path in outputs), *baseline)]

    def _gathered(self, paths: Iterable[str]) -> Gathered:
        from cdkg.sources.gather import gather

        named = list(paths)
        given = sys.stdin.buffer.read() if "-" in named and sys.stdin is not None else None
        return gather(named, standard_input=given, input_format=self.input_format)

    def _baseline(self) -> Baseline | None:
        from cdkg.sources import read_text
        from cdkg.validation.baseline import read_baseline

        return read_baseline(read_text(self.baseline), str(self.baseline)) if self.baseline is not None else None

    def _files(self) -> list[tuple[str, Path]]:
        """The formats and files to write, known before any work is done.

        Raises:
            NotAcceptableError: It is not said what to write where.
            OutputError: Two reports would go to one file.
        """
        found: list[tuple[str, Path]] = []
        for output in self.outputs:
            form, sign, name = output.partition("=")
            if not sign or not name or form not in _FORMATS:
                raise NotAcceptableError(
                    f"--output {output!r} is not FORMAT=FILE",
                    hint=f"write --output sarif=report.sarif; the formats are {', '.join(_FORMATS)}",
                )
            if name == "-":
                raise NotAcceptableError("--output writes files", hint=f"--format {form} prints")
            found.append((form, Path(name)))
        places = self._written(found)
        if len(set(places)) < len(places):
            raise OutputError("two reports would go to one file", hint="name a file for each")
        return found

    def _refuse_odd_options(self) -> None:
        """Refuse what cannot be meant, before any work is done.

        Raises:
            NotAcceptableError: There is no such syntax.
            SettingsError: Options do not go together, or are out of range.
        """
        from cdkg.sources.gather import syntax_named

        if self.input_format is not None:
            syntax_named(self.input_format)
        if self.watch and (self.write_baseline or "-" in self.paths):
            raise SettingsError("--watch goes with neither --write-baseline nor -", hint="leave out one of the two")
        if self.deadline is not None and not 0 < self.deadline <= _LONGEST:  # also where it is no number
            raise SettingsError(f"--deadline must be at most {_LONGEST} seconds")

    # -- what is told ------------------------------------------------------------------------------------------------

    def _told(
        self, asked: Asked, report: Report, seconds: float, files: list[tuple[str, Path]], baseline: Baseline | None
    ) -> int:
        from cdkg.validation import Severity
        from cdkg.validation.baseline import compare, read_baseline, write_baseline
        from cdkg.validation.writing import write

        if self.write_baseline is not None:
            text = write_baseline(report)
            _save(self.write_baseline, text)
            accepted = sum(entry.count for entry in read_baseline(text, str(self.write_baseline)).entries)
            show.err.print(escape(f"{accepted} findings accepted in {self.write_baseline}"))
            self._save_all(report, files, self._telling(Severity(self.fail_on), seconds))
            return 0 if report.complete else 2
        if baseline is not None:
            report = compare(report, baseline).new
        report = self._of_changes(asked, report)
        telling = self._telling(Severity(self.fail_on), seconds)
        click.echo(write(report, self.form, telling), nl=False)
        self._save_all(report, files, telling)
        return telling.verdict(report).exit_code

    @staticmethod
    def _save_all(report: Report, files: list[tuple[str, Path]], telling: Telling) -> None:
        """Write all reports that can be written.

        Raises:
            OutputError: One of them cannot.
        """
        from cdkg.validation.writing import write

        failed = []
        for form, path in files:
            try:
                _save(path, write(report, form, telling))
            except OutputError as error:
                failed.append(error)
        if failed:
            raise failed[0]

    def _telling(self, fail_on: Severity, seconds: float) -> Telling:
        from cdkg import __version__
        from cdkg.validation.writing import Telling

        return Telling(
            root=Path.cwd(),
            fail_on=fail_on,
            most=self.most or None,
            colour=self.form == "text" and show.out.is_terminal and not show.out.no_color,
            version=__version__,
            seconds=seconds,
        )

    def _of_changes(self, asked: Asked, report: Report) -> Report:
        """Of a report what the changes since a revision touch."""
        if self.changed_since is None:
            return report
        from cdkg.changes import changed_results, deleted, difference_since, foreign_difference_since, has_changed
        from cdkg.pipeline.reading import is_part
        from cdkg.validation import Kind

        project, revision = asked.project, self.changed_since
        files = asked.files.files if asked.files is not None else ()
        gone = deleted(self.paths, revision)
        foreign, lost = ([file for file in found if not is_part(file, project)] for found in (files, gone))
        differences = [foreign_difference_since(foreign, project, revision, lost)] if foreign or lost else []
        if len(foreign) + len(lost) < len(files) + len(gone) or not differences:
            differences.append(difference_since(project, revision))
        kept = [result for difference in differences for result in changed_results(report, difference).results]
        if asked.shapes is not None and has_changed(asked.shapes.files, revision, deleted(self.shapes, revision)):
            kept += [result for result in report.results if result.component or result.kind is Kind.SHAPES]
        return report.only(dict.fromkeys(kept))


def _save(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    from cdkg.store.aside import write_aside

    write_aside(path, lambda file: file.write(text.encode()))


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Tells whether Ctrl-C was pressed: what it raises while a finalizer runs, Python throws away."""
    pressed = False

    def note(*_: object) -> None:
        nonlocal pressed
        pressed = True
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, former)


COMMANDS = (validate,)
