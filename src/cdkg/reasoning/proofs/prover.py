"""Proofs of facts, found on demand in a closed set of facts; none is stored with the closure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import BlankNode, NamedNode, Triple

from cdkg.reasoning.proofs.alternatives import Alternatives, Preorder
from cdkg.reasoning.proofs.join import Code
from cdkg.reasoning.proofs.search import NO_PROOF, Search
from cdkg.reasoning.proofs.steps import ByValue, Facts, Step, Steps
from cdkg.reasoning.rl.table import TABLE, Pattern

__all__ = ["Derivation", "Facts", "Proof", "Prover"]

#: A rule from outside the table that gives a triple, and what it was applied to; None where there is none.
OutsideTable = Callable[[Triple], tuple[str, tuple[Triple, ...]] | None]


@dataclass(frozen=True, slots=True)
class Derivation:
    """One step: the rule by its name in the specification, and the triples it was applied to."""

    rule: str
    premises: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A triple, the rule that gives it (empty: it is asserted), and proofs of what the rule was applied to."""

    triple: Triple
    rule: str = ""
    premises: tuple[Proof, ...] = ()

    @property
    def size(self) -> int:
        """How many rules are applied in it."""
        return sum(bool(proof.rule) for proof in self.nodes())

    def nodes(self) -> Iterator[Proof]:
        """All nodes, each before those that it rests on, from left to right."""
        stack = [self]
        while stack:
            proof = stack.pop()
            yield proof
            stack.extend(reversed(proof.premises))

    def leaves(self) -> list[Triple]:
        """The asserted triples that it rests on, each once, in the order of the proof."""
        return list(dict.fromkeys(proof.triple for proof in self.nodes() if not proof.rule))


class Prover:
    """Says why a triple holds.

    The premises of a step are the atoms of its rule, those of the schema first; of a list only the triple that hangs
    it on its owner. What RDF cannot say (a literal as subject, a blank node as predicate) takes part, but is not
    shown: in its place stands what it rests on. The facts must not change; for others make a new prover.

    Args:
        facts: The closure.
        patterns: The rules that it is closed under, those over lists for the lists of the graph.
        outside: What else gives a triple; asked once, and not where one step from asserted data gives it.
        by_value: What holds on its own: for the values of literals, or as an axiom.
        budget: How many steps a search looks at before it is content with a proof that need not be the shortest.
    """

    def __init__(
        self,
        facts: Facts,
        patterns: Iterable[Pattern] = TABLE,
        outside: OutsideTable | None = None,
        by_value: ByValue | None = None,
        budget: int = 5000,
    ) -> None:
        self._facts = facts
        self._outside_table = outside
        self._asked: dict[Code, Step | None] = {}
        self._steps = Steps(facts, patterns, by_value)
        self._search = Search(facts, self._steps, self._outside, budget)
        self._others = Alternatives(self._search, self._steps, self._outside)
        self._hidden: dict[tuple[int, int], bool] = {}

    # -- what is asked for ------------------------------------------------------------------------------------------

    def proof(self, triple: Triple) -> Proof | None:
        """The shortest proof of a triple, with the fewest rules applied; None where it does not hold."""
        fact = self._fact(triple)
        if fact is None or self._search.cost(fact) == NO_PROOF:
            return None
        return self._built(_preorder(fact, self._search.step))

    def proofs(self, triple: Triple) -> Iterator[Proof]:
        """Yield the proofs of a triple that are different, the shortest first; in none does a triple rest on itself.

        There may be very many: take as many as are wanted. Of an asserted triple the first is the assertion, and the
        others say why it would hold without it. The last ones are left out when they are hard to find.
        """
        fact = self._fact(triple)
        first = self.proof(triple)
        if fact is None or first is None:
            return
        yield first
        given = {_signature(first)}
        for found in self._others.of(fact):
            proof = self._built(found)
            if (signature := _signature(proof)) not in given:
                given.add(signature)
                yield proof

    def of(self, triples: Iterable[Triple]) -> tuple[Proof, ...]:
        """The shortest proof of each of the triples that hold, as of those that clash in a contradiction."""
        return tuple(proof for triple in triples if (proof := self.proof(triple)))

    def derivation(self, triple: Triple) -> Derivation | None:
        """The last step of the shortest proof of a triple; None when it is asserted or does not hold."""
        fact = self._fact(triple)
        step = self._search.step(fact) if fact is not None else None
        if step is None:
            return None
        return Derivation(step.rule, tuple(self._triple(premise) for premise in self._shown(step)))

    def asserted_behind(self, triple: Triple) -> list[Triple]:
        """The asserted triples at the leaves of the shortest proof, each once, in its order; none without a proof."""
        fact = self._fact(triple)
        if fact is None or self._search.cost(fact) == NO_PROOF:
            return []
        leaves: dict[Code, None] = {}
        seen: set[Code] = set()
        stack = [fact]
        while stack:
            fact = stack.pop()
            if fact in seen:
                continue
            seen.add(fact)
            step = self._search.step(fact)
            if step is None:
                leaves[fact] = None
            else:
                stack.extend(reversed(step.premises))
        return [self._triple(fact) for fact in leaves]

    def told(self, fact: Code) -> tuple[Triple, ...]:
        """A fact as a triple; one that RDF cannot say as those that it rests on."""
        return tuple(self._triple(premise) for premise in self._shown(Step("", (fact,))))

    # -- steps that no rule of the table gives ----------------------------------------------------------------------

    def _outside(self, fact: Code) -> Step | None:
        """What a rule outside the table gives a fact from, asked once."""
        if fact not in self._asked:
            self._asked[fact] = self._ask(fact)
        return self._asked[fact]

    def _ask(self, fact: Code) -> Step | None:
        if self._outside_table is None or self._is_hidden(fact):
            return None
        found = self._outside_table(self._triple(fact))
        if found is None:
            return None
        premises = (self._fact(triple) for triple in found[1])
        return Step(found[0], tuple(dict.fromkeys(p for p in premises if p is not None and p != fact)))

    # -- from facts to triples --------------------------------------------------------------------------------------

    def _fact(self, triple: Triple) -> Code | None:
        """A triple in codes; None where it does not hold."""
        code = self._facts.code
        fact = (code(triple.subject), code(triple.predicate), code(triple.object))
        return fact if min(fact) >= 0 and self._facts.holds(*fact) else None

    def _triple(self, fact: Code) -> Triple:
        s, p, o = (self._facts.term(code) for code in fact)
        return Triple(s, p, o)  # type: ignore[arg-type]  # what RDF cannot say is hidden

    def _is_hidden(self, fact: Code) -> bool:
        """Whether RDF cannot say it: its subject is a literal, or its predicate a blank node."""
        ends = fact[:2]
        if ends not in self._hidden:
            s, p = (self._facts.term(code) for code in ends)
            self._hidden[ends] = not isinstance(s, NamedNode | BlankNode) or not isinstance(p, NamedNode)
        return self._hidden[ends]

    def _shown(self, step: Step) -> list[Code]:
        """The premises of a step; in place of one that is hidden, those that it rests on."""
        shown: dict[Code, None] = {}
        stack = list(reversed(step.premises))
        while stack:
            fact = stack.pop()
            by = self._search.step(fact) if self._is_hidden(fact) else None
            if by is None:
                shown[fact] = None
            else:
                stack.extend(reversed(by.premises))
        return list(shown)

    def _built(self, preorder: Preorder) -> Proof:
        """The proof whose nodes are given from the top down: built from the leaves, without recursion."""
        parts: list[tuple[Proof, ...]] = []
        for fact, step in reversed(preorder):
            premises: dict[Triple, Proof] = {}
            for _ in step.premises if step else ():
                for proof in parts.pop():
                    premises.setdefault(proof.triple, proof)
            below = tuple(premises.values())
            hidden = step is not None and self._is_hidden(fact)
            parts.append(below if hidden else (Proof(self._triple(fact), step.rule if step else "", below),))
        return parts.pop()[0]


def _preorder(goal: Code, step_to: Callable[[Code], Step | None]) -> Preorder:
    """The nodes of the proof that is made of the given last steps."""
    nodes: Preorder = []
    stack = [goal]
    while stack:
        fact = stack.pop()
        step = step_to(fact)
        nodes.append((fact, step))
        stack.extend(reversed(step.premises if step else ()))
    return nodes


def _signature(proof: Proof) -> tuple[tuple[str, Triple, int], ...]:
    """What tells a proof from others, without recursion."""
    return tuple((node.rule, node.triple, len(node.premises)) for node in proof.nodes())
