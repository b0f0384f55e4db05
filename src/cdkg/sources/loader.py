"""Read a project's Turtle files, one named graph a file."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from cdkg.assets import Project, bundled
from cdkg.errors import Location, SourceError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.sources.text import read_text
from cdkg.vocabulary import GRAPH

_log = logging.getLogger(__name__)

#: Suffixes of RDF: a file that has one and is not read would be missed without a word.
_RDF_SUFFIXES = frozenset({".ttl", ".nt", ".nq", ".n3", ".trig", ".rdf", ".owl", ".jsonld"})

#: Folders below `data/` that hold what editors add; all others hold passages of documents.
EDITORIAL = frozenset({"derived", "disagreements", "entities", "typologies"})


def load(project: Project) -> KnowledgeGraph:
    """Load ontology, shapes and data of a project.

    Raises:
        SourceError: A file is not UTF-8 or not Turtle, its `@base` is not its graph, two files are one graph, or
            there is no data at all, or some in another format.
    """
    _refuse_other_formats(project.root / "data")
    entries = list(_files(project))
    if not any(role in {Role.PASSAGE, Role.EDITORIAL} and project.root in path.parents for path, _, role in entries):
        raise SourceError(
            "there is no Turtle file below data/",
            where=Location(str(project.root / "data")),
            hint="put *.ttl files there, or `cdkg init FOLDER` for a starter",
        )
    return KnowledgeGraph(_read_all(entries))


def load_files(paths: Iterable[Path]) -> KnowledgeGraph:
    """Load foreign Turtle files: each is a graph named by its own `@base`, else by its file IRI.

    Raises:
        SourceError: A file cannot be read, or two files are one graph.
    """
    return KnowledgeGraph(_read_all((path, None, Role.PASSAGE) for path in paths))


def _refuse_other_formats(folder: Path) -> None:
    other = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in _RDF_SUFFIXES and p.suffix != ".ttl"]
    if other:
        raise SourceError(
            f"only *.ttl is read below data/, not {other[0].suffix}",
            where=Location(str(other[0])),
            hint="convert it to Turtle and name it *.ttl",
        )


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


def _stem(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _read_all(entries: Iterable[tuple[Path, str | None, Role]]) -> list[NamedGraph]:
    graphs: dict[str, NamedGraph] = {}
    faults: list[SourceError] = []
    for path, iri, role in entries:
        try:
            graph = read(path, iri, role)
        except SourceError as fault:
            faults.append(fault)
            continue
        other = graphs.setdefault(graph.iri.value, graph)
        if other is not graph:
            faults.append(
                SourceError(
                    f"the graph <{graph.iri.value}> is there twice",
                    where=Location(str(path)),
                    why=f"{other.path} is that graph already",
                    hint="rename one of the two files",
                )
            )
    if len(faults) > 1:
        raise SourceError(f"{len(faults)} files cannot be read\n" + "\n".join(str(fault) for fault in faults))
    if faults:
        raise faults[0]
    return list(graphs.values())


def read(path: Path, iri: str | None, role: Role) -> NamedGraph:
    """Read one Turtle file as the graph `iri` (none: its `@base`, or its file IRI).

    Raises:
        SourceError: The file cannot be opened, is not UTF-8, not Turtle, or its `@base` is another graph; or its name
            cannot stand in the IRI of a graph.
    """
    if iri is not None and (odd := re.search(r"[^\w.~:/-]", iri)):
        raise SourceError(
            f"a file with {odd[0]!r} in its name cannot name a graph",
            where=Location(str(path)),
            why=f"the place of a file names its graph, and <{iri}> would be no plain IRI",
            hint="take letters, digits and - . _ ~",
        )
    data = read_text(path).encode()
    _log.debug("reading %s", path)
    name = iri or path.resolve().as_uri()
    parser = parse(data, format=RdfFormat.TURTLE, base_iri=name, rename_blank_nodes=True)
    try:
        triples = tuple(Triple(quad.subject, quad.predicate, quad.object) for quad in parser)
    except SyntaxError as error:
        raise _syntax_error(path, error) from error
    base = parser.base_iri or name
    if iri is not None and role in {Role.PASSAGE, Role.EDITORIAL} and base != iri:
        raise SourceError(
            f"@base is <{base}>, but the file is the graph <{iri}>",
            where=Location(str(path), _line_of(data, b"@base"), 1),
            why="the place of a file below data/ names its graph",
            hint="mend @base or move the file",
        )
    return NamedGraph(NamedNode(iri or base), role, triples, path)


def _line_of(data: bytes, word: bytes) -> int:
    return data[: max(data.find(word), 0)].count(b"\n") + 1


def _syntax_error(path: Path, error: SyntaxError) -> SourceError:
    """Turn the parser's verdict into ours; it prints the place both as attributes and in its words."""
    why = re.sub(r"^(Parser|Syntax) error (at|between) line .*?: ", "", str(error.msg or error))
    prefix = re.search(r"The prefix (\S+?):? ", why)
    hint = f"add an @prefix line for {prefix.group(1).rstrip(':')}:" if prefix else ""
    return SourceError(
        "this is not valid Turtle", where=Location(str(path), error.lineno, error.offset), why=why, hint=hint
    )
