"""Git revisions of a project, written into a folder: no network, no hooks, no filters.

Work tree and index are left alone. The files are read as blobs and not with `git archive`, which would leave out or
rewrite what `.gitattributes` says.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from cdkg.assets import FOLDERS
from cdkg.errors import Location, SourceError

#: What of a project is written out: all that a state is made of.
_WANTED: Final = ("cdkg.toml", *dict.fromkeys(name.split("/")[0] for name in FOLDERS))
#: What to do where there is no repository to compare with.
TWO_FOLDERS: Final = "name two folders or snapshots: `cdkg diff OLD NEW`"
#: A hook sets these for the repository it runs in, which need not be that of the project.
_FOREIGN: Final = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
_OURS: Final = {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_SETTINGS: Final = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never")
_SYMLINK: Final = "120000"


@dataclass(frozen=True, slots=True)
class Repository:
    """The git repository that holds a project.

    Attributes:
        root: The folder of the project.
        instead: What to do where there is no repository.
    """

    root: Path
    instead: str = TWO_FOLDERS

    def commit(self, revision: str) -> str:
        """The full hash of the commit that a branch, tag, hash or expression (`HEAD~3`) names.

        Raises:
            SourceError: There is no such revision, no repository, or no git.
        """
        if revision.startswith("-") or not revision.isprintable() or not revision.strip():
            raise SourceError(f"{revision!r} cannot be a revision", hint="name a branch, tag or commit")
        self._git(
            ["rev-parse", "--git-dir"], f"{self.root} is in no git repository that can be read", hint=self.instead
        )
        found = self._git(
            ["rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"],
            f"{revision} is no state",
            why="it is neither a folder of a project, nor a snapshot, nor a revision that this repository has",
            hint="a clone without history lacks older ones: `git fetch --unshallow`, or `fetch-depth: 0` in an action",
        )
        return found.decode().strip()

    def write(self, commit: str, target: Path) -> None:
        """Write the project as it was in a commit into a folder.

        Raises:
            SourceError: The project was not there then, or a symbolic link leads out of it.
        """
        entries = list(self._entries(commit))
        if not entries:
            raise SourceError(
                f"the project is not in the revision {commit[:12]}",
                where=Location(str(self.root)),
                hint="name a later revision, or a folder that holds the former state",
            )
        for (mode, _, path), data in zip(entries, self._blobs([name for _, name, _ in entries]), strict=True):
            place = target / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if mode == _SYMLINK:
                _link(place, data.decode(errors="surrogateescape"), target)
            else:
                place.write_bytes(data)

    def blob(self, commit: str, name: str) -> bytes | None:
        """A file of the folder as it was in a commit; None where it was not there.

        Raises:
            SourceError: The commit cannot be read.
        """
        listed = self._git(["ls-tree", "-z", commit, "--", name], f"{commit[:12]} cannot be read")
        _, kind, blob = (listed.partition(b"\t")[0].decode().split() or ["", "", ""])[:3]
        return next(self._blobs([blob])) if kind == "blob" else None

    def files(self, commit: str, meant: Callable[[str], bool]) -> dict[str, bytes]:
        """Some of the files of the folder, and of those in it, as they were in a commit.

        Args:
            commit: The commit.
            meant: Is asked for each path, from the folder on.

        Raises:
            SourceError: The commit cannot be read.
        """
        names = {path: name for _, name, path in self._entries(commit, ()) if meant(path)}
        return dict(zip(names, self._blobs(list(names.values())), strict=True))

    def _entries(self, commit: str, wanted: Sequence[str] = _WANTED) -> Iterator[tuple[str, str, str]]:
        """Mode, name and path below the folder of each file, of those that a state is made of, or of all."""
        listed = self._git(["ls-tree", "-r", "-z", commit, "--", *wanted], f"{commit[:12]} cannot be read")
        for line in listed.split(b"\0"):
            head, _, path = line.partition(b"\t")
            mode, kind, name = head.decode().split() if head else ("", "", "")
            if kind == "blob":
                yield mode, name, _safe(os.fsdecode(path))

    def _blobs(self, names: Sequence[str]) -> Iterator[bytes]:
        """The contents of blobs (`git cat-file --batch`: a line of name, kind and size, the bytes, a line end)."""
        data = self._git(["cat-file", "--batch"], "the files of a revision cannot be read", "\n".join(names).encode(),
                         hint="a partial clone lacks them: `git fetch --refetch`")  # fmt: skip
        at = 0
        for _ in names:
            end = data.index(b"\n", at)
            head = data[at:end].split()
            if len(head) != 3:
                raise SourceError("the files of a revision cannot be read", why=data[at:end].decode(errors="replace"))
            size = int(head[2])
            yield data[end + 1 : end + 1 + size]
            at = end + size + 2

    def _git(
        self, arguments: Sequence[str], failed: str, given: bytes = b"", *, why: str = "", hint: str = ""
    ) -> bytes:
        environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN} | _OURS
        command = ["git", *_SETTINGS, "-C", str(self.root), *arguments]
        try:
            done = subprocess.run(command, input=given, capture_output=True, check=False, env=environment)  # noqa: S603  # a list, no shell
        except OSError as error:
            raise SourceError("git cannot be run", why=error.strerror or str(error), hint="install git") from error
        if done.returncode:
            told = done.stderr.decode(errors="replace").strip().splitlines()
            raise SourceError(failed, why=why or (told[0] if told else ""), hint=hint)
        return done.stdout


def _safe(path: str) -> str:
    """The path, which git itself never lets climb; that is cheap to make sure of."""
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise SourceError(f"a revision holds the path {path!r}", hint="git would not have written it either")
    return path


def _link(place: Path, goal: str, within: Path) -> None:
    """A symbolic link as the revision has it, as long as it leads to a file of that revision."""
    if not (place.parent / goal).resolve().is_relative_to(within.resolve()):
        raise SourceError(
            "a symbolic link leads out of the project",
            where=Location(place.relative_to(within).as_posix()),
            why=f"{goal!r} is not part of the revision",
            hint="put the file itself under version control",
        )
    place.symlink_to(goal)
