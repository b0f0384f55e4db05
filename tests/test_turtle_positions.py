"""Where the triples of Turtle, TriG, N-Triples and N-Quads stand."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Triple, parse

from cdkg.errors import Location
from cdkg.sources.text import utf16_column
from cdkg.sources.turtle import Document, Statement, aligned, document_of, read_document
from cdkg.vocabulary import Term
from conftest import ROOT

BASE = "http://example.org/base"
FORMATS = {
    "turtle": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "ntriples": RdfFormat.N_TRIPLES,
    "nquads": RdfFormat.N_QUADS,
}


def parsed(text: str, syntax: str = "turtle", base: str = BASE) -> list[Quad]:
    """What pyoxigraph gives, with other names for blank nodes than ours."""
    return list(parse(text.encode(), format=FORMATS[syntax], base_iri=base, rename_blank_nodes=True))


def nameless(triple: Triple) -> tuple[object, ...]:
    """A triple without the names of its blank nodes."""
    terms = (triple.subject, triple.predicate, triple.object)
    return tuple(None if isinstance(t, BlankNode) else nameless(t) if isinstance(t, Triple) else t for t in terms)


def is_renaming(ours: list[Triple], theirs: list[Triple]) -> bool:
    """Whether blank nodes of one correspond to those of the other, one to one, triple by triple."""
    there: dict[Term, Term] = {}
    back: dict[Term, Term] = {}
    for our, their in zip(ours, theirs, strict=True):
        for a, b in ((our.subject, their.subject), (our.object, their.object)):
            blank = isinstance(a, BlankNode) and isinstance(b, BlankNode)
            if blank and (there.setdefault(a, b) != b or back.setdefault(b, a) != a):
                return False
    return True


def agrees(text: str, syntax: str = "turtle", base: str = BASE) -> Document:
    """The document of a valid text; its triples are those of the parser, in its order."""
    document = read_document(text, base, syntax)
    theirs = parsed(text, syntax, base)
    assert document.faults == ()
    ours = [statement.triple for statement in document.statements]
    assert [nameless(triple) for triple in ours] == [nameless(quad.triple) for quad in theirs]
    assert is_renaming(ours, [quad.triple for quad in theirs])
    graphs = [None if isinstance(quad.graph_name, DefaultGraph) else quad.graph_name for quad in theirs]
    for statement, graph in zip(document.statements, graphs, strict=True):
        assert isinstance(graph, BlankNode) == (statement.graph or "").startswith("_:")
        assert isinstance(graph, BlankNode) or statement.graph == (graph and graph.value)
    return document


def pieces(document: Document, statement: Statement) -> tuple[str, str, str, str]:
    """Subject, predicate, object and block as they are written."""
    spans = (statement.subject, statement.predicate, statement.object, statement.block)
    a, b, c, d = (document.text[start:end] for start, end in spans)
    return a, b, c, d


# -- the order of the parser ----------------------------------------------------------------------------------------

P = "PREFIX : <http://e/> "
HARD = '''@prefix : <http://e/> . @prefix p.q: <http://e/pq#> .
PREFIX é: <http://e/é/>
@base <http://e/base/> .
:a a :b ; :c 1 , -2.5 , 3e4 , .5 , true , "x\\"y"@en-GB , """long "quoted" text
on two lines""" , 'single'^^:t ;; :d [ :e :f ; :g ( 1 :h [ :i "j" ] ) ] . # comment ; .
<rel> :p.q "no dot in the end" , p.q:x.y , :a\\,b , é:ü . <> :x <#frag> , <../up> .
( :l1 :l2 ) :on :list . [] :anon :blank . [ :inner :one ] . _:b.1 :q _:b2 .\r
:last :line :here .'''
VALID = [
    "",
    "# nothing",
    HARD,
    P + ":a :p [ :q 1 ; :r [ :s 2 ] ], 3 .",
    P + ":a :p (1 (2 3) [:x 4]) ; :z 5 .",
    P + ":a :p ('x' 'y' ('z') [:q 'r'] \"s\"@en) ; :z 'y' .",
    P + "(1 2) :p () . [] :p [] . [:p 1] . [:p 'x'] :q 3 . () :p 1 . (() ()) :p ((('x'))) .",
    P + "<x:a><x:p>:b.<x:a>:p[:p<x:c>],'x','y';:p(:a<x:b>'x'1'y').",
    P + ":a :p 1.:a :q 1.0.:a :r 1.e3 .",
    P + ":a : 1 ;;; :q 2 ; .",
    P + ':a :p "x" # a comment\n  @en ; :q "y" ^^ # another\n :t .',
    P + ":a :p \"\"\"\"x\" \"\"y\\\"\"\"\", '''''' , ''' ' '' ''' .",
    "@prefix a: <http://a/>.a:x a:y a:z.@prefix a: <http://b/> . a:x a:y a:z . @base <c/> . <d> <e> <f> .",
    P + ":a :p '\\u00e9\\U0001F600\\t' , <http://e/\\u00e9> , :%41\\~b .",
    P + ":a :p _:x , _:x . _:x.y :p _:1 .",
    P + ":a :p 'x'^^<http://www.w3.org/2001/XMLSchema#string> , 'x' .",
    P + "<//h/x> :p <?q> , <#f> , </a/../b/./c> , <a:b> .",
]  # fmt: skip
TRIPLE_TERMS = [
    P + ":a :p 1 {| :s :b |} .",
    P + ":a :p 'x' ~ :r ~_:x ~ {| :s :b ; :q [:k 1] |}, 2 .",
    P + "<< :a :p 1 >> :q 2 . << :a :p 'x' ~ :r >> . ",
    P + "<< :a :p << :b :c :d >> >> :q << << :a :b :c >> :p 'x' >> .",
    P + ":x :y <<( :a :p <<( :b :c 'd' )>> )>> , 'x' , << :a :p 'x' >> {| :p 'z' |} ; :q :r .",
    P + ":a :b :c {| :d :e |} {| :f 'g' |} . :a :b :c ~ , :d ~ :r .",
    P + ":a :b ( << :a :b :c >> ) . [ :p << :a :b 'c' >> ] .",
    "VERSION '1.2' @version \"1.2\" . " + P + ":a :b 'x'@en--ltr .",
]
TRIG = [
    P + ":g {:a :p 1 . :b :q 2} GRAPH :h {} {:k :l 1} :x :y 1 . [] {:a :p 1} _:t {[] :p (1)} GRAPH _:t {:a :p 1}",
    P + "{[:p 1] . (1) :p 2} GRAPH [] {:a :b :c, 'x'} :g { :a :p 'x' } :g { :a :p ('x' 'y') . }",
    P + "@prefix x: <http://x/> . x:g {x:a x:b x:c.} [ :p 1 ] . [ :p 2 ] :q 3 . (1) :p 2 .",
]
LINES = [
    '<http://a/b> <http://p> "x" .\n# c\n_:a <http://p> _:b .\r\n<http://a/b> <http://p> "x"@en . # x',
    '<http://a/b> <http://p> "1"^^<http://x/y> .\r<http://a/b> <http://p> <<( <http://a/b> <http://p> "x" )>> .\n',
]


@pytest.mark.parametrize("text", VALID + TRIPLE_TERMS)
def test_statements_are_the_triples_of_the_parser_in_its_order(text: str) -> None:
    """Brackets, lists, strings and annotations do not change what comes when."""
    agrees(text)


@pytest.mark.parametrize("text", VALID + TRIG)
def test_trig_agrees_with_the_parser(text: str) -> None:
    """TriG is Turtle with graphs."""
    agrees(text, "trig")


@pytest.mark.parametrize("text", LINES)
def test_lines_agree_with_the_parser(text: str) -> None:
    """N-Triples, and N-Quads with a graph here and there."""
    agrees(text, "ntriples")
    agrees(text, "nquads")
    agrees('<x:a> <x:b> "c" <x:g> .\n_:a <x:b> _:b _:g .\n<x:a> <x:b> <x:c> .', "nquads")


def test_all_our_files_agree_with_the_parser() -> None:
    """Every Turtle file of the project."""
    paths = [path for folder in ("data", "ontology", "shapes") for path in (ROOT / folder).rglob("*.ttl")]
    assert len(paths) > 200
    for path in paths:
        agrees(path.read_bytes().decode(), base=path.as_uri())


# -- spans ----------------------------------------------------------------------------------------------------------


def test_spans_are_what_is_written() -> None:
    """Subject, predicate, object and block of statements with names, brackets and lists."""
    text = P + ':a a :T ; :p [ :q \'x\'@en ] .\n(1 :b) :r """l\n""" .'
    document = agrees(text)
    block, other = ":a a :T ; :p [ :q 'x'@en ] .", '(1 :b) :r """l\n""" .'
    assert [pieces(document, statement) for statement in document.statements] == [
        (":a", "a", ":T", block),
        ("[ :q 'x'@en ]", ":q", "'x'@en", block),
        (":a", ":p", "[ :q 'x'@en ]", block),
        ("(1 :b)", "(", "1", other),
        ("(1 :b)", "(", ":b", other),
        ("(1 :b)", "(", ":b)", other),
        ("(1 :b)", "(", ")", other),
        ("(1 :b)", ":r", '"""l\n"""', other),
    ]


def test_spans_in_graphs_end_before_the_brace() -> None:
    """In TriG, the last statement of a graph may have no full stop."""
    document = agrees(P + ":g { :a :p 1 . :b :p 2 }", "trig")
    assert [pieces(document, statement)[3] for statement in document.statements] == [":a :p 1 .", ":b :p 2"]
    assert {statement.graph for statement in document.statements} == {"http://e/g"}


def test_lines_and_columns_count_characters() -> None:
    """CRLF, CR and LF end a line; a character beyond the BMP is one column, and two in UTF-16."""
    document = agrees(P + ":a :p\r\n '😀é' ,\r :b ,\n\n\t:c .")
    places = [document.location("f", statement.object) for statement in document.statements]
    assert places == [Location("f", 2, 2, 2, 6), Location("f", 3, 2, 3, 4), Location("f", 5, 2, 5, 4)]
    line = document.text.splitlines()[1]
    assert [utf16_column(line, column) for column in range(1, 8)] == [1, 2, 3, 5, 6, 7, 8]
    block = document.location("f", document.statements[0].block)
    assert (block.line, block.column, block.end_line, block.end_column) == (1, len(P) + 1, 5, 6)


def test_a_triple_without_blank_nodes_is_found_wherever_it_is_written() -> None:
    """All places of a triple that is written twice; none of one that is not."""
    document = agrees(P + ":a :p 1 . :a :p 1, 2 .")
    triple = document.statements[0].triple
    assert [document.text[slice(*s.block)] for s in document.of(triple)] == [":a :p 1 .", ":a :p 1, 2 ."]
    assert document.of(Triple(NamedNode("x:a"), NamedNode("x:a"), NamedNode("x:a"))) == []


# -- random texts with known spans ----------------------------------------------------------------------------------


class Writer:
    """Writes random Turtle, and remembers where it has put the objects of its statements."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.text = "@prefix : <http://e/> .\r\n@prefix é: <http://e/é#> ."
        self.objects: list[tuple[int, int]] = []

    def write(self) -> None:
        """A few statements."""
        for _ in range(self.random.randrange(1, 8)):
            self._gap()
            subject = self.random.choice(["name", "name", "[]", "list", "properties"])
            if subject == "properties":
                self._brackets(2)
                if self.random.random() < 0.5:
                    self._properties(2)
            else:
                self._name() if subject == "name" else self._put("[]") if subject == "[]" else self._list(2)
                self._properties(3)
            self._gap()
            self._put(".")

    def _put(self, text: str) -> None:
        self.text += text

    def _gap(self) -> None:
        """Spaces, line ends and comments in odd places; never none, so that nothing runs together."""
        gaps = [" ", "\t", "\r\n", "\n", "\r", ' # . ; ] "\n', "#'''😀\r\n", "  "]
        self._put("".join(self.random.choices(gaps, k=self.random.randrange(1, 4))))

    def _name(self) -> None:
        names = [":a", ":", "é:ü.b", "<rel#x>", "<http://e/%C3%A9>", ":x\\~y", "<\\u00e9>", "_:b1", "_:b.2"]
        self._put(self.random.choice(names))

    def _properties(self, depth: int) -> None:
        for index in range(self.random.randrange(1, 4)):
            if index:
                self._gap()
                self._put(self.random.choice([";", ";;", "; ;"]))
            self._gap()
            self._put(self.random.choice([":p", "a", "<p>", "é:é"]))
            for number in range(self.random.randrange(1, 3)):
                if number:
                    self._gap()
                    self._put(",")
                self._gap()
                start = len(self.text)
                self._term(depth - 1)
                self.objects.append((start, len(self.text)))

    def _term(self, depth: int) -> None:
        kind = self.random.choice(["name", "literal", "literal", "[", "("])
        if kind == "name" or (depth <= 0 and kind in {"[", "("}):
            self._name()
        elif kind == "literal":
            self._literal()
        elif kind == "[":
            self._brackets(depth)
        else:
            self._list(depth)

    def _brackets(self, depth: int) -> None:
        self._put("[")
        self._properties(depth)
        self._gap()
        self._put("]")

    def _list(self, depth: int) -> None:
        self._put("(")
        for _ in range(self.random.randrange(4)):
            self._gap()
            start = len(self.text)
            self._term(depth - 1)
            self.objects.append((start, len(self.text)))
        self._gap()
        self._put(")")

    def _literal(self) -> None:
        values = ["1", "-1.5", "1e9", "+.5E-3", "true", "'it\\'s'", '"😀"', '"""a "b"\r\n# c"""', "'''x\n''y'''"]
        suffixes = ["", "@en", "@pt-BR", "^^:t", " ^^ <t>"]
        value = self.random.choice(values)
        self._put(value + (self.random.choice(suffixes) if value[0] in "\"'" else ""))


@pytest.mark.parametrize("seed", range(150))
def test_random_texts_have_their_objects_where_they_were_written(seed: int) -> None:
    """Whatever the nesting, the line ends and the comments."""
    writer = Writer(seed)
    writer.write()
    document = agrees(writer.text)
    rest = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest"
    found = [s.object for s in document.statements if s.triple.predicate.value != rest]
    assert sorted(found) == sorted(writer.objects)
    for statement in document.statements:
        assert statement.block[0] <= statement.subject[0] < statement.subject[1] <= statement.block[1]
        assert document.text[statement.block[1] - 1] == "."


# -- triples of the parser and their statements -----------------------------------------------------------------------


def aligned_pieces(triples: list[Triple], document: Document, graph: str | None = None) -> Iterator[str | None]:
    """The objects of triples as they are written."""
    for statement in aligned(triples, document, graph):
        yield document.text[slice(*statement.object)] if statement else None


def test_triples_with_blank_nodes_have_their_statements() -> None:
    """Two blank nodes with the same predicates and values are told apart by their order."""
    text = P + ":a :p [ :q 1 ] , [ :q 1 ] . :a :p _:x . _:x :q 1 ."
    quads = parsed(text)
    document = read_document(text, BASE)
    statements = aligned([quad.triple for quad in quads], document)
    assert [statement and statement.object for statement in statements] == [s.object for s in document.statements]


def test_triples_in_another_order_have_their_statements_by_name() -> None:
    """What has names is found in any order; what differs in blank nodes alone only where their number is right."""
    text = P + ":a :p 1 . :a :p 2 , [] . :b :q [] , [] ."
    triples = [quad.triple for quad in parsed(text)]
    document = read_document(text, BASE)
    assert list(aligned_pieces(triples[::-1], document)) == ["[]", "[]", "[]", "2", "1"]
    assert list(aligned_pieces([triples[4], triples[1]], document)) == [None, "2"]
    assert list(aligned_pieces([triples[0]] * 2, document)) == ["1", "1"]
    assert list(aligned_pieces([Triple(NamedNode("x:a"), NamedNode("x:a"), NamedNode("x:a"))], document)) == [None]


def test_triples_of_a_graph_have_the_statements_of_that_graph() -> None:
    """The same triple in two graphs stands at two places."""
    text = P + ":g { :a :p 1 } :h { :a :p 1 } :a :p 1 ."
    document = read_document(text, BASE, "trig")
    triple = [document.statements[0].triple]
    starts = [aligned(triple, document, graph)[0] for graph in ("http://e/g", "http://e/h", None)]
    assert starts == list(document.statements)


# -- files ----------------------------------------------------------------------------------------------------------


def test_a_file_is_read_by_its_suffix_and_once_while_it_stays_as_it_is(tmp_path: Path) -> None:
    """A file that changes is read again, however fast it changes."""
    path = tmp_path / "a.trig"
    path.write_text("<g> { <a> <b> <c> }")
    document = document_of(path)
    assert [statement.graph for statement in document.statements] == [(tmp_path / "g").as_uri()]
    assert document_of(path) is document
    path.write_text("<h> { <a> <b> <c> }")
    assert [statement.graph for statement in document_of(path).statements] == [(tmp_path / "h").as_uri()]
    assert document_of(path, "http://e/").statements[0].graph == "http://e/h"


def test_a_file_with_a_byte_order_mark_or_odd_bytes_is_read(tmp_path: Path) -> None:
    """Columns count from behind the mark; an odd byte is one character."""
    path = tmp_path / "a.ttl"
    path.write_bytes(b"\xef\xbb\xbf<a> <b> 'Z\xfcrich' , 1 .")
    document = document_of(path)
    assert document.location("", document.statements[1].object) == Location("", 1, 20, 1, 21)


# -- large and hostile texts ----------------------------------------------------------------------------------------

DEEP = 100_000


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("<x:a> <x:p> " + "[ <x:p> " * DEEP + "<x:o>" + " ]" * DEEP + " .", 0),
        ("<x:a> <x:p> " + "(" * DEEP + ")" * DEEP + " .", 0),
        ("<x:a> <x:p> " + "[ <x:p> " * DEEP, 1),
        ("[" * DEEP + ")" * DEEP, 1),
        ("<x:a> <x:p> " + "<< <x:a> <x:p> " * 1000 + "1" + " >>" * 1000 + " .", 0),
        ("<x:a> <x:p> " + "<<( <x:a> <x:p> " * DEEP + "1" + " )>>" * DEEP + " .", 0),
        ("(" * DEEP + "]" * DEEP, 1),
    ],
    ids=["brackets", "lists", "open", "wrong", "reified", "terms", "wrong lists"],
)
def test_depth_is_no_recursion(text: str, faults: int) -> None:
    """A hundred thousand open brackets are read in passing."""
    assert min(len(read_document(text, BASE).faults), 1) == faults


MANY = 100_000
HOSTILE = {
    "open string": '<x:a> <x:b> "' + "x " * MANY * 5,
    "open long string": "<x:a> <x:b> '''" + "\\'x " * MANY * 3,
    "quotes": "<x:a> <x:b> " + "'" * (MANY * 5 + 1),
    "angles": "<x:a> <x:b> " + "<" * MANY * 3,
    "dots": "<x:a> <x:b> a" + "." * MANY * 3,
    "dotted name": "<x:a> <x:b> :" + "a." * MANY * 3,
    "words": "a " * MANY * 2,
    "short strings left open": "'abc\n" * MANY,
    "stray brackets": "] " * MANY * 2,
    "semicolons": "<x:a> <x:b> 1 " + ";" * MANY * 3,
    "objects without marks": "<x:a> <x:b> " + "1 " * MANY * 2,
    "prefixes": "@prefix a: <http://a/" * (MANY // 10),
    "spaces": "<x:a> <x:b> 'x'" + " \n# '\n" * MANY + ".",
    "unknown prefixes": "a:b c:d e:f .\n" * (MANY // 4),
    "new base": "@base <x> . <a> <b> <c> ." * (MANY // 10),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_take_linear_time(text: str) -> None:
    """About a megabyte each; quadratic time would be minutes."""
    began = time.process_time()
    document = read_document(text, BASE)
    assert time.process_time() - began < 8
    assert len(document.faults) <= 100
