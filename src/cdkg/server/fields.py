"""What a request brings: fields and bodies, as UTF-8 and nothing else."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

#: No request has more fields.
_MOST: Final = 1000


def fields_of_url(request: Request) -> MultiDict[str, str]:
    """The fields of the address (`a=1&a=2`), percent-encoded UTF-8.

    Raises:
        BadRequest: They are not UTF-8, or too many.
    """
    return _fields(request.query_string, "the address")


def fields_of_body(request: Request) -> MultiDict[str, str]:
    """The fields of a form.

    Raises:
        BadRequest: They are not UTF-8, or too many.
        RequestEntityTooLarge: The body is too long.
    """
    return _fields(request.get_data(), "the form")


def text_of_body(request: Request) -> str:
    """The body as text.

    Raises:
        BadRequest: It is not UTF-8.
        RequestEntityTooLarge: It is too long.
    """
    return _text(request.get_data(), "the body")


def check_charset(request: Request) -> None:
    """Refuse a body that says that it is in another charset than UTF-8.

    Raises:
        UnsupportedMediaType: It does.
    """
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType(f"a body in {charset!r} is not read: send UTF-8")


def _fields(data: bytes, place: str) -> MultiDict[str, str]:
    try:
        found = parse_qsl(_text(data, place), keep_blank_values=True, errors="strict", max_num_fields=_MOST)
    except UnicodeDecodeError as error:
        raise BadRequest(f"a field of {place} is not UTF-8") from error
    except ValueError as error:
        raise BadRequest(f"{place} has more than {_MOST} fields") from error
    return MultiDict(found)


def _text(data: bytes, place: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{place} is not UTF-8") from error
