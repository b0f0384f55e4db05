"""The command `link check`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.markup import escape

from cdkg.cli import options, show
from cdkg.cli.endpoints import ENDPOINTS, asking
from cdkg.errors import Location, SettingsError

if TYPE_CHECKING:
    from cdkg.linking.checking import Checked, Register
    from cdkg.linking.places import Sought

#: What the identifiers of targets begin with.
_STARTS: Final = {
    "geonames": "https://sws.geonames.org/",
    "wikidata": "http://www.wikidata.org/entity/",
    "dbpedia": "http://dbpedia.org/resource/",
}


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--endpoint", metavar="TARGET=URL", multiple=True,
              help="Whom to ask about a target (wikidata=https://…); without it, GeoNames only, offline.")  # fmt: skip
@click.option("--moved", "kilometres", type=click.FloatRange(min=0), default=20.0, show_default=True, metavar="KM",
              help="How far a place may be from our coordinates.")  # fmt: skip
@click.option("--patch", "patches", is_flag=True, help="Print nothing but the diff that mends the files.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@options.project
@options.guarded
def check(
    files: Sequence[Path], endpoint: Sequence[str], kilometres: float, patches: bool, form: str, folder: Path | None
) -> int:  # fmt: skip
    """Hold the accepted links against their targets: who is gone, moved, in another country, or meant twice.

    FILES are SSSOM files, without them the project's. Links to GeoNames are checked offline; what else there is needs
    an --endpoint, and is only looked through for targets that are meant twice without one.

    Exit code: 0 all is well, 1 something is wrong, 2 nothing could be checked.

    \b
    Example:
      cdkg link check
      cdkg link check --patch | git apply --allow-empty
      cdkg link check links/wikidata.sssom.tsv --endpoint wikidata=https://query.wikidata.org/sparql
    """
    from cdkg.linking.things import places_of
    from cdkg.pipeline import open_project
    from cdkg.sources import sssom

    workspace = open_project(folder)
    asked = dict(_split(text) for text in endpoint)
    paths = list(files) or sorted(workspace.project.folder("links").glob(f"*{sssom.SUFFIX}"))
    ours = places_of(workspace.graph.store)
    runs = [_check_file(path, ours, asked, kilometres, folder) for path in paths]
    if patches:
        click.echo("".join(run.patch for run in runs), nl=False)
    elif form == "json":
        show.json_of([run.as_json() for run in runs])
    else:
        for run in runs:
            _tell_checked(run)
    looked_at = sum(run.checked.looked_at for run in runs)
    found = sum(len(run.checked.findings) for run in runs)
    unknown = sum(len(run.checked.unknown) for run in runs)
    show.err.print(f"{looked_at} links checked, {unknown} could not be; {found} findings")
    return 1 if found else 0 if looked_at else 2


@dataclass(frozen=True, slots=True)
class _Run:
    """What came of a file."""

    path: Path
    checked: Checked
    patch: str

    def as_json(self) -> dict[str, Any]:
        findings = [
            {"fault": f.fault, "subject": f.mapping.subject_id, "object": f.mapping.object_id, "told": f.told}
            for f in self.checked.findings
        ]
        return {
            "file": str(self.path), "checked": self.checked.looked_at, "findings": findings,
            "not_checked": [m.object_id for m in self.checked.unknown], "patch": self.patch,
        }  # fmt: skip


def _split(text: str) -> tuple[str, str]:
    target, sign, url = text.partition("=")
    if not sign or target not in ENDPOINTS:
        raise SettingsError(f"--endpoint {text!r} is not TARGET=URL", hint=f"TARGET is one of {', '.join(ENDPOINTS)}")
    return target, url


def _check_file(
    path: Path, ours: Sequence[Sought], endpoints: dict[str, str], kilometres: float, folder: Path | None
) -> _Run:  # fmt: skip
    from cdkg.linking.checking import Checked, check, patch
    from cdkg.sources import sssom
    from cdkg.sources.text import read_unmarked

    mapping_set = sssom.read(path)
    by_target: dict[str, list[sssom.Mapping]] = defaultdict(list)
    for mapping in mapping_set.mappings:
        by_target[_target(mapping.object_id or "")].append(mapping)
    checked = Checked.of(
        check(replace(mapping_set, mappings=tuple(several)), ours, _register(target, endpoints, folder), kilometres)
        for target, several in by_target.items()
    )
    text = read_unmarked(path)
    name = show.near(Location(str(path.absolute())))
    return _Run(path, checked, patch(mapping_set, checked.findings, text, name) if checked.findings else "")


def _target(iri: str) -> str:
    """The target of an identifier, by what it begins with; empty where it is none that can be asked."""
    return next((target for target, start in _STARTS.items() if iri.startswith(start)), "")


def _register(target: str, endpoints: dict[str, str], folder: Path | None) -> Register:
    """Who knows the identifiers of a target; nobody is asked about those of another."""
    from cdkg.linking.checking import GazetteerRegister, NoRegister
    from cdkg.linking.gazetteer import geonames, known_countries
    from cdkg.linking.remote import DIALECTS, RemoteRegister

    if target == "geonames":
        return GazetteerRegister(geonames())
    if target in endpoints:
        return RemoteRegister(asking(endpoints[target], folder), DIALECTS[target], known_countries())
    return NoRegister()


def _tell_checked(run: _Run) -> None:
    name = escape(show.near(Location(str(run.path.absolute()))))
    for finding in run.checked.findings:
        who = finding.mapping.subject_label or finding.mapping.subject_id or ""
        show.out.print(f"{name}: [red]{finding.fault}[/] {escape(who)}: {escape(finding.told)}")
    if run.checked.unknown:
        number = len(run.checked.unknown)
        show.out.print(f"{name}: {number} of the links could not be checked: nobody at hand knows the targets")
    if run.patch:
        show.out.print("\nThis mends it (`--patch` prints it alone):")
        click.echo(run.patch, nl=False)  # as it is, tabs too
