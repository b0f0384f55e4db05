"""The measurements measure what they say: graphs are the same each time, and a wrong closure is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.reasoning import __main__ as bench
from bench.reasoning.chains import is_of_chain, with_own_chains
from bench.reasoning.compare import Difference, difference, write_closure
from bench.reasoning.engines import ENGINES
from bench.reasoning.graphs import SHAPES, shape, term, thing, town_graph
from bench.reasoning.report import Row, exponent, text
from bench.reasoning.worker import run
from pyoxigraph import RdfFormat, parse

from cdkg.reasoning import Closure
from cdkg.reasoning.rl.ntriples import canonical

#: Sizes at which even the reference ends at once.
TINY = {
    "deep-list": 6,
    "taxonomy": 12,
    "line": 6,
    "cliques": 3,
    "hub": 3,
    "wide-chains": 6,
    "restrictions": 4,
    "components": 1,
}


def _graph(folder: Path, lines: Iterator[bytes]) -> Path:
    path = folder / "graph.nt"
    path.write_bytes(b"".join(lines))
    return path


def _closed(engine: str, graph: Path) -> Path:
    prepared = graph.with_name(f"for-{engine}.nt")
    prepared.write_bytes(ENGINES[engine].prepared(graph.read_bytes()))
    closure = graph.with_name(f"{engine}.nt")
    run(engine, prepared, closure)
    return closure


def test_the_same_arguments_give_the_same_bytes() -> None:
    """And other seeds other bytes; all of it canonical, so that each engine reads the same."""
    data = b"".join(town_graph(3_000))
    assert data == b"".join(town_graph(3_000)) == canonical(data)
    assert data != b"".join(town_graph(3_000, seed=2))
    for name, size in TINY.items():
        made = b"".join(shape(name, size))
        assert made == b"".join(shape(name, size)) == canonical(made)
    assert TINY.keys() == SHAPES.keys()


@pytest.mark.parametrize("size", [1_000, 10_000, 100_000])
def test_a_graph_has_about_as_many_triples_as_asked_for(size: int) -> None:
    """Within five in a hundred."""
    assert sum(1 for _ in town_graph(size)) == pytest.approx(size, rel=0.05)


def test_what_follows_from_a_town_graph() -> None:
    """One triple for each kind of axiom, and no contradiction."""
    data = b"".join(town_graph(4_000))
    closure = Closure(quad.triple for quad in parse(data, format=RdfFormat.N_TRIPLES))
    follows = {str(triple) for triple in closure.inferred()}
    partner = next(
        line.split()[2].decode()
        for line in data.splitlines()
        if line.startswith(b"%b " % thing("pact3").encode()) and b"countersignedBy" in line
    )
    for s, p, o in (
        (thing("town3"), term("inside"), thing("part3")),
        (thing("part3"), term("holds"), thing("town3")),
        (thing("town3"), term("within"), thing("part3")),
        (thing("town3"), term("pairedWith"), partner),
        (partner, term("pairedWith"), thing("town3")),
        (thing("body1"), term("branch"), term("branchTrade")),
        (thing("body0"), "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", term("Sponsor")),
        (thing("league1"), "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", term("OldLeagues")),
        (thing("town3"), term("linkedTo"), partner),
    ):
        assert f"{s} {p} {o}" in follows
    assert any(" <http://www.w3.org/2002/07/owl#sameAs> " in triple and "/double" in triple for triple in follows)
    assert not closure.clashes


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_are_reasoned_as_the_reference_does(name: str, tmp_path: Path) -> None:
    """Ours and owlrl agree, and something follows."""
    graph = _graph(tmp_path, shape(name, TINY[name]))
    ours, theirs = _closed("cdkg", graph), _closed("owlrl", graph)
    assert difference(ours, theirs).unexplained == 0
    given = graph.with_name("given.nt")
    write_closure([graph.read_bytes()], given)
    assert ours.stat().st_size > given.stat().st_size


@pytest.mark.parametrize(
    ("name", "local", "number"),
    [
        ("deep-list", "Cell", 7),
        ("line", "before", 6 * 7 // 2),
        ("cliques", "seen", 3 * 2 + 30 * 16),
        ("hub", "leadsTo", 3 + 3 + 9),
        ("hub", "reachedFrom", 3 + 3 + 9),
        ("wide-chains", "whole", 36),
        ("restrictions", "Valued0", 10),
        ("restrictions", "Valued1", 10),
        ("components", "alike", 40 * 40),
    ],
)
def test_a_shape_gives_the_work_that_it_is_named_for(name: str, local: str, number: int, tmp_path: Path) -> None:
    """As many pairs of the property, or members of the class, as one can count by hand."""
    closed = _closed("cdkg", _graph(tmp_path, shape(name, TINY[name]))).read_text(encoding="utf-8")
    kind = f" <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> {term(local)} ."
    sought = kind if local[0].isupper() else f" {term(local)} <{thing('')[1:-1]}"
    assert closed.count(sought) == number


@pytest.mark.slow
def test_a_town_graph_is_reasoned_as_the_reference_does(tmp_path: Path) -> None:
    """The smallest there is; owlrl sees no keys, and no two of its towns have the same."""
    graph = _graph(tmp_path, town_graph(0))
    found = difference(_closed("cdkg", graph), _closed("owlrl", graph))
    assert found.unexplained == 0, found.examples
    assert found.extra["reflexive"]


def _planted(folder: Path, ours: set[str], theirs: set[str]) -> Difference:
    for name, lines in (("ours", ours), ("theirs", theirs)):
        write_closure((f"{line} .\n" for line in lines), folder / name)
    return difference(folder / "ours", folder / "theirs")


def test_a_planted_difference_is_noticed(tmp_path: Path) -> None:
    """One triple too few and one too many, each by its kind and with itself as example."""
    common = {f"<x:s{n}> <x:p> <x:o>" for n in range(20)}
    found = _planted(tmp_path, common | {"<x:s5> <x:p> <x:lost>"}, common | {"<x:a> <x:p> <x:false>"})
    assert dict(found.missing) == {"other": 1}
    assert dict(found.extra) == {"other": 1}
    assert found.unexplained == 2
    assert found.examples == {
        "missing: other": ["<x:s5> <x:p> <x:lost> ."],
        "extra: other": ["<x:a> <x:p> <x:false> ."],
    }
    assert _planted(tmp_path, common, common) == Difference()


def test_what_engines_may_differ_in_has_its_kind(tmp_path: Path) -> None:
    """Reflexive and axiomatic triples, domains over an inverse, ranges of wider datatypes; nothing else passes."""
    owl, rdfs = "http://www.w3.org/2002/07/owl#", "http://www.w3.org/2000/01/rdf-schema#"
    ours = {f"<x:p> <{owl}inverseOf> <x:q>", f"<x:q> <{rdfs}range> <x:C>", "<x:a> <x:p> <x:b>"}
    extra = {
        f"<x:a> <{owl}sameAs> <x:a>": "reflexive",
        "<x:a> <x:p> <x:a>": "other",
        f"<x:a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{owl}Thing>": "is a thing",
        f"<{rdfs}label> <{rdfs}range> <x:C>": "about the vocabulary",
        f"<x:p> <{rdfs}domain> <x:C>": "domain or range over an inverse",
        f"<x:p> <{rdfs}domain> <x:D>": "other",
        f"<x:p> <{rdfs}range> <http://www.w3.org/2001/XMLSchema#decimal>": "range of a wider datatype",
    }
    for line, kind in extra.items():
        assert dict(_planted(tmp_path, ours, ours | {line}).extra) == {kind: 1}


def test_blank_nodes_and_literal_subjects_are_not_compared(tmp_path: Path) -> None:
    """Their names differ from engine to engine, and RDF does not know the other."""
    found = _planted(tmp_path, {"_:a <x:p> <x:o>", "<x:s> <x:p> <x:o>"}, {'"1" <x:p> <x:o>', "<x:s> <x:p> <x:o>"})
    assert found == Difference()


def test_chains_get_properties_of_their_own(tmp_path: Path) -> None:
    """The closure stays the same but for these."""
    data = b"".join(town_graph(1_000))
    split = with_own_chains(data)
    assert split.count(b"propertyChainAxiom") == data.count(b"propertyChainAxiom")
    owners = [line.split()[0] for line in split.splitlines() if b"propertyChainAxiom" in line]
    assert (
        len(set(owners))
        == len(owners)
        > len({line.split()[0] for line in data.splitlines() if b"propertyChainAxiom" in line})
    )
    plain, moved = tmp_path / "plain", tmp_path / "moved"
    for folder, content in ((plain, data), (moved, split)):
        folder.mkdir()
        _closed("cdkg", _graph(folder, iter([content])))
    closed = (moved / "cdkg.nt").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in closed if not is_of_chain(line)]
    assert "".join(kept) == (plain / "cdkg.nt").read_text(encoding="utf-8")


def test_an_engine_that_does_not_end_is_stopped_and_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that fails says why; the others go on."""
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    graph = _graph(tmp_path, shape("line", 5))
    done = bench.measured("cdkg", "line", graph, bench.Limits())
    assert done.figures is not None
    assert done.figures["follows"] == 10
    slow = bench.measured("cdkg", "line", graph, bench.Limits(timeout=0.01))
    assert (slow.figures, slow.note) == (None, "not done in 0 s")
    spared = bench.measured("cdkg", "line", graph, bench.Limits(too_large=6))
    assert spared.note == "not run: it did not end on a smaller graph"
    graph.write_text("no triples\n", encoding="utf-8")
    assert "canonical" in bench.measured("cdkg", "line", graph, bench.Limits()).note


def test_growth_is_the_exponent_of_time_over_size() -> None:
    """Ten times the triples in a hundred times the time is the square."""

    def row(given: int, seconds: float, engine: str = "cdkg") -> Row:
        steps = {"start": 0.1, "take": 0.0, "reason": seconds, "load": 1.0, "follows": 1, "peak": 1, "peak_loaded": 1}
        return Row(f"towns-{given}", engine, given, dict(steps))

    assert exponent(row(1_000, 1.0), row(10_000, 100.0), "reason") == pytest.approx(2)
    assert exponent(row(1_000, 1.0), row(10_000, 10.0), "parsed") == pytest.approx(1)
    told = text([row(1_000, 1.0), row(1_000, 3.0, "sparq"), row(10_000, 100.0)])
    assert "1000→10000 2.00" in told
    assert " 3.00 " in told
