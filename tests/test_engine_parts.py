"""Each part of the OWL 2 RL engine taken out once: the cases of the rules that it does must fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from cdkg.reasoning import Closure
from cdkg.reasoning.rl import engine, program
from cdkg.reasoning.rl.clashes import Clashes
from cdkg.reasoning.rl.columns import EMPTY, Rows
from cdkg.reasoning.rl.engine import Engine
from cdkg.reasoning.rl.equality import Equality
from cdkg.reasoning.rl.facts import Facts
from cdkg.reasoning.rl.literals import Literals
from cdkg.reasoning.rl.operators import Chain, Copy, Ends, Filler, Meet, Valued, Values
from cdkg.reasoning.rl.program import Program
from cdkg.reasoning.rl.sameness import Sameness
from cdkg.reasoning.rl.schema import Schema, _Restrictions
from owl_rl_cases import ALL, triples
from owl_rl_value_cases import AXIOMATIC, VALUES

CASES = [*ALL, *VALUES]


def _iter(*_: Any) -> Any:
    return iter(())


def _rows(*_: Any) -> Any:
    return EMPTY


def _as_they_are(_: Equality, rows: Rows, most: int) -> Rows:  # noqa: ARG001  # no more than there are
    return rows


def _no_axiom(of: Engine) -> dict[tuple[int, int], str]:
    return {(of.words["sameAs"], of.words["sameAs"]): ""}


def _nothing(*_: Any) -> None:
    return None


def _without(word: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Take a kind of property, or a property that says an axiom, out of what makes operators."""

    def take_out(patch: pytest.MonkeyPatch) -> None:
        for name in ("_kind", "_pairs"):
            asked = getattr(Program, name)
            patch.setattr(Program, name, lambda self, w, asked=asked: iter(()) if w == word else asked(self, w))

    return take_out


def _without_lists(word: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Read no list that hangs on its owner by this word."""
    read = Schema.read

    def all_but_these(schema: Schema, facts: Facts) -> None:
        read(schema, facts)
        schema.lists[word] = []

    return lambda patch: patch.setattr(Schema, "read", all_but_these)


def _stub(owner: object, name: str, stub: object) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, stub)


@dataclass(frozen=True)
class Part:
    """A part of the engine: how to take it out, and the rules that it does."""

    rules: str
    take_out: Callable[[pytest.MonkeyPatch], None]


PARTS = {
    "uniting": Part(
        "eq-sym eq-trans eq-rep-s eq-rep-p eq-rep-o eq-diff1 eq-diff2 eq-diff3", _stub(Equality, "united", _nothing)
    ),
    "writing out": Part("eq-sym eq-trans eq-rep-s eq-rep-o", _stub(Equality, "spread", _as_they_are)),
    "names of predicates": Part("eq-rep-p", _stub(Equality, "same_as", lambda self, code: self.rep[[code]])),
    "clashes of equality": Part("eq-diff1 eq-diff2 eq-diff3 dt-diff", _stub(Clashes, "_equality", _iter)),
    "ends": Part("prp-dom prp-rng", _stub(Program, "_of_ends", _nothing)),
    "Ends": Part("prp-dom prp-rng cls-svf2", _stub(Ends, "fire", _rows)),
    "functional": Part("prp-fp prp-ifp", _stub(Sameness, "_functional", _iter)),
    "keys": Part("prp-key", _stub(Sameness, "_keys", _iter)),
    "at most one": Part("cls-maxc2 cls-maxqc3 cls-maxqc4", _stub(Sameness, "_at_most_one", _iter)),
    "clashes of properties": Part("prp-irp prp-asyp", _stub(Clashes, "_properties", _iter)),
    "disjoint properties": Part("prp-pdw prp-adp", _stub(Clashes, "_disjoint_properties", _iter)),
    "negative assertions": Part("prp-npa1 prp-npa2", _stub(Clashes, "_negative_assertions", _iter)),
    "clashes of classes": Part("cls-nothing2 cls-com cax-dw cax-adc", _stub(Clashes, "_classes", _iter)),
    "none allowed": Part("cls-maxc1 cls-maxqc1 cls-maxqc2", _stub(Clashes, "_cardinalities", _iter)),
    "clashes of datatypes": Part("dt-not-type", _stub(Clashes, "_datatypes", _iter)),
    "symmetric": Part("prp-symp", _without("SymmetricProperty")),
    "transitive": Part("prp-trp", _without("TransitiveProperty")),
    "transitive closure": Part("prp-trp", _stub(program, "closure", lambda rows, _: rows)),
    "inverse": Part("prp-inv1 prp-inv2", _without("inverseOf")),
    "hierarchies": Part("prp-spo1 cls-uni cls-int2 cax-sco", _stub(Program, "_of_hierarchies", _nothing)),
    "Copy": Part("prp-spo1 cls-uni cls-int2 cax-sco", _stub(Copy, "fire", _rows)),
    "Chain": Part("prp-spo2", _stub(Chain, "fire", _rows)),
    "Meet": Part("cls-int1", _stub(Meet, "fire", _rows)),
    "Filler": Part("cls-svf1 cls-avf", _stub(Filler, "fire", _rows)),
    "Values": Part("cls-hv1", _stub(Values, "fire", _rows)),
    "Valued": Part("cls-hv2", _stub(Valued, "fire", _rows)),
    "some values": Part("cls-svf1 cls-svf2", _without("someValuesFrom")),
    "hierarchy of properties": Part(
        "prp-eqp1 prp-eqp2 scm-spo scm-eqp1 scm-eqp2", _stub(Schema, "_close_properties", _nothing)
    ),
    "hierarchy of classes": Part(
        "cax-eqc1 cax-eqc2 cls-int2 cls-uni scm-sco scm-eqc1 scm-eqc2 scm-int scm-uni scm-hv scm-svf1 scm-svf2"
        " scm-avf1 scm-avf2",
        _stub(Schema, "_close_classes", _nothing),
    ),
    "restrictions": Part("scm-hv scm-svf1 scm-svf2 scm-avf1 scm-avf2", _stub(_Restrictions, "subsumed", _rows)),
    "ends of the schema": Part("scm-dom1 scm-dom2 scm-rng1 scm-rng2", _stub(Schema, "_close_ends", _nothing)),
    "one of": Part("cls-oo", _without_lists("oneOf")),
    "intersections": Part("cls-int1 cls-int2 scm-int", _without_lists("intersectionOf")),
    "unions": Part("cls-uni scm-uni", _without_lists("unionOf")),
    "values alike": Part("dt-eq", _stub(Literals, "same", (EMPTY, EMPTY))),
    "datatypes as classes": Part("dt-type2", _stub(Engine, "_add_data_values", _nothing)),
}  # fmt: skip

AXIOMATIC_PARTS = {
    "equal to itself": Part("eq-ref", _stub(engine, "_occurring", _rows)),
    "axioms": Part("prp-ap cls-thing cls-nothing1 dt-type1", _stub(Engine, "_read_axioms", _no_axiom)),
    "declarations": Part("scm-cls scm-op scm-dp", _stub(Schema, "_declare", _nothing)),
}


@pytest.mark.parametrize("name", PARTS)
def test_each_part_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a part a case of each of its rules fails."""
    PARTS[name].take_out(monkeypatch)
    for rule in PARTS[name].rules.split():
        assert not all(case.holds() for case in CASES if case.rule == rule), rule


@pytest.mark.parametrize("name", AXIOMATIC_PARTS)
def test_each_axiomatic_part_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a part what each of its rules adds does not follow."""
    AXIOMATIC_PARTS[name].take_out(monkeypatch)
    for case in AXIOMATIC:
        found = {*Closure(triples(case.given), axiomatic=True).inferred()}
        assert ({*triples(case.follows)} <= found) == (case.rule not in AXIOMATIC_PARTS[name].rules.split())


def test_each_rule_is_done_by_a_part() -> None:
    """Every rule of which there is a case loses it when some part is taken out."""
    done = {rule for part in (*PARTS.values(), *AXIOMATIC_PARTS.values()) for rule in part.rules.split()}
    assert done == {*(case.rule for case in CASES), *(case.rule for case in AXIOMATIC)}
