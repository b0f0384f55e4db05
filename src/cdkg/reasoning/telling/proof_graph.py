"""Proofs for other tools: as PROV-O in RDF (for provenance stores), and as a GraphViz graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from cdkg.errors import Location
from cdkg.formats import prefixes_in_order
from cdkg.reasoning.telling.explanation import Explanation, Tell, origin_text, triple_text, walk
from cdkg.sources.origins import Origin
from cdkg.vocabulary import PREFIXES, RDF_TYPE, RDFS_LABEL, RULE, expand

#: Where the rules of OWL 2 RL are written down.
SPECIFICATION: Final = "https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules"


def _named(name: str) -> NamedNode:
    return NamedNode(expand(name))


_ENTITY: Final = _named("prov:Entity")
_ACTIVITY: Final = _named("prov:Activity")
_LOCATION: Final = _named("prov:Location")
_STATEMENT: Final = _named("rdf:Statement")
_SUBJECT, _PREDICATE, _OBJECT = (_named(f"rdf:{part}") for part in ("subject", "predicate", "object"))
_GENERATED: Final = _named("prov:wasGeneratedBy")
_USED: Final = _named("prov:used")
_QUOTED: Final = _named("prov:wasQuotedFrom")
_PRIMARY: Final = _named("prov:hadPrimarySource")
_AT: Final = _named("prov:atLocation")
_IDENTIFIER: Final = _named("dcterms:identifier")
_CONFORMS: Final = _named("dcterms:conformsTo")


def prov(explanations: Iterable[Explanation]) -> bytes:
    """Proofs as PROV-O in Turtle (PROV-O, section 3).

    Each triple is an `rdf:Statement` and a `prov:Entity`; each use of a rule a `prov:Activity` that used the premises
    and generated the conclusion. Asserted triples are quoted from their passage, whose document is the primary source.
    """
    triples: dict[Triple, None] = {}
    entities: dict[Triple, BlankNode] = {}
    activities: dict[tuple[str, Triple, tuple[Triple, ...]], BlankNode] = {}
    for explanation in explanations:
        for node, _, again in walk(explanation):
            entity = _entity(node.triple, entities, triples)
            if again:
                continue
            if not node.rule:
                triples |= dict.fromkeys(_quoted(entity, node.origins))
                continue
            step = (node.rule, node.triple, tuple(premise.triple for premise in node.premises))
            if step in activities:
                continue
            activity = activities[step] = BlankNode(f"step{len(activities) + 1}")
            used = [_entity(triple, entities, triples) for triple in step[2]]
            triples |= dict.fromkeys(_generated(entity, activity, node, used))
    return prefixes_in_order(serialize(triples, format=RdfFormat.TURTLE, prefixes=_prefixes(triples)) or b"")


def _entity(triple: Triple, entities: dict[Triple, BlankNode], triples: dict[Triple, None]) -> BlankNode:
    """The statement that stands for a triple, described when it is met first."""
    if triple not in entities:
        entity = entities[triple] = BlankNode(f"statement{len(entities) + 1}")
        pairs = ((RDF_TYPE, _ENTITY), (RDF_TYPE, _STATEMENT), (_SUBJECT, triple.subject),
                 (_PREDICATE, triple.predicate), (_OBJECT, triple.object))  # fmt: skip
        triples |= {Triple(entity, predicate, obj): None for predicate, obj in pairs}
    return entities[triple]


def _generated(
    entity: BlankNode, activity: BlankNode, node: Explanation, used: Iterable[BlankNode]
) -> Iterator[Triple]:
    yield Triple(entity, _GENERATED, activity)
    yield Triple(activity, RDF_TYPE, _ACTIVITY)
    yield Triple(activity, _IDENTIFIER, Literal(node.rule))
    yield Triple(activity, _CONFORMS, NamedNode(RULE + node.rule if node.rule_file else SPECIFICATION))
    for premise in used:
        yield Triple(activity, _USED, premise)


def _quoted(entity: BlankNode, origins: Iterable[Origin]) -> Iterator[Triple]:
    for origin in origins:
        yield Triple(entity, _QUOTED, origin.graph)
        if origin.document is not None:
            yield Triple(entity, _PRIMARY, origin.document)
        if origin.place is not None:
            place = _file_iri(origin.place)
            yield Triple(entity, _AT, place)
            yield Triple(place, RDF_TYPE, _LOCATION)
            yield Triple(place, RDFS_LABEL, Literal(str(replace(origin.place, column=None))))


def _file_iri(place: Location) -> NamedNode:
    """The file's IRI with its line as a text fragment (RFC 5147, section 2.2.2: lines are counted from 0)."""
    iri = Path(place.path).resolve().as_uri()
    return NamedNode(iri if place.line is None else f"{iri}#line={place.line - 1},{place.line}")


def _prefixes(triples: Iterable[Triple]) -> dict[str, str]:
    text = " ".join(f"{t.subject} {t.predicate} {t.object}" for t in triples)
    return {prefix: iri for prefix, iri in PREFIXES.items() if f"<{iri}" in text}


def dot(explanations: Iterable[Explanation], tell: Tell = str) -> str:
    """Proofs as a directed graph in the DOT language: conclusions above, arrows from premises through rules."""
    nodes: dict[Triple, str] = {}
    lines: dict[str, None] = {}
    steps: dict[tuple[str, Triple, tuple[Triple, ...]], str] = {}
    for explanation in explanations:
        for node, _, again in walk(explanation):
            if again:
                continue
            for triple in (node.triple, *(premise.triple for premise in node.premises)):
                nodes.setdefault(triple, f"t{len(nodes)}")
            name = nodes[node.triple]
            if not node.rule:
                label = "\n".join((triple_text(node.triple), *(origin_text(origin, tell) for origin in node.origins)))
                lines[f"{name} [label={_quote(label)}, style=filled, fillcolor=lightyellow];"] = None
                continue
            lines[f"{name} [label={_quote(triple_text(node.triple))}];"] = None
            key = (node.rule, node.triple, tuple(premise.triple for premise in node.premises))
            if key not in steps:
                step = steps[key] = f"r{len(steps)}"
                lines[f"{step} [label={_quote(node.rule)}, shape=plaintext];"] = None
                lines[f"{step} -> {name};"] = None
                lines |= {f"{nodes[premise.triple]} -> {step} [arrowhead=none];": None for premise in node.premises}
    body = "".join(f"  {line}\n" for line in lines)
    return f"digraph proof {{\n  rankdir=BT;\n  node [shape=box, fontname=Helvetica];\n{body}}}\n"


def _quote(text: str) -> str:
    """A quoted string of the DOT language; a backslash would begin an escape there, a line end is centred."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "\\n") + '"'
