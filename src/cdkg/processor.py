"""What NumPy is told of the processor, before it is imported for the first time."""

from __future__ import annotations

import os
from pathlib import Path


def prefer_quick_sort() -> None:
    """Let NumPy sort with AVX2 where it would not use AVX-512 for sorting, and then no vector instructions at all.

    So it is on AMD's fourth generation of Zen: sorting, which is half of reasoning, takes five times as long. Only who
    owns the process may decide it, as it holds for all of NumPy; so a command does, and importing the library does not.
    """
    try:
        cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    flags = next((line.split() for line in cpu.splitlines() if line.startswith("flags")), [])
    if "AuthenticAMD" in cpu and "avx512_vbmi2" in flags and "avx512_vp2intersect" not in flags:
        os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4 AVX512_ICL")
