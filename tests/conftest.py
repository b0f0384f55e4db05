"""What all tests share: the project's graph, loaded and reasoned once, and a little project to break."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import cdkg
from cdkg.assets import start_project
from cdkg.pipeline import Workspace

ROOT = Path(__file__).parents[1]

# A shell lets what it starts in the background ignore Ctrl-C, and so would all that the tests start to interrupt it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the user's own cache, nor takes turns with what the user runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def reasoned() -> Workspace:
    """The project's own graph, reasoned over. Nobody changes it."""
    return cdkg.load(ROOT).reason()


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """A fresh starter project."""
    folder = tmp_path / "my-cities"
    start_project(folder)
    return folder
