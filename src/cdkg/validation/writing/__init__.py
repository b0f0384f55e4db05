"""How findings are told: a report in nine formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cdkg.errors import NotAcceptableError
from cdkg.validation.labels import relabelled
from cdkg.validation.report import Report
from cdkg.validation.writing.code_quality import write_code_quality
from cdkg.validation.writing.github import write_github
from cdkg.validation.writing.json_document import write_json
from cdkg.validation.writing.junit import write_junit
from cdkg.validation.writing.markdown import write_markdown
from cdkg.validation.writing.sarif import write_sarif
from cdkg.validation.writing.table import write_csv
from cdkg.validation.writing.telling import Lines, Telling, Verdict
from cdkg.validation.writing.text import write_text

__all__ = ["FORMATS", "Lines", "Telling", "Verdict", "write"]


def _turtle(report: Report, telling: Telling) -> str:
    from cdkg.validation.writing.turtle import write_turtle  # noqa: PLC0415  # rdflib takes a while to load

    return write_turtle(report, telling)


#: Name of a format to its writer; the first is the one for people.
FORMATS: Final[Mapping[str, Callable[[Report, Telling], str]]] = {
    "text": write_text,
    "json": write_json,
    "junit": write_junit,
    "sarif": write_sarif,
    "github": write_github,
    "markdown": write_markdown,
    "turtle": _turtle,
    "csv": write_csv,
    "codequality": write_code_quality,
}


def write(report: Report, form: str, telling: Telling) -> str:
    """The report in a format by its name; write it in UTF-8, without translating its line ends.

    Equal findings are equal texts, whatever labels blank nodes had when they were read.

    Raises:
        NotAcceptableError: There is no such format.
    """
    if form not in FORMATS:
        raise NotAcceptableError(f"no format {form!r} for a report", hint=f"one of {', '.join(FORMATS)}")
    return FORMATS[form](relabelled(report), telling)
