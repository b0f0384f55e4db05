"""Walk folders and resolve patterns: links in a circle, and folders that cannot be opened, end nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

#: Folders that hold no data of anybody's; hidden ones are passed over as well.
_PASSED_OVER: Final = frozenset({"node_modules", "__pycache__"})
_WILD: Final = re.compile(r"[*?\[]")

#: Device and number: what a folder is, by whatever name.
_Identity = tuple[int, int]


def is_pattern(path: str) -> bool:
    """Whether a path has wildcards, and nothing is there that is named just so."""
    return _WILD.search(path) is not None and not os.path.lexists(path)


@dataclass(frozen=True, slots=True)
class Folders:
    """What lies in folders.

    Attributes:
        is_meant: Whether a file of that name is looked for: of others, a broken link does not matter.
        cannot: Is told of what cannot be opened, and why.
    """

    is_meant: Callable[[Path], bool]
    cannot: Callable[[Path, Exception], None]

    def walk(self, top: Path) -> Iterator[tuple[Path, list[Path]]]:
        """Yield a folder and those in it, each with its files, by name; nothing hidden, and each folder once."""
        seen: set[_Identity] = set()
        stack: list[tuple[Path, frozenset[_Identity]]] = [(top, frozenset())]
        while stack:
            folder, above = stack.pop()
            try:
                about = folder.stat()
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                self.cannot(folder, error)
                continue
            identity = (about.st_dev, about.st_ino)
            if identity in above:
                self.cannot(folder, OSError("the link leads back to a folder that holds it"))
            if identity in seen:
                continue
            seen.add(identity)
            files, folders = self._sorted_out(entries)
            yield folder, files
            inside = above | {identity}
            stack += [(inner, inside) for inner in reversed(folders)]

    def _sorted_out(self, entries: list[os.DirEntry[str]]) -> tuple[list[Path], list[Path]]:
        """The files and the folders among the entries of a folder; what is hidden belongs to neither."""
        files: list[Path] = []
        folders: list[Path] = []
        for entry in entries:
            if entry.name.startswith(".") or entry.name in _PASSED_OVER:
                continue
            path = Path(entry.path)
            try:
                is_folder = entry.is_dir()
                if entry.is_symlink() and not is_folder and not self.is_meant(path):
                    path.stat()  # a link to itself could stand for a folder: something may be missed
            except FileNotFoundError:
                continue
            except OSError as error:
                self.cannot(path, error)
                continue
            (folders if is_folder else files).append(path)
        return files, folders

    def met_by(self, pattern: str) -> list[Path]:
        """The paths that a pattern meets, by name; `**` is any depth, hidden names are met by a dot only."""
        parts = Path(pattern).parts
        fixed = next(index for index, part in enumerate(parts) if _WILD.search(part))
        found = [Path(*parts[:fixed])]
        for part in parts[fixed:]:
            if part == "**":
                found = [folder for start in found if self.is_folder(start) for folder, _ in self.walk(start)]
            else:
                found = [path for start in found if self.is_folder(start) for path in self._children(start, part)]
        if parts[-1] == "**":
            return found[:1]  # a folder is walked as a whole
        return sorted(set(found))

    def is_folder(self, path: Path) -> bool:
        """Whether this is a folder; told where nobody can know."""
        try:
            return path.is_dir()
        except OSError as error:
            self.cannot(path, error)
            return False

    def _children(self, folder: Path, pattern: str) -> list[Path]:
        if not _WILD.search(pattern):
            return [folder / pattern] if os.path.lexists(folder / pattern) else []
        try:
            names = [path.name for path in folder.iterdir()]
        except OSError as error:
            self.cannot(folder, error)
            return []
        hidden = pattern.startswith(".")
        return [folder / name for name in names if fnmatchcase(name, pattern) and (hidden or not name.startswith("."))]
