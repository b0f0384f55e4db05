"""The Reconciliation Service API, versions 0.1 and 0.2: tables of others find our things, and take data of them.

Names, types and coordinates of all things lie in memory; they are read by queries, once for each snapshot. Nothing
here opens the store.
"""

from cdkg.server.reconciling import service, showing, suggesting
from cdkg.server.reconciling.answering import blueprint

__all__ = ["blueprint", "service", "showing", "suggesting"]
