"""Reconciliation Service API: values that agree, what is refused with its reason, and HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, Store

from cdkg.linking.reconciling_values import Column, Condition, Value, nearness, point
from cdkg.pipeline import Workspace
from cdkg.server import create_app
from cdkg.server.answers import InProcess
from cdkg.server.reconciling.asked import MOST_QUERIES
from cdkg.vocabulary import ID
from reconciling import (
    asked,
)


@pytest.fixture(scope="module")
def client(reasoned: Workspace) -> FlaskClient:
    """A client of the application over the project's graph."""
    return create_app(InProcess(reasoned.graph.store, version="1")).test_client()


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("41.38,2.17", (41.38, 2.17)),
        (" -41.38 ; +2 ", (-41.38, 2.0)),
        ("41.38 2.17", (41.38, 2.17)),
        ("POINT(2.17 41.38)", (41.38, 2.17)),
        ("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> point ( 2.17 41.38 )", (41.38, 2.17)),
        ("90,180", (90.0, 180.0)),
        ("90.1,0", None),
        ("0,180.5", None),
        ("41,38,2,17", None),
        ("nan,0", None),
        ("1e2,0", None),
        ("", None),
    ],
)
def test_points(text: str, found: tuple[float, float] | None) -> None:
    """Latitude first, but in well-known text the longitude."""
    assert point(text) == found


def test_nearness_falls_with_distance() -> None:
    """It is whole nearby, and nothing far away."""
    away = [nearness(kilometres) for kilometres in (0, 5, 15, 25, 60, 100, 300, 500, 20_000)]
    assert away == sorted(away, reverse=True)
    assert (away[1], away[3], away[-1]) == (1, 0.9, 0)


@pytest.mark.parametrize(
    ("held", "asked_for", "least", "most"),
    [
        ("2005", "2005-01-01T00:00:00Z", 1, 1),
        ("2005-06-07", "2005", 1, 1),
        ("2005-06-07", "2005-06-08", 0, 0.95),
        ("100", "100.0", 1, 1),
        ("100", "101", 0.85, 0.95),
        ("100", "200", 0, 0),
        ("Königreich", "konigreich", 1, 1),
        ("Catalonia", "Cataluna", 0.6, 0.9),
        ("north", "south", 0, 0.5),
    ],
)
def test_agreement_of_values(held: str, asked_for: str, least: float, most: float) -> None:
    """Dates agree by what both say, numbers by how far they are apart, texts by how they are written."""
    column = Column([("x", Value(held))], lambda _: ())
    found = column.agreement("x", Condition("p", (Value("other"), Value(asked_for))))
    assert found is not None
    assert least <= found <= most
    assert column.agreement("y", Condition("p", (Value(held),))) is None


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("Barcelona", "object"),
        ({}, "neither"),
        ({"query": 7}, "text"),
        ({"query": "x", "limit": 0}, "limit"),
        ({"query": "x", "limit": 1.5}, "limit"),
        ({"query": "x", "limit": True}, "limit"),
        ({"query": "x", "props": []}, "props"),
        ({"query": "x", "type_strict": "perhaps"}, "type_strict"),
        ({"query": "x", "type_strict": {}}, "type_strict"),
        ({"query": "x", "type": {"id": "City"}}, "type"),
        ({"query": "x", "properties": {"pid": "a"}}, "list"),
        ({"query": "x", "properties": [{"pid": "cd:country"}]}, "pid"),
        ({"query": "x", "properties": [{"pid": "cd:country", "v": None}]}, "neither"),
        ({"query": "x", "properties": [{"pid": "cd:country", "v": {"name": "Spain"}}]}, "id"),
        ({"query": "x", "properties": [{"pid": "cd:country", "v": "x", "strict": "yes"}]}, "strict"),
    ],
    ids=str,
)
def test_a_bad_query_is_named(client: FlaskClient, query: Any, told: str) -> None:
    """400 with which query it is, and why, where it is none by the schema; the good one beside it does not hide it."""
    response = asked(client, {"good": {"query": "Barcelona"}, "bad one": query})
    assert (response.status_code, response.mimetype) == (400, "application/problem+json"), response.text
    assert response.get_json()["query"] == "bad one"
    assert "bad one" in response.get_json()["detail"]
    assert told in response.get_json()["detail"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"query": " "}, "neither"),
        ({"query": "x" * 501}, "501"),
        ({"query": "x", "type": "cd:Citi"}, "perhaps https://w3id.org/cdkg/ontology/City"),
        ({"query": "x", "type": "http://nobody.example/Zyxwv"}, "suggest/type"),
        ({"query": "x", "type": ["cd:City"] * 51}, "51"),
        ({"query": "", "properties": [{"pid": "cd:country", "v": ["", " "]}]}, "neither"),
        ({"query": "x", "properties": [{"pid": "cd:country", "v": ["x"] * 51}]}, "51"),
        (
            {"query": "x", "properties": [{"pid": "cd:county", "v": "x"}]},
            "perhaps https://w3id.org/cdkg/ontology/country",
        ),
        ({"query": "x", "properties": [{"pid": "nope:country", "v": "x"}]}, "prefix"),
        ({"query": "x", "properties": [{"pid": "cd:country}", "v": "x"}]}, "no"),
        ({"query": "x", "properties": [{"pid": "<a b>", "v": "x"}]}, "no"),
        ({"query": "x", "properties": [{"pid": "/".join(["cd:country"] * 5), "v": "x"}]}, "path"),
        ({"query": "x", "properties": [{"pid": "coordinates", "v": "north"}]}, "no place"),
        ({"query": "x", "properties": [{"pid": "coordinates", "v": "91,0"}]}, "no place"),
        ({"query": "x", "properties": [{"pid": "cd:country", "v": "x"}] * 21}, "21"),
    ],
    ids=str,
)
def test_what_cannot_be_answered_does_not_touch_others(client: FlaskClient, query: Any, told: str) -> None:
    """By the schema it is a query: it has an empty result and the reason, and the one beside it has its answer."""
    response = asked(client, {"odd": query, "good": {"query": "Barcelona"}})
    assert response.status_code == 200, response.text
    odd, good = (response.get_json()[name] for name in ("odd", "good"))
    assert (odd["result"], odd["error"]["status"]) == ([], 400)
    assert told in odd["error"]["detail"]
    assert good["result"][0]["match"]
    assert "error" not in good


def test_a_batch_is_about_the_columns_of_a_table(client: FlaskClient) -> None:
    """Values of all properties that it names are held at once, so that there is a bound."""
    batch = {str(number): {"query": "x", "properties": [{"pid": f"ex:p{number}", "v": "x"}]} for number in range(21)}
    assert asked(client, batch).status_code == 413
    batch.popitem()
    assert asked(client, batch).status_code == 200


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (400, {"data": {"queries": "{"}}),
        (400, {"data": {"queries": "[]"}}),
        (400, {"data": {"queries": "null"}}),
        (400, {"data": {"queries": '{"q": {"query": NaN}}'}}),
        (400, {"data": {"queries": '{"q": {"query": "\\ud800"}}'}}),
        (400, {"data": {"queries": "[" * 100_000}}),
        (400, {"data": {"queries": '{"q": {"query": "x", "limit": ' + "9" * 5000 + "}}"}}),
        (400, {"data": {"queries": "{}", "extend": "{}"}}),
        (400, {"data": {"nothing": "{}"}}),
        (400, {"data": {"extend": '{"ids": "x", "properties": []}'}}),
        (400, {"data": {"extend": '{"ids": [], "properties": [{}]}'}}),
        (400, {"data": {"extend": '{"ids": [], "properties": [{"id": "cd:country", "settings": {"rank": "best"}}]}'}}),
        (400, {"data": {"extend": '{"ids": [], "properties": [{"id": "cd:country", "settings": {"limit": "all"}}]}'}}),
        (400, {"data": {"extend": '{"ids": ["city:barcelona"], "properties": [{"id": "cd:nothing"}]}'}}),
        (413, {"data": {"extend": json.dumps({"ids": ["x"] * 1001, "properties": []})}}),
        (413, {"data": {"queries": json.dumps({str(i): {"query": "x"} for i in range(MOST_QUERIES + 1)})}}),
        (413, {"data": {"queries": " " * 3_000_000}}),
        (415, {"data": "{}", "content_type": "application/json"}),
        (400, {"data": b"queries=%ff", "content_type": "application/x-www-form-urlencoded"}),
    ],
)
def test_refusals(client: FlaskClient, status: int, request_: dict[str, Any]) -> None:
    """Each wrong request has its status, with a reason, and never a fault of the server."""
    response = client.post("/reconcile", **request_)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.text[:300]
    assert response.get_json()["detail"]


@pytest.mark.parametrize(
    ("status", "path"),
    [
        (400, "/reconcile/suggest/entity"),
        (400, "/reconcile/suggest/entity?prefix=a&cursor=-1"),
        (400, "/reconcile/suggest/entity?prefix=a&cursor=%D9%A1"),
        (400, "/reconcile/suggest/entity?prefix=a&type=cd:Nothing"),
        (400, f"/reconcile/suggest/entity?prefix={'a' * 501}"),
        (404, "/reconcile/suggest/nothing?prefix=a"),
        (400, "/reconcile/properties?type=cd:Nothing"),
        (400, "/reconcile/properties?limit=all"),
        (404, "/reconcile/preview?id=city:nothing"),
        (404, "/reconcile/preview"),
        (404, "/reconcile/view?id=https://evil.example/"),
        (404, "/reconcile/flyout/entity?id=city:nothing"),
        (400, "/reconcile?callback=alert(1)"),
        (405, "/reconcile/preview"),
    ],
)
def test_refusals_of_addresses(client: FlaskClient, status: int, path: str) -> None:
    """The same for what is asked by GET."""
    response = client.delete(path) if status == 405 else client.get(path)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.text[:300]


def test_names_are_data_and_not_markup() -> None:
    """Whatever things are called, it opens no tag in previews, flyouts and scripts."""
    store = Store()
    evil = '"<script>alert(1)</script> \u2028 &amp;"'
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    store.load(f"<{ID}body/x> {label} {evil} .".encode(), RdfFormat.TURTLE)
    client = create_app(InProcess(store)).test_client()
    preview = client.get("/reconcile/preview?id=body:x").text
    flyout = client.get("/reconcile/flyout/entity?id=body:x").get_json()["html"]
    assert "<script" not in preview + flyout
    script = client.get("/reconcile/suggest/entity?prefix=&callback=f").text
    assert script.startswith("/**/f(")
    assert "\u2028" not in script


def test_pages_of_ours_get_no_script(client: FlaskClient) -> None:
    """They trust scripts of this server, so that none that a request makes up is handed to them."""
    response = client.get("/reconcile?callback=f", headers={"Sec-Fetch-Site": "same-origin"})
    assert response.status_code == 403
    assert client.get("/reconcile?callback=f", headers={"Sec-Fetch-Site": "same-site"}).status_code == 200


# -- HTTP --------------------------------------------------------------------------------------------------------------


def test_only_the_preview_may_be_framed(client: FlaskClient) -> None:
    """It is shown inside of other sites, as the specification wants; nothing else is, and it runs no script."""
    framed = client.get("/reconcile/preview?id=city:barcelona")
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    assert "script-src 'self'" in framed.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed.headers
    for path in ("/", "/reconcile", "/reconcile/preview?id=nobody", "/page/id/city/barcelona"):
        response = client.get(path)
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"], path
        assert response.headers["X-Frame-Options"] == "DENY"


def test_other_origins_may_ask(client: FlaskClient) -> None:
    """Every address answers them, refusals too, and says so beforehand."""
    for path in ("/reconcile", "/reconcile/suggest/entity?prefix=a", "/reconcile/properties?limit=x"):
        assert client.get(path).headers["Access-Control-Allow-Origin"] == "*"
    before = client.options("/reconcile", headers={"Origin": "http://127.0.0.1:3333"})
    assert "POST" in before.headers["Access-Control-Allow-Methods"]


def test_what_a_client_has_is_not_sent_again(client: FlaskClient) -> None:
    """An answer to GET has an entity tag of its own, one to POST has none."""
    tags = set()
    for path in ("/reconcile", "/reconcile/suggest/type?prefix=c", "/reconcile/preview?id=city:barcelona"):
        tag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
        tags.add(tag)
    assert len(tags) == 3
    assert "ETag" not in asked(client, {"q": {"query": "x"}}).headers
