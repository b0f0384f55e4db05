"""From what somebody names to the files that are meant: files, folders, patterns, standard input."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cdkg.errors import CdkgError, Location, NotAcceptableError, SourceError
from cdkg.formats import SYNTAXES, Format, by_name, known_suffixes
from cdkg.sources.folders import Folders, is_pattern
from cdkg.sources.foreign import STANDARD_INPUT, RdfFile
from cdkg.sources.looks import is_blank, syntax_of
from cdkg.sources.sssom import SUFFIX
from cdkg.sources.text import hold, shown, without_mark

#: How what looks so is read.
_NAMES: Final = {
    "RDF/XML": "rdfxml",
    "JSON-LD": "jsonld",
    "N-Quads": "nquads",
    "N-Triples": "ntriples",
    "Turtle": "turtle",
}


#: Why a file whose suffix nobody knows is not read, whatever may be in it.
_BY_SUFFIX: Final = "the suffix of a file tells its syntax"


@dataclass(frozen=True, slots=True)
class Gathered:
    """Files that were found and read.

    Attributes:
        files: Each once, by its real path; in the order in which they were named, those of a folder by name.
        faults: What could not be found, opened or read.
    """

    files: tuple[RdfFile, ...]
    faults: tuple[SourceError, ...]


def gather(paths: Sequence[str], *, standard_input: bytes | None = None, input_format: str | None = None) -> Gathered:
    """Find and read RDF files.

    Args:
        paths: Files; folders, where every file with the suffix of an RDF syntax is taken, also from folders in it,
            but nothing hidden; patterns (`*`, `?`, `[…]`, and `**` for any depth); `-` for standard input.
        standard_input: What stands on standard input.
        input_format: Its syntax; none: it is guessed from its beginning.

    Raises:
        NotAcceptableError: There is no syntax `input_format`.
    """
    syntax = syntax_named(input_format) if input_format is not None else None
    search = _Search()
    for path in dict.fromkeys(paths):
        if path == "-":
            search.standard_input(standard_input, syntax)
        else:
            search.named(path)
    return Gathered(tuple(search.files.values()), tuple(search.faults))


def syntax_named(name: str) -> Format:
    """The syntax of RDF of this name.

    Raises:
        NotAcceptableError: There is none.
    """
    try:
        return by_name(name, SYNTAXES)
    except NotAcceptableError as error:
        raise NotAcceptableError(f"there is no syntax {name!r} to read", hint=error.hint) from error


@dataclass(slots=True)
class _Search:
    files: dict[Path, RdfFile] = field(default_factory=dict)  # by real path
    faults: list[SourceError] = field(default_factory=list)
    _folders: Folders = field(init=False)

    def __post_init__(self) -> None:
        self._folders = Folders(_is_rdf, self._cannot)

    def standard_input(self, data: bytes | None, syntax: Format | None) -> None:
        """Take what stands on standard input."""
        where = str(STANDARD_INPUT)
        if data is None:
            self._fault(where, "nothing stands there", "nothing is piped to it", "name files, or pipe data to it")
            return
        data = without_mark(data)
        syntax = syntax or _guessed(data)
        if syntax is None:
            self._fault(where, "its syntax is unknown", "its beginning does not tell", "say --input-format turtle")
        else:
            hold(STANDARD_INPUT, data, syntax.suffix)
            self.files.setdefault(STANDARD_INPUT, RdfFile(STANDARD_INPUT, data, syntax))

    def named(self, path: str) -> None:
        """Take what somebody has named."""
        if not path or "\0" in path:
            why = "it holds a NUL" if path else "it is empty"
            self._fault(path.replace("\0", "\\0"), "this is no path", why, "name a file or a folder")
        elif re.match(r"[a-z][a-z0-9+.\-]+://", path, re.IGNORECASE):
            self._fault(path, "this is an address, no file", "nothing is fetched", "download it, and name the file")
        elif is_pattern(path):
            self._pattern(path)
        else:
            self._file_or_folder(Path(path))

    def _file_or_folder(self, path: Path) -> None:
        before = len(self.faults)
        if self._folders.is_folder(path):
            self._folder(path)
        elif len(self.faults) == before:
            self._open(path)

    def _pattern(self, pattern: str) -> None:
        before = len(self.faults)
        met = self._folders.met_by(pattern)
        taken = [self._taken(path) for path in met]
        if not met and len(self.faults) == before:
            hint = "see how it is written; ** stands for folders of any depth"
            self._fault(pattern, "this pattern meets nothing", "no file or folder has such a name", hint)
        elif not any(taken) and len(self.faults) == before:
            self._nothing(pattern)

    def _taken(self, path: Path) -> bool:
        """Whether there was anything to take where a pattern led to."""
        if self._folders.is_folder(path):
            return self._walk(path)
        if _is_rdf(path):
            self._open(path)
        return _is_rdf(path)

    def _folder(self, folder: Path) -> None:
        before = len(self.faults)
        if not self._walk(folder) and len(self.faults) == before:
            self._nothing(str(folder))

    def _walk(self, folder: Path) -> bool:
        """Take the RDF files of a folder; whether there were any."""
        meant = [path for _, files in self._folders.walk(folder) for path in files if _is_rdf(path)]
        for path in meant:
            self._open(path)
        return bool(meant)

    def _open(self, path: Path) -> None:
        """Read one file, unless it was read already."""
        try:
            str(path).encode()
            real = path.resolve()
            if real not in self.files:
                self.files[real] = RdfFile.opened(path)
        except UnicodeEncodeError:
            why = "its name is not UTF-8, so it has no IRI"
            self._fault(str(path), "this cannot be opened", why, "rename the file")
        except CdkgError as error:
            self._fault(error.where.path if error.where else str(path), error.what, error.why or _BY_SUFFIX, error.hint)
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
            self._cannot(path, error)

    def _cannot(self, path: Path, error: Exception) -> None:
        why = (error.strerror if isinstance(error, OSError) else "") or str(error)
        self._fault(str(path), "this cannot be opened", why, "see that it is there and that you may read it")

    def _nothing(self, path: str) -> None:
        hint = "name its files, or give them a suffix of RDF: " + ", ".join(known_suffixes())
        self._fault(path, "there is nothing to check", "no file in it has a suffix of RDF", hint)

    def _fault(self, path: str, what: str, why: str, hint: str) -> None:
        self.faults.append(SourceError(what, where=Location(shown(path)), why=why, hint=hint))


def _is_rdf(path: Path) -> bool:
    """Whether a file in a folder is meant; `*.xml` and `*.json` are mostly something else, and want to be named."""
    return path.suffix.lower() in known_suffixes() or path.name.endswith(SUFFIX)


def _guessed(data: bytes) -> Format | None:
    """The syntax of a document by its beginning, where that is safe; TriG reads Turtle, too."""
    text = data[:100_000].decode("utf-8", "replace")
    name = _NAMES.get(syntax_of(text) or ("Turtle" if is_blank(text) else ""))
    if name is None:
        return None
    return by_name("trig" if name == "turtle" and b"{" in data else name, SYNTAXES)
