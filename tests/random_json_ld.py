"""JSON-LD documents at random, with contexts of all kinds, and names that are good or bad."""

from __future__ import annotations

import json
from itertools import count
from random import Random
from typing import Any, Final

#: Terms of the context, with what holds for the values of a type or property only.
TERMS: Final[dict[str, Any]] = {
    "e": "http://e/",
    "plain": "http://e/plain",
    "short": "e:short",
    "more": "@nest",
    "ref": {"@id": "e:ref", "@type": "@id"},
    "term": {"@id": "e:term", "@type": "@vocab"},
    "byLanguage": {"@id": "e:byLanguage", "@container": "@language"},
    "byIndex": {"@id": "e:byIndex", "@container": "@index"},
    "byId": {"@id": "e:byId", "@container": "@id"},
    "byType": {"@id": "e:byType", "@container": "@type"},
    "list": {"@id": "e:list", "@container": "@list"},
    "graph": {"@id": "e:graph", "@container": "@graph"},
    "data": {"@id": "e:data", "@type": "@json"},
    "Scoped": {"@id": "e:Scoped", "@context": {"inner": "e:inner", "Deep": "e:Deep"}},
    "Lasting": {"@id": "e:Lasting", "@context": {"@propagate": True, "inner": "e:inner"}},
    "Blank": {"@id": "e:Blank", "@context": [None, {"blank": "http://e/blank"}]},
    "within": {"@id": "e:within", "@context": {"inner": "http://e/inner", "@vocab": "http://e/v/"}},
    "once": {"@id": "e:once", "@context": {"@propagate": False, "inner": "http://e/inner"}},
    "bad": "http://e/b d",
    "wrong": {"@id": "e:x"},
}
KEYS: Final = (
    "plain",
    "short",
    "e:x",
    "http://e/y",
    *("inner",) * 4,
    "blank",
    "none",
    "a b",
    "bad",
    "e:a b",
    "wrong:p",
    "_:p",
    "@odd",
)
SPECIAL: Final = ("byLanguage", "byIndex", "byId", "byType", "data", "list", "more", "graph", "within", "once")
GOOD_KEYS: Final = ("plain", "short", "e:x", "http://e/y", "urn:x:y")
IDS: Final = ("e:a", "http://e/b", "rel", "", "#x", "_:b")
BAD_IDS: Final = ("e:a b", "http://e/ü ", "_:a b", "http://[", "C:\\x", "re l")
TYPES: Final = ("plain", "e:T", "Scoped", "Lasting", "http://e/T")
BAD_TYPES: Final = ("e:T U", "bad", "Blank")


class Maker:
    """Makes one document.

    Attributes:
        leaves: How many strings it holds that must become literals, each with a text of its own.
        types: How many types.
    """

    def __init__(self, random: Random, *, good: bool) -> None:
        self._random, self._good = random, good
        self._numbers = count()
        self.leaves: list[str] = []
        self.types = 0

    def document(self) -> Any:
        """A document with one context, or several nodes below it."""
        chosen = self._random
        names = [name for name in TERMS if self._good or name == "e" or chosen.random() < 0.9]
        context: dict[str, Any] = {name: TERMS[name] for name in names}
        if not self._good and chosen.random() < 0.2:
            context["@vocab"] = chosen.choice(["http://e/v#", "e:", "", "http://e/ "])
        nodes = [self._node(2) for _ in range(chosen.randint(1, 2))]
        return {"@context": context, "@graph": nodes}

    def _text(self) -> str:
        text = f"text {next(self._numbers)}"
        self.leaves.append(text)
        return text

    def _node(self, depth: int, *, with_id: bool = True) -> dict[str, Any]:
        chosen = self._random
        node: dict[str, Any] = {}
        if not self._good and chosen.random() < 0.1:
            node["@context"] = chosen.choice([None, {"none": "http://e/none"}, [{"none": "http://e/n"}, {"e": None}]])
        if chosen.random() < 0.5:  # the parser wants types to come first where they have contexts
            kinds = (*TYPES, *(() if self._good else BAD_TYPES))
            types = chosen.sample(kinds, chosen.randint(1, 2))
            self.types += len(types)
            node["@type"] = types if len(types) > 1 or chosen.random() < 0.5 else types[0]
        if with_id and chosen.random() < 0.6:
            bad = not self._good and chosen.random() < 0.15
            node["@id"] = chosen.choice(BAD_IDS if bad else IDS)
        for _ in range(chosen.randint(1, 3)):
            self._member(node, depth)
        return node

    def _member(self, node: dict[str, Any], depth: int) -> None:
        chosen = self._random
        if chosen.random() < 0.6 or not depth:
            key = chosen.choice(GOOD_KEYS if self._good or chosen.random() < 0.7 else KEYS)
            if key not in node:
                node[key] = self._value(depth)
            return
        key = chosen.choice(SPECIAL)
        if key not in node:
            node[key] = self._map(key, depth) if key.startswith("by") else self._special(key, node, depth)

    def _map(self, key: str, depth: int) -> dict[str, Any]:
        chosen = self._random
        bad = not self._good and chosen.random() < 0.3
        if key == "byLanguage":
            found: dict[str, Any] = {chosen.choice(["en", "de", "@none"]): self._text()}
            return found | {"e n": self._text()} if bad else found
        if key == "byIndex":
            return {"an index": self._value(depth), "other": self._value(depth)}
        if key == "byId":
            return {chosen.choice(BAD_IDS[:1] if bad else IDS[:2]): self._node(depth - 1, with_id=False)}
        self.types += 1
        return {chosen.choice(("plain", "Scoped")): self._node(depth - 1)}

    def _special(self, key: str, node: dict[str, Any], depth: int) -> Any:
        if key == "data":
            self.leaves.append(f'{{"a b":[{next(self._numbers)},{{"@id":"a b"}}]}}')
            return json.loads(self.leaves[-1])
        if key == "list":
            return [self._value(depth), self._value(depth)]
        if key == "more":
            return {"e:nested" if "plain" in node else "plain": self._text()}
        return self._node(depth - 1)

    def _value(self, depth: int) -> Any:
        chosen = self._random
        if depth and chosen.random() < 0.3:
            return self._node(depth - 1)
        text = self._text()
        if chosen.random() < 0.3:
            tags = ("en", "pt-BR") if self._good or chosen.random() < 0.7 else ("e n", "englishlanguage")
            return {"@value": text, "@language": chosen.choice(tags)}
        return chosen.choice([text, [text], {"@value": text}, {"@set": [text]}])
