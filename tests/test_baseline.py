"""Baselines: only new findings stay, whatever moved, and what is gone is listed."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkg.errors import Location, SourceError
from cdkg.validation import Kind, Report, Result, Severity
from cdkg.validation.baseline import Baseline, compare, read_baseline, write_baseline

MILD, GRAVE = Severity.INFO, Severity.VIOLATION


def finding(number: int = 0, severity: Severity = Severity.WARNING, line: int = 1, **members: object) -> Result:
    """A finding about a named node."""
    place = Location("data/a.ttl", line, 1, line, 5)
    plain = Result(severity, "It has no country.", "urn:shape", f"<urn:{number}>", "<urn:p>", '"v"', (place,))
    return replace(plain, **members)  # type: ignore[arg-type]


def report(*results: Result) -> Report:
    """A report of these."""
    return Report((), 1, 1).only(results)


def baseline(*results: Result) -> Baseline:
    """The baseline of these, written and read."""
    return read_baseline(write_baseline(report(*results)), "baseline.json")


def test_only_new_findings_stay() -> None:
    """What the baseline has is hidden and counted; what it alone has is gone."""
    told = compare(report(finding(1), finding(2)), baseline(finding(2), finding(3)))
    assert told.new.results == (finding(1),)
    assert told.known == told.new.known == 1
    assert [(entry.focus, entry.count) for entry in told.gone] == [("<urn:3>", 1)]
    assert told.new.gone == told.gone
    assert told.new.shapes == 1


def test_moved_lines_and_other_wording_change_nothing() -> None:
    """A named node's finding is the same wherever it stands and however the shape words it."""
    moved = finding(line=99, message="Add a country.", places=(Location("data/b.ttl", 3),), hint="x", expected="y")
    assert compare(report(moved), baseline(finding())).new.results == ()


def test_renamed_blank_nodes_change_nothing() -> None:
    """Labels of blank nodes are of one reading only, in whatever member they stand."""

    def about(label: str) -> list[Result]:
        return [
            finding(focus=f"_:{label}", value=f"_:{label}v", message=f"_:{label} has no date."),
            finding(1, value=f"_:{label}"),
            finding(2, source=f"_:{label}"),
        ]

    old, new = about("b1"), about("c99")
    assert compare(report(*new), baseline(*old)).new.results == ()
    assert write_baseline(report(*new)) == write_baseline(report(*old))


def test_blank_nodes_of_other_files_are_others() -> None:
    """Without a name, the file says which is meant."""
    here, there = (finding(focus="_:b", places=(Location(f"/x/{name}.ttl", 1),)) for name in "ab")
    assert compare(report(there), baseline(here)).new.results == (there,)


def test_another_value_path_node_or_source_is_new() -> None:
    """Each member that tells a finding matters."""
    for members in ({"value": '"w"'}, {"path": "<urn:q>"}, {"focus": "<urn:x>"}, {"source": "urn:other"},
                    {"component": "urn:c"}, {"kind": Kind.CHECK}):  # fmt: skip
        assert len(compare(report(finding(**members)), baseline(finding())).new.results) == 1, members


def test_one_more_of_the_same_is_one_new() -> None:
    """A finding that the baseline has twice is known twice."""
    old = [finding(focus="_:b", line=line) for line in (1, 5)]
    told = compare(report(*old, finding(focus="_:c", line=3)), baseline(*old))
    assert len(told.new.results) == 1
    assert told.known == 2
    assert compare(report(old[0]), baseline(*old)).gone[0].count == 1


def test_a_message_that_the_baseline_has_is_the_known_one() -> None:
    """Of two findings with one key, the one with the old message is known."""
    other = finding(message="A wholly other thing.")
    assert compare(report(other, finding()), baseline(finding())).new.results == (other,)
    assert compare(report(other, finding()), baseline(other)).new.results == (finding(),)


def test_what_is_gone_is_told_rightly() -> None:
    """A finding takes the place of one with its message, and of the mildest one that will do."""
    other = finding(message="A wholly other thing.")
    for stays, goes in ((other, finding()), (finding(), other)):
        assert [entry.message for entry in compare(report(stays), baseline(stays, goes)).gone] == [goes.message]
    told = compare(report(finding(severity=MILD)), baseline(finding(severity=MILD), finding(severity=GRAVE)))
    assert [entry.severity for entry in told.gone] == [GRAVE]


def test_risen_severity_is_new_and_not_gone() -> None:
    """What got graver is told again; what got milder stays known."""
    told = compare(report(finding(severity=GRAVE)), baseline(finding(severity=MILD)))
    assert len(told.new.results) == 1
    assert told.gone == ()
    assert compare(report(finding(severity=MILD)), baseline(finding(severity=GRAVE))).new.results == ()


def test_severities_are_matched_as_well_as_can_be() -> None:
    """A mild finding does not take the place that a grave one needs."""
    old = baseline(finding(severity=GRAVE), finding(severity=MILD))
    assert compare(report(finding(severity=MILD), finding(severity=GRAVE)), old).new.results == ()
    told = compare(report(finding(severity=GRAVE), finding(severity=GRAVE)), old)
    assert len(told.new.results) == 1
    assert told.gone == ()


def test_syntax_is_never_hidden() -> None:
    """A file that cannot be read is told each time, whatever the baseline says."""
    fault = finding(kind=Kind.SYNTAX, focus="")
    assert baseline(fault) == Baseline(())
    entry = json.loads(write_baseline(report(replace(fault, kind=Kind.SHAPE))).replace("null", "{}"))["findings"][0]
    forged = json.dumps({"cdkg-baseline": 1, "findings": [entry | {"key": fault.key}]})
    told = compare(replace(report(fault), unread=("x",)), read_baseline(forged, "b"))
    assert told.new.results == (fault,)
    assert told.new.unread == ("x",)


def test_broken_shapes_are_never_hidden() -> None:
    """Shapes that cannot be evaluated have not looked at anything; what is merely odd about shapes can be accepted."""
    broken, odd = (finding(kind=Kind.SHAPES, severity=severity, focus="") for severity in (GRAVE, MILD))
    assert compare(report(broken, odd), baseline(broken, odd)).new.results == (broken,)


def test_a_baseline_has_a_line_for_each() -> None:
    """Sorted, whatever order the findings come in; each line ends alike, so that one more changes no other."""
    results = [finding(number, line=number) for number in range(20)]
    text = write_baseline(report(*results))
    turned = [replace(r, places=(Location("b/a.ttl", 100 - (r.places[0].line or 0)),)) for r in results]
    random.Random(4).shuffle(turned)  # noqa: S311
    assert write_baseline(report(*turned)) == text
    lines = text.splitlines()
    assert set(lines) - set(write_baseline(report(*results[:-1])).splitlines()) == {
        next(x for x in lines if ":19>" in x)
    }
    assert json.loads(text)["cdkg-baseline"] == 1


def test_doubled_lines_of_a_merge_count_once() -> None:
    """Lines of both sides may stay; of two counts the larger one holds."""
    lines = write_baseline(report(finding(), finding())).splitlines()
    doubled = "\n".join([lines[0], lines[1], lines[1].replace('"count": 2', '"count": 1'), lines[1], *lines[2:]])
    assert read_baseline(doubled, "b") == baseline(finding(), finding())


def test_what_was_not_looked_at_is_not_gone() -> None:
    """A check of some files says nothing of the others."""
    old = baseline(finding(1), finding(2, places=(Location("data/b.ttl", 1),)), finding(3, places=()))
    told = compare(replace(report(), files=("/x/data/b.ttl",)), old)
    assert [entry.focus for entry in told.gone] == ["<urn:2>", "<urn:3>"]
    assert len(compare(report(), old).gone) == 3


def test_an_empty_baseline_is_one() -> None:
    """Nothing is known then, and it was compared all the same."""
    told = compare(report(finding()), baseline())
    assert told.known == 0
    assert told.new.known == 0
    assert report().known is None


BROKEN = {
    "nothing": ("", 1),
    "no JSON": ('{"cdkg-baseline": 1, "findings": [\n{,\nnull]}', 2),
    "a merge": ('{"cdkg-baseline": 1, "findings": [\n<<<<<<< HEAD\nnull]}', 2),
    "a list": ("[]", 1),
    "something else": ('{"a": 1}', 1),
    "no findings": ('{"cdkg-baseline": 1}', 1),
    "findings of another sort": ('{"cdkg-baseline": 1, "findings": {}}', 1),
    "a later version": ('{\n"cdkg-baseline": 2, "findings": []}', 2),
    "version true": ('{"cdkg-baseline": true, "findings": []}', 1),
    "a number": ('{"cdkg-baseline": 1, "findings": [null,\n\n5]}', 3),
    "no key": ('{"cdkg-baseline": 1, "findings": [\nnull,\n{"severity": "info"}, null]}', 3),
    "too deep": ("[" * 100_000, None),
    "a huge number": ("9" * 10_000, None),
}


@pytest.mark.parametrize(("text", "line"), BROKEN.values(), ids=BROKEN)
def test_broken_baselines_are_refused(text: str, line: int | None) -> None:
    """With the file, the line where there is one, and what to do."""
    with pytest.raises(SourceError) as caught:
        read_baseline(text, "baseline.json")
    assert caught.value.where == replace(caught.value.where or Location(""), path="baseline.json", line=line)
    assert caught.value.hint


@pytest.mark.parametrize("change", [{"severity": "bad"}, {"count": 0}, {"count": True}, {"count": "1"}, {"focus": 1}])
def test_broken_entries_are_refused(change: dict[str, object]) -> None:
    """A member that is not what it should be is told with its line."""
    lines = write_baseline(report(finding(1), finding(2), finding(3))).splitlines()
    lines[2] = json.dumps(json.loads(lines[2].rstrip(",")) | change) + ","
    with pytest.raises(SourceError) as caught:
        read_baseline("\n".join(lines), "baseline.json")
    assert (caught.value.where or Location("")).line == 3


def test_many_equal_findings_take_no_time() -> None:
    """Twenty thousand with one key, and a count beyond all measure."""
    many = [finding(focus="_:b", line=line) for line in range(20_000)]
    huge = write_baseline(report(many[0])).replace('"count": 1', '"count": 1000000000')
    begun = time.process_time()
    assert compare(report(*many), baseline(*many[1:])).known == 19_999
    assert compare(report(*many), read_baseline(huge, "b")).gone[0].count == 1_000_000_000 - 20_000
    assert time.process_time() - begun < 10


FINDINGS = st.lists(st.builds(finding, st.integers(0, 3), st.sampled_from(Severity), st.integers(1, 9)), max_size=12)


@settings(max_examples=150, deadline=None)
@given(FINDINGS, FINDINGS)
def test_findings_are_new_or_known_and_none_is_lost(old: list[Result], new: list[Result]) -> None:
    """The numbers add up for each node; a report against itself has nothing new and nothing gone."""
    told = compare(report(*new), baseline(*old))
    assert told.known + len(told.new.results) == len(new)
    then, now = (Counter(result.focus for result in side) for side in (old, new))
    fresh = Counter(result.focus for result in told.new.results)
    gone = sum((Counter({entry.focus: entry.count}) for entry in told.gone), Counter[str]())
    for focus in then | now:
        assert fresh[focus] >= now[focus] - then[focus]
        assert gone[focus] == max(0, then[focus] - now[focus])
    itself = compare(report(*new), baseline(*new))
    assert (itself.new.results, itself.gone) == ((), ())
