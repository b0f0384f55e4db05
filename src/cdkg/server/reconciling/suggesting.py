"""Names for people who type, and properties for tables (Reconciliation Service API 0.2, sections 6 and 7.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from flask import Response, request
from markupsafe import escape
from werkzeug.exceptions import NotFound

from cdkg.linking.reconciling import PLACE, Entity
from cdkg.server.fields import fields_of_url
from cdkg.server.reconciling.answering import answered, blueprint
from cdkg.server.reconciling.asked import LONGEST, AskedError
from cdkg.server.reconciling.columns import check_types
from cdkg.server.reconciling.gathering import Gathered, Term, Terms, full_term
from cdkg.server.reconciling.service import working

#: So many are suggested at a time, and skipped at the most.
_PAGE: Final = 20
_FARTHEST: Final = 100_000
_MOST_PROPERTIES: Final = 1000
_KINDS: Final = "any(entity,type,property)"


@blueprint.get(f"/reconcile/suggest/<{_KINDS}:kind>")
def suggest(kind: str) -> Response:
    """Things, classes or properties with a name that begins so, or with this identifier."""
    fields = fields_of_url(request)
    prefix, cursor = _text(fields.get("prefix"), "prefix"), _number("cursor", fields.get("cursor"), 0, _FARTHEST)
    with working() as gathered:
        if kind == "entity":
            return answered({"result": _entities(prefix, cursor, gathered, fields.getlist("type"))})
        terms = gathered.types if kind == "type" else gathered.properties
        found = [_described(each, gathered, with_broader=kind == "type") for each in _terms(prefix, cursor, terms)]
        return answered({"result": found})


@blueprint.get("/reconcile/properties")
def properties() -> Response:
    """Properties that the members of a class have, the commonest first."""
    fields = fields_of_url(request)
    kind, limit = fields.get("type", ""), _number("limit", fields.get("limit"), 0, _MOST_PROPERTIES)
    with working() as gathered:
        if kind:
            check_types([full_term(kind)], gathered.types)
        found = gathered.of_types.get(full_term(kind)) if kind else None
        iris = tuple(gathered.properties) if found is None else (*found, PLACE)
        told = [gathered.properties[iri] for iri in iris if iri in gathered.properties][: limit or _MOST_PROPERTIES]
        answer: dict[str, Any] = {"properties": [_described(each, gathered) for each in told], "type": kind}
        return answered(answer | ({"limit": limit} if limit else {}))


@blueprint.get(f"/reconcile/flyout/<{_KINDS}:kind>")
def flyout(kind: str) -> Response:
    """A few words about something, in HTML."""
    iri = _text(fields_of_url(request).get("id"), "id")
    with working() as gathered:
        if kind == "entity":
            entity = gathered.known.find(iri)
            told = (entity.name, entity.description) if entity else None
        else:
            terms = gathered.types if kind == "type" else gathered.properties
            term = terms.get(iri) or terms.get(full_term(iri))
            told = (term.name, term.description) if term else None
    if told is None:
        raise NotFound(f"no {kind} is called {iri}")
    return answered({"id": iri, "html": f"<p><b>{escape(told[0])}</b></p><p>{escape(told[1])}</p>"})


def _entities(prefix: str, cursor: int, gathered: Gathered, types: Iterable[str]) -> list[dict[str, Any]]:
    wanted = {full_term(each) for each in types if each}
    check_types(wanted, gathered.types)
    known = gathered.known

    def fits(number: int) -> bool:
        return not wanted or not wanted.isdisjoint(known.entities[number].types)

    same = known.find(prefix) if not cursor else None
    numbers = known.prefixes.find(prefix, cursor, _PAGE, fits)
    found = [*([same] if same else []), *(known.entities[number] for number in numbers)]
    if not found and not cursor:  # a slip, perhaps
        found = [each for each in known.alike(prefix, _PAGE) if not wanted or not wanted.isdisjoint(each.types)]
    return [_told(each, gathered) for each in dict.fromkeys(found)][:_PAGE]


def _told(entity: Entity, gathered: Gathered) -> dict[str, Any]:
    notable = [{"id": each, "name": gathered.types[each].name} for each in entity.types[:3]]
    return {"id": entity.iri, "name": entity.name, "description": entity.description, "notable": notable}


def _terms(prefix: str, cursor: int, terms: Terms) -> list[Term]:
    same = (terms.get(prefix) or terms.get(full_term(prefix))) if not cursor else None
    numbers = terms.prefixes.find(prefix, cursor, _PAGE)
    found = [*([same] if same else []), *(terms.in_order[number] for number in numbers)]
    return list(dict.fromkeys(found))[:_PAGE]


def _described(term: Term, gathered: Gathered, *, with_broader: bool = False) -> dict[str, Any]:
    told: dict[str, Any] = {"id": term.iri, "name": term.name}
    if term.description:
        told["description"] = term.description
    broader = [gathered.types[iri] for iri in term.broader if iri in gathered.types] if with_broader else []
    return told | ({"broader": [{"id": each.iri, "name": each.name} for each in broader]} if broader else {})


def _text(found: str | None, name: str) -> str:
    if found is None:
        raise AskedError(f"`{name}` is needed")
    if len(found) > LONGEST:
        raise AskedError(f"`{name}` has {len(found):,} characters", why=f"at most {LONGEST} are looked at")
    return found.strip()


def _number(name: str, found: str | None, otherwise: int, most: int) -> int:
    if not found:
        return otherwise
    if not re.fullmatch(r"\d{1,9}", found, re.ASCII) or int(found) > most:
        raise AskedError(f"`{name}` is to be a whole number up to {most:,}")
    return int(found)
