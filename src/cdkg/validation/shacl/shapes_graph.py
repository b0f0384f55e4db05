"""The triples of shapes by subject, and which nodes are shapes (SHACL, section 2.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Triple

from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term, shorten

SH: Final = PREFIXES["sh"]
FIRST: Final = NamedNode(PREFIXES["rdf"] + "first")
REST: Final = NamedNode(PREFIXES["rdf"] + "rest")
NIL: Final = NamedNode(PREFIXES["rdf"] + "nil")
SUBCLASS: Final = NamedNode(PREFIXES["rdfs"] + "subClassOf")


def sh(name: str) -> NamedNode:
    """The term of SHACL's namespace with this local name."""
    return NamedNode(SH + name)


PATH: Final = sh("path")
NODE_SHAPE: Final = sh("NodeShape")
PROPERTY_SHAPE: Final = sh("PropertyShape")

TARGETS: Final = tuple(map(sh, ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")))
#: Parameters whose values are shapes, and those whose values are lists of shapes.
TO_SHAPES: Final = tuple(map(sh, ("node", "property", "not", "qualifiedValueShape")))
TO_LISTS: Final = tuple(map(sh, ("and", "or", "xone")))
#: All other parameters of the core components and of SPARQL-based constraints (SHACL, sections 4 and 5).
PLAIN: Final = tuple(
    map(
        sh,
        (
            "class", "datatype", "nodeKind", "minCount", "maxCount", "minExclusive", "minInclusive", "maxExclusive",
            "maxInclusive", "minLength", "maxLength", "pattern", "flags", "languageIn", "uniqueLang", "equals",
            "disjoint", "lessThan", "lessThanOrEquals", "qualifiedValueShapesDisjoint", "qualifiedMinCount",
            "qualifiedMaxCount", "closed", "ignoredProperties", "hasValue", "in", "sparql",
        ),
    )
)  # fmt: skip
PARAMETERS: Final = frozenset((*TO_SHAPES, *TO_LISTS, *PLAIN))


#: The severities, as a hint names them (SHACL, section 2.1.4).
SEVERITIES: Final = "sh:Violation, sh:Warning or sh:Info"


class ShapesGraph:
    """A shapes graph, each triple once."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.triples = tuple(dict.fromkeys(triples))
        self.about: dict[Term, dict[NamedNode, list[Triple]]] = defaultdict(dict)
        self._uses: dict[NamedNode, list[Triple]] = defaultdict(list)
        for triple in self.triples:
            self.about[triple.subject].setdefault(triple.predicate, []).append(triple)
            self._uses[triple.predicate].append(triple)

    def stating(self, node: Term, predicate: NamedNode) -> list[Triple]:
        """The triples with this subject and predicate."""
        said = self.about.get(node)
        return said.get(predicate, []) if said else []

    def values(self, node: Term, predicate: NamedNode) -> list[Term]:
        """The objects of these triples."""
        return [triple.object for triple in self.stating(node, predicate)]

    def uses(self, *predicates: NamedNode) -> Iterator[Triple]:
        """All triples with one of these predicates."""
        for predicate in predicates:
            yield from self._uses.get(predicate, ())

    def instances(self, cls: NamedNode) -> list[Term]:
        """The SHACL instances of a class: typed with it or with a subclass that the shapes graph knows."""
        classes, todo = {cls}, [cls]
        while todo:
            above = todo.pop()
            below = [t.subject for t in self._uses.get(SUBCLASS, ()) if t.object == above]
            new = [node for node in below if isinstance(node, NamedNode) and node not in classes]
            classes.update(new)
            todo += new
        return [t.subject for t in self._uses.get(RDF_TYPE, ()) if t.object in classes]

    def members(self, head: Term) -> list[Term] | None:
        """The members of a list; None where it is none, or endless (SHACL-list)."""
        found: list[Term] = []
        seen: set[Term] = set()
        while head != NIL:
            firsts, rests = self.values(head, FIRST), self.values(head, REST)
            if head in seen or len(firsts) != 1 or len(rests) != 1:
                return None
            seen.add(head)
            found.append(firsts[0])
            head = rests[0]
        return None if self.stating(NIL, FIRST) or self.stating(NIL, REST) else found

    @cached_property
    def references(self) -> dict[Term, list[tuple[Term, Triple]]]:
        """Which shapes a shape refers to, with the triple that does; broken lists refer to nothing."""
        found: dict[Term, list[tuple[Term, Triple]]] = defaultdict(list)
        for triple in self.uses(*TO_SHAPES):
            found[triple.subject].append((triple.object, triple))
        for triple in self.uses(*TO_LISTS):
            found[triple.subject] += [(member, triple) for member in self.members(triple.object) or ()]
        return found

    @cached_property
    def parameters(self) -> dict[NamedNode, set[Term]]:
        """The paths of the parameters of custom components, with the components that have them."""
        found: dict[NamedNode, set[Term]] = defaultdict(set)
        for triple in self.uses(sh("parameter")):
            for path in self.values(triple.object, PATH):
                if isinstance(path, NamedNode):
                    found[path].add(triple.subject)
        return found

    @cached_property
    def declared_parameters(self) -> set[Term]:
        """The nodes that declare a parameter of a component (or of a function), not a shape of data."""
        return {t.object for t in self.uses(sh("parameter"))} | set(self.instances(sh("Parameter")))

    @cached_property
    def shapes(self) -> dict[Term, None]:
        """All shapes in the order they are met: typed, with target or parameter, or referred to by another shape."""
        found: dict[Term, None] = dict.fromkeys(self.instances(NODE_SHAPE) + self.instances(PROPERTY_SHAPE))
        for triple in self.uses(*TARGETS, *PARAMETERS, *self.parameters):
            found.setdefault(triple.subject)
        for referred in self.references.values():
            for node, _ in referred:
                if isinstance(node, NamedNode | BlankNode):
                    found.setdefault(node)
        return {node: None for node in found if node not in self.declared_parameters}

    def is_property_shape(self, node: Term) -> bool:
        """Whether a shape has a path."""
        return bool(self.stating(node, PATH))

    def name(self, node: Term) -> str:
        """How a node is called: an IRI shortened, a shape without a name by the named one that it is part of."""
        if isinstance(node, NamedNode):
            return shorten(node.value)
        if not isinstance(node, BlankNode):
            return str(node)
        paths = [shorten(p.value) for p in self.values(node, PATH) if isinstance(p, NamedNode)]
        owner, seen = self._owners.get(node), {node}
        while isinstance(owner, BlankNode) and owner not in seen:
            seen.add(owner)
            owner = self._owners.get(owner)
        of = f" of {shorten(owner.value)}" if isinstance(owner, NamedNode) else ""
        return f"the shape for {paths[0]}{of}" if paths else f"a blank node{of}"

    @cached_property
    def _owners(self) -> dict[Term, Term]:
        owners: dict[Term, Term] = {}
        for triple in self.triples:
            if isinstance(triple.object, BlankNode):
                owners.setdefault(triple.object, triple.subject)
        return owners
