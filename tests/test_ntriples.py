"""Canonical N-Triples become codes and come back as the same bytes; anything else is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from cdkg.errors import SourceError
from cdkg.reasoning.rl import ntriples
from cdkg.reasoning.rl.ntriples import canonical, decode, encode, written
from cdkg.reasoning.rl.terms import Terms

AWKWARD = (
    "<x:s> <x:p> <x:o> .\n",
    '<x:s> <x:p> "two words" .\n',
    '<x:s> <x:p> "ends like a line . <x:s>" .\n',
    '<x:s> <x:p> "a \\"quoted\\" . \\n line\\\\" .\n',
    '<x:s> <x:p> "ø \U0001f600 \u2028 \x85"@en-gb .\n',
    '<x:s> <x:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .\n',
    '<x:s> <x:p> "" .\n',
    "_:b0 <x:p> _:b1 .\n",
    '<x:s> <x:p> <<( _:b0 <x:p> "a . b" )>> .\n',
    "<x:s> <x:p> <<( <x:s> <x:p> <<( <x:a> <x:b> <x:c> )>> )>> .\n",
    '<x:\N{GREEK SMALL LETTER ALPHA}> <x:p> "x"@en--ltr .\n',
)


@pytest.mark.parametrize("line", AWKWARD)
def test_a_line_comes_back_as_it_was(line: str) -> None:
    """The examples are what pyoxigraph takes for canonical, and are cut at the right spaces."""
    data = line.encode()
    assert canonical(data) == data
    terms = Terms()
    s, p, o = encode(data, terms)
    assert [len(column) for column in (s, p, o)] == [1, 1, 1]
    assert terms.forms[o[0]] == line.split(" ", 2)[2].removesuffix(" .\n").encode()
    assert decode(terms, s, p, o) == data


def test_a_term_has_one_code_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """In each column, in each stretch of text, and in a second text."""
    monkeypatch.setattr(ntriples, "_BYTES", 16)
    terms = Terms()
    known = terms.add(NamedNode("x:b"))
    s, p, o = encode(b"<x:a> <x:b> <x:c> .\n<x:c> <x:b> <x:a> .\n<x:a> <x:b> <x:c> .\n", terms)
    assert p.tolist() == [known] * 3
    assert s.tolist() == [o[1], s[1], s[2]] == [s[0], o[0], s[0]]
    again, _, _ = encode(b"<x:c> <x:b> <x:new> .\n", terms)
    assert again.tolist() == [s[1]]
    assert sorted(terms.codes.values()) == list(range(len(terms))) == [0, 1, 2, 3]


def test_nothing_gives_nothing() -> None:
    """No text, no codes."""
    terms = Terms()
    s, p, o = encode(b"", terms)
    assert len(s) == len(p) == len(o) == len(terms) == 0
    assert decode(terms, s, p, o) == b""


@pytest.mark.parametrize(
    "line",
    [
        b"# a comment .\n",
        b"\n",
        b"<x:s> <x:p> <x:o>.\n",
        b"<x:s>  <x:p> <x:o> .\n",
        b"<x:s>\t<x:p>\t<x:o> .\n",
        b"<x:s> <x:p> <x:o> . # why\n",
        b"<x:s> <x:p> <x:o> .\r\n",
        b"<x:s> <x:p> <x:o> .",
        b"<x:s> <x:p> .\n",
        b"x:s <x:p> <x:o> .\n",
        b"<x:s> <x:p> true .\n",
    ],
)
@pytest.mark.parametrize("stretch", [16, 1 << 16])
def test_other_forms_are_refused_with_their_line(line: bytes, stretch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the line has a stretch of its own or not."""
    monkeypatch.setattr(ntriples, "_BYTES", stretch)
    good = b'<x:s> <x:p> "fine . so far" .\n'
    with pytest.raises(SourceError) as refused:
        encode(good * 3 + line + (good if line.endswith(b"\n") else b""), Terms())
    assert refused.value.where is not None
    assert refused.value.where.line == 4


def test_any_n_triples_can_be_made_canonical() -> None:
    """Comments, tabs and escapes go."""
    data = b'# first\n<x:s>\t<x:p>   "\\u00e9"^^<http://www.w3.org/2001/XMLSchema#string>. # last\r\n'
    assert canonical(data) == '<x:s> <x:p> "é" .\n'.encode()
    with pytest.raises(SourceError, match="cannot be read"):
        canonical(b"<x:s> <x:p> .\n")


_nodes = st.one_of(
    st.integers(0, 9).map(lambda n: NamedNode(f"x:{n}")), st.integers(0, 3).map(lambda n: BlankNode(f"b{n}"))
)
_literals = st.one_of(
    st.text(max_size=12).map(Literal),
    st.text(max_size=12).map(lambda text: Literal(text, language="en")),
    st.text(max_size=12).map(lambda text: Literal(text, datatype=NamedNode("x:d"))),
)
_triples = st.builds(
    Triple, _nodes, st.integers(0, 3).map(lambda n: NamedNode(f"x:p{n}")), st.one_of(_nodes, _literals)
)


@given(st.lists(st.one_of(_triples, st.builds(Triple, _nodes, st.just(NamedNode("x:r")), _triples)), max_size=40))
def test_all_triples_come_back(triples: list[Triple]) -> None:
    """What pyoxigraph writes is read, whatever stands in the literals."""
    data = serialize(triples, format=RdfFormat.N_TRIPLES) or b""
    terms = Terms()
    s, p, o = encode(data, terms)
    assert len(s) == len(triples)
    assert decode(terms, s, p, o) == data


def test_columns_are_written_by_predicate_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page is whole lines, a short last page holds nothing of the one before."""
    monkeypatch.setattr(ntriples, "_TRIPLES", 2)
    terms = Terms()
    s, p, o = encode(b"".join(b"<x:%d> <x:p> <x:o> .\n" % n for n in range(5)), terms)
    pages = list(written(terms, [(int(p[0]), s, o), (int(p[0]), s[:0], o[:0]), (int(p[0]), o[:1], np.flip(s)[:1])]))
    assert [page.count(b"\n") for page in pages] == [2, 2, 1, 1]
    assert b"".join(pages) == decode(terms, s, p, o) + b"<x:o> <x:p> <x:4> .\n"
