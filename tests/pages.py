"""A page as a reader of HTML sees it: links, identifiers, headings, and lines with their marks."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "img", "input"}


@dataclass
class Line:
    """A list item of the table of lines."""

    property: str
    classes: set[str]
    hrefs: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""


class Page(HTMLParser):
    """A parsed page; a tag that is not closed, or closed twice, fails the test.

    Attributes:
        links: Address, text and title of each link.
        ids: All identifiers.
        lines: What tables of lines show, outside of sections about other things.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[dict[str, str]] = []
        self.ids: list[str] = []
        self.lines: list[Line] = []
        self.headings: list[str] = []
        self.tags: set[str] = set()
        self._open: list[tuple[str, dict[str, str]]] = []
        self._property = ""
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append({"href": found["href"], "title": found.get("title", ""), "text": ""})
            if self._is_in("li") and self.lines:
                self.lines[-1].hrefs.append((found["href"], found.get("title", "")))
            if self._is_in("th"):
                self._property = found.get("title", "")
        if tag == "span" and self._is_in("th"):
            self._property = found.get("title", "")
        if tag == "li" and self._is_in("table") and not self._is_in("section", "stated"):
            self.lines.append(Line(self._property, set(found.get("class", "").split())))
        if tag in {"h1", "h2"}:
            self.headings.append("")
        if tag not in _VOID:
            self._open.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        """Close a tag, which must be the one that was opened last."""
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self._is_in("a"):
            self.links[-1]["text"] += data
        if self._is_in("li") and self._is_in("table") and self.lines:
            self.lines[-1].text += data
        if self._is_in("h1") or self._is_in("h2"):
            self.headings[-1] += data

    def _is_in(self, tag: str, kind: str = "") -> bool:
        return any(name == tag and kind in attrs.get("class", "") for name, attrs in self._open)
