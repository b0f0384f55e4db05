"""From a name or a literal as it is written to the term that it stands for (RDF 1.1 Turtle, sections 6.3 and 6.4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Final

from pyoxigraph import BaseDirection, BlankNode, Literal, NamedNode, RdfFormat, parse

from cdkg.sources.turtle.tokens import DATATYPE, ESCAPE, LANGUAGE, QUOTED
from cdkg.vocabulary import PREFIXES

#: What tells a fault: start, place behind the end, why, hint.
Tell = Callable[[int, int, str, str], None]

_XSD: Final = PREFIXES["xsd"]
_CHARACTERS: Final = {
    "t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\",
}  # fmt: skip
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*+:")
_RESERVED: Final = re.compile(r"\\(.)")
_BAD_IN_IRI: Final = re.compile(r'[\x00-\x20<>"{}|^`]')
#: A drive and a backslash that is no escape.
_WINDOWS: Final = re.compile(r"<([A-Za-z]:)\\(?!u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})")
_DIRECTIONS: Final = {"ltr": BaseDirection.LTR, "rtl": BaseDirection.RTL}
_BOOLEAN: Final = NamedNode(_XSD + "boolean")
_INTEGER, _DECIMAL, _DOUBLE = (NamedNode(_XSD + name) for name in ("integer", "decimal", "double"))


class Terms:
    """Makes terms, with the prefixes and the base of the moment; a term that is wrong is told and is None."""

    def __init__(self, base: str, tell: Tell, *, absolute: bool) -> None:
        """`absolute`: names are absolute IRIs, as in N-Triples and N-Quads."""
        self._tell, self._absolute = tell, absolute
        self._base: str | None = base
        self._prefixes: dict[str, str | None] = {}
        self._made: dict[str, NamedNode | BlankNode] = {}

    def name(self, text: str, start: int) -> NamedNode | BlankNode | None:
        """The node of an IRI in angle brackets, a prefixed name or the label of a blank node that begins at `start`."""
        found = self._made.get(text)
        if found is None:
            made = self._label(text, start) if text[:2] == "_:" else self._iri(text, start)
            if made is None:
                return None
            found = self._made[text] = made
        return found

    def declare(self, prefix: str, iri: str | None) -> None:
        """From here on, `prefix` stands for `iri`; None: nobody knows for what, and that has been told."""
        if self._prefixes.get(prefix, "") != iri:
            self._prefixes[prefix] = iri
            self._made.clear()

    def set_base(self, iri: str | None) -> None:
        """From here on, relative IRIs are resolved against `iri`; None: nobody knows, and that has been told."""
        self._base = iri
        self._made.clear()

    def number(self, text: str) -> Literal:
        """The literal of a number, its lexical form as it is written (section 2.5.2)."""
        if "e" in text or "E" in text:
            return Literal(text, datatype=_DOUBLE)
        return Literal(text, datatype=_DECIMAL if "." in text else _INTEGER)

    def boolean(self, text: str) -> Literal:
        """The literal of `true` or `false`."""
        return Literal(text, datatype=_BOOLEAN)

    def literal(self, token: re.Match[str]) -> Literal | None:
        """The literal of a quoted string with its language tag or datatype."""
        quoted, language, datatype = token[QUOTED], token[LANGUAGE], token[DATATYPE]
        start = token.start(QUOTED)
        if self._absolute and (quoted[0] == "'" or quoted[:3] == '"""'):
            self._tell(start, token.end(QUOTED), "a string of N-Triples stands in one pair of double quotes", "")
            return None
        quotes = 3 if quoted[:3] in {'"""', "'''"} else 1
        value = quoted[quotes:-quotes]
        if "\\" in value:
            unescaped = self._unescaped(value, start + quotes)
            if unescaped is None:
                return None
            value = unescaped
        if language:
            return self._in_language(value, language, token.start(LANGUAGE))
        if not datatype:
            return self._made_of(token, value)
        kind = self.name(datatype, token.start(DATATYPE))
        return self._made_of(token, value, kind) if isinstance(kind, NamedNode) else None

    def _made_of(self, token: re.Match[str], value: str, datatype: NamedNode | None = None) -> Literal | None:
        try:
            return Literal(value, datatype=datatype)
        except ValueError:
            self._tell(*token.span(QUOTED), "this text has half a character (a lone surrogate)", "")
            return None

    def _in_language(self, value: str, language: str, start: int) -> Literal | None:
        tag, _, direction = language.partition("--")
        try:
            return Literal(value, language=tag.lower(), direction=_DIRECTIONS[direction] if direction else None)
        except (ValueError, KeyError):
            self._tell(start - 1, start + len(language), f"@{language} is no language tag", "write @en, @de, @pt-br …")
            return None

    def _label(self, text: str, start: int) -> BlankNode | None:
        try:
            return BlankNode(text[2:])
        except ValueError:
            self._tell(start, start + len(text), f"{text} is no label of a blank node", "take letters and digits")
            return None

    def checked(self, text: str, start: int) -> str | None:
        """The IRI of a declaration."""
        node = self._iri(text, start)
        return node.value if node is not None else None

    def _iri(self, text: str, start: int) -> NamedNode | None:
        iri = self._in_brackets(text, start) if text[0] == "<" else self._expanded(text, start)
        if iri is None:
            return None
        try:
            return NamedNode(iri)
        except ValueError as error:
            self._tell(start, start + len(text), f"<{_short(iri)}> is no IRI: {_told(error)}", "")
            return None

    def _in_brackets(self, text: str, start: int) -> str | None:
        """The IRI between angle brackets, resolved against the base (RFC 3986, section 5)."""
        end = start + len(text)
        iri: str | None = text[1:-1]
        if (odd := _BAD_IN_IRI.search(text, 1, len(text) - 1)) is not None:
            what = "a space" if odd[0] == " " else f"the character {odd[0]!r}"
            hint = f"write %{ord(odd[0]):02X} in its place, or is a `>` missing?"
            self._tell(start + odd.start(), start + odd.end(), f"{what} cannot stand in an IRI: {_short(text)}", hint)
            return None
        if path := _WINDOWS.match(text):
            hint = f"write <file:///{path[1]}/…> with slashes"
            self._tell(start, end, f"{_short(text)} is a path of Windows, no IRI", hint)
            return None
        if "\\" in text and (iri := self._unescaped(text[1:-1], start + 1, plain=False)) is None:
            return None
        if iri and ("\\" in iri or _BAD_IN_IRI.search(iri)):
            self._tell(start, end, f"an escape in {_short(text)} stands for what cannot be in an IRI", "")
            return None
        return iri if _ABSOLUTE.match(iri or "") else self._resolved(iri or "", start, end)

    def _resolved(self, iri: str, start: int, end: int) -> str | None:
        """The parser resolves relative IRIs: so they are the same as in the triples that it gives."""
        if self._base is None:
            return None
        if self._absolute or not self._base:
            hint = "write it in full, with http:// …" if self._absolute else "write it in full, or add an @base line"
            self._tell(start, end, f"<{_short(iri)}> is a relative IRI, and there is nothing to complete it with", hint)
            return None
        try:
            line = f"<{iri}> <x:x> <x:x> ."
            subject = next(iter(parse(line.encode(), format=RdfFormat.TURTLE, base_iri=self._base))).subject
        except (SyntaxError, ValueError) as error:
            self._tell(start, end, f"<{_short(iri)}> is no IRI: {_told(error)}", "")
            return None
        return subject.value if isinstance(subject, NamedNode) else None

    def _expanded(self, text: str, start: int) -> str | None:
        prefix, _, local = text.partition(":")
        if self._absolute:
            hint = "write the whole IRI in angle brackets"
            self._tell(start, start + len(text), f"N-Triples has no prefixed names such as {_short(text)}", hint)
            return None
        namespace = self._prefixes.get(prefix, "")
        if namespace is None:
            return None
        if prefix not in self._prefixes:
            end = start + len(prefix) + 1
            self._tell(start, end, f"the prefix {prefix}: is not declared", self._hint_for(prefix))
            return None
        return namespace + (_RESERVED.sub(r"\1", local) if "\\" in local else local)

    def _hint_for(self, prefix: str) -> str:
        if near := get_close_matches(prefix, self._prefixes, 1):
            return f"did you mean {near[0]}: ?"
        if prefix in PREFIXES:
            return f"add the line @prefix {prefix}: <{PREFIXES[prefix]}> ."
        return f"add a line @prefix {prefix}: <…> . at the top of the file"

    def _unescaped(self, text: str, start: int, *, plain: bool = True) -> str | None:
        """The text with its escapes resolved; `plain` allows those of one character (in strings, not in IRIs)."""
        faults: list[re.Match[str]] = []

        def character(escape: re.Match[str]) -> str:
            short, long, one = escape.groups()
            code = int(short or long or "0", 16)
            if one is not None and plain and one in _CHARACTERS:
                return _CHARACTERS[one]
            if one is None and code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
                return chr(code)
            faults.append(escape)
            return ""

        found = ESCAPE.sub(character, text)
        for fault in faults:
            hint = r"write \\ for a backslash" if plain and fault[3] else "write the character itself"
            self._tell(start + fault.start(), start + fault.end(), _why_escape(fault), hint)
        return None if faults else found


def _why_escape(escape: re.Match[str]) -> str:
    if escape[3] in {"u", "U"}:
        return f"\\{escape[3]} needs {4 if escape[3] == 'u' else 8} hexadecimal digits behind it"
    if escape[3] is not None:
        return f"\\{escape[3]} stands for nothing here"
    return f"{escape[0]} is no character"


def _told(error: Exception) -> str:
    return re.sub(r"^(Parser|Syntax) error (at|between) .*?: ", "", str(getattr(error, "msg", None) or error))


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
