"""What is wrong with a JSON-LD file, and where (JSON-LD 1.1): of what is JSON, the parser often tells no place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from cdkg.errors import Location, SourceError
from cdkg.sources.text import place_in

#: Files nested deeper, or with more contexts, are read in a process of its own: the parser keeps an object until its
#: end, and copies the context for each.
_DEEP: Final = 64
_CONTEXTS: Final = 100
_BRACKETS: Final = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}
_NO_BRACKETS: Final = bytes(set(range(256)) - set(_BRACKETS))
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[^\s",:{}\[\]]++|[,:{}\[\]]', re.DOTALL)
#: A surrogate without its other half.
_HALF: Final = re.compile(
    r"\\u(?:d[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab]..\\u)d[c-f][0-9a-f]{2})", re.IGNORECASE
)
#: Keys as they may be written: `"@context"` with or without escapes.
_CONTEXT: Final = re.compile(rb'"(?:@|\\u0040)(?:c|\\u0063)')

#: Offset and text of a token.
_Token = tuple[int, str]


def hard_place(data: bytes, path: str) -> Location | None:
    """The place of the deepest bracket in a file that may be hard to read; None: it is not."""
    brackets = data.translate(None, _NO_BRACKETS)
    deepest = max(accumulate(map(_BRACKETS.__getitem__, brackets)), default=0)  # those in strings count, too: no matter
    if deepest <= _DEEP and sum(1 for _ in _CONTEXT.finditer(data)) <= _CONTEXTS:
        return None
    steps = zip(accumulate(map(_BRACKETS.__getitem__, brackets)), re.finditer(rb"[{}\[\]]", data), strict=True)
    start = next((found.start() for depth, found in steps if depth == deepest), 0)
    text = data[:start].decode("utf-8", "replace")
    return place_in(text, len(text), path)


def faults(text: str, path: str, why: str, place: Location) -> list[SourceError]:
    """The faults of a document that the parser has refused.

    Args:
        text: The document.
        path: Its file.
        why: The parser's words.
        place: The place that the parser tells; without line where it tells none.
    """
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        cut = not text[error.pos :].strip()
        hint = "see whether it was copied as a whole" if cut else "mind quotes, commas and brackets as JSON wants them"
        return [_fault(place_in(text, error.pos, path), f"not JSON: {error.msg}", hint)]
    except (RecursionError, ValueError):  # nested too deep for that module, or a number of thousands of digits
        pass
    if "LoadDocumentCallback" in why and (remote := list(_remote_contexts(text))):
        return [_remote(place_in(text, at, path), iri) for at, iri in remote]
    if half := _HALF.search(text):
        return [
            _fault(place_in(text, half.start(), path), f"{half[0]} is half a character", "write the character itself")
        ]
    if place.line is not None:
        return [_fault(place, why)]
    hint = "mend the context" if _is_about_context(why) else "see JSON-LD 1.1 for what may stand there"
    return [_fault(place_in(text, _offset_told_by(why, text), path), why, hint)]


def no_document(text: str, path: str) -> SourceError | None:
    """The fault of JSON that is neither an object nor an array (JSON-LD 1.1, section 9); None: it is one."""
    start = len(text) - len(text.lstrip())
    if text[start : start + 1] in {"{", "[", ""}:
        return None
    why = "a document is an object or an array of objects, and this is a single value"
    return _fault(place_in(text, start, path), why, 'write {"@id": "https://…", …}')


def _is_about_context(why: str) -> bool:
    return "context" in why or "mapping" in why


def _fault(where: Location, why: str, hint: str = "") -> SourceError:
    return SourceError("this is not valid JSON-LD", where=where, why=why, hint=hint)


def _remote(where: Location, iri: str) -> SourceError:
    return _fault(
        where,
        f"its context lies at <{iri}>, and nothing is fetched",
        'write the context itself here, for instance "@context": {"@vocab": "…"}',
    )


def _tokens(text: str) -> Iterator[_Token]:
    return ((match.start(), match.group()) for match in _TOKEN.finditer(text))


def _keys(text: str) -> Iterator[tuple[str, int, list[_Token]]]:
    """The keywords of JSON-LD that stand as keys: name, offset, and the next three tokens behind the colon."""
    ahead: list[_Token] = []
    for token in _tokens(text):
        ahead.append(token)
        if len(ahead) == 5:
            yield from _key(ahead)
            del ahead[0]
    for first in range(len(ahead)):
        yield from _key(ahead[first:])


def _key(ahead: list[_Token]) -> Iterator[tuple[str, int, list[_Token]]]:
    if len(ahead) > 2 and ahead[0][1].startswith(('"@', '"\\u0040')) and ahead[1][1] == ":":
        yield _string(ahead[0][1]), ahead[0][0], ahead[2:]


def _string(token: str) -> str:
    try:
        return str(json.loads(token)).encode("utf-8", "backslashreplace").decode()
    except ValueError:
        return token


def _remote_contexts(text: str) -> Iterator[tuple[int, str]]:
    """Offsets and IRIs of the contexts that lie elsewhere (section 3.1), alone or in an array, and of imports."""
    inside: list[bool] = []  # of each open bracket: whether it holds a list of contexts
    key = before = ""
    for at, token in _tokens(text):
        if token in {"[", "{"}:
            inside.append(token == "[" and key == "@context")
        elif token in {"]", "}"}:
            del inside[-1:]
        elif token.startswith('"') and (key in {"@context", "@import"} or True in inside[-1:]):
            yield at, _string(token)
        key = _string(before) if token == ":" else ""
        before = token


def _offset_told_by(why: str, text: str) -> int:
    """Where the keyword stands that the parser complains about; the context where it is about that; else the start."""
    keyword = re.search(r"@\w+", why)
    in_context = _is_about_context(why)
    wanted = "@context" if in_context else keyword[0] if keyword else ""
    found = [(at, value) for name, at, value in _keys(text) if name == wanted]
    if in_context and keyword and keyword[0] != "@context":
        found = [(at, value) for name, at, value in _keys(text) if name == keyword[0]] or found
    if "must be a string" in why:
        found = [(at, value) for at, value in found if not value[0][1].startswith('"')] or found
    if "twice" in why and len(found) > 1:
        return found[1][0]
    return found[0][0] if found else 0
