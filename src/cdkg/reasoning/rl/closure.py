"""The OWL 2 RL/RDF closure of a set of triples: what follows, why, and what contradicts itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import chain
from typing import Final

import numpy as np
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from cdkg.errors import LimitError
from cdkg.reasoning.proofs.join import Code
from cdkg.reasoning.proofs.prover import Derivation, OutsideTable, Prover
from cdkg.reasoning.rl.clashes import Clash, Clashes, first_of_each
from cdkg.reasoning.rl.columns import (
    EMPTY,
    Rows,
    common,
    gather,
    lower,
    merge,
    minus,
    unique,
    upper,
    within,
    within_codes,
)
from cdkg.reasoning.rl.engine import Columns, Engine
from cdkg.reasoning.rl.facts import by_predicate
from cdkg.reasoning.rl.lists import LIST_CLASSES, list_patterns
from cdkg.reasoning.rl.ntriples import encode, written
from cdkg.reasoning.rl.schema import OWNING
from cdkg.reasoning.rl.table import OF_DECLARATIONS, TABLE, TRIVIAL_IF_REFLEXIVE
from cdkg.reasoning.rl.terms import Codes, Mask, Terms
from cdkg.reasoning.rl.view import ClosureView
from cdkg.vocabulary import RDF_TYPE

#: How many pairs one property may have: 400 MB.
MOST_PAIRS: Final = 50_000_000

#: By property the objects that are wanted (None: any); None: all triples.
Wanted = Mapping[str, AbstractSet[str] | None] | None

#: How many triples are made objects at a time: some 8 GB. `ntriples` has no such bound.
_MOST_OBJECTS: Final = 20_000_000


class Closure:
    """The closure of a set of triples under OWL 2 RL/RDF (OWL 2 Profiles, section 4.3); more may be added at any time.

    It holds the same triples whatever the order in which they are added. Only RDF triples are given out: what the rules
    say with a literal as subject, or with a blank node as predicate (an inverse property expression), takes part.

    Args:
        triples: What is given.
        axiomatic: Whether the rules are on that only add reflexive or axiomatic triples: eq-ref, prp-ap, cls-thing,
            cls-nothing1, scm-cls, scm-op, scm-dp and dt-type1.
        most: How many pairs one property may have.

    Raises:
        LimitError: More would follow than may be held.
    """

    def __init__(self, triples: Iterable[Triple] = (), *, axiomatic: bool = False, most: int = MOST_PAIRS) -> None:
        self._engine = Engine(axiomatic=axiomatic, most=most)
        self._doubted: Columns | None = None
        self._begin(self._encoded(triples))

    @classmethod
    def from_ntriples(cls, data: bytes, *, axiomatic: bool = False, most: int = MOST_PAIRS) -> Closure:
        """The closure of canonical N-Triples, which need not become objects one by one.

        Raises:
            SourceError: A line is not canonical N-Triples.
            LimitError: More would follow than may be held.
        """
        found = cls(axiomatic=axiomatic, most=most)
        found._begin(encode(data, found.terms))  # one of its own
        return found

    def _begin(self, triples: tuple[Codes, Codes, Codes]) -> None:
        if len(triples[0]):
            self._engine.given = {predicate: gather([rows]) for predicate, rows in by_predicate(*triples)}
            self._engine.close()

    def _encoded(self, triples: Iterable[Triple]) -> tuple[Codes, Codes, Codes]:
        codes = encode(serialize(triples, format=RdfFormat.N_TRIPLES) or b"", self.terms)
        self._engine.equality = self._engine.equality.grown(len(self.terms))
        return codes

    @property
    def terms(self) -> Terms:
        """The dictionary."""
        return self._engine.terms

    # -- changing --------------------------------------------------------------------------------------------------

    def add(self, triples: Iterable[Triple], because: str = "", *, blank: bool = True) -> list[Triple]:
        """Add triples, given or (with `because`, the name of a rule outside the tables) derived, and close.

        Where they are plain data only what is new is computed; where they touch the schema, or make terms the same, all
        is closed anew.

        Args:
            triples: What is added.
            because: The rule that derived it; none: it is given.
            blank: Whether what follows about blank nodes is returned too.

        Returns:
            What newly follows from them, without themselves.

        Raises:
            LimitError: More would follow than may be held; nothing is added then.
        """
        engine, known = self._engine, len(self.terms)
        asked = {p: gather([rows]) for p, rows in by_predicate(*self._encoded(triples))}
        fresh = {p: engine.unsaid(p, rows) for p, rows in asked.items()}
        former = self._change(because, lambda column: {p: _with(column.get(p, EMPTY), r) for p, r in asked.items()})
        try:
            told = engine.extended(fresh, known)
            if told is None:
                before = dict(engine.rows())
                engine.close()
                told = {p: minus(rows, before.get(p, EMPTY)) for p, rows in engine.rows()}
        except LimitError:
            engine.given, engine.by_rule = former
            raise
        unsaid = ((p, engine.unsaid(p, rows)) for p, rows in told.items())
        return self._listed(unsaid if blank else ((p, rows[self._is_named(rows)]) for p, rows in unsaid))

    def remove(self, triples: Iterable[Triple], because: str = "") -> list[Triple]:
        """Take triples back, given or (with `because`) derived by a rule outside the tables, and what rests on them.

        Where they are plain data, only what may rest on them is looked at; where they touch the schema or equality, all
        is closed anew. What was not there is passed over; what still follows from the rest holds on, as inferred.

        Returns:
            What held and does not hold any more.
        """
        engine = self._engine
        column = engine.by_rule if because else engine.given
        asked = by_predicate(*self._encoded(triples))
        taken = {p: common(gather([rows]), column[p]) for p, rows in asked if p in column}
        before = None if engine.is_plain(taken) else dict(engine.rows())
        self._change(because, lambda column: {p: minus(column.get(p, EMPTY), rows) for p, rows in taken.items()})
        told = engine.retracted(taken) if before is None else None
        gone, self._doubted = told or (None, None)
        if gone is None:
            before = before if before is not None else dict(engine.rows())
            engine.close()
            now = dict(engine.rows())
            gone = {p: minus(rows, now.get(p, EMPTY)) for p, rows in before.items()}
        return self._listed(gone.items())

    def doubted(self, most: int) -> list[Triple] | None:
        """What had a derivation from what was removed last, whether or not it holds on; None where that is not known.

        Args:
            most: With more pairs than this nothing is told either.
        """
        if self._doubted is None or sum(map(len, self._doubted.values())) > most:
            return None
        return self._listed(self._doubted.items())

    def _change(self, because: str, to: Callable[[Columns], Columns]) -> tuple[Columns, Columns]:
        """Change what is given, or what other rules have made; return both as they were."""
        engine = self._engine
        former = engine.given, engine.by_rule
        if because:
            engine.by_rule = engine.by_rule | to(engine.by_rule)
        else:
            engine.given = engine.given | to(engine.given)
        for name in ("clashes", "facts", "_prover"):
            self.__dict__.pop(name, None)
        return former

    # -- what it holds ---------------------------------------------------------------------------------------------

    def inferred(self) -> Iterator[Triple]:
        """All triples that follow and were not given."""
        for predicate, rows in self.inferred_rows():
            yield from self._triples(predicate, rows)

    def inferred_rows(self) -> Iterator[tuple[int, Rows]]:
        """What follows and is not given, as pairs of codes for each predicate: RDF triples only."""
        for predicate, rows in self._sayable(self._engine.rows()):
            found = self._engine.ungiven(predicate, rows)
            if len(found):
                yield predicate, found

    def shown_rows(self) -> Iterator[tuple[int, Rows]]:
        """What was given or made by rules, and of what follows that without blank nodes, as pairs of codes."""
        for predicate, rows in self._sayable(self._engine.rows()):
            yield predicate, rows[self._is_named(rows) | ~within(rows, self._engine.unsaid(predicate, rows))]

    def shown(self, wanted: Wanted = None) -> Iterator[Quad]:
        """The same as triples in the default graph.

        Args:
            wanted: By property the objects that are wanted, as IRIs or `_:` and a name (None: any); None: all triples.
        """
        rows = self.shown_rows() if wanted is None else self._chosen(wanted)
        for data in written(self.terms, ((p, upper(found), lower(found)) for p, found in rows)):
            yield from parse(data, format=RdfFormat.N_TRIPLES)

    def _chosen(self, wanted: Mapping[str, AbstractSet[str] | None]) -> Iterator[tuple[int, Rows]]:
        codes = self.terms.codes
        names = {codes.get(f"<{name}>".encode()): objects for name, objects in wanted.items()}
        for predicate, rows in self.shown_rows():
            objects = names.get(predicate)
            if objects is not None:
                forms = (name.encode() if name.startswith("_:") else f"<{name}>".encode() for name in objects)
                among = unique(np.array([codes[form] for form in forms if form in codes], np.int64))
                yield predicate, rows[within_codes(lower(rows), among)]
            elif predicate in names:
                yield predicate, rows

    def _is_named(self, rows: Rows) -> Mask:
        """Which pairs are without blank nodes."""
        return ~(self.terms.is_blank(upper(rows)) | self.terms.is_blank(lower(rows)))

    def ntriples(self, *, given: bool = True) -> Iterator[bytes]:
        """All triples that hold, or only those that follow, as canonical N-Triples in stretches of whole lines."""
        rows = self._sayable(self._engine.rows()) if given else self.inferred_rows()
        return written(self.terms, ((predicate, upper(found), lower(found)) for predicate, found in rows))

    def _sayable(self, facts: Iterable[tuple[int, Rows]]) -> Iterator[tuple[int, Rows]]:
        """Of generalised triples those that are RDF, and not trivially reflexive."""
        trivial = {self.terms.find(predicate) for predicate in TRIVIAL_IF_REFLEXIVE}
        names = self.terms
        for predicate, rows in facts:
            if names.is_iri(np.array([predicate]))[0]:
                found = rows
                if predicate in trivial and not self._engine.axiomatic:
                    found = found[upper(found) != lower(found)]
                subjects = upper(found)
                yield predicate, found[names.is_iri(subjects) | names.is_blank(subjects)]

    def _listed(self, facts: Iterable[tuple[int, Rows]]) -> list[Triple]:
        found = list(self._sayable(facts))
        number = sum(len(rows) for _, rows in found)
        if number > _MOST_OBJECTS:
            raise LimitError(f"{number:,} triples are too many to list", hint="reason over fewer files")
        return list(chain.from_iterable(self._triples(p, rows) for p, rows in found))

    def _triples(self, predicate: int, rows: Rows) -> Iterator[Triple]:
        forms = self.terms.forms
        middle = b" " + forms[predicate] + b" "
        ends = zip(upper(rows).tolist(), lower(rows).tolist(), strict=True)
        data = b"".join([forms[s] + middle + forms[o] + b" .\n" for s, o in ends])
        return (quad.triple for quad in parse(data, format=RdfFormat.N_TRIPLES))

    def holds(self, triple: Triple) -> bool:
        """Whether a triple is given or follows."""
        find = self.terms.find
        fact = (find(triple.subject), find(triple.predicate), find(triple.object))
        return min(fact) >= 0 and self.facts.holds(*fact)

    @cached_property
    def facts(self) -> ClosureView:
        """All that holds, fact by fact."""
        return ClosureView(self._engine)

    # -- why -------------------------------------------------------------------------------------------------------

    def prover(self, outside: OutsideTable | None = None) -> Prover:
        """What says why triples hold; `outside` tells what other rules were applied to."""
        rules = (*TABLE, *OF_DECLARATIONS) if self._engine.axiomatic else TABLE
        return Prover(self.facts, (*rules, *list_patterns(self._of_lists())), outside, self.facts.by_itself)

    def _of_lists(self) -> Iterator[Triple]:
        """The triples that lists are made of, and that tell what their owners are."""
        engine = self._engine
        codes = [engine.words[word] for word in ("first", "rest", *OWNING)]
        columns = ((code, engine.facts.pairs(int(engine.equality.rep[code]))) for code in codes)
        yield from self._listed(engine.spread(columns))
        for kind in LIST_CLASSES:
            code = self.terms.find(kind)
            owners = self.facts.subjects(engine.words["type"], code) if code >= 0 else EMPTY
            for owner in owners[self.terms.is_iri(owners) | self.terms.is_blank(owners)].tolist():
                yield Triple(self.terms.term(owner), RDF_TYPE, kind)  # type: ignore[arg-type]

    @cached_property
    def _prover(self) -> Prover:
        return self.prover(self._made)

    def _made(self, triple: Triple) -> tuple[str, tuple[Triple, ...]] | None:
        """That a rule outside the tables made a triple; which one, and from what, knows who runs these rules."""
        s, p, o = map(self.terms.find, (triple.subject, triple.predicate, triple.object))
        stands = within(np.array([s << 32 | o]), self._engine.by_rule.get(p, EMPTY))[0]
        return ("a rule outside the tables", ()) if stands else None

    def derivation(self, triple: Triple) -> Derivation | None:
        """The last step of the shortest proof of a triple; None when it was given or does not follow."""
        return self._prover.derivation(triple)

    def asserted_behind(self, triple: Triple) -> list[Triple]:
        """The given triples that the shortest proof of a triple rests on; none when it does not hold."""
        return self._prover.asserted_behind(triple)

    @cached_property
    def clashes(self) -> list[Clash]:
        """All contradictions; where a statement is none of RDF, what it rests on is told instead."""
        found = first_of_each(Clashes(self._engine).all())
        return [Clash(rule, tuple(dict.fromkeys(self._told(facts)))) for rule, facts in found]

    def _told(self, facts: Iterable[Code]) -> Iterator[Triple]:
        """Facts as triples."""
        term = self.terms.term
        for s, p, o in facts:
            if isinstance(term(s), NamedNode | BlankNode) and isinstance(term(p), NamedNode):
                yield Triple(term(s), term(p), term(o))  # type: ignore[arg-type]
            else:
                yield from self._prover.told((s, p, o))


def _with(column: Rows, rows: Rows) -> Rows:
    return merge(column, minus(rows, column))
