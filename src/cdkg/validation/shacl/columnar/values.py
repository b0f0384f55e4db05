"""Constraints on each value node by itself (SHACL, sections 4.1, 4.3, 4.4 and 4.8.3)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np
from pyoxigraph import Literal, NamedNode

from cdkg.errors import ShapesError
from cdkg.reasoning.rl.columns import within_codes
from cdkg.reasoning.rl.terms import Codes, Mask
from cdkg.validation.shacl.columnar.columns import Columns
from cdkg.validation.shacl.columnar.comparing import accepts, matching, ordered
from cdkg.validation.shacl.columnar.lexical_spaces import of_datatype
from cdkg.validation.shacl.columnar.shape import SH, Found, Run, Values, component
from cdkg.vocabulary import Term


class Test(Hashable, Protocol):
    """What a term is or is not, whatever the graph says of it; equal tests have equal verdicts."""

    def judge(self, columns: Columns, codes: Codes) -> Mask:
        """Which of some distinct terms pass."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A constraint that a test decides."""

    test: Test
    kind: NamedNode

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the values that do not pass."""
        if isinstance(self.test, Pattern) and self.test.is_foreign:
            run.tell(f"{values.shape}, pattern {self.test.pattern}")
        passed = run.columns.judged(self.test, values.nodes, self.test.judge)
        yield from values.failing(self.kind, ~passed)


@dataclass(frozen=True, slots=True)
class Datatype:
    """`sh:datatype`: a well-formed literal of this datatype (section 4.1.2)."""

    iri: str

    def judge(self, columns: Columns, codes: Codes) -> Mask:
        """Which terms are."""
        return of_datatype(columns, codes, self.iri)


#: The node kinds of section 4.1.3 and what they take: IRIs, blank nodes, literals.
NODE_KINDS: Final = {
    "BlankNode": (False, True, False), "IRI": (True, False, False), "Literal": (False, False, True),
    "BlankNodeOrIRI": (True, True, False), "BlankNodeOrLiteral": (False, True, True),
    "IRIOrLiteral": (True, False, True),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NodeKind:
    """`sh:nodeKind`: an IRI, a blank node, a literal, or one of two of them (section 4.1.3)."""

    iri: str

    def judge(self, columns: Columns, codes: Codes) -> Mask:
        """Which terms are."""
        terms, kind = columns.terms, NODE_KINDS[self.iri.removeprefix(SH)]
        found = (terms.is_iri(codes), terms.is_blank(codes), terms.is_literal(codes))
        taken: Mask = np.logical_or.reduce([mask for mask, is_taken in zip(found, kind, strict=True) if is_taken])
        return taken


@dataclass(frozen=True, slots=True)
class Bound:
    """`sh:minInclusive` and its like: the value compares with the bound as it should (section 4.3)."""

    name: str
    bound: Literal

    def judge(self, columns: Columns, codes: Codes) -> Mask:
        """Which literals do; where no comparison can be made, the value does not pass."""
        literal = columns.terms.is_literal(codes)
        bound = str(self.bound).encode()
        forms = [columns.terms.forms[code] for code in codes[literal].tolist()]
        pairs = [(bound, form) if self.name.startswith("min") else (form, bound) for form in forms]
        literal[literal] = np.array(ordered(pairs, "<" if self.name.endswith("Exclusive") else "<="), np.bool_)
        return literal


@dataclass(frozen=True, slots=True)
class Length:
    """`sh:minLength` and `sh:maxLength`: the number of characters of a literal or IRI (sections 4.4.1 and 4.4.2)."""

    least: int = 0
    most: int | None = None

    def judge(self, columns: Columns, codes: Codes) -> Mask:
        """Which terms have as many; a blank node has none."""
        mask = ~columns.terms.is_blank(codes)
        lengths = np.array([len(text) for text in columns.texts(codes[mask])], np.int64)
        mask[mask] = (lengths >= self.least) if self.most is None else (lengths <= self.most)
        return mask


#: The flags of XPath and those of Python that mean the same.
_FLAGS: Final = {"s": re.DOTALL, "m": re.MULTILINE, "i": re.IGNORECASE, "x": re.VERBOSE, "q": re.NOFLAG}


#: An escape, a class (in XPath it may hold another that is taken away from it), or any character.
_TOKEN: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*+\]|.", re.DOTALL)
_LESS: Final = re.compile(r"(?<=[^\\\[^])-\[")


def _less(token: re.Match[str]) -> str:
    return _LESS.sub("--[", token[0]) if token[0].startswith("[") else token[0]


def _at_end(token: re.Match[str]) -> str:
    return r"\Z" if token[0] == "$" else token[0]


@dataclass(frozen=True)
class Pattern:
    """`sh:pattern`: a regular expression that matches somewhere in a literal or IRI (section 4.4.3).

    The engine of SPARQL takes time in proportion to the text. Expressions that it does not know, with look-ahead or
    back-references, are left to Python, and may take long. What XPath means is put in their words: a class less another
    (`[a-z-[aeiou]]`), and for Python that `$` is the end of the text, and no line end before it.

    Raises:
        ShapesError: It is no regular expression.
    """

    pattern: str
    flags: str = ""

    def __post_init__(self) -> None:
        if not set(self.flags) <= set(_FLAGS):
            raise ShapesError(f"sh:flags {self.flags!r} are unknown", hint=f"the flags are {', '.join(_FLAGS)}")
        if self.is_foreign:
            _ = self._python

    @cached_property
    def is_foreign(self) -> bool:
        """Whether the engine of SPARQL does not know it."""
        return not accepts(self._sparql, self.flags)

    @cached_property
    def _sparql(self) -> str:
        return self.pattern if "q" in self.flags else _TOKEN.sub(_less, self.pattern)

    @cached_property
    def _python(self) -> re.Pattern[str]:
        flags = re.NOFLAG
        for flag in self.flags:
            flags |= _FLAGS[flag]
        try:
            if "q" in self.flags:
                return re.compile(re.escape(self.pattern), flags)
            with warnings.catch_warnings(action="error", category=FutureWarning):
                return re.compile(self.pattern if "m" in self.flags else _TOKEN.sub(_at_end, self.pattern), flags)
        except (re.error, OverflowError, RecursionError, FutureWarning) as error:
            raise ShapesError(f"sh:pattern {self.pattern!r} is no regular expression", why=str(error)) from error

    def judge(self, columns: Columns, codes: Codes) -> Mask:
        """Which terms it matches; it matches no blank node."""
        mask = ~columns.terms.is_blank(codes)
        texts = columns.texts(codes[mask])
        if self.is_foreign:
            found = [self._python.search(text) is not None for text in texts]
        else:
            found = matching(texts, self._sparql, self.flags)
        mask[mask] = np.array(found, np.bool_)
        return mask


@dataclass(frozen=True, slots=True)
class LanguageIn:
    """`sh:languageIn`: a literal whose language is within one of the ranges (section 4.4.4; RFC 4647, 3.3.1)."""

    ranges: tuple[str, ...]

    def judge(self, columns: Columns, codes: Codes) -> Mask:
        """Which terms are."""
        ranges = [range_.lower() for range_ in self.ranges]
        tags = languages(columns, codes)
        passed = [
            bool(tag) and any(range_ in ("*", tag) or tag.startswith(f"{range_}-") for range_ in ranges) for tag in tags
        ]
        return np.array(passed, np.bool_)


def languages(columns: Columns, codes: Codes) -> list[str]:
    """The language tags of terms in lower case; an empty string where there is none."""
    found: list[str] = []
    for code in codes.tolist():
        form = columns.terms.forms[code]
        at = form.rfind(b'"@')
        tag = form[at + 2 :].partition(b"--")[0] if at > 0 and form[:1] == b'"' else b""
        found.append(tag.decode().lower() if b" " not in tag and b'"' not in tag else "")
    return found


@dataclass(frozen=True, slots=True)
class Class:
    """`sh:class`: an instance of the class (section 4.1.1)."""

    iri: str

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the values that are none."""
        yield from values.failing(component("Class"), ~within_codes(values.nodes, run.instances(self.iri)))


@dataclass(frozen=True, slots=True)
class In:
    """`sh:in`: one of these terms (section 4.8.3)."""

    terms: tuple[Term, ...]

    def check(self, run: Run, values: Values) -> Iterator[Found]:
        """Yield the values that are none."""
        taken = np.unique(np.array([run.columns.code(term) for term in self.terms], np.int64))
        yield from values.failing(component("In"), ~within_codes(values.nodes, taken))
