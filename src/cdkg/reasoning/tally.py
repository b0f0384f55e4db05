"""How often each triple is there: stated by graphs, or said by rules."""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import Triple


class Tally(dict[Triple, int]):
    """How often each triple is there."""

    def gain(self, triples: Iterable[Triple]) -> list[Triple]:
        """Count triples once more; return those that were not there."""
        news = []
        for triple in triples:
            number = self[triple] = self.get(triple, 0) + 1
            if number == 1:
                news.append(triple)
        return news

    def lose(self, triples: Iterable[Triple]) -> list[Triple]:
        """Count triples once less; return those that are not there any more."""
        gone = []
        for triple in triples:
            self[triple] -= 1
            if not self[triple]:
                del self[triple]
                gone.append(triple)
        return gone
