"""Contexts: what the keys of a JSON-LD document stand for (JSON-LD 1.1 API, sections 4.1 to 5.2).

Contexts are taken as valid: the parser has read them before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urljoin

from cdkg.sources.json_ld.document import Value

#: The keywords (JSON-LD 1.1, section 1.7).
KEYWORDS: Final = frozenset(
    f"@{name}"
    for name in (
        *("base", "container", "context", "direction", "graph", "id", "import", "included", "index", "json"),
        *("language", "list", "nest", "none", "prefix", "propagate", "protected", "reverse", "set", "type"),
        *("value", "version", "vocab"),
    )
)
#: What looks like one, and is reserved for later.
KEYWORD_LIKE: Final = re.compile(r"@[A-Za-z]+")
#: Stands in for the base, which does not matter for whether an IRI is one.
BASE: Final = "http://base.invalid/"
#: Where a plain term ends that is also a prefix: RFC 3986, gen-delims.
_DELIMITERS: Final = tuple(":/?#[]@")


@dataclass(frozen=True, slots=True)
class Term:
    """What a context says of a term.

    Attributes:
        iri: What it stands for; None where the context says that it stands for nothing.
        coercion: Its `@type`, as it is written.
        container: Its containers.
        context: The context that holds for its values.
        is_prefix: Whether compact IRIs may begin with it.
    """

    iri: str | None
    coercion: str = ""
    container: frozenset[str] = frozenset()
    context: Value | None = None
    is_prefix: bool = False


@dataclass(frozen=True, eq=False)
class Context:
    """The active context.

    Attributes:
        terms: The terms that are defined.
        vocab: What a name without a definition begins with; None: it stands for nothing.
        has_base: Whether relative IRIs are resolved.
        previous: What holds again in the objects within, if this context is that of a type.
        judged: What was said of names in this context, by whoever has to say it again and again.
    """

    terms: Mapping[str, Term] = field(default_factory=dict)
    vocab: str | None = None
    has_base: bool = True
    previous: Context | None = None
    judged: dict[Any, Any] = field(default_factory=dict)
    _scoped: dict[tuple[int, bool], Context] = field(default_factory=dict)

    def scoped(self, value: Value, *, propagate: bool = True) -> Context:
        """As `applied`, for the context in the definition of a term, which is needed again and again."""
        key = id(value), propagate
        if key not in self._scoped:
            self._scoped[key] = self.applied(value, propagate=propagate)
        return self._scoped[key]

    def applied(self, value: Value, *, propagate: bool = True) -> Context:
        """This context with another on top of it (section 4.1.2)."""
        found = self
        for single in value.each:
            if single.content is None:
                found = Context()
            elif single.members:
                local = {key.content: member for key, member in single.members}
                if "@propagate" in local:
                    propagate = not is_false(local["@propagate"])
                found = _Definitions(found, local).context()
        return found if propagate else replace(found, previous=found.previous or self, judged={}, _scoped={})

    def iri(self, name: str, *, vocab: bool) -> str | None:
        """What a name stands for (section 5.2.2): a keyword, an IRI or a relative one; None: nothing.

        Args:
            name: The name as it is written.
            vocab: Whether terms and `@vocab` count, as they do for keys and types.
        """
        if name in KEYWORDS:
            return name
        if KEYWORD_LIKE.fullmatch(name):
            return None
        if vocab and name in self.terms:
            return self.terms[name].iri
        prefix, colon, rest = name.partition(":")
        if colon and prefix:
            if prefix == "_" or rest.startswith("//"):
                return name
            term = self.terms.get(prefix)
            return term.iri + rest if term and term.iri and term.is_prefix else name
        return self.vocab + name if vocab and self.vocab is not None else name


def is_false(value: Value) -> bool:
    """Whether a value is `false`, which is told from `true` by its length."""
    return value.content is True and value.end - value.start == len("false")


class _Definitions:
    """The definitions of one context object, each made when another needs it (section 4.2.2)."""

    def __init__(self, under: Context, local: Mapping[str, Value]) -> None:
        self._local = local
        base, vocab = local.get("@base"), local.get("@vocab")
        self._terms = {name: term for name, term in under.terms.items() if name not in local}
        self._context = replace(
            under,
            terms=self._terms,
            vocab=under.vocab if vocab is None else self._vocab(under, vocab.content),
            has_base=under.has_base if base is None else base.content is not None,
            judged={},
            _scoped={},
        )

    def context(self) -> Context:
        """The context with all of them."""
        for name in self._local:
            if name not in KEYWORDS or name == "@type":
                self._define(name)
        return self._context

    @staticmethod
    def _vocab(under: Context, written: str | None) -> str | None:
        if written is None:
            return None
        iri = under.iri(written, vocab=True) or ""
        return iri if ":" in iri else urljoin(BASE, iri)

    def _define(self, name: str) -> None:
        """Define a term, and before it those that it needs, however many stand in a row."""
        waiting, begun = [name], set[str]()
        while waiting:
            name = waiting[-1]
            needed = [] if name in begun else [other for other in self._needed(name) if other not in self._terms]
            begun.add(name)
            waiting += needed
            if not needed:
                waiting.pop()
                if name not in self._terms:
                    self._terms[name] = self._term(name)

    def _needed(self, name: str) -> list[str]:
        """The names of this context that the definition of a term may begin with."""
        written = self._written(name)
        first = {written, written.partition(":")[0]} if written is not None else set()
        return [other for other in sorted(first) if other in self._local and other not in {name, *KEYWORDS}]

    def _written(self, name: str) -> str | None:
        """What a term stands for as it is written; of a term that is said to stand for nothing, None."""
        value = self._local[name]
        members = {key.content: member for key, member in value.members}
        written = members.get("@id") or members.get("@reverse") or (value if not value.members else None)
        if written is None:
            return name
        return written.content if isinstance(written.content, str) else None

    def _term(self, name: str) -> Term:
        written, value = self._written(name), self._local[name]
        if written is None:
            return Term(None)
        members = {key.content: member for key, member in value.members}
        iri = self._context.iri(written, vocab=True)
        plain = not value.members and (iri or "").endswith(_DELIMITERS)
        is_prefix, containers, coercion = (members.get(key) for key in ("@prefix", "@container", "@type"))
        return Term(
            iri,
            str(coercion.content) if coercion else "",
            frozenset(str(item.content) for item in containers.each) if containers else frozenset(),
            members.get("@context"),
            plain or (is_prefix is not None and not is_false(is_prefix)),
        )
