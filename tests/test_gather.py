"""Finding the files that somebody means, whatever lies in the way."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdkg.errors import NotAcceptableError, SourceError
from cdkg.sources.foreign import STANDARD_INPUT, RdfFile, read_each
from cdkg.sources.gather import Gathered, gather

TRIPLE = "<http://e/a> <http://e/b> <http://e/c> ."


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(*paths: str, content: str = TRIPLE) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(content)


def _names(gathered: Gathered) -> list[str]:
    return [str(file.path) for file in gathered.files]


def _only_fault(gathered: Gathered, path: str | None = None) -> SourceError:
    """The one fault, which says where, why, and what to do."""
    (fault,) = gathered.faults
    assert fault.where is not None
    if path is not None:
        assert fault.where.path == path
    assert fault.why
    assert fault.hint
    return fault


def test_files_come_in_the_order_in_which_they_are_named() -> None:
    """Files, then what is in a folder by name; each file once."""
    _write("z.ttl", "d/b.nt", "d/a.ttl", "d/c/x.nq")
    gathered = gather(["z.ttl", "d", "d/a.ttl", "./z.ttl", "d/../z.ttl"])
    assert _names(gathered) == ["z.ttl", "d/a.ttl", "d/b.nt", "d/c/x.nq"]
    assert not gathered.faults


def test_the_same_file_by_a_link_is_read_once() -> None:
    """A link to a file or a folder that is read already adds nothing."""
    _write("d/a.ttl")
    Path("d/b.ttl").symlink_to("a.ttl")
    Path("e").symlink_to("d")
    gathered = gather(["d", "e"])
    assert len(gathered.files) == 1
    assert not gathered.faults


def test_a_folder_gives_every_suffix_of_rdf() -> None:
    """All syntaxes, in upper case too; other files are passed over."""
    wanted = ["a.ttl", "b.nt", "c.nq", "d.trig", "e.n3", "f.rdf", "g.owl", "h.jsonld", "i.TTL"]
    _write(*(f"d/{name}" for name in [*wanted, "README.md", "package.json", "pom.xml", "x.csv", "noextension"]))
    gathered = gather(["d"])
    assert _names(gathered) == [f"d/{name}" for name in wanted]
    assert not gathered.faults


def test_json_and_xml_are_read_where_they_are_named() -> None:
    """`*.json` and `*.xml` are RDF if somebody says so."""
    _write("a.json", content='{"@id": "http://e/a", "http://e/b": 1}')
    gathered = gather(["a.json"])
    assert [file.syntax.name for file in gathered.files] == ["jsonld"]


@pytest.mark.parametrize("folder", [".git", ".cdkg", ".hidden", "node_modules", "deep/.git/x"])
def test_hidden_folders_are_passed_over(folder: str) -> None:
    """What tools keep for themselves is no data; named, it is read."""
    _write("d/a.ttl", f"d/{folder}/b.ttl", "d/.c.ttl")
    assert _names(gather(["d"])) == ["d/a.ttl"]
    assert _names(gather([f"d/{folder}"])) == [f"d/{folder}/b.ttl"]
    assert _names(gather(["d/.c.ttl"])) == ["d/.c.ttl"]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("*.ttl", ["a.ttl"]),
        ("**/*.ttl", ["a.ttl", "d/b.ttl", "d/e/c.ttl"]),
        ("d/**/*.ttl", ["d/b.ttl", "d/e/c.ttl"]),
        ("d/**", ["d/b.ttl", "d/e/c.ttl", "d/n.nt"]),
        ("**", ["a.ttl", "d/b.ttl", "d/e/c.ttl", "d/n.nt"]),
        ("d/*", ["d/b.ttl", "d/e/c.ttl", "d/n.nt"]),
        ("d/?.[nt]*", ["d/b.ttl", "d/n.nt"]),
        ("?/e/c.ttl", ["d/e/c.ttl"]),
        ("d/.h*", ["d/.h.ttl"]),
        ("**/e", ["d/e/c.ttl"]),
    ],
)
def test_patterns(pattern: str, wanted: list[str]) -> None:
    """Patterns that the shell has left alone; `**` is any depth, hidden names are met by a dot only."""
    _write("a.ttl", "d/b.ttl", "d/n.nt", "d/e/c.ttl", "d/.h.ttl", "d/.git/x.ttl", "d/readme.md")
    gathered = gather([pattern])
    assert sorted(_names(gathered)) == wanted
    assert not gathered.faults
    absolute = gather([str(Path.cwd() / pattern)])
    assert sorted(_names(absolute)) == [str(Path.cwd() / name) for name in wanted]


def test_a_name_with_signs_of_a_pattern_is_a_name_first() -> None:
    """A file that is named `a[1].ttl` is itself."""
    _write("a[1].ttl", "a1.ttl")
    assert _names(gather(["a[1].ttl"])) == ["a[1].ttl"]


@pytest.mark.parametrize(
    "name", ["a b.ttl", "ä.ttl", "a#b.ttl", "a%20b.ttl", "a'b.ttl", "a\nb.ttl", "-.ttl", "\U0001d54f.ttl"]
)
def test_odd_names_are_read(name: str) -> None:
    """Whatever a file is called, its graph has an IRI."""
    _write(name)
    graphs, faults = read_each(gather([f"./{name}"]).files)
    assert not faults
    assert len(graphs) == 1


# What cannot be had


@pytest.mark.parametrize(
    "path",
    ["none.ttl", "none/", "none/*.ttl", "*.nq", "d/**/*.nq", "", "nul\0.ttl", "x" * 300 + ".ttl", "http://e/a.ttl",
     "https://e/*.ttl", "file:///etc/a.ttl", "a.ttl/b.ttl", "readme.md", "readme", "d", "r*", "/dev/null", "a.ttl.gz"],
)  # fmt: skip
def test_what_cannot_be_had_is_told_and_the_rest_is_read(path: str) -> None:
    """Each is a fault with place, reason and remedy; the good file is read, before or behind."""
    _write("a.ttl", "readme.md", "readme", "d/readme.md", "a.ttl.gz")
    for paths in ([path, "a.ttl"], ["a.ttl", path]):
        gathered = gather(paths)
        assert _names(gathered) == ["a.ttl"]
        _only_fault(gathered, path.replace("\0", "\\0").rstrip("/") if path != "" else path)


def test_a_pipe_never_blocks() -> None:
    """A FIFO that nobody writes to, named or in a folder."""
    _write("d/a.ttl")
    os.mkfifo("d/p.ttl")
    start = time.monotonic()
    for paths in (["d"], ["d/a.ttl", "d/p.ttl"]):
        gathered = gather(paths)
        assert _names(gathered) == ["d/a.ttl"]
        _only_fault(gathered, "d/p.ttl")
    assert time.monotonic() - start < 2


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket in the current folder."""
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind("s.ttl")
        yield opened


def test_a_socket_is_no_file(listening: socket.socket) -> None:
    """A socket that has the suffix of RDF."""
    assert listening.getsockname() == "s.ttl"
    _write("a.ttl")
    gathered = gather(["."])
    assert _names(gathered) == ["a.ttl"]
    _only_fault(gathered, "s.ttl")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_is_no_file(device: str) -> None:
    """A link to a device that would give bytes without end, or none."""
    _write("d/a.ttl")
    Path("d/z.ttl").symlink_to(device)
    gathered = gather(["d"])
    assert _names(gathered) == ["d/a.ttl"]
    _only_fault(gathered, "d/z.ttl")


def test_links_in_a_circle() -> None:
    """A file that is a link to itself, two that are links to each other, and a folder that holds itself."""
    _write("d/e/a.ttl")
    Path("d/one.ttl").symlink_to("one.ttl")
    Path("d/two").symlink_to("three")
    Path("d/three").symlink_to("two")
    Path("d/e/up").symlink_to("..")
    gathered = gather(["d"])
    assert _names(gathered) == ["d/e/a.ttl"]
    places = {fault.where.path for fault in gathered.faults if fault.where}
    assert places == {"d/one.ttl", "d/two", "d/three", "d/e/up"}
    assert all(fault.why and fault.hint for fault in gathered.faults)
    named = gather(["d/one.ttl", "d/e/a.ttl", "d/**/a.ttl"])
    assert _names(named) == ["d/e/a.ttl"]
    assert any(fault.where and fault.where.path == "d/one.ttl" for fault in named.faults)


def test_links_that_lead_nowhere() -> None:
    """A broken link is a fault where it is named as RDF, and nothing where it is something else."""
    _write("d/a.ttl")
    Path("d/b.ttl").symlink_to("gone.ttl")
    Path("d/notes").symlink_to("gone")
    gathered = gather(["d"])
    assert _names(gathered) == ["d/a.ttl"]
    _only_fault(gathered, "d/b.ttl")


def test_many_links_between_folders_take_no_time() -> None:
    """Thirty folders, each with links to all others, have more paths than anybody can walk."""
    for number in range(30):
        _write(f"d/{number}/a.ttl")
        for other in range(30):
            Path(f"d/{number}/to{other}").symlink_to(f"../{other}")
    start = time.monotonic()
    gathered = gather(["d", "d/**/*.ttl"])
    assert len(gathered.files) == 30
    assert time.monotonic() - start < 5


def _denied(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let a file or folder be closed to us, also where the tests run as somebody who may do anything."""
    scandir, open_ = os.scandir, os.open

    def refuse(path: object) -> None:
        if Path(str(path)).name == name:
            raise PermissionError(13, "Permission denied", str(path))

    def scan(path: str) -> object:
        refuse(path)
        return scandir(path)

    def opening(path: str, flags: int, mode: int = 0o777) -> int:
        refuse(path)
        return open_(path, flags, mode)

    monkeypatch.setattr(os, "scandir", scan)
    monkeypatch.setattr(os, "open", opening)


@pytest.mark.parametrize("closed", ["locked", "locked.ttl"])
def test_what_may_not_be_read(monkeypatch: pytest.MonkeyPatch, closed: str) -> None:
    """A folder and a file that are closed to us; what is beside them is read."""
    _write("d/a.ttl", "d/z.ttl", "d/locked/b.ttl", "d/locked.ttl")
    _denied(monkeypatch, closed)
    gathered = gather(["d"])
    assert {"d/a.ttl", "d/z.ttl"} < set(_names(gathered))
    _only_fault(gathered, f"d/{closed}")


@pytest.mark.skipif(os.geteuid() == 0, reason="who may do anything is refused nothing")
def test_a_folder_without_rights() -> None:
    """The same with the rights of the system."""
    _write("d/a.ttl", "d/locked/b.ttl")
    Path("d/locked").chmod(0)
    try:
        gathered = gather(["d"])
    finally:
        Path("d/locked").chmod(0o700)
    assert _names(gathered) == ["d/a.ttl"]
    _only_fault(gathered, "d/locked")


def test_a_file_that_vanishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is there when the folder is listed, and gone when it is read."""
    _write("d/a.ttl", "d/b.ttl", "d/c.ttl")
    opened = RdfFile.opened

    def opening(path: Path) -> RdfFile:
        if path.name == "b.ttl":
            path.unlink()
        return opened(path)

    monkeypatch.setattr(RdfFile, "opened", opening)
    gathered = gather(["d"])
    assert _names(gathered) == ["d/a.ttl", "d/c.ttl"]
    _only_fault(gathered, "d/b.ttl")


def test_a_folder_with_the_name_of_a_file() -> None:
    """A folder that is called `x.ttl` is a folder."""
    _write("d/x.ttl/a.ttl")
    gathered = gather(["d"])
    assert _names(gathered) == ["d/x.ttl/a.ttl"]
    assert not gathered.faults


def test_a_name_that_is_not_utf8() -> None:
    """The name of a file in another encoding: told in a way that can be printed."""
    Path("d").mkdir()
    _write("d/a.ttl")
    try:
        Path(os.fsdecode(b"d/z\xfc.ttl")).write_text(TRIPLE)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    gathered = gather(["d"])
    assert _names(gathered) == ["d/a.ttl"]
    assert str(_only_fault(gathered)).encode()
    assert "z\\xfc.ttl" in str(gathered.faults[0])
    _only_fault(gather([os.fsdecode(b"d/z\xfc.ttl")]))
    _only_fault(gather([os.fsdecode(b"none\xfc.ttl")]))
    _only_fault(gather([os.fsdecode(b"none\xfc*.ttl")]))


# Standard input


@pytest.mark.parametrize(
    ("content", "syntax"),
    [
        ("@prefix : <http://e/> . :a :b :c .", "turtle"),
        ("# first\n\nPREFIX : <http://e/>\n:a :b :c .", "turtle"),
        ("@base <http://e/> . <a> <b> <c> .", "turtle"),
        ("@prefix : <http://e/> . :g { :a :b :c }", "trig"),
        (TRIPLE, "ntriples"),
        ('_:x <http://e/b> "x"@en .', None),
        (f"{TRIPLE[:-1]}<http://e/g> .", "nquads"),
        ('<?xml version="1.0"?><rdf:RDF/>', "rdfxml"),
        ("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>", "rdfxml"),
        ('{"@id": "http://e/a"}', "jsonld"),
        ('[{"@id": "http://e/a"}]', "jsonld"),
        ("", "turtle"),
        ("# nothing", "turtle"),
        ("[] a <http://e/C> .", None),
        (":a :b :c .", None),
        ("name,year\n", None),
        ("<html><body></body></html>", None),
        ("\0\1\2", None),
    ],
)
def test_the_syntax_of_standard_input(content: str, syntax: str | None) -> None:
    """It is guessed where that is safe; else the fault says how to name it."""
    gathered = gather(["-"], standard_input=content.encode())
    if syntax is None:
        assert not gathered.files
        assert "--input-format" in _only_fault(gathered).hint
    else:
        assert [(file.path, file.syntax.name) for file in gathered.files] == [(STANDARD_INPUT, syntax)]
    named = gather(["-"], standard_input=content.encode(), input_format="nq")
    assert [file.syntax.name for file in named.files] == ["nquads"]


def test_standard_input_is_read_once_and_beside_files() -> None:
    """`-` among files, and twice; with a byte order mark."""
    _write("a.ttl")
    gathered = gather(["-", "a.ttl", "-"], standard_input=b"\xef\xbb\xbf" + TRIPLE.encode())
    assert [file.path for file in gathered.files] == [STANDARD_INPUT, Path("a.ttl")]
    assert gathered.files[0].data == TRIPLE.encode()


def test_standard_input_that_is_not_there() -> None:
    """`-` with nothing behind it is a fault, and an unknown syntax an error."""
    _only_fault(gather(["-"], standard_input=None))
    with pytest.raises(NotAcceptableError):
        gather(["-"], standard_input=b"", input_format="yaml")
