"""The dictionary of the reasoner: RDF terms as integer codes, each kept in its canonical N-Triples form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse

from cdkg.errors import LimitError
from cdkg.vocabulary import Term

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Two codes are packed into one signed 64-bit integer.
MOST_TERMS: Final = 2**31

_LITERAL: Final = ord('"')
_BLANK: Final = ord("_")
_IRI: Final = ord("<")


class Terms:
    """Terms by code and codes by term; codes count from 0 and are never given twice.

    A form is what canonical N-Triples (RDF 1.2 N-Triples, section 4) writes for the term, as UTF-8.
    """

    def __init__(self) -> None:
        self.codes: dict[bytes, int] = {}
        self.forms: list[bytes] = []
        self._kinds = np.zeros(0, np.uint8)
        self._ends = np.zeros(0, np.uint8)
        self._terms: dict[int, Term] = {}

    def __len__(self) -> int:
        return len(self.forms)

    def copy(self) -> Terms:
        """The same terms by the same codes; either may take up others."""
        found = Terms()
        found.codes, found.forms, found._terms = self.codes.copy(), self.forms.copy(), self._terms.copy()
        return found

    def add(self, term: Term) -> int:
        """The code of a term, which is taken up where it is new."""
        return self.add_form(_form(term))

    def add_form(self, form: bytes) -> int:
        """The code of a term by its form."""
        code = self.codes.get(form)
        if code is None:
            code = self.codes[form] = len(self.forms)
            self.forms.append(form)
        return code

    def extend(self, forms: Iterable[bytes]) -> None:
        """Take up forms that are new, each once.

        Raises:
            LimitError: There are more terms than codes.
        """
        new = list(forms)
        start = len(self.forms)
        if start + len(new) >= MOST_TERMS:
            raise LimitError("more than two thousand million terms", hint="reason over fewer files at a time")
        self.codes.update(zip(new, range(start, start + len(new)), strict=True))
        self.forms += new

    def find(self, term: Term) -> int:
        """The code of a term, -1 where it is unknown."""
        return self.codes.get(_form(term), -1)

    def term(self, code: int) -> Term:
        """The term of a code."""
        found = self._terms.get(code)
        if found is None:
            form = self.forms[code]
            if form.startswith(b"<") and form[1:2] != b"<":
                found = NamedNode(form[1:-1].decode())
            elif form.startswith(b"_"):
                found = BlankNode(form[2:].decode())
            else:
                (quad,) = parse(b"<x:s> <x:p> " + form + b" .", format=RdfFormat.N_TRIPLES)
                found = quad.object
            self._terms[code] = found
        return found

    def classify(self) -> None:
        """Look at the terms that are new, so that `is_literal` and the like need not."""
        new = self.forms[len(self._kinds) :]
        if new:
            # a triple term (RDF 1.2) begins like an IRI, and is none
            kinds = bytes([40 if form[:2] == b"<<" else form[0] for form in new])
            self._kinds = np.concatenate([self._kinds, np.frombuffer(kinds, np.uint8)])
            ends = np.frombuffer(bytes([form[-1] for form in new]), np.uint8)
            self._ends = np.concatenate([self._ends, ends])

    @property
    def _first_bytes(self) -> NDArray[np.uint8]:
        """The byte that each form begins with; it tells IRIs, blank nodes and literals apart."""
        self.classify()
        return self._kinds

    def is_literal(self, codes: Codes) -> Mask:
        """Which of the codes are literals."""
        found: Mask = self._first_bytes[codes] == _LITERAL
        return found

    def is_blank(self, codes: Codes) -> Mask:
        """Which of the codes are blank nodes."""
        found: Mask = self._first_bytes[codes] == _BLANK
        return found

    def is_iri(self, codes: Codes) -> Mask:
        """Which of the codes are IRIs."""
        found: Mask = self._first_bytes[codes] == _IRI
        return found

    def is_typed(self, codes: Codes) -> Mask:
        """Which of the literals are written with a datatype."""
        self.classify()
        found: Mask = self._ends[codes] == ord(">")
        return found


def _form(term: Term) -> bytes:
    """What canonical N-Triples writes for a term."""
    return (f"<<( {term} )>>" if isinstance(term, Triple) else str(term)).encode()
