"""What is served: the project's graph, or the store of anybody, of which nothing is known beforehand."""

from __future__ import annotations

from typing import Any

from flask import current_app

from cdkg.server.describing.addresses import beside


def is_plain() -> bool:
    """Whether the store is anybody's, served as it is; else it is a project's snapshot."""
    return bool(getattr(getattr(current_app.config["ANSWERS"], "source", None), "plain", False))


def for_pages() -> dict[str, Any]:
    """What all pages need: the name of what is served, and the addresses of the server."""
    return {"site": "SPARQL endpoint" if is_plain() else "City Diplomacy Knowledge Graph", "beside": beside}
