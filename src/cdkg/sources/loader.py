"""Read a project's Turtle files and its mappings, one named graph a file."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from cdkg.assets import Project, bundled
from cdkg.errors import Location, SourceError
from cdkg.formats import SYNTAXES, by_name
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.sources import sssom
from cdkg.sources.text import read_unmarked, shown
from cdkg.sources.verdicts import Text, refused_unread, verdict
from cdkg.vocabulary import GRAPH

_log = logging.getLogger(__name__)

#: Reads a file as a graph with a role; without a name, the graph is named by the file (see `read`).
Reader = Callable[[Path, str | None, Role], NamedGraph]

#: Suffixes of RDF: a file that has one and is not read would be missed without a word.
_RDF_SUFFIXES = frozenset({".ttl", ".nt", ".nq", ".n3", ".trig", ".rdf", ".owl", ".jsonld"})
_TABLE_SUFFIXES = frozenset({".tsv", ".csv", ".yml", ".yaml"})

#: Names of graphs that are made of other files, or of no file.
_NOT_OF_DATA = frozenset({"inferred", "links", "ontology", "shapes"})
#: Folders below `data/` that hold what editors add; all others hold passages of documents.
EDITORIAL = frozenset({"derived", "disagreements", "entities", "typologies"})

#: Those of them that say what things are.
BACKGROUND = ("typologies", "entities")


def load(project: Project) -> KnowledgeGraph:
    """Load ontology, shapes, data and links of a project.

    Raises:
        SourceError: A file is not UTF-8 or not Turtle, its `@base` is not its graph, two files are one graph, or
            there is no data at all, or some in another format; `faults` has all that is wrong.
    """
    graph, faults = load_what_can_be(project)
    if faults:
        raise SourceError.of(faults)
    return graph


def load_what_can_be(project: Project, reader: Reader | None = None) -> tuple[KnowledgeGraph, list[SourceError]]:
    """Load a project as far as its files are valid, with all faults of those that are not (see `load`).

    Args:
        project: The project.
        reader: Reads a file in place of `read`, as one does that remembers.
    """
    data = project.root / "data"
    faults = [*_other_formats(data), *_at_places_of_others(data), *_other_links(project.root / "links")]
    entries = list(_files(project))
    graphs, bad = _read_all(entries, reader)
    own = any(role in {Role.PASSAGE, Role.EDITORIAL} and project.root in path.parents for path, _, role in entries)
    if not own and not faults:
        faults.append(
            SourceError(
                "there is no Turtle file below data/",
                where=Location(shown(project.root / "data")),
                hint="put *.ttl files there, or `cdkg init FOLDER` for a starter",
            )
        )
    return KnowledgeGraph(graphs), faults + bad


def load_background(project: Project, reader: Reader | None = None) -> tuple[KnowledgeGraph, list[SourceError]]:
    """Load what a project holds for data of anybody: ontology, shapes, typologies, entities, links; and all faults."""
    parts = tuple(f"{GRAPH}{part}/" for part in ("ontology", "shapes", "links", *BACKGROUND))
    entries = (entry for entry in _files(project) if (entry[1] or "").startswith(parts))
    graphs, faults = _read_all(entries, reader)
    return KnowledgeGraph(graphs), faults


def _other_formats(folder: Path) -> list[SourceError]:
    return [
        SourceError(
            f"only *.ttl is read below data/, not {path.suffix}",
            where=Location(shown(path)),
            why="what is not read would be missed without a word",
            hint="convert it to Turtle and name it *.ttl",
        )
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in _RDF_SUFFIXES and path.suffix != ".ttl"
    ]


def _at_places_of_others(data: Path) -> list[SourceError]:
    return [
        SourceError(
            f"data/{name}/ is no place for data",
            where=Location(shown(path)),
            why=f"graphs named {GRAPH}{name}/… come from elsewhere",
            hint="put the file into a folder of another name",
        )
        for name in sorted(_NOT_OF_DATA)
        for path in sorted((data / name).rglob("*.ttl"))
    ]


def _files(project: Project) -> Iterator[tuple[Path, str | None, Role]]:
    for name, role in (("ontology", Role.ONTOLOGY), ("shapes", Role.SHAPES)):
        folder = project.folder(name)
        for path in sorted(folder.rglob("*.ttl")):
            yield path, f"{GRAPH}{name}/{_stem(path, folder)}", role
    for folder in (project.root / "data", *(bundled() / "data" / part for part in project.background)):
        top = folder if folder.name == "data" else folder.parent
        for path in sorted(folder.rglob("*.ttl")):
            stem = _stem(path, top)
            role = Role.EDITORIAL if stem.split("/")[0] in EDITORIAL else Role.PASSAGE
            yield path, GRAPH + stem, role
    yield from _links(project)


def _links(project: Project) -> Iterator[tuple[Path, str | None, Role]]:
    """The files of mappings; where our entities stand behind a project, those of ours that it does not bring."""
    folders = (project.root / "links", *([bundled() / "links"] if project.background else ()))
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob(f"*{sssom.SUFFIX}")):
            found.setdefault(path.name, path)
    for name, path in found.items():
        yield path, sssom.iri_of(name), Role.LINKS


def _other_links(folder: Path) -> list[SourceError]:
    return [
        SourceError(
            f"only *{sssom.SUFFIX} is read in links/",
            where=Location(shown(path)),
            why="what is not read would be missed without a word",
            hint=f"write the mappings as SSSOM, and name the file TARGET{sssom.SUFFIX}, in links/ itself",
        )
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in _RDF_SUFFIXES | _TABLE_SUFFIXES
        and not (path.name.endswith(sssom.SUFFIX) and path.parent == folder)
    ]


def _stem(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _read_all(
    entries: Iterable[tuple[Path, str | None, Role]], reader: Reader | None = None
) -> tuple[list[NamedGraph], list[SourceError]]:
    graphs: dict[str, NamedGraph] = {}
    faults: list[SourceError] = []
    for path, iri, role in entries:
        try:
            graph = (reader or read)(path, iri, role)
        except SourceError as error:
            faults += error.faults
            continue
        other = graphs.setdefault(graph.iri.value, graph)
        if other is not graph:
            faults.append(
                SourceError(
                    f"the graph <{graph.iri.value}> is there twice",
                    where=Location(shown(path)),
                    why=f"{other.path} is that graph already",
                    hint="rename one of the two files",
                )
            )
    return list(graphs.values()), faults


def read(path: Path, iri: str | None, role: Role) -> NamedGraph:
    """Read one Turtle file as the graph `iri` (none: its `@base`, or its file IRI), or one of mappings.

    Raises:
        SourceError: The file cannot be opened, is not UTF-8, not Turtle, or its `@base` is another graph; or its name
            cannot stand in the IRI of a graph; `faults` has all.
    """
    if iri is not None and (odd := re.search(r"[^\w.~:/-]", iri)):
        raise SourceError(
            f"a file with {odd[0]!r} in its name cannot name a graph",
            where=Location(str(path)),
            why=f"the place of a file names its graph, and <{iri}> would be no plain IRI",
            hint="take letters, digits and - . _ ~",
        )
    _log.debug("reading %s", path)
    if role is Role.LINKS:
        return sssom.read_graph(path, iri or sssom.iri_of(path.name))
    text = read_unmarked(path)
    name = iri or path.resolve().as_uri()
    document = Text(path, text, by_name("turtle", SYNTAXES), name)
    if fault := refused_unread(document):
        raise fault
    try:
        parser = parse(text.encode(), format=RdfFormat.TURTLE, base_iri=name, rename_blank_nodes=True)
        triples = tuple(Triple(quad.subject, quad.predicate, quad.object) for quad in parser)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the parser is no Exception
        raise SourceError.of(verdict(document, error)) from error
    base = parser.base_iri or name
    if iri is not None and role in {Role.PASSAGE, Role.EDITORIAL} and base != iri:
        raise SourceError(
            f"@base is <{base}>, but the file is the graph <{iri}>",
            where=document.at(max(text.find("@base"), 0)),
            why="the place of a file below data/ names its graph",
            hint="mend @base or move the file",
        )
    return NamedGraph(NamedNode(iri or base), role, triples, path)
