"""The engine: facts by codes, closed under OWL 2 RL/RDF (OWL 2 Profiles, section 4.3), by columns.

The way of a run: what is said to be the same is merged → the schema is closed → rules are made from its axioms and run
→ what they found to be the same is merged, and so on until nothing is new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from pyoxigraph import NamedNode

from cdkg.errors import LimitError
from cdkg.reasoning.rl.columns import EMPTY, Rows, gather, join, lower, minus, pack, swap, upper, within, without
from cdkg.reasoning.rl.datatypes import DATATYPES, value_of
from cdkg.reasoning.rl.equality import Equality
from cdkg.reasoning.rl.facts import Facts, Vocabulary, facts_of
from cdkg.reasoning.rl.literals import Literals
from cdkg.reasoning.rl.operators import Node
from cdkg.reasoning.rl.program import Program
from cdkg.reasoning.rl.retraction import ByNode, retract
from cdkg.reasoning.rl.sameness import Sameness, Supports
from cdkg.reasoning.rl.schema import Schema
from cdkg.reasoning.rl.terms import Codes, Mask, Terms
from cdkg.reasoning.rl.transitive import TooLargeError
from cdkg.vocabulary import PREFIXES, expand

#: What the axiomatic rules without premises say: rule, class, terms of it.
_AXIOMATIC: Final = (
    ("prp-ap", "AnnotationProperty", (
        "rdfs:label", "rdfs:comment", "rdfs:seeAlso", "rdfs:isDefinedBy", "owl:deprecated", "owl:versionInfo",
        "owl:priorVersion", "owl:backwardCompatibleWith", "owl:incompatibleWith",
    )),
    ("cls-thing", "Class", ("owl:Thing",)),
    ("cls-nothing1", "Class", ("owl:Nothing",)),
    ("dt-type1", "Datatype", tuple(f"<{iri}>" for iri in DATATYPES)),
)  # fmt: skip

#: Pairs of codes for each predicate.
Columns = dict[int, Rows]


class Engine:
    """Facts and what follows from them, by codes.

    Args:
        axiomatic: Whether the rules are on that only add reflexive or axiomatic triples.
        most: How many pairs one property may have.

    Attributes:
        terms: The dictionary.
        words: The codes of the vocabulary.
        given: What is given.
        by_rule: What rules outside the tables have made.
        facts: What holds, of representatives.
        equality: Who is the same as whom.
        schema: The axioms.
        literals: What is known of the literals.
        axioms: The axiomatic types, with the rules that give them.
        zeros: The literals that mean zero where a cardinality is said.
    """

    def __init__(self, *, axiomatic: bool, most: int) -> None:
        self.axiomatic, self.most = axiomatic, most
        self.terms = Terms()
        self.words = Vocabulary(self.terms)
        self.given: Columns = {}
        self.by_rule: Columns = {}
        self.axioms = self._read_axioms() if axiomatic else {}
        self._program: Program | None = None
        self.close()

    # -- closing ---------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close all that is given and was made by other rules, from nothing.

        Raises:
            LimitError: More would follow than may be held; what was known before is still known.
        """
        try:
            self._run()
        except TooLargeError as error:
            raise self._too_large(error) from error

    def _run(self) -> None:
        size = len(self.terms)
        self.literals = self._read_literals()
        equality = Equality.of(size)
        equality = equality.united(*self.literals.same) or equality
        said = self.given.get(self.words["sameAs"], EMPTY)
        firm = equality.united(upper(said), lower(said)) or equality
        facts = facts_of(self.words["type"], [*self.given.items(), *self.by_rule.items()])
        if self.axiomatic:
            names, kinds = np.array([*self.axioms], np.int64).T
            facts.add(self.words["type"], pack(names, kinds))
        facts = facts.replaced(equality.rep)
        schema = Schema(self.words.under(equality.rep), self.most, axiomatic=self.axiomatic)
        schema.read(facts)
        while (united := self._united(facts, schema, equality)) is not None:
            equality, facts = united, facts.replaced(united.rep)
            schema.replaced(united.rep)
            schema.read(facts)
        while True:
            schema.close(facts)
            self._add_data_values(facts, schema, equality)
            program = Program(facts, schema, schema.words, size, self.most, lean=True)
            program.run()
            facts = program.result()
            united = self._united(facts, schema, equality)
            if united is not None:
                equality, facts = united, facts.replaced(united.rep)
                schema.replaced(united.rep)
            elif not schema.outdated(facts):
                break
        _, zeros = self._counts(facts, schema.words, equality)
        self.facts, self.equality, self.schema, self.zeros = facts, equality, schema, zeros
        self._soft = self._merged_by_rules(firm)
        self._program = program

    def _united(self, facts: Facts, schema: Schema, equality: Equality) -> Equality | None:
        """With what the rules find to be the same in these facts; None where that is nothing new."""
        ones, _ = self._counts(facts, schema.words, equality)
        return equality.united(*Sameness(facts, schema, schema.words, len(self.terms), ones).pairs())

    def _merged_by_rules(self, firm: Equality) -> Codes:
        """The representatives of terms that are the same by more than what is given, or the values of literals."""
        plural = self.equality.plural
        soft: Codes = plural[firm.sizes[firm.rep[plural]] != self.equality.sizes[plural]]
        return soft

    def _counts(self, facts: Facts, words: Vocabulary, equality: Equality) -> tuple[set[int], set[int]]:
        """The literals that mean one and zero where a cardinality is said."""
        integer = PREFIXES["xsd"] + "integer"
        one, zero = value_of("1", integer), value_of("0", integer)
        codes = {
            code
            for word in ("maxCardinality", "maxQualifiedCardinality")
            for code in lower(facts.pairs(words[word])).tolist()
        }
        values = {code: {self.literals.value(c) for c in equality.same_as(code).tolist()} for code in codes}
        return {c for c, v in values.items() if one in v}, {c for c, v in values.items() if zero in v}

    def _read_axioms(self) -> dict[tuple[int, int], str]:
        """The types of the vocabulary's own terms; the other axiomatic rules read the schema, or what holds."""
        return {
            (self.terms.add(NamedNode(expand(name))), self.words[kind]): rule
            for rule, kind, names in _AXIOMATIC
            for name in names
        }

    def _add_data_values(self, facts: Facts, schema: Schema, equality: Equality) -> None:
        """dt-type2, for the datatypes that an axiom reads; for others, of what is the same as a literal."""
        rep, words = equality.rep, schema.words
        read = {
            code
            for word in ("someValuesFrom", "onClass", "first", "equivalentClass", "disjointWith", "complementOf")
            for code in np.unique(lower(facts.pairs(words[word]))).tolist()
        }
        read |= {
            code
            for word in ("subClassOf", "equivalentClass", "disjointWith", "complementOf")
            for code in np.unique(upper(facts.pairs(words[word]))).tolist()
        }
        named = _beside_literals(equality, self.terms)
        every = _stands_in_axioms(facts, words["type"], words)
        other = _occurring(facts, len(self.terms)) if every or len(named) else ()
        for iri in DATATYPES:
            code = self.terms.find(NamedNode(iri))
            if code < 0 or not (rep[code] in read or rep[code] in other):
                continue
            members = rep[self.literals.members(iri)]
            if not every and rep[code] not in read:
                members = members[np.isin(members, named)]
            facts.add(words["type"], pack(members, rep[code]))
            schema.datatypes.add(int(rep[code]))

    def _read_literals(self) -> Literals:
        table = np.zeros(len(self.terms), np.bool_)
        for column in (self.given, self.by_rule):
            for rows in column.values():
                table[lower(rows)] = True
        codes = np.flatnonzero(table)
        return Literals(self.terms, codes[self.terms.is_literal(codes)])

    def _too_large(self, error: TooLargeError) -> LimitError:
        name = "one property" if error.predicate is None else self.terms.forms[error.predicate].decode()
        return LimitError(
            f"more than {self.most:,} pairs of {name} would follow",
            why="a long transitive line or a large set of equal terms grows with its square",
            hint="reason over fewer files, or allow more with `most` of `cdkg.reasoning.Closure`",
        )

    # -- changing --------------------------------------------------------------------------------------------------

    def extended(self, fresh: Columns, known: int) -> Columns | None:
        """Take up what is new of plain data.

        Args:
            fresh: What is given or made since; `given` or `by_rule` hold it already.
            known: How many terms there were before.

        Returns:
            What newly holds, by predicate; None where all must be closed anew.

        Raises:
            LimitError: More would follow than may be held.
        """
        if self._program is None or self._program.reads_type or not self._is_plain(fresh, known):
            return None
        size = len(self.terms)
        equality = self.equality.grown(size)
        more = facts_of(self.words["type"], fresh.items()).replaced(equality.rep)
        program, self._program = self._editable(), None  # it is whole again at the end, or made anew
        try:
            program.extend(more, size)
        except TooLargeError as error:
            raise self._too_large(error) from error
        facts = program.result()
        if self.schema.outdated(facts) or self._united(facts, self.schema, equality):
            return None
        self.facts, self.equality, self._program = facts, equality, program
        return dict(self.spread(program.news()))

    def _editable(self) -> Program:
        """The program with a node for each class."""
        if self._program is None or self._program.hierarchy is not None:
            return Program(self.facts, self.schema, self.schema.words, len(self.equality.rep), self.most)
        return self._program

    def _is_plain(self, fresh: dict[int, Rows], known: int) -> bool:
        """Whether triples say nothing of the schema or of equality, not even by the value of a literal."""
        words = self.schema.words.words.values()
        rep = self.equality.rep
        for predicate, rows in fresh.items():
            if predicate < known and rep[predicate] in words:
                if rep[predicate] != self.schema.words["type"]:
                    return False
                classes = np.unique(lower(rows))
                if np.isin(rep[classes[classes < known]], list(words)).any():
                    return False
            objects = lower(rows)
            literals = objects[self.terms.is_literal(objects)]
            if len(literals) and self.schema.datatypes:
                return False  # dt-type2 makes them members of classes that axioms read
            if not self.literals.admit(literals):
                return False
        return True

    def is_plain(self, taken: Columns) -> bool:
        """Whether what is to be taken back says nothing of the schema or of equality."""
        if self.axiomatic or self._program is None or self._program.reads_type:
            return False
        return self._is_plain(taken, len(self.terms)) and not any(self._has_twins(lower(r)) for r in taken.values())

    def _has_twins(self, codes: Codes) -> bool:
        """Whether some are literals that are written otherwise elsewhere."""
        literals = codes[self.terms.is_literal(codes)]
        return bool((self.equality.sizes[self.equality.rep[literals]] > 1).any())

    def retracted(self, taken: Columns) -> tuple[Columns, Columns] | None:
        """Take plain data back.

        Args:
            taken: What is no longer given or made; `given` and `by_rule` do not hold it any more.

        Returns:
            What no longer holds, by predicate, and all that had a derivation from what was taken; None where all must
            be closed anew.
        """
        if self._program is None:
            return None
        program, self._program = self._editable(), None
        moved = facts_of(self.words["type"], taken.items()).replaced(self.equality.rep)
        told = retract(program, moved, self._still_given, self._upholds_more)
        facts = program.result()
        if told is None or self.schema.outdated(facts):
            return None
        self.facts, self._program = facts, program
        gone, doubtful = map(self._by_predicate, told)
        return gone, doubtful

    def _by_predicate(self, rows_of: ByNode) -> Columns:
        lost: dict[int, list[Rows]] = defaultdict(list)
        for node, rows in rows_of:
            for name, flip in node.names:
                if node.is_class:
                    lost[self.words["type"]].append(pack(rows, np.int64(name)))  # type: ignore[arg-type]
                else:
                    lost[name].append(swap(rows) if flip else rows)
        return dict(self.spread((predicate, gather(parts)) for predicate, parts in lost.items()))

    def _still_given(self, predicate: int, rows: Rows) -> Mask:
        """Which pairs are given, or made by other rules, of representatives or of what they stand for."""
        equality = self.equality
        spread = np.sort(self._each(rows, predicate))
        columns = [c.get(p) for p in equality.same_as(predicate).tolist() for c in (self.given, self.by_rule)]
        found = gather([spread[within(spread, column)] for column in columns if column is not None])
        return within(rows, gather([pack(equality.rep[upper(found)], equality.rep[lower(found)])]))

    def _upholds_more(self, node: Node, rows: Rows) -> bool:
        """Whether more may rest on rows of a node than operators know: equality, or members that axioms give."""
        names = {name for name, _ in node.names}
        supports = Supports(self.facts, self.schema)
        if names & (supports.always if node.is_class else {self.schema.words["sameAs"]}):
            return True
        if not len(self._soft):
            return False
        if node.is_class:
            type_code = self.schema.words["type"]
            doubtful = rows[within(rows, self._soft)]
            counted = (self.facts.pairs(p) for name in names for p in supports.counting.get(name, ()))
            return any(within(join(rows, values)[1], self._soft).any() for values in counted) or any(
                not self._all_given(type_code, pack(doubtful, np.int64(name)))  # type: ignore[arg-type]
                for name in names & supports.keyed
            )
        return any(
            not self._all_given(name, pairs[within((lower if by_object else upper)(pairs), self._soft)])
            for name, flip in node.names
            for pairs in [np.sort(swap(rows)) if flip else rows]
            for by_object in (False, True)
            if name in (supports.of_objects if by_object else supports.of_subjects)
        )

    def _all_given(self, predicate: int, rows: Rows) -> bool:
        """Whether pairs are given for each and every term that their representatives stand for."""
        spread = self._each(rows, predicate)
        columns = [self.given[p] for p in self.equality.same_as(predicate).tolist() if p in self.given]
        return len(spread) == len(gather([spread[within(spread, column)] for column in columns]))

    def ungiven(self, predicate: int, rows: Rows) -> Rows:
        """The pairs of one predicate that are not given, of all that hold."""
        given = self.given.get(predicate, EMPTY)
        return without(rows, given[within(given, rows)]) if len(given) * 2 < len(rows) else minus(rows, given)

    def unsaid(self, predicate: int, rows: Rows) -> Rows:
        """The pairs of one predicate that are neither given nor made by other rules."""
        return minus(minus(rows, self.given.get(predicate, EMPTY)), self.by_rule.get(predicate, EMPTY))

    # -- what holds ------------------------------------------------------------------------------------------------

    def rows(self) -> Iterator[tuple[int, Rows]]:
        """All that holds, as pairs of codes for each predicate; generalised triples too."""
        equality, same = self.equality, self.words["sameAs"]
        yield from self.spread(self.facts)
        alike = [self.facts.pairs(int(equality.rep[same])), pack(equality.plural, equality.plural)]
        if self.axiomatic:
            alike += [pack(x, x) for x in (_occurring(self.facts, len(self.terms)), equality.rep[[same]])]  # eq-ref
        if any(map(len, alike)):
            for name in equality.same_as(same).tolist():
                yield name, self._each(gather(alike), same)

    def spread(self, facts: Iterable[tuple[int, Rows]]) -> Iterator[tuple[int, Rows]]:
        """Facts about representatives, but for equality, as facts about all that they stand for."""
        equality, same = self.equality, self.words["sameAs"]
        for predicate, rows in facts:
            spread = self._each(rows, predicate) if predicate != equality.rep[same] else EMPTY
            for name in equality.same_as(predicate).tolist():
                if len(spread):
                    yield name, spread

    def _each(self, rows: Rows, predicate: int) -> Rows:
        try:
            return self.equality.spread(rows, self.most)
        except TooLargeError as error:
            error.predicate = predicate
            raise self._too_large(error) from error


def _occurring(facts: Facts, size: int) -> Codes:
    """The representatives of all terms that stand somewhere in what holds."""
    table = np.zeros(size, np.bool_)
    for predicate, rows in facts:
        table[upper(rows)] = table[lower(rows)] = table[predicate] = True
    return np.flatnonzero(table)


def _beside_literals(equality: Equality, terms: Terms) -> Codes:
    """The representatives that stand for a literal and for something else, be it another literal."""
    reps = equality.plural
    if not len(reps):
        return EMPTY
    literal = terms.is_literal(np.arange(len(terms)))
    return reps[np.isin(reps, equality.rep[literal])]


def _stands_in_axioms(facts: Facts, predicate: int, words: Vocabulary) -> bool:
    """Whether a property is itself spoken of."""
    for word in (
        "subPropertyOf", "equivalentProperty", "inverseOf", "domain", "range", "propertyChainAxiom", "onProperty",
        "first",
    ):  # fmt: skip
        rows = facts.pairs(words[word])
        if (upper(rows) == predicate).any() or (lower(rows) == predicate).any():
            return True
    return any(predicate in facts.of_class(words[kind]) for kind in words.words if kind.endswith("Property"))
