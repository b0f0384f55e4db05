"""`/lookup`: ours for theirs and theirs for ours, one IRI or many; see `linking.lookup` for what is found."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, NotFound, UnsupportedMediaType

from cdkg.formats import Format
from cdkg.linking.lookup import Found, as_csv, look_up
from cdkg.server.caching import described
from cdkg.server.describing.addresses import base
from cdkg.server.describing.asking import rows
from cdkg.server.describing.negotiating import wanted
from cdkg.server.fields import check_charset, fields_of_body, fields_of_url, text_of_body
from cdkg.vocabulary import BASE

blueprint = Blueprint("lookup", __name__)
_JSON: Final = Format("json", ("application/json",), ".json", None)  # type: ignore[arg-type]  # no RDF: nothing there writes it
_CSV: Final = Format("csv", ("text/csv",), ".csv", None)  # type: ignore[arg-type]
_FORM: Final = "application/x-www-form-urlencoded"
_FIELDS: Final = ("iri", "candidates", "format")
#: Spreadsheets take a file for UTF-8 that begins so, and else for what their country is used to.
_MARK: Final = "\ufeff"


@blueprint.route("/lookup", methods=["GET", "POST"])
def lookup() -> Response:
    """The matches of IRIs: those of the address, or of a body that is JSON, lines or a form."""
    fields = fields_of_url(request)
    asked = fields.getlist("iri")
    if request.method == "POST":
        asked += _posted(fields)
    _check(fields)
    form = wanted(_JSON, _CSV)
    candidates = fields.get("candidates", "no") == "yes"
    single = request.method != "POST" and len(asked) == 1

    def answer() -> Response:
        most = current_app.config["LIMITS"].size // 4
        found = look_up(list(map(_here, asked)), rows, candidates=candidates, most_bytes=most)
        found = [replace(each, asked=text.strip()) for text, each in zip(asked, found, strict=True)]
        if single and not found[0].known:
            raise NotFound(_unknown(found[0]))
        return Response(_written(found, form), content_type=form.media_type)

    response = described(base(), form.media_type, answer)
    response.vary.add("Accept")
    return response


def _here(text: str) -> str:
    """The address of a page or a document on this server, as the one below the IRIs of the project."""
    here, written = base(), text.strip()
    return BASE + written.removeprefix(here) if written.startswith(here) else text


def _check(fields: MultiDict[str, str]) -> None:
    """Refuse fields that would be passed over without a word.

    Raises:
        BadRequest: There is an unknown field, or an unknown value.
    """
    unknown = [name for name in fields if name not in _FIELDS]
    if unknown:
        raise BadRequest(f"there is no field {unknown[0]!r}; the fields are {', '.join(_FIELDS)}")
    if fields.get("candidates", "no") not in {"yes", "no"}:
        raise BadRequest(f"candidates={fields['candidates']!r} is neither yes nor no")


def _posted(fields: MultiDict[str, str]) -> list[str]:
    """The IRIs of the body; the other fields of a form are added to `fields`.

    Raises:
        BadRequest: The body is not what its media type says.
        UnsupportedMediaType: It is of another media type.
    """
    check_charset(request)
    if request.mimetype == _FORM:
        sent = fields_of_body(request)
        fields.update(sent)
        return sent.getlist("iri")
    text = text_of_body(request).removeprefix(_MARK)
    if request.mimetype == "application/json":
        return _listed(text)
    if request.mimetype == "text/plain":
        return [line for line in text.splitlines() if line.strip()]
    raise UnsupportedMediaType(f"IRIs are posted as application/json (a list), text/plain (lines) or {_FORM}")


def _listed(text: str) -> list[str]:
    """The texts of a list in JSON.

    Raises:
        BadRequest: It is none.
    """
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is no JSON: {error}") from error
    if not isinstance(found, list):
        raise BadRequest('the body is no list; write ["http://www.wikidata.org/entity/Q42", …]')
    for number, each in enumerate(found, 1):
        if not isinstance(each, str):
            raise BadRequest(f"number {number} of the list is no text")
    return found


def _written(found: list[Found], form: Format) -> bytes:
    if form is _CSV:
        return (_MARK + as_csv(found)).encode()
    return json.dumps({"results": [each.as_json() for each in found]}, ensure_ascii=False).encode()


def _unknown(found: Found) -> str:
    also = f"; it was looked for as {', '.join(f'<{form}>' for form in found.tried[1:])} too" if found.tried[1:] else ""
    return f"nothing in the graph is called or linked with <{found.tried[0]}>{also}"
