"""The rules of OWL 2 RL/RDF as a table (OWL 2 Profiles, section 4.3, tables 4 to 9).

A row: name | schema atoms | data atoms | conclusion. As soon as its schema atoms match, a rule is instantiated with
what they bind, so that data only ever meets rules with constants in them. Rules over lists are instantiated in `lists`.

Left out by default, as the design says: rules that only add reflexive or axiomatic triples (eq-ref, prp-ap, cls-thing,
cls-nothing1, scm-cls, scm-op, scm-dp, dt-type1). What else follows by way of a reflexive triple is in rows of its own
below the rule that would use it. Not there yet: reasoning over datatypes and their values (dt-type2, dt-not-type,
dt-eq, dt-diff).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode

from cdkg.vocabulary import PREFIXES, Term

#: A pattern of a triple: variables are strings (`?x`), all else are terms.
Atom = tuple[str | Term, str | Term, str | Term]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rule: what must be there, first in the schema and then in the data, and what follows (None: false)."""

    name: str
    schema: tuple[Atom, ...]
    data: tuple[Atom, ...]
    head: Atom | None


_ROWS: Final = """
eq-sym | | ?x sameAs ?y | ?y sameAs ?x
eq-trans | | ?x sameAs ?y . ?y sameAs ?z | ?x sameAs ?z
eq-rep-s | ?s sameAs ?t | ?s ?p ?o | ?t ?p ?o
eq-rep-p | ?p sameAs ?q | ?s ?p ?o | ?s ?q ?o
eq-rep-o | ?o sameAs ?t | ?s ?p ?o | ?s ?p ?t
eq-diff1 | | ?x sameAs ?y . ?x differentFrom ?y | false
eq-diff1 | | ?x differentFrom ?x | false
prp-dom | ?p domain ?c | ?x ?p ?y | ?x type ?c
prp-rng | ?p range ?c | ?x ?p ?y | ?y type ?c
prp-fp | ?p type FunctionalProperty | ?x ?p ?y . ?x ?p ?z | ?y sameAs ?z
prp-ifp | ?p type InverseFunctionalProperty | ?x ?p ?z . ?y ?p ?z | ?x sameAs ?y
prp-irp | ?p type IrreflexiveProperty | ?x ?p ?x | false
prp-symp | ?p type SymmetricProperty | ?x ?p ?y | ?y ?p ?x
prp-asyp | ?p type AsymmetricProperty | ?x ?p ?y . ?y ?p ?x | false
prp-trp | ?p type TransitiveProperty | ?x ?p ?y . ?y ?p ?z | ?x ?p ?z
prp-spo1 | ?p subPropertyOf ?q | ?x ?p ?y | ?x ?q ?y
prp-eqp1 | ?p equivalentProperty ?q | ?x ?p ?y | ?x ?q ?y
prp-eqp2 | ?p equivalentProperty ?q | ?x ?q ?y | ?x ?p ?y
prp-pdw | ?p propertyDisjointWith ?q | ?x ?p ?y . ?x ?q ?y | false
prp-inv1 | ?p inverseOf ?q | ?x ?p ?y | ?y ?q ?x
prp-inv2 | ?p inverseOf ?q | ?x ?q ?y | ?y ?p ?x
prp-npa1 | ?n sourceIndividual ?x . ?n assertionProperty ?p . ?n targetIndividual ?y | ?x ?p ?y | false
prp-npa2 | ?n sourceIndividual ?x . ?n assertionProperty ?p . ?n targetValue ?y | ?x ?p ?y | false
cls-nothing2 | | ?x type Nothing | false
cls-com | ?c complementOf ?d | ?x type ?c . ?x type ?d | false
cls-svf1 | ?r someValuesFrom ?c . ?r onProperty ?p | ?u ?p ?v . ?v type ?c | ?u type ?r
cls-svf2 | ?r someValuesFrom Thing . ?r onProperty ?p | ?u ?p ?v | ?u type ?r
cls-avf | ?r allValuesFrom ?c . ?r onProperty ?p | ?u type ?r . ?u ?p ?v | ?v type ?c
cls-hv1 | ?r hasValue ?v . ?r onProperty ?p | ?u type ?r | ?u ?p ?v
cls-hv2 | ?r hasValue ?v . ?r onProperty ?p | ?u ?p ?v | ?u type ?r
cls-maxc1 | ?r maxCardinality "0" . ?r onProperty ?p | ?u type ?r . ?u ?p ?v | false
cls-maxc2 | ?r maxCardinality "1" . ?r onProperty ?p | ?u type ?r . ?u ?p ?v . ?u ?p ?w | ?v sameAs ?w
cls-maxqc1 | ?r maxQualifiedCardinality "0" . ?r onProperty ?p . ?r onClass ?c | ?u type ?r . ?u ?p ?v . ?v type ?c | false
cls-maxqc2 | ?r maxQualifiedCardinality "0" . ?r onProperty ?p . ?r onClass Thing | ?u type ?r . ?u ?p ?v | false
cls-maxqc3 | ?r maxQualifiedCardinality "1" . ?r onProperty ?p . ?r onClass ?c | ?u type ?r . ?u ?p ?v . ?v type ?c . ?u ?p ?w . ?w type ?c | ?v sameAs ?w
cls-maxqc4 | ?r maxQualifiedCardinality "1" . ?r onProperty ?p . ?r onClass Thing | ?u type ?r . ?u ?p ?v . ?u ?p ?w | ?v sameAs ?w
cax-sco | ?c subClassOf ?d | ?x type ?c | ?x type ?d
cax-eqc1 | ?c equivalentClass ?d | ?x type ?c | ?x type ?d
cax-eqc2 | ?c equivalentClass ?d | ?x type ?d | ?x type ?c
cax-dw | ?c disjointWith ?d | ?x type ?c . ?x type ?d | false
scm-sco | | ?a subClassOf ?b . ?b subClassOf ?c | ?a subClassOf ?c
scm-eqc1 | | ?a equivalentClass ?b | ?a subClassOf ?b
scm-eqc1 | | ?a equivalentClass ?b | ?b subClassOf ?a
scm-eqc2 | | ?a subClassOf ?b . ?b subClassOf ?a | ?a equivalentClass ?b
scm-spo | | ?a subPropertyOf ?b . ?b subPropertyOf ?c | ?a subPropertyOf ?c
scm-eqp1 | | ?a equivalentProperty ?b | ?a subPropertyOf ?b
scm-eqp1 | | ?a equivalentProperty ?b | ?b subPropertyOf ?a
scm-eqp2 | | ?a subPropertyOf ?b . ?b subPropertyOf ?a | ?a equivalentProperty ?b
scm-dom1 | | ?p domain ?c . ?c subClassOf ?d | ?p domain ?d
scm-dom2 | | ?q domain ?c . ?p subPropertyOf ?q | ?p domain ?c
scm-rng1 | | ?p range ?c . ?c subClassOf ?d | ?p range ?d
scm-rng2 | | ?q range ?c . ?p subPropertyOf ?q | ?p range ?c
scm-hv | | ?a hasValue ?i . ?a onProperty ?p . ?b hasValue ?i . ?b onProperty ?q . ?p subPropertyOf ?q | ?a subClassOf ?b
scm-hv | | ?a hasValue ?x . ?a onProperty ?p . ?b hasValue ?x . ?b onProperty ?p | ?a subClassOf ?b
scm-svf1 | | ?a someValuesFrom ?c . ?a onProperty ?p . ?b someValuesFrom ?d . ?b onProperty ?p . ?c subClassOf ?d | ?a subClassOf ?b
scm-svf1 | | ?a someValuesFrom ?x . ?a onProperty ?p . ?b someValuesFrom ?x . ?b onProperty ?p | ?a subClassOf ?b
scm-svf2 | | ?a someValuesFrom ?c . ?a onProperty ?p . ?b someValuesFrom ?c . ?b onProperty ?q . ?p subPropertyOf ?q | ?a subClassOf ?b
scm-avf1 | | ?a allValuesFrom ?c . ?a onProperty ?p . ?b allValuesFrom ?d . ?b onProperty ?p . ?c subClassOf ?d | ?a subClassOf ?b
scm-avf1 | | ?a allValuesFrom ?x . ?a onProperty ?p . ?b allValuesFrom ?x . ?b onProperty ?p | ?a subClassOf ?b
scm-avf2 | | ?a allValuesFrom ?c . ?a onProperty ?p . ?b allValuesFrom ?c . ?b onProperty ?q . ?p subPropertyOf ?q | ?b subClassOf ?a
"""  # noqa: E501  # one rule a line, as in the tables of the recommendation

#: What the rules say that are off by default and read declarations.
_OF_DECLARATIONS: Final = """
scm-cls | | ?c type Class | ?c subClassOf ?c
scm-cls | | ?c type Class | ?c equivalentClass ?c
scm-cls | | ?c type Class | ?c subClassOf Thing
scm-cls | | ?c type Class | Nothing subClassOf ?c
scm-op | | ?p type ObjectProperty | ?p subPropertyOf ?p
scm-op | | ?p type ObjectProperty | ?p equivalentProperty ?p
scm-dp | | ?p type DatatypeProperty | ?p subPropertyOf ?p
scm-dp | | ?p type DatatypeProperty | ?p equivalentProperty ?p
"""

_RDFS: Final = {"domain", "range", "subClassOf", "subPropertyOf"}


def _term(word: str, datatype: str) -> str | Term:
    if word.startswith("?"):
        return word
    if word.startswith('"'):
        return Literal(word[1:-1], datatype=NamedNode(PREFIXES["xsd"] + datatype))
    prefix = "rdf" if word == "type" else "rdfs" if word in _RDFS else "owl"
    return NamedNode(PREFIXES[prefix] + word)


def _rows(line: str) -> Iterator[Pattern]:
    """One pattern a row; two where a count may be written as either of the two usual integer types."""

    def atoms(text: str, datatype: str) -> tuple[Atom, ...]:
        parts = (part.split() for part in text.split(" . ") if part.strip())
        return tuple((_term(s, datatype), _term(p, datatype), _term(o, datatype)) for s, p, o in parts)

    name, schema, data, head = (cell.strip() for cell in line.split("|"))
    for datatype in ("nonNegativeInteger", "integer") if '"' in schema else ("",):
        conclusion = None if head == "false" else atoms(head, datatype)[0]
        yield Pattern(name, atoms(schema, datatype), atoms(data, datatype), conclusion)


#: Predicates of which `x p x` says nothing: what the rules left out by default would give.
TRIVIAL_IF_REFLEXIVE: Final = frozenset(
    NamedNode(PREFIXES["rdfs" if word.startswith("sub") else "owl"] + word)
    for word in ("sameAs", "equivalentClass", "equivalentProperty", "subClassOf", "subPropertyOf")
)

#: The table as patterns.
TABLE: Final = tuple(pattern for line in _ROWS.strip().splitlines() for pattern in _rows(line))

#: The rows that are off by default; the other rules that are have no premises (prp-ap, cls-thing, …), or any (eq-ref).
OF_DECLARATIONS: Final = tuple(pattern for line in _OF_DECLARATIONS.strip().splitlines() for pattern in _rows(line))
