"""Reports for the tests of the formats: plain ones, and ones that say what breaks formats, terminals and pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from pyoxigraph import Literal

from cdkg.errors import Location
from cdkg.validation import Kind, Report, Result, Severity
from cdkg.validation.writing import Telling
from cdkg.vocabulary import CD, ID, PREFIXES, QUERY, SHAPES

ROOT = Path("/project")
CITY = str(ROOT / "data" / "city.ttl")
SH = PREFIXES["sh"]

#: What data may say to break a format, a terminal or a page.
AWKWARD = [
    "\x1b[31mred\x1b[0m", "\x9b31m", "bell\x07 null\x00", "a\nb\r\nc\td", "😀😀 non-BMP", "\u202eRTL\u202c", "שלום",
    'quotes " and \' there', "]]>", "::error::x", "%0A%25", "| a | b |", "`code` ``` more", "<script>alert(1)</script>",
    "[link](http://x.example)", "![image](x)", "@everyone #1 :tada:", "$$x$$", "{0} {{1}}", "=1+2", "+1", "-1",
    "@SUM(A1)", "\t=1", "\ud800 surrogate", "\ufffe\uffff", "&amp; &#60;", "**bold** _em_ ~~del~~", "x" * 5000, "",
    "\\", "\\|", "\\( \\)", "a,b=c", "\u2028",
]  # fmt: skip


def nothing(path: str, line: int) -> str:  # noqa: ARG001
    """No text of any file."""
    return ""


def lines(*texts: str) -> Callable[[str, int], str]:
    """The same lines for each file."""
    return lambda _, line: texts[line - 1] if 0 < line <= len(texts) else ""


TELLING = Telling(ROOT, version="1.2.3", lines=nothing)


def finding(message: str = "The city has no country.", number: int = 0, **members: Any) -> Result:
    """A violation about a city, with other members as given."""
    plain = Result(
        Severity.VIOLATION,
        message,
        f"{SHAPES}City-country",
        f"<{ID}city/leeds-{number}>",
        f"<{CD}country>",
        '"UK"@en',
        (Location(CITY, 3, 5, 3, 9),),
        component=f"{SH}ClassConstraintComponent",
    )
    return replace(plain, **members)


def report(*results: Result, **members: Any) -> Report:
    """A report that has looked at something."""
    return replace(Report((), 2, 10, 1, files=(CITY,)).only(results), **members)


def awkward(text: str) -> Result:
    """A finding in which everything that may be any text is this one."""
    literal = str(Literal(text.encode(errors="replace").decode()))
    name = re.sub("[\0\ud800]", "\udcff", text)[:100] or "x"  # what stands for a byte that is no UTF-8
    return finding(
        text,
        value=literal,
        expected=text,
        hint=text,
        places=(Location(str(ROOT / f"{name}.ttl"), 1, 2, 1, 4), Location(CITY, 2)),
        stated=Location(str(ROOT / "shapes" / name), 1),
    )


AWKWARD_REPORT = report(
    *map(awkward, AWKWARD),
    finding("nowhere", places=(), focus=""),
    finding("no line", places=(Location(CITY),)),
    finding("line alone", places=(Location(CITY, 7),)),
    finding("several lines", places=(Location(CITY, 2, 3, 5, 2), Location("/elsewhere/x.ttl", 1, 1, 1, 2))),
    finding("warns", severity=Severity.WARNING, source=f"{QUERY}checks/x", kind=Kind.CHECK, component=""),
    finding("informs", severity=Severity.INFO, source="_:b7", focus="_:b8", value="_:b9", path="^cd:a/(cd:a|cd:b)*"),
    files=(CITY, str(ROOT / "bad\nname.ttl")),
    unread=(str(ROOT / "bad\nname.ttl"),),
    idle_shapes=(f"{SHAPES}Idle",),
)  # fmt: skip


def saying(texts: list[str], severity: Severity) -> Report:
    """A report with a finding for each text."""
    return report(*(replace(awkward(text), severity=severity, focus=f"<urn:{n}>") for n, text in enumerate(texts)))


_TEXTS = st.text(
    st.characters(codec="utf-8") | st.sampled_from("\x1b\n\r\t|`<>&[]()*_\\:%,@#=+-\"'{}$\u202e\x85\ufffe")
)
#: Reports that say anything at all, each finding of the same severity.
ANY_REPORT = st.builds(saying, st.lists(_TEXTS, min_size=1, max_size=4), st.sampled_from(Severity))
