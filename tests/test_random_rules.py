"""Closed-world rules after an edit, and drawn at random against a naive evaluation: strata, circles, what they read."""

from __future__ import annotations

import random

import pytest
from pyoxigraph import DefaultGraph, NamedNode, Quad, Store, Triple

from cdkg.errors import RuleError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.reasoning import Rule
from cdkg.reasoning.rules.patterns import Polarity
from cdkg.reasoning.rules.rule import Kind, constant
from cdkg.reasoning.rules.strata import Strata
from cdkg.vocabulary import GRAPH
from test_strata import WRONG_BY_NAME, infer, read, rule, rules

_Edge = tuple[str, str, str]
#: A rule over binary predicates: head ← positive ones, in a row from x to y, and not the negated one.
_Horn = tuple[str, tuple[str, ...], str]


def _random_rules(chance: random.Random, *, layered: bool) -> tuple[list[_Horn], list[tuple[str, str]]]:
    """Rules and subproperty axioms over p0 to p5; where layered, what is negated lies on a lower layer."""
    layer = {f"p{n}": n // 2 for n in range(6)}
    horn: list[_Horn] = []
    for _ in range(chance.randint(2, 6)):
        head = chance.choice([*layer][2:])
        below = [p for p in layer if not layered or layer[p] <= layer[head]]
        negatable = [p for p in layer if not layered or layer[p] < layer[head]]
        body = tuple(chance.choice(below) for _ in range(chance.randint(1, 2)))
        horn.append((head, body, chance.choice(["", *negatable])))
    pairs = ((chance.choice([*layer]), chance.choice([*layer])) for _ in range(chance.randint(0, 3)))
    axioms = [(p, q) for p, q in pairs if p != q and (not layered or layer[p] <= layer[q])]
    return horn, axioms


def _as_rule(slug: str, horn: _Horn) -> Rule:
    head, body, negated = horn
    ends = ["?x", *(f"?v{n}" for n in range(1, len(body))), "?y"]
    where = " . ".join(f"{s} cd:{p} {o}" for s, p, o in zip(ends, body, ends[1:], strict=False))
    negation = f" FILTER NOT EXISTS {{ ?x cd:{negated} ?y }}" if negated else ""
    return rule(slug, f"?x cd:{head} ?y <- {where}{negation}")


def _naive(edges: set[_Edge], horn: list[_Horn], axioms: list[tuple[str, str]]) -> set[_Edge]:
    """Layer by layer, each to its fixpoint, by looking at all pairs."""
    known = set(edges)
    for top in range(3):
        size = -1
        while size != len(known):
            size = len(known)
            known |= {(s, q, o) for s, p, o in known for p1, q in axioms if p == p1}
            for head, body, negated in horn:
                if int(head[1:]) // 2 <= top:
                    pairs = {(s, o) for s, p, o in known if p == body[0]}
                    for step in body[1:]:
                        pairs = {(s, o) for s, m in pairs for m1, p, o in known if m == m1 and p == step}
                    known |= {(s, head, o) for s, o in pairs if (s, negated, o) not in known}
    return known


def test_random_rules_give_what_their_layers_give() -> None:
    """Rules with layers give what a naive evaluation of the layers gives, whatever their names are."""
    made = 0
    for seed in range(80):
        chance = random.Random(seed)  # noqa: S311
        horn, axioms = _random_rules(chance, layered=True)
        edges = {(chance.choice("abcd"), f"p{chance.randrange(6)}", chance.choice("abcd")) for _ in range(8)}
        turtle = [f"cd:{s} cd:{p} cd:{o}" for s, p, o in sorted(edges)]
        turtle += [f"cd:{p} rdfs:subPropertyOf cd:{q}" for p, q in axioms]
        slugs = chance.sample("abcdef", len(horn))
        union = infer(" . ".join(turtle), [_as_rule(slug, one) for slug, one in zip(slugs, horn, strict=True)])
        of_ours = {t for t in union if t.predicate.value[-3:-1] == "/p"}
        naive = _naive(edges, horn, axioms)
        assert of_ours == {*read(" . ".join("cd:{} cd:{} cd:{}".format(*edge) for edge in naive))}
        made += len(naive) - len(edges)
    assert made > 200


def _has_circle(horn: list[_Horn], axioms: list[tuple[str, str]]) -> bool:
    """Whether a negated predicate hangs on the head of its rule, by walking from predicate to predicate."""
    follows = {(p, q) for p, q in axioms} | {(p, head) for head, body, negated in horn for p in (*body, negated) if p}
    size = -1
    while size != len(follows):
        size = len(follows)
        follows |= {(a, d) for a, b in follows for c, d in follows if b == c}
    return any(negated and (negated == head or (head, negated) in follows) for head, _, negated in horn)


def test_random_circles_are_refused_and_nothing_else() -> None:
    """Rules are refused exactly where a negation hangs on its own conclusion."""
    refused = 0
    for seed in range(150):
        horn, axioms = _random_rules(random.Random(seed), layered=False)  # noqa: S311
        made = [_as_rule(slug, one) for slug, one in zip("abcdef", horn, strict=False)]
        schema = read(" . ".join(f"cd:{p} rdfs:subPropertyOf cd:{q}" for p, q in axioms))
        if _has_circle(horn, axioms):
            refused += 1
            with pytest.raises(RuleError, match="circle"):
                Strata(made, schema)
        else:
            assert sum(len(stratum.rules) for stratum in Strata(made, schema)) == len(made)
    assert 30 < refused < 120


def test_affected_rules() -> None:
    """What reads a changed kind, at once, through axioms or through other rules, runs again; in the right order."""
    data = "cd:twin rdfs:subPropertyOf cd:tiedTo . cd:Town rdfs:subClassOf cd:City"
    strata = Strata(rules(WRONG_BY_NAME), read(data))

    def affected(turtle: str) -> str:
        return "".join(r.slug for r in strata.affected(map(Kind.of, read(turtle))))

    assert affected("cd:t cd:party cd:x") == "dcab"
    assert affected("cd:x cd:tiedTo cd:y") == affected("cd:x cd:twin cd:y") == affected("cd:x a cd:Town") == "ab"
    assert affected("cd:x cd:lonely true") == "b"
    assert affected('cd:x cd:name "x" ; a cd:Country') == ""
    assert affected("cd:x rdfs:subPropertyOf cd:y") == affected("cd:x owl:sameAs cd:y") == "dcab"


def test_random_edits_concern_the_affected_rules_only() -> None:
    """What a rule that is not affected says of a graph stays the same after an edit."""
    kept = 0
    for seed in range(60):
        chance = random.Random(seed)  # noqa: S311
        horn, axioms = _random_rules(chance, layered=True)
        made = [_as_rule(slug, one) for slug, one in zip("abcdef", horn, strict=False)]
        schema = [f"cd:{p} rdfs:subPropertyOf cd:{q}" for p, q in axioms]
        *base, edit = (
            f"cd:{chance.choice('abc')} cd:p{chance.randrange(6)} cd:{chance.choice('abc')}" for _ in range(7)
        )
        before, after = (infer(" . ".join([*schema, *data]), made) for data in (base, [*base, edit]))
        affected = Strata(made, read(" . ".join(schema))).affected(map(Kind.of, read(edit)))
        for one in set(made) - set(affected):
            kept += 1
            assert said(one, before) == said(one, after)
    assert kept > 50


def said(one: Rule, union: frozenset[Triple]) -> set[Triple]:
    """What a rule makes of a graph."""
    return {*one.apply(KnowledgeGraph([NamedGraph(NamedNode(f"{GRAPH}g"), Role.PASSAGE, tuple(union))]).store)}


# -- random bodies -------------------------------------------------------------------------------------------------


def _random_body(chance: random.Random, depth: int = 2) -> str:
    """A group with patterns, paths, and whatever SPARQL may put around them."""

    def node() -> str:
        return chance.choice(["?x", "?y", "?z", "cd:a", "cd:b", "[]"])

    def prop() -> str:
        return f"cd:p{chance.randrange(4)}"

    def pattern() -> str:
        path = [
            prop(),
            prop(),
            f"^{prop()}",
            f"{prop()}/{prop()}",
            f"({prop()}|{prop()})+",
            f"{prop()}*",
            f"!{prop()}",
            "?p",
        ]
        classes = chance.choice([f"?x a cd:C{chance.randrange(2)}", "?y a ?c", "VALUES ?c { cd:C0 } ?x a ?c"])
        return chance.choice(
            [f"{node()} {chance.choice(path)} {node()}", classes, f"?x {prop()} ?y , cd:a ; {prop()} ?z"]
        )

    parts = [f"{pattern()} ." for _ in range(chance.randint(1, 2))]
    for _ in range(chance.randint(0, 2) if depth else 0):
        inner = _random_body(chance, depth - 1)
        parts.append(
            chance.choice(
                [
                    f"OPTIONAL {{ {inner} }}",
                    f"MINUS {{ {inner} }}",
                    f"FILTER NOT EXISTS {{ {inner} }}",
                    f"FILTER EXISTS {{ {inner} }}",
                    f"FILTER (?x != ?y || EXISTS {{ {inner} }})",
                    f"{{ {inner} }} UNION {{ {pattern()} }}",
                    f"GRAPH ?g {{ {inner} }}",
                    f"{{ SELECT ?x (COUNT(*) AS ?n) {{ {inner} }} GROUP BY ?x HAVING (COUNT(*) > 1) }}",
                    f"{{ SELECT DISTINCT ?x ?y {{ {inner} }} }}",
                    f"BIND (IF(EXISTS {{ {inner} }}, cd:a, cd:b) AS ?e{chance.randrange(10**6)})",
                ]
            )
        )
    return " ".join(parts)


def _quads(chance: random.Random, number: int) -> set[Quad]:
    """Quads of the named graph that are in the default graph too, and others of the default graph only."""
    made: set[Quad] = set()
    for _ in range(number):
        p, o = chance.choice(
            [(f"cd:p{chance.randrange(4)}", f"cd:{chance.choice('abc')}"), ("a", f"cd:C{chance.randrange(2)}")]
        )
        (triple,) = read(f"cd:{chance.choice('abc')} {p} {o}")
        made.add(Quad(*triple))
        if chance.random() < 0.5:
            made.add(Quad(triple.subject, triple.predicate, triple.object, NamedNode("x:g")))
    return made


def _apply(made: Rule, quads: set[Quad]) -> set[Triple]:
    store = Store()
    store.extend(quads)
    return {*made.apply(store)}


def _is_read(quad: Quad, made: Rule, above: Polarity | None = None) -> bool:
    """Whether a rule reads a quad; `above`: other than by a pattern whose matches only add answers."""
    in_graph = not isinstance(quad.graph_name, DefaultGraph)
    kind = Kind(quad.predicate.value, constant(quad.object))
    return any(
        read.in_graph == in_graph and read.kind.meets(kind) and (above is None or read.polarity > above)
        for read in made.reads
    )


def test_random_bodies_hang_on_what_they_read_only() -> None:
    """Quads that a rule does not read change nothing; quads that it reads without negating them take nothing away."""
    told = dropped = added = 0
    for seed in range(400):
        chance = random.Random(seed)  # noqa: S311
        made = rule("r", f"?x cd:made ?y <- {_random_body(chance)} OPTIONAL {{ ?x cd:p0 ?y }}")
        quads = _quads(chance, 14)
        said = _apply(made, quads)
        told += bool(said)
        unread = {quad for quad in quads if not _is_read(quad, made)}
        dropped += len(unread)
        assert _apply(made, quads - unread) == said, made.text
        more = {quad for quad in _quads(chance, 14) if not _is_read(quad, made, above=Polarity.POSITIVE)}
        added += len(more - quads)
        assert said <= _apply(made, quads | more), made.text
    assert (told > 100, dropped > 500, added > 500) == (True, True, True), (told, dropped, added)
