"""A proof as people and programs read it: rules by name, and leaves with the lines and passages that assert them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pyoxigraph import NamedNode, Triple

from cdkg.errors import Location
from cdkg.sources.origins import Origin, Origins
from cdkg.vocabulary import BASE, Term, shorten

#: How a place is written: as it is, or as seen from the current folder.
Tell = Callable[[Location], str]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a triple holds.

    Attributes:
        triple: What is explained.
        rule: The rule that gives it, by its name in OWL 2 Profiles (section 4.3) or as a closed-world rule; empty for
            an asserted triple.
        premises: What the rule was applied to; in an outline the asserted triples that all of it rests on.
        origins: Where an asserted triple stands.
        rule_file: The file of a closed-world rule.
        outline: Whether the steps between the last rule and the asserted triples are left out.
    """

    triple: Triple
    rule: str = ""
    premises: tuple[Explanation, ...] = ()
    origins: tuple[Origin, ...] = ()
    rule_file: Path | None = None
    outline: bool = False

    @property
    def places(self) -> tuple[Location, ...]:
        """The lines that assert the triple."""
        return tuple(origin.place for origin in self.origins if origin.place is not None)

    def leaves(self) -> list[Explanation]:
        """The asserted triples that it rests on, each once, in the order of the proof."""
        found = {node.triple: node for node, _, _ in walk(self) if not node.rule}
        return list(found.values())

    def lines(self, tell: Tell = str) -> Iterator[str]:
        """The proof as indented text, a step a line; what was proved further up is not proved again."""
        for node, depth, again in walk(self):
            indent = "  " * depth
            step = node.rule or "asserted"
            if node.outline and node.rule:
                step += ", from what is asserted here"
            elif again:
                step += ", as above"
            elif node.rule_file is not None:
                step += f": {tell(Location(str(node.rule_file)))}"
            yield f"{indent}{triple_text(node.triple)}  [{step}]"
            yield from (f"{indent}  {origin_text(origin, tell)}" for origin in node.origins)

    def as_json(self) -> dict[str, Any]:
        """The same as nested objects, for `json`; terms are in their N-Triples form."""
        top: dict[str, Any] = {}
        stack = [(self, top)]
        while stack:
            node, told = stack.pop()
            told |= {
                "subject": str(node.triple.subject),
                "predicate": str(node.triple.predicate),
                "object": str(node.triple.object),
                "text": triple_text(node.triple),
                "rule": node.rule or None,
            }
            if node.rule_file is not None:
                told["rule_file"] = str(node.rule_file)
            if node.rule:
                below = told["rests_on" if node.outline else "premises"] = [{} for _ in node.premises]
                stack += zip(node.premises, below, strict=True)
            else:
                told["sources"] = [origin_json(origin) for origin in node.origins]
        return top


class Proved(Protocol):
    """A proof as the reasoner finds it: a triple, the rule that gives it (empty: asserted), and its premises."""

    @property
    def triple(self) -> Triple:
        """What is proved."""

    @property
    def rule(self) -> str:
        """The rule by its name."""

    @property
    def premises(self) -> Sequence[Proved]:
        """The proofs of what the rule was applied to."""


def explained(proof: Proved, origins: Origins, rule_files: Mapping[str, Path]) -> Explanation:
    """A proof with the origins of its leaves and the files of closed-world rules."""
    made: dict[int, Explanation] = {}
    stack = [proof]
    while stack:
        node = stack[-1]
        waiting = [premise for premise in node.premises if id(premise) not in made]
        if waiting:
            stack += waiting
            continue
        stack.pop()
        premises = tuple(made[id(premise)] for premise in node.premises)
        leaf = () if node.rule else origins.of(node.triple)
        made[id(node)] = Explanation(node.triple, node.rule, premises, leaf, rule_files.get(node.rule))
    return made[id(proof)]


def walk(explanation: Explanation) -> Iterator[tuple[Explanation, int, bool]]:
    """All steps from the top down, without recursion: each with its depth, and whether it was proved before.

    Below a triple that was proved before it does not go again.
    """
    proved: set[Triple] = set()
    stack = [(explanation, 0)]
    while stack:
        node, depth = stack.pop()
        again = bool(node.rule) and node.triple in proved
        yield node, depth, again
        if not again:
            proved.add(node.triple)
            stack += [(premise, depth + 1) for premise in reversed(node.premises)]


def term_text(term: Term) -> str:
    """A term as people write it: a prefixed name, a path below the project's base, or its N-Triples form."""
    if not isinstance(term, NamedNode):
        return str(term)
    short = shorten(term.value)
    return term.value.removeprefix(BASE) if short.startswith(f"<{BASE}") else short


def triple_text(triple: Triple) -> str:
    """A triple as one line."""
    return " ".join(term_text(term) for term in (triple.subject, triple.predicate, triple.object))


def origin_text(origin: Origin, tell: Tell = str) -> str:
    """Where a triple stands, as one line: place, graph, and where in which document."""
    told = f"at {tell(origin.place)}" if origin.place is not None else "in"
    named = term_text(origin.graph)
    told += f" {named}" if told == "in" else (f" in {named}" if not named.startswith("<file:") else "")
    if origin.title:
        told += f" ({origin.locator + ' of ' if origin.locator else ''}“{origin.title}”)"
    return told


def origin_json(origin: Origin) -> dict[str, Any]:
    """The same for programs; what is not known is null."""
    place = origin.place
    return {
        "graph": origin.graph.value,
        "file": place.path if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "locator": origin.locator or None,
        "document": origin.document.value if origin.document else None,
        "title": origin.title or None,
    }
