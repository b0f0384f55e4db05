"""The command that shows proofs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from cdkg.cli import options, show
from cdkg.errors import SettingsError

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from cdkg.pipeline import Workspace
    from cdkg.reasoning.telling.dispute import Dispute
    from cdkg.reasoning.telling.explanation import Explanation


@click.command()
@click.argument("terms", nargs=-1, metavar="[SUBJECT PREDICATE OBJECT]")
@click.option("--contradictions", is_flag=True, help="Explain what the graph says against itself.")
@click.option("--all", "every", is_flag=True, help="Show the alternatives too, the shortest proof first.")
@click.option("--most", type=click.IntRange(1), default=10, show_default=True, help="How many of them at most.")
@click.option("--graph", "graphs", multiple=True, metavar="PATTERN", help="The same as --only.")
@options.only
@options.without
@options.project
@click.option("--format", "form", type=click.Choice(["text", "json", "turtle", "dot"]), default="text",
              show_default=True, help="turtle: PROV-O; dot: GraphViz.")  # fmt: skip
@options.guarded
def explain(
    terms: tuple[str, ...], contradictions: bool, every: bool, most: int, form: str, folder: Path | None,
    **patterns: tuple[str, ...],
) -> int:  # fmt: skip
    """Show why a triple holds: rules down to the lines that assert it, and where documents disagree about it.

    SUBJECT, PREDICATE and OBJECT are prefixed names, IRIs, or labels in any language; `a` is rdf:type; an object may be
    a literal as Turtle writes it. What does not follow is exit 1.

    \b
    Example:
      cdkg explain city:leeds cd:twinnedWith city:hangzhou
      cdkg explain Leeds 'twinned with' Hangzhou --all --format json
      cdkg explain city:leeds cd:twinnedWith city:hangzhou --format dot | dot -Tsvg > proof.svg
      cdkg explain --contradictions
    """
    from cdkg.pipeline import open_project

    if contradictions == bool(terms) or len(terms) not in {0, 3}:
        raise SettingsError("give a subject, a predicate and an object", hint="or --contradictions alone")
    chosen = open_project(folder).chosen((*patterns["graphs"], *patterns["only"]), patterns["without"])
    workspace = chosen.infer()
    if contradictions:
        return _explain_contradictions(workspace, most, form)
    triple = workspace.triple(*terms)
    proofs = list(islice(workspace.explanations(triple), most if every else 1))
    if workspace.clashes:
        show.err.print(f"note: the graph contradicts itself in {workspace.clashes} places (--contradictions)")
    if not proofs:
        show.err.print(escape(_not_following(workspace, triple)))
        return 1
    _print(proofs, form, workspace.disputes(proofs) if form in {"text", "json"} else ())
    return 0


def _not_following(workspace: Workspace, triple: Triple) -> str:
    """That a triple does not hold, and which terms were perhaps meant where it has some that nobody knows."""
    from pyoxigraph import NamedNode

    from cdkg.reasoning.telling.explanation import term_text, triple_text

    lines = [f"{triple_text(triple)} is not stated and does not follow"]
    lines += [
        f"  {term_text(term)} is not known; did you mean {' or '.join(near)}?"
        for term in (triple.subject, triple.predicate, triple.object)
        if isinstance(term, NamedNode) and (near := workspace.names.nearest(term))
    ]
    return "\n".join(lines)


def _print(proofs: Sequence[Explanation], form: str, disputes: Sequence[Dispute] = ()) -> None:
    """The proofs, and what documents disagree about in them; PROV-O and GraphViz have the proofs alone."""
    from cdkg.reasoning.telling.proof_graph import dot, prov

    if form == "turtle":
        show.written(prov(proofs))
    elif form == "dot":
        click.echo(dot(proofs, show.near), nl=False)
    elif form == "json":
        contested = [dispute.as_json() for dispute in disputes]
        show.json_of({"proofs": [proof.as_json() for proof in proofs], "contested": contested})
    else:
        told = [each.lines(show.near) for each in proofs] + [each.lines(show.near) for each in disputes]
        click.echo("\n\n".join("\n".join(lines) for lines in told))


def _explain_contradictions(workspace: Workspace, most: int, form: str) -> int:
    """Each contradiction with the proofs of the statements that clash; 1 where there is one."""
    found = workspace.contradictions(most, proofs=True)
    if form == "json":
        shown = [contradiction.as_json() for contradiction in found]
        show.json_of({"number": workspace.clashes, "contradictions": shown})
    elif form != "text":
        _print([statement for contradiction in found for statement in contradiction.statements], form)
    else:
        lines = ("\n".join(contradiction.lines(show.near)) for contradiction in found)
        click.echo("\n\n".join(lines) if found else "the graph does not contradict itself")
        if workspace.clashes > len(found):
            show.err.print(f"… and {workspace.clashes - len(found)} more (--most)")
    return 1 if found else 0


COMMANDS = (explain,)
