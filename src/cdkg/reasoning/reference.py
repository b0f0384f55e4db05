"""The reference reasoner: owlrl, slow and without explanations, to hold our own engine against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from pyoxigraph import NamedNode, Quad, Triple

from cdkg.graph import copy_to_rdflib
from cdkg.reasoning.proofs.prover import Derivation, OutsideTable, Proof
from cdkg.reasoning.rl.clashes import Clash
from cdkg.reasoning.rl.closure import Wanted
from cdkg.reasoning.rl.table import TRIVIAL_IF_REFLEXIVE
from cdkg.reasoning.rules.rule import constant
from cdkg.vocabulary import PREFIXES, Term, is_grounded

_HAS_KEY: Final = NamedNode(PREFIXES["owl"] + "hasKey")
_THING: Final = NamedNode(PREFIXES["owl"] + "Thing")
_ERROR: Final = "http://www.daml.org/2002/03/agents/agent-ont#error"
_ERROR_MESSAGE: Final = "http://www.daml.org/2002/03/agents/agent-ont#ErrorMessage"
_VOCABULARIES: Final = tuple(PREFIXES[prefix] for prefix in ("owl", "rdf", "rdfs", "xsd"))


def owlrl_closure(triples: Iterable[Triple]) -> frozenset[Triple]:
    """Close triples under OWL 2 RL (OWL 2 Profiles, section 4.3) with owlrl.

    Returns:
        The given triples and all that owlrl derives from them, but for triples that RDF does not know (literals as
        subjects) and reports of contradictions. `is_trivial` tells its axiomatic and reflexive triples.

    Note:
        owlrl 7.6 draws false `owl:sameAs` from `owl:hasKey`, so no key is shown to it. Triple terms of RDF 1.2, which
        rdflib does not have, are passed through without taking part.
    """
    return _close(triples)[0]


def is_trivial(triple: Triple) -> bool:
    """Whether a triple is true of any graph: reflexive, about the vocabulary itself, or "is a thing"."""
    return (
        triple.object == _THING
        or (triple.predicate in TRIVIAL_IF_REFLEXIVE and triple.subject == triple.object)
        or (isinstance(triple.subject, NamedNode) and triple.subject.value.startswith(_VOCABULARIES))
    )


class OwlrlClosure:
    """owlrl behind the face of `Closure`; it closes anew with each addition and keeps no derivations."""

    def __init__(self, triples: Iterable[Triple] = ()) -> None:
        self._given: set[Triple] = set()
        self._by_rule: dict[Triple, str] = {}
        self._closed: frozenset[Triple] = frozenset()
        self._messages: list[str] = []
        self.add(triples)

    @property
    def clashes(self) -> list[Clash]:
        """The contradictions that owlrl reports, each as its sentence; it does not tell their triples."""
        return [Clash(f"owlrl: {message}", ()) for message in self._messages]

    def inferred(self) -> Iterator[Triple]:
        """All triples that were derived and not given, without the trivial ones."""
        return (t for t in self._closed if t not in self._given and not is_trivial(t))

    def shown(self, wanted: Wanted = None) -> Iterator[Quad]:
        """As `Closure.shown`."""
        for t in self._closed:
            objects = None if wanted is None else wanted.get(t.predicate.value, frozenset())
            is_said = t in self._given or t in self._by_rule
            if (objects is None or constant(t.object) in objects) and (
                is_said or (is_grounded(t) and not is_trivial(t))
            ):
                yield Quad(t.subject, t.predicate, t.object)

    def add(self, triples: Iterable[Triple], because: str = "", *, blank: bool = True) -> list[Triple]:
        """Add triples, given or (with `because`) derived by another rule, and close.

        Args:
            triples: What is added.
            because: The rule that derived it; none: it is given.
            blank: Whether what follows about blank nodes is returned too.

        Returns:
            What newly follows from them, without themselves.
        """
        new = set(triples)
        before = self._closed | new
        if because:
            self._by_rule |= dict.fromkeys(new - self._closed, because)
        else:
            self._given |= new
        self._closed, self._messages = _close(before)
        news = (t for t in self._closed if t not in before and not is_trivial(t))
        return [t for t in news if blank or is_grounded(t)]

    def prover(self, outside: OutsideTable | None = None) -> OwlrlClosure:  # noqa: ARG002  # it knows no more than that
        """Itself."""
        return self

    def proofs(self, triple: Triple) -> Iterator[Proof]:
        """Yield the one thing that owlrl knows of a triple: that it was given, or that it was derived."""
        step = self.derivation(triple)
        if step or triple in self._given:
            yield Proof(triple, step.rule if step else "")

    def derivation(self, triple: Triple) -> Derivation | None:
        """That owlrl, or which closed-world rule, derived `triple`; None when it was given or does not follow."""
        if triple in self._given or triple not in self._closed:
            return None
        return Derivation(self._by_rule.get(triple, "owlrl"), ())

    def asserted_behind(self, triple: Triple) -> list[Triple]:
        """`triple` itself when it was given; owlrl does not know what it rests on otherwise."""
        return [triple] if triple in self._given else []


def _close(triples: Iterable[Triple]) -> tuple[frozenset[Triple], list[str]]:
    """The closure and what owlrl says of contradictions."""
    import owlrl  # noqa: PLC0415  # with rdflib half a second, which only those pay who ask for the reference
    import rdflib  # noqa: PLC0415

    given = frozenset(triples)
    graph = rdflib.Graph()
    nodes_of = copy_to_rdflib((t for t in given if t.predicate != _HAS_KEY), graph)
    terms: dict[Any, Term] = {node: term for term, node in nodes_of.items() if node is not None}
    with _datatypes_kept():
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    reports = set(graph.subjects(rdflib.RDF.type, rdflib.URIRef(_ERROR_MESSAGE)))
    messages = sorted(str(message) for report in reports for message in graph.objects(report, rdflib.URIRef(_ERROR)))
    closed = {
        _triple(*(terms.get(node) or NamedNode(str(node)) for node in nodes))
        for nodes in graph
        if nodes[0] not in reports and not isinstance(nodes[0], rdflib.Literal)
    }
    return given | closed, messages


@contextmanager
def _datatypes_kept() -> Iterator[None]:
    """Let rdflib read literals afterwards as it did before: owlrl puts in its own readers, and leaves some of them."""
    from rdflib.term import _toPythonMapping as readers  # noqa: PLC0415

    before = dict(readers)
    try:
        yield
    finally:
        readers.clear()
        readers.update(before)


def _triple(subject: Any, predicate: Any, obj: Any) -> Triple:
    return Triple(subject, predicate, obj)
