"""The places of a graph of ours, with all that is known of each."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Store

from cdkg.linking.places import Kind, Sought
from cdkg.vocabulary import CD, PREFIXES

#: Our classes for what gazetteers have; who is in several is the first of them.
_CLASSES: Final = (
    ("City", Kind.CITY), ("Country", Kind.COUNTRY), ("Continent", Kind.CONTINENT), ("Region", Kind.REGION)
)  # fmt: skip
_QUERY: Final = """
SELECT ?thing ?label ?code ?latitude ?longitude {
  ?thing a ?class ; rdfs:label|skos:altLabel ?label .
  OPTIONAL { ?thing schema:latitude ?latitude ; schema:longitude ?longitude }
  OPTIONAL { ?thing cd:country?/cd:iso3166Alpha2 ?code }
}
"""
_PREFERRED: Final = "SELECT ?thing ?label { ?thing a ?class ; rdfs:label ?label }"


def places_of(store: Store, kinds: frozenset[Kind] = frozenset(Kind)) -> list[Sought]:
    """The places of a store, by IRI.

    Args:
        store: The default graph has all triples.
        kinds: The kinds that are wanted.
    """
    found: dict[str, Sought] = {}
    for name, kind in _CLASSES:
        if kind in kinds:
            found = _of_class(store, name, kind) | found
    return [found[iri] for iri in sorted(found)]


def _of_class(store: Store, name: str, kind: Kind) -> dict[str, Sought]:
    cls = NamedNode(CD + name)
    names: dict[str, dict[str, None]] = defaultdict(dict)
    numbers: dict[str, tuple[float | None, float | None, str]] = {}
    for row in _asked(store, _PREFERRED, cls):
        names[row["thing"].value].setdefault(row["label"].value)
    for row in _asked(store, _QUERY, cls):
        iri = row["thing"].value
        names[iri].setdefault(row["label"].value)
        numbers[iri] = _float(row["latitude"]), _float(row["longitude"]), row["code"].value if row["code"] else ""
    found: dict[str, Sought] = {}
    for iri, forms in names.items():
        first, *others = forms
        latitude, longitude, code = numbers.get(iri, (None, None, ""))
        found[iri] = Sought(
            key=iri, name=first, others=tuple(others), country=code, latitude=latitude, longitude=longitude, kind=kind
        )
    return found


def _asked(store: Store, query: str, cls: NamedNode) -> Any:
    """The rows of a query about a class, in a fixed order."""
    text = query.replace("?class", str(cls))
    rows: Any = store.query(f"{text} ORDER BY ?thing ?label", prefixes=PREFIXES)
    return rows


def _float(term: Any) -> float | None:
    return float(term.value) if isinstance(term, Literal) else None
