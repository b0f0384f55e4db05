"""Mappings and sets of them, with the slots of SSSOM as attributes; identifiers are full IRIs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cdkg.vocabulary import PREFIXES

NO_TERM: Final = f"{PREFIXES['sssom']}NoTermFound"
LITERAL: Final = "rdfs literal"

#: The least confidence of a mapping that is told as a fact.
SURE: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A mapping record; None and () stand for slots without a value.

    Identifiers are IRIs (in files they are CURIEs), dates are written as ISO 8601 has them.
    """

    record_id: str | None = None
    subject_id: str | None = None
    subject_label: str | None = None
    subject_category: str | None = None
    predicate_id: str
    predicate_label: str | None = None
    predicate_modifier: str | None = None
    object_id: str | None = None
    object_label: str | None = None
    object_category: str | None = None
    mapping_justification: str
    author_id: tuple[str, ...] = ()
    author_label: tuple[str, ...] = ()
    reviewer_id: tuple[str, ...] = ()
    reviewer_label: tuple[str, ...] = ()
    creator_id: tuple[str, ...] = ()
    creator_label: tuple[str, ...] = ()
    license: str | None = None
    subject_type: str | None = None
    subject_source: str | None = None
    subject_source_version: str | None = None
    object_type: str | None = None
    object_source: str | None = None
    object_source_version: str | None = None
    predicate_type: str | None = None
    mapping_provider: str | None = None
    mapping_source: str | None = None
    mapping_cardinality: str | None = None
    cardinality_scope: tuple[str, ...] = ()
    mapping_tool: str | None = None
    mapping_tool_id: str | None = None
    mapping_tool_version: str | None = None
    mapping_date: str | None = None
    publication_date: str | None = None
    review_date: str | None = None
    reviewer_agreement: float | None = None
    confidence: float | None = None
    curation_rule: tuple[str, ...] = ()
    curation_rule_text: tuple[str, ...] = ()
    subject_match_field: tuple[str, ...] = ()
    object_match_field: tuple[str, ...] = ()
    match_string: tuple[str, ...] = ()
    subject_preprocessing: tuple[str, ...] = ()
    object_preprocessing: tuple[str, ...] = ()
    similarity_score: float | None = None
    similarity_measure: str | None = None
    see_also: tuple[str, ...] = ()
    issue_tracker_item: str | None = None
    other: str | None = None
    comment: str | None = None

    @property
    def is_negative(self) -> bool:
        """Whether it says that the match does not hold."""
        return self.predicate_modifier == "Not"

    @property
    def is_reviewed(self) -> bool:
        """Whether somebody has looked at it and does not disagree."""
        agrees = self.reviewer_agreement is None or self.reviewer_agreement > 0
        return agrees and bool(self.reviewer_id or self.reviewer_label)

    @property
    def is_confirmed(self) -> bool:
        """Whether it is a positive match, reviewed and sure; its sides may be texts.

        A confidence that is not given counts as 1 (SSSOM, slot `confidence`).
        """
        sure = self.confidence is None or self.confidence >= SURE
        is_match = NO_TERM not in {self.subject_id, self.object_id} and not self.is_negative
        return is_match and sure and self.is_reviewed

    @property
    def is_accepted(self) -> bool:
        """Whether it is told as a fact: a positive match of two things, reviewed, and sure.

        All others are candidates or denials, and stay records about a match: nobody who follows `skos:exactMatch`
        meets them.
        """
        are_things = LITERAL not in {self.subject_type, self.object_type}
        return self.is_confirmed and are_things and None not in {self.subject_id, self.object_id}

    @property
    def key(self) -> tuple[str | None, ...]:
        """What no two records of a set share: who is matched with whom, how, and on what ground."""
        labels = (
            self.subject_label if self.subject_id is None else None,
            self.object_label if self.object_id is None else None,
        )
        return (
            self.subject_id,
            self.predicate_id,
            self.predicate_modifier,
            self.object_id,
            self.mapping_justification,
            *labels,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingSet:
    """A set of mappings with its head.

    Values of the head that hold for all mappings stand with each mapping, too, as `reading` gives them; `writing` puts
    them into the head again.

    Attributes:
        curie_map: Prefixes and the beginnings of IRIs that they stand for.
    """

    curie_map: dict[str, str] = field(default_factory=dict)
    mappings: tuple[Mapping, ...] = ()
    sssom_version: str | None = None
    mapping_set_id: str
    mapping_set_version: str | None = None
    mapping_set_source: tuple[str, ...] = ()
    mapping_set_title: str | None = None
    mapping_set_description: str | None = None
    mapping_set_confidence: float | None = None
    creator_id: tuple[str, ...] = ()
    creator_label: tuple[str, ...] = ()
    license: str
    subject_type: str | None = None
    subject_source: str | None = None
    subject_source_version: str | None = None
    object_type: str | None = None
    object_source: str | None = None
    object_source_version: str | None = None
    predicate_type: str | None = None
    mapping_provider: str | None = None
    cardinality_scope: tuple[str, ...] = ()
    mapping_tool: str | None = None
    mapping_tool_id: str | None = None
    mapping_tool_version: str | None = None
    mapping_date: str | None = None
    publication_date: str | None = None
    subject_match_field: tuple[str, ...] = ()
    object_match_field: tuple[str, ...] = ()
    subject_preprocessing: tuple[str, ...] = ()
    object_preprocessing: tuple[str, ...] = ()
    similarity_measure: str | None = None
    curation_rule: tuple[str, ...] = ()
    curation_rule_text: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()
    issue_tracker: str | None = None
    other: str | None = None
    comment: str | None = None
