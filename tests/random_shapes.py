"""Random shapes: well-formed ones of all kinds of paths, targets and constraints, about the terms of a graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from pyoxigraph import Literal, NamedNode, Triple

from cdkg.vocabulary import RDF_TYPE
from shape_mutations import ODD_LITERALS

#: Where a path has a sequence in it.
_SEQUENCE = re.compile(r"(?<!alternativePath )\( ")


class Shapes:
    """Random well-formed shapes about the terms of a graph, in Turtle."""

    def __init__(self, triples: Sequence[Triple], source: Random) -> None:
        self._random = source
        self._predicates = sorted({str(t.predicate) for t in triples})
        self._classes = sorted({str(t.object) for t in triples if t.predicate == RDF_TYPE}) or ["ex:C"]
        self._nodes = sorted({str(t.subject) for t in triples if isinstance(t.subject, NamedNode)}) or ["ex:a"]
        literals = sorted({str(t.object) for t in triples if isinstance(t.object, Literal)})
        self._literals = source.sample(literals, min(len(literals), 40)) + [str(odd) for odd in ODD_LITERALS]
        self._number = 0

    def text(self) -> str:
        """A node shape or property shape with a target and some constraints."""
        self._number += 1
        kind = self._random.random() < 0.6
        body = self.property_shape(2) if kind else self.node_shape(2)
        deactivated = "sh:deactivated true ; " if self._random.random() < 0.03 else ""
        return f"ex:S{self._number} {self._target()} {deactivated}{body} ."

    def node_shape(self, depth: int) -> str:
        """What a node shape says."""
        return self._said(self._on_nodes(depth), 2)

    def property_shape(self, depth: int) -> str:
        """What a property shape says."""
        return f"sh:path {self.path(2)} ; " + self._said(self._on_nodes(depth) + self._on_properties(depth), 2)

    def path(self, depth: int, *, any_inverse: bool = False) -> str:
        """A property path, mostly a plain one; with the way back of a sequence, which pySHACL misses, if asked for."""
        if not depth or self._random.random() < 0.6:
            return self._predicate()
        inner, other = (self.path(depth - 1, any_inverse=any_inverse) for _ in range(2))
        turned = inner if any_inverse or not _SEQUENCE.search(inner) else self._predicate()
        kinds = [
            f"[ sh:inversePath {turned} ]", f"( {inner} {other} )", f"[ sh:alternativePath ( {inner} {other} ) ]",
            f"[ sh:zeroOrMorePath {inner} ]", f"[ sh:oneOrMorePath {inner} ]", f"[ sh:zeroOrOnePath {inner} ]",
        ]  # fmt: skip
        return self._random.choice(kinds)

    def _target(self) -> str:
        choice = self._random.choice
        kinds = [
            f"sh:targetClass {choice(self._classes)} ;", f"sh:targetNode {choice(self._nodes + self._literals)} ;",
            f"sh:targetSubjectsOf {self._predicate()} ;", f"sh:targetObjectsOf {self._predicate()} ;",
        ]  # fmt: skip
        return " ".join(self._random.sample(kinds, choice([1, 1, 2])))

    def _said(self, constraints: list[Callable[[], str]], most: int) -> str:
        parts = [make() for make in self._random.sample(constraints, self._random.randint(1, most))]
        if self._random.random() < 0.2:
            parts.append(f"sh:severity {self._random.choice(['sh:Info', 'sh:Warning', 'ex:Grave'])}")
        return " ; ".join(parts)

    def _inner(self, depth: int) -> str:
        """A shape within another."""
        if depth and self._random.random() < 0.4:
            return f"[ {self.property_shape(depth - 1)} ]"
        return f"[ {self.node_shape(depth - 1) if depth else self._plain()} ]"

    def _plain(self) -> str:
        return f"sh:class {self._class()}" if self._random.random() < 0.5 else f"sh:nodeKind {self._kind()}"

    def _on_nodes(self, depth: int) -> list[Callable[[], str]]:
        choice, integer = self._random.choice, self._random.randint
        found = [
            lambda: f"sh:class {self._class()}",
            lambda: f"sh:class {self._class()} , {self._class()}",
            lambda: f"sh:datatype {choice(['xsd:' + n for n in ('string', 'date', 'gYear', 'integer', 'boolean')])}",
            lambda: f"sh:datatype {choice(DATATYPES)}",
            lambda: f"sh:nodeKind {self._kind()}",
            lambda: f"sh:{choice(['minInclusive', 'minExclusive'])} {self._literal()}",
            lambda: f"sh:{choice(['maxInclusive', 'maxExclusive'])} {self._literal()}",
            lambda: f"sh:{choice(['minLength', 'maxLength'])} {integer(0, 30)}",
            lambda: f"sh:pattern {choice(PATTERNS)}",
            lambda: f"sh:pattern {choice(PATTERNS)} ; sh:flags {choice(FLAGS)}",
            lambda: f"sh:languageIn ( {choice(LANGUAGES)} {choice(LANGUAGES)} )",
            lambda: f"sh:equals {self._predicate()}",
            lambda: f"sh:disjoint {self._predicate()}",
            lambda: f"sh:hasValue {choice([self._literal(), self._node(), self._class()])}",
            lambda: f"sh:in ( {self._literal()} {self._node()} {self._literal()} {self._class()} )",
            lambda: f"sh:closed true ; sh:ignoredProperties ( rdf:type {self._predicate()} {self._predicate()} )",
            lambda: f"sh:closed true ; sh:property [ sh:path {self._predicate()} ]",
            lambda: f"sh:sparql [ sh:select '''{choice(QUERIES).format(p=self._predicate())}''' ]",
        ]
        if depth:
            found += [
                lambda: f"sh:not {self._inner(depth - 1)}",
                lambda: f"sh:{choice(['and', 'or', 'xone'])} ( {self._inner(depth - 1)} {self._inner(depth - 1)} )",
                lambda: f"sh:node [ {self.node_shape(depth - 1)} ]",
                lambda: f"sh:property [ {self.property_shape(depth - 1)} ]",
            ]
        return found

    def _on_properties(self, depth: int) -> list[Callable[[], str]]:
        integer = self._random.randint
        return [
            lambda: f"sh:minCount {integer(0, 3)}",
            lambda: f"sh:maxCount {integer(0, 3)}",
            lambda: "sh:uniqueLang true",
            lambda: f"sh:lessThan {self._predicate()}",
            lambda: f"sh:lessThanOrEquals {self._predicate()}",
            lambda: f"sh:qualifiedValueShape {self._inner(depth)} ; sh:qualifiedMinCount {integer(0, 3)}",
            lambda: f"sh:qualifiedValueShape {self._inner(depth)} ; sh:qualifiedMaxCount {integer(0, 2)}",
        ]

    def siblings(self) -> str:
        """A shape with qualified value shapes that are disjoint from each other (SHACL, section 4.7.3)."""
        self._number += 1
        path = self._predicate()
        parts = [
            f"sh:property [ sh:path {path} ; sh:qualifiedValueShape {self._inner(1)} ;"
            f" sh:qualifiedValueShapesDisjoint true ; sh:qualified{self._random.choice(['Min', 'Max'])}Count 1 ]"
            for _ in range(3)
        ]
        return f"ex:S{self._number} {self._target()} {' ; '.join(parts)} ."

    def _predicate(self) -> str:
        return self._random.choice(self._predicates)

    def _class(self) -> str:
        return self._random.choice(self._classes)

    def _node(self) -> str:
        return self._random.choice(self._nodes)

    def _literal(self) -> str:
        return self._random.choice(self._literals)

    def _kind(self) -> str:
        kinds = ["IRI", "Literal", "BlankNode", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"]
        return f"sh:{self._random.choice(kinds)}"


DATATYPES = [
    "rdf:langString", "ex:unknown", "xsd:decimal", "xsd:double", "xsd:byte", "xsd:float", "xsd:gYearMonth", "xsd:time",
    "xsd:dateTime", "xsd:anyURI", "xsd:duration", "xsd:nonNegativeInteger",
]  # fmt: skip
PATTERNS = [
    "'^[a-z]'", "'[0-9]{4}'", "'^https?://'", "'.'", "'^.$'", "'^x$'", "'(a|b)+c?'", "'^\\\\d+$'", "'\\\\s'", "'e.a'",
    "'^$'", "'[^a-z]$'", "'\\\\.'", "'Q[0-9]+$'", "'^(?!x)'", "'(.)\\\\1'",
]  # fmt: skip
FLAGS = ["'i'", "'s'", "'m'", "'x'", "'im'", "''"]
LANGUAGES = ["'en'", "'de'", "'EN'", "'en-GB'", "'fr'"]
QUERIES = [
    "SELECT $this {{ $this {p} ?x }}",
    "SELECT $this ?value {{ $this {p} ?value FILTER isLiteral(?value) }}",
    "SELECT $this (?x AS ?value) {{ ?x {p} $this }}",
    "SELECT DISTINCT $this {{ $this {p} ?x . $this {p} ?y FILTER (?x != ?y) }}",
    "SELECT $this {{ FILTER NOT EXISTS {{ $this {p} ?x }} }}",
]
