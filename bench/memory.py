"""The most memory that a process has had."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Final

#: How many of the system's units of a peak are one MB.
PER_MB: Final = 1e6 if sys.platform == "darwin" else 1e3


def peak() -> float:
    """The most memory that this process has had so far, in MB.

    Linux hands the peak of the parent on to `getrusage` of the child; the status of the process starts anew.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PER_MB
