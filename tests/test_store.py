"""Snapshots are whole or not there at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from cdkg.errors import SnapshotError
from cdkg.graph import KnowledgeGraph, NamedGraph, Role
from cdkg.store import Snapshots


def _graph(*values: str) -> KnowledgeGraph:
    triples = tuple(Triple(NamedNode("x:s"), NamedNode("x:p"), Literal(value)) for value in values)
    return KnowledgeGraph([NamedGraph(NamedNode("x:g"), Role.PASSAGE, triples)])


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A snapshot gives back the same graphs, roles and summary."""
    snapshots = Snapshots(tmp_path)
    assert snapshots.current() is None
    snapshots.write(_graph("é", "two\nlines"), {"counts": {"files": 1}})
    current = snapshots.current()
    assert current is not None
    assert current.about["counts"] == {"files": 1}
    assert current.read().union == _graph("é", "two\nlines").union
    assert current.read().graph("x:g").role is Role.PASSAGE


def test_old_snapshots_are_forgotten(tmp_path: Path) -> None:
    """Only as many as are kept stay on disk; the current one is the last."""
    snapshots = Snapshots(tmp_path, keep=2)
    for number, value in enumerate("abcd", 1):
        snapshots.write(_graph(value), {})
        assert len(list((tmp_path / "snapshots").iterdir())) == min(number, 2)
    Snapshots(tmp_path, keep=5).write(_graph("d"), {})
    assert len(list((tmp_path / "snapshots").iterdir())) == 3
    current = snapshots.current()
    assert current is not None
    assert current.read().union == _graph("d").union


def test_a_failing_write_leaves_the_former_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails while a snapshot is written, the former one stays current and nothing half-written is left."""
    snapshots = Snapshots(tmp_path)
    snapshots.write(_graph("first"), {})

    def no_space(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(SnapshotError, match="No space left"):
        snapshots.write(_graph("second"), {})
    monkeypatch.undo()
    current = snapshots.current()
    assert current is not None
    assert current.read().union == _graph("first").union
    assert len(list((tmp_path / "snapshots").iterdir())) == 1


def test_damaged_snapshot_is_told(tmp_path: Path) -> None:
    """A snapshot whose files were cut or changed is an error with its place, not a smaller graph."""
    snapshots = Snapshots(tmp_path)
    made = snapshots.write(_graph("one", "two"), {})
    data = (made.path / "graph.nq").read_bytes()
    for damage in (data[:-20], data.splitlines(keepends=True)[0], b"", data + b"<x:s> <x:p> <x:o> .\n", b"\xff"):
        (made.path / "graph.nq").write_bytes(damage)
        with pytest.raises(SnapshotError, match="damaged"):
            made.read()
    (made.path / "graph.nq").write_bytes(data)
    for damage in (b"[]", b"{", b'{"roles": {"x:g": "none"}}', b"\xff"):
        (made.path / "about.json").write_bytes(damage)
        with pytest.raises(SnapshotError, match="damaged"):
            made.read()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Where the state folder is a file, the error says what to do."""
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(SnapshotError) as caught:
        Snapshots(tmp_path / "state").write(_graph("x"), {})
    assert "--state" in caught.value.hint
