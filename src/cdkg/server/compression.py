"""Answers in gzip for those who ask for it (RFC 9110, sections 8.4 and 12.5.3)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from flask import Response, request

#: Below that many bytes the head of a packet weighs more than what is saved.
_LEAST: Final = 1000
_LEVEL: Final = 6
#: A longer list of codings is not read: none is meant.
_LONGEST: Final = 1000
#: zlib writes the gzip format, without name and time, with the largest window.
_GZIP: Final = 31
_TEXTS: Final = ("text/", "application/json", "application/xml", "application/javascript", "application/trig")
_MORE_TEXTS: Final = ("+json", "+xml", "/n-triples", "/n-quads")


def wants_gzip() -> bool:
    """Whether the client likes gzip at least as much as no coding, which it does where it names gzip alone."""
    if not 0 < len(request.headers.get("Accept-Encoding", "")) <= _LONGEST:
        return False
    weights = {name.lower(): weight for name, weight in request.accept_encodings}
    others = weights.get("*", 0.0)
    gzip = weights.get("gzip", weights.get("x-gzip", others))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def compress(response: Response) -> Response:
    """Pack the body of a response where that is asked for and pays; a long answer is packed as it comes.

    The packed form is another representation, so that a strong entity tag would lie: it is made weak.
    """
    if response.status_code == 304 or _is_text(response.mimetype):
        response.vary.add("Accept-Encoding")
    if not (_can_be_packed(response) and wants_gzip()):
        return response
    if response.is_sequence:
        data = response.get_data()
        if len(data) < _LEAST:
            return response
        response.set_data(_packed(data))
    elif "Content-Length" not in response.headers:
        response.response = _Packed(response.response)  # type: ignore[arg-type]  # ours are iterables of bytes
    else:  # a file, which is sent as it is
        return response
    response.headers["Content-Encoding"] = "gzip"
    tag, is_weak = response.get_etag()
    if tag and not is_weak:
        response.set_etag(tag, weak=True)
    return response


def _can_be_packed(response: Response) -> bool:
    packed_already = "Content-Encoding" in response.headers
    return response.status_code == 200 and _is_text(response.mimetype) and not packed_already


def _is_text(media_type: str | None) -> bool:
    return media_type is not None and (media_type.startswith(_TEXTS) or media_type.endswith(_MORE_TEXTS))


def _packed(data: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(data) + packer.flush()


class _Packed:
    """A body that is packed as it comes; where it breaks off, the end of the gzip format is missing too."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        for part in self._parts:
            if data := packer.compress(part):
                yield data
        yield packer.flush()

    def close(self) -> None:
        close = getattr(self._parts, "close", None)
        if close:
            close()
