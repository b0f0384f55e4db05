"""A term as a page shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """A term as a page shows it; the template escapes all of it.

    Attributes:
        text: Its label, or the literal.
        iri: Its IRI, empty for others.
        href: Where it leads to: a page of ours, another's `http` address, or nowhere.
        language: Language of a literal.
        datatype: Label of its datatype, where that is not plain text.
    """

    text: str
    iri: str = ""
    href: str = ""
    language: str = ""
    datatype: str = ""
