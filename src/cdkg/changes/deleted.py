"""Files that a git revision has and that are gone: what they said may be missed by others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from cdkg.changes.revisions import Repository
from cdkg.errors import NotAcceptableError
from cdkg.formats import by_suffix, known_suffixes
from cdkg.sources.foreign import RdfFile
from cdkg.sources.text import without_mark

#: What to do where there is no repository.
NO_REPOSITORY: Final = (
    "leave --changed-since out; --write-baseline and --baseline tell only what is new, too, and need no git"
)
_Parts = tuple[str, ...]


def deleted(paths: Iterable[str], revision: str) -> tuple[RdfFile, ...]:
    """The RDF files that some paths meant in a revision, as they were, of those that are gone.

    Args:
        paths: As they were named: files, folders and patterns (see `sources.gather`).
        revision: The revision.

    Raises:
        SourceError: There is no such revision, or a path is in no repository.
    """
    found: dict[Path, RdfFile] = {}
    for path in paths:
        if path not in {"", "-"} and "\0" not in path and not Path(path).is_file():
            found |= {file.path: file for file in _gone(Path(path), revision)}
    return tuple(found.values())


def _gone(path: Path, revision: str) -> Iterator[RdfFile]:
    folder = path
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    wanted = path.parts[len(folder.parts) :]
    repository = Repository(folder.resolve(), NO_REPOSITORY)

    def is_meant(name: str) -> bool:
        return _leads_to(wanted, tuple(name.split("/"))) and not (folder / name).exists()

    for name, data in repository.files(repository.commit(revision), is_meant).items():
        try:
            syntax = by_suffix(Path(name))
        except NotAcceptableError:
            continue
        named = tuple(name.split("/")) == wanted  # `*.xml` and `*.json` are mostly something else
        if named or Path(name).suffix.lower() in known_suffixes():
            yield RdfFile(folder / name, without_mark(data), syntax)


def _leads_to(wanted: _Parts, name: _Parts) -> bool:
    """Whether a name or pattern leads to a file, or to a folder that holds it; as `sources.folders` has it."""
    if not wanted:
        return not any(map(_is_hidden, name))
    first, rest = wanted[0], wanted[1:]
    if first == "**":
        return _leads_to(rest, name) or (bool(name) and not _is_hidden(name[0]) and _leads_to(wanted, name[1:]))
    return bool(name) and _is_called(name[0], first) and _leads_to(rest, name[1:])


def _is_called(name: str, pattern: str) -> bool:
    return name == pattern or (fnmatchcase(name, pattern) and (pattern.startswith(".") or not _is_hidden(name)))


def _is_hidden(name: str) -> bool:
    return name.startswith(".")
