"""Which services a query may ask (SPARQL 1.1 Federated Query), and how it asks them through a relay.

The engine sends requests itself and cannot be told where to. So it never gets to see the address of a service: each is
replaced by one of a relay, which knows what it stands for. A client cannot name the relay, as that is on no list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdkg.errors import Location, QueryError
from cdkg.sources.sparql import Token


@dataclass(frozen=True, slots=True)
class Service:
    """A service that may be asked.

    Attributes:
        url: Its address, as queries name it.
        through: The address that the engine asks in its place.
    """

    url: str
    through: str


def named_services(text: str, parts: Sequence[Token], allowed: Sequence[Service]) -> list[tuple[int, int, Service]]:
    """Where a query names services: begin and end of each IRI, and what it names.

    Raises:
        QueryError: SERVICE stands where it cannot be understood, names what is not allowed or by a variable, or stands
            inside another one, which would hand our address of it to the other side.
    """
    found: list[tuple[int, int, Service]] = []
    closed_at = -1
    for index in _keywords(parts):
        _, word, at = parts[index]
        if not allowed or word.upper() != "SERVICE":
            raise _refused(text, at, allowed)
        if index < closed_at:
            raise QueryError("SERVICE inside SERVICE is not allowed here", where=_place(text, at))
        following = index + 1 + (index + 1 < len(parts) and parts[index + 1][1].upper() == "SILENT")
        kind, name, name_at = parts[following] if following < len(parts) else ("", "", at)
        service = next((each for each in allowed if f"<{each.url}>" == name), None) if kind == "iri" else None
        if service is None:
            raise _refused(text, name_at, allowed, name if kind == "iri" else "")
        found.append((name_at, name_at + len(name), service))
        closed_at = _end_of_group(parts, following + 1)
    return found


def _keywords(parts: Sequence[Token]) -> Iterator[int]:
    """Where SERVICE may be a keyword, whatever it is written together with, but not where it is part of a name."""
    for index, (kind, token, _) in enumerate(parts):
        looked_into = token if kind == "word" else token.partition(":")[0] if kind == "pname" else ""
        if "SERVICE" in looked_into.upper():
            yield index


def _end_of_group(parts: Sequence[Token], start: int) -> int:
    depth = 0
    for index in range(start, len(parts)):
        kind, token, _ = parts[index]
        if kind == "other":
            depth += (token == "{") - (token == "}")
            if depth <= 0:
                return index
    return len(parts)


def rewritten(text: str, named: Sequence[tuple[int, int, Service]]) -> str:
    """The text with each service replaced by what is asked in its place."""
    for start, end, service in reversed(named):
        text = f"{text[:start]}<{service.through}>{text[end:]}"
    return text


def tell_of_service(error: Exception) -> None:
    """Raise what an error of the engine tells of a service; return where it tells of something else.

    The relay says in its payload who did not answer, and why. Errors of the output have a number, or are late.

    Raises:
        QueryError: A service gave no answer that can be used.
    """
    if isinstance(error, OSError) and (error.errno is not None or isinstance(error, TimeoutError)):
        return
    said = str(error).partition("with payload:")[2].strip()
    what, _, why = (said or "a service gave no answer that can be used").partition("\n")
    raise QueryError(what, why=why.strip(), hint="SERVICE SILENT goes on without it") from error


def _refused(text: str, at: int, allowed: Sequence[Service], name: str = "") -> QueryError:
    if not allowed:
        return QueryError(
            "SERVICE is not allowed here",
            where=_place(text, at),
            why="this endpoint sends no requests to others",
            hint="ask the other endpoint yourself and join the answers",
        )
    return QueryError(
        f"SERVICE {name} is not allowed here" if name else "SERVICE needs the full address of a service here",
        where=_place(text, at),
        why="this endpoint asks only services that it was told of, each by its address in angle brackets",
        hint=f"allowed: {', '.join(each.url for each in allowed)}",
    )


def _place(text: str, at: int) -> Location:
    return Location("query", text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
