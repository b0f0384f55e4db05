"""Findings as Markdown of GitHub's flavour, for the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdkg.validation.report import Report, Result
from cdkg.validation.shortening import cut
from cdkg.validation.writing import words
from cdkg.validation.writing.telling import Telling, Verdict

#: GitHub takes no more bytes for the summary of a step; the end needs some of them too.
_LARGEST: Final = 2**20
_RESERVE: Final = 64 * 1024
_SIGNS: Final = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.INCOMPLETE: "⚠️"}
_LISTED: Final = 50
_LONGEST: Final = 400
#: What means something in Markdown: anywhere, where a line begins, and what GitHub makes links and pictures of.
_MARKS: Final = re.compile(r"[\\`*_{}\[\]#~^]|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|:(?=[/\w+-])|(?<=www)\.")
#: What means something in HTML, between the cells of a table, or to GitHub: names that are called, formulas.
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "@": "&#64;&#8203;", "$": "&#36;"}
_REFERRED: Final = re.compile(r"[&<>|@$]")
#: The same in letters of code, all of it by number.
_IN_CODE: Final = re.compile(r"[^\w\s./;,?:-]|_|:(?=/)|(?<=www)\.")


def escaped(text: str) -> str:
    """A text that Markdown shows as it is: no markup, HTML, link, mention or new cell comes of it."""
    marked = _MARKS.sub(lambda match: f"\\{match[0]}", words.flat(text))
    return _REFERRED.sub(lambda match: _ENTITIES[match[0]], marked)


def code(text: str) -> str:
    """A term in the letters of code; by HTML, as backticks end at the first backtick."""
    letters = _IN_CODE.sub(lambda match: f"&#{ord(match[0])};", words.flat(text))
    return f"<code>{letters}</code>" if letters else ""


def write_markdown(report: Report, telling: Telling) -> str:
    """What a reader wants first, then a table for each file; at most 1 MiB, with a count of what does not fit."""
    results, rest = telling.told(report)
    parts = [*_head(report, telling)]
    end = "".join(_end(report, telling))
    room = _LARGEST - _RESERVE - sum(len(part.encode()) for part in [*parts, end])
    told = 0
    for name, found in telling.by_file(results).items():
        opening = _opening(name, len(found))
        rows: list[str] = []
        room -= len(opening.encode())
        for result in found:
            row = _row(result)
            room -= len(row.encode())
            if room < 0:
                break
            rows.append(row)
        if rows:
            parts += [opening, *rows, "\n</details>\n\n"]
        told += len(rows)
    parts += [f"… and {number:,} more of {code(words.source(kind))} ({severity.value})\n\n"
              for (kind, severity), number in list(rest.items())[:_LISTED]]  # fmt: skip
    if told < len(results):
        parts.append(
            f"… and {words.counted(len(results) - told, 'finding')} more that do not fit into this summary\n\n"
        )
    return "".join([*parts, end])


def _head(report: Report, telling: Telling) -> Iterator[str]:
    sign = _SIGNS[telling.verdict(report)]
    yield f"## {sign} cdkg validate\n\n**{escaped(words.verdict(report, telling))}**\n\n"
    yield "| severity | findings |\n| --- | ---: |\n"
    for name, number in report.counts().items():
        yield f"| {name} | {number:,} |\n"
    yield "\n"


def _end(report: Report, telling: Telling) -> Iterator[str]:
    if report.unread:
        files = [code(words.brief(telling.name(path), _LONGEST)) for path in report.unread]
        yield from _listed("Could not be read or checked", files)
    if report.gone:
        yield from _listed("Gone since the baseline", [escaped(cut(words.entry(e), _LONGEST)) for e in report.gone])
    yield f"{escaped(words.looked_at(report, telling))}\n"
    if known := words.baseline(report):
        yield f"\n{escaped(known)}\n"


def _listed(title: str, items: list[str]) -> Iterator[str]:
    yield f"<details><summary>{title}: {len(items):,}</summary>\n\n"
    yield from (f"- {item}\n" for item in items[:_LISTED])
    if len(items) > _LISTED:
        yield f"- … and {len(items) - _LISTED:,} more\n"
    yield "\n</details>\n\n"


def _opening(name: str, number: int) -> str:
    title = code(words.brief(name, _LONGEST)) or "without a place in a file"
    return (
        f"<details open><summary>{title}: {words.counted(number, 'finding')}</summary>\n\n"
        "| line | severity | what is wrong | about | found by |\n| ---: | --- | --- | --- | --- |\n"
    )


def _row(result: Result) -> str:
    line = str(result.places[0].line or "") if result.places else ""
    said = dict(words.advice(result, _LONGEST))
    message = escaped(words.brief(result.message, 2 * _LONGEST))
    if "expected" in said:
        message += f"<br>expected: {escaped(said['expected'])}"
    if "try" in said:
        message += f"<br>try: {escaped(said['try'])}"
    about = "<br>".join(code(said[label]) for label in ("about", "value") if label in said)
    found_by = code(words.brief(words.source(result.source), _LONGEST))
    return f"| {line} | {result.severity.value} | {message} | {about} | {found_by} |\n"
