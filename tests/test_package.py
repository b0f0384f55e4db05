"""The wheel works without a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.glob("*.whl")
    return made


def test_the_graph_is_inside(wheel: Path) -> None:
    """Ontology, rules, shapes, data, questions, checks, templates and the starter travel in the wheel."""
    names = zipfile.ZipFile(wheel).namelist()
    for part in (
        "cdkg/_assets/ontology/cdkg.ttl",
        "cdkg/_assets/ontology/context.jsonld",
        "cdkg/_assets/ontology/rules/twinned-with.rq",
        "cdkg/_assets/data/ucl/table-1.ttl",
        "cdkg/_assets/queries/checks/orphan-entity.rq",
        "cdkg/server/templates/landing.html",
        "cdkg/starter/cdkg.toml",
        "cdkg/py.typed",
    ):
        assert part in names
    assert any(name.startswith("cdkg/_assets/shapes/") for name in names)
    assert any(name.startswith("cdkg/_assets/queries/competency/") for name in names)
    assert any(name.startswith("cdkg/_assets/links/") for name in names)


def test_installed_into_an_empty_environment_it_answers(wheel: Path, tmp_path: Path) -> None:
    """`pip install` of the wheel, then a question: it builds into the user's cache folder and answers."""
    home = tmp_path / "home"
    home.mkdir()
    venv.create(tmp_path / "env", with_pip=True)
    scripts = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    install = [scripts / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel]
    subprocess.run([str(part) for part in install], check=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CDKG_", "PYTHON"))} | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
    }
    query = "ASK { city:cardiff cd:twinnedWith city:xiamen }"
    done = subprocess.run(
        [str(scripts / "cdkg"), "query", "-e", query, "-f", "json"],
        cwd=home, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"boolean":true' in done.stdout.replace(" ", "")
    assert (home / "cache" / "cdkg").is_dir()
