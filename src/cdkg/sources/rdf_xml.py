"""What is wrong with an RDF/XML file, and where (XML 1.0, fifth edition): the parser of the store tells no place.

Expat walks over the file first. It refuses what is not well-formed, entities that would grow without bound, and those
that lie elsewhere; so nothing of the kind ever gets to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from pyoxigraph import RdfFormat, parse

from cdkg.errors import Location, SourceError
from cdkg.sources.text import place_in

#: Elements nested deeper, or with more attributes or prefixes, are read in a process of its own: the time that the
#: parser takes grows with the square of these.
_DEEP: Final = 500
_WIDE: Final = 2_000
#: So many characters may come out of the entities of a file, beyond ten times its own length.
_MOST_EXPANDED: Final = 10_000_000
_REFERENCE: Final = re.compile(r"&([^#;&\s][^;&\s]*);")
#: That nothing comes behind the data.
_WHOLE: Final = True
_PREDEFINED: Final = frozenset({"amp", "lt", "gt", "apos", "quot"})


class _Refused(Exception):  # noqa: N818 - leaves expat's loop, never this module
    """Why expat need not go on."""

    def __init__(self, fault: SourceError) -> None:
        self.fault = fault


@dataclass(slots=True)
class Survey:
    """What a walk over an RDF/XML file found.

    Attributes:
        fault: Why it cannot be read, if so.
        hard: The place of the first element that is nested deep or has many attributes.
    """

    fault: SourceError | None = None
    hard: Location | None = None


def survey(text: str, path: str) -> Survey:
    """Walk over an RDF/XML document with expat, in linear time; nothing is fetched, no entity is expanded."""
    walk = _Walk(text, path)
    found = Survey()
    try:
        walk.run()
    except _Refused as refused:
        found.fault = refused.fault
    except expat.ExpatError as error:
        if walk.elements or error.code != expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]:
            place = Location(path, error.lineno, error.offset + 1)
            found.fault = _fault(
                place, expat.ErrorString(error.code), _HINTS.get(error.code, "mend what stands here, or just before it")
            )
    found.hard = walk.hard
    return found


_HINTS: Final = {
    expat.errors.codes[expat.errors.XML_ERROR_UNBOUND_PREFIX]: 'declare the prefix: xmlns:prefix="…" in rdf:RDF',
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: "declare it, or write the sign & as &amp;",
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]: "see whether it was copied as a whole",
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN]: "see whether it was copied as a whole",
    expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]: "close the elements in the order of their opening",
}  # fmt: skip


def _fault(where: Location, why: str, hint: str) -> SourceError:
    return SourceError("this is not valid RDF/XML", where=where, why=why, hint=hint)


@dataclass(slots=True)
class _Walk:
    text: str
    path: str
    elements: int = 0
    hard: Location | None = None
    _depth: int = 0
    _prefixes: int = 0
    _lengths: dict[str, int] = field(default_factory=dict)  # of entities, with all that they refer to
    _parser: expat.XMLParserType = field(init=False)

    def run(self) -> None:
        self._parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._parser.EntityDeclHandler = self._entity
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartNamespaceDeclHandler = self._prefix
        self._parser.ordered_attributes = True
        self._parser.DefaultHandler = _nothing  # with it, expat leaves entities in the content as they stand
        self._parser.Parse(self.text.encode(), _WHOLE)  # in one piece: expat takes long for a tag in many pieces

    def here(self) -> Location:
        return Location(self.path, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

    def _refused(self, why: str, hint: str) -> _Refused:
        """The place is asked for at once: expat goes on, with no handler, until the end of its buffer."""
        return _Refused(_fault(self.here(), why, hint))

    def _entity(
        self, name: str, parameter: bool, value: str | None, _base: object, system: str | None, *_: object
    ) -> None:
        if value is None:
            raise self._refused(f"the entity {name} lies at <{system}>, and nothing is fetched", "write its value here")
        if parameter:
            raise self._refused(f"%{name}; is a parameter entity, and RDF/XML has no use for one", "take it out")
        inner = [word for word in _REFERENCE.findall(value) if word not in _PREDEFINED]
        if name in inner:
            raise self._refused(f"the entity {name} stands for itself", "take it out")
        self._lengths.setdefault(name, len(value) + sum(self._lengths.get(word, 0) for word in inner))

    def _expanded(self) -> None:
        """Refuse entities that say a lot in few words (the "billion laughs")."""
        uses = _REFERENCE.findall(self.text) if self._lengths else ()
        length = sum(self._lengths.get(word, 0) for word in uses)
        if length > _MOST_EXPANDED + 10 * len(self.text):
            raise self._refused(f"its entities would become {length:,} characters", "write out what is meant")

    def _start(self, _name: str, attributes: list[str]) -> None:
        if not self.elements:
            self._expanded()
        self.elements += 1
        self._depth += 1
        if self.hard is None and (self._depth > _DEEP or max(self._prefixes, len(attributes) // 2) > _WIDE):
            self.hard = self.here()

    def _prefix(self, _prefix: str, _iri: str) -> None:
        self._prefixes += 1

    def _end(self, _name: str) -> None:
        self._depth -= 1


def _nothing(_data: str) -> None:
    return None


#: Attributes that want the prefix rdf: (section 7.2.4), as documents from before 2004 have them without.
_UNQUALIFIED: Final = re.compile(r"\s(?P<name>about|ID|resource|nodeID|datatype|parseType)\s*=")


def refusal(text: str, path: str, base: str | None, why: str) -> SourceError:
    """The fault of a document that is well-formed, but no RDF/XML; `why` has the words of the parser."""
    where = place_of_refusal(text, path, base)
    if "namespaces are required" not in why.lower():
        return _fault(where, why, "")
    start = _offset(text, where)
    tag = text[start : text.find(">", start)]
    if plain := _UNQUALIFIED.search(tag):
        name = plain["name"]
        place = place_in(text, start + plain.start("name"), path)
        return _fault(place, f'the attribute "{name}" has no prefix', f"write rdf:{name}")
    if "xmlns" in text or ":" in tag:
        why = "an element or attribute here has no prefix, and there is no default namespace"
        return _fault(where, why, "give it one, as in rdf:about or ex:name")
    return _fault(where, why, "begin with <rdf:RDF xmlns:rdf=…>, and close it at the end")


def _offset(text: str, where: Location) -> int:
    """The offset of a place."""
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\n|\r", text))]
    return starts[(where.line or 1) - 1] + (where.column or 1) - 1


def place_of_refusal(text: str, path: str, base: str | None) -> Location:
    """Where the parser stops in a document that is well-formed, but no RDF/XML: the tag it was given last.

    The document is read once more, a tag at a time.
    """
    feed = _Feed(text)
    try:
        for _ in parse(feed, format=RdfFormat.RDF_XML, base_iri=base):  # type: ignore[arg-type]
            pass
    except SyntaxError:
        return place_in(text, max(text.rfind("<", 0, feed.given), 0), path)
    return Location(path)


@dataclass(slots=True)
class _Feed:
    """A file that hands out one tag at a time, with all of a file that the parser asks for.

    Attributes:
        given: So many characters were handed out.
    """

    text: str
    given: int = 0
    _tags: Callable[[], re.Match[str] | None] = field(init=False)
    _rest: bytes = b""

    def __post_init__(self) -> None:
        self._tags = re.compile(r"[^>]*+>|[^>]++").scanner(self.text).match  # type: ignore[attr-defined]

    def read(self, most: int) -> bytes:
        if not self._rest and (tag := self._tags()):
            self._rest, self.given = tag.group().encode(), tag.end()
        part, self._rest = self._rest[:most], self._rest[most:]
        return part
