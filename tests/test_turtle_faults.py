"""All faults of a Turtle file, each at its place, and none that is made up."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from cdkg.errors import SourceError
from cdkg.sources.turtle import read_document, syntax_faults
from conftest import ROOT

BASE = "http://example.org/base"
HEAD = "@prefix : <http://e/> .\n"
TAIL = "\n:last :fault not .\n:end :of :text .\n"
FORMATS = {
    "turtle": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "ntriples": RdfFormat.N_TRIPLES,
    "nquads": RdfFormat.N_QUADS,
}


def refused(text: str, syntax: str = "turtle") -> list[SourceError]:
    """What is told of a text that the parser refuses."""
    with pytest.raises(SyntaxError) as caught:
        list(parse(text.encode(), format=FORMATS[syntax], base_iri=BASE))
    return syntax_faults(Path("a.ttl"), text, BASE, syntax, caught.value)


def pieces(text: str, syntax: str = "turtle") -> list[str]:
    """The pieces of the text that are faults, in their order."""
    return [text[fault.start : fault.end] for fault in read_document(text, BASE, syntax).faults]


# Each of these stands between a good head and a tail with one fault of its own. What is found must be what stands here,
# and the fault of the tail: reading has gone on at the right place.
FAULTS = {
    "unknown prefix": (":a ex:p ex:o .", ["ex:", "ex:"]),
    "unknown prefix of a datatype": (":a :p 'x'^^xsd:date , xsd:y .", ["xsd:", "xsd:"]),
    "space in an IRI": (":a :p <http://e/a b> .", [" "]),
    "bad escape in an IRI": (":a :p <http://e/\\n> .", ["\\n"]),
    "escape of a space in an IRI": (":a :p <http://e/\\u0020> .", ["<http://e/\\u0020>"]),
    "percent in an IRI": (":a :p <http://e/%zz> .", ["<http://e/%zz>"]),
    "IRI that is not closed": (":a :p <http://e/a .", ["<http://e/a"]),
    "bad escapes in a string": (":a :p 'a\\qb\\u12' .", ["\\q", "\\u"]),
    "half a character": (":a :p '\\ud800' .", ["\\ud800"]),
    "bad number": (":a :p 12abc , 1e , +-1 .", ["12abc", "1e", "+-1"]),
    "bad language tag": (":a :p 'x'@1 .", ["@1"]),
    "language tag that is too long": (":a :p 'x'@englishlanguage .", ["@englishlanguage"]),
    "datatype that is no IRI": (":a :p 'x'^^'y' .", ["^^"]),
    "language tag and datatype": (":a :p 'x'@en^^:t .", ["^^:t"]),
    "missing object": (":a :p .", [":p"]),
    "missing object before a semicolon": (":a :p ; :q 1 .", [":p"]),
    "missing object behind a comma": (":a :p 1 , .", [","]),
    "missing object in brackets": (":a :p [ :q ] ; :r 1 .", [":q"]),
    "missing predicate and object": (":a .", [":a"]),
    "missing predicate": (":a 'x' .", ["'x'"]),
    "missing full stop": (":a :p 1\n:b :p 2 .", ["1"]),
    "missing full stop behind a text": (":a :p 'x'\n@prefix b: <http://b/> .\nb:c b:d 2 .", ["'x'"]),
    "missing full stop before a declaration": (":a :p :b\n@prefix b: <http://b/> .\nb:c b:d 2 .", [":b"]),
    "missing semicolon": (":a :p 1\n  :q 2 .", ["1"]),
    "missing semicolon on the line": (":a :p 1 :q 2 .", ["1"]),
    "missing comma": (":a :p 1 2 .", ["1"]),
    "two full stops": (":a :p 1 . .", ["."]),
    "full stop for a semicolon": (":a :p 1 . ; :q 2 .", [";"]),
    "literal as subject": ("'a' :p 1 .", ["'a'"]),
    "number as subject": ("1 :p 1 .", ["1"]),
    "literal as predicate": (":a 'p' 1 .", ["'p'"]),
    "blank node as predicate": (":a _:p 1 .", ["_:p"]),
    "brackets as predicate": (":a [] 1 .", ["["]),
    "list as predicate": (":a ( 1 2 ) 1 .", ["("]),
    "open bracket": (":a :p [ :q 1 .\n:b :p 1 .", ["["]),
    "open bracket in a bracket": (":a :p [ :q [ :r 1 ] .\n:b :p 1 .", ["["]),
    "open list": (":a :p ( 1 2 .\n:b :p 1 .", ["("]),
    "open bracket without a full stop": (":a :p [ :q 1\n:b :p 1 .", ["["]),
    "closing bracket too many": (":a :p [ :q 1 ] ] .", ["]"]),
    "list closed by another bracket": (":a :p ( 1 2 ] ; :q 1 .", ["]"]),
    "brackets that cross": (":a :p [ :q ( 1 ] ; :q 1 .", ["("]),
    "commas in a list": (":a :p ( 1 , 2 , 3 ) ; :q 1 .", [","]),
    "full stop in brackets": (":a :p [\n  :q 27.\n] .", ["."]),
    "full stop for a semicolon in brackets": (":a :p [ :q 1 . :r 2 ] .", ["."]),
    "open string": (":a :p 'x .", ["'x"]),
    "open string before a semicolon": (':a :p "x ;\n  :q 1 .', ['"x']),
    "string over two lines": (':a :p "x\ny" ; :q 1 .', ['"x']),
    "string over two lines with a mark in it": (':a :p "x\ny ; z w" ; :q 1 .', ['"x']),
    "other quotation marks": (":a :p \u201cx\u201d .", ["\u201cx\u201d"]),
    "text without quotes": (":a :p City of Bonn ; :q 1 .", ["City"]),
    "text with quotes in it": (':a :p "a "b" c" ; :q 1 .', ["b"]),
    "no-break space": (":a\u00a0:p 1 .", ["\u00a0"]),
    "slash in a name": (":a :p :b/c .", ["/c"]),
    "percent in a name": (":a :p :b%2 .", ["%2"]),
    "keyword as subject": ("a :p 1 .", ["a"]),
    "capital keyword": (":a A :b . :a :p True .", ["A", "True"]),
    "prefix without colon": ("@prefix b <http://b/> .\nb:c b:d 1 .", ["b"]),
    "prefix without colon, and more on its line": ("@prefix b <http://b/> ; :x :y\nb:c b:d 1 .", ["b"]),
    "prefix with a space before its colon": ("@prefix b : <http://b/> .\nb:c b:d 1 .", ["b :"]),
    "declaration without prefix": ("@prefix <http://b/> .", ["<"]),
    "prefix without IRI": ("@prefix b: .\nb:c b:d 1 .", [":"]),
    "prefix with a bare IRI": ("@prefix b: http://b/# .\nb:c b:d 1 .", ["http://b/#"]),
    "prefix with an open IRI": ("@prefix b: <http://b/ .\nb:c b:d 1 .", ["<http://b/"]),
    "prefix with a bad IRI": ("@prefix b: <http://b/%zz> .\nb:c b:d 1 .", ["<http://b/%zz>"]),
    "declaration without full stop": ("@prefix b: <http://b/>\nb:c b:d 1 .", ["@prefix b: <http://b/>"]),
    "declaration with a full stop too many": ("PREFIX b: <http://b/> .\nb:c b:d 1 .", ["."]),
    "declaration in capitals": ("@PREFIX b: <http://b/> .\nb:c b:d 1 .", ["@PREFIX"]),
    "misspelt declaration": ("@prefx b: <http://b/> .\nb:c b:d 1 .", ["@prefx"]),
    "base without IRI": ("@base .\n<a> :b :c .", ["@base"[-1]]),
    "N3": (":a = :b . :a => :b . :a <= :b .", ["=", "=", "<="]),
    "a graph in Turtle": (":g { :a :b :c }", ["{"]),
    "variable": ("?x :p 1 .", ["?x"]),
}


@pytest.mark.parametrize(("text", "wanted"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_found_and_none_is_made_up(text: str, wanted: list[str]) -> None:
    """The fault itself, and the next real one."""
    whole = HEAD + text + TAIL
    assert pieces(whole) == [*wanted, "not"]
    assert read_document(whole, BASE).statements[-1].object == (len(whole) - 8, len(whole) - 3)


@pytest.mark.parametrize(("text", "wanted"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_one_that_the_parser_refuses(text: str, wanted: list[str]) -> None:
    """Pyoxigraph's own place is among those that are told, or explained by one: no words of it are left."""
    whole = HEAD + text + "\n:end :of :text .\n"
    told = refused(whole)
    assert len(told) == len(wanted)
    assert all(error.where and error.where.line and error.where.end_column and error.why for error in told)


END = {
    "open long string": (":a :p '''x\n:b :p 1 .\n", ["'''"]),
    "no full stop": (":a :p :b\n\n", [":b"]),
    "no object": (":a :p\n", [":p"]),
    "no predicate": (":a", [":a"]),
    "open brackets": (":a :p [ :q [ :r 1", ["["]),
    "a semicolon at the end": (":a :p 1 ;", [";"]),
}


@pytest.mark.parametrize(("text", "wanted"), END.values(), ids=END)
def test_what_is_open_at_the_end_is_told_where_it_was_opened(text: str, wanted: list[str]) -> None:
    """And it is what the parser has stumbled over at the end."""
    assert pieces(HEAD + text) == wanted
    assert len(refused(HEAD + text)) == 1


TRIG = {
    "open graph": (":g { :a :p 1 .", ["{"]),
    "open bracket in a graph": (":g { :a :p [ :q 1 }\n:h { :a :b :c }", ["["]),
    "graph without name": ("GRAPH { :a :b :c }", ["GRAPH"]),
    "brace too many": (":a :p 1 . }\n:b :c :d .", ["}"]),
    "declaration in a graph": (":g { @prefix x: <http://x/> . x:a x:b 1 }", ["@prefix"]),
    "missing full stop before a graph": (":a :b :c\n:g { :a :b :c }", [":c"]),
    "missing object in a graph": (":g { :a :b }", [":b"]),
}


@pytest.mark.parametrize(("text", "wanted"), TRIG.values(), ids=TRIG)
def test_faults_of_trig(text: str, wanted: list[str]) -> None:
    """Graphs have their own faults."""
    assert pieces(HEAD + text, "trig") == wanted
    assert len(refused(HEAD + text, "trig")) == 1


LINES = {
    "relative IRI": ("<a> <x:p> <x:o> .", ["<a>"]),
    "number": ("<x:a> <x:p> 1 .", ["1"]),
    "prefixed name": ("<x:a> ex:p <x:b> .", ["ex:p"]),
    "no full stop": ('<x:a> <x:p> "x"', ['"x"']),
    "semicolon": ('<x:a> <x:p> "x" ; <x:q> "y" .', [";"]),
    "single quotes": ("<x:a> <x:p> 'x' .", ["'x'"]),
    "keyword": ("<x:a> a <x:o> .", ["a"]),
    "declaration": ("@prefix x: <x:y> .", ["@prefix"]),
}


@pytest.mark.parametrize("syntax", ["ntriples", "nquads"])
@pytest.mark.parametrize(("text", "wanted"), LINES.values(), ids=LINES)
def test_faults_of_lines(text: str, wanted: list[str], syntax: str) -> None:
    """A bad line does not hide the next."""
    whole = f'{text}\n<x:last> <x:p> "not\n<x:a> <x:p> "ok" .\n'
    assert pieces(whole, syntax) == [*wanted, '"not']
    assert len(refused(whole, syntax)) == 2


def test_a_misspelt_prefix_is_told_with_the_one_that_is_meant() -> None:
    """From those that the file declares, else from ours."""
    text = "@prefix skos: <http://s/> .\n<x:a> skso:p 1 ; geo:q 2 ."
    first, second = read_document(text, BASE).faults
    assert "skos:" in first.hint
    assert "<http://www.opengis.net/ont/geosparql#>" in second.hint


def test_faults_are_errors_with_their_places() -> None:
    """Sorted, with where they end."""
    told = refused(HEAD + ":é :p 12x ,\r\n :q%2 , nope:x .")
    places = [(e.where.line, e.where.column, e.where.end_line, e.where.end_column) for e in told if e.where]
    assert places == [(2, 7, 2, 10), (3, 4, 3, 6), (3, 9, 3, 14)]


def test_what_our_reader_does_not_find_is_told_by_the_parser() -> None:
    """Pyoxigraph judges: two statements in a line of N-Triples are nothing that we look for."""
    told = refused("<x:a> <x:b> <x:c> . <x:a> <x:b> <x:c> .", "ntriples")
    assert [(error.where.line, error.where.column) for error in told if error.where] == [(1, 21)]


def test_what_stands_before_the_place_of_the_parser_is_no_fault() -> None:
    """Up to there the text is valid, whatever our reader thinks."""
    text = ":a :p ex:b .\n:a :p ex:c .\n"
    verdict = SyntaxError("Parser error at line 2 column 1: odd")
    verdict.lineno = verdict.end_lineno = 2
    verdict.offset, verdict.end_offset = 1, 2
    assert {
        error.where.line for error in syntax_faults(Path("a.ttl"), text, BASE, "turtle", verdict) if error.where
    } == {2}


def test_a_relative_iri_needs_a_base() -> None:
    """Without one, it is a fault; with one in the text, none."""
    assert [fault.start for fault in read_document("<a> <x:b> <c> .", "").faults] == [0, 10]
    assert read_document("@base <http://e/> . <a> <x:b> <c> .", "").faults == ()


def test_no_more_than_a_hundred_faults_are_told() -> None:
    """The rest would help nobody."""
    assert len(read_document("ex:a ex:b ex:c .\n" * 1000, BASE).faults) == 100


@pytest.mark.parametrize("seed", range(8))
def test_random_damage_is_told_near_its_place(seed: int) -> None:
    """Valid files stay without faults; in damaged ones a fault explains the verdict, and few are told."""
    source = random.Random(seed)  # noqa: S311
    paths = sorted(path for folder in ("ontology", "shapes") for path in (ROOT / folder).rglob("*.ttl"))
    many = 0
    for _ in range(40):
        text = source.choice(paths).read_text()
        at, length = source.randrange(len(text)), source.randrange(12)
        text = text[:at] + source.choice([".", ";", "[", ")", "'", '"', "<", "x", " "]) + text[at + length :]
        try:
            list(parse(text, format=RdfFormat.TURTLE, base_iri=BASE))
        except SyntaxError as verdict:
            told = syntax_faults(Path("a.ttl"), text, BASE, "turtle", verdict)
            own = {fault.why for fault in read_document(text, BASE).faults}
            assert told
            assert {error.why for error in told} <= own
            many += len(told) > 5
        else:
            assert read_document(text, BASE).faults == ()
    assert many <= 8


@pytest.mark.parametrize("seed", range(20))
def test_any_text_is_read(seed: int) -> None:
    """Random marks and words, half of them wrong: nothing is raised, in any syntax."""
    source = random.Random(seed)  # noqa: S311
    words = (":a", "<x:b>", "'c'", "1", "a", "_:d", "GRAPH", "@prefix", "BASE", "\ud800", "\x00", "'", '"""', "<", "^^")
    marks = [".", ";", ",", "[", "]", "(", ")", "{", "}", "<<", ">>", "<<(", ")>>", "{|", "|}", "~", "#", "@en", "="]
    for _ in range(100):
        text = source.choice(["", " "]).join(source.choices([*words, *marks, *marks, "\n"], k=source.randrange(40)))
        for syntax in FORMATS:
            document = read_document(text, BASE, syntax)
            assert all(0 <= fault.start <= fault.end <= len(text) for fault in document.faults)
