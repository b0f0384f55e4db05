"""The dataset in VoID: how large it is, what it holds, and what it links to."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.server.describing.asking import number
from cdkg.server.describing.negotiating import RDF
from cdkg.server.describing.statements import Value, about
from cdkg.server.describing.statistics import Statistics
from cdkg.vocabulary import BASE, PREFIXES


def void(found: Statistics, base: str) -> Iterator[Triple]:
    """The dataset with its statistics and partitions (VoID, sections 4.2 to 4.6), and its linksets (section 5)."""
    document = NamedNode(f"{base}.well-known/void")
    dataset = NamedNode(f"{document.value}#dataset")
    yield from about(document, "void:DatasetDescription", foaf_primaryTopic=dataset)
    own: list[Value] = [] if found.is_plain else [Literal(BASE)]
    yield from about(
        dataset,
        "void:Dataset",
        void_sparqlEndpoint=NamedNode(f"{base}sparql"),
        void_uriSpace=own,
        void_feature=[NamedNode(form.iri) for form in RDF],
        void_dataDump=[NamedNode(f"{base}data/dataset{form.suffix}") for form in RDF],
        void_vocabulary=[NamedNode(space) for space in _vocabularies(found)],
        void_triples=found.triples,
        void_entities=[found.entities for _ in own],  # entities are what has a name in that space
        void_classes=len(found.classes),
        void_properties=len(found.properties),
        void_distinctSubjects=found.subjects,
        void_distinctObjects=found.objects,
    )
    yield from _partitions(found, dataset)
    yield from _linksets(found, dataset, document.value)


def _partitions(found: Statistics, dataset: NamedNode) -> Iterator[Triple]:
    classes = {row["class"]: _part("class", row["class"]) for row in found.classes}
    for row in found.classes:
        part = classes[row["class"]]
        yield Triple(dataset, NamedNode(PREFIXES["void"] + "classPartition"), part)
        yield from about(part, "void:Dataset", void_class=row["class"], void_entities=number(row, "entities"))
    for row in found.properties:
        part = _part("property", row["property"])
        yield Triple(dataset, NamedNode(PREFIXES["void"] + "propertyPartition"), part)
        yield from about(
            part,
            "void:Dataset",
            void_property=row["property"],
            void_triples=number(row, "triples"),
            void_distinctSubjects=number(row, "subjects"),
            void_distinctObjects=number(row, "objects"),
        )
    for row in found.by_class:
        part = _part("both", row["class"], row["property"])
        yield Triple(classes[row["class"]], NamedNode(PREFIXES["void"] + "propertyPartition"), part)
        yield from about(part, "void:Dataset", void_property=row["property"], void_triples=number(row, "triples"))


def _linksets(found: Statistics, dataset: NamedNode, document: str) -> Iterator[Triple]:
    for row in found.links:
        target = row["target"].value
        linkset = NamedNode(f"{document}#{_digest('links', row['graph'], row['property'], target)}")
        theirs = BlankNode(_digest("target", target))
        yield Triple(dataset, NamedNode(PREFIXES["void"] + "subset"), linkset)
        yield from about(
            linkset,
            "void:Linkset",
            void_subjectsTarget=dataset,
            void_linkPredicate=row["property"],
            void_objectsTarget=theirs,
            void_triples=number(row, "triples"),
            dcterms_source=row["graph"],
        )
        yield from about(theirs, "void:Dataset", void_uriSpace=Literal(target))


def _vocabularies(found: Statistics) -> list[str]:
    """The namespaces of the table whose classes or properties are used."""
    used = [row["class"].value for row in found.classes] + [row["property"].value for row in found.properties]
    return [space for space in PREFIXES.values() if any(iri.startswith(space) for iri in used)]


def _part(kind: str, *names: object) -> BlankNode:
    """A node for a partition, called the same each time."""
    return BlankNode(_digest(kind, *names))


def _digest(kind: str, *names: object) -> str:
    return f"{kind}-{sha256(' '.join(map(str, names)).encode()).hexdigest()[:12]}"
