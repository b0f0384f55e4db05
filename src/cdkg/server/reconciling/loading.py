"""What can be meant, read by queries of the snapshot that is served, once for each, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Hashable
from typing import Final

from cdkg.errors import BusyError, CdkgError
from cdkg.server.answers import Answers
from cdkg.server.reconciling.asking import Asking
from cdkg.server.reconciling.gathering import Gathered, gathered

_log = logging.getLogger(__name__)
#: Seconds that a request waits for what is being read; then it gets what was read before, or is told to come again.
_PATIENCE: Final = 5.0
#: Seconds until what could not be read is tried again.
_AGAIN: Final = 10.0


class Loading:
    """Keeps what was read, and reads it anew when another snapshot is served.

    Args:
        answers: Who answers queries.
        most_bytes: The longest query.
    """

    def __init__(self, answers: Answers, most_bytes: int) -> None:
        self._answers, self._most_bytes = answers, most_bytes
        self._changed = threading.Condition()
        self._found: tuple[Hashable, Gathered] | None = None
        self._failed: tuple[Hashable, CdkgError, float] | None = None
        self._at_work = False

    def current(self) -> Gathered:
        """What can be meant in the snapshot that is served now.

        While a large one is being read, what was in the former one.

        Raises:
            BusyError: It is being read, and there is no former one.
            CdkgError: It cannot be read.
        """
        until = time.monotonic() + _PATIENCE
        with self._changed:
            while not (self._found and self._found[0] == self._key()):
                if self._failed and self._failed[0] == self._key() and time.monotonic() < self._failed[2] + _AGAIN:
                    raise self._failed[1]
                if not self._at_work:
                    self._at_work = True
                    threading.Thread(target=self._load, name="reconciling", daemon=True).start()
                if not self._changed.wait(max(0.0, until - time.monotonic())):
                    break
            if self._found:
                return self._found[1]
        raise BusyError("what can be reconciled is being read", hint="ask again in some seconds", status=503)

    def _key(self) -> Hashable:
        """What is another whenever the store is; a store of anybody has no version."""
        return self._answers.version, self._answers.quads, getattr(self._answers, "source", None)

    def _load(self) -> None:
        key = self._key()
        asking = Asking(self._answers, self._most_bytes)
        found: Gathered | None = None
        error: CdkgError | None = None
        try:
            found = gathered(asking, is_plain=bool(getattr(getattr(self._answers, "source", None), "plain", False)))
        except CdkgError as failure:
            error = failure
        except Exception:  # noqa: BLE001  # whoever waits is told, and the next try may succeed
            _log.exception("what can be reconciled could not be read")
            error = CdkgError("what can be reconciled could not be read")
        with self._changed:
            self._at_work = False
            if error:
                self._failed = key, error, time.monotonic()
            elif found and len(asking.versions) == 1:  # else it is of two snapshots, and who waits lets it be read anew
                self._found, self._failed = (key, found), None
            self._changed.notify_all()
