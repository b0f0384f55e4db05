"""Files that nobody can trust: each has its place, reason and remedy, and the good file beside it is read."""

from __future__ import annotations

import codecs
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pyoxigraph
import pytest
from pyoxigraph import NamedNode

from bad_files import BAD, GOOD, PREFIX, RDF, SCRAPS, VALID, WHOLE, Bad
from cdkg.assets import Project
from cdkg.errors import SourceError
from cdkg.formats import SYNTAXES, by_name, by_suffix
from cdkg.graph import NamedGraph
from cdkg.sources import foreign, loader, sheltered, text
from cdkg.sources.foreign import RdfFile, read_each, read_foreign
from cdkg.sources.gather import gather
from cdkg.sources.loader import load, load_what_can_be
from cdkg.sources.text import place_in


def _read(folder: Path, name: str, content: str | bytes) -> tuple[list[NamedGraph], list[SourceError]]:
    """What is read of a folder with this file and a good one; checks that the good one is."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "good.ttl").write_text(GOOD)
    gathered = gather([str(folder)])
    graphs, faults = read_each(gathered.files)
    good = [graph for graph in graphs if graph.path == folder / "good.ttl"]
    assert [triple.subject for triple in good[0].triples] == [NamedNode("http://example.org/good")]
    return [graph for graph in graphs if graph not in good], [*gathered.faults, *faults]


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_file_has_place_reason_and_remedy(tmp_path: Path, bad: Bad) -> None:
    """Each fault names file, line, reason and remedy, in seconds; the good file beside it is read."""
    start = time.monotonic()
    graphs, faults = _read(tmp_path, bad.name, bad.content)
    assert time.monotonic() - start < 20
    assert not graphs
    assert faults
    for fault in faults:
        assert fault.where is not None
        assert fault.where.path == str(tmp_path / bad.name)
        assert fault.where.line is not None
        assert fault.where.column is not None
        assert fault.why
        assert fault.hint
        assert len(str(fault)) < 2000 + len(str(tmp_path))
        assert not any(ord(character) < 32 and character != "\n" for character in str(fault))
    first = faults[0].where
    assert first is not None
    assert bad.line in {None, first.line}
    assert bad.column in {None, first.column}


@pytest.mark.parametrize(("name", "content", "triples"), VALID.values(), ids=VALID)
def test_an_odd_file_that_is_valid_is_read(tmp_path: Path, name: str, content: str | bytes, triples: int) -> None:
    """What the grammar allows is no fault, however odd it is."""
    graphs, faults = _read(tmp_path, name, content)
    assert not faults
    assert sum(len(graph.triples) for graph in graphs) == triples


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.rdf", RDF + "<e:C><e:p>" * 100_000 + "<e:C/>" + "</e:p></e:C>" * 100_000 + "</rdf:RDF>"),
        ("a.rdf", RDF[:-1] + "".join(f' xmlns:p{n}="http://e/x"' for n in range(100_000)) + "><e:C/></rdf:RDF>"),
    ],
    ids=["200,000 nested elements", "100,000 prefixes"],
)
def test_what_takes_too_long_ends_at_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str
) -> None:
    """A file that would take the parser minutes is given up, with the place that makes it hard."""
    monkeypatch.setattr(sheltered, "DEADLINE", 1)
    start = time.monotonic()
    _, (fault,) = _read(tmp_path, name, content)
    assert time.monotonic() - start < 5
    assert fault.where is not None
    assert fault.where.line == 1
    assert fault.hint


@pytest.mark.slow
def test_what_takes_too_much_memory_ends_no_process(tmp_path: Path) -> None:
    """Contexts within contexts: the parser copies them until there is no memory left, and takes its process along."""
    nested = '{"p": {"@id": "http://e/p", "@context": ' * 3000 + "{}" + "}}" * 3000
    _, (fault,) = _read(tmp_path, "a.jsonld", f'{{"@context": {nested}, "@id": "http://e/a"}}')
    assert fault.where is not None
    assert fault.where.line == 1


def _broken(document: bytes, random: Random) -> bytes:
    """A document with some accidents: cut, something lost, something pasted, something repeated."""
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(document) + 1)
        end = at + random.randrange(12)
        accidents = [
            document[:at],
            document[:at] + document[end:],
            document[:at] + random.choice(SCRAPS) + document[at:],
            document[:at] + document[at:end] * random.randint(2, 50) + document[end:],
        ]
        document = random.choice(accidents)
    return document


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("suffix", WHOLE)
def test_documents_broken_at_random(suffix: str, seed: int) -> None:
    """Whatever is done to a document: it is read, or each fault has a place in it, a reason and a remedy."""
    random = Random(f"{suffix} {seed}")  # noqa: S311 - nothing secret
    for path in (Path(f"a{suffix}"), foreign.STANDARD_INPUT) * 40:
        data = _broken(WHOLE[suffix].encode(), random)
        _, faults = read_each([RdfFile(path, data, by_suffix(Path(f"a{suffix}")))])
        lines = re.split("\r\n|\r|\n", data.decode(errors="replace"))
        for fault in faults:
            assert fault.where is not None
            assert fault.where.path == str(path)
            assert 1 <= (fault.where.line or 0) <= len(lines), data
            assert 1 <= (fault.where.column or 0) <= len(lines[(fault.where.line or 1) - 1]) + 1, data
            assert fault.why
            assert fault.hint
            assert not re.search(r"[\x00-\x09\x0b-\x1f]", str(fault)), data


def test_a_line_of_100_mb(tmp_path: Path) -> None:
    """A line without an end is told in seconds."""
    _, faults = _read(tmp_path, "a.ttl", PREFIX.encode() + b":a :b " + b"x" * 100_000_000)
    assert faults[0].where is not None
    assert (faults[0].where.line, faults[0].where.column) == (2, 7)


def test_all_faults_of_all_files_are_told(tmp_path: Path) -> None:
    """Several faults of one file, and those of others, come as data; `read_foreign` raises them together."""
    (tmp_path / "a.ttl").write_text(PREFIX + "x:a :b 1 .\n:a :b 1 .\n:a y:b 1 .\n")
    (tmp_path / "b.jsonld").write_text('{"@context": ["https://e/1", "https://e/2"]}')
    files = gather([str(tmp_path)]).files
    _, faults = read_each(files)
    assert [(Path(f.where.path).name, f.where.line) for f in faults if f.where] == [
        ("a.ttl", 2), ("a.ttl", 4), ("b.jsonld", 1), ("b.jsonld", 1),
    ]  # fmt: skip
    with pytest.raises(SourceError) as caught:
        read_foreign(files)
    assert [str(fault) for fault in caught.value.faults] == [str(fault) for fault in faults]
    assert str(tmp_path / "b.jsonld") in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_called_so(tmp_path: Path, encoding: str) -> None:
    """With a mark or without: the fault names the encoding, not the odd characters that it seems to hold."""
    _, (fault,) = _read(tmp_path, "a.ttl", GOOD.encode(encoding))
    assert "UTF-16" in fault.what


class _Panic(BaseException):
    """What the parser raises when it gives up: no Exception."""


@pytest.mark.parametrize("reading", [foreign, loader])
def test_a_panic_of_the_parser_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reading: object) -> None:
    """If the parser panics, the file is named, and nothing else is lost."""

    def parse(data: bytes, **options: object) -> object:
        if b"panic" in data:
            raise _Panic("index out of bounds")
        return pyoxigraph.parse(data, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "parse", parse)
    if reading is foreign:
        graphs, (fault,) = _read(tmp_path, "a.ttl", "# panic\n")
        assert not graphs
    else:
        _project(tmp_path, a="# panic\n", b="<> a <x:C> .")
        graph, (fault,) = load_what_can_be(Project(tmp_path))
        assert "https://w3id.org/cdkg/graph/b" in graph
    assert fault.where is not None
    assert fault.where.path.endswith("a.ttl")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_who_stops_the_program_is_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    """An interruption is no fault of a file."""

    def parse(_data: bytes, **_options: object) -> object:
        raise stop

    monkeypatch.setattr(foreign, "parse", parse)
    with pytest.raises(stop):
        _read(tmp_path, "a.ttl", GOOD)


# A project


def _project(folder: Path, **files: str) -> Project:
    (folder / "data").mkdir(parents=True)
    for name, content in files.items():
        (folder / "data" / f"{name}.ttl").write_text(content)
    return Project(folder)


def test_a_project_with_broken_files_is_read_as_far_as_it_can_be(tmp_path: Path) -> None:
    """The good files are in the graph, each fault of the others is there as data, and `load` raises them all."""
    project = _project(tmp_path, a="<> a x:C, y:D .", b="<> a <x:C> .", c="<> a")
    graph, faults = load_what_can_be(project)
    assert "https://w3id.org/cdkg/graph/b" in graph
    assert "https://w3id.org/cdkg/graph/a" not in graph
    names = [Path(fault.where.path).name for fault in faults if fault.where]
    assert names[:2] == ["a.ttl", "a.ttl"]
    assert set(names[2:]) == {"c.ttl"}
    with pytest.raises(SourceError) as caught:
        load(project)
    assert [str(fault) for fault in caught.value.faults] == [str(fault) for fault in faults]


def test_one_fault_of_a_project_is_raised_as_it_is(tmp_path: Path) -> None:
    """A single fault has its own place."""
    with pytest.raises(SourceError) as caught:
        load(_project(tmp_path, a="\n<> a .", b="<> a <x:C> ."))
    assert caught.value.where is not None
    assert caught.value.where.line == 2
    assert caught.value.faults == (caught.value,)


def test_a_project_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """UTF-16, and a byte order mark, in a file of the project."""
    project = _project(tmp_path, good="<> a <x:C> .")
    (tmp_path / "data" / "a.ttl").write_bytes("<> a <x:C> .".encode("utf-16"))
    (tmp_path / "data" / "b.ttl").write_bytes(codecs.BOM_UTF8 + b"<> a <x:C> .")
    _, faults = load_what_can_be(project)
    assert [(Path(f.where.path).name, f.where.line) for f in faults if f.where] == [("a.ttl", 1), ("b.ttl", 1)]
    assert "UTF-16" in str(faults[0])


def test_a_project_with_nested_triple_terms_ends_nothing(tmp_path: Path) -> None:
    """What would end the process never gets to the parser."""
    terms = "<> <x:p> " + "<<( <x:x> <x:p> " * 100_000 + "<x:x>" + " )>>" * 100_000 + " ."
    _, (fault,) = load_what_can_be(_project(tmp_path, a=terms, b="<> a <x:C> ."))
    assert fault.where is not None
    assert fault.where.line == 1


# Standard input, which has no folder


def _piped(content: str, syntax: str) -> RdfFile:
    return RdfFile(foreign.STANDARD_INPUT, content.encode(), by_name(syntax, SYNTAXES))


@pytest.mark.parametrize(
    ("syntax", "content", "line"),
    [
        ("turtle", f"{GOOD}\n<a> <http://e/b> 1 .", 2),
        ("turtle", "<> a <http://e/C> .", 1),
        ("trig", "\n<a> <http://e/b> 1 .", 2),
        ("jsonld", '{\n"@id": "a", "http://e/p": 1}', 2),
        ("jsonld", '{"@id": "http://e/a",\n"http://e/p": {"@id": "b/c"}}', 2),
        ("rdfxml", f'{RDF}\n<e:C rdf:about="a"/></rdf:RDF>', 2),
    ],
)
def test_a_relative_iri_on_standard_input(syntax: str, content: str, line: int) -> None:
    """Nothing is made up for a relative IRI that has no base: the fault says what to do."""
    graphs, faults = read_each([_piped(content, syntax)])
    assert not graphs
    assert faults[0].where is not None
    assert faults[0].where.line == line
    assert "standard input" in faults[0].hint


@pytest.mark.parametrize(
    ("syntax", "content"),
    [
        ("turtle", "@base <http://e/> . <a> <b> <> ."),
        ("jsonld", '{"@context": {"@base": "http://e/"}, "@id": "a", "http://e/p": 1}'),
        ("rdfxml", RDF[:-1] + ' xml:base="http://e/"><e:C rdf:about="a"/></rdf:RDF>'),
    ],
)
def test_a_base_in_the_document_will_do(syntax: str, content: str) -> None:
    """With a base of its own, what is piped may have relative IRIs."""
    (graph,), faults = read_each([_piped(content, syntax)])
    assert not faults
    assert graph.triples[0].subject == NamedNode("http://e/a")


# Reading, and places


def test_a_file_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that grows while it is read is read anew; what is returned is the whole of it."""
    path = tmp_path / "a.ttl"
    path.write_text(GOOD)
    _changing(monkeypatch, path, times=2)
    assert text.read_bytes(path) == path.read_bytes()


def test_a_file_that_never_rests_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After three times it is given up; the other file is read."""
    path = tmp_path / "a.ttl"
    path.write_text(GOOD)
    _changing(monkeypatch, path, times=99)
    graphs, (fault,) = _read(tmp_path, "a.ttl", GOOD)
    assert not graphs
    assert fault.where is not None
    assert fault.where.path == str(path)
    assert fault.hint


def _changing(monkeypatch: pytest.MonkeyPatch, path: Path, times: int) -> None:
    """Let somebody write to a file each time when it has been opened, so many times."""
    left = [times]
    opened: Callable[..., int] = os.open

    def open_(name: Path, flags: int) -> int:
        handle = opened(name, flags)
        if Path(name) == path and left[0]:
            left[0] -= 1
            monkeypatch.setattr(os, "fstat", _once_more(handle, path, os.fstat))
        return handle

    monkeypatch.setattr(os, "open", open_)


def _once_more(handle: int, path: Path, fstat: Callable[[int], os.stat_result]) -> Callable[[int], os.stat_result]:
    """`fstat` that appends a line to the file behind `handle` when it was asked once."""
    asked: list[int] = []

    def told(number: int) -> os.stat_result:
        found = fstat(number)
        if number == handle and not asked:
            asked.append(1)
            with path.open("a") as file:
                file.write("\n# more")
        return found

    return told


def test_a_file_larger_than_the_limit_is_not_read(tmp_path: Path) -> None:
    """Three gigabytes (of nothing) are refused by their size."""
    with (tmp_path / "a.ttl").open("wb") as file:
        file.truncate(3_000_000_000)
    (tmp_path / "b.ttl").write_text(GOOD)
    gathered = gather([str(tmp_path)])
    (fault,) = gathered.faults
    assert len(gathered.files) == 1
    assert fault.where is not None
    assert fault.where.path == str(tmp_path / "a.ttl")
    assert f"{text.MOST_BYTES:,}" in fault.why


@pytest.mark.parametrize(
    ("content", "offset", "line", "column"),
    [
        ("", 0, 1, 1),
        ("ab", 1, 1, 2),
        ("a\nb", 2, 2, 1),
        ("a\rb", 2, 2, 1),
        ("a\r\nb", 3, 2, 1),
        ("a\r\nb", 2, 1, 3),
        ("a\r\n\r\nb", 4, 2, 2),
        ("a\n\rb", 3, 3, 1),
        ("é\U0001d54fb", 2, 1, 3),
    ],
)
def test_places_count_lines_and_characters(content: str, offset: int, line: int, column: int) -> None:
    """CRLF, CR and LF end a line; a column is a character."""
    place = place_in(content, offset, "a")
    assert (place.line, place.column) == (line, column)
