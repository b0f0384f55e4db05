"""The slots of SSSOM 1.0 (and those that 1.1 adds): what may stand in each, and what it is in RDF."""

from __future__ import annotations

import enum
from collections.abc import Mapping as ReadOnly
from dataclasses import Field, dataclass, field, fields
from typing import Any, Final

from cdkg.sources.sssom.mapping import LITERAL, Mapping, MappingSet
from cdkg.vocabulary import PREFIXES

SSSOM: Final = PREFIXES["sssom"]
SEMAPV: Final = PREFIXES["semapv"]

#: Prefixes that need no declaration (SSSOM specification, "IRI prefixes").
BUILT_IN: Final = {
    "linkml": "https://w3id.org/linkml/",
    **{name: PREFIXES[name] for name in ("owl", "rdf", "rdfs", "semapv", "skos", "sssom", "xsd")},
}


class Kind(enum.Enum):
    """What the values of a slot are."""

    TEXT = "text"
    ENTITY = "CURIE"
    ADDRESS = "absolute URI"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "one of its values"


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot.

    Attributes:
        name: Its name in files.
        kind: What its values are.
        is_many: Whether it has several.
        property: The property that it is in RDF.
        least: The least number that is allowed.
        choices: The values that are allowed, each with its IRI in RDF; None where it is a text there, too.
        is_common: Whether a value in the head holds for all mappings ("propagatable").
    """

    name: str
    kind: Kind = Kind.TEXT
    is_many: bool = False
    property: str = ""
    least: float = 0.0
    choices: ReadOnly[str, str | None] = field(default_factory=dict)
    is_common: bool = False


#: Kinds of things, with their class.
TYPES: Final[dict[str, str | None]] = {
    "owl class": PREFIXES["owl"] + "Class",
    "owl object property": PREFIXES["owl"] + "ObjectProperty",
    "owl data property": PREFIXES["owl"] + "DatatypeProperty",
    "owl annotation property": PREFIXES["owl"] + "AnnotationProperty",
    "owl named individual": PREFIXES["owl"] + "NamedIndividual",
    "skos concept": PREFIXES["skos"] + "Concept",
    "rdfs resource": PREFIXES["rdfs"] + "Resource",
    "rdfs class": PREFIXES["rdfs"] + "Class",
    LITERAL: PREFIXES["rdfs"] + "Literal",
    "rdfs datatype": PREFIXES["rdfs"] + "Datatype",
    "rdf property": PREFIXES["rdf"] + "Property",
    "composed entity expression": f"{SSSOM}ComposedEntityExpression",
}
_JUSTIFICATIONS: Final = (
    "MappingReview", "ManualMappingCuration", "LogicalReasoning", "LexicalMatching", "CompositeMatching",
    "UnspecifiedMatching", "SemanticSimilarityThresholdMatching", "LexicalSimilarityThresholdMatching",
    "MappingChaining", "MappingInversion", "StructuralMatching", "InstanceBasedMatching",
    "BackgroundKnowledgeBasedMatching",
)  # fmt: skip
#: Why a mapping is held to be right: terms of SEMAPV that the schema allows.
JUSTIFICATIONS: Final = tuple(SEMAPV + name for name in _JUSTIFICATIONS)
_NOT: Final[dict[str, str | None]] = {"Not": f"{SSSOM}NegatedPredicate"}
_CARDINALITIES: Final[dict[str, str | None]] = dict.fromkeys(("1:1", "1:n", "n:1", "n:n", "1:0", "0:1", "0:0"))
_VERSIONS: Final[dict[str, str | None]] = {name: f"{SSSOM}version{name}" for name in ("1.0", "1.1")}
_OWN_PROPERTIES: Final = {
    "author_id": PREFIXES["pav"] + "authoredBy",
    "comment": PREFIXES["rdfs"] + "comment",
    "creator_id": PREFIXES["dcterms"] + "creator",
    "license": PREFIXES["dcterms"] + "license",
    "mapping_date": PREFIXES["pav"] + "authoredOn",
    "mapping_set_description": PREFIXES["dcterms"] + "description",
    "mapping_set_source": PREFIXES["prov"] + "wasDerivedFrom",
    "mapping_set_title": PREFIXES["dcterms"] + "title",
    "mapping_set_version": PREFIXES["owl"] + "versionInfo",
    "object_id": PREFIXES["owl"] + "annotatedTarget",
    "predicate_id": PREFIXES["owl"] + "annotatedProperty",
    "publication_date": PREFIXES["dcterms"] + "issued",
    "see_also": PREFIXES["rdfs"] + "seeAlso",
    "subject_id": PREFIXES["owl"] + "annotatedSource",
}
_OF_KIND: Final = {
    Kind.ENTITY: "record_id subject_id predicate_id object_id mapping_justification author_id reviewer_id creator_id "
    "subject_source object_source mapping_source mapping_tool_id curation_rule subject_match_field object_match_field "
    "subject_preprocessing object_preprocessing issue_tracker_item",
    Kind.ADDRESS: "mapping_set_id mapping_set_source license mapping_provider see_also issue_tracker",
    Kind.NUMBER: "confidence similarity_score reviewer_agreement mapping_set_confidence",
    Kind.DATE: "mapping_date publication_date review_date",
}
_KINDS: Final = {name: kind for kind, names in _OF_KIND.items() for name in names.split()}
_CHOICES: Final = {
    **dict.fromkeys(("subject_type", "object_type", "predicate_type"), TYPES),
    "predicate_modifier": _NOT,
    "mapping_cardinality": _CARDINALITIES,
    "sssom_version": _VERSIONS,
}
_COMMON: Final = (
    "subject_type", "subject_source", "subject_source_version", "object_type", "object_source",
    "object_source_version", "predicate_type", "mapping_provider", "cardinality_scope", "mapping_tool",
    "mapping_tool_id", "mapping_tool_version", "mapping_date", "curation_rule", "curation_rule_text",
    "subject_match_field", "object_match_field", "subject_preprocessing", "object_preprocessing",
    "similarity_measure",
)  # fmt: skip


def _slot(told: Field[Any]) -> Slot:
    name = told.name
    choices = _CHOICES.get(name, {})
    return Slot(
        name,
        Kind.CHOICE if choices else _KINDS.get(name, Kind.TEXT),
        told.default == (),  # as the attribute has it
        _OWN_PROPERTIES.get(name, SSSOM + name),
        -1.0 if name == "reviewer_agreement" else 0.0,
        choices,
        name in _COMMON,
    )


#: The slots of a mapping, in the order of the schema, which is that of the columns.
OF_MAPPING: Final = {each.name: _slot(each) for each in fields(Mapping)}
#: The slots of the head, likewise; prefixes and mappings are no values of this kind.
OF_SET: Final = {each.name: _slot(each) for each in fields(MappingSet) if each.name not in {"curie_map", "mappings"}}
