"""Turtle files become asserted named graphs; triples keep their place in the file (found on demand)."""

from cdkg.sources.loader import load, load_files
from cdkg.sources.positions import Position, locate
from cdkg.sources.text import read_query, read_text

__all__ = ["Position", "load", "load_files", "locate", "read_query", "read_text"]
