"""From what a parser says about a bad file to faults that people can mend: file, place, reason, remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat, parse

from cdkg.errors import Location, SourceError
from cdkg.formats import Format
from cdkg.sources import json_ld, rdf_xml
from cdkg.sources.looks import conflicts_in, is_pointer, syntax_of
from cdkg.sources.text import place_in, shown

#: The syntaxes of the Turtle family: one reader of ours tells all faults of them.
TURTLE_FAMILY: Final = (RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
#: Triple terms (RDF 1.2) nested deeper end the process: the parser takes them apart by recursion.
_MOST_TERMS: Final = 500
#: The parser reads no token larger than this, in bytes.
_LARGEST_TOKEN: Final = 16_777_216
#: The parser's words hold what it has read, whatever its length; people read so many characters of it.
_LONGEST_REASON: Final = 400
#: Texts up to this length are searched for all their faults, and tried as another syntax: it takes seconds.
_MOST_TRIED: Final = 20_000_000
#: Where a file is valid in another syntax, so many faults are told, and how many more there are.
_MOST_OF_ANOTHER: Final = 10
_BYTE_ORDER_MARK: Final = "\ufeff"
#: What may hold `<<(` without meaning it, and what opens and closes a triple term.
_TERMS: Final = re.compile(
    r"""\"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*+'''|"(?:[^"\\\n\r]|\\.)*+"|'(?:[^'\\\n\r]|\\.)*+'"""
    r"""|<[^<>\s]*+>|\\.|\#[^\n\r]*+|(?P<open><<\s*+\()|(?P<close>\)\s*+>>)""",
    re.DOTALL,
)
_TOKENS: Final = re.compile(
    r"""\"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*+'''|(?P<long>\"\"\"|''')"""
    r"""|"(?:[^"\\\n\r]|\\.)*+"|'(?:[^'\\\n\r]|\\.)*+'|(?P<short>["'])"""
    r"""|<[^<>]*+>|\#[^\n\r]*+|[^\s"'<>\#,;()\[\]{}]++""",
    re.DOTALL,
)
#: What to do about what the parser says; the first that fits.
_REMEDIES: Final = (
    (r"has more than .* bytes|buffer maximal", "write it in several parts, or leave it out"),
    (r"not closed|end of file|unclosed|before end of input", "close it; see whether the file was copied as a whole"),
    (r"prefix .*has not been declared", "declare it: @prefix name: <https://…> ."),
    (r"unknown prefix", 'declare it: xmlns:prefix="…" in rdf:RDF'),
    (r"only one root|rdf:RDF", "begin with <rdf:RDF xmlns:rdf=…>, and close it at the end"),
    (r"stack size", "nest it less"),
    (r"only utf-8", 'save it as UTF-8, and say encoding="UTF-8" in its first line'),
    (r"'[A-Za-z]:\\", "this is a path of Windows: write file:///C:/… with slashes"),
    (r"\biri\b|scheme|code point", "write the IRI as it should be; a space is %20 in it"),
    (r"entity", 'declare it: <!ENTITY name "…">, or write & as &amp;'),
    (r"language|subtag", "take a tag such as en or pt-BR"),
    (r"twice", "keep one of the two"),
    (r"tag name|attribute|rdf:", "mind that nodes and properties take turns in RDF/XML"),
    (r"context|mapping", "mend the context"),
    (r"in regular RDF", "write triples only"),
    ("", "mend what stands here; before it all is well"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """A document with all that its faults are told by.

    Attributes:
        path: Its file.
        text: What is in it.
        syntax: What it should be.
        base: What relative IRIs are resolved against; empty: nothing.
    """

    path: Path
    text: str
    syntax: Format
    base: str

    def at(self, offset: int) -> Location:
        """The place of an offset."""
        return place_in(self.text, offset, shown(self.path))

    def fault(self, where: Location, why: str, hint: str = "") -> SourceError:
        """A fault that says which syntax it was read as; with a remedy."""
        why = _printable(why)
        hint = hint or _hint(self, why)
        return SourceError(f"this is not valid {_name(self.syntax)}", where=where, why=why, hint=hint)


def _name(syntax: Format) -> str:
    return str(syntax.writer).removeprefix("<").removesuffix(">")


def refused_unread(document: Text) -> SourceError | None:
    """What must not get to the parser of the Turtle family: triple terms in one another without end."""
    if document.text.count("<<") <= _MOST_TERMS:
        return None
    depth = 0
    for match in _TERMS.finditer(document.text):
        depth += 1 if match["open"] else -1 if match["close"] and depth else 0
        if depth > _MOST_TERMS:
            why = f"more than {_MOST_TERMS} triple terms stand in one another"
            return document.fault(document.at(match.start()), why, "name the inner ones by reifiers")
    return None


def verdict(document: Text, error: BaseException) -> list[SourceError]:
    """All faults of a document that the parser has refused.

    Args:
        document: What was refused.
        error: What the parser has raised: SyntaxError mostly; MemoryError for a token that is too large; anything else
            is a panic of the parser.
    """
    if told := mistaken(document):
        return told
    if not isinstance(error, SyntaxError | MemoryError | ValueError):
        return [document.fault(Location(shown(document.path)), f"the parser gave up: {error}", "report it to cdkg")]
    if not isinstance(error, SyntaxError):
        error = _too_large(document, error)
    why = re.sub(r"^(Parser|Syntax) error (at|between) line .*?: ", "", str(error.msg or error))
    why = _shortened(re.sub(r" \(line \d+\)$", "", why))
    place = Location(shown(document.path), error.lineno, error.offset)
    return _with_hints(document, _if_of_another(document, _faults(document, error, why, place)))


def _faults(document: Text, error: SyntaxError, why: str, place: Location) -> list[SourceError]:
    """The faults of a document of which the parser has named one, or has said that there is one."""
    if document.syntax.writer == RdfFormat.JSON_LD:
        return json_ld.faults(document.text, place.path, why, place)
    if document.syntax.writer in TURTLE_FAMILY and len(document.text) <= _MOST_TRIED:
        from cdkg.sources.turtle import syntax_faults  # noqa: PLC0415  # its patterns take a while to make

        faults = syntax_faults(Path(place.path), document.text, document.base, document.syntax.name, error)
        return faults or [document.fault(place, why)]
    if place.line is None and document.syntax.writer == RdfFormat.RDF_XML:
        return [rdf_xml.refusal(document.text, place.path, document.base or None, why)]
    return [document.fault(place if place.line is not None else _searched(document), why)]


def _if_of_another(document: Text, faults: list[SourceError]) -> list[SourceError]:
    """The faults of a document that may be one of another syntax as a whole: then the first of them will do."""
    other = _valid_as(document)
    if other is None:
        return faults
    name, suffix = other
    for fault in faults:
        if suffix not in fault.hint:
            guess = f"it is valid {name}: name it *{suffix} if it is meant so"
            fault.hint = f"{fault.hint}; {guess}" if fault.hint else guess
    told, more = faults[:_MOST_OF_ANOTHER], len(faults) - _MOST_OF_ANOTHER
    if more > 0:
        told[-1].why += f"; {more} or more faults behind it are not told"
    return told


def _searched(document: Text) -> Location:
    """The place of what the parser refuses without a word on where."""
    formula = re.search(r"[{?]|=>", document.text)  # what is N3, but not RDF
    return document.at(formula.start() if formula else 0)


def _printable(text: str) -> str:
    """A text that quotes a file, with nothing in it that a terminal would obey."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda odd: f"\\x{ord(odd[0]):02x}", text)


def _with_hints(document: Text, faults: list[SourceError]) -> list[SourceError]:
    lines = re.split(r"\r\n|\n|\r", document.text) if _BYTE_ORDER_MARK in document.text else []
    for fault in faults:
        if _BYTE_ORDER_MARK in fault.why:  # of text in XML, the parser tells what it is, but not where
            fault.where = document.at(document.text.index(_BYTE_ORDER_MARK))
        if _has_mark(lines, fault.where):
            fault.why = "a byte order mark (U+FEFF) stands here, which only the beginning of a file may have"
            fault.hint = "remove it: it cannot be seen, and comes from files that were put together"
        fault.why, fault.hint = _printable(fault.why), _printable(fault.hint)
        if not fault.hint or (not document.base and "relative" in fault.why):
            fault.hint = _hint(document, fault.why)
    return faults


def _has_mark(lines: list[str], where: Location | None) -> bool:
    """Whether what a fault is about has a byte order mark in it: nobody could see it."""
    if not lines or where is None or where.line is None or where.column is None:
        return False
    line = lines[where.line - 1] if where.line <= len(lines) else ""
    end = where.end_column if where.end_column and where.end_line == where.line else where.column + 1
    return _BYTE_ORDER_MARK in line[where.column - 1 : end - 1]


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_REASON else f"{text[: _LONGEST_REASON // 2]} … {text[-_LONGEST_REASON // 2 :]}"


def _hint(document: Text, why: str) -> str:
    if not document.base and re.search(r"scheme|relative", why, re.IGNORECASE):
        return "standard input has no folder that relative IRIs could start from: begin with @base <https://…> ."
    return next(hint for pattern, hint in _REMEDIES if re.search(pattern, why, re.IGNORECASE))


def _too_large(document: Text, error: BaseException) -> SyntaxError:
    """The verdict on a document in which the parser has met no end of a token: it is not closed, or too large."""
    for token in _TOKENS.finditer(document.text):
        if token.lastgroup is None and token.end() - token.start() <= _LARGEST_TOKEN // 4 - 8192:
            continue
        large = f"one string, IRI or word has more than {_LARGEST_TOKEN:,} bytes"
        told = SyntaxError("the string that begins here is not closed" if token.lastgroup else large)
        place = document.at(token.start())
        told.lineno, told.offset = place.line, place.column
        return told
    return SyntaxError(str(error))


def mistaken(document: Text) -> list[SourceError]:
    """What a document is instead of what it should be: all else that could be said of it would be noise."""
    if document.syntax.writer != RdfFormat.JSON_LD and (marks := conflicts_in(document.text)):
        why = "git left both sides of a merge here"
        return [document.fault(document.at(at), why, "keep one side and take the marker lines out") for at in marks]
    if is_pointer(document.text):
        why = "git LFS keeps the file elsewhere, and this is what points to it"
        return [document.fault(document.at(0), why, "fetch it: git lfs pull")]
    looks = syntax_of(document.text)
    start = document.at(len(document.text) - len(document.text.lstrip()))
    if looks in {"HTML", "CSV"}:
        if looks == "CSV" and document.syntax.writer not in TURTLE_FAMILY:
            return []
        page = "an HTML page, perhaps an error page of a server" if looks == "HTML" else "a table (CSV)"
        return [document.fault(start, f"it looks like {page}", "get the data itself")]
    other = _other(document, looks)
    if other is None:
        return []
    name, suffix = other
    return [
        document.fault(start, f"it looks like {name}", f"name it *{suffix}, or write it as {_name(document.syntax)}")
    ]


def _other(document: Text, looks: str | None) -> tuple[str, str] | None:
    """The syntax that a document is in fact of, with its suffix, where its beginning shows it."""
    by_start = {"RDF/XML": (RdfFormat.RDF_XML, ".rdf"), "JSON-LD": (RdfFormat.JSON_LD, ".jsonld")}
    if looks in by_start:
        writer, suffix = by_start[looks]
        return (looks, suffix) if writer != document.syntax.writer else None
    if document.syntax.writer in {RdfFormat.RDF_XML, RdfFormat.JSON_LD}:
        return ("Turtle", ".ttl") if looks in {"Turtle", "N-Triples", "N-Quads"} else None
    return None


def _valid_as(document: Text) -> tuple[str, str] | None:
    """Another syntax in which a text that is neither XML nor JSON would be valid, with its suffix."""
    if document.syntax.writer in {RdfFormat.RDF_XML, RdfFormat.JSON_LD}:
        return None
    tried = {RdfFormat.TURTLE: ".ttl", RdfFormat.N_QUADS: ".nq", RdfFormat.TRIG: ".trig"}
    for writer, suffix in tried.items():
        if writer != document.syntax.writer and _is_valid(document, writer):
            return _plain(writer), suffix
    return None


def _plain(writer: RdfFormat) -> str:
    return {RdfFormat.TURTLE: "Turtle", RdfFormat.N_QUADS: "N-Quads", RdfFormat.TRIG: "TriG"}[writer]


def _is_valid(document: Text, writer: RdfFormat) -> bool:
    if len(document.text) > _MOST_TRIED:
        return False
    try:
        for _ in parse(document.text, format=writer, base_iri=document.base or None):
            pass
    except (SyntaxError, MemoryError, ValueError):
        return False
    return True
