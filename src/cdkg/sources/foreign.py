"""Read RDF files that are no part of a project, in any syntax that the store's parser knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Triple, parse

from cdkg.assets import Project
from cdkg.errors import Location, SourceError
from cdkg.formats import Format, by_suffix
from cdkg.graph import NamedGraph, Role
from cdkg.sources import json_ld, rdf_xml, sssom
from cdkg.sources.loader import read
from cdkg.sources.sheltered import ShelterError, quads_of
from cdkg.sources.text import decoded, read_bytes, shown, without_mark
from cdkg.sources.verdicts import Text, mistaken, refused_unread, verdict
from cdkg.vocabulary import GRAPH

#: What stands in place of a path for what came from standard input.
STANDARD_INPUT: Final = Path("standard input")


#: Stands in for the base where there is none, to find what was resolved against it.
_NO_BASE: Final = "urn:cdkg:no-base:/"


#: A file of mappings; what it says is given as triples.
MAPPINGS: Final = Format("sssom", ("text/tab-separated-values",), sssom.SUFFIX, RdfFormat.N_TRIPLES)


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
            SourceError: It cannot be opened, is no plain file, is too large, or changes all the time.
            NotAcceptableError: No RDF syntax has its suffix.
        """
        if path.is_dir():
            raise SourceError("this is a folder", where=Location(shown(path)), hint=f"name its files: {path}/*.ttl")
        if path.name.endswith(sssom.SUFFIX):
            return cls(path, read_bytes(path), MAPPINGS)
        return cls(path, without_mark(read_bytes(path)), by_suffix(path))

    @property
    def iri(self) -> str:
        """The name of the file's default graph; of a file that lies somewhere, relative IRIs are resolved by it."""
        return "urn:cdkg:standard-input" if self.path == STANDARD_INPUT else self.path.resolve().as_uri()

    @property
    def _base(self) -> str | None:
        """What relative IRIs are resolved against (RFC 3986, section 5.1); standard input has nothing of the kind."""
        if self.path != STANDARD_INPUT:
            return self.iri
        # without a base, JSON-LD passes over what is relative, and RDF/XML refuses it even with an xml:base
        return _NO_BASE if self.syntax.writer in {RdfFormat.JSON_LD, RdfFormat.RDF_XML} else None

    def graphs(self, *, rename_blank_nodes: bool) -> dict[str, list[Triple]]:
        """The triples of each of the file's graphs; the default graph is named by the base IRI.

        Raises:
            SourceError: The file is not valid, or says more than RDF (formulas and rules of N3); `faults` has all.
        """
        if self.syntax is MAPPINGS:
            return sssom.read_triples(self.data, shown(self.path))
        return self._graphs(rename_blank_nodes=rename_blank_nodes) if self.data.strip() else {}

    def _graphs(self, *, rename_blank_nodes: bool) -> dict[str, list[Triple]]:
        document = Text(self.path, decoded(self.data, shown(self.path)), self.syntax, self._base or "")
        hard = self._hard_place(document)
        found: dict[str, list[Triple]] = defaultdict(list)
        try:
            quads, base = self._parser(document, rename_blank_nodes, sheltered=hard is not None)
            for quad in quads:
                name = quad.graph_name
                found["" if isinstance(name, DefaultGraph) else str(name)].append(quad.triple)
        except ShelterError as error:
            raise document.fault(hard or Location(shown(self.path)), str(error), "write it less nested") from error
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of the parser is no Exception
            raise SourceError.of(verdict(document, error)) from error
        if self.syntax.writer == RdfFormat.N3 and set(found) - {""}:
            raise SourceError(
                "formulas and rules of N3 are not RDF",
                where=document.at(max(document.text.find("{"), 0)),
                why="RDF has triples only",
                hint="write triples only, or keep the rules in a file of their own",
            )
        if self.syntax.writer == RdfFormat.JSON_LD and not found:
            fault = json_ld.no_document(document.text, shown(self.path))
            if fault is not None:
                raise fault
        if document.base == _NO_BASE:
            _refuse_relative(found, document)
        return {self._name(name, base()): triples for name, triples in found.items()}

    def _parser(
        self, document: Text, rename_blank_nodes: bool, *, sheltered: bool
    ) -> tuple[Iterable[Quad], Callable[[], str | None]]:
        """The quads as they are read, and what tells the base IRI that holds once they are."""
        syntax: RdfFormat = self.syntax.writer  # type: ignore[assignment]
        if sheltered:
            quads = quads_of(self.data, syntax, document.base, rename_blank_nodes=rename_blank_nodes)
            return quads, lambda: self._base
        parser = parse(self.data, format=syntax, base_iri=self._base, rename_blank_nodes=rename_blank_nodes)
        return parser, lambda: parser.base_iri

    def _hard_place(self, document: Text) -> Location | None:
        """Where a file is that may take the parser very long; None: it is harmless.

        Raises:
            SourceError: It must not get to the parser.
        """
        fault, hard = None, None
        if self.syntax.writer == RdfFormat.RDF_XML:
            found = rdf_xml.survey(document.text, shown(self.path))
            fault, hard = found.fault, found.hard
            if fault is not None and (told := mistaken(document)):
                raise SourceError.of(told)
        elif self.syntax.writer == RdfFormat.JSON_LD:
            hard = json_ld.hard_place(self.data, shown(self.path))
        else:
            fault = refused_unread(document)
        if fault is not None:
            raise fault
        return hard

    def _name(self, graph: str, base: str | None) -> str:
        if not graph:
            return (base or self.iri).partition("#")[0] if base != _NO_BASE else self.iri
        return graph[1:-1] if graph.startswith("<") else f"{self.iri}#{quote(graph)}"


#: Reads the triples of each graph of a file; it is told whether there are other files.
Reader = Callable[[RdfFile, bool], dict[str, list[Triple]]]


def _refuse_relative(found: dict[str, list[Triple]], document: Text) -> None:
    """Raise a fault for the first IRI that would need a base which is not there."""
    for term in (term for triples in found.values() for triple in triples for term in triple):
        if isinstance(term, NamedNode) and term.value.startswith("urn:cdkg:no-base:"):
            relative = term.value.removeprefix(_NO_BASE)
            raise document.fault(
                document.at(max(document.text.find(f'"{relative}"') + 1, 0)),
                f"{relative!r} is a relative IRI, and there is nothing that it could start from",
                "standard input has no folder: write whole IRIs, or name a base in the document",
            )


def read_each(files: Iterable[RdfFile], reader: Reader | None = None) -> tuple[list[NamedGraph], list[SourceError]]:
    """Read RDF files as named graphs, as far as they are valid, with all faults of those that are not.

    A name that is taken, or is that of an inferred graph, gives way to the file's. Blank nodes keep their labels when
    there is one file only; those of several files are renamed apart.

    Args:
        files: The files.
        reader: Reads one in place of `RdfFile.graphs`, as one does that remembers.
    """
    reader = reader or (lambda file, several: file.graphs(rename_blank_nodes=several))
    files = list({file.iri: file for file in files}.values())
    graphs: dict[str, NamedGraph] = {}
    faults: list[SourceError] = []
    for file in files:
        try:
            found = reader(file, len(files) > 1)
        except SourceError as error:
            faults += error.faults
            continue
        role = Role.LINKS if file.syntax is MAPPINGS else Role.PASSAGE
        for name, triples in found.items():
            taken = name in graphs or name.startswith(f"{GRAPH}inferred/")
            free = f"{file.iri}#{quote(name, safe='')}" if taken else name
            graphs[free] = NamedGraph(NamedNode(free), role, tuple(triples), file.path)
    return list(graphs.values()), faults


def read_foreign(files: Iterable[RdfFile]) -> list[NamedGraph]:
    """Read RDF files as named graphs (see `read_each`).

    Raises:
        SourceError: Files are not valid; `faults` has all.
    """
    graphs, faults = read_each(files)
    if faults:
        raise SourceError.of(faults)
    return graphs


def read_ontology(project: Project) -> list[NamedGraph]:
    """The ontology of a project alone.

    Raises:
        SourceError: A file cannot be read.
    """
    folder = project.folder("ontology")
    names = {path: path.relative_to(folder).with_suffix("").as_posix() for path in sorted(folder.rglob("*.ttl"))}
    return [read(path, f"{GRAPH}ontology/{name}", Role.ONTOLOGY) for path, name in names.items()]
