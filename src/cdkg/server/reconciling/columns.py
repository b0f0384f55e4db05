"""Properties and paths of them, as clients name them, and their values in the snapshot."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode
from rapidfuzz.process import extractOne

from cdkg.errors import VocabularyError
from cdkg.linking.names import folded
from cdkg.linking.reconciling_values import Column, Value
from cdkg.server.describing.labels import in_words
from cdkg.server.reconciling.asked import AskedError
from cdkg.server.reconciling.asking import Asking
from cdkg.server.reconciling.gathering import Gathered, Terms
from cdkg.vocabulary import read_name

#: A property with more values is not held in memory.
_MOST_VALUES: Final = 200_000
#: So many properties in a row.
_MOST_STEPS: Final = 4
#: Characters of a value that is compared.
_LONGEST: Final = 500
_STEPS: Final = re.compile(r"\^?(?:<[^<>]*>|[^/<>^]+)(?:/\^?(?:<[^<>]*>|[^/<>^]+))*")
_STEP: Final = re.compile(r"(\^?)(<[^<>]*>|[^/<>^]+)")


@dataclass(frozen=True, slots=True)
class Path:
    """A property, or some in a row (SPARQL 1.1 Query, section 9).

    Attributes:
        steps: Each property, and whether it leads backwards.
    """

    steps: tuple[tuple[NamedNode, bool], ...]

    def __str__(self) -> str:
        return "/".join(f"{'^' if back else ''}{node}" for node, back in self.steps)

    def name(self, properties: Terms) -> str:
        """What it is called."""
        words = (("← " if back else "", properties.get(node.value), node.value) for node, back in self.steps)
        return " / ".join(f"{mark}{term.name if term else in_words(iri)}" for mark, term, iri in words)


def read_path(pid: str, properties: Terms) -> Path:
    """A property, or a path such as `cd:country/cd:iso3166Alpha2`, in which `^` goes backwards.

    Args:
        pid: The text.
        properties: The properties that something has.

    Raises:
        AskedError: It is none, or nothing has one of the properties.
    """
    parts = [("", pid)] if "://" in pid and "<" not in pid else []
    if not parts and _STEPS.fullmatch(pid):
        parts = _STEP.findall(pid)
    if not 0 < len(parts) <= _MOST_STEPS:
        raise AskedError(
            f"{pid[:80]!r} is no property, and no path of up to {_MOST_STEPS}", hint="cd:country, or an IRI"
        )
    steps: list[tuple[NamedNode, bool]] = []
    for mark, text in parts:
        try:
            node = read_name(text.strip())
        except VocabularyError as error:
            raise AskedError(error.what, why=error.why, hint=_alike(text, properties)) from error
        if node.value not in properties:
            hint = _alike(text, properties) or "reconcile/suggest/property tells which there are"
            raise AskedError(f"nothing here has a property {text[:80]}", hint=hint)
        steps.append((node, mark == "^"))
    return Path(tuple(steps))


def check_types(types: Iterable[str], known: Terms) -> None:
    """Refuse classes that nothing is in.

    Raises:
        AskedError: There is one.
    """
    for each in types:
        if each not in known:
            hint = _alike(each, known) or "reconcile/suggest/type tells which there are"
            raise AskedError(f"nothing here is of the type {each[:200]}", hint=hint)


def _alike(text: str, terms: Terms) -> str:
    """The term that is called, or written, like a text."""
    ends = {iri: folded(in_words(iri)) for iri in terms}
    found = extractOne(folded(in_words(text)), ends, score_cutoff=75) if ends else None
    return f"perhaps {found[2]}" if found else ""


def column(pid: str, gathered: Gathered, asking: Asking) -> Column:
    """The values of a property; kept as long as the snapshot is served.

    Raises:
        AskedError: There is no such property, or it has too many values.
        CdkgError: They cannot be found out now.
    """
    path = read_path(pid, gathered.properties)
    kept: Column | None = gathered.columns.get(str(path))
    if kept is None:
        fits = f"isIRI(?s) && !isBlank(?v) && STRLEN(STR(?v)) <= {_LONGEST}"
        text = f"SELECT ?s ?v WHERE {{ ?s {path} ?v FILTER ({fits}) }} LIMIT {_MOST_VALUES + 1}"
        rows = [(row["s"].value, _value(row["v"])) for row in asking.rows(text)]
        if len(rows) > _MOST_VALUES:
            raise AskedError(f"{pid[:80]} has over {_MOST_VALUES:,} values", status=501)
        kept = Column(rows, lambda iri: gathered.known.names(iri) or (in_words(iri),))
        gathered.columns.keep(str(path), kept)
    return kept


def _value(term: object) -> Value:
    if isinstance(term, Literal):
        return Value(term.value)
    return Value("", term.value if isinstance(term, NamedNode) else "")
