"""Writes: each is done in a process of its own, on a copy of what is served, whole or not at all."""

from cdkg.workers.writing.message import Write, Written
from cdkg.workers.writing.process import Writing

__all__ = ["Write", "Writing", "Written"]
