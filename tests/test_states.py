"""States of a project: folders, git revisions and snapshots; and names for blank nodes that outlast a reading."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, Triple

from cdkg.assets import Project
from cdkg.changes.canonical import canonical_names, renamed
from cdkg.errors import SourceError
from cdkg.pipeline import build
from little_project import add_twin, commit, difference, edit, git, start, write


@pytest.fixture
def little(tmp_path: Path) -> Path:
    """A project with an ontology, a shape, a check and a question of its own, in a repository with one commit."""
    return start(tmp_path / "little")


def test_states(little: Path, tmp_path: Path) -> None:
    """Folders, revisions of all forms and snapshots are states; the work tree and the index stay as they are."""
    built = build(Project.find(little), allow_violations=True).snapshot
    assert built is not None
    git(little, "tag", "v1")
    first = git(little, "rev-parse", "HEAD")
    add_twin(little)
    commit(little)
    edit(little, "data/pages/page-1.ttl", "Page 1", "Page one")
    git(little, "add", "-A")
    edit(little, "data/pages/page-1.ttl", "Page one", "Page two")
    status = git(little, "status", "--porcelain")
    copy = tmp_path / "copy"
    git(little, "worktree", "add", "-q", "--detach", str(copy), "v1")
    for state in ("HEAD~1", "v1", first, first[:9], "main~1", str(copy), str(built.path), built.path.name, "current"):
        assert len(difference(little, "statements", before=state, after="HEAD").statements.come) == 1, state
        assert len(difference(little, "inferences", before=state, after="HEAD").inferences.come) == 1, state
        assert len(difference(little, "statements", before=state).statements.come) == 2, state
    assert not difference(little, before=first, after=str(built.path))
    assert git(little, "status", "--porcelain") == status


@pytest.mark.parametrize(
    "name", ["-x", "--output=/x", "no-such", "HEAD:data", "", "\0", "HEAD~99", "data\n", "data/pages"]
)
def test_no_state(little: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What names no state is refused with a message, whatever it looks like."""
    monkeypatch.chdir(little)
    with pytest.raises(SourceError):
        difference(little, before=name)


@pytest.mark.slow
def test_a_snapshot_of_a_project_on_ours(starter: Path) -> None:
    """What was built and the files that it was built from differ in nothing, with our entities behind both."""
    assert build(Project.find(starter)).snapshot is not None
    assert not difference(starter, before="current")


def test_a_folder_without_git(starter: Path) -> None:
    """HEAD of a folder that is in no repository is told to be none."""
    with pytest.raises(SourceError):
        difference(starter)


def test_a_revision_before_the_project(tmp_path: Path, starter: Path) -> None:
    """The project is a folder of its repository that came later; states are those of that folder."""
    (tmp_path / "README").write_text("first", encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "README")
    git(tmp_path, "commit", "-q", "-m", "first")
    commit(tmp_path)
    with pytest.raises(SourceError):
        difference(starter, before="HEAD~1")
    assert not difference(starter, "statements", "things")
    edit(starter, "data/entities/my-cities.ttl", '"Sampleville"', '"Sampletown"')
    assert len(difference(starter, "statements").statements.come) == 1


def test_links_in_a_revision(little: Path, tmp_path: Path) -> None:
    """A symbolic link inside is followed, one to the outside is refused: it is not what was committed."""
    link = little / "queries" / "competency" / "002-same.rq"
    link.symlink_to("001-twins.rq")
    commit(little)
    link.unlink()
    assert [asked.slug for asked in difference(little, "questions").questions.gone] == ["002-same"]
    outside = write(tmp_path, "outside.rq", link.with_name("001-twins.rq").read_text(encoding="utf-8"))
    link.symlink_to(outside)
    commit(little)
    with pytest.raises(SourceError):
        difference(little, "questions")


def test_a_snapshot_is_as_it_was_built(little: Path) -> None:
    """What followed then is what it says, whatever the rules are now."""
    assert build(Project.find(little), allow_violations=True).snapshot is not None
    assert not difference(little, "inferences", before="current")
    write(
        little,
        "ontology/rules/new.rq",
        "#+ name: n\n#+ why: w\nCONSTRUCT { ?b cd:about ?a } WHERE { ?a cd:country ?b }",
    )
    found = difference(little, "inferences", before="current").inferences
    assert (len(found.come), len(found.gone)) == (3, 0)


def test_attributes_do_not_change_a_revision(little: Path) -> None:
    """Files that `git archive` would leave out are part of the state."""
    write(little, ".gitattributes", "data/pages/* export-ignore\n*.ttl filter=bad\n")
    git(little, "config", "filter.bad.smudge", "false")
    commit(little)
    assert not difference(little, "statements")


# blank nodes


def _isomorphic(one: list[Triple], other: list[Triple]) -> bool:
    datasets = [Dataset(Quad(t.subject, t.predicate, t.object) for t in part) for part in (one, other)]
    for dataset in datasets:
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return datasets[0] == datasets[1]


@pytest.mark.parametrize("seed", range(300))
def test_canonical_names_tell_what_the_recommendation_tells(seed: int) -> None:
    """Two small graphs have the same canonical triples when they are isomorphic, and only then."""
    random_ = random.Random(seed)  # noqa: S311
    nodes: list[BlankNode | NamedNode] = [*(BlankNode(f"x{n}") for n in range(random_.randint(1, 6))), NamedNode("x:a")]
    predicates = [NamedNode("x:p"), NamedNode("x:q")]
    one = list({Triple(random_.choice(nodes), random_.choice(predicates), random_.choice(nodes)) for _ in range(8)})
    fresh = {node: BlankNode() for node in nodes if isinstance(node, BlankNode)}
    other = [renamed(triple, fresh) for triple in one]
    random_.shuffle(other)
    if random_.random() < 0.5:
        other[0] = Triple(other[-1].subject, other[0].predicate, other[0].object)
        other = list(set(other))
    one_named, other_named = ({renamed(t, canonical_names(part)) for t in part} for part in (one, other))
    assert (one_named == other_named) == _isomorphic(one, other)


def test_many_nodes_that_look_alike_take_no_time() -> None:
    """Twelve nodes that all point at each other would take the recommendation's algorithm years."""
    nodes = [BlankNode() for _ in range(12)]
    triples = [Triple(a, NamedNode("x:p"), b) for a in nodes for b in nodes if a != b]
    assert len(set(canonical_names(triples).values())) == 12


def test_other_expressions_keep_their_names() -> None:
    """A change in one expression does not touch the name of another."""
    one, other = ([Triple(NamedNode(f"x:{s}"), NamedNode("x:p"), BlankNode(s)), Triple(BlankNode(s), NamedNode("x:q"),
                   Literal(value))] for s, value in (("a", "1"), ("b", "2")))  # fmt: skip
    assert canonical_names(one)[BlankNode("a")] == canonical_names([*one, *other])[BlankNode("a")]
