"""`cdkg diff`: its formats, exit codes and refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt
from pyoxigraph import Literal, NamedNode, Triple

from cdkg.changes.difference import (
    AnswerChange,
    Asked,
    Change,
    Difference,
    Inferred,
    Level,
    Reason,
    Statement,
    Thing,
    Things,
    Verdict,
)
from cdkg.changes.telling import MARKER, headline, markdown, outline
from cdkg.cli import main
from cdkg.errors import Location
from cdkg.graph import Role
from little_project import ID, QUESTION, add_twin, commit, edit, git, start, write

_EVIL = "a`b``` ````\n</details><script>alert(1)</script> [x](http://x) @someone | <!-- \x1b[31m \u202e"


@pytest.fixture
def little(tmp_path: Path) -> Path:
    """A little project with one commit."""
    return start(tmp_path / "little")


def _run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["diff", *arguments, "--project", str(folder)])


def test_nothing_differs(little: Path) -> None:
    """HEAD against the files as they are, without a word too many; in Markdown the marker is there all the same."""
    result = _run(little, "--exit-code")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 1
    assert _run(little, "--format", "markdown").stdout.startswith(MARKER + "\n")
    assert json.loads(_run(little, "--format", "json").stdout)["differs"] is False


def test_text(little: Path) -> None:
    """What came and went with prefixed names and lines; as much of each as the limit says."""
    add_twin(little)
    result = _run(little)
    assert result.exit_code == 0, result.output
    assert re.search(r"^\+ city:exampleton cd:twinnedWith city:thirdham  \(data/pages/page-1.ttl:\d+:\d+\)$",
                     result.stdout, re.MULTILINE)  # fmt: skip
    assert re.search(r"^- city:sampleville cd:twinnedWith city:exampleton \[prp-symp\]$", result.stdout, re.MULTILINE)
    assert "city:thirdham" not in _run(little, "--limit", "0").stdout
    assert _run(little, "--exit-code").exit_code == 1


def test_json(little: Path) -> None:
    """All that was asked for, and nothing else; a limit shortens lists, not numbers."""
    add_twin(little)
    told = json.loads(_run(little, "--format", "json").stdout)
    assert told["differs"] is True
    (added,) = told["statements"]["added"]["items"]
    assert added["object"] == f"<{ID}city/thirdham>"
    assert added["place"]["file"] == "data/pages/page-1.ttl"
    assert told["inferences"]["new"]["items"][0]["because"][0]["subject"] == f"<{ID}city/exampleton>"
    assert told["answers"]["items"][0]["rows_come"] == [[f"<{ID}city/thirdham>"]]
    assert told["version"]["level"] == "none"
    assert set(told) >= {
        "entities",
        "terms",
        "shapes",
        "questions",
        "findings",
        "contradictions",
        "disagreements",
        "gaps",
    }
    told = json.loads(_run(little, "--format", "json", "--only", "statements", "--limit", "0").stdout)
    assert told["statements"]["added"] == {"number": 1, "items": []}
    assert "inferences" not in told


def test_states_by_name(little: Path) -> None:
    """A against the files as they are, or against B; `.` says that by name."""
    add_twin(little)
    commit(little)
    for names, code in ((("HEAD~1",), 1), (("HEAD~1", "."), 1), (("HEAD~1", "HEAD"), 1), (("HEAD", "."), 0), ((), 0)):
        assert _run(little, *names, "--exit-code", "--only", "statements").exit_code == code, names


def test_output_into_a_file(little: Path, tmp_path: Path) -> None:
    """Each format goes into a file as it goes to the screen; a folder is refused."""
    add_twin(little)
    for form in ("text", "markdown", "json"):
        out = tmp_path / f"diff.{form}"
        result = _run(little, "--format", form, "-o", str(out), "--only", "statements")
        assert (result.exit_code, result.stdout) == (0, "")
        assert out.read_text(encoding="utf-8") == _run(little, "--format", form, "--only", "statements").stdout
    assert _run(little, "-o", str(tmp_path), "--only", "statements").exit_code == 2


def test_a_state_that_cannot_be_read(little: Path) -> None:
    """Exit 2, with the file and line; a revision that looks like an option, or is not there, too."""
    edit(little, "data/pages/page-1.ttl", "cd:twinnedWith", "cd:twinnedWith ;")
    result = _run(little, "--exit-code")
    assert result.exit_code == 2
    assert re.search(r"page-1\.ttl:\d+", result.stderr)
    git(little, "checkout", "-q", "--", ".")
    for name in ("no-such", "--", "HEAD~7"):
        assert _run(little, name, "--", "-x").exit_code == 2
    assert _run(little, "--only", "axioms").exit_code == 2


def test_a_broken_revision_is_told_by_its_path_in_the_project(little: Path) -> None:
    """A former state that cannot be read is exit 2 as well, and the temporary folder is gone afterwards."""
    edit(little, "data/pages/page-1.ttl", "cd:twinnedWith", "cd:twinnedWith ;")
    commit(little)
    git(little, "checkout", "-q", "HEAD~1", "--", "data")
    result = _run(little, "--only", "statements")
    assert result.exit_code == 2
    assert re.search(r"HEAD:data/pages/page-1\.ttl:\d+", result.stderr)


def _evil() -> Difference:
    """A difference whose every text comes from someone who wants to write on our page."""
    iri = NamedNode("https://example.org/x*y_z&lt;b")
    place = Location(f"data/{_EVIL}.ttl", 1)
    statement = Statement(Triple(iri, iri, Literal(_EVIL)), iri, Role.PASSAGE, place)
    asked = Asked(_EVIL, _EVIL)
    return Difference(
        _EVIL,
        _EVIL,
        statements=Change((statement,), (statement,)),
        inferences=Change((), (Inferred(statement.triple, _EVIL, (statement,)),)),
        entities=Things(Change((), (Thing(iri.value, (_EVIL,), _EVIL, place),))),
        questions=Change((asked,), ()),
        answers=(AnswerChange(asked, Change(((_EVIL,),), ()), failed=Change((), (_EVIL,))),),
        version=Verdict(Level.MAJOR, (Reason(Level.MAJOR, _EVIL, _EVIL, place),), _EVIL, _EVIL, _EVIL, (_EVIL,)),
    )


def test_markdown_cannot_be_broken_out_of() -> None:
    """Names and texts of data stand in code, or are escaped: no tag, link, heading or comment of theirs is read."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown(_evil()))
    html = [line for token in tokens if token.type == "html_block" for line in token.content.split("\n") if line]
    assert {re.sub(r"(<summary>)[^<]*(</summary>)", r"\1\2", line) for line in html} == {
        MARKER, "<details>", "</details>", "<summary></summary>",
    }  # fmt: skip
    inline = [child for token in tokens for child in token.children or ()]
    assert not [child for child in inline if child.type in {"html_inline", "link_open", "image"}]
    assert len([token for token in tokens if token.type == "heading_open"]) == 1
    assert len([token for token in tokens if token.type == "fence"]) == html.count("<details>") == 5
    assert not [child.content for child in inline if child.type == "text" and "@someone" in child.content]


def test_lines_show_every_character() -> None:
    """No line holds a line end, an escape sequence of a terminal, or a mark that turns the direction of writing."""
    lines = [str(line) for part in outline(_evil()) for item in part.items for line in item]
    assert len(lines) > 8
    assert not [line for line in lines if re.search(r"[\n\r\x1b\u202e]", line)]


def test_markdown_fits_into_a_comment() -> None:
    """However much differs, in whatever script: 65,536 bytes at most, with the number of what is left out."""
    many = tuple(
        Statement(Triple(NamedNode(f"x:{n}"), NamedNode("x:p"), Literal("城" * 150)), NamedNode("x:g"), Role.PASSAGE)
        for n in range(5000)
    )
    told = markdown(Difference("A", "B", statements=Change((), many)), limit=None)
    assert 10_000 < len(told.encode()) <= 65_536
    assert "5,000 added" in told
    shown = told.count("城" * 100)
    assert f"{5000 - shown:,} more" in told
    assert "more" not in markdown(Difference("A", "B", statements=Change((), many[:10])))


def test_questions_in_markdown(little: Path) -> None:
    """The rows of an answer that changed are told beside the question."""
    add_twin(little)
    write(little, "queries/competency/002-more.rq", QUESTION)
    told = _run(little, "--format", "markdown", "--only", "questions").stdout
    assert "+   city:thirdham" in told
    assert "-   city:sampleville" in told
    assert "002-more" in told


def test_headline() -> None:
    """The verdict in a sentence, also where there is no version to raise."""
    reasons = (Reason(Level.MINOR, "x:t", "is new"),)
    assert "1.3.0" in headline(Difference("A", "B", version=Verdict(Level.MINOR, reasons, "1.2.3", "1.2.3", "1.3.0")))
    assert "minor" in headline(Difference("A", "B", version=Verdict(Level.MINOR, reasons)))
