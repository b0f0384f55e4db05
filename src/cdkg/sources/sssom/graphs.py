"""Named graphs of mappings: the matches that hold, a record of each mapping, and the linksets they are."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Triple

from cdkg.errors import SourceError
from cdkg.graph import NamedGraph, Role
from cdkg.sources.sssom.head import Span
from cdkg.sources.sssom.mapping import Mapping, MappingSet
from cdkg.sources.sssom.reading import Written, read_written
from cdkg.sources.sssom.slots import OF_MAPPING, OF_SET, SSSOM, Kind, Slot
from cdkg.sources.text import read_unmarked, shown, span_in, unmarked
from cdkg.vocabulary import BASE, GRAPH, ID, PREFIXES, RDF_TYPE, RDFS_LABEL

#: How the name of a file of mappings ends.
SUFFIX: Final = ".sssom.tsv"
#: The dataset that links lead out of.
DATASET: Final = NamedNode(f"{BASE}.well-known/void#dataset")

_MAPPING: Final = NamedNode(f"{SSSOM}Mapping")
_MAPPING_SET: Final = NamedNode(f"{SSSOM}MappingSet")
_MAPPINGS: Final = NamedNode(f"{SSSOM}mappings")
_AXIOM: Final = NamedNode(PREFIXES["owl"] + "Axiom")
_SAME_AS: Final = PREFIXES["owl"] + "sameAs"
#: How concepts are related (SKOS Reference, sections 8 and 10); SKOS has no other property that a match can have.
_RELATIONS: Final = (
    "exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch", "mappingRelation",
    "broader", "broaderTransitive", "narrower", "narrowerTransitive", "related", "semanticRelation",
)  # fmt: skip
_DERIVED: Final = NamedNode(PREFIXES["prov"] + "wasDerivedFrom")
_PART_OF: Final = NamedNode(PREFIXES["void"] + "subset")
_DATATYPES: Final = {Kind.DATE: NamedNode(PREFIXES["xsd"] + "date"), Kind.NUMBER: NamedNode(PREFIXES["xsd"] + "double")}
_IN_ENGLISH: Final = frozenset({"mapping_set_title", "mapping_set_description"})
_INTEGER: Final = NamedNode(PREFIXES["xsd"] + "integer")


@dataclass(frozen=True, slots=True)
class Statement:
    """A triple and where it is written.

    Attributes:
        triple: The triple.
        object: The cell, or the key of the head, that says it.
        predicate: What says how subject and object are related; for what is no match, the same.
        block: Its row, or the key.
    """

    triple: Triple
    object: Span
    predicate: Span
    block: Span


def iri_of(name: str) -> str:
    """The graph of a file of this name below `links/`."""
    return f"{GRAPH}links/{name.removesuffix(SUFFIX)}"


def read_graph(path: Path, iri: str) -> NamedGraph:
    """Read a file of mappings as a graph.

    Raises:
        SourceError: It is no valid SSSOM/TSV, or its `mapping_set_id` is another graph; `faults` has all.
    """
    written, _ = _read(path, iri)
    return NamedGraph(NamedNode(iri), Role.LINKS, tuple(s.triple for s in statements(written, iri)), path)


def read_triples(data: bytes, path: str) -> dict[str, list[Triple]]:
    """The triples of a file of mappings of anybody, under the name that it gives to itself.

    Raises:
        SourceError: It is no valid SSSOM/TSV; `faults` has all.
    """
    text = unmarked(data, path)
    written = read_written(text, path)
    name = written.mapping_set.mapping_set_id
    _refuse_false_head(written, text, path, name)
    return {name: [statement.triple for statement in statements(written, name)]}


def read_statements(path: Path, iri: str) -> tuple[str, list[Statement]]:
    """The text of a file of mappings, and its statements in the order of the graph's triples.

    Raises:
        SourceError: As of `read_graph`.
    """
    written, text = _read(path, iri)
    return text, list(statements(written, iri))


def _read(path: Path, iri: str) -> tuple[Written, str]:
    text = read_unmarked(path)
    written = read_written(text, shown(path))
    _refuse_false_head(written, text, shown(path), iri)
    return written, text


def _refuse_false_head(written: Written, text: str, path: str, iri: str) -> None:
    faults = []
    found = written.mapping_set.mapping_set_id
    if found != iri:
        place = span_in(text, written.keys["mapping_set_id"], path)
        faults.append(
            SourceError(
                f"mapping_set_id is <{found}>, but the file is the graph <{iri}>",
                where=place,
                why="the place of a file below links/ names its graph",
                hint="mend mapping_set_id or rename the file",
            )
        )
    for mapping, cells in zip(written.mapping_set.mappings, written.cells, strict=True):
        if wrong := _wrong_predicate(mapping.predicate_id):
            what, why, hint = wrong
            where = span_in(text, cells["predicate_id"], path)
            faults.append(SourceError(f"predicate_id: {what}", where=where, why=why, hint=hint))
    if faults:
        raise SourceError.of(faults)


def _wrong_predicate(iri: str) -> tuple[str, str, str] | None:
    """What is wrong with the predicate of a match, why, and what to write."""
    if iri == _SAME_AS:
        why = "what follows from it reaches all statements about both"
        return "owl:sameAs would merge what is said of the two", why, "write skos:exactMatch"
    name = iri.removeprefix(PREFIXES["skos"])
    if name == iri or name in _RELATIONS:
        return None
    near = get_close_matches(name, _RELATIONS, 1) or ["exactMatch"]
    why = "whoever follows the relations of SKOS would miss this match"
    return f"SKOS has no relation skos:{name}", why, f"write skos:{near[0]}, if that is meant"


def statements(written: Written, iri: str) -> Iterator[Statement]:
    """What a set of mappings says in RDF (SSSOM 1.0, "The SSSOM/RDF serialisation format"; VoID, section 5).

    A match is told as a triple of its own where the mapping is accepted (see `Mapping.is_accepted`). The record of such
    a mapping is an annotated axiom, as the specification has it; a record without its triple must not be one, for tools
    read the triple out of it.

    Args:
        written: The mappings and their places.
        iri: The graph.
    """
    yield from _head(written, iri)
    for mapping, cells, row in zip(written.mapping_set.mappings, written.cells, written.rows, strict=True):
        yield from _of_mapping(mapping, written.keys | cells, row, iri)


def _head(written: Written, iri: str) -> Iterator[Statement]:
    node, found, keys = NamedNode(iri), written.mapping_set, written.keys

    def say(subject: NamedNode, predicate: NamedNode, obj: Any, key: str = "mapping_set_id") -> Statement:
        place = keys.get(key) or keys["mapping_set_id"]
        return Statement(Triple(subject, predicate, obj), place, place, place)

    yield say(node, RDF_TYPE, _MAPPING_SET)
    yield say(node, _DERIVED, NamedNode(f"{BASE}links/{iri.removeprefix(f'{GRAPH}links/')}{SUFFIX}"))
    if found.mapping_set_title:
        yield say(node, RDFS_LABEL, Literal(found.mapping_set_title, language="en"), "mapping_set_title")
    for name, slot in OF_SET.items():
        if name == "mapping_set_id" or (slot.is_common and not getattr(found, name)):
            continue
        for value in _terms(found, slot):
            yield say(node, NamedNode(slot.property), value, name)
    for predicate, facts in _linksets(found).items():
        linkset = NamedNode(f"{iri}#linkset-{_local(predicate)}")
        yield say(node, _PART_OF, linkset)
        yield say(linkset, RDF_TYPE, NamedNode(PREFIXES["void"] + "Linkset"))
        yield say(linkset, NamedNode(PREFIXES["void"] + "linkPredicate"), NamedNode(predicate))
        yield say(linkset, NamedNode(PREFIXES["void"] + "subjectsTarget"), DATASET)
        for source in dict.fromkeys(mapping.object_source for mapping in facts):
            if source:
                yield say(linkset, NamedNode(PREFIXES["void"] + "objectsTarget"), NamedNode(source), "object_source")
        number = Literal(str(len(facts)), datatype=_INTEGER)
        yield say(linkset, NamedNode(PREFIXES["void"] + "triples"), number)
        yield say(linkset, _DERIVED, node)


def _linksets(found: MappingSet) -> dict[str, list[Mapping]]:
    """The accepted mappings by their predicates."""
    by_predicate: dict[str, dict[tuple[str | None, ...], Mapping]] = defaultdict(dict)
    for mapping in found.mappings:
        if mapping.is_accepted:
            by_predicate[mapping.predicate_id][mapping.subject_id, mapping.object_id] = mapping
    return {predicate: [*by_predicate[predicate].values()] for predicate in sorted(by_predicate)}


def _of_mapping(mapping: Mapping, cells: dict[str, Span], row: Span, iri: str) -> Iterator[Statement]:
    """The statements of a mapping; `cells` are its own and, for what it does not have, the keys of the head."""
    node = NamedNode(mapping.record_id or f"{iri}#{slug(mapping)}")
    start = cells.get("subject_id") or row
    if mapping.is_accepted:
        match = Triple(
            *(NamedNode(name or "") for name in (mapping.subject_id, mapping.predicate_id, mapping.object_id))
        )
        yield Statement(match, cells["object_id"], cells["predicate_id"], row)
    for subject, predicate, obj in (
        (NamedNode(iri), _MAPPINGS, node),
        (node, RDF_TYPE, _MAPPING),
        *(((node, RDF_TYPE, _AXIOM),) if mapping.is_accepted else ()),
    ):
        yield Statement(Triple(subject, predicate, obj), start, start, row)
    for name, slot in OF_MAPPING.items():
        if name != "record_id":
            place = cells.get(name) or start
            for value in _terms(mapping, slot):
                yield Statement(Triple(node, NamedNode(slot.property), value), place, place, row)


def _terms(record: Mapping | MappingSet, slot: Slot) -> Iterator[NamedNode | Literal]:
    """The values of a slot in RDF."""
    value = getattr(record, slot.name)
    for each in value if slot.is_many else () if value is None else (value,):
        meaning = slot.choices.get(each) if slot.choices else None
        if slot.kind in {Kind.ENTITY, Kind.ADDRESS} or meaning:
            yield NamedNode(meaning or each)
        elif slot.kind in _DATATYPES:
            yield Literal(f"{each:g}" if slot.kind is Kind.NUMBER else each, datatype=_DATATYPES[slot.kind])
        else:
            # what describes a graph of ours is in English, as in its other files
            yield Literal(each, language="en") if slot.name in _IN_ENGLISH else Literal(each)


def slug(mapping: Mapping) -> str:
    """What the record of a mapping is called in its graph: by its two ends, and a digest of its key."""
    ends = (mapping.subject_id or mapping.subject_label or "", mapping.object_id or mapping.object_label or "")
    digest = hashlib.sha256("\t".join(part or "" for part in mapping.key).encode()).hexdigest()[:8]
    return "--".join((*map(_local, ends), digest))


def _local(name: str) -> str:
    """The telling part of an IRI, as it can stand in another."""
    told = name.removeprefix(ID) if name.startswith(ID) else re.split(r"[/#]", name.rstrip("/#"))[-1]
    return re.sub(r"[^\w.]+", "-", told, flags=re.ASCII).strip("-.") or "text"
