"""The competency questions: what a researcher, a city and a linked-data engineer ask, and what the documents answer."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse, serialize

from cdkg.errors import QueryError
from cdkg.pipeline import Workspace
from cdkg.query import Question, read_questions

FOLDER = Path(__file__).parents[1] / "queries" / "competency"
QUESTIONS = read_questions(FOLDER)
KINDS = {
    "look-up", "join", "count", "share", "ranking", "reasoning", "must-not-follow", "provenance", "disagreement",
    "gap", "linked-data",
}  # fmt: skip

each_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.slug)


def _header(question: Question, key: str) -> str | None:
    found = re.search(rf"^#\+ {key}: *(\S.*)$", question.text, re.MULTILINE)
    return found[1] if found else None


def _expected(question: Question) -> Path:
    assert question.expected is not None, f"{question.slug} has no expected answer"
    return question.expected


def _rows(path: Path) -> int:
    """How many rows, triples or truth values an expected answer has."""
    if path.suffix == ".tsv":
        return len(path.read_text(encoding="utf-8").splitlines()) - 1
    return 1 if path.suffix == ".srj" else len(list(parse(path.read_bytes(), format=RdfFormat.TURTLE)))


def _spoilt(path: Path) -> bytes:
    """The expected answer without its last row; a truth value turned round; a row more where there is none."""
    if path.suffix == ".srj":
        told = json.loads(path.read_text(encoding="utf-8"))
        return json.dumps(told | {"boolean": not told["boolean"]}).encode()
    if path.suffix == ".ttl":
        triples = [quad.triple for quad in parse(path.read_bytes(), format=RdfFormat.TURTLE)]
        return serialize(triples[:-1], format=RdfFormat.TURTLE) or b""
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    kept = rows[:-1] if rows else ["\t".join("<urn:surplus>" for _ in head.split("\t"))]
    return "".join(f"{line}\n" for line in [head, *kept]).encode()


def test_there_are_enough_questions() -> None:
    """The project asks at least sixty questions."""
    assert len(QUESTIONS) >= 60


def test_every_kind_is_asked() -> None:
    """Each kind of question is asked, and no other."""
    assert {question.kind for question in QUESTIONS} == KINDS


def test_numbers_and_wordings_are_unique() -> None:
    """No two questions share a number or a wording."""
    for names in ([question.slug[:3] for question in QUESTIONS], [question.question for question in QUESTIONS]):
        assert [name for name, times in Counter(names).items() if times > 1] == []


def test_no_expected_answer_without_its_question() -> None:
    """Every expected answer lies beside a question, and every question has one answer only."""
    answers = [path.stem for path in FOLDER.iterdir() if path.suffix != ".rq"]
    assert sorted(answers) == [question.slug for question in QUESTIONS]


@each_question
def test_answer_is_the_expected_one(question: Question, reasoned: Workspace) -> None:
    """The graph answers what the documents say."""
    outcome = question.ask(reasoned.graph.store)
    assert outcome.right, (outcome.missing[:5], outcome.surplus[:5], outcome.in_order)


@each_question
def test_answer_can_fail(question: Question, reasoned: Workspace, tmp_path: Path) -> None:
    """With one row less (a truth value turned round, a row more than none) the answer is wrong."""
    path = tmp_path / question.path.name
    expected = _expected(question)
    path.with_suffix(expected.suffix).write_bytes(_spoilt(expected))
    assert not replace(question, path=path).ask(reasoned.graph.store).right


@each_question
def test_header_and_form(question: Question) -> None:
    """A question is named NNN-slug, asks in a sentence, has keywords, and leaves the prefixes to the engine."""
    assert re.fullmatch(r"\d{3}(-[a-z0-9]+)+", question.slug)
    assert question.question.endswith("?")
    assert _header(question, "keywords")
    assert not re.search(r"^\s*(PREFIX|BASE)\b", question.text, re.MULTILINE | re.IGNORECASE)


@each_question
def test_answer_has_rows(question: Question) -> None:
    """An answer has a row, unless it must not follow or its header says why it is empty."""
    if question.kind != "must-not-follow" and _header(question, "empty") is None:
        assert _rows(_expected(question)) > 0


@each_question
def test_what_must_not_follow_does_not(question: Question) -> None:
    """What must not follow is expected to be false or to have no row; no other question expects nothing but a false."""
    expected = _expected(question)
    nothing = _rows(expected) == 0
    if expected.suffix == ".srj":
        nothing = not json.loads(expected.read_text(encoding="utf-8"))["boolean"]
    assert nothing == (question.kind == "must-not-follow" or _header(question, "empty") is not None)


def test_question_without_expected_answer_is_an_error(reasoned: Workspace, tmp_path: Path) -> None:
    """Nobody takes a question without an expected answer for a right one."""
    with pytest.raises(QueryError, match="no expected answer"):
        replace(QUESTIONS[0], path=tmp_path / "001-alone.rq").ask(reasoned.graph.store)


def test_order_counts_where_it_is_asked_for(reasoned: Workspace, tmp_path: Path) -> None:
    """The right rows in another order are wrong where the query sorts them."""
    question = next(q for q in QUESTIONS if "ORDER BY" in q.text and _rows(_expected(q)) > 2)
    head, *rows = _expected(question).read_text(encoding="utf-8").splitlines()
    path = tmp_path / question.path.name
    path.with_suffix(".tsv").write_text("".join(f"{line}\n" for line in [head, *reversed(rows)]), encoding="utf-8")
    outcome = replace(question, path=path).ask(reasoned.graph.store)
    assert not outcome.right
    assert (outcome.missing, outcome.surplus) == ([], [])


@pytest.mark.parametrize("head", ["#+ kind: look-up", "#+ question: Who?", ""])
def test_question_without_header_is_refused(head: str, tmp_path: Path) -> None:
    """A file that does not say what it asks, or of which kind, is an error."""
    (tmp_path / "001-headless.rq").write_text(f"{head}\nASK {{}}\n", encoding="utf-8")
    with pytest.raises(QueryError, match="without its header"):
        read_questions(tmp_path)
