"""Links as data: the graphs made of `links/*.sssom.tsv`, their places, what follows from them, and what checks find."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

import cdkg
from cdkg.assets import Project
from cdkg.bounded import Bounds
from cdkg.changes import compare, opened
from cdkg.errors import SourceError, WriteError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.pipeline import Workspace
from cdkg.pipeline.checking import check
from cdkg.pipeline.context import json_ld_context
from cdkg.pipeline.graph_files import file_of
from cdkg.pipeline.reading import Asked
from cdkg.pipeline.watching import KeptCheck, watch
from cdkg.sources import load
from cdkg.sources.gather import gather
from cdkg.sources.sssom import iri_of, read, read_graph
from cdkg.sources.sssom.slots import BUILT_IN
from cdkg.sources.written import Part, Writings
from cdkg.validation import Report
from cdkg.vocabulary import CD, GRAPH, ID, PREFIXES, RDF_TYPE

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "links").glob("*.sssom.tsv"))
EXACT = NamedNode(PREFIXES["skos"] + "exactMatch")
SOURCE = NamedNode(PREFIXES["owl"] + "annotatedSource")
TARGET = NamedNode(PREFIXES["owl"] + "annotatedTarget")
MODIFIER = NamedNode(PREFIXES["sssom"] + "predicate_modifier")
HEAD = """#curie_map:
#  city: https://w3id.org/cdkg/id/city/
#  wd: http://www.wikidata.org/entity/
#mapping_set_id: https://w3id.org/cdkg/graph/links/x
#license: https://creativecommons.org/publicdomain/zero/1.0/
subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\treviewer_label\tconfidence
"""


def _row(subject: str, obj: str, *, how: str = "exactMatch", no: str = "", who: str = "R", sure: str = "1") -> str:
    return f"{subject}\tskos:{how}\t{no}\t{obj}\tsemapv:ManualMappingCuration\t{who}\t{sure}\n"


def _graph(tmp_path: Path, rows: str) -> NamedGraph:
    path = tmp_path / "x.sssom.tsv"
    path.write_text(HEAD + rows, encoding="utf-8")
    return read_graph(path, iri_of(path.name))


def _matches(graph: NamedGraph) -> list[Triple]:
    return [t for t in graph.triples if t.predicate.value.startswith(PREFIXES["skos"])]


# -- what is told as a fact, and what is not ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "is_told"),
    [
        (_row("city:leeds", "wd:Q39121"), True),
        (_row("city:leeds", "wd:Q39121", sure=""), True),
        (_row("city:leeds", "wd:Q39121", sure="0.9"), True),
        (_row("city:leeds", "wd:Q39121", sure="0.89"), False),
        (_row("city:leeds", "wd:Q39121", who=""), False),
        (_row("city:leeds", "wd:Q39121", no="Not"), False),
        (_row("city:leeds", "sssom:NoTermFound"), False),
    ],
)
def test_only_what_is_reviewed_and_sure_is_a_match(tmp_path: Path, row: str, is_told: bool) -> None:
    """Candidates and denials are records; nobody who follows a SKOS match meets them, and no tool reads an axiom."""
    graph = _graph(tmp_path, row)
    assert [t.predicate for t in _matches(graph)] == ([EXACT] if is_told else [])
    records = {t.subject for t in graph.triples if t.predicate == SOURCE}
    assert len(records) == 1
    types = {t.object for t in graph.triples if t.predicate == RDF_TYPE and t.subject in records}
    assert (NamedNode(PREFIXES["owl"] + "Axiom") in types) is is_told
    assert NamedNode(PREFIXES["sssom"] + "Mapping") in types


def test_records_have_names_of_their_own(tmp_path: Path) -> None:
    """A record is named by what it says: the same in a file with other rows, and another for a denial."""
    row = _row("city:leeds", "wd:Q39121")
    one = {t.subject for t in _graph(tmp_path, row).triples if t.predicate == SOURCE}
    more = _graph(tmp_path, _row("city:york", "wd:Q1") + _row("city:leeds", "wd:Q39121", no="Not") + row)
    records = {t.subject for t in more.triples if t.predicate == SOURCE}
    assert len(records) == 3
    assert one < records
    assert all(isinstance(r, NamedNode) and r.value.startswith(f"{GRAPH}links/x#") for r in records)


def test_linksets_count_their_links(reasoned: Workspace) -> None:
    """VoID: one linkset for each predicate of a file, with as many triples as the graph has such matches."""
    number = NamedNode(PREFIXES["void"] + "triples")
    predicate = NamedNode(PREFIXES["void"] + "linkPredicate")
    for graph in reasoned.graph.of(Role.LINKS):
        counts = {t.subject: t.object for t in graph.triples if t.predicate == number}
        found = {t.object: counts[t.subject] for t in graph.triples if t.predicate == predicate}
        assert found
        matches = [t.predicate for t in set(_matches(graph))]
        assert {p: str(matches.count(p)) for p in matches} == {
            p: n.value for p, n in found.items() if isinstance(n, Literal)
        }


def test_same_as_is_refused(tmp_path: Path) -> None:
    """It would merge statements; the row and column are named."""
    with pytest.raises(SourceError) as raised:
        _graph(tmp_path, _row("city:leeds", "wd:Q39121").replace("skos:exactMatch", "owl:sameAs"))
    assert raised.value.where
    assert (raised.value.where.line, raised.value.where.column) == (7, 12)


def test_relations_that_skos_does_not_have_are_refused(tmp_path: Path) -> None:
    """A slip in the predicate would lose the match without a word."""
    with pytest.raises(SourceError) as raised:
        _graph(tmp_path, _row("city:leeds", "wd:Q39121").replace("skos:exactMatch", "skos:exactmatch"))
    assert raised.value.where
    assert (raised.value.where.line, raised.value.where.column) == (7, 12)
    assert "skos:exactMatch" in raised.value.hint
    assert _graph(tmp_path, _row("city:leeds", "wd:Q39121").replace("skos:exactMatch", "skos:broadMatch"))


# -- our own -----------------------------------------------------------------------------------------------------------


def test_each_file_is_a_graph(reasoned: Workspace) -> None:
    """`cdkg.load()` takes them in, with their role."""
    assert {graph.iri.value for graph in reasoned.graph.of(Role.LINKS)} == {iri_of(path.name) for path in FILES}


def test_matches_are_those_of_accepted_rows(reasoned: Workspace) -> None:
    """No more and no fewer."""
    for path in FILES:
        accepted = {
            Triple(NamedNode(m.subject_id or ""), NamedNode(m.predicate_id), NamedNode(m.object_id or ""))
            for m in read(path).mappings
            if m.is_accepted
        }
        assert set(_matches(reasoned.graph.graph(iri_of(path.name)))) == accepted


def test_a_link_to_wikidata_is_sure_only_where_two_sources_agree() -> None:
    """What one source says is a candidate: below 0.9, and nobody has reviewed it."""
    for mapping in read(ROOT / "links" / "wikidata.sssom.tsv").mappings:
        told = (mapping.comment or "").startswith(("Two sources", "A namesake"))
        assert told is mapping.is_reviewed is ((mapping.confidence or 0) >= 0.9)


def test_all_places_are_linked_to_geonames(reasoned: Workspace) -> None:
    """Every city but one, every country, every continent; the numbers are made from the links."""
    ids = {t.subject for t in reasoned.graph.union if t.predicate.value == f"{CD}geonamesId"}
    missing = {
        c for name in ("City", "Country", "Continent") for c in reasoned.graph.instances(NamedNode(CD + name))
    } - ids
    assert {node.value for node in missing} == {f"{ID}city/brighton-and-hove"}
    asserted = (t for graph in reasoned.graph.asserted() for t in graph.triples)
    assert not any(t.predicate.value == f"{CD}geonamesId" for t in asserted)


def test_every_place_has_its_row_for_geonames(reasoned: Workspace) -> None:
    """A link, a candidate, or a note that there is none; so nobody is forgotten without a word."""
    told = {m.subject_id for m in read(ROOT / "links" / "geonames.sssom.tsv").mappings if not m.is_negative}
    entities = [reasoned.graph.graph(f"{GRAPH}entities/{name}") for name in ("city", "country", "place")]
    places = {t.subject.value for graph in entities for t in graph.triples if t.predicate == RDF_TYPE
              and isinstance(t.subject, NamedNode) and t.subject.value.startswith(ID)}  # fmt: skip
    assert len(places) == 114
    assert places == told


def test_cities_countries_and_networks_of_the_project_in_wikidata() -> None:
    """Each city but one and each country has a link or a candidate."""
    told = {m.subject_id for m in read(ROOT / "links" / "wikidata.sssom.tsv").mappings if not m.is_negative}
    places = {m.subject_id for m in read(ROOT / "links" / "geonames.sssom.tsv").mappings}
    missing = {p for p in places - told if p and p.startswith((f"{ID}city/", f"{ID}country/"))}
    assert missing == {f"{ID}city/brighton-and-hove"}


def test_links_merge_nothing(reasoned: Workspace) -> None:
    """Nothing follows from them but the numbers of GeoNames, and nothing at all about things of others."""
    without = Workspace(reasoned.project, KnowledgeGraph(g for g in load(reasoned.project) if g.role is not Role.LINKS))
    inferred, less = ({t for graph in w.inferred for t in graph.triples} for w in (reasoned, without.reason()))
    assert {t.predicate.value for t in inferred - less} == {f"{CD}geonamesId"}
    theirs = {t.object for graph in reasoned.graph.of(Role.LINKS) for t in _matches(graph)}
    assert not any(t.subject in theirs for t in inferred)
    assert not any(t.predicate.value.endswith("#sameAs") for t in reasoned.graph.union)


# -- places ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_triple_has_its_cell(path: Path) -> None:
    """A match is found in the cell of its object, a record's triples in their cells, a block in its row."""
    graph, writings, lines = read_graph(path, iri_of(path.name)), Writings(), path.read_text("utf-8").splitlines()
    prefixes = BUILT_IN | read(path).curie_map
    for index, triple in enumerate(graph.triples):
        place, block = writings.of(graph, index), writings.of(graph, index, Part.BLOCK)
        assert place.line
        assert place.column
        assert place.end_column
        cell = lines[place.line - 1][place.column - 1 : place.end_column - 1]
        if triple.predicate == TARGET or triple in _matches(graph):
            prefix, _, name = cell.partition(":")
            assert NamedNode(prefixes[prefix] + name) == triple.object
        if triple in _matches(graph):
            assert block.column == 1
            assert block.end_column == len(lines[place.line - 1]) + 1


def test_proofs_and_answers_lead_to_rows(reasoned: Workspace) -> None:
    """The proof of a number and the sources of a row end in the TSV."""
    proof = reasoned.explain("city:leeds", "cd:geonamesId", '"2644688"')
    assert proof
    origins = [origin for premise in proof.premises for origin in premise.origins]
    lines = (ROOT / "links" / "geonames.sssom.tsv").read_text("utf-8").splitlines()
    row = next(number for number, line in enumerate(lines, 1) if line.startswith("city:leeds\t"))
    assert [(Path(o.place.path).name, o.place.line) for o in origins if o.place] == [("geonames.sssom.tsv", row)]


# -- what checks find --------------------------------------------------------------------------------------------------


def _edit(starter: Path, rows: str) -> Path:
    folder = starter / "links"
    folder.mkdir(exist_ok=True)
    path = folder / "x.sssom.tsv"
    path.write_text(HEAD + rows, encoding="utf-8")
    return path


def _told(report: Report, path: Path) -> set[tuple[str, int | None, int | None]]:
    """Rules with the lines and columns of findings in a file."""
    return {
        (r.source.rsplit("/", 1)[-1], place.line, place.column)
        for r in report.results
        for place in r.places[:1]
        if Path(place.path).resolve() == path.resolve()
    }


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (_row("city:leedz", "wd:Q39121"), ("mapped-but-unknown", 7, 1)),
        (_row("city:leeds", "wd:Q1") + _row("city:york", "wd:Q1"), ("exact-match-shared", 8, 28)),
        (_row("city:leeds", "wd:Q7") + _row("city:leeds", "wd:Q8"), ("exact-match-twice", 8, 29)),
        (_row("city:leeds", "wd:Q7") + _row("city:leeds", "wd:Q7", no="Not"), ("match-denied", 7, 29)),
        (_row("city:leeds", "wd:P7000"), None),
        (_row("city:leeds", "wd:7000"), ("urn:cdkg:rule:link", 7, 29)),
        (_row("city:leeds", "wd:7000", who=""), ("urn:cdkg:rule:link", 7, 29)),
    ],
)
def test_findings_stand_at_their_row(starter: Path, rows: str, found: tuple[str, int, int] | None) -> None:
    """Of candidates and denials as of matches."""
    path = _edit(starter, rows)
    told = _told(check(Asked(Project.find(starter), bounds=Bounds(100))), path)
    kinds = {"mapped-but-unknown", "exact-match-shared", "exact-match-twice", "match-denied", "urn:cdkg:rule:link"}
    assert (found in told) if found else not {kind for kind, _, _ in told} & kinds


def test_broken_rows_are_told_with_all_else(starter: Path) -> None:
    """A file of mappings that cannot be read is a finding with row and column, as one of Turtle is."""
    path = _edit(starter, _row("city:leeds", "wdx:Q1", sure="3"))
    report = check(Asked(Project.find(starter)))
    assert {("urn:cdkg:rule:syntax", 7, 29), ("urn:cdkg:rule:syntax", 7, 67)} <= _told(report, path)
    assert str(path) in report.unread


def test_the_place_of_a_file_names_its_graph(starter: Path) -> None:
    """`mapping_set_id` is to a file of mappings what `@base` is to one of Turtle."""
    path = _edit(starter, _row("city:leeds", "wd:Q39121"))
    path.rename(path.with_name("y.sssom.tsv"))
    with pytest.raises(SourceError, match="mapping_set_id"):
        cdkg.load(starter)


@pytest.mark.parametrize("name", ["links/x.ttl", "links/mine.tsv", "links/deeper/x.sssom.tsv"])
def test_what_is_not_read_is_told(starter: Path, name: str) -> None:
    """A file that would be missed without a word is a fault."""
    path = starter / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("", encoding="utf-8")
    with pytest.raises(SourceError, match="only"):
        cdkg.load(starter)


def test_files_of_mappings_may_be_named(tmp_path: Path) -> None:
    """`cdkg validate x.sssom.tsv` looks at the mappings of anybody, with our entities behind them."""
    path = tmp_path / "x.sssom.tsv"
    path.write_text(HEAD + _row("city:leeds", "wd:Q39121") + _row("city:leedz", "wd:Q1"), encoding="utf-8")
    told = _told(check(Asked(Project.find(ROOT), gather([str(tmp_path)]))), path)
    assert told == {("mapped-but-unknown", 8, 1)}


# -- other projects, states, watching ----------------------------------------------------------------------------------


def test_links_stand_behind_other_projects(starter: Path) -> None:
    """Where our entities stand behind a project, their links do; a file of its own comes before ours."""
    assert cdkg.load(starter).graph.of(Role.LINKS)
    links = starter / "links"
    links.mkdir(exist_ok=True)
    text = (ROOT / "links" / "geonames.sssom.tsv").read_text(encoding="utf-8")
    (links / "geonames.sssom.tsv").write_text("".join(text.splitlines(keepends=True)[:-1]), encoding="utf-8")
    graph = cdkg.load(starter).graph.graph(f"{GRAPH}links/geonames")
    assert graph.path == links / "geonames.sssom.tsv"


def _git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_differences_of_links_are_seen(starter: Path) -> None:
    """A row that is added is a statement added, at its line."""
    path = _edit(starter, _row("city:leeds", "wd:Q39121"))
    _git(starter, "init", "-q")
    _git(starter, "add", "-A")
    _git(starter, "commit", "-qm", "x")
    _edit(starter, _row("city:leeds", "wd:Q39121") + _row("city:york", "wd:Q42462"))
    project = Project.find(starter)
    with opened("HEAD", project) as before, opened(None, project) as after:
        found = compare(before, after, ("statements", "inferences"))
    come = {(s.triple.predicate, s.place.path, s.place.line) for s in found.statements.come if s.place}
    assert (EXACT, f"links/{path.name}", 8) in come
    assert found.scope.lines[f"links/{path.name}"] == {8}


def test_a_watched_file_of_mappings(starter: Path) -> None:
    """A check that is kept up to date sees what is edited there."""
    path, kept = _edit(starter, _row("city:leeds", "wd:Q39121")), KeptCheck()
    asked = Asked(Project.find(starter), bounds=Bounds(100))
    assert not {told for told in _told(kept.check(asked), path) if told[0] == "mapped-but-unknown"}
    _edit(starter, _row("city:york", "wd:Q1") + _row("city:leedz", "wd:Q39121"))
    assert ("mapped-but-unknown", 8, 1) in _told(kept.check(asked), path)
    path.unlink()
    assert not _told(kept.check(asked), path)


def test_an_edit_is_noticed(starter: Path) -> None:
    """Who watches does not go on waiting; were the file passed over, the pause would raise an error."""
    _edit(starter, _row("city:leeds", "wd:Q39121"))
    rounds = watch(lambda: Asked(Project.find(starter), bounds=Bounds(100)), (), pause=float("nan"))
    next(rounds)
    path = _edit(starter, _row("city:leedz", "wd:Q39121") + _row("city:york", "wd:Q1"))
    _, report, _ = next(rounds)
    assert ("mapped-but-unknown", 7, 1) in _told(report, path)


def test_no_update_writes_links(starter: Path) -> None:
    """Their graphs are made of SSSOM; Turtle in their place would be another source of links."""
    with pytest.raises(WriteError, match="links"):
        file_of(f"{GRAPH}links/x", Project.find(starter), starter)


# -- context and exports -----------------------------------------------------------------------------------------------


def test_the_context_is_that_of_the_ontology(reasoned: Workspace) -> None:
    """`make context` writes it anew."""
    assert (ROOT / "ontology" / "context.jsonld").read_bytes() == json_ld_context(reasoned.graph)


def _with_context(document: dict[str, object]) -> set[Triple]:
    context = json.loads((ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8"))
    text = json.dumps(context | document).encode()
    return {quad.triple for quad in parse(text, format=RdfFormat.JSON_LD)}


def test_a_document_with_the_context() -> None:
    """Names are those of Turtle: `place:` is a prefix, `cd:place` a property whose values are things."""
    found = _with_context(
        {
            "id": "office:a--b",
            "type": "cd:TradeOffice",
            "cd:place": "city:b",
            "cd:startYear": "99",
            "cd:printedAs": "A",
        }
    )
    node, integer = NamedNode(f"{ID}office/a--b"), NamedNode(PREFIXES["xsd"] + "integer")
    assert Triple(node, NamedNode(f"{CD}place"), NamedNode(f"{ID}city/b")) in found
    assert Triple(node, NamedNode(f"{CD}printedAs"), Literal("A")) in found
    assert Triple(node, RDF_TYPE, NamedNode(f"{CD}TradeOffice")) in found
    assert Triple(node, NamedNode(f"{CD}startYear"), Literal("99", datatype=integer)) in found


def test_same_as_only_for_whoever_asks(reasoned: Workspace) -> None:
    """And then for things alone, in a graph of its own."""
    import rdflib

    plain, asked = reasoned.to_rdflib(), reasoned.to_rdflib(same_as=True)
    assert not list(plain.triples((None, rdflib.OWL.sameAs, None)))
    found = list(asked.triples((None, rdflib.OWL.sameAs, None)))
    matches = {t for graph in reasoned.graph.of(Role.LINKS) for t in _matches(graph) if t.predicate == EXACT}
    assert len(found) == len(
        {t for t in matches if isinstance(t.subject, NamedNode) and t.subject.value.startswith(ID)}
    )
    assert len(found) < len(matches)
