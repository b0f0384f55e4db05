"""Read RDF in a process of its own, with a deadline and a bound of memory: for files that may end the parser.

This file is also the program of that process; it imports the parser and nothing of ours, so that it starts at once.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from pyoxigraph import Quad, RdfFormat, parse, serialize

#: Seconds that one file may take, and bytes of memory. A JSON-LD file of 3,000 nested objects needs 1.7 GB and 3 s.
DEADLINE: Final = 10
MOST_MEMORY: Final = 4_000_000_000


#: The exit status of the process that has refused a document.
_REFUSED: Final = 3


class ShelterError(Exception):
    """The process did not come to an end by itself: too slow, too large, or dead."""


def quads_of(data: bytes, syntax: RdfFormat, base: str, *, rename_blank_nodes: bool) -> list[Quad]:
    """The quads of a document, read elsewhere.

    Raises:
        SyntaxError: The parser's verdict, as if it had been given here.
        ShelterError: There is none: it took too long or too much memory, or died.
    """
    program = [sys.executable, "-P", str(Path(__file__)), syntax.media_type, base, str(int(rename_blank_nodes))]
    try:
        ended = subprocess.run(program, input=data, capture_output=True, timeout=DEADLINE, check=False)  # noqa: S603 - our own program
    except subprocess.TimeoutExpired as error:
        raise ShelterError(f"reading it takes longer than {DEADLINE} seconds") from error
    if ended.returncode == 0:
        return list(parse(ended.stdout, format=RdfFormat.N_QUADS))
    if ended.returncode != _REFUSED:
        raise ShelterError(f"reading it takes more than {MOST_MEMORY // 10**9} GB of memory, or ends the parser")
    verdict = json.loads(ended.stderr)
    refused = SyntaxError(verdict["why"])
    refused.lineno, refused.offset = verdict["line"], verdict["column"]
    raise refused


def _main(media_type: str, base: str, rename: str) -> int:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limit; the deadline holds
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    syntax = RdfFormat.from_media_type(media_type)
    data = sys.stdin.buffer.read()
    try:
        quads = list(parse(data, format=syntax, base_iri=base, rename_blank_nodes=bool(int(rename))))
    except SyntaxError as error:
        verdict = {"why": str(error.msg or error), "line": error.lineno, "column": error.offset}
        sys.stderr.write(json.dumps(verdict))
        return _REFUSED
    serialize(quads, sys.stdout.buffer, format=RdfFormat.N_QUADS)
    return 0


if __name__ == "__main__":
    try:
        code = _main(*sys.argv[1:])
    except BaseException:  # noqa: BLE001 - a panic of the parser, no memory: all the same to who waits
        code = 2
    sys.exit(code)
