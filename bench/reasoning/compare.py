"""Closures as sets: what one engine says and another does not, by kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat, parse, serialize

_TRIPLE: Final = re.compile(r"(\S+) (\S+) (.+) \.\n")
_VOCABULARIES: Final = re.compile(
    r"<http://www\.w3\.org/(?:2002/07/owl|2000/01/rdf-schema|1999/02/22-rdf-syntax-ns|2001/XMLSchema)#"
)
_OWL: Final = "<http://www.w3.org/2002/07/owl#"
_RDFS: Final = "<http://www.w3.org/2000/01/rdf-schema#"
_THINGS: Final = {f"{_OWL}Thing>", f"{_RDFS}Resource>"}
_XSD: Final = "<http://www.w3.org/2001/XMLSchema#"
_REFLEXIVE: Final = {
    *(f"{_OWL}{local}>" for local in ("sameAs", "equivalentClass", "equivalentProperty")),
    *(f"{_RDFS}{local}>" for local in ("subClassOf", "subPropertyOf")),
}
_DOMAIN: Final = f"{_RDFS}domain>"
_RANGE: Final = f"{_RDFS}range>"
_INVERSE: Final = f"{_OWL}inverseOf>"

#: How many examples are kept of each kind.
_EXAMPLES: Final = 3


def write_closure(parts: Iterable[str | bytes], path: Path) -> None:
    """Write N-Triples as sorted canonical lines, each once.

    Triples that RDF does not know (literals as subjects) are left out, and so are those with blank nodes, whose names
    differ from engine to engine.
    """
    data = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    comparable = b"".join(line for line in data.splitlines(keepends=True) if line[:1] == b"<" and b" _:" not in line)
    nt = RdfFormat.N_TRIPLES
    lines = (serialize(parse(comparable, format=nt, lenient=True), format=nt) or b"").splitlines(keepends=True)
    path.write_bytes(b"".join(sorted(set(lines))))


@dataclass(slots=True)
class Difference:
    """How two closures differ; each kind with its number and some of its triples."""

    missing: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def unexplained(self) -> int:
        """How many triples differ for no known reason."""
        return self.missing["other"] + self.extra["other"]


def difference(ours: Path, theirs: Path) -> Difference:
    """What `theirs` lacks, and what it has beyond `ours`; two files that `write_closure` wrote."""
    found = Difference()
    schema = _Inverses(ours)
    for line, is_ours in _one_sided(ours, theirs):
        kind = schema.kind(line)
        (found.missing if is_ours else found.extra)[kind] += 1
        examples = found.examples.setdefault(f"{'missing' if is_ours else 'extra'}: {kind}", [])
        if len(examples) < _EXAMPLES:
            examples.append(line.strip())
    return found


def _one_sided(ours: Path, theirs: Path) -> Iterator[tuple[str, bool]]:
    """The lines of one of two sorted files only, and whether it is the first; neither is read as a whole."""
    with ours.open(encoding="utf-8", newline="\n") as one, theirs.open(encoding="utf-8", newline="\n") as other:
        left, right = next(one, ""), next(other, "")
        while left or right:
            if left == right:
                left, right = next(one, ""), next(other, "")
            elif right == "" or (left != "" and left < right):
                yield left, True
                left = next(one, "")
            else:
                yield right, False
                right = next(other, "")


class _Inverses:
    """Tells the kinds apart; domains and ranges carried over an inverse need the schema of the closure."""

    def __init__(self, closure: Path) -> None:
        self._of: dict[str, set[str]] = {}
        self._said: set[tuple[str, str, str]] = set()
        with closure.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                s, p, o = _terms(line)
                if p == _INVERSE:
                    self._of.setdefault(s, set()).add(o)
                    self._of.setdefault(o, set()).add(s)
                elif p in (_DOMAIN, _RANGE):
                    self._said.add((s, p, o))

    def kind(self, line: str) -> str:
        """Why an engine might say a triple and another not."""
        s, p, o = _terms(line)
        if s == o and p in _REFLEXIVE:
            return "reflexive"
        if o in _THINGS:
            return "is a thing"
        if _VOCABULARIES.match(s):
            return "about the vocabulary"
        other = {_DOMAIN: _RANGE, _RANGE: _DOMAIN}.get(p)
        if other and any((inverse, other, o) in self._said for inverse in self._of.get(s, ())):
            return "domain or range over an inverse"
        if p == _RANGE and o.startswith(_XSD):
            return "range of a wider datatype"
        return "other"


def _terms(line: str) -> tuple[str, str, str]:
    found = _TRIPLE.fullmatch(line)
    if found is None:
        raise ValueError(f"not a canonical line: {line!r}")
    return found[1], found[2], found[3]
