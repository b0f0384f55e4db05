"""`cdkg reason`: what follows from files and from the project, contradictions to mend, files written whole."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyoxigraph import RdfFormat, Triple, parse

from cdkg.cli import main
from cdkg.graph import INFERRED_OWL, INFERRED_RULES

HEAD = """@prefix : <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
TAXONOMY = f"{HEAD}:A rdfs:subClassOf :B .\n:x a :A .\n"
CLASH = f"{HEAD}:A rdfs:subClassOf :B .\n:B owl:disjointWith :D .\n:x a :A .\n:x\n  a :D .\n"
EXPECTED = "<http://example.org/x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.org/B> .\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _reason(*arguments: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["reason", *arguments], input=given)


def _told(*arguments: str, code: int = 0) -> dict[str, object]:
    result = _reason(*arguments, "--format", "json")
    assert result.exit_code == code, result.output
    told: dict[str, object] = json.loads(result.stdout)
    return told


def _fails(result: Result, *words: str, code: int = 2) -> None:
    assert result.exit_code == code, result.output
    assert isinstance(result.exception, SystemExit)
    for word in words:
        assert word in result.stderr


def _write(name: str, text: str = TAXONOMY) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def _triples(path: str, syntax: RdfFormat) -> set[Triple]:
    return {quad.triple for quad in parse(path=path, format=syntax)}


def test_counts_of_a_file() -> None:
    """The counts tell given from inferred, in text and as JSON."""
    told = _told(_write("a.ttl"))
    assert (told["given"], told["inferred_owl"], told["inferred_rules"]) == (2, 1, 0)
    assert "1  follow by OWL 2 RL" in _reason("a.ttl").stdout


_XML = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xml:base="http://example.org/">
  <rdf:Description rdf:about="A"><rdfs:subClassOf rdf:resource="B"/></rdf:Description>
  <rdf:Description rdf:about="x"><rdf:type rdf:resource="A"/></rdf:Description>
</rdf:RDF>"""
_SUB = "<http://example.org/A> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <http://example.org/B>"
_IS = "<http://example.org/x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.org/A>"
_JSON = """[{"@id": "http://example.org/x", "@type": "http://example.org/A"}, {"@id": "http://example.org/A",
"http://www.w3.org/2000/01/rdf-schema#subClassOf": {"@id": "http://example.org/B"}}]"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ttl", TAXONOMY),
        ("a.TTL", "\N{ZERO WIDTH NO-BREAK SPACE}" + TAXONOMY),
        ("a.nt", f"{_SUB} .\n{_IS} ."),
        ("a.nq", f"{_SUB} <http://example.org/g> .\n{_IS} ."),
        ("a.trig", f"{HEAD} :g {{ {_SUB} }} {{ {_IS} }}"),
        ("a.n3", TAXONOMY),
        ("a.rdf", _XML),
        ("a.owl", _XML),
        ("a.jsonld", _JSON),
    ],
)
def test_every_syntax_is_read_and_written(name: str, text: str) -> None:
    """The suffix says the syntax, for reading and for writing; only what follows is written."""
    out = f"out{Path(name).suffix.lower()}"
    assert _reason(_write(name, text), "-o", out).exit_code == 0
    assert _reason(out, "-o", "again.nt", "--with-given").exit_code == 0
    assert Path("again.nt").read_text() == EXPECTED


def test_standard_input_and_output() -> None:
    """`-` reads standard input in the syntax that is named, and prints triples; the summary does not mix with them."""
    result = _reason("-", "--input-format", "turtle", "-o", "-", given=TAXONOMY.encode())
    assert (result.exit_code, result.stdout) == (0, EXPECTED)
    assert "follow by" in result.stderr
    turtle = _reason("-", "--input-format", "ttl", "-o", "-", "--output-format", "turtle", given=TAXONOMY.encode())
    assert "<http://example.org/x> a <http://example.org/B>" in turtle.stdout
    _fails(_reason("-", given=TAXONOMY.encode()), "--input-format")
    _fails(_reason("-", "--input-format", "yaml", given=b""), "yaml")


def test_with_given_keeps_the_graphs() -> None:
    """With the given triples, N-Quads say which came from which file and which were inferred."""
    _write("a.ttl", f"{HEAD}:A rdfs:subClassOf :B .")
    _write("b.ttl", f"{HEAD}:x a :A .")
    assert _reason("a.ttl", "b.ttl", "--with-given", "-o", "all.nq").exit_code == 0
    graphs = {quad.graph_name.value: quad.subject for quad in parse(path="all.nq", format=RdfFormat.N_QUADS)}
    assert set(graphs) == {Path("a.ttl").resolve().as_uri(), Path("b.ttl").resolve().as_uri(), INFERRED_OWL.value}


def test_blank_nodes_are_given_out_with_their_labels() -> None:
    """Of one file, what follows about its blank nodes is written under the labels that it gave them."""
    _write("a.nt", f"{_SUB} .\n_:b <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.org/A> .")
    assert "_:b <http" in _reason("a.nt", "-o", "-").stdout


def test_blank_nodes_of_two_files_are_two() -> None:
    """The same label in two files does not make one node."""
    same = "_:b <http://www.w3.org/2002/07/owl#sameAs> "
    _write("a.nt", f"{same}<http://example.org/one> .")
    _write("b.nt", f"{same}<http://example.org/two> .")
    assert (
        "one> <http://www.w3.org/2002/07/owl#sameAs> <http://example.org/two"
        not in _reason("a.nt", "b.nt", "-o", "-").stdout
    )


def test_no_literal_becomes_a_subject() -> None:
    """A range makes a type of an IRI, never of a literal."""
    text = f'{HEAD}:p rdfs:range :C . :a :p "text" , :b . :q owl:inverseOf :p .'
    written = _reason(_write("a.ttl", text), "-o", "-").stdout
    assert "<http://example.org/b> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>" in written
    assert not any(line.startswith('"') for line in written.splitlines())


def test_contradiction_can_be_mended() -> None:
    """Exit 1, with the rule, what it forbids, and each statement's line; nothing is written, and that is said."""
    result = _reason(_write("c.ttl", CLASH), "-o", "out.nt")
    _fails(result, "cax-dw: a thing must not be a member of two disjoint classes", "c.ttl:5:21", "c.ttl:8:5", code=1)
    for place in ("c.ttl:4:", "c.ttl:6:"):  # the inferred type rests on these two
        assert place in result.stderr
    assert "nothing was written to out.nt" in result.stderr
    assert not Path("out.nt").exists()


def test_contradiction_as_data() -> None:
    """The same for programs: rule, statements, sources; the asserted statements behind the inferred one."""
    told = _told(_write("c.ttl", CLASH), code=1)
    found = told["contradictions"]
    assert isinstance(found, dict)
    (clash,) = found["first"]
    assert (found["number"], clash["rule"], len(clash["statements"])) == (1, "cax-dw", 3)
    inferred = [s for s in clash["statements"] if s["rule"]]
    assert [len(s["rests_on"]) for s in inferred] == [2]
    lines = {s["sources"][0]["line"] for s in clash["statements"] if not s["rule"]}
    assert lines == {5, 8}


def test_an_older_output_stays_when_there_is_a_contradiction() -> None:
    """What was written before is left as it was."""
    _write("out.nt", "old")
    assert _reason(_write("c.ttl", CLASH), "-o", "out.nt").exit_code == 1
    assert Path("out.nt").read_text() == "old"


def test_a_file_is_written_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where writing fails halfway, the former file is there and no other."""
    from cdkg.store import export

    def fails(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    _write("out.nt", "old")
    monkeypatch.setattr(export, "serialize", fails)
    _fails(_reason(_write("a.ttl"), "-o", "out.nt"), "out.nt", "No space left")
    assert Path("out.nt").read_text() == "old"
    assert sorted(path.name for path in Path().iterdir()) == ["a.ttl", "out.nt"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nope.ttl"], ["nope.ttl", "No such file"]),
        (["."], ["this is a folder"]),
        (["a.txt"], ["a.txt", "'.txt'", "*.ttl"]),
        (["noname"], ["noname", "suffix"]),
        (["empty.ttl"], ["nothing to reason over"]),
        (["broken.ttl"], ["broken.ttl:3:", "not valid Turtle"]),
        (["broken.owl"], ["broken.owl:2:", "not valid RDF/XML"]),
        (["rule.n3"], ["rule.n3", "N3"]),
        (["remote.jsonld"], ["remote.jsonld", "nothing is fetched"]),
        (["latin.nt"], ["latin.nt:1:", "UTF-8"]),
        (["a.ttl", "-o", "a.ttl"], ["a.ttl", "overwritten"]),
        (["a.ttl", "-o", "no/such/folder.nt"], ["folder.nt", "cannot be written"]),
        (["a.ttl", "-o", "out.zip"], [".zip"]),
        (["a.ttl", "-o", "."], ["suffix"]),
        (["a.ttl", "-o", "out", "--output-format", "yaml"], ["yaml"]),
        (["a.ttl", "--only", "b*"], ["'b*'", "did you mean a.ttl"]),
        (["a.ttl", "--without", "*.ttl"], ["nothing to reason over", "choice"]),
    ],
)
def test_what_cannot_be_used(arguments: list[str], words: list[str]) -> None:
    """Files and options that cannot be used are exit 2 with a message that names them; nothing is written."""
    _write("a.ttl")
    _write("a.txt")
    _write("noname")
    _write("empty.ttl", "# nothing\n")
    _write("broken.ttl", "<x:a> <x:b> <x:c> .\n\n<x:a> <x:b> .\n")
    _write("broken.owl", "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\n<a></b></rdf:RDF>")
    _write("rule.n3", "{ <x:a> <x:b> <x:c> } => { <x:a> <x:b> <x:d> } .")
    _write("remote.jsonld", '{"@context": "https://schema.org/", "@id": "http://example.org/a"}')
    Path("latin.nt").write_bytes(b'<x:a> <x:b> "\xe9" .\n')
    before = sorted(Path().iterdir())
    _fails(_reason(*arguments), *words)
    assert sorted(Path().iterdir()) == before


def test_an_empty_file_among_others_is_told() -> None:
    """A file without triples is a note when others have some."""
    result = _reason(_write("a.ttl"), _write("empty.nt", ""))
    assert (result.exit_code, "empty.nt holds no triple" in result.stderr) == (0, True)


OUTSIDE = f"""{HEAD}:A rdfs:subClassOf
    [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :B ] , :C .
:p a owl:ObjectProperty ,
    owl:ReflexiveProperty .
:x a :A .
"""


def test_axioms_outside_the_profile_are_named() -> None:
    """They are told with their lines, and reasoning goes on; `--strict` refuses."""
    result = _reason(_write("o.ttl", OUTSIDE), "-o", "out.nt")
    assert result.exit_code == 0
    for words in ("o.ttl:5:5: owl:someValuesFrom in a superclass", "o.ttl:7:5: a reflexive property"):
        assert words in result.stderr
    assert Path("out.nt").read_text().count("<http://example.org/C> .") == 1
    _fails(_reason("o.ttl", "--strict", "-o", "strict.nt"), "refused", "o.ttl:5:5", code=1)
    assert not Path("strict.nt").exists()
    assert _reason(_write("a.ttl"), "--strict").exit_code == 0


def test_places_in_other_syntaxes() -> None:
    """A contradiction in N-Triples names its lines, in RDF/XML and TriG too."""
    _write("a.nt", f"{_IS} .\n{_IS.replace('/A>', '/D>')} .")
    _write("b.owl", _XML.replace("</rdf:RDF>", "").replace("rdfs:subClassOf", "owl:disjointWith").replace(
        "<rdf:RDF", '<rdf:RDF xmlns:owl="http://www.w3.org/2002/07/owl#"').replace('resource="B"', 'resource="D"')
        + "</rdf:RDF>")  # fmt: skip
    told = _reason("a.nt", "b.owl").stderr
    for place in ("a.nt:1\n", "a.nt:2\n", "b.owl:3\n", "b.owl:4\n"):
        assert f"at {place}" in told, told
    _write("c.trig", f"{HEAD} :g {{ {_IS} . {_IS.replace('/A>', '/D>')} . :A owl:disjointWith :D }}")
    assert re.search(r"at c.trig:\d+:\d+ in <http://example.org/g>", _reason("c.trig").stderr)


def test_places_in_xml_that_cannot_be_told_apart() -> None:
    """Of two elements of one property, the line of their node is given; nested nodes and rdf:ID have theirs."""
    text = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xml:base="http://example.org/"
      xmlns:owl="http://www.w3.org/2002/07/owl#">
      <owl:Class rdf:ID="A">
        <owl:disjointWith>
          <owl:Class rdf:about="#B"/></owl:disjointWith></owl:Class>

      <rdf:Description rdf:about="x">
        <rdf:type rdf:resource="#A"/>
        <rdf:type rdf:resource="#B"/></rdf:Description>
    </rdf:RDF>"""
    told = _reason(_write("d.owl", text)).stderr
    assert [line.strip() for line in told.splitlines() if " at " in line] == ["at d.owl:4", "at d.owl:7", "at d.owl:7"]


def test_a_choice_of_foreign_files() -> None:
    """Files are chosen by their names too."""
    _write("a.ttl", f"{HEAD}:A rdfs:subClassOf :B .")
    _write("b.ttl", f"{HEAD}:x a :A .")
    assert _told("a.ttl", "b.ttl")["inferred_owl"] == 1
    assert _told("a.ttl", "b.ttl", "--without", "a*")["inferred_owl"] == 0
    assert _told("a.ttl", "b.ttl", "--only", "b.ttl")["given"] == 1


def test_our_ontology_for_files_of_others() -> None:
    """`--ontology` adds ours with its closed-world rules; without it, or with the switch, the rules are left out."""
    prefixes = "".join(
        f"@prefix {kind}: <https://w3id.org/cdkg/id/{kind}/> .\n" for kind in ("city", "twinning", "status")
    )
    text = (
        f"{prefixes}@prefix cd: <https://w3id.org/cdkg/ontology/> .\n"
        "twinning:a--b a cd:TwinningAgreement ; cd:status status:existing ; cd:party city:a , city:b ."
    )
    _write("t.ttl", text)
    alone = _told("t.ttl")
    assert (alone["inferred_owl"], alone["inferred_rules"]) == (0, 0)
    with_rules, without = _told("t.ttl", "--ontology"), _told("t.ttl", "--ontology", "--no-closed-world")
    assert with_rules["inferred_rules"] != 0
    assert without["inferred_rules"] == 0
    assert without["inferred_owl"] != 0
    assert _told("t.ttl", "--closed-world")["inferred_rules"] != 0


def test_the_reference_engine() -> None:
    """The reference, owlrl, gives the same for a little file, and its contradictions count too."""
    assert _told(_write("a.ttl"), "--engine", "owlrl")["inferred_owl"] == 1
    assert _reason(_write("c.ttl", CLASH), "--reasoner", "owlrl").exit_code == 1


def test_the_project(starter: Path) -> None:
    """Without a path it is the project: both kinds of inference, and a choice of its graphs."""
    told = _told("--project", str(starter))
    assert told["inferred_rules"] != 0
    result = _reason("--project", str(starter), "-o", "all.nq", "--with-given")
    assert result.exit_code == 0
    graphs = {quad.graph_name.value for quad in parse(path="all.nq", format=RdfFormat.N_QUADS)}
    assert {INFERRED_OWL.value, INFERRED_RULES.value} <= graphs
    assert not any("/graph/shapes/" in graph for graph in graphs)


@pytest.mark.parametrize("pattern", ["council-minutes/*", "graph:council-minutes/page-1", "graph/council-minutes/*",
                                     "<https://w3id.org/cdkg/graph/council-minutes/page-1>", "*page*"])  # fmt: skip
def test_patterns_of_graphs(starter: Path, pattern: str) -> None:
    """A graph is chosen by a glob, with `graph:`, or by its full IRI; the ontology stays."""
    project = ("--project", str(starter), "--without", "links/*")  # from which a rule makes the numbers of GeoNames
    everything = _told(*project)
    only = _told(*project, "--only", pattern)
    without = _told(*project, "--without", pattern)
    assert only["inferred_rules"] == everything["inferred_rules"]
    assert without["inferred_rules"] == 0
    assert without["inferred_owl"] != 0


def test_the_background_stays_unless_it_is_named(starter: Path) -> None:
    """Ontology and entities are left out by their own names alone."""
    project = ("--project", str(starter))
    without_all = _told(*project, "--without", "*")
    assert without_all["inferred_owl"] != 0
    assert _told(*project, "--without", "ontology/*", "--without", "entities/*")["inferred_rules"] != 0
    less = _told(*project, "--without", "entities/*")["given"]
    assert isinstance(less, int)
    assert less < _told(*project)["given"]  # type: ignore[operator]


def test_a_pattern_that_meets_nothing(starter: Path) -> None:
    """It is an error with the nearest names."""
    result = _reason("--project", str(starter), "--only", "council-minute/page-1")
    _fails(result, "council-minute/page-1", "did you mean council-minutes/page-1")
    _fails(_reason("--project", str(starter), "--without", "council-minutes"), "council-minutes/*")


def test_contradiction_of_the_project(starter: Path) -> None:
    """`reason` and `build` word a contradiction alike; `build --format json` gives it as data."""
    page = starter / "data" / "council-minutes" / "page-1.ttl"
    text = page.read_text(encoding="utf-8")
    old = "city:sampleville\n    a cd:City ;"
    page.write_text(text.replace(old, "city:sampleville\n    a cd:CityNetwork ;"), encoding="utf-8")
    reasoned = _reason("--project", str(starter))
    built = CliRunner().invoke(main, ["build", "--project", str(starter), "--format", "json"])
    assert (reasoned.exit_code, built.exit_code) == (1, 1)
    assert reasoned.stderr.partition("contradiction")[2] == built.stderr.partition("contradiction")[2]
    assert json.loads(built.stdout)["contradictions"]["first"][0]["rule"] == "cax-dw"
