"""Read RDF files that are no part of a project, in any syntax that the store's parser knows."""

from __future__ import annotations

import codecs
import io
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote
from xml.parsers import expat

from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Triple, parse

from cdkg.assets import Project
from cdkg.errors import Location, SourceError
from cdkg.formats import Format, by_suffix
from cdkg.graph import NamedGraph, Role
from cdkg.sources.loader import read
from cdkg.sources.text import read_bytes
from cdkg.vocabulary import GRAPH

#: What stands in place of a path for what came from standard input.
STANDARD_INPUT: Final = Path("standard input")


@dataclass(frozen=True, slots=True)
class RdfFile:
    """The bytes of a file in an RDF syntax.

    Attributes:
        path: Where it lies, as it is shown to people.
        data: Its bytes, without a byte order mark.
        syntax: Its syntax.
    """

    path: Path
    data: bytes
    syntax: Format

    @classmethod
    def opened(cls, path: Path) -> RdfFile:
        """Read a file in the syntax of its suffix.

        Raises:
            SourceError: It cannot be opened, or is a folder.
            NotAcceptableError: No RDF syntax has its suffix.
        """
        if path.is_dir():
            raise SourceError("this is a folder", where=Location(str(path)), hint=f"name its files: {path}/*.ttl")
        return cls(path, read_bytes(path).removeprefix(codecs.BOM_UTF8), by_suffix(path))

    @property
    def iri(self) -> str:
        """The IRI that relative ones are resolved against, and the name of the file's default graph."""
        return "urn:cdkg:standard-input" if self.path == STANDARD_INPUT else self.path.resolve().as_uri()

    def graphs(self, *, rename_blank_nodes: bool) -> dict[str, list[Triple]]:
        """The triples of each of the file's graphs; the default graph is named by the base IRI.

        Raises:
            SourceError: The file is not valid, or says more than RDF (formulas and rules of N3).
        """
        found: dict[str, list[Triple]] = defaultdict(list)
        parser = parse(self.data, format=self.syntax.writer, base_iri=self.iri, rename_blank_nodes=rename_blank_nodes)  # type: ignore[arg-type]
        try:
            for quad in parser:
                name = quad.graph_name
                found["" if isinstance(name, DefaultGraph) else str(name)].append(quad.triple)
        except SyntaxError as error:
            raise self._syntax_error(error) from error
        if self.syntax.writer == RdfFormat.N3 and set(found) - {""}:
            raise SourceError(
                "formulas and rules of N3 are not RDF", where=Location(str(self.path)), hint="write triples only"
            )
        return {self._name(name, parser.base_iri): triples for name, triples in found.items()}

    def _name(self, graph: str, base: str | None) -> str:
        if not graph:
            return (base or self.iri).partition("#")[0]
        return graph[1:-1] if graph.startswith("<") else f"{self.iri}#{quote(graph)}"

    def _syntax_error(self, error: SyntaxError) -> SourceError:
        """Turn the parser's verdict into ours; for XML, which it gives no place, expat is asked."""
        why = re.sub(r"^(Parser|Syntax) error (at|between) line .*?: ", "", str(error.msg or error))
        line, column = error.lineno, error.offset
        if line is None and self.syntax.writer == RdfFormat.RDF_XML:
            line, column = _place_of_xml_fault(self.data)
        if "LoadDocumentCallback" in why:
            why = "it names a context elsewhere, and nothing is fetched"
        return SourceError(
            f"this is not valid {self.syntax.writer}", where=Location(str(self.path), line, column), why=why
        )


def _place_of_xml_fault(data: bytes) -> tuple[int | None, int | None]:
    try:
        expat.ParserCreate().ParseFile(io.BytesIO(data))
    except expat.ExpatError as error:
        return error.lineno, error.offset + 1
    return None, None


def read_foreign(files: Iterable[RdfFile]) -> list[NamedGraph]:
    """Read RDF files as named graphs; a name that is taken, or is that of an inferred graph, gives way to the file's.

    Blank nodes keep their labels when there is one file only; those of several files are renamed apart.

    Raises:
        SourceError: A file is not valid.
    """
    files = list({file.iri: file for file in files}.values())
    graphs: dict[str, NamedGraph] = {}
    for file in files:
        for name, triples in file.graphs(rename_blank_nodes=len(files) > 1).items():
            taken = name in graphs or name.startswith(f"{GRAPH}inferred/")
            free = f"{file.iri}#{quote(name, safe='')}" if taken else name
            graphs[free] = NamedGraph(NamedNode(free), Role.PASSAGE, tuple(triples), file.path)
    return list(graphs.values())


def read_ontology(project: Project) -> list[NamedGraph]:
    """The ontology of a project alone.

    Raises:
        SourceError: A file cannot be read.
    """
    folder = project.folder("ontology")
    names = {path: path.relative_to(folder).with_suffix("").as_posix() for path in sorted(folder.rglob("*.ttl"))}
    return [read(path, f"{GRAPH}ontology/{name}", Role.ONTOLOGY) for path, name in names.items()]
