"""The command line: parse, call, print, exit code (0 fine, 1 faults in the data, 2 could not be done)."""

from __future__ import annotations

import gc
import io
import logging
import os
import sys

import click

from cdkg import __version__
from cdkg.cli import (
    asking,
    building,
    changing,
    explaining,
    exporting,
    importing,
    linking,
    lookup,
    reasoning,
    serving,
    validating,
)
from cdkg.processor import prefer_quick_sort


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("-v", "--verbose", count=True, help="Log what is done (-vv: in detail).")
def main(verbose: int) -> None:
    """City Diplomacy Knowledge Graph: build, validate, question and serve it.

    \b
    Example:
      cdkg build && cdkg query --question 001
    """
    prefer_quick_sort()
    level = [logging.WARNING, logging.INFO, logging.DEBUG][min(verbose, 2)]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no letter for a name shows a question mark
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")


def run() -> None:
    """`main` as a process of its own, which ends without taking its graphs apart: that takes a while.

    Nor are they looked through for garbage in between, which takes a fifth of the time and finds next to nothing; what
    runs on and on does that for itself.
    """
    gc.disable()
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        for stream in (sys.stdout, sys.stderr):
            try:
                if stream is not None:  # it was closed by whoever called
                    stream.flush()
            except BrokenPipeError:  # nobody reads on
                pass
            except OSError:  # what was to be told is lost
                code = 2
        os._exit(code)


_GROUPS = (
    building, validating, reasoning, explaining, asking, changing, importing, linking, lookup, exporting, serving
)  # fmt: skip
for _group in _GROUPS:
    for _command in _group.COMMANDS:
        main.add_command(_command)
