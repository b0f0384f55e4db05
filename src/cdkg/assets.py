"""Where ontology, rules, shapes, data, links and queries lie: in a checkout, in a user's folder, in the wheel."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cdkg.errors import SourceError

#: Folders that a build reads; what a project lacks of them (but data and links) is taken from ours.
FOLDERS: Final = ("ontology", "shapes", "data", "links", "queries/checks")
#: What is about a project's own data, and never taken from ours.
_OWN: Final = frozenset({"data", "links", "queries/competency"})


def bundled() -> Path:
    """The folder that holds our own ontology, shapes, data, links and queries."""
    in_wheel = Path(__file__).parent / "_assets"
    return in_wheel if in_wheel.is_dir() else Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Project:
    """A folder of the project's form, with ours behind it for what it does not bring.

    Attributes:
        root: The folder with `data/` in it.
        background: Folders below our own `data/` that are loaded too (typologies, entities).
    """

    root: Path
    background: tuple[str, ...] = ()

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """The project of `start`: the nearest folder upwards with `data/` and `cdkg.toml` or `ontology/`; else ours.

        Raises:
            SourceError: `start` was named and is no folder, or holds no project; or there are settings without data.
        """
        if start is not None and not start.is_dir():
            raise SourceError(f"{start} is no folder", hint="name the folder with data/ in it")
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "data").is_dir() and ((folder / "cdkg.toml").is_file() or (folder / "ontology").is_dir()):
                own = folder == bundled()
                return cls(folder, () if own or (folder / "ontology").is_dir() else ("typologies", "entities"))
            if start is None and (folder / "cdkg.toml").is_file():  # else ours would pass in place of theirs
                raise SourceError(
                    f"{folder} is no project", why="it has cdkg.toml, but no data/", hint="make the folder data/"
                )
        if start is not None:
            raise SourceError(
                f"{start} is no project",
                why="neither it nor a folder above it has data/ beside cdkg.toml or ontology/",
                hint="`cdkg init FOLDER` makes a starter",
            )
        return cls(bundled())

    def folder(self, name: str) -> Path:
        """The folder `name` (`ontology`, `queries/checks`) of this project, or ours where it has none of its own."""
        own = self.root / name
        return own if own.is_dir() or name in _OWN else bundled() / name

    def state(self) -> Path:
        """Where snapshots go: `.cdkg/` of a folder that can be written, else the user's cache folder."""
        if not (Path(__file__).parent / "_assets").is_dir() or self.root != bundled():
            return self.root / ".cdkg"
        cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".cache")
        return Path(cache) / "cdkg" / hashlib.sha256(str(self.root).encode()).hexdigest()[:12]


def start_project(folder: Path) -> list[Path]:
    """Copy the starter into a new or empty folder and return the files written.

    Raises:
        SourceError: The folder holds something already, or cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise SourceError(f"{folder} is not empty", hint="name a new folder")
        shutil.copytree(Path(__file__).parent / "starter", folder, dirs_exist_ok=True)
    except OSError as error:
        raise SourceError(f"{folder} cannot be written", why=error.strerror or str(error)) from error
    return sorted(path for path in folder.rglob("*") if path.is_file())
