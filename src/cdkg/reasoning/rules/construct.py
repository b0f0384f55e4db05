"""Read the triple patterns of a CONSTRUCT query (SPARQL 1.1 Query), with what surrounds them.

No second parser beside the engine's: whether a text is valid is for the engine to say. The reader takes valid text and
tells which patterns it has, which of them only add answers and which may take some away.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final
from urllib.parse import urljoin

from pyoxigraph import BlankNode, Literal, NamedNode, Variable

from cdkg.reasoning.rules.patterns import (
    Construct,
    Group,
    Node,
    Polarity,
    PropertyPath,
    SubSelect,
    TriplePattern,
    in_graph,
    marked,
)
from cdkg.sources.sparql import tokens, unescaped
from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

_FIRST: Final = NamedNode(PREFIXES["rdf"] + "first")
_REST: Final = NamedNode(PREFIXES["rdf"] + "rest")
_NIL: Final = NamedNode(PREFIXES["rdf"] + "nil")
_AGGREGATES: Final = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})


def read_construct(text: str) -> Construct:
    """Read a CONSTRUCT query that the engine takes; the project's prefixes need no declaration.

    Raises:
        ValueError: It has something that is not looked into here, such as a triple term.
    """
    return PatternReader(text).construct()


class PatternReader:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self._whole = text
        self._tokens = [*tokens(text), ("end", "", len(text))]
        self._at = 0
        self._prefixes = dict(PREFIXES)
        self._base = ""
        self._blanks = 0
        self._selects: list[SubSelect] = []
        self._scope: tuple[int, ...] = ()

    # -- tokens ----------------------------------------------------------------------------------------------------

    @property
    def _text(self) -> str:
        return self._tokens[self._at][1]

    @property
    def _kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def _word(self) -> str:
        kind, text, _ = self._tokens[self._at]
        return text.upper() if kind == "word" else ""

    @property
    def _place(self) -> int:
        return self._tokens[self._at][2]

    def _next(self) -> str:
        if self._kind == "end":
            raise ValueError("the text ends too early")
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _take(self, text: str) -> bool:
        """Go on if this is the next token, words in any case; tell whether it was."""
        if text not in {self._text, self._word}:
            return False
        self._at += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise ValueError(f"{text} expected, {self._text} found")

    # -- query -----------------------------------------------------------------------------------------------------

    def construct(self) -> Construct:
        """The whole of a CONSTRUCT query."""
        self._declarations()
        prologue = self._whole[: self._place]
        self._expect("CONSTRUCT")
        short = self._text != "{"
        head = Group() if short else self._template()
        while self._word != "WHERE" and self._text != "{":
            self._next()  # FROM clauses; what they name is read like everything else
        self._take("WHERE")
        where = self._whole[self._place :]
        group = self._group_body()
        polarity = self._modifiers(group)
        body = marked(group.patterns(), polarity)
        made = group.own if short else head.own
        selects = sorted(self._selects, key=lambda select: select.offset)
        template = tuple(replace(p, values=group.values) for p in made)
        return Construct(template, tuple(body), tuple(selects), prologue, where)

    def select(self) -> tuple[TriplePattern, ...]:
        """All patterns of a SELECT query."""
        self._declarations()
        self._expect("SELECT")
        return tuple(self._select())

    def _declarations(self) -> None:
        while self._word in {"PREFIX", "BASE"}:
            if self._next().upper() == "BASE":
                self._base = urljoin(self._base, self._next()[1:-1])
            else:
                prefix = self._next()[:-1]
                self._prefixes[prefix] = urljoin(self._base, self._next()[1:-1])

    def _template(self) -> Group:
        group = Group()
        self._expect("{")
        while not self._take("}"):
            if not self._take("."):
                self._triples(group)
        return group

    def _modifiers(self, group: Group) -> Polarity:
        """What follows a WHERE clause, up to the end of the query or of the brace around it (sections 11, 15)."""
        polarity = Polarity.POSITIVE
        while self._text != "}" and self._kind != "end":
            word = self._word
            if word == "VALUES":
                self._values(group)
                continue
            if word in {"LIMIT", "OFFSET"}:
                polarity = Polarity.REPLACING
            elif word in {"GROUP", "HAVING", "ORDER"}:
                polarity = max(polarity, Polarity.AGGREGATED)
            if word == "EXISTS" and self._tokens[self._at + 1][1] == "{":
                self._exists(group, Polarity.NEGATIVE)
            else:
                self._next()
        return polarity

    def _select(self) -> list[TriplePattern]:
        """A sub-select (section 12), from its keyword to before the brace that closes it."""
        outside = Group()
        names: set[Variable] = set()
        depth, is_grouped, shows_all = 0, False, False
        while self._word != "WHERE" and self._text != "{":
            if self._word == "EXISTS":
                self._exists(outside, Polarity.NEGATIVE)
                continue
            depth += (self._text == "(") - (self._text == ")")
            is_grouped |= self._word in _AGGREGATES
            shows_all |= self._text == "*" and depth == 0
            if self._kind == "variable" and depth == 0:
                names.add(Variable(self._text[1:]))
            self._next()
        self._take("WHERE")
        begin = self._place
        group = self._group_body()
        text = self._whole[begin : self._tokens[self._at - 1][2] + 1]
        is_grouped |= self._word in {"GROUP", "HAVING"}
        polarity = max(Polarity.AGGREGATED if is_grouped else Polarity.POSITIVE, self._modifiers(group))
        if not shows_all:
            self._selects.append(SubSelect(text, begin, frozenset(names), is_grouped))
        return marked([*group.patterns(), *outside.patterns()], polarity)

    # -- groups ----------------------------------------------------------------------------------------------------

    def _group(self) -> list[TriplePattern]:
        return self._group_body().patterns()

    def _group_body(self) -> Group:
        """A group graph pattern (section 5.2) in its braces."""
        scope, self._scope = self._scope, (*self._scope, self._place)
        group = self._joined()
        self._scope = scope
        return group

    def _joined(self) -> Group:
        """The same, joined with what is around it."""
        group = Group()
        self._expect("{")
        if self._word == "SELECT":
            scope, self._scope = self._scope, ()  # variables of the same name may be others inside
            group.inner += self._select()
            self._scope = scope
        while not self._take("}"):
            self._element(group)
        return group

    def _element(self, group: Group) -> None:
        word = self._word
        if self._text == "{":
            group.inner += self._group()
        elif self._take(".") or self._take("UNION"):
            pass
        elif word in {"OPTIONAL", "MINUS"}:
            self._next()
            polarity = Polarity.NEGATIVE if word == "MINUS" else Polarity.REPLACING
            group.inner += marked(self._group(), polarity)
        elif word in {"GRAPH", "SERVICE"}:
            self._next()
            self._take("SILENT")
            node = self._node(group)
            inner = self._joined().patterns()
            group.inner += in_graph(inner, node) if word == "GRAPH" else inner
        elif word == "FILTER":
            self._filter(group)
        elif self._take("BIND"):
            self._brackets(group)
        elif word == "VALUES":
            self._values(group)
        else:
            self._triples(group)

    def _filter(self, group: Group) -> None:
        """FILTER (section 8): an expression in brackets, a call, or EXISTS; only that alone is not negated."""
        self._next()
        if self._word in {"EXISTS", "NOT"}:
            self._exists(group, Polarity.NEGATIVE if self._take("NOT") else Polarity.POSITIVE)
            return
        while self._text != "(":
            self._next()
        self._brackets(group)

    def _exists(self, group: Group, polarity: Polarity) -> None:
        self._expect("EXISTS")
        group.asked.append((self._group_body(), polarity))

    def _brackets(self, group: Group) -> None:
        """An expression in brackets, of which only EXISTS matters; whether it is negated there is left open."""
        self._expect("(")
        while not self._take(")"):
            if self._text == "(":
                self._brackets(group)
            elif self._word == "EXISTS":
                self._exists(group, Polarity.NEGATIVE)
            else:
                self._next()

    def _values(self, group: Group) -> None:
        """Inline data (section 10): a variable that has a value in every row can be nothing else."""
        self._next()
        several = self._take("(")
        names: list[Variable] = []
        while self._kind == "variable":
            names.append(Variable(self._next()[1:]))
        if several:
            self._expect(")")
        columns: list[list[Term | None]] = [[] for _ in names]
        self._expect("{")
        while not self._take("}"):
            if several:
                self._expect("(")
            for column in columns:
                column.append(None if self._take("UNDEF") else self._term())
            if several:
                self._expect(")")
        for name, column in zip(names, columns, strict=True):
            if None not in column:
                group.values.setdefault(name, frozenset(term for term in column if term is not None))

    # -- triples ---------------------------------------------------------------------------------------------------

    def _triples(self, group: Group) -> None:
        bracketed = self._text in {"[", "("}
        subject = self._node(group)
        if bracketed and self._text in {".", "}"}:
            return  # `[ cd:party ?x ] .` says all inside
        self._properties(group, subject)

    def _properties(self, group: Group, subject: Node) -> None:
        """A property list with `;` and `,` (section 4.2)."""
        more = True
        while more:
            place = self._place
            predicate = self._verb()
            group.own.append(TriplePattern(subject, predicate, self._node(group), scope=self._scope, offset=place))
            while self._take(","):
                group.own.append(TriplePattern(subject, predicate, self._node(group), scope=self._scope, offset=place))
            more = False
            while self._take(";"):
                more = self._text == "a" or self._kind in {"variable", "iri", "pname"} or self._text in {"^", "!", "("}

    def _verb(self) -> Variable | NamedNode | PropertyPath:
        if self._kind == "variable":
            return Variable(self._next()[1:])
        begin = self._at
        path = self._path()
        if self._at == begin + 1 and len(path.properties) == 1:
            return next(iter(path.properties))
        return path

    def _path(self) -> PropertyPath:
        """Steps joined by `/` and `|`; a negated property set (section 9.1) walks along anything."""
        found: set[NamedNode] = set()
        anything = may_be_empty = False
        while True:
            while self._text in {"^", "!"}:
                anything |= self._next() == "!"
            if self._take("("):
                inner = self._path()
                self._expect(")")
                found |= inner.properties
                anything |= inner.anything
                may_be_empty |= inner.may_be_empty
            elif self._take("a"):
                found.add(RDF_TYPE)
            else:
                found.add(self._name())
            while self._text in {"*", "+", "?"}:
                may_be_empty |= self._next() != "+"
            if self._text not in {"/", "|"}:
                return PropertyPath(frozenset(found), may_be_empty, anything)
            self._next()

    def _node(self, group: Group) -> Node:
        """A term, a variable, a blank node with its properties, or a collection (section 4.2)."""
        if self._kind == "variable":
            return Variable(self._next()[1:])
        if self._text.startswith("_:"):
            return BlankNode(self._next()[2:])
        if self._take("["):
            node = self._blank()
            if not self._take("]"):
                self._properties(group, node)
                self._expect("]")
            return node
        return self._collection(group) if self._take("(") else self._term()

    def _collection(self, group: Group) -> Node:
        place = self._place
        nodes: list[BlankNode] = []
        while not self._take(")"):
            nodes.append(self._blank())
            group.own.append(TriplePattern(nodes[-1], _FIRST, self._node(group), scope=self._scope, offset=place))
        rests: list[Node] = [*nodes[1:], _NIL]
        for node, rest in zip(nodes, rests, strict=False):
            group.own.append(TriplePattern(node, _REST, rest, scope=self._scope, offset=place))
        return nodes[0] if nodes else _NIL

    def _blank(self) -> BlankNode:
        self._blanks += 1
        return BlankNode(f"{self._blanks}.blank")

    def _name(self) -> NamedNode:
        kind, text = self._kind, self._next()
        if kind == "iri":
            return NamedNode(urljoin(self._base, unescaped(text[1:-1])))
        prefix, colon, local = text.partition(":")
        if kind != "pname" or not colon or prefix not in self._prefixes:
            raise ValueError(f"a name expected, {text} found")
        return NamedNode(self._prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))

    def _term(self) -> Term:
        if self._kind == "string":
            return self._string()
        sign = self._next() if self._text in {"+", "-"} else ""
        if self._kind == "number":
            text = self._next()
            kind = "double" if "e" in text.lower() else "decimal" if "." in text else "integer"
            return Literal(sign + text, datatype=NamedNode(PREFIXES["xsd"] + kind))
        if self._word in {"TRUE", "FALSE"}:
            return Literal(self._next().lower(), datatype=NamedNode(PREFIXES["xsd"] + "boolean"))
        return self._name()

    def _string(self) -> Literal:
        text = self._next()
        value = unescaped(text[3:-3] if text[:3] in {'"""', "'''"} else text[1:-1])
        if self._take("@"):
            language = self._next()
            while self._take("-"):
                language += f"-{self._next()}"
            return Literal(value, language=language)
        if self._take("^"):
            self._expect("^")
            return Literal(value, datatype=self._name())
        return Literal(value)
