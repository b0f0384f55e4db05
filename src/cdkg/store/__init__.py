"""Built graphs on disk, and graphs that somebody else serves."""

from cdkg.store.remote import RemoteEndpoint
from cdkg.store.snapshot import Snapshot, Snapshots

__all__ = ["RemoteEndpoint", "Snapshot", "Snapshots"]
