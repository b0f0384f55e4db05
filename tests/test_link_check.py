"""Checks of links: what is found, what cannot be said, and the patch that mends it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyoxigraph import RdfFormat, Store

from cdkg import cli
from cdkg.linking import gazetteer as gazetteers
from cdkg.linking.checking import Checked, Fault, GazetteerRegister, NoRegister, Register, check, patch
from cdkg.linking.places import Kind, Sought
from cdkg.linking.remote import DIALECTS, RemoteRegister
from cdkg.sources import sssom
from places import COUNTRIES, little_gazetteer

CITY = "https://w3id.org/cdkg/id/city/"
GEONAMES = "https://sws.geonames.org/"
LITTLE = GazetteerRegister(little_gazetteer())
LEEDS = Sought(key=f"{CITY}leeds", name="Leeds", country="GB", latitude=53.8, longitude=-1.55, kind=Kind.CITY)
COLOGNE = Sought(key=f"{CITY}cologne", name="Cologne", country="DE", latitude=50.94, longitude=6.95, kind=Kind.CITY)


def mapping(subject: str, target: str, **more: object) -> sssom.Mapping:
    """An accepted match."""
    known = {"confidence": 1.0, "reviewer_label": ("me",), "subject_label": subject.rpartition("/")[2]} | more
    return sssom.Mapping(
        subject_id=subject, predicate_id="http://www.w3.org/2004/02/skos/core#exactMatch", object_id=target,
        mapping_justification="https://w3id.org/semapv/vocab/ManualMappingCuration", **known,  # type: ignore[arg-type]
    )  # fmt: skip


def mapping_set(*mappings: sssom.Mapping) -> sssom.MappingSet:
    """A set of them."""
    prefixes = {"city": CITY, "geonames": GEONAMES, "wd": "http://www.wikidata.org/entity/"}
    return sssom.MappingSet(
        mapping_set_id="https://w3id.org/cdkg/graph/links/geonames",
        license="https://x.org/",
        curie_map=prefixes,
        mappings=mappings,
    )


def checked(
    *mappings: sssom.Mapping, ours: Iterable[Sought] = (LEEDS, COLOGNE), register: Register = LITTLE
) -> Checked:
    """What is found of them."""
    return check(mapping_set(*mappings), ours, register)


def faults(found: Checked) -> list[tuple[str, str]]:
    """What is wrong with whom."""
    return [((f.mapping.subject_id or "").rpartition("/")[2], f.fault.value) for f in found.findings]


def test_links_that_hold_are_no_findings() -> None:
    """And are counted."""
    found = checked(mapping(LEEDS.key, f"{GEONAMES}16/"), mapping(COLOGNE.key, f"{GEONAMES}14/"))
    assert (faults(found), found.looked_at, found.unknown) == ([], 2, ())


def test_a_target_that_is_gone_is_found_with_who_is_meant_instead() -> None:
    """A city must be among the places of GeoNames."""
    found = checked(mapping(LEEDS.key, f"{GEONAMES}9999/"))
    assert faults(found) == [("leeds", "gone")]
    assert found.findings[0].target is not None
    assert found.findings[0].target.iri == f"{GEONAMES}16/"


def test_nobody_is_put_in_place_of_who_is_gone_unless_it_is_sure() -> None:
    """Springfield could be any."""
    thing = Sought(key=f"{CITY}springfield", name="Springfield", country="US", kind=Kind.CITY)
    found = checked(mapping(thing.key, f"{GEONAMES}9999/"), ours=[thing])
    assert found.findings[0].target is None


def test_of_what_the_gazetteer_need_not_have_nothing_is_said() -> None:
    """A region that is not there may be well."""
    region = replace(LEEDS, key="https://w3id.org/cdkg/id/place/north", kind=Kind.REGION)
    found = checked(mapping(region.key, f"{GEONAMES}9999/"), ours=[region])
    assert (faults(found), found.looked_at, len(found.unknown)) == ([], 0, 1)


def test_coordinates_that_moved_are_found() -> None:
    """Leeds in Kent is no city."""
    found = checked(mapping(LEEDS.key, f"{GEONAMES}16/"), ours=[replace(LEEDS, latitude=51.25, longitude=0.61)])
    assert faults(found) == [("leeds", "moved")]
    assert checked(mapping(LEEDS.key, f"{GEONAMES}16/"), ours=[replace(LEEDS, latitude=53.9)]).findings == ()


def test_a_country_that_changed_is_found_unless_it_is_counted_so() -> None:
    """Hong Kong is told as of China in many tables."""
    found = checked(mapping(LEEDS.key, f"{GEONAMES}16/"), ours=[replace(LEEDS, country="FR")])
    assert faults(found) == [("leeds", "country")]
    hong_kong = Sought(key=f"{CITY}hong-kong", name="Hong Kong", country="CN", kind=Kind.CITY)
    assert checked(mapping(hong_kong.key, f"{GEONAMES}18/"), ours=[hong_kong]).findings == ()


def test_two_of_ours_on_one_of_theirs_are_found() -> None:
    """Even where nobody knows the target."""
    two = mapping(LEEDS.key, f"{GEONAMES}16/"), mapping(f"{CITY}loidis", f"{GEONAMES}16/")
    assert faults(checked(*two, register=NoRegister())) == [("leeds", "shared"), ("loidis", "shared")]
    close = [replace(m, predicate_id="http://www.w3.org/2004/02/skos/core#closeMatch") for m in two]
    assert checked(*close).findings == checked(two[0], close[1]).findings == ()


@pytest.mark.parametrize(
    "other", [{"predicate_modifier": "Not"}, {"confidence": 0.5}, {"reviewer_label": ()}]
)  # fmt: skip
def test_only_accepted_links_are_checked(other: dict[str, object]) -> None:
    """Denials and candidates say nothing that could be wrong."""
    found = checked(mapping(LEEDS.key, f"{GEONAMES}9999/", **other))
    assert (found.findings, found.looked_at) == ((), 0)


# -- endpoints ---------------------------------------------------------------------------------------------------------

WIKIDATA = """
@prefix wd: <http://www.wikidata.org/entity/> . @prefix wdt: <http://www.wikidata.org/prop/direct/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix geo: <http://www.opengis.net/ont/geosparql#> .
wd:Q39121 rdfs:label "Leeds"@en ; wdt:P17 wd:Q145 ; wdt:P625 "Point(-1.54 53.79)"^^geo:wktLiteral .
wd:Q145 wdt:P297 "GB" .
wd:Q111 owl:sameAs wd:Q365 .
"""
#: Leeds as of before, and where somebody once took it to be.
FORMER = """
wd:Q39121 wdt:P17 wd:Q1, wd:Q999 ; wdt:P625 "Point(10 10)"^^geo:wktLiteral, "Point(-70 10)"^^geo:wktLiteral .
wd:Q1 wdt:P297 "AU" . wd:Q999 wdt:P297 "US" .
"""


def register(more: str = "") -> RemoteRegister:
    """An endpoint with Leeds, and a Cologne that was merged into another."""
    store = Store()
    store.load(WIKIDATA + more, format=RdfFormat.TURTLE)

    def ask(query: str) -> Iterable[Mapping[str, str]]:
        rows = store.query(query)
        names = [variable.value for variable in rows.variables]  # type: ignore[union-attr]
        return [{n: row[n].value for n in names if row[n] is not None} for row in rows]  # type: ignore[union-attr]

    return RemoteRegister(ask, DIALECTS["wikidata"], COUNTRIES)


def test_an_endpoint_tells_who_is_gone_who_is_redirected_and_who_is_well() -> None:
    """Each is asked for once."""
    wd = "http://www.wikidata.org/entity/"
    found = checked(
        mapping(LEEDS.key, f"{wd}Q39121"), mapping(COLOGNE.key, f"{wd}Q111"), mapping(f"{CITY}x", f"{wd}Q0"),
        register=register(),
    )  # fmt: skip
    assert faults(found) == [("cologne", "redirected"), ("x", "gone")]
    assert found.findings[0].target is not None
    assert found.findings[0].target.iri == f"{wd}Q365"
    assert found.looked_at == 3


def test_former_countries_and_other_coordinates_are_no_findings() -> None:
    """One of several has to be ours; where none is, that is a finding."""
    link = mapping(LEEDS.key, "http://www.wikidata.org/entity/Q39121")
    assert faults(checked(link, register=register(FORMER))) == []
    elsewhere = replace(LEEDS, country="FR", latitude=80.0)
    assert faults(checked(link, ours=[elsewhere], register=register(FORMER))) == [
        ("leeds", "country"),
        ("leeds", "moved"),
    ]


def test_an_endpoint_tells_who_moved() -> None:
    """Coordinates are points in WKT."""
    found = checked(
        mapping(LEEDS.key, "http://www.wikidata.org/entity/Q39121"),
        ours=[replace(LEEDS, latitude=50.0)],
        register=register(),
    )
    assert faults(found) == [("leeds", "moved")]


# -- the patch ---------------------------------------------------------------------------------------------------------


def test_the_patch_applies_and_what_it_mends_is_found_no_more(tmp_path: Path) -> None:
    """A new target is a candidate again, for nobody has seen it."""
    before = mapping_set(
        mapping(LEEDS.key, f"{GEONAMES}9999/"),
        mapping(COLOGNE.key, f"{GEONAMES}14/"),
        mapping(f"{CITY}köln", f"{GEONAMES}14/"),
    )
    path = tmp_path / "geonames.sssom.tsv"
    path.write_text(sssom.write(before), encoding="utf-8")
    found = check(before, [LEEDS, COLOGNE], LITTLE)
    assert {finding.fault for finding in found.findings} == {Fault.GONE, Fault.SHARED}
    diff = patch(before, found.findings, path.read_text(encoding="utf-8"), path.name)
    subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=tmp_path, check=True)
    after = sssom.read(path)
    assert check(after, [LEEDS, COLOGNE], LITTLE).findings == ()
    (leeds,) = [m for m in after.mappings if m.subject_id == LEEDS.key]
    assert (leeds.object_id, leeds.is_reviewed) == (f"{GEONAMES}16/", False)
    assert "is not there any more" in (leeds.comment or "")


def test_who_shares_a_target_without_another_fault_stays() -> None:
    """Cologne in the place of Leeds is the slip, not Leeds; of two that only share, nobody knows which is."""
    known = {"comment": "looked up"}
    wrong = mapping_set(mapping(LEEDS.key, f"{GEONAMES}16/", **known), mapping(COLOGNE.key, f"{GEONAMES}16/", **known))
    diff = patch(wrong, check(wrong, [LEEDS, COLOGNE], LITTLE).findings, sssom.write(wrong), "x.tsv")
    assert "-city:cologne" in diff
    assert "-city:leeds" not in diff
    two = mapping_set(
        mapping(LEEDS.key, f"{GEONAMES}16/", **known), mapping(f"{CITY}loidis", f"{GEONAMES}16/", **known)
    )
    diff = patch(two, check(two, [LEEDS], LITTLE).findings, sssom.write(two), "x.tsv")
    assert "-city:leeds" in diff
    assert "-city:loidis" in diff


def test_what_holds_is_not_touched_by_the_patch() -> None:
    """A diff of one row is read; one of all rows is not."""
    known = {"comment": "looked up", "object_label": "so it is called"}
    before = mapping_set(
        mapping(LEEDS.key, f"{GEONAMES}9999/", **known), mapping(COLOGNE.key, f"{GEONAMES}14/", **known)
    )
    diff = patch(before, check(before, [LEEDS, COLOGNE], LITTLE).findings, sssom.write(before), "x.tsv")
    assert "cologne" not in "".join(line for line in diff.splitlines() if line.startswith(("-", "+")))


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    """GeoNames is a few places."""
    monkeypatch.setattr(gazetteers, "geonames", lambda: LITTLE.gazetteer)
    monkeypatch.setattr(gazetteers, "known_countries", lambda: COUNTRIES)


def run(folder: Path, *mappings: sssom.Mapping, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Exit code and output of `cdkg link check` for a file of mappings."""
    path = folder / "links.sssom.tsv"
    path.write_text(sssom.write(mapping_set(*mappings)), encoding="utf-8")
    told = CliRunner().invoke(cli.main, ["link", "check", str(path), *options])
    return told.exit_code, told.stdout, told.stderr


@pytest.mark.usefixtures("_little")
def test_the_command_tells_findings_and_the_patch(tmp_path: Path) -> None:
    """Exit 0 where all is well, 1 with findings."""
    assert run(tmp_path, mapping(f"{CITY}leeds", f"{GEONAMES}16/"))[0] == 0
    code, told, _ = run(tmp_path, mapping(f"{CITY}leeds", f"{GEONAMES}9999/"))
    assert code == 1
    assert "gone" in told
    assert "+city:leeds\tleeds" in told
    code, alone, _ = run(tmp_path, mapping(f"{CITY}leeds", f"{GEONAMES}9999/"), options=("--patch",))
    assert (code, alone.startswith("--- a/")) == (1, True)


@pytest.mark.usefixtures("_little")
def test_each_target_is_asked_about_its_own_links_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to Wikidata that GeoNames does not know is not gone, nor the other way round."""
    both = mapping(f"{CITY}leeds", f"{GEONAMES}16/"), mapping(f"{CITY}leeds", "http://www.wikidata.org/entity/Q39121")
    code, _, said = run(tmp_path, *both)
    assert (code, "1 links checked, 1 could not be" in said) == (0, True)
    monkeypatch.setattr("cdkg.linking.remote.RemoteRegister", lambda *_: register())
    code, _, said = run(tmp_path, *both, options=("--endpoint", "wikidata=https://example.org/sparql"))
    assert (code, "2 links checked" in said) == (0, True)
    assert LITTLE.known(["http://www.wikidata.org/entity/Q39121"], {}) == {}


@pytest.mark.parametrize("mappings", [(), (mapping(f"{CITY}leeds", "http://www.wikidata.org/entity/Q39121"),)])
def test_where_nothing_could_be_checked_the_command_says_so(
    tmp_path: Path, mappings: tuple[sssom.Mapping, ...]
) -> None:
    """No finding is no comfort then: exit 2."""
    code, _, said = run(tmp_path, *mappings)
    assert code == 2
    assert "0 links checked" in said


def test_a_file_or_endpoint_that_cannot_be_used_is_exit_2(tmp_path: Path) -> None:
    """With a message."""
    assert CliRunner().invoke(cli.main, ["link", "check", str(tmp_path / "none.sssom.tsv")]).exit_code == 2
    one = mapping(f"{CITY}leeds", "http://www.wikidata.org/entity/Q39121")
    assert run(tmp_path, one, options=("--endpoint", "https://example.org"))[0] == 2
