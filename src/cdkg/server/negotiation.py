"""Proactive negotiation (RFC 9110, section 12.5.1): the Accept header against the formats on offer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cdkg.errors import NotAcceptableError
from cdkg.formats import Format, by_name, with_charset

#: Members of a list, which quoted strings may be parts of.
#: Possessive quantifiers keep all of these linear: whoever sends a long header shall wait for it alone.
_MEMBER: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+"?)++')
_TOKEN: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_RANGE: Final = re.compile(rf"\s*+({_TOKEN}/{_TOKEN})\s*+(?:;(.*+))?\Z", re.DOTALL)
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?')
_WEIGHT: Final = re.compile(r"(?:^|;)\s*+q\s*+=\s*+([^;\s]*+)\s*+(?=;|\Z)", re.IGNORECASE)
_QVALUE: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


def negotiated(accept: str, offered: Sequence[Format]) -> tuple[Format, str]:
    """The format that is liked best, and the media type to send it as.

    A range counts by its most specific form; of two that are liked alike the one that is named wins over the one that
    a wildcard lets in, then what stands first in `offered`. Wildcards stand for the first media type of a format only.
    Members that are malformed, and parameters other than `q`, are passed over.

    Args:
        accept: The header; empty where there is none.
        offered: What the answer can be written in.

    Raises:
        NotAcceptableError: None of these.
    """
    ranges = dict(_ranges(accept))
    if not ranges:
        return offered[0], offered[0].media_type
    best: tuple[float, int, Format, str] | None = None
    for entry in offered:
        for kind in entry.media_types:
            weight, specific = _weight(kind, ranges, with_wildcards=kind == entry.media_types[0])
            if weight > 0 and (best is None or (weight, specific) > best[:2]):
                best = weight, specific, entry, kind
    if best is None:
        raise NotAcceptableError(
            "nothing on offer is acceptable", hint=f"on offer: {', '.join(f.media_types[0] for f in offered)}"
        )
    return best[2], with_charset(best[3])


def chosen(name: str, accept: str, offered: Sequence[Format]) -> tuple[Format, str]:
    """The format, and the media type to send it as: by name (for people, who write `+` as it is), else by the header.

    Raises:
        NotAcceptableError: None of these.
    """
    if not name:
        return negotiated(accept, offered)
    form = by_name(name.strip().replace(" ", "+").lower(), tuple(offered))
    return form, form.media_type


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for member in _MEMBER.findall(accept):
        found = _RANGE.match(member)
        if not found:
            continue
        weight = _WEIGHT.search(_QUOTED.sub("", found[2] or ""))
        if not weight:
            yield found[1].lower(), 1.0
        elif _QVALUE.fullmatch(weight[1]):
            yield found[1].lower(), float(weight[1])


def _weight(kind: str, ranges: dict[str, float], *, with_wildcards: bool) -> tuple[float, int]:
    """How much a media type is liked, and how specific the range is that says so."""
    wildcards = (f"{kind.partition('/')[0]}/*", "*/*") if with_wildcards else ()
    for specific, name in zip((2, 1, 0), (kind, *wildcards), strict=False):
        if name in ranges:
            return ranges[name], specific
    return 0.0, 0
