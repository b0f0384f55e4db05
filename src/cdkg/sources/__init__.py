"""Turtle files become asserted named graphs; triples keep their place in the file (found on demand)."""

from cdkg.sources.loader import load
from cdkg.sources.text import read_query, read_text

__all__ = ["load", "read_query", "read_text"]
