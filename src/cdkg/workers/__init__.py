"""Queries answered in processes that can be ended: copies of one process that holds the store and does nothing else."""

from cdkg.workers.messages import Request
from cdkg.workers.pool import Pool, PoolBounds
from cdkg.workers.reply import Reply
from cdkg.workers.source import Source

__all__ = ["Pool", "PoolBounds", "Reply", "Request", "Source"]
