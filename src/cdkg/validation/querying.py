"""Check queries, and a search for names, in a process that begins with what is asserted while the rest is inferred."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from pyoxigraph import DefaultGraph, Quad, RdfFormat, Store, Triple, serialize

from cdkg.bounded import Bounds, Job, Receive, Tell
from cdkg.graph import KnowledgeGraph, Role
from cdkg.validation.checks import Check, CheckRow
from cdkg.validation.kept import Kept, Names, Parts
from cdkg.validation.terms import Key, nearest_names

#: Names that are like undefined ones, and the rows of each check query.
Checked = tuple[Names, list[list[CheckRow]]]


def dataset(graph: KnowledgeGraph) -> Store:
    """What check queries read: by graph what somebody wrote, and all of it but the shapes as default graph.

    What is inferred goes into the default graph alone, where it is a set with the rest.
    """
    store = Store()
    written = [named for named in graph if named.role is not Role.INFERRED]
    store.bulk_extend(Quad(t.subject, t.predicate, t.object, named.iri) for named in written for t in named.triples)
    union = (t for named in graph if named.role is not Role.SHAPES for t in named.triples)
    store.bulk_extend(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in union)
    return store


class Checking:
    """Check queries at work, and the search for names; the process is ended when the block is left.

    Args:
        checks: The check queries.
        graph: The named graphs; what is inferred may be sent after.
        bounds: What the work may take.
        tell: Is told which check is at work.
        kept: The same as `dataset`, with what is inferred and what was found before, where somebody keeps it.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        graph: KnowledgeGraph,
        bounds: Bounds,
        tell: Tell = lambda _: None,
        kept: Kept | None = None,
    ) -> None:
        self._waits, self._kept, self._checks = True, kept, checks
        if kept is not None:
            kept.settle()
        self._job = Job(_checked, checks, graph, kept, bounds=bounds, tell=tell, fed=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._job.__exit__(kind, error, trace)

    def infer(self, triples: Iterable[Triple], undefined: Iterable[Key] = ()) -> None:
        """Send what is inferred; the queries that read it begin then.

        Args:
            triples: What is inferred; nothing is sent of it where it is kept.
            undefined: Names that nothing defines, to which others like them are wanted.
        """
        data = b"" if self._kept else serialize(triples, format=RdfFormat.N_TRIPLES) or b""
        self._job.send((data, list(undefined)))
        self._waits = False

    def result(self) -> Checked:
        """Wait for the result; without anything inferred, if nothing was sent.

        Raises:
            LimitError: It took more than it may; it names the check.
            ShapesError: A check cannot be run.
        """
        if self._waits:
            self.infer(())
        nearest, found = self._job.result()
        if self._kept is None:
            return nearest, [rows for parts in found for rows in parts.values()]
        self._kept.learn(dict(zip(self._checks, found, strict=True)), nearest)
        return nearest, self._kept.rows(self._checks)


def _checked(
    checks: Sequence[Check], graph: KnowledgeGraph, kept: Kept | None, receive: Receive, tell: Tell
) -> tuple[Names, list[Parts]]:
    """Names like those that nothing defines, and what each check has found that is not known."""
    tell("the dataset for checks")
    found: dict[Check, Parts] = {}
    store = kept.store if kept else dataset(graph)
    if kept is None:
        for check in filter(_reads_what_is_written, checks):
            tell(check.told)
            found[check] = {None: check.rows(store)}
    tell("what is inferred")
    inferred, undefined = receive()
    store.bulk_load(inferred, format=RdfFormat.N_TRIPLES)
    for check in checks:
        if check not in found:
            tell(check.told)
            found[check] = kept.news(check) if kept else {None: check.rows(store)}
    tell("names of terms and things")
    nearest = kept.nearest(undefined) if kept else nearest_names(store, undefined)
    return nearest, [found[check] for check in checks]


def _reads_what_is_written(check: Check) -> bool:
    """Whether a check reads nothing but named graphs that somebody wrote, so that it need not wait for inference."""
    return check.select is not None and all(read.in_graph for read in check.select.reads)
