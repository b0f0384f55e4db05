"""From the rows of a SHACL engine to findings that a person from a city's office understands."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from cdkg.errors import Location
from cdkg.graph import KnowledgeGraph, Role
from cdkg.validation.places import Places
from cdkg.validation.report import Kind, Result, Severity
from cdkg.validation.shacl.paths import Path, Predicate
from cdkg.validation.shacl.preflight.faults import ShapeFault
from cdkg.validation.shacl.rows import Row
from cdkg.vocabulary import PREFIXES, Term, shorten

_SH: Final = PREFIXES["sh"]
_FIRST: Final = NamedNode(PREFIXES["rdf"] + "first")
_REST: Final = NamedNode(PREFIXES["rdf"] + "rest")
_NIL: Final = NamedNode(PREFIXES["rdf"] + "nil")
_SEVERITIES: Final = {
    f"{_SH}Violation": Severity.VIOLATION,
    f"{_SH}Warning": Severity.WARNING,
    f"{_SH}Info": Severity.INFO,
}

#: What each parameter asks for (SHACL, section 4), with `{}` for its value.
_EXPECTED: Final = {
    "class": "a thing of the class {}",
    "datatype": "a value of the datatype {}, well written",
    "nodeKind": "a value of the kind {}",
    "minCount": "at least {} values",
    "maxCount": "at most {} values",
    "minExclusive": "a value greater than {}",
    "minInclusive": "a value of at least {}",
    "maxExclusive": "a value less than {}",
    "maxInclusive": "a value of at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "a text of the pattern {}",
    "languageIn": "a text in one of the languages {}",
    "uniqueLang": "one text for each language",
    "equals": "the same values as those of {}",
    "disjoint": "no value that is also one of {}",
    "lessThan": "values less than those of {}",
    "lessThanOrEquals": "values not greater than those of {}",
    "not": "nothing that conforms to {}",
    "and": "what conforms to each of {}",
    "or": "what conforms to one or more of {}",
    "xone": "what conforms to exactly one of {}",
    "node": "what conforms to {}",
    "qualifiedMinCount": "at least {} values of the kind that the shape asks for",
    "qualifiedMaxCount": "at most {} values of the kind that the shape limits",
    "closed": "no other properties than those that the shape names",
    "hasValue": "{} among the values",
    "in": "one of {}",
}

#: Parameters whose value is a property that stands beside the one concerned.
_PAIRS: Final = frozenset({"equals", "disjoint", "lessThan", "lessThanOrEquals"})
#: So many members of a list are told.
_MOST_MEMBERS: Final = 12


class Shapes:
    """The shapes of a graph, as far as telling about their results needs them."""

    def __init__(self, graph: KnowledgeGraph, places: Places) -> None:
        self._places = places
        self._owners: dict[Term, Term] = {}
        self._about: dict[Term, list[Triple]] = defaultdict(list)
        self._stating: dict[tuple[Term, Term], Location | None] = {}
        for named in graph.of(Role.SHAPES):
            for triple in named.triples:
                self._owners.setdefault(triple.object, triple.subject)
                self._about[triple.subject].append(triple)

    def result(self, row: Row) -> Result | None:
        """A row as a finding; None where it is about files that nobody asked for."""
        name = _parameter(row.component)
        said = [t for t in self._about.get(row.shape, ()) if t.predicate.value == _SH + name]
        beside = [t.object for t in said if name in _PAIRS and isinstance(t.object, NamedNode)]
        places = self._places.of_finding(row.focus, row.path, row.value, beside)
        if places is None:
            return None
        expected = self._expected(name, said)
        messages = sorted(m.value for m in row.messages if m.language in {None, "en"})
        return Result(
            _SEVERITIES.get(row.severity.value, Severity.VIOLATION),
            " ".join(messages) or _message(row, expected),
            self._owner(row.shape),
            str(row.focus),
            _told(row.path),
            "" if row.value is None else str(row.value),
            places,
            component=row.component.value,
            expected=expected,
            stated=self._stated(row, said),
        )

    def fault(self, fault: ShapeFault) -> Result:
        """A fault of the shapes themselves as a finding."""
        triple = fault.triple
        return Result(
            fault.severity,
            fault.message,
            f"urn:cdkg:rule:shapes:{fault.rule}",
            str(fault.shape),
            str(triple.predicate) if triple else "",
            str(triple.object) if triple else "",
            self._places.of_triple(triple) if triple else self._blocks(fault.shape),
            Kind.SHAPES,
            hint=fault.hint,
        )

    def _blocks(self, shape: Term) -> tuple[Location, ...]:
        """Where the first thing is said of a shape."""
        return next((self._places.of_triple(triple) for triple in self._about.get(shape, ())), ())

    def _expected(self, name: str, said: list[Triple]) -> str:
        """What the constraint asks for; where a shape has it more than once, the one that the value falls short of."""
        pattern = _EXPECTED.get(name, "")
        named = said if name not in {"node", "not", "class"} or len(said) == 1 else []
        told = [self._words(triple.object) for triple in named]
        if "{}" not in pattern:
            return pattern
        text = pattern.format(" and ".join(told)) if told else ""
        return text.replace("1 values", "1 value") if told == ["1"] else text

    def _words(self, term: Term) -> str:
        """A term as people write it; a list by its members, a shape without a name as such."""
        members = self._members(term)
        if members is not None:
            told = ", ".join(map(self._words, members[:_MOST_MEMBERS]))
            return told + (f" and {len(members) - _MOST_MEMBERS} more" if len(members) > _MOST_MEMBERS else "")
        return "a shape without a name" if isinstance(term, BlankNode) else words(term)

    def _members(self, node: Term) -> list[Term] | None:
        found: list[Term] = []
        seen: set[Term] = set()
        while node != _NIL:
            said = {t.predicate: t.object for t in self._about.get(node, ())}
            if _FIRST not in said or node in seen:
                return found or None
            seen.add(node)
            found.append(said[_FIRST])
            node = said.get(_REST, _NIL)
        return found

    def _stated(self, row: Row, said: list[Triple]) -> Location | None:
        """Where the constraint stands, or else the shape that has it."""
        key = row.shape, row.component
        if key not in self._stating:
            places = (place for t in (*said, *self._about.get(row.shape, ())) for place in self._places.of_triple(t))
            self._stating[key] = next(places, None)
        return self._stating[key]

    def _owner(self, shape: Term) -> str:
        """The IRI of the shape, or for a property shape without a name that of the node shape it belongs to."""
        seen: set[Term] = set()
        while isinstance(shape, BlankNode) and shape not in seen:
            seen.add(shape)
            shape = self._owners.get(shape, shape)
        return shape.value if isinstance(shape, NamedNode) else str(shape)


def words(term: Term) -> str:
    """A term as people write it: a prefixed name, or a literal without the datatype that can be seen."""
    if isinstance(term, NamedNode):
        return shorten(term.value)
    if isinstance(term, Literal):
        return term.value if term.datatype.value.startswith(PREFIXES["xsd"]) and not _is_text(term) else str(term)
    return str(term)


def _is_text(literal: Literal) -> bool:
    return literal.datatype.value == PREFIXES["xsd"] + "string"


def _parameter(component: NamedNode) -> str:
    """The parameter that a constraint component of SHACL is named after (`sh:minCount`); else an empty string."""
    name = component.value.removeprefix(_SH).removesuffix("ConstraintComponent")
    return name[:1].lower() + name[1:] if name.isalpha() and name != "SPARQL" else ""


def _message(row: Row, expected: str) -> str:
    """What is wrong, where the shape itself does not say it."""
    about = shorten(row.path.iri) if isinstance(row.path, Predicate) else str(row.path) if row.path else "this"
    value = f"{words(row.value)} is not what" if row.value is not None else "it is not as"
    return f"{about}: {value} the shape asks for" + (f", which is {expected}." if expected else ".")


def _told(path: Path | None) -> str:
    if isinstance(path, Predicate):
        return f"<{path.iri}>"
    return "" if path is None else str(path)
