"""Seeded changes of data and shapes that bring engines to disagree, if anything does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from random import Random

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from cdkg.vocabulary import PREFIXES, RDF_TYPE, Term

_XSD = PREFIXES["xsd"]
_EX = "http://example.org/"
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items()) + f"@prefix ex: <{_EX}> .\n"


class Data:
    """A data graph for engines."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.triples = list(dict.fromkeys(triples))

    @property
    def store(self) -> Store:
        """The same in a store."""
        store = Store()
        store.extend(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in self.triples)
        return store


def typed(text: str, datatype: str) -> Literal:
    """A literal of a datatype of XML Schema."""
    return Literal(text, datatype=NamedNode(_XSD + datatype))


def turtle(text: str) -> list[Triple]:
    """The triples of Turtle with the usual prefixes."""
    found = parse(HEAD + text, format=RdfFormat.TURTLE, rename_blank_nodes=True)
    return [Triple(q.subject, q.predicate, q.object) for q in found]


# -- parts of a graph ---------------------------------------------------------------------------------------------


class Parts:
    """Small parts of a large graph."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._of: dict[Term, list[Triple]] = defaultdict(list)
        self._to: dict[Term, list[Triple]] = defaultdict(list)
        for triple in sorted(triples, key=str):
            self._of[triple.subject].append(triple)
            self._to[triple.object].append(triple)
        self._nodes = list(self._of)

    def some(self, source: Random, starts: int = 4, most: int = 30) -> list[Triple]:
        """All triples of some nodes and of what they are linked with."""
        chosen: dict[Term, None] = dict.fromkeys(source.sample(self._nodes, starts))
        todo = list(chosen)
        while todo and len(chosen) < most:
            node = todo.pop(0)
            near = [t.object for t in self._of[node] if t.object in self._of]
            near += [t.subject for t in self._to.get(node, ())]
            for other in source.sample(near, min(4, len(near))):
                if other not in chosen:
                    chosen[other] = None
                    todo.append(other)
        return [triple for node in chosen for triple in self._of[node]]


# -- changes of data ----------------------------------------------------------------------------------------------

ODD_LITERALS = [
    typed("2020", "gYear"), typed("2020-05", "gYearMonth"), typed("2020-05-17", "date"), typed("2020-02-30", "date"),
    typed("2020-05-17Z", "date"), typed("2020-05-17T10:00:00", "dateTime"), typed("2020-05-17T10:00:00Z", "dateTime"),
    typed("2020-05-17T10:00:00+14:00", "dateTime"), typed("17.5.2020", "date"), typed("-0044", "gYear"),
    typed("2020", "integer"), typed("02020", "integer"), typed("+5", "integer"), typed("-1", "integer"),
    typed("abc", "integer"), typed("", "integer"), typed(" 5 ", "integer"), typed("1.5", "decimal"),
    typed("5.0", "decimal"), typed("1e3", "double"), typed("NaN", "double"), typed("INF", "double"),
    typed("1e400", "double"), typed("300", "byte"), typed("5", "nonNegativeInteger"), typed("-5", "nonNegativeInteger"),
    typed("99999999999999999999", "integer"), typed("true", "boolean"), typed("1", "boolean"), typed("yes", "boolean"),
    typed("http://example.org/", "anyURI"), typed("P1Y", "duration"), typed("10:00:00", "time"),
    Literal("x", datatype=NamedNode(_EX + "unknown")), Literal(""), Literal("x"), Literal("x\n"), Literal("Q1\n"),
    Literal("2020-05-17"), Literal("١٢٣"), Literal("naïve"), Literal("a" * 300), Literal("\N{GRINNING FACE}"),
    Literal("x", language="en"), Literal("x", language="EN"), Literal("x", language="en-GB"),
    Literal("y", language="de"), Literal("", language="fr"),
]  # fmt: skip
_DATATYPES = [
    NamedNode(_XSD + name)
    for name in ("string", "date", "gYear", "integer", "decimal", "double", "boolean", "dateTime", "anyURI", "float")
]
_LANGUAGES = ["en", "EN", "en-GB", "de", "zh-Hant"]
#: A change of a graph; it takes what it changes out of the list, and puts what comes instead.
Change = Callable[[list[Triple], Random], None]


def _one(triples: Sequence[Triple], source: Random, keep: Callable[[Triple], bool] = lambda _: True) -> int | None:
    """The place of a triple: of any property equally often, so that rare ones are not missed."""
    by: dict[NamedNode, list[int]] = defaultdict(list)
    for place, triple in enumerate(triples):
        if keep(triple):
            by[triple.predicate].append(place)
    return source.choice(by[source.choice(list(by))]) if by else None


def _is_literal(triple: Triple) -> bool:
    return isinstance(triple.object, Literal)


def _put(triples: list[Triple], place: int | None, value: Term | None) -> None:
    if place is not None and value is not None:
        triples[place] = Triple(triples[place].subject, triples[place].predicate, value)


def drop(triples: list[Triple], source: Random) -> None:
    """A triple is gone."""
    place = _one(triples, source)
    if place is not None:
        del triples[place]


def double(triples: list[Triple], source: Random) -> None:
    """A property has another value too: of another triple, or an odd one."""
    place, other = _one(triples, source), _one(triples, source)
    if place is not None and other is not None:
        value = source.choice([triples[other].object, source.choice(ODD_LITERALS)])
        triples.append(Triple(triples[place].subject, triples[place].predicate, value))


def retype(triples: list[Triple], source: Random) -> None:
    """A literal has another datatype, with the same words."""
    place = _one(triples, source, _is_literal)
    if place is not None:
        value = triples[place].object
        assert isinstance(value, Literal)
        _put(triples, place, Literal(value.value, datatype=source.choice(_DATATYPES)))


def translate(triples: list[Triple], source: Random) -> None:
    """A literal has another language, or one at all; or a copy of it has."""
    place = _one(triples, source, _is_literal)
    if place is not None:
        value = triples[place].object
        assert isinstance(value, Literal)
        if source.random() < 0.5:
            triples.append(triples[place])
        _put(triples, place, Literal(value.value, language=source.choice(_LANGUAGES)))


def misspell(triples: list[Triple], source: Random) -> None:
    """A literal is an odd one."""
    _put(triples, _one(triples, source, _is_literal), source.choice(ODD_LITERALS))


def shorten(triples: list[Triple], source: Random) -> None:
    """A literal of the same kind has other words: fewer, more, with a line end."""
    place = _one(triples, source, _is_literal)
    if place is not None:
        value = triples[place].object
        assert isinstance(value, Literal)
        words = source.choice([value.value[:-1], value.value[1:], value.value + "\n", value.value * 2, ""])
        said = Literal(words, language=value.language) if value.language else Literal(words, datatype=value.datatype)
        _put(triples, place, said)


def reclass(triples: list[Triple], source: Random) -> None:
    """A node has another type, or one more."""
    place = _one(triples, source, lambda t: t.predicate == RDF_TYPE)
    other = _one(triples, source, lambda t: t.predicate == RDF_TYPE)
    if place is not None and other is not None:
        if source.random() < 0.5:
            triples.append(triples[place])
        _put(triples, place, triples[other].object)


def unlink(triples: list[Triple], source: Random) -> None:
    """A link leads to a literal, or the value of a literal is a name."""
    place = _one(triples, source)
    if place is not None:
        node = NamedNode(_EX + "odd")
        _put(triples, place, node if _is_literal(triples[place]) else source.choice(ODD_LITERALS))


def relink(triples: list[Triple], source: Random) -> None:
    """A link leads to another node, or back to where it comes from."""
    place, other = _one(triples, source, lambda t: not _is_literal(t)), _one(triples, source)
    if place is not None and other is not None:
        _put(triples, place, source.choice([triples[other].subject, triples[place].subject]))


def blank(triples: list[Triple], source: Random) -> None:
    """A node has no name any more, or a value is a node without name."""
    place = _one(triples, source)
    if place is None:
        return
    fresh = BlankNode(f"b{source.randrange(10**9)}")
    if source.random() < 0.5:
        _put(triples, place, fresh)
    else:
        _rename(triples, triples[place].subject, fresh)


def merge(triples: list[Triple], source: Random) -> None:
    """Two nodes are one."""
    one, other = _one(triples, source), _one(triples, source)
    if one is not None and other is not None:
        into = triples[other].subject
        assert isinstance(into, NamedNode | BlankNode)
        _rename(triples, triples[one].subject, into)


def _rename(triples: list[Triple], old: Term, new: NamedNode | BlankNode) -> None:
    for place, triple in enumerate(triples):
        subject = new if triple.subject == old else triple.subject
        value = new if triple.object == old else triple.object
        triples[place] = Triple(subject, triple.predicate, value)


CHANGES: list[Change] = [
    drop, double, retype, translate, misspell, shorten, reclass, unlink, relink, blank, merge
]  # fmt: skip


def changed(triples: Sequence[Triple], seeds: Iterable[int]) -> list[Triple]:
    """A graph after one change for each seed; fewer seeds are fewer changes, so that a difference can be made small."""
    found = list(triples)
    for seed in seeds:
        source = Random(seed)  # noqa: S311  # no secret
        source.choice(CHANGES)(found, source)
    return list(dict.fromkeys(found))


# -- changes of shapes --------------------------------------------------------------------------------------------

_SH = PREFIXES["sh"]
_PARAMETERS = [
    "class", "datatype", "nodeKind", "minCount", "maxCount", "minInclusive", "maxExclusive", "minLength", "maxLength",
    "pattern", "flags", "languageIn", "uniqueLang", "equals", "disjoint", "lessThan", "lessThanOrEquals", "node", "not",
    "property", "and", "or", "xone", "in", "hasValue", "closed", "ignoredProperties", "qualifiedValueShape",
    "qualifiedMinCount", "qualifiedValueShapesDisjoint", "severity", "message", "deactivated", "targetClass",
    "targetNode", "path", "minCoun", "entailment", "sparql",
]  # fmt: skip
_ODD_VALUES: list[Term] = [
    typed("1", "integer"), typed("0", "integer"), typed("-1", "integer"), typed("two", "integer"),
    typed("1.5", "decimal"), typed("true", "boolean"), typed("false", "boolean"), typed("1", "boolean"),
    Literal("i"), Literal("a(b"),
    Literal("^a.*"), Literal("x", language="en"), NamedNode(_SH + "IRI"), NamedNode(_SH + "Warning"),
    NamedNode(_EX + "Nowhere"), NamedNode(PREFIXES["rdf"] + "nil"), NamedNode(_XSD + "date"),
    NamedNode(_XSD + "string"),
]  # fmt: skip


def _number(triples: list[Triple], source: Random) -> None:
    place = _one(triples, source, lambda t: t.predicate.value.endswith("Count"))
    _put(triples, place, typed(str(source.randint(0, 3)), "integer"))


def _other_value(triples: list[Triple], source: Random) -> None:
    """A parameter has the value of another triple with it, or an odd one."""
    place = _one(triples, source, lambda t: t.predicate.value.startswith(_SH))
    if place is not None:
        same = [t.object for t in triples if t.predicate == triples[place].predicate]
        _put(triples, place, source.choice(same) if source.random() < 0.7 else source.choice(_ODD_VALUES))


def _other_parameter(triples: list[Triple], source: Random) -> None:
    """A value stands with another parameter."""
    place = _one(triples, source, lambda t: t.predicate.value.startswith(_SH))
    if place is not None:
        said = triples[place]
        triples[place] = Triple(said.subject, NamedNode(_SH + source.choice(_PARAMETERS)), said.object)


def _one_more(triples: list[Triple], source: Random) -> None:
    """A shape has another constraint, from another shape."""
    place = _one(triples, source, lambda t: t.predicate.value.startswith(_SH))
    other = _one(triples, source, lambda t: t.predicate.value.startswith(_SH))
    if place is not None and other is not None:
        triples.append(Triple(triples[place].subject, triples[other].predicate, triples[other].object))


def _other_path(triples: list[Triple], source: Random) -> None:
    """A path is walked another way."""
    place = _one(triples, source, lambda t: t.predicate.value == f"{_SH}path")
    other = _one(triples, source, lambda t: t.predicate.value == f"{_SH}path")
    if place is None or other is None:
        return
    own, more = triples[place].object, triples[other].object
    kind = source.choice(["inversePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath", "alternativePath", ""])
    node, first, second = (BlankNode(f"p{source.randrange(10**9)}") for _ in range(3))
    chain = _list(first, second, own, more)
    if kind == "alternativePath":
        triples += [*chain, Triple(node, NamedNode(_SH + kind), first)]
    elif kind:
        triples.append(Triple(node, NamedNode(_SH + kind), own))
    else:
        triples += chain
    _put(triples, place, node if kind else first)


def _list(first: BlankNode, second: BlankNode, *members: Term) -> list[Triple]:
    rdf = PREFIXES["rdf"]
    head, tail, end = NamedNode(f"{rdf}first"), NamedNode(f"{rdf}rest"), NamedNode(f"{rdf}nil")
    one, other = members
    return [
        Triple(first, head, one),
        Triple(first, tail, second),
        Triple(second, head, other),
        Triple(second, tail, end),
    ]


def _refer(triples: list[Triple], source: Random) -> None:
    """A shape refers to another."""
    place, other = _one(triples, source), _one(triples, source)
    if place is not None and other is not None:
        how = NamedNode(_SH + source.choice(["not", "node", "property"]))
        triples.append(Triple(triples[place].subject, how, triples[other].subject))


def _close(triples: list[Triple], source: Random) -> None:
    """A shape is closed."""
    place = _one(triples, source)
    if place is not None:
        triples.append(Triple(triples[place].subject, NamedNode(f"{_SH}closed"), typed("true", "boolean")))


SHAPE_CHANGES: list[Change] = [
    drop, merge, _number, _number, _other_value, _other_value, _other_parameter, _one_more, _other_path, _other_path,
    _refer, _close,
]  # fmt: skip


def changed_shapes(triples: Sequence[Triple], seeds: Iterable[int]) -> list[Triple]:
    """Shapes after one change for each seed; many are malformed then."""
    found = list(triples)
    for seed in seeds:
        source = Random(seed)  # noqa: S311  # no secret
        source.choice(SHAPE_CHANGES)(found, source)
    return list(dict.fromkeys(found))
