"""Candidates for links: tables of names, places of a graph, and what `cdkg link candidates` tells and writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyoxigraph import RdfFormat, Store

from cdkg import cli
from cdkg.errors import PartialAnswerError, SourceError
from cdkg.linking import gazetteer as gazetteers
from cdkg.linking.candidates import MOST_SURE, GazetteerFinder, as_mappings, find
from cdkg.linking.places import Kind, Sought
from cdkg.linking.remote import DIALECTS, GENERIC, RemoteFinder, RemoteRegister, by_name
from cdkg.linking.tables import read_table
from cdkg.linking.things import places_of
from cdkg.sources import sssom
from places import COUNTRIES, little_gazetteer

LITTLE = little_gazetteer()


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    """GeoNames is a few places, so that no test waits for all of them."""
    monkeypatch.setattr(gazetteers, "geonames", lambda: LITTLE)
    monkeypatch.setattr(gazetteers, "known_countries", lambda: COUNTRIES)


def table(folder: Path, text: str | bytes) -> Path:
    """A table in a file."""
    path = folder / "cities.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def link(*arguments: str | Path, given: str = "") -> Result:
    """Run `cdkg link candidates --target geonames`."""
    return CliRunner().invoke(cli.main, ["link", "candidates", "--target", "geonames", *map(str, arguments)], given)


# -- tables ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_whatever_separates_its_cells(tmp_path: Path, separator: str) -> None:
    """Columns are known by their usual names, in any case and order."""
    rows = [["Country", "CITY", "lat", "Lng", "Population", "id"], ["UK", "Leeds", "53.8", "-1.5", "536 280", "x:1"]]
    path = table(tmp_path, "\n".join(separator.join(row) for row in rows))
    expected = Sought(key="x:1", name="Leeds", country="UK", latitude=53.8, longitude=-1.5, population=536280)
    assert read_table(path) == [expected]


def test_columns_may_be_named(tmp_path: Path) -> None:
    """Not all tables are in English."""
    path = table(tmp_path, "Stadt;Land\nKöln;DE\n")
    (thing,) = read_table(path, {"name": "Stadt", "country": "Land"})
    assert (thing.name, thing.country, thing.key) == ("Köln", "DE", "row 2")


def test_a_byte_order_mark_quotes_and_empty_lines_are_no_fault(tmp_path: Path) -> None:
    """Spreadsheets write them."""
    path = table(tmp_path, '\ufeffname,country\r\n\r\n"Birmingham, Alabama",US\r\n'.encode())
    assert [thing.name for thing in read_table(path)] == ["Birmingham, Alabama"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", None, "empty"),
        (" \n\n", None, "empty"),
        ("name,country\n", None, "no rows"),
        ("town_x,country\nLeeds,GB\n", 1, "town_x"),
        ("name,country\nLeeds\n", 2, "1 cells"),
        ("name,country\nLeeds,GB,x\n", 2, "3 cells"),
        ("name,lat,lon\nLeeds,north,1\n", 2, "'north'"),
        ("name,lat,lon\nLeeds,91,1\n", 2, "out of range"),
        ("name,lat,lon\nLeeds,nan,1\n", 2, "out of range"),
        ("name,population\nLeeds,-5\n", 2, "out of range"),
        ("id,name\nhttps://e/1,Leeds\nhttps://e/a b,York\n", 3, "no IRI"),
        ('name,country\n"Leeds,GB\n', 2, "CSV"),
        ("name,country\nLeeds,GB\nYo\0rk,GB\n", 3, "NUL"),
        ("name,country\n" + "x" * 200_000 + ",GB\n", 2, "limit"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_with_its_place(
    tmp_path: Path, text: str, line: int | None, said: str
) -> None:
    """What is wrong, in which row."""
    with pytest.raises(SourceError) as told:
        read_table(table(tmp_path, text))
    assert said in str(told.value)
    assert told.value.faults[0].where is not None
    assert told.value.faults[0].where.line == line


def test_all_rows_that_are_wrong_are_told(tmp_path: Path) -> None:
    """Nobody mends a table row by row and starts again each time."""
    with pytest.raises(SourceError) as told:
        read_table(table(tmp_path, "name,lat,lon\nA,x,1\nB,1,2\nC,1,y\n"))
    assert [fault.where.line for fault in told.value.faults if fault.where] == [2, 4]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_table_in_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    """Köln must not become K?ln, and nobody should guess."""
    with pytest.raises(SourceError) as told:
        read_table(table(tmp_path, "name,country\nKöln,DE\n".encode(encoding)))
    assert "UTF-8" in str(told.value)


def test_a_column_that_is_not_there_is_told_with_what_is(tmp_path: Path) -> None:
    """With the nearest name."""
    with pytest.raises(SourceError, match="Stadtt") as told:
        read_table(table(tmp_path, "Stadt,Land\nKöln,DE\n"), {"name": "Stadtt"})
    assert "'Stadt'" in told.value.hint


# -- the project's places ----------------------------------------------------------------------------------------------


def test_places_of_a_graph_come_with_all_that_is_known(tmp_path: Path) -> None:
    """Labels in all languages, the country's code, coordinates and kind."""
    del tmp_path
    store = Store()
    store.load(
        """@prefix cd: <https://w3id.org/cdkg/ontology/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        @prefix schema: <https://schema.org/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        <http://x/cologne> a cd:City ; rdfs:label "Cologne"@en ; skos:altLabel "Köln"@de ; cd:country <http://x/de> ;
          schema:latitude 50.9 ; schema:longitude 6.9 .
        <http://x/de> a cd:Country ; rdfs:label "Germany"@en ; cd:iso3166Alpha2 "DE" .""",
        format=RdfFormat.TURTLE,
    )
    city, country = places_of(store)
    assert city == Sought(
        key="http://x/cologne",
        name="Cologne",
        others=("Köln",),
        country="DE",
        latitude=50.9,
        longitude=6.9,
        kind=Kind.CITY,
    )
    assert (country.key, country.country, country.kind) == ("http://x/de", "DE", Kind.COUNTRY)
    assert [thing.kind for thing in places_of(store, frozenset([Kind.COUNTRY]))] == [Kind.COUNTRY]


# -- what is written ---------------------------------------------------------------------------------------------------


def test_candidates_are_written_as_mappings_that_nobody_has_accepted(tmp_path: Path) -> None:
    """They can be read again, bring their evidence, and are no facts."""
    things = [Sought(key="https://w3id.org/cdkg/id/city/leeds", name="Leeds", country="GB"),
              Sought(key="row 3", name="Springfield", country="US")]  # fmt: skip
    found = find(GazetteerFinder(LITTLE), things, most=3)
    text = sssom.write(as_mappings(found, "geonames", "a little gazetteer", "0.1", date(2026, 11, 22)))
    path = tmp_path / "new.sssom.tsv"
    path.write_text(text, encoding="utf-8")
    mappings = sssom.read(path).mappings
    assert len(mappings) == 4
    assert not any(mapping.is_accepted or mapping.is_reviewed for mapping in mappings)
    assert all((m.confidence or 1) <= MOST_SURE and "for: " in (m.comment or "") for m in mappings)
    (leeds,) = [m for m in mappings if m.subject_id is not None]
    assert (leeds.object_id, leeds.mapping_date) == ("https://sws.geonames.org/16/", "2026-11-22")
    assert {m.subject_type for m in mappings if m.subject_id is None} == {"rdfs literal"}


def test_things_of_anybody_are_written_with_prefixes_of_their_own(tmp_path: Path) -> None:
    """And do not pass for ours."""
    found = find(GazetteerFinder(LITTLE), [Sought(key="https://example.org/towns#7", name="Leeds", country="GB")])
    path = tmp_path / "new.sssom.tsv"
    path.write_text(sssom.write(as_mappings(found, "geonames", "", "0.1", date(2026, 1, 1))), encoding="utf-8")
    mapping_set = sssom.read(path)
    assert mapping_set.mappings[0].subject_id == "https://example.org/towns#7"
    assert not mapping_set.mapping_set_id.endswith("/geonames")


def test_rows_of_one_name_are_told_apart() -> None:
    """Who reviews them, and who joins the links with the table, has to know which row is meant."""
    rows = [("Cambridge", "GB"), ("Cambridge", "US"), ("Leeds", "GB"), ("Leeds", "GB")]
    things = [Sought(key=f"row {i}", name=name, country=country) for i, (name, country) in enumerate(rows)]
    found = find(GazetteerFinder(LITTLE), things, most=3)
    mappings = as_mappings(found, "geonames", "", "0.1", date(2026, 1, 1)).mappings
    assert {m.subject_label for m in mappings} == {"Cambridge, GB", "Cambridge, US", "Leeds"}


def test_the_same_candidates_are_written_the_same_in_any_order() -> None:
    """So that a diff shows what changed."""
    things = [Sought(key=f"https://x.org/{name}", name=name) for name in ("Leeds", "Springfield", "Cambridge")]
    found = find(GazetteerFinder(LITTLE), things)
    one, other = (
        as_mappings(order, "geonames", "", "0.1", date(2026, 1, 1)).mappings for order in (found, found[::-1])
    )
    assert set(one) == set(other)


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_tells_candidates_as_json(tmp_path: Path) -> None:
    """For programs: with confidence, and each weight."""
    told = link("--format", "json", table(tmp_path, "name,country\nSheffeld,UK\nNobody,UK\n"))
    assert told.exit_code == 0
    sheffield, nobody = json.loads(told.stdout)
    assert sheffield["candidates"][0]["iri"] == "https://sws.geonames.org/17/"
    assert {e["feature"] for e in sheffield["candidates"][0]["evidence"]} >= {"spelled alike", "slips", "country"}
    assert nobody["candidates"] == []


def test_the_command_tells_candidates_as_a_table(tmp_path: Path) -> None:
    """For people; what nobody is found for is there, too."""
    told = link(table(tmp_path, "name,country\nLeeds,UK\nNobody,UK\n"))
    assert told.exit_code == 0
    assert "Leeds" in told.stdout
    assert "Nobody" in told.stdout
    assert "1 of 2" in told.stderr


def test_who_has_no_candidate_is_named(tmp_path: Path) -> None:
    """In a file of mappings there is nothing of them, and a number alone would not say who they are."""
    names = [f"Nobody {letter}" for letter in "ABCDEFGHIJKL"]
    path = table(tmp_path, "\n".join(["name,country", "Leeds,UK", *(f"{name},UK" for name in names)]))
    told = link("--format", "sssom", path)
    assert "1 of 13" in told.stderr
    assert "Nobody A, " in told.stderr
    assert "and 2 more" in told.stderr
    assert "at: 53.79, -1.54" in told.stdout


def test_candidates_of_nobody_are_exit_1(tmp_path: Path) -> None:
    """A script must see that nothing came of it."""
    assert link(table(tmp_path, "name,country\nNobody,UK\n")).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--column", "name"], "name\nLeeds\n"),
        (["--column", "nome=name"], "name\nLeeds\n"),
        (["--column", "name=City"], "name\nLeeds\n"),
        ([], ""),
        ([], "name\nK\xf6ln\n".encode("latin-1")),
    ],
)
def test_what_cannot_be_used_is_exit_2_and_no_traceback(
    tmp_path: Path, arguments: list[str], text: str | bytes
) -> None:
    """Options, empty tables, encodings."""
    told = link(*arguments, table(tmp_path, text))
    assert told.exit_code == 2
    assert "Traceback" not in told.output
    assert "error" in told.stderr


def test_a_target_that_nobody_knows_is_exit_2(tmp_path: Path) -> None:
    """A name is no address."""
    path = table(tmp_path, "name\nLeeds\n")
    told = CliRunner().invoke(cli.main, ["link", "candidates", "--target", "geonaems", str(path)])
    assert told.exit_code == 2
    assert "geonaems" in told.stderr


def test_linked_places_of_the_project_are_left_out_unless_asked_for() -> None:
    """All cities of the project have links, so that there is nothing left to look for."""
    assert "Leeds" not in link("--type", "city", "--format", "json").stdout
    assert "Leeds" in link("--type", "city", "--format", "json", "--all").stdout


def test_who_was_rejected_is_not_found_again() -> None:
    """Brighton and Hove are two towns of GeoNames, and neither is the city of both; there is room for others then."""
    thing = Sought(key="https://w3id.org/cdkg/id/city/cambridge", name="Cambridge")
    first, *others = [c.place.iri for c in find(GazetteerFinder(LITTLE), [thing], most=3)[0].candidates]
    left = find(GazetteerFinder(LITTLE), [thing], most=2, denied={(thing.key, first), ("https://x.org/", others[0])})
    assert [c.place.iri for c in left[0].candidates] == others


def test_rejected_matches_of_the_project_are_not_found_again(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand in its links."""
    monkeypatch.chdir(_with_links(starter, "geonames", "city:leeds\tskos:exactMatch\tNot\tgeonames:16/"))
    assert link("--type", "city", "--format", "json").stdout.count("sws.geonames.org/16/") == 0
    assert "sws.geonames.org/17/" in link("--type", "city", "--format", "json").stdout


def test_links_behind_a_project_count_as_its_own(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our cities stand behind a starter, and so do our links to them."""
    monkeypatch.chdir(starter)
    assert "Leeds" not in link("--type", "city", "--format", "json").stdout


def _with_links(folder: Path, target: str, row: str) -> Path:
    """A project with links of its own, of one row."""
    (folder / "links").mkdir(exist_ok=True)
    head = (
        "#curie_map:\n#  city: https://w3id.org/cdkg/id/city/\n#  geonames: https://sws.geonames.org/\n"
        f"#mapping_set_id: https://w3id.org/cdkg/graph/links/{target}\n"
        "#license: https://creativecommons.org/licenses/by/4.0/\n"
        "subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\treviewer_label\n"
    )
    text = f"{head}{row}\tsemapv:ManualMappingCuration\tme\n"
    (folder / "links" / f"{target}{sssom.SUFFIX}").write_text(text, encoding="utf-8")
    return folder


def test_without_the_places_of_geonames_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They are an extra of the package."""
    monkeypatch.undo()
    monkeypatch.setattr(gazetteers, "find_spec", lambda _: None)
    gazetteers.geonames.cache_clear()
    gazetteers.known_countries.cache_clear()
    told = link(table(tmp_path, "name\nLeeds\n"))
    assert told.exit_code == 2
    assert "cdkg[places]" in told.stderr


# -- endpoints ---------------------------------------------------------------------------------------------------------


def answering(data: str, asked: list[str] | None = None) -> object:
    """Somebody who answers queries from Turtle."""
    store = Store()
    store.load(data, format=RdfFormat.TURTLE)

    def ask(query: str) -> Iterable[Mapping[str, str]]:
        if asked is not None:
            asked.append(query)
        rows = store.query(query)
        names = [variable.value for variable in rows.variables]  # type: ignore[union-attr]
        return [{n: row[n].value for n in names if row[n] is not None} for row in rows]  # type: ignore[union-attr]

    return ask


WIKIDATA = """
@prefix wd: <http://www.wikidata.org/entity/> . @prefix wdt: <http://www.wikidata.org/prop/direct/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix geo: <http://www.opengis.net/ont/geosparql#> .
wd:Q1 rdfs:label "Cambridge"@en ; wdt:P31 wd:Q515 ; wdt:P17 wd:Q145 ; wdt:P1082 145674 ;
  wdt:P625 "Point(0.12 52.2)"^^geo:wktLiteral .
wd:Q2 rdfs:label "Cambridge"@en ; wdt:P31 wd:Q515 ; wdt:P17 wd:Q30 ; wdt:P1082 110402 ;
  wdt:P625 "Point(-71.11 42.37)"^^geo:wktLiteral .
wd:Q3 rdfs:label "Cambridge"@en .
wd:Q515 wdt:P279 wd:Q486972 . wd:Q145 wdt:P297 "GB" . wd:Q30 wdt:P297 "US" .
"""


def test_an_endpoint_is_asked_by_name_and_scored_like_all_others() -> None:
    """Country and coordinates decide; what is no settlement is not asked for."""
    finder = RemoteFinder(answering(WIKIDATA), DIALECTS["wikidata"], COUNTRIES, "a stand-in")  # type: ignore[arg-type]
    asked = [("Cambridge", "US"), ("Cambridge (England)", "UK"), ("Nobody", "")]
    things = [Sought(key=name, name=name, country=country) for name, country in asked]
    american, english, nobody = finder.find(things, 3)
    assert american[0].place.iri == "http://www.wikidata.org/entity/Q2"
    assert american[0].place.latitude == pytest.approx(42.37)
    assert english[0].place.iri == "http://www.wikidata.org/entity/Q1"
    assert nobody == []


def test_kinds_are_asked_for_at_an_endpoint_each_by_itself() -> None:
    """A country is no settlement, and a city of its name is not taken for it."""
    data = """
    @prefix wd: <http://www.wikidata.org/entity/> . @prefix wdt: <http://www.wikidata.org/prop/direct/> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    wd:Q1 rdfs:label "Luxembourg"@en ; wdt:P31 wd:Q515 . wd:Q515 wdt:P279 wd:Q486972 .
    wd:Q2 rdfs:label "Luxembourg"@en ; wdt:P31 wd:Q6256 .
    """
    finder = RemoteFinder(answering(data), DIALECTS["wikidata"], COUNTRIES, "a stand-in")  # type: ignore[arg-type]
    things = [Sought(key=kind, name="Luxembourg", kind=kind) for kind in (Kind.CITY, Kind.COUNTRY, Kind.CONTINENT)]
    found = [[c.place.iri.rpartition("/")[2] for c in several] for several in finder.find(things, 3)]
    assert found == [["Q1"], ["Q2"], []]


def test_many_names_are_asked_for_in_few_queries() -> None:
    """A hundred names are no hundred requests."""
    asked: list[str] = []
    finder = RemoteFinder(answering("", asked), GENERIC, COUNTRIES, "a stand-in")  # type: ignore[arg-type]
    things = [Sought(key=str(i), name=f"Town {i}") for i in range(100)]
    assert finder.find(things, 3) == [[] for _ in things]
    assert len(asked) == 3


def at_most(rows: int, data: str, asked: list[str]) -> object:
    """Somebody who gives so many rows at most, and says so where there are more."""
    answer = answering(data, asked)

    def ask(query: str) -> Iterable[Mapping[str, str]]:
        found = list(answer(query))  # type: ignore[operator]
        if len(found) > rows:
            raise PartialAnswerError("the endpoint answered only in part", why=f"it gives {rows} rows at most")
        return found

    return ask


def test_what_an_endpoint_cannot_answer_at_once_is_asked_by_halves() -> None:
    """All that it knows is found in spite of its limit: places by name, and what identifiers stand for."""
    towns = {f"https://kg.example.org/id/{i}": f"Town {i}" for i in range(30)}
    data = "".join(
        f'<{iri}> <http://www.w3.org/2000/01/rdf-schema#label> "{name}"@en . ' for iri, name in towns.items()
    )
    asked: list[str] = []
    finder = RemoteFinder(at_most(4, data, asked), GENERIC, COUNTRIES, "a stand-in")  # type: ignore[arg-type]
    found = finder.find([Sought(key=iri, name=name) for iri, name in towns.items()], 1)
    assert [several[0].place.iri for several in found] == [*towns]
    assert len(asked) < 20
    register = RemoteRegister(at_most(4, data, asked), GENERIC, COUNTRIES)  # type: ignore[arg-type]
    assert all(known.place for known in register.known([*towns], {}).values())


def test_a_name_that_alone_is_too_much_for_an_endpoint_is_told() -> None:
    """The user learns which one, and what to do."""
    data = "".join(f'<https://e/{i}> <http://www.w3.org/2000/01/rdf-schema#label> "Springfield" . ' for i in range(5))
    finder = RemoteFinder(at_most(4, data, []), GENERIC, COUNTRIES, "a stand-in")  # type: ignore[arg-type]
    with pytest.raises(PartialAnswerError, match="Springfield") as error:
        finder.find([Sought(key=name, name=name) for name in ("Leeds", "Springfield")], 1)
    assert error.value.hint


@pytest.mark.parametrize("name", ["Du\u0308sseldorf", "Dússeldorf", "Düsseldorf (NRW)"])
def test_names_with_other_accents_are_found_at_an_endpoint(name: str) -> None:
    """Whether accents are letters of their own, wrong, or not written there at all."""
    data = '<https://e/1> <http://www.w3.org/2000/01/rdf-schema#label> "Düsseldorf"@en, "Dusseldorf"@en .'
    finder = RemoteFinder(answering(data), GENERIC, COUNTRIES, "a stand-in")  # type: ignore[arg-type]
    assert [c.place.iri for c in finder.find([Sought(key="1", name=name)], 3)[0]] == ["https://e/1"]


@pytest.mark.parametrize("name", ['Quote"d', "back\\slash", "line\nbreak", "} DROP", "tab\there"])
def test_names_cannot_break_out_of_a_query(name: str) -> None:
    """Whatever a table holds, it is a text in the query."""
    assert list(answering("")(by_name([name], GENERIC))) == []  # type: ignore[operator]


def asked_at(monkeypatch: pytest.MonkeyPatch, answer: bytes, folder: Path) -> Result:
    """Run `cdkg link candidates` at an endpoint that answers so."""
    monkeypatch.setattr("cdkg.store.RemoteEndpoint.query", lambda *_: answer)
    path = table(folder, "name,country\nLeeds,UK\n")
    arguments = ["link", "candidates", "--target", "https://kg.example.org/sparql", "--format", "sssom", str(path)]
    return CliRunner().invoke(cli.main, arguments)


def test_the_command_asks_any_endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it finds there can be read as SSSOM."""
    row = {"place": {"value": "https://kg.example.org/id/7"}, "name": {"value": "Leeds"}}
    told = asked_at(monkeypatch, json.dumps({"results": {"bindings": [row]}}).encode(), tmp_path)
    assert told.exit_code == 0, told.output
    path = tmp_path / "new.sssom.tsv"
    path.write_text(told.stdout, encoding="utf-8")
    assert [m.object_id for m in sssom.read(path).mappings] == ["https://kg.example.org/id/7"]


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"results": {"bindings": [1]}}', b"[" * 100_000])
def test_an_endpoint_that_answers_something_else_is_exit_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: bytes
) -> None:
    """With a message, whatever it is."""
    told = asked_at(monkeypatch, answer, tmp_path)
    assert told.exit_code == 2
    assert "kg.example.org" in told.stderr
    assert "Traceback" not in told.output
