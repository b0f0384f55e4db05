"""What was worked out last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any


class Kept:
    """The last few things that were worked out, by name.

    Args:
        most: So many.
    """

    def __init__(self, most: int) -> None:
        self._most, self._turn = most, threading.Lock()
        self._found: OrderedDict[str, Any] = OrderedDict()

    def get(self, name: str) -> Any:
        """What was kept by this name, or None."""
        with self._turn:
            if name in self._found:
                self._found.move_to_end(name)
            return self._found.get(name)

    def keep(self, name: str, found: Any) -> None:
        """Keep it."""
        with self._turn:
            self._found[name] = found
            while len(self._found) > self._most:
                self._found.popitem(last=False)
