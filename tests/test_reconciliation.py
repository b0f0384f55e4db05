"""Reconciliation Service API: what tables of others ask, and what they get."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from cdkg.pipeline import Workspace
from cdkg.server import create_app
from cdkg.server.answers import InProcess
from cdkg.vocabulary import CD, ID
from reconciling import (
    BARCELONA,
    CITY,
    SCHEMAS,
    asked,
    check,
    extended,
    ids_of,
    little_store,
    needs_schemas,
    results_of,
)


@pytest.fixture(scope="module")
def client(reasoned: Workspace) -> FlaskClient:
    """A client of the application over the project's graph."""
    return create_app(InProcess(reasoned.graph.store, version="1")).test_client()


@pytest.fixture
def little() -> FlaskClient:
    """A client of an application over a few things."""
    return create_app(little_store()).test_client()


# -- what the schemas say ----------------------------------------------------------------------------------------------


@needs_schemas
@pytest.mark.parametrize("version", ["0.1", "0.2"])
def test_each_answer_is_valid(client: FlaskClient, version: str) -> None:
    """The manifest, results, suggestions, proposals and data are as the schemas of both versions have them."""
    check(version, "manifest", client.get("/reconcile").get_json())
    batch = {
        "q0": {"query": "Barcelona"},
        "q1": {
            "query": "Barcelna",
            "type": CITY,
            "type_strict": "should",
            "properties": [{"pid": "cd:country", "v": 1}],
        },
        "q2": {"query": "no such thing at all"},
        "q3": {"properties": [{"pid": "coordinates", "v": "41.4,2.2"}]},
    }
    results = asked(client, batch).get_json()
    assert [bool(results[name]["result"]) for name in batch] == [True, True, False, True]
    check(version, "reconciliation-result-batch", results)
    for kind, name in (("entity", "entities"), ("type", "types"), ("property", "properties")):
        found = client.get(f"/reconcile/suggest/{kind}?prefix=c").get_json()
        assert found["result"]
        check(version, f"suggest-{name}-response", found)
    proposed = client.get("/reconcile/properties", query_string={"type": CITY, "limit": 5}).get_json()
    assert len(proposed["properties"]) == 5
    if version == "0.2":
        check(version, "data-extension-property-proposal", proposed)
    every = [
        {"id": each["id"]} for each in client.get(f"/reconcile/properties?type={quote(CITY)}").get_json()["properties"]
    ]
    told = extended(client, [BARCELONA, f"{ID}city/xiamen", f"{ID}nobody"], *every[:20])
    assert any(told["rows"][BARCELONA].values())
    check(version, "data-extension-response", told)


@needs_schemas
@pytest.mark.parametrize("verdict", ["valid", "invalid"])
def test_batches_of_the_specification(client: FlaskClient, verdict: str) -> None:
    """The examples are read or refused as the schema says; of what is not in this graph it is told so."""
    for path in sorted((SCHEMAS / "0.2/examples/reconciliation-query-batch" / verdict).glob("*.json")):
        response = asked(client, path.read_text(encoding="utf-8"))
        assert response.status_code == (200 if verdict == "valid" else 400), path
        if verdict == "valid":
            check("0.2", "reconciliation-result-batch", response.get_json())
            assert all("error" in each for each in response.get_json().values()) == ("example-min" not in path.name)


# -- what OpenRefine sends ---------------------------------------------------------------------------------------------


def test_openrefine_adds_the_service(client: FlaskClient) -> None:
    """It reads the manifest, by JSONP in old releases, and shows names that it finds there."""
    told = client.get("/reconcile").get_json()
    assert told["versions"] == ["0.1", "0.2"]
    assert told["identifierSpace"] == ID
    assert CITY in {each["id"] for each in told["defaultTypes"]}
    response = client.get("/reconcile?callback=jQuery321_17&_=1700000000000")
    assert response.mimetype == "application/javascript"
    assert response.text.startswith("/**/jQuery321_17({")
    assert json.loads(response.text.removeprefix("/**/jQuery321_17(").removesuffix(");")) == told


def test_openrefine_guesses_types(client: FlaskClient) -> None:
    """It sends ten cells with a limit of three, and counts the types of what comes back."""
    names = ["Barcelona", "Xiamen", "Cardiff", "Helsinki", "Kigali"]
    response = asked(client, {f"q{i}": {"query": name, "limit": 3} for i, name in enumerate(names)})
    firsts = [each["result"][0] for each in response.get_json().values()]
    assert [each["name"] for each in firsts] == names
    assert all(CITY in {kind["id"] for kind in each["type"]} for each in firsts)
    assert all(each["type"][0]["id"].startswith(CD) for each in firsts)  # ours come before those of other vocabularies
    assert firsts[0]["description"] == "city, Spain"


def test_openrefine_reconciles_a_column_with_two_others(client: FlaskClient) -> None:
    """A type with `should`, a cell that is reconciled already, and one that is text."""
    properties = [
        {"pid": f"{CD}country", "v": {"id": f"{ID}country/spain", "name": "Spain"}},
        {"pid": "coordinates", "v": "41.3888, 2.159"},
    ]
    found = results_of(
        client, query="Barcelna", type=CITY, type_strict="should", properties=properties, limit=3
    )  # fmt: skip
    assert (found[0]["id"], found[0]["match"]) == (BARCELONA, True)
    features = {each["id"]: each["value"] for each in found[0]["features"]}
    assert features[f"{CD}country"] == features["coordinates"] == 1
    assert 0.8 < features["name"] < 1
    assert features["kilometres"] < 5


def test_openrefine_adds_columns(client: FlaskClient) -> None:
    """It asks for values, with settings as texts, and what is a thing comes as a reconciled cell."""
    told = extended(client, [BARCELONA], {"id": f"{CD}country"}, {"id": "cd:country", "settings": {"content": "label"}})
    assert told["meta"][0] == {"id": f"{CD}country", "name": "country"}
    assert told["rows"][BARCELONA][f"{CD}country"] == [{"id": f"{ID}country/spain", "name": "Spain"}]
    assert told["rows"][BARCELONA]["cd:country"] == [{"str": "Spain"}]
    limited = {"id": "rdfs:label", "settings": {"limit": "1"}}
    assert extended(client, [BARCELONA], limited)["rows"][BARCELONA]["rdfs:label"] == [{"str": "Barcelona"}]


def test_openrefine_searches_and_shows(client: FlaskClient) -> None:
    """It completes names, and shows the preview in a frame at the address that the manifest has."""
    told = client.get("/reconcile").get_json()
    entity = told["suggest"]["entity"]
    found = client.get(entity["service_url"] + entity["service_path"], query_string={"prefix": "barc"}).get_json()
    assert found["result"][0]["id"] == BARCELONA
    flyout = (entity["flyout_service_url"] + entity["flyout_service_path"]).replace("${id}", quote(BARCELONA, ""))
    assert "Barcelona" in client.get(flyout).get_json()["html"]
    preview = client.get(told["preview"]["url"].replace("{{id}}", quote(BARCELONA, "")))
    assert (preview.status_code, preview.mimetype) == (200, "text/html")
    assert "Barcelona" in preview.text
    view = client.get(told["view"]["url"].replace("{{id}}", quote(BARCELONA, "")))
    assert view.status_code == 303
    assert client.get(view.headers["Location"]).status_code == 200


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["GET", "POST"])
def test_both_ways_to_ask(client: FlaskClient, how: str) -> None:
    """GET and POST give the same, each query by its name, in the order of the batch."""
    response = asked(client, {"z": {"query": "Barcelona"}, "a": {"query": "Xiamen"}, "m": {"query": "?"}}, how)
    assert [*json.loads(response.text)] == ["z", "a", "m"]
    assert response.get_json()["z"]["result"][0]["id"] == BARCELONA
    assert response.get_json()["m"]["result"] == []


@pytest.mark.parametrize("text", [BARCELONA, "city:barcelona", "city/barcelona"])
def test_an_identifier_is_the_thing(client: FlaskClient, text: str) -> None:
    """As the only candidate, with the whole score."""
    (found,) = results_of(client, query=text)
    assert (found["id"], found["score"], found["match"]) == (BARCELONA, 100, True)


@pytest.mark.parametrize("text", ["zagreb", "ZAGREB ", "Agram", "萨格勒布", "Zágréb"])
def test_all_names_count(little: FlaskClient, text: str) -> None:
    """In all languages, without regard to case and accents."""
    found = results_of(little, query=text)
    assert (ids_of(found), found[0]["match"]) == (["city/zagreb"], True)
    assert found[0]["score"] > 98


def test_an_empty_cell_says_nothing(client: FlaskClient) -> None:
    """A row without a country, or without coordinates, is as good as its name."""
    for value in ("", " ", [], [""]):
        properties = [{"pid": pid, "v": value} for pid in ("cd:country", "coordinates")]
        found = results_of(client, query="Barcelona", properties=properties)
        assert (ids_of(found)[0], found[0]["match"], found[0]["score"]) == ("city/barcelona", True, 100), value


@pytest.mark.parametrize("text", ["Barcelona, Spain", "Barcelona (Spain)", "barcelona, spain"])
def test_a_country_behind_the_name(client: FlaskClient, text: str) -> None:
    """It tells the city, though the council of the city has the name of the city in its own."""
    found = results_of(client, query=text)
    assert "body/barcelona-city-council" in ids_of(found)
    assert (ids_of(found)[0], found[0]["match"]) == ("city/barcelona", True)


def test_a_namesake_is_no_match(little: FlaskClient) -> None:
    """Both come; what else is known decides, be it a country by name, code or identifier, or a place."""
    found = results_of(little, query="Birmingham")
    assert (ids_of(found), [each["match"] for each in found]) == (["city/b1", "city/b2"], [False, False])
    for pid, v in (
        ("cd:country", "United States"),
        ("cd:country", "US"),
        ("cd:country", {"id": f"{ID}country/us"}),
        ("cd:country/cd:iso3166Alpha2", "US"),
        ("cd:inhabitants", 196_000),
        ("coordinates", "33.5, -86.8"),
        ("coordinates", "POINT(-86.8 33.5)"),
        ("skos:exactMatch", "http://www.wikidata.org/entity/Q79867"),
    ):
        found = results_of(little, query="Birmingham", properties=[{"pid": pid, "v": v}])
        assert (ids_of(found), [each["match"] for each in found]) == (["city/b2", "city/b1"], [True, False]), (pid, v)
        assert found[0]["score"] > found[1]["score"] + 5
    found = results_of(little, query="Birmingham, United States")
    assert (ids_of(found)[0], found[0]["match"]) == ("city/b2", True)


def test_what_is_known_to_be_wrong_is_no_match(little: FlaskClient) -> None:
    """The only one of its name is elsewhere: somebody else is meant."""
    found = results_of(little, query="Zagreb", properties=[{"pid": "coordinates", "v": "-33.4,-70.6"}])
    assert (ids_of(found), found[0]["match"]) == (["city/zagreb"], False)
    assert not results_of(little, query="Zagreb, Chile")[0]["match"]


def test_a_slip_alone_is_no_match(little: FlaskClient) -> None:
    """It is found, but only with more that agrees it is taken."""
    assert [each["match"] for each in results_of(little, query="Zagrbe")] == [False]
    near = [{"pid": "coordinates", "v": "45.8,16"}]
    assert [each["match"] for each in results_of(little, query="Zagrbe", properties=near)] == [True]


def test_an_abbreviation_alone_is_no_match(little: FlaskClient) -> None:
    """It may mean many things; of the right type it does."""
    assert [each["match"] for each in results_of(little, query="WHO")] == [False]
    assert [each["match"] for each in results_of(little, query="WHO", type="cd:Body")] == [True]
    assert [each["match"] for each in results_of(little, query="北京")] == [True]


def test_types(little: FlaskClient) -> None:
    """One is needed, all are, or it should be one; which says so is among the features."""
    assert ids_of(results_of(little, query="Zagreb", type="cd:City")) == ["city/zagreb"]
    assert results_of(little, query="Zagreb", type="cd:Body") == []
    assert ids_of(results_of(little, query="Zagreb", type=["cd:Body", CITY], type_strict="any")) == ["city/zagreb"]
    assert results_of(little, query="Zagreb", type=["cd:Body", CITY], type_strict="all") == []
    (should,) = results_of(little, query="Zagreb", type="cd:Body", type_strict="should")
    assert (should["score"], should["match"]) == (70, False)
    assert {"id": "type", "value": False} in should["features"]


def test_strict_properties_leave_others_out(little: FlaskClient) -> None:
    """What has another value, or none, is no candidate."""
    for pid, v in (("cd:country", "US"), ("coordinates", "33.52,-86.8")):
        found = results_of(little, query="Birmingham", properties=[{"pid": pid, "v": v, "strict": True}])
        assert ids_of(found) == ["city/b2"]
    assert results_of(little, query="Zagreb", properties=[{"pid": "cd:country", "v": "US", "strict": True}]) == []


def test_coordinates_without_a_name(little: FlaskClient) -> None:
    """What is near comes, the nearest first, and is never taken unasked; also from two columns."""
    found = results_of(little, properties=[{"pid": "coordinates", "v": "52.5,-1.9"}])
    assert (ids_of(found), found[0]["match"]) == (["city/b1"], False)
    assert found[0]["score"] > 95
    two = [{"pid": "schema:longitude", "v": 15.5}, {"pid": "schema:latitude", "v": "45.8"}]
    (found_too,) = results_of(little, properties=two)
    assert found_too["id"] == f"{ID}city/zagreb"
    assert 20 < found_too["score"] < 95
    assert results_of(little, properties=[{"pid": "coordinates", "v": "0,0"}]) == []


def test_identifiers_of_others_without_a_name(little: FlaskClient) -> None:
    """A value that one thing alone has, of a property that tells things apart, is as good as an identifier."""
    wikidata = [{"pid": "skos:exactMatch", "v": "http://www.wikidata.org/entity/Q1435"}]
    found = results_of(little, properties=wikidata)
    assert (ids_of(found), found[0]["match"]) == (["city/zagreb"], True)
    british = results_of(little, properties=[{"pid": "cd:country", "v": "GB"}])
    assert (ids_of(british), british[0]["match"]) == (["city/b1"], False)


def test_the_limit_counts(little: FlaskClient) -> None:
    """No more candidates than were asked for."""
    assert len(results_of(little, query="Birmingham", limit=1)) == 1
    assert not results_of(little, query="Birmingham", limit=1)[0]["match"]


def test_queries_of_a_batch_do_not_touch_each_other(client: FlaskClient) -> None:
    """Each is answered as if it were alone."""
    names = ["Barcelona", "Barcelona", "Xiamen", "Barcelna"]
    together = asked(client, {f"q{i}": {"query": name} for i, name in enumerate(names)}).get_json()
    assert [together[f"q{i}"]["result"] for i in range(4)] == [results_of(client, query=name) for name in names]


# -- suggestions and data ----------------------------------------------------------------------------------------------


def test_suggestions_go_on(client: FlaskClient) -> None:
    """With a cursor come the next ones, none twice; names come before words, and a slip is better than nothing."""
    pages = [
        client.get("/reconcile/suggest/entity", query_string={"prefix": "b", "cursor": at}).get_json()["result"]
        for at in (0, 20, 40)
    ]
    ids = [each["id"] for page in pages for each in page]
    assert len(ids) == len(set(ids)) > 20
    assert pages[0][0]["name"].lower().startswith("b")
    slip = client.get("/reconcile/suggest/entity?prefix=Barcelnoa").get_json()["result"]
    assert slip[0]["id"] == BARCELONA


@pytest.mark.parametrize("kind", ["entity", "type", "property"])
def test_signs_begin_no_name(little: FlaskClient, kind: str) -> None:
    """What has neither letters nor digits is not taken for an empty prefix, with which all begin."""
    found = [little.get(f"/reconcile/suggest/{kind}", query_string={"prefix": each}).get_json() for each in ("", "…")]
    assert [bool(each["result"]) for each in found] == [True, False]


def test_suggestions_by_type_and_identifier(little: FlaskClient) -> None:
    """Only things of the type; an identifier is its thing, class or property."""
    found = little.get("/reconcile/suggest/entity", query_string={"prefix": "", "type": "cd:City"}).get_json()
    assert {each["id"].removeprefix(ID) for each in found["result"]} == {
        "city/b1",
        "city/b2",
        "city/beijing",
        "city/zagreb",
    }
    for kind, text in (("type", CITY), ("type", "City"), ("type", "Stad"), ("property", "cd:country")):
        first = little.get(f"/reconcile/suggest/{kind}", query_string={"prefix": text}).get_json()["result"][0]
        assert first["id"] == (CITY if kind == "type" else f"{CD}country")
        assert first["name"] == ("city" if kind == "type" else "country")
    city = little.get("/reconcile/suggest/type?prefix=city").get_json()["result"][0]
    assert [each["id"] for each in city["broader"]] == [f"{CD}Polity"]
    assert city["description"] == "A large place."


def test_properties_of_a_type(little: FlaskClient) -> None:
    """Those that its members have, and coordinates; of any type all of them."""
    bodies = little.get("/reconcile/properties?type=cd:Body").get_json()["properties"]
    assert {each["id"].rpartition("#")[2] for each in bodies} == {"type", "label", "altLabel", "coordinates"}
    every = {each["id"] for each in little.get("/reconcile/properties").get_json()["properties"]}
    assert {f"{CD}country", "coordinates"} < every


def test_data_by_datatype(little: FlaskClient) -> None:
    """Numbers, dates, texts and things each in their form; things of others as texts; nothing where there is none."""
    pids = [
        "cd:inhabitants",
        "cd:since",
        "cd:share",
        "cd:at",
        "cd:founded",
        "skos:exactMatch",
        "cd:country",
        "coordinates",
    ]
    ids = ["city:b2", f"{ID}city/zagreb", f"{ID}city/b1", "city:nobody"]
    rows = extended(little, ids, *({"id": pid} for pid in pids))["rows"]
    assert rows["city:b2"]["cd:inhabitants"] == [{"int": 196357}]
    assert rows["city:b2"]["cd:since"] == [{"date": "1871-12-19T00:00:00"}]
    assert rows[ids[1]]["cd:share"] == [{"float": 0.25}]
    assert rows[ids[1]]["cd:at"] == [{"str": "true"}]
    assert rows[ids[2]]["cd:founded"] == [{"str": "1166"}]
    assert rows["city:b2"]["skos:exactMatch"] == [{"str": "http://www.wikidata.org/entity/Q79867"}]
    assert rows["city:b2"]["coordinates"] == [{"str": "33.52,-86.8"}]
    assert rows[ids[1]]["cd:country"] == []
    assert rows["city:nobody"] == {pid: [] for pid in pids}


def test_data_by_settings(little: FlaskClient) -> None:
    """Languages, identifiers in place of cells, paths, and ways back."""
    german = {"id": "skos:altLabel", "settings": {"language": "de"}}
    assert extended(little, ["city:zagreb"], german)["rows"]["city:zagreb"]["skos:altLabel"] == [{"str": "Agram"}]
    for limit, number in (("2", 2), (1, 1), (0, 3)):
        few = {"id": "rdf:type", "settings": {"limit": limit}}
        assert len(extended(little, ["city:b1"], few)["rows"]["city:b1"]["rdf:type"]) == number
    iri = {"id": "cd:country", "settings": {"content": "iri"}}
    assert extended(little, ["city:b1"], iri)["rows"]["city:b1"]["cd:country"] == [{"str": f"{ID}country/uk"}]
    told = extended(little, ["city:b1", "country:uk"], {"id": "cd:country/cd:iso3166Alpha2"}, {"id": "^cd:country"})
    assert told["rows"]["city:b1"]["cd:country/cd:iso3166Alpha2"] == [{"str": "GB"}]
    assert told["rows"]["country:uk"]["^cd:country"] == [{"id": f"{ID}city/b1", "name": "Birmingham"}]
    assert told["meta"][0]["name"].startswith("country / ")
