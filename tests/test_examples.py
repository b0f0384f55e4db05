"""Examples of commands, in their help and in the documents: they are written as the commands want them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cdkg.cli import main

ROOT = Path(__file__).parents[1]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from _commands(each, (*path, name))


COMMANDS = dict(_commands(main))


def _examples(text: str) -> Iterator[list[str]]:
    """The words of each line that begins with `cdkg`, of a pipe each part, without comments and redirections."""
    for line in re.findall(r"^(?: {4,}|)(?:\$ )?((?:\w[\w ]*&& )?cdkg .*[^\\])$", text, re.MULTILINE):
        words = shlex.shlex(line, posix=True, punctuation_chars="|&>")
        words.whitespace_split, words.commenters = True, "#"
        part: list[str] = []
        for word in (*words, "|"):
            if not set(word) <= set("|&>"):
                part.append(word)
                continue
            if part[:1] == ["cdkg"]:
                yield part[1:]
            part = []


def _blocks(text: str) -> str:
    """What stands in blocks of code: between fences, or indented."""
    return "\n".join([*re.split(r"^```.*$", text, flags=re.MULTILINE)[1::2], *re.findall(r"(?m)^ {4}.*$", text)])


def _check(words: list[str]) -> None:
    """Let the command read its words, as far as files need not be there."""
    path = next(tuple(words[:length]) for length in (2, 1, 0) if tuple(words[:length]) in COMMANDS)
    try:
        COMMANDS[path].make_context(" ".join(path) or "cdkg", words[len(path) :])
    except click.UsageError as error:
        told = error.format_message()
        if isinstance(error, click.MissingParameter) or not re.search("does not exist|No such file", told):
            pytest.fail(f"cdkg {shlex.join(words)}: {told}")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_shows_examples_that_are_read(path: tuple[str, ...]) -> None:
    """Each command has one in its help; no option in it is missing or unknown."""
    told = COMMANDS[path].help or ""
    assert "Example:" in told or path in {("token", "list"), ("token", "revoke")}
    for words in _examples(told):
        _check(words)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_show_commands_that_are_read(document: Path) -> None:
    """Neither are they in the documents."""
    for words in _examples(_blocks(document.read_text(encoding="utf-8"))):
        _check(words)


def test_there_are_examples() -> None:
    """What is looked at is not nothing."""
    assert sum(len(list(_examples(each.help or ""))) for each in COMMANDS.values()) > 40
    assert len(list(_examples(_blocks(DOCUMENTS[0].read_text(encoding="utf-8"))))) > 15
