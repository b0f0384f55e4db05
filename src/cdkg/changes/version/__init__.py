"""What a change means for whoever uses the ontology: major, minor or patch, with the reasons."""

from cdkg.changes.version.verdict import verdict

__all__ = ["verdict"]
