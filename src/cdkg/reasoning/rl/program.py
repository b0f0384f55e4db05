"""The rules over data, made from the axioms: which operators there are, over which nodes, in which order they run.

Properties that say the same of each other, either way round, become one node; so do equivalent classes. The nodes are
then run in the order of their dependence; only those that depend on each other are run round by round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from cdkg.reasoning.rl.columns import EMPTY, Rows, gather, gather_codes, merge, minus, pack, swap
from cdkg.reasoning.rl.facts import Facts, Relation, Vocabulary
from cdkg.reasoning.rl.hierarchy import Hierarchy
from cdkg.reasoning.rl.operators import Chain, Copy, Ends, Filler, Meet, Node, Operator, Role, Valued, Values
from cdkg.reasoning.rl.schema import Schema, each
from cdkg.reasoning.rl.transitive import TooLargeError, closure, extended, strong_components


class Program:
    """Operators over nodes, ready to run.

    Args:
        facts: Where the nodes begin; not changed.
        schema: The axioms, closed.
        words: The codes of the vocabulary.
        size: How many codes there are.
        most: How many pairs a column may have.
        lean: Whether classes of which little is said may do without nodes; then the program runs once and for all.
    """

    def __init__(
        self, facts: Facts, schema: Schema, words: Vocabulary, size: int, most: int, *, lean: bool = False
    ) -> None:
        self.facts, self.schema, self.words, self.size, self.most = facts, schema, words, size, most
        self.roles: dict[int, Role] = {}
        self.classes: dict[int, Node] = {}
        self.nodes: list[Node] = []
        self.operators: list[Operator] = []
        self._collapse_properties()
        self.hierarchy = Hierarchy.of(facts, schema) if lean and not self.reads_type else None
        if self.hierarchy is None:
            self._collapse_classes()
        self._of_hierarchies()
        self._of_ends()
        self._of_restrictions()
        self._of_lists()
        if self.reads_type:
            self._of_type()
        self._fill()
        self._order()

    # -- nodes -----------------------------------------------------------------------------------------------------

    def role(self, predicate: int, flip: bool = False) -> Role:
        """The node of a property, and in which direction it is read."""
        found = self.roles.get(predicate)
        if found is None:
            found = self.roles[predicate] = Role(self._node(Node([(predicate, False)])))
        return Role(found.node, found.flip != flip and not found.node.symmetric)

    def cls(self, name: int) -> Node:
        """The node of a class."""
        found = self.classes.get(name)
        if found is None:
            found = self.classes[name] = self._node(Node([(name, False)], is_class=True))
        return found

    def _node(self, node: Node) -> Node:
        self.nodes.append(node)
        return node

    def _pairs(self, word: str) -> Iterator[tuple[int, int]]:
        return each(self.facts.pairs(self.words[word]))

    def _kind(self, word: str) -> list[int]:
        found: list[int] = self.facts.of_class(self.words[word]).tolist()
        return found

    def _collapse_properties(self) -> None:
        """One node for what copies its pairs to each other: (p, forwards), (q, backwards) where p is inverse of q."""
        edges: dict[int, list[int]] = defaultdict(list)  # a property and its direction in one number

        def edge(p: int, q: int, flip: int) -> None:
            edges[2 * p].append(2 * q + flip)
            edges[2 * p + 1].append(2 * q + 1 - flip)
            edges[2 * q], edges[2 * q + 1]  # every target is a node

        for p, q in each(self.schema.generators["subPropertyOf"]):
            edge(p, q, 0)
        for p, q in self._pairs("inverseOf"):
            edge(p, q, 1)
            edge(q, p, 1)
        for p in self._kind("SymmetricProperty"):
            edge(p, p, 1)
        self._copies = edges
        for component in strong_components(list(edges), edges):
            if component[0] >> 1 in self.roles:
                continue
            symmetric = component[0] ^ 1 in component
            names = {signed >> 1: bool(signed & 1) and not symmetric for signed in component}
            node = self._node(Node(list(names.items()), symmetric=symmetric))
            self.roles |= {p: Role(node, flip) for p, flip in names.items()}
        for p in self._kind("TransitiveProperty"):
            self.role(p).node.transitive = True

    def _collapse_classes(self) -> None:
        edges: dict[int, list[int]] = defaultdict(list)
        for c, d in each(self.schema.generators["subClassOf"]):
            edges[c].append(d)
            edges[d]  # every target is a node
        for component in strong_components(list(edges), edges):
            node = self._node(Node([(c, False) for c in component], is_class=True))
            self.classes |= dict.fromkeys(component, node)

    # -- operators -------------------------------------------------------------------------------------------------

    def _of_hierarchies(self) -> None:
        for signed, targets in self._copies.items():
            if signed & 1:
                continue  # the same, turned round
            source = self.role(signed >> 1)
            for target in targets:
                head = self.role(target >> 1, flip=bool(target & 1))
                if head.node is not source.node:
                    self.operators.append(Copy(head.node, source.node, source.flip != head.flip))
        classes = self.hierarchy.among if self.hierarchy else each(self.schema.generators["subClassOf"])
        for c, d in classes:
            if self.cls(c) is not self.cls(d):
                self.operators.append(Copy(self.cls(d), self.cls(c)))

    def _of_ends(self) -> None:
        for word, flip in (("domain", False), ("range", True)):
            for p, c in each(self.schema.generators[word]):
                self.operators.append(Ends(self.cls(c), self.role(p, flip)))

    def _of_restrictions(self) -> None:
        on: dict[int, list[int]] = defaultdict(list)
        for r, p in self._pairs("onProperty"):
            on[r].append(p)
        for r, c in self._pairs("someValuesFrom"):
            for p in on[r]:
                self.operators.append(Filler(self.cls(r), self.role(p), self.cls(c)))
                if c == self.words["Thing"]:
                    self.operators.append(Ends(self.cls(r), self.role(p)))
        for r, c in self._pairs("allValuesFrom"):
            self.operators += [Filler(self.cls(c), self.role(p, flip=True), self.cls(r)) for p in on[r]]
        for r, v in self._pairs("hasValue"):
            for p in on[r]:
                role = self.role(p)
                self.operators.append(Values(role.node, self.cls(r), v, role.flip))
                self.operators.append(Valued(self.cls(r), role, v))

    def _of_lists(self) -> None:
        for chain in self.schema.lists["propertyChainAxiom"]:
            head = self.role(chain.owner)
            self.operators.append(Chain(head.node, tuple(self.role(p) for p in chain.items), head.flip))
        for both in self.schema.lists["intersectionOf"]:
            self.operators.append(Meet(self.cls(both.owner), tuple(self.cls(c) for c in both.items)))

    def _of_type(self) -> None:
        """`rdf:type` itself stands in an axiom about properties: keep it as pairs, too."""
        role = self.role(self.words["type"])
        for name in {*self.facts.members, *self.classes}:
            node = self.cls(name)
            self.operators.append(Values(role.node, node, name, role.flip))
            self.operators.append(Valued(node, role, name))

    # -- running ---------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Give each node what the facts hold of its names."""
        for predicate in self.facts.relations:
            self.role(predicate)
        for name in self.facts.members:
            if self.hierarchy is None or name in self.hierarchy.busy:
                self.cls(name)
        more = self.hierarchy.from_plain(self.facts) if self.hierarchy else {}
        for node in self.nodes:
            if node.is_class:
                parts = [part for name, _ in node.names for part in (self.facts.of_class(name), more.get(name, EMPTY))]
                node.relation = Relation(gather(parts))
            else:
                node.relation = self._shared(node)

    def _shared(self, node: Node) -> Relation:
        """The pairs of all names of a node, without sorting anew what they share already."""
        found: dict[tuple[int, bool], tuple[Relation, bool]] = {}
        for predicate, flip in node.names:
            if predicate == self.words["type"]:
                found[0, flip] = (Relation(self.facts.type_rows()), flip)
            elif predicate in self.facts.relations:
                relation, turned = self.facts.relations[predicate]
                found[id(relation), turned != flip] = (relation, turned != flip)
        parts = [*found.values()]
        if len(parts) == 1 and not parts[0][1] and not node.symmetric:
            return parts[0][0]
        rows = [swap(relation.rows) if flip else relation.rows for relation, flip in parts]
        if node.symmetric:
            rows += [swap(part) for part in rows]
        return Relation(gather(rows))

    def _order(self) -> None:
        number = {id(node): index for index, node in enumerate(self.nodes)}
        ahead: list[set[int]] = [set() for _ in self.nodes]
        self._into: dict[int, list[Operator]] = defaultdict(list)
        for operator in self.operators:
            self._into[id(operator.head)].append(operator)
            for node in operator.body:
                ahead[number[id(node)]].add(number[id(operator.head)])
        components = strong_components(range(len(self.nodes)), ahead)
        self.components = [[self.nodes[index] for index in component] for component in reversed(components)]

    def run(self) -> None:
        """Draw all conclusions.

        Raises:
            TooLargeError: A column has more pairs than allowed.
        """
        for component in self.components:
            entering, inner = self.operators_of(component)
            for node in component:
                parts = [
                    operator.fire(None)
                    for operator in entering
                    if operator.head is node and all(len(read.rows) for read in operator.body)
                ]
                self._begin(node, parts)
            if inner:
                ready = [operator for operator in inner if all(len(read.rows) for read in operator.body)]
                self.iterate(component, inner, [(operator.head, operator.fire(None)) for operator in ready])

    @property
    def reads_type(self) -> bool:
        """Whether `rdf:type` stands in an axiom; then each class is a value, and a new one changes the operators."""
        return self.words["type"] in self.roles

    def extend(self, more: Facts, size: int) -> None:
        """Take up more facts and draw the conclusions that are new; `news` tells them.

        Raises:
            TooLargeError: A column has more pairs than allowed.
        """
        self.size = size
        for node in self.nodes:
            node.news = Relation(EMPTY)
        fresh: dict[int, list[Rows]] = defaultdict(list)
        for node, rows in self.placed(more):
            fresh[id(node)].append(rows)
        for component in self.components:
            entering, inner = self.operators_of(component)
            found = [(node, rows) for node in component for rows in fresh.get(id(node), ())]
            found += [
                (operator.head, operator.fire(at))
                for operator in (*entering, *inner)
                for at, read in enumerate(operator.body)
                if len(read.news.rows)
            ]
            self.iterate(component, inner, found)

    def placed(self, facts: Facts) -> Iterator[tuple[Node, Rows]]:
        """Facts by the nodes that they belong to, which are made where they are new."""
        known = len(self.nodes)
        for name, codes in facts.members.items():
            yield self.cls(name), codes
        for predicate in facts.relations:
            role = self.role(predicate)
            yield role.node, facts.pairs(predicate, role.flip)
        self.components += [[node] for node in self.nodes[known:]]

    def news(self) -> Iterator[tuple[int, Rows]]:
        """What came in last, as pairs for each property."""
        types: list[Rows] = []
        for node in self.nodes:
            for name, flip in node.names if len(node.news.rows) else ():
                if node.is_class:
                    types.append(pack(node.news.rows, np.int64(name)))  # type: ignore[arg-type]
                elif name != self.words["type"]:
                    yield name, node.news.oriented(flip)
        if types:
            yield self.words["type"], gather(types)

    def operators_of(self, component: list[Node]) -> tuple[list[Operator], list[Operator]]:
        """The operators that conclude something of these nodes: those that read other nodes only, and the rest."""
        inside = {id(node) for node in component}
        entering: list[Operator] = []
        inner: list[Operator] = []
        for node in component:
            for operator in self._into.get(id(node), ()):
                (inner if any(id(read) in inside for read in operator.body) else entering).append(operator)
        return entering, inner

    def _begin(self, node: Node, parts: list[Rows]) -> None:
        """Give a node its first conclusions."""
        rows = self._gathered(node, [node.rows, *parts]) if any(map(len, parts)) else node.rows
        if node.transitive:
            with _named(node):
                rows = closure(rows, self.most)
        if len(rows) != len(node.rows):
            node.relation = Relation(rows)

    def _gathered(self, node: Node, parts: list[Rows]) -> Rows:
        if node.is_class:
            return gather_codes(parts, self.size)
        if node.symmetric:
            parts = [*parts, *(swap(part) for part in parts[1:])]
        return gather(parts)

    def iterate(self, component: list[Node], inner: list[Operator], found: list[tuple[Node, Rows]]) -> None:
        """Take up what was found of some nodes, and run the operators among them until nothing is new."""
        gains: dict[int, list[Rows]] = defaultdict(list)
        while found:
            parts: dict[int, list[Rows]] = defaultdict(list)
            for node, rows in found:
                parts[id(node)].append(rows)
            latest = [node for node in component if id(node) in parts and self._grow(node, parts[id(node)])]
            for node in latest:
                gains[id(node)].append(node.news.rows)
            changed = {id(node) for node in latest}
            found = [
                (operator.head, operator.fire(at))
                for operator in inner
                for at, read in enumerate(operator.body)
                if id(read) in changed and all(len(other.rows) for other in operator.body)
            ]
        for node in component:
            if len(gains[id(node)]) != 1:
                node.news = Relation(gather(gains[id(node)]))

    def _grow(self, node: Node, parts: list[Rows]) -> bool:
        """Take up what is new of the conclusions; whether there was any."""
        news = minus(gather(parts), node.rows)
        if not len(news):
            return False
        if node.symmetric:
            news = minus(gather([news, swap(news)]), node.rows)
        if node.transitive:
            with _named(node):
                if len(news) * 4 < len(node.rows):
                    news = extended(node.rows, node.relation.oriented(flip=True), news, self.most)
                else:
                    news = minus(closure(merge(node.rows, news), self.most), node.rows)
        node.news = Relation(news)
        node.relation = node.relation.merged(news)
        return True

    def result(self) -> Facts:
        """The facts, as they are now."""
        facts = Facts(self.words["type"])
        if self.hierarchy is not None:
            facts.members |= self.facts.members
        for node in self.nodes:
            for name, flip in node.names:
                if node.is_class:
                    if len(node.rows):
                        facts.members[name] = node.rows
                elif name != facts.type_code and len(node.rows):
                    facts.relations[name] = (node.relation, flip)
        if facts.type_code in self.roles:
            role = self.roles[facts.type_code]
            facts.add(facts.type_code, role.rows(latest=False))
        if self.hierarchy is not None:
            self.hierarchy.completed(facts)
        return facts


@contextmanager
def _named(node: Node) -> Iterator[None]:
    """Tell of which property there would be too many pairs."""
    try:
        yield
    except TooLargeError as error:
        error.predicate = node.names[0][0]
        raise
