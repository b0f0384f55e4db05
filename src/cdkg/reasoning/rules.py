"""Closed-world rules: a CONSTRUCT query a file, for what neither OWL 2 RL nor SHACL can say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import QueryTriples, Store, Triple

from cdkg.errors import Location, RuleError
from cdkg.vocabulary import PREFIXES, RULE


@dataclass(frozen=True, slots=True)
class Rule:
    """A closed-world rule with its file and the reason that its header gives."""

    slug: str
    why: str
    text: str
    path: Path

    @property
    def iri(self) -> str:
        """The rule's IRI."""
        return RULE + self.slug

    def apply(self, store: Store) -> Iterator[Triple]:
        """Yield what the rule constructs from the store.

        Raises:
            RuleError: The file is no CONSTRUCT query.
        """
        try:
            result = store.query(self.text, prefixes=PREFIXES)
        except (SyntaxError, ValueError) as error:
            line = re.search(r"at (\d+):(\d+)", str(error))
            place = (int(line[1]), int(line[2])) if line else (None, None)
            raise RuleError("a rule cannot be read", where=Location(str(self.path), *place), why=str(error)) from error
        if not isinstance(result, QueryTriples):
            raise RuleError("a rule must be a CONSTRUCT query", where=Location(str(self.path)))
        yield from result


def read_rules(folder: Path) -> list[Rule]:
    """Read all rules of a folder (`*.rq`), in the order of their names.

    Raises:
        RuleError: A rule does not say why it is there (`#+ why: …` in its header).
    """
    return [_read(path) for path in sorted(folder.glob("*.rq"))]


def _read(path: Path) -> Rule:
    text = path.read_text(encoding="utf-8")
    why = re.search(r"^#\+ why: *(.+)$", text, re.MULTILINE)
    if why is None:
        raise RuleError("a rule without its why", where=Location(str(path), 1), hint="add a line `#+ why: …`")
    return Rule(path.stem, why[1].strip(), text, path)
