"""What is wrong with a key, type, node or language tag of JSON-LD, by what the context says that it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from pyoxigraph import BlankNode, Literal, NamedNode

from cdkg.sources.json_ld.context import BASE, KEYWORD_LIKE, KEYWORDS, Context
from cdkg.vocabulary import PREFIXES

#: Schemes that IRIs have without `//` (IANA's registry, and some that are in use without).
_SCHEMES: Final = frozenset({
    "about", "acct", "ark", "blob", "cid", "data", "did", "dns", "doi", "example", "file", "ftp", "geo", "go", "hdl",
    "http", "https", "im", "info", "ipfs", "ipns", "iris", "isbn", "issn", "javascript", "jdbc", "ldap", "magnet",
    "mailto", "mid", "news", "ni", "nih", "oid", "pkcs11", "pres", "service", "sip", "sips", "sms", "swh", "tag",
    "tel", "tn3270", "urn", "uuid", "view-source", "ws", "wss", "xmpp",
})  # fmt: skip
_ODD: Final = re.compile(r'[\x00-\x20<>"{}|\\^`]')


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a name.

    Attributes:
        what: What is lost, and why.
        hint: What to do.
        grave: Whether it is not well-formed; else it is as JSON-LD allows.
        kept: Whether it is read all the same, though hardly as it is meant.
    """

    what: str
    hint: str
    grave: bool = False
    kept: bool = False


def of_key(name: str, context: Context) -> Verdict | None:
    """A key: what it stands for must be a keyword or an IRI."""
    iri = context.iri(name, vocab=True)
    if iri is None:
        return None if name in context.terms else _reserved(name)
    shown = _shown(name)
    if ":" not in iri:
        known = [prefix for prefix in PREFIXES if name.startswith(prefix + "_")]
        hint = f"write {known[0]}:{name[len(known[0]) + 1 :]}" if known else ""
        hint = hint or f'define it in @context, or add "@vocab"; "{shown}": null there says that it is meant so'
        return Verdict(f'The key "{shown}" is dropped with its value: no context says what it stands for.', hint)
    if iri.startswith("_:"):
        return Verdict(f'The key "{shown}" is dropped with its value: a property is no blank node.', "give it an IRI")
    if reason := _reason(iri):
        what = f'The key "{shown}" is dropped with its value: it stands for <{_shown(iri)}>, and {reason}.'
        return Verdict(what, _iri_hint(iri), grave=True)
    return _undeclared(name, iri, context)


def of_type(name: str, context: Context) -> Verdict | None:
    """A type, by terms and `@vocab`, else by the base."""
    iri = context.iri(name, vocab=True)
    if iri is not None and iri == name and re.fullmatch(r"[\w\-]+", name):
        what = f'No context says what the type "{_shown(name)}" stands for: it is read as a relative IRI.'
        return Verdict(what, 'define it in @context, or add "@vocab"', kept=True)
    return _of_node(name, iri, "type", context)


def of_reference(name: str, context: Context) -> Verdict | None:
    """A value that its term takes as a name (`@vocab`)."""
    return _of_node(name, context.iri(name, vocab=True), "value", context)


def of_id(name: str, context: Context) -> Verdict | None:
    """An `@id`, or a value that its term takes as one."""
    return _of_node(name, context.iri(name, vocab=False), "@id", context)


def _of_node(name: str, iri: str | None, role: str, context: Context) -> Verdict | None:
    """What is wrong with the IRI or blank node that a name stands for."""
    shown = _shown(name)
    if iri is None:
        return None if name in context.terms else _reserved(name)
    if iri in KEYWORDS:
        return None
    lost = (
        f'The {role} "{shown}" is dropped with every statement that has it'
        if role == "@id"
        else f'The {role} "{shown}" is dropped'
    )
    if iri.startswith("_:"):
        good = _is_made(lambda: BlankNode(iri[2:]))
        hint = "take letters and digits for its name"
        return None if good else Verdict(f"{lost}: no blank node has such a name.", hint, grave=True)
    if not re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", iri) and not context.has_base:
        return Verdict(f"{lost}: it is a relative IRI, and the context takes the base away.", "write the whole IRI")
    if reason := _reason(iri):
        return Verdict(f"{lost}: {reason}.", _iri_hint(iri), grave=True)
    return _undeclared(name, iri, context)


def of_language(tag: str, _: Context) -> Verdict | None:
    """A language tag (BCP 47), or a keyword in its place."""
    if tag.startswith("@") or _is_made(lambda: Literal("", language=tag)):
        return None
    what = f'The texts in the language "{_shown(tag)}" are dropped: that is no language tag.'
    return Verdict(what, "take a tag such as en or pt-BR", grave=True)


def _reserved(name: str) -> Verdict | None:
    if not KEYWORD_LIKE.fullmatch(name):
        return None
    return Verdict(f'"{name}" is dropped: it looks like a keyword, and is none of JSON-LD.', "mind how it is spelled")


def _undeclared(name: str, iri: str, context: Context) -> Verdict | None:
    """What is read as an IRI, though its scheme is none that people use: a prefix that no context defines."""
    prefix, colon, rest = name.partition(":")
    if not colon or iri != name or rest.startswith("//") or prefix.lower() in _SCHEMES:
        return None
    what = f"The prefix {_shown(prefix)}: is defined by no context: names that begin with it are read as whole IRIs."
    if prefix in context.terms:
        return Verdict(what, f'add "@prefix": true to the definition of "{_shown(prefix)}"', kept=True)
    if prefix in PREFIXES:
        return Verdict(what, f'add "{prefix}": "{PREFIXES[prefix]}" to @context', kept=True)
    return Verdict(what, f'add "{_shown(prefix)}": "https://…" to @context, or write the whole IRI', kept=True)


def _reason(iri: str) -> str:
    """Why an IRI, relative or not, is none; empty where it is one."""
    if odd := _ODD.search(iri):
        return "a space cannot stand in an IRI" if odd[0] == " " else f"{odd[0]!a} cannot stand in an IRI"
    try:
        NamedNode(iri if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", iri) else urljoin(BASE, iri))
    except ValueError as error:
        return f"it is no IRI ({_shown(str(error))})"
    return ""


def _iri_hint(iri: str) -> str:
    if path := re.match(r"([A-Za-z]:)\\", iri):
        return f"this is a path of Windows: write file:///{path[1]}/… with slashes"
    return "write %20 for a space in an IRI" if " " in iri else "write the IRI as it should be"


def _is_made(make: Callable[[], object]) -> bool:
    try:
        make()
    except ValueError:
        return False
    return True


def _shown(text: str, most: int = 80) -> str:
    """A text of the document for people: shortened, and with nothing in it that a terminal would obey."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda odd: f"\\x{ord(odd[0]):02x}", text)
    return text if len(text) <= most else text[: most - 1] + "…"
