"""What a change does, section by section, on a little project that each test edits in one place."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cdkg.assets import Project
from cdkg.changes import SECTIONS, Level, changed_results, compare, opened, touched
from cdkg.changes.difference import Sureness
from cdkg.cli import changing
from cdkg.errors import Location, SettingsError
from cdkg.graph import Role
from cdkg.validation import Report, Result, Severity
from little_project import CD, GRAPH, ID, QUESTION, add_twin, commit, difference, edit, named, start, write

_THIRD = named("city/exampleton", "twinnedWith", "city/thirdham")
_BACK = named("city/thirdham", "twinnedWith", "city/exampleton")


@pytest.fixture
def little(tmp_path: Path) -> Path:
    """A project with an ontology, a shape, a check and a question of its own, in a repository with one commit."""
    return start(tmp_path / "little")


def test_nothing_changed(little: Path) -> None:
    """A commit and the same files differ in nothing, class expressions with blank nodes included; nor do comments."""
    edit(little, "ontology/little.ttl", "cd:Gap a owl:Class .", "# a comment\n\n\ncd:Gap a owl:Class .")
    found = difference(little)
    assert not found
    assert found.version is not None
    assert found.version.level is Level.NONE


def test_statements_with_their_graph_and_place(little: Path) -> None:
    """A removed statement is told with its line then, an added one with its line now."""
    add_twin(little)
    edit(little, "data/pages/page-1.ttl", '<> rdfs:label "Page 1"@en .', '\n\n<> rdfs:label "Page 1"@en .')
    found = difference(little, "statements").statements
    (gone,), (come,) = found.gone, found.come
    assert come.triple == _THIRD
    assert gone.graph.value == come.graph.value == f"{GRAPH}pages/page-1"
    assert gone.place is not None
    assert come.place is not None
    assert (gone.place.path, come.place.path) == ("data/pages/page-1.ttl",) * 2
    assert come.place.line == (gone.place.line or 0) + 2


def test_moved_statements(little: Path) -> None:
    """A triple that only went to another graph has moved; the sets of added and removed are complete all the same."""
    edit(little, "data/pages/page-1.ttl", "city:exampleton cd:twinnedWith city:sampleville .\n", "")
    write(little, "data/pages/page-2.ttl", "city:exampleton cd:twinnedWith city:sampleville .\n")
    found = difference(little, "statements", "inferences")
    (move,) = found.moved
    assert move.before.graph.value.endswith("page-1")
    assert move.after.graph.value.endswith("page-2")
    assert len(found.statements.gone) == len(found.statements.come) == 1
    assert not found.inferences


def test_inferences_and_what_they_rest_on(little: Path) -> None:
    """What follows and what no longer does is told, with the asserted statement that the other state lacks."""
    add_twin(little)
    found = difference(little, "inferences").inferences
    come = {i.triple: i for i in found.come}
    assert set(come) == {_BACK}
    assert come[_BACK].rule == "prp-symp"
    assert [s.triple for s in come[_BACK].because] == [_THIRD]
    assert [i.triple for i in found.gone] == [named("city/sampleville", "twinnedWith", "city/exampleton")]
    assert found.gone[0].because[0].place is not None


def test_an_inference_that_rests_on_the_graph_of_a_statement(little: Path) -> None:
    """A rule that reads named graphs: the list still has the triple, what the page no longer says is the reason."""
    rule = (
        "#+ name: r\n#+ why: w\nCONSTRUCT { ?s cd:about ?g }\nWHERE { GRAPH ?g { ?s a cd:City ; cd:twinnedWith ?t } }\n"
    )
    write(little, "ontology/rules/about.rq", rule)
    edit(little, "data/pages/page-1.ttl", "city:exampleton ", "city:exampleton a cd:City ; ")
    commit(little)
    edit(little, "data/pages/page-1.ttl", "a cd:City ; ", "")
    (gone,) = difference(little, "inferences").inferences.gone
    assert [s.graph.value for s in gone.because] == [f"{GRAPH}pages/page-1"]


def test_an_inference_that_is_asserted_now_is_no_loss(little: Path) -> None:
    """It is the knowledge that counts: a statement was added, nothing was lost."""
    edit(little, "data/pages/page-1.ttl", "city:sampleville .", "city:sampleville .\ncity:sampleville cd:twinnedWith "
         "city:exampleton .")  # fmt: skip
    found = difference(little, "statements", "inferences")
    assert len(found.statements.come) == 1
    assert not found.inferences


def test_entities_new_gone_and_renamed(little: Path) -> None:
    """A city with the same triples under another name was renamed, although its twin is named anew too."""
    for name in ("data/entities/city.ttl", "data/pages/page-1.ttl"):
        edit(little, name, "city:sampleville", "city:sampletown")
        edit(little, name, "city:exampleton", "city:exampleburg")
    edit(little, "data/entities/city.ttl", 'city:thirdham a cd:City ; rdfs:label "Thirdham"@en',
         'city:fourthwick a cd:City ; rdfs:label "Fourthwick"@en')  # fmt: skip
    edit(
        little, "data/entities/city.ttl", "cd:country country:spain .\ncountry", "cd:country country:germany .\ncountry"
    )
    found = difference(little, "things").entities
    names = {(r.before.iri, r.after.iri): r.sureness for r in found.renamed}
    assert names == {
        (f"{ID}city/sampleville", f"{ID}city/sampletown"): Sureness.CERTAIN,
        (f"{ID}city/exampleton", f"{ID}city/exampleburg"): Sureness.CERTAIN,
    }
    assert [thing.label for thing in found.known.gone] == ["Thirdham"]
    assert [thing.label for thing in found.known.come] == ["Fourthwick"]


def test_a_rename_with_an_edit_is_less_sure(little: Path) -> None:
    """The same label and type with one other triple: it is likely the same."""
    third = 'city:{} a cd:City ; rdfs:label "Thirdham"@en ; cd:country country:{}'
    edit(little, "data/entities/city.ttl", third.format("thirdham", "spain"), third.format("third-ham", "germany"))
    (rename,) = difference(little, "things").entities.renamed
    assert rename.sureness is Sureness.LIKELY
    assert 0.5 <= rename.alike < 1


def test_a_thing_of_another_type_is_another_thing(little: Path) -> None:
    """However much is alike: a country that has a city's label and triples is no city."""
    edit(little, "data/entities/city.ttl", "city:thirdham a cd:City", "country:thirdham a cd:Country")
    found = difference(little, "things").entities
    assert not found.renamed
    assert (len(found.known.gone), len(found.known.come)) == (1, 1)


def test_deprecated(little: Path) -> None:
    """A term that is marked is told, with what takes its place; one that was marked before is not told again."""
    edit(little, "ontology/little.ttl", "cd:Gap a owl:Class .",
         "cd:Gap a owl:Class ; owl:deprecated true ; dcterms:isReplacedBy cd:Disagreement .")  # fmt: skip
    (found,) = difference(little, "things").terms.deprecated
    assert (found.thing.iri, found.replaced_by) == (f"{CD}Gap", (f"{CD}Disagreement",))
    commit(little)
    edit(little, "ontology/little.ttl", 'rdfs:label "place"@en', 'rdfs:label "a place"@en')
    assert not difference(little, "things").terms


def test_answers(little: Path) -> None:
    """A question with another answer is told with its rows; one with a row more of the same too."""
    add_twin(little)
    (found,) = difference(little, "questions").answers
    assert found.asked.slug == "001-twins"
    assert found.rows.gone == ((f"<{ID}city/sampleville>",),)
    assert found.rows.come == ((f"<{ID}city/thirdham>",),)
    assert not found.edited


def test_questions_edited_new_gone_and_broken(little: Path) -> None:
    """Each state asks its own questions; what cannot be answered is a change and no error."""
    query = little / "queries" / "competency"
    write(little, "queries/competency/002-new.rq", QUESTION)
    edit(little, "queries/competency/001-twins.rq", "?twin }", "?twin ")
    found = difference(little, "questions")
    assert [asked.slug for asked in found.questions.come] == ["002-new"]
    assert found.answers[0].edited
    assert found.answers[0].failed.come
    assert not found.answers[0].failed.gone
    assert len(found.answers[0].rows.gone) == 1
    edit(little, "queries/competency/001-twins.rq", "?twin  ORDER", "# as before\n?twin } ORDER")
    (answer,) = difference(little, "questions").answers
    assert answer.edited
    assert not answer.rows
    (query / "001-twins.rq").unlink()
    assert [asked.slug for asked in difference(little, "questions").questions.gone] == ["001-twins"]


def test_findings_are_compared_by_what_they_are_about(little: Path) -> None:
    """A finding whose line moved is the same; a new one and a mended one are told with their places."""
    edit(little, "data/entities/city.ttl", ' ; rdfs:label "Sampleville"@en', "")
    commit(little)
    edit(little, "data/entities/city.ttl", "\ncity:exampleton", "\n\n\ncity:exampleton")
    assert not difference(little, "findings").findings
    edit(little, "data/entities/city.ttl", ' ; rdfs:label "Thirdham"@en', "")
    edit(
        little, "data/entities/city.ttl", "city:sampleville a cd:City", 'city:sampleville a cd:City ; rdfs:label "S"@en'
    )
    found = difference(little, "findings").findings
    assert [r.focus for r in found.come] == [f"<{ID}city/thirdham>"]
    assert [r.focus for r in found.gone] == [f"<{ID}city/sampleville>"]
    assert found.come[0].places[0].path == found.gone[0].places[0].path == "data/entities/city.ttl"


def test_contradictions_are_told_and_no_crash(little: Path) -> None:
    """A state that contradicts itself is compared as any other."""
    edit(
        little,
        "ontology/little.ttl",
        "cd:Gap a owl:Class .",
        "cd:Gap a owl:Class .\ncd:City owl:disjointWith cd:Country .",
    )
    edit(little, "data/entities/city.ttl", "city:exampleton a cd:City", "city:exampleton a cd:City , cd:Country")
    found = difference(little, "contradictions", "questions").contradictions
    (clash,) = found.come
    assert clash.rule == "cax-dw"
    assert "data/entities/city.ttl" in {place.path for place in clash.places}
    commit(little)
    edit(little, "data/entities/city.ttl", "a cd:City , cd:Country", "a cd:City")
    found = difference(little, "contradictions").contradictions
    assert (len(found.gone), len(found.come)) == (1, 0)


def test_disagreements_opened_and_settled(little: Path) -> None:
    """By their nodes, with labels; one that only got another name is neither opened nor settled."""
    edit(little, "data/pages/page-1.ttl", '<#who> a cd:Disagreement ; rdfs:label "Who is twinned"@en .',
         '<#when> a cd:Disagreement ; rdfs:label "When that was"@en ; cd:concerns city:thirdham .')  # fmt: skip
    edit(little, "data/pages/page-1.ttl", "<#blank>", "<#blank-date>")
    found = difference(little, "disagreements")
    assert [thing.label for thing in found.disagreements.come] == ["When that was"]
    assert [thing.label for thing in found.disagreements.gone] == ["Who is twinned"]
    assert not found.gaps


def test_touched_nodes(little: Path) -> None:
    """Subjects and objects are touched, by what follows too; terms and what half the graph points at are not."""
    edit(little, "data/entities/city.ttl", "\ncountry:germany",
         "".join(f"\ncity:c{n} cd:country country:spain ." for n in range(150)) + "\ncountry:germany")  # fmt: skip
    commit(little)
    edit(little, "data/entities/city.ttl", "cd:country country:germany", "cd:country country:spain")
    found = touched(difference(little, "statements", "inferences"))
    assert f"<{ID}city/exampleton>" in found
    assert f"<{ID}country/germany>" in found
    assert f"<{ID}country/spain>" not in found
    assert f"<{CD}SpanishCity>" not in found
    assert f"<{ID}city/sampleville>" not in found


def test_changed_results(little: Path) -> None:
    """Kept is what a change touches: by node, by line, and all of a shape that is another now."""
    add_twin(little)
    edit(little, "shapes/little.ttl", "sh:minCount 1", "sh:minCount 2")
    found = difference(little, "statements", "inferences")

    def result(focus: str, source: str = "x:s", *places: Location) -> Result:
        return Result(Severity.WARNING, focus, source, f"<{ID}{focus}>", places=places)

    page = little.resolve() / "data" / "pages" / "page-1.ttl"
    changed = next(n for n, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1) if "thirdham" in line)
    report = Report((
        result("city/thirdham"), result("city/other"), result("city/a", "https://w3id.org/cdkg/shapes/City-label"),
        result("city/b", "https://w3id.org/cdkg/shapes/City"), result("city/c", "x:s", Location(str(page), changed)),
        result("city/d", "x:s", Location(str(page), changed + 1)),
        result("city/e", "x:s", Location(str(page), changed - 2, 1, changed, 3)),
    ))  # fmt: skip
    kept = [r.message for r in changed_results(report, found).results]
    assert sorted(kept) == ["city/a", "city/b", "city/c", "city/e", "city/thirdham"]


def test_sections_do_no_other_work(little: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements are told without reasoning and validation; an unknown section is refused."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("cdkg.pipeline.Workspace.infer", never)
    monkeypatch.setattr("cdkg.pipeline.Workspace.validate", never)
    add_twin(little)
    found = difference(little, "statements", "things")
    assert found.statements
    assert found.version is None
    with pytest.raises(SettingsError):
        difference(little, "axioms")


def test_the_command_knows_the_sections() -> None:
    """The command line has them by heart, for importing them would be slow."""
    assert changing._SECTIONS == SECTIONS  # noqa: SLF001


# applying a difference


def _edits(random_: random.Random) -> Iterator[Callable[[str], str]]:
    """Random edits of the lines of a file: one taken out, doubled, or with another name in it."""
    for kind in ("o", *random_.choices("odn", k=random_.randint(0, 5))):
        number, name = random_.random(), f"city:n{random_.randrange(9)}"

        def change(text: str, kind: str = kind, number: float = number, name: str = name) -> str:
            head, _, body = text.rpartition("@prefix")
            lines = body.splitlines()
            at = 1 + int(number * (len(lines) - 1))
            if kind == "o":
                lines[at:at] = [f'{name} a cd:City ; rdfs:label "{number}"@en ; cd:about [ cd:about [ ] , {name} ] .']
            elif kind == "d":
                lines[at:at] = [line for line in lines[at : at + 1] if line.endswith(".") and not line.startswith(" ")]
            else:
                lines = [line.replace("city:sampleville", name) for line in lines]
            return f"{head}@prefix{chr(10).join(lines)}\n"

        yield change


@pytest.mark.parametrize("seed", range(8))
def test_applying_the_difference_gives_the_other_state(little: Path, seed: int) -> None:
    """A without what is removed and with what is added is B, graph by graph, whatever was edited."""
    random_ = random.Random(seed)  # noqa: S311
    for change in _edits(random_):
        path = random_.choice(sorted(little.glob("data/*/*.ttl")))
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    if random_.random() < 0.5:
        (little / "data" / "pages" / "page-1.ttl").rename(little / "data" / "pages" / "other.ttl")
        edit(little, "data/pages/other.ttl", "pages/page-1>", "pages/other>")
    project = Project.find(little)
    with ExitStack() as stack:
        before, after = (stack.enter_context(opened(name, project)) for name in ("HEAD", None))
        found = compare(before, after, ["statements"]).statements
        graphs = {iri: set(triples) for iri, triples in before.triples.items()}
        for statement in found.gone:
            graphs[statement.graph].remove(statement.triple)
        for statement in found.come:
            assert statement.triple not in graphs.setdefault(statement.graph, set())
            graphs[statement.graph].add(statement.triple)
        assert {k: v for k, v in graphs.items() if v} == {k: set(v) for k, v in after.triples.items() if v}
        assert found


@pytest.mark.slow
def test_the_project_with_one_edited_file(tmp_path: Path) -> None:
    """A twinning less in a table of this project, told in all sections."""
    root = Path(__file__).parents[1]
    folder = tmp_path / "copy"
    for name in ("ontology", "shapes", "data", "queries"):
        shutil.copytree(root / name, folder / name)
    commit(folder)
    table = folder / "data" / "ucl" / "table-1.ttl"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("city:leeds", "city:york", 1), encoding="utf-8")
    found = difference(folder)
    assert {s.graph.value for s in found.statements.gone} == {f"{GRAPH}ucl/table-1"}
    assert found.inferences
    assert found.version is not None
    assert found.version.level is Level.NONE
    assert {s.role for s in found.statements.come} <= {Role.PASSAGE}
