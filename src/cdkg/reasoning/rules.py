"""Closed-world rules: a CONSTRUCT query a file, for what neither OWL 2 RL nor SHACL can say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import QueryTriples, Store, Triple

from cdkg.errors import Location, RuleError, reason_told_by
from cdkg.sources import read_query
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
            where = Location.told_by(error, str(self.path))
            raise RuleError("a rule is not valid SPARQL 1.1", where=where, why=reason_told_by(error)) from error
        if not isinstance(result, QueryTriples):
            raise RuleError("a rule must be a CONSTRUCT query", where=Location(str(self.path)))
        yield from result


def read_rules(folder: Path) -> list[Rule]:
    """Read all rules of a folder (`*.rq`), in the order of their names.

    Raises:
        SourceError: A file cannot be read as text.
        RuleError: A rule does not say why it is there (`#+ why: …` in its header), or would make blank nodes.
    """
    return [_read(path) for path in sorted(folder.glob("*.rq"))]


def _read(path: Path) -> Rule:
    text, header = read_query(path)
    if "why" not in header:
        raise RuleError("a rule without its why", where=Location(str(path), 1), hint="add a line `#+ why: …`")
    bare = re.sub(r'^\s*#.*$|"[^"\n]*"|<[^<>\s]*>', "", text, flags=re.MULTILINE)
    if re.search(r"\bCONSTRUCT\s*\{[^{}]*(?:\[|_:)", bare, re.IGNORECASE):
        raise RuleError(
            "a rule must not make blank nodes",
            where=Location(str(path)),
            why="each round would make new ones, and no graph could name them",
        )
    return Rule(path.stem, header["why"], text, path)
