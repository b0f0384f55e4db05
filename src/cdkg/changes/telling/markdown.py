"""A difference as Markdown that fits into a comment on a pull request.

Whatever comes from data stands in code blocks, where neither Markdown nor HTML nor mentions are read; the fence of a
block is longer than any run of its character inside (CommonMark 0.31, section 4.5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cdkg.changes.difference import Difference
from cdkg.changes.telling.outline import Part, headline, outline, visible

#: The first line, which is not shown: an action finds its comment by it, and writes it anew.
MARKER: Final = "<!-- cdkg diff -->"
#: A comment on GitHub has at most so many characters; bytes are counted, of which there are never less.
_LONGEST: Final = 65_536
_FEWEST: Final = 1


def markdown(difference: Difference, limit: int | None = 50) -> str:
    """The difference as a comment: the verdict, a table of numbers, and a section to open for each part.

    Args:
        difference: What to tell.
        limit: So many items of each part are told; fewer where the comment would be too long.
    """
    parts = outline(difference)
    shown = max((len(part.items) for part in parts), default=0)
    shown = min(shown, limit) if limit is not None else shown
    while True:
        text = _written(difference, parts, shown)
        if len(text.encode()) <= _LONGEST:
            return text
        shown = shown // 2 if shown > _FEWEST else 0


def _written(difference: Difference, parts: Sequence[Part], limit: int) -> str:
    before, after = code(difference.before), code(difference.after)
    lines = [MARKER, f"### From {before} to {after}: {headline(difference, code)}", ""]
    if parts:
        lines += ["| | |", "|---|---|"]
        lines += [f"| {part.title} | {part.summary} |" for part in parts]
        lines.append("")
    for part in parts:
        lines += _part(part, limit)
    return "\n".join(lines).rstrip("\n") + "\n"


def _part(part: Part, limit: int) -> list[str]:
    """A section to open, with a code block that colours what came and went."""
    rows = [str(line) for item in part.items[:limit] for line in item]
    left = len(part.items) - min(limit, len(part.items))
    if left:
        rows.append(f"  … and {left:,} more: `cdkg diff` shows all")
    fence = "`" * max(3, 1 + max((len(run) for row in rows for run in re.findall("`+", row)), default=0))
    body = [f"{fence}diff", *rows, fence]
    return ["<details>", f"<summary>{part.title}: {part.summary}</summary>", "", *body, "", "</details>", ""]


def code(text: str) -> str:
    """A text as a code span (CommonMark, section 6.1)."""
    told = visible(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", told)), default=0))
    pad = " " if told.startswith("`") or told.endswith("`") else ""
    return f"{fence}{pad}{told}{pad}{fence}"
