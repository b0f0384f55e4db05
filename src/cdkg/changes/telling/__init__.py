"""A difference as people and programs read it: text, Markdown for a pull request, JSON."""

from cdkg.changes.telling.markdown import MARKER, markdown
from cdkg.changes.telling.outline import Line, Part, headline, outline
from cdkg.changes.telling.structure import as_json

__all__ = ["MARKER", "Line", "Part", "as_json", "headline", "markdown", "outline"]
