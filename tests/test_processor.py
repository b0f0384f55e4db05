"""What NumPy is told of the processor, and by whom."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cdkg import processor

ZEN_4 = "vendor_id\t: AuthenticAMD\nflags\t\t: avx2 avx512f avx512_vbmi2\n"


@pytest.mark.parametrize(
    ("cpu", "told"),
    [
        (ZEN_4, True),
        (ZEN_4.replace("AuthenticAMD", "GenuineIntel"), False),
        (ZEN_4.replace("avx512_vbmi2", ""), False),
        (ZEN_4.replace("avx2", "avx2 avx512_vp2intersect"), False),
        ("", False),
    ],
)
def test_only_where_it_helps(cpu: str, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy is told to leave AVX-512 alone on the processors that it does not use it for sorting on."""
    monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES", raising=False)
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: cpu)
    processor.prefer_quick_sort()
    assert ("NPY_DISABLE_CPU_FEATURES" in os.environ) == told
    monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES", raising=False)


def test_nothing_is_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the user has set stays."""
    monkeypatch.setenv("NPY_DISABLE_CPU_FEATURES", "AVX2")
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: ZEN_4)
    processor.prefer_quick_sort()
    assert os.environ["NPY_DISABLE_CPU_FEATURES"] == "AVX2"


def test_importing_the_library_tells_nothing() -> None:
    """Only a command decides for its process."""
    code = "import os, cdkg.reasoning; print('NPY_DISABLE_CPU_FEATURES' in os.environ)"
    clean = {name: value for name, value in os.environ.items() if name != "NPY_DISABLE_CPU_FEATURES"}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=clean)
    assert done.stdout.strip() == "False"
