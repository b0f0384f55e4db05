"""Commands that reason without building: reason, compare."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.markup import escape

from cdkg.cli import options, show
from cdkg.errors import NotAcceptableError, OutputError, SettingsError

if TYPE_CHECKING:
    from cdkg.formats import Format
    from cdkg.pipeline import Workspace
    from cdkg.reasoning import Engine
    from cdkg.reasoning.profile.outside import OutsideProfile
    from cdkg.sources.foreign import RdfFile

#: How the sizes are called in text.
_SIZES: Final = {
    "given": "triples given",
    "inferred_owl": "follow by OWL 2 RL",
    "inferred_rules": "follow by closed-world rules",
}


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--ontology", is_flag=True, help="Add the project's ontology to the files.")
@click.option("--input-format", metavar="SYNTAX", help="Syntax of standard input (`-`): turtle, ntriples, rdfxml, …")
@click.option("-o", "--output", metavar="FILE", help="Write what follows, in the syntax of the suffix; `-`: print it.")
@click.option("--output-format", metavar="SYNTAX", help="Syntax to write in, where no suffix says it.")
@click.option("--with-given", is_flag=True, help="Write the given triples too.")
@click.option("--engine", "--reasoner", "engine", type=click.Choice(["cdkg", "owlrl"]), default="cdkg",
              show_default=True, help="The OWL 2 RL engine; owlrl is the reference and slow.")  # fmt: skip
@click.option("--closed-world/--no-closed-world", default=None,
              help="Run the project's closed-world rules (default: where its ontology takes part).")  # fmt: skip
@click.option("--axiomatic", is_flag=True,
              help="Also what only says that things are themselves, or that the vocabulary is one.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Refuse an ontology with axioms outside OWL 2 RL.")
@options.only
@options.without
@options.project
@options.text_or_json
@options.guarded
def reason(**wanted: Any) -> int:
    """Work out what follows by OWL 2 RL: from RDF files, or from the project where no PATH is named.

    The files are Turtle, N-Triples, N-Quads, TriG, RDF/XML, JSON-LD or N3 by their suffix. Of files, triples about
    blank nodes are written too. A graph that contradicts itself is exit 1, and nothing is written.

    \b
    Example:
      cdkg reason                                 # the project: counts and contradictions
      cdkg reason --only 'ucl/*' -o ucl.nt        # what follows from one report alone
      cdkg reason pizza.owl -o inferred.ttl       # files of somebody else
      cat pizza.owl | cdkg reason - --input-format rdfxml --format json
    """
    return _Run(**wanted).run()


@dataclass(frozen=True, slots=True)
class _Run:
    """What `reason` was asked to do; the fields are its arguments and options."""

    paths: tuple[str, ...]
    ontology: bool
    input_format: str | None
    output: str | None
    output_format: str | None
    with_given: bool
    engine: Engine
    closed_world: bool | None
    axiomatic: bool
    strict: bool
    only: tuple[str, ...]
    without: tuple[str, ...]
    folder: Path | None
    form: str

    def run(self) -> int:
        """Read, check the profile, reason, write, tell; the exit code."""
        syntax = self._syntax() if self.output else None
        start = time.perf_counter()
        with show.err.status("read"):
            workspace = self._workspace().chosen(self.only, self.without)
        read = time.perf_counter() - start
        outside = workspace.outside_profile()
        show.outside_profile(outside, refused=self.strict)
        if outside and self.strict:
            return 1
        start = time.perf_counter()
        rules = self.ontology or not self.paths if self.closed_world is None else self.closed_world
        with show.err.status("reason"):
            reasoned = workspace.infer(self.engine, closed_world=rules, axiomatic=self.axiomatic)
        seconds = {"read": round(read, 3), "reason": round(time.perf_counter() - start, 3)}
        if syntax is not None and not reasoned.clashes:
            self._write(reasoned, syntax)
        self._tell(reasoned, seconds, outside)
        return 1 if reasoned.clashes else 0

    def _workspace(self) -> Workspace:
        from cdkg.assets import Project
        from cdkg.pipeline import open_files, open_project

        if not self.paths:
            return open_project(self.folder)
        files = [self._file(path) for path in self.paths]
        workspace = open_files(files, Project.find(self.folder), ontology=self.ontology)
        for path in {file.path: None for file in files}.keys() - {graph.path for graph in workspace.graph}:
            show.err.print(escape(f"note: {path} holds no triple"))
        return workspace

    def _file(self, path: str) -> RdfFile:
        from cdkg.formats import SYNTAXES, by_name
        from cdkg.sources.foreign import STANDARD_INPUT, RdfFile

        if path != "-":
            return RdfFile.opened(Path(path))
        if self.input_format is None:
            raise NotAcceptableError("the syntax of standard input is unknown", hint="say --input-format turtle")
        return RdfFile(STANDARD_INPUT, sys.stdin.buffer.read(), by_name(self.input_format, SYNTAXES))

    def _syntax(self) -> Format:
        """The syntax to write in, known before any work is done.

        Raises:
            NotAcceptableError: It is not said, or there is no such syntax.
            OutputError: The output is one of the files that are read.
        """
        from cdkg.formats import SYNTAXES, by_name, by_suffix

        output = self.output or "-"
        if output != "-" and any(Path(path).resolve() == Path(output).resolve() for path in self.paths):
            raise OutputError(f"{output} is read, and would be overwritten", hint="name another file")
        if self.output_format is not None:
            return by_name(self.output_format, SYNTAXES)
        return by_suffix(Path(output)) if output != "-" else by_name("ntriples", SYNTAXES)

    def _write(self, reasoned: Workspace, syntax: Format) -> None:
        from cdkg.store.aside import write_aside
        from cdkg.store.export import write_graphs

        given = reasoned.graph.asserted() if self.with_given else []
        graphs = [*given, *reasoned.inferred]
        if self.output == "-":
            write_graphs(graphs, syntax, sys.stdout.buffer)
        else:
            write_aside(Path(str(self.output)), lambda out: write_graphs(graphs, syntax, out))

    def _tell(self, reasoned: Workspace, seconds: dict[str, float], outside: Sequence[OutsideProfile]) -> None:
        """Say what was found: on standard error where the triples themselves go to standard output."""
        from cdkg.pipeline import MOST_CONTRADICTIONS

        found = reasoned.contradictions(MOST_CONTRADICTIONS)
        sizes, target = reasoned.sizes(), show.err if self.output == "-" else show.out
        if self.form == "json":
            told = {
                **sizes,
                "seconds": seconds,
                "outside_profile": [finding.as_json() for finding in outside],
                "contradictions": {"number": reasoned.clashes, "first": [clash.as_json() for clash in found]},
                "output": None if reasoned.clashes else self.output,
            }
            click.echo(show.json_text(told), err=self.output == "-")
        else:
            show.counts({_SIZES[name]: number for name, number in sizes.items()}, target)
            target.print(f"read {seconds['read']:.2f} s  reason {seconds['reason']:.2f} s")
        if reasoned.clashes:
            show.contradictions(found, reasoned.clashes)
            if self.output:
                show.err.print(escape(f"nothing was written to {self.output}: from a contradiction all follows"))


@click.command()
@click.option("--only", multiple=True, metavar="PATTERN[,PATTERN…]", help="A viewpoint: its named graphs; give two.")
@options.without
@click.option("--all", "every", is_flag=True, help="List every triple, not a few of each property.")
@options.project
@options.text_or_json
@options.guarded
def compare(only: tuple[str, ...], without: tuple[str, ...], every: bool, folder: Path | None, form: str) -> int:
    """Compare two viewpoints: what each states and entails that the other does not.

    A viewpoint is a choice of sources, reasoned over alone; ontology, entities and typologies are in both. What is said
    of the passages themselves (and cd:attestedIn) is counted, not listed: it always differs.

    \b
    Example:
      cdkg compare --only 'ucl/*' --only 'cidob/*'
      cdkg compare --only ucl/table-1 --only 'ucl/table-2,ucl/table-3' --format json
    """
    from cdkg.cli.differences import comparison, comparison_json
    from cdkg.pipeline import open_project
    from cdkg.reasoning.viewpoints import compare as compared

    if len(only) != 2:
        raise SettingsError(f"two viewpoints are compared, not {len(only)}", hint="--only 'ucl/*' --only 'cidob/*'")
    workspace = open_project(folder)
    with show.err.status("compare"):
        one, other = (workspace.reason(only=chosen.split(","), without=without).graph for chosen in only)
        found = compared(one, other)
    if form == "json":
        show.json_of(comparison_json(found, only, every=every))
    else:
        comparison(found, only, every=every)
    return 0


COMMANDS = (reason, compare)
