"""The hooks, by pre-commit itself: it clones this tree, installs it into an environment of its own, and runs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cdkg
from conftest import ROOT

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "examples" / "ci"
PUBLISHED = ("src", "ontology", "shapes", "data", "links", "queries", "pyproject.toml", ".pre-commit-hooks.yaml",
             "README.md", "LICENSE", "LICENSE-DATA")  # fmt: skip
GOOD = """@prefix cd: <https://w3id.org/cdkg/ontology/> .
@prefix city: <https://w3id.org/cdkg/id/city/> .
@prefix country: <https://w3id.org/cdkg/id/country/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

city:exampleton a cd:City ; rdfs:label "Exampleton"@en ; cd:country country:germany .
"""


def _run(folder: Path, *words: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    people = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
    environment = os.environ | dict.fromkeys(people, "somebody@example.org")
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    if home:
        environment["PRE_COMMIT_HOME"] = str(home)
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _repository(folder: Path) -> str:
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--no-verify", "--message", "all"]):
        done = _run(folder, "git", *words)
        assert done.returncode == 0, done.stderr
    return _run(folder, "git", "rev-parse", "HEAD").stdout.strip()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Path]:
    """This tree as a repository of its own, its commit, and the folder that pre-commit keeps environments in."""
    folder = tmp_path_factory.mktemp("cdkg")
    for name in PUBLISHED:
        source = ROOT / name
        leave = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=leave)
        else:
            shutil.copy(source, folder / name)
    return folder, _repository(folder), tmp_path_factory.mktemp("pre-commit")


def _hook(folder: Path, published: tuple[Path, str, Path], hook: str) -> subprocess.CompletedProcess[str]:
    """Run one hook over all files of a repository, with the example's own configuration."""
    source, commit, home = published
    text = (EXAMPLE / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    written = text.replace("https://github.com/OWNER/cdkg", source.as_uri()).replace(f"v{cdkg.__version__}", commit)
    assert commit in written
    (folder / ".pre-commit-config.yaml").write_text(
        written.replace("id: cdkg-validate-project", f"id: {hook}"), encoding="utf-8"
    )
    _repository(folder)
    return _run(folder, sys.executable, "-m", "pre_commit", "run", "--all-files", "--color=never", home=home)


def test_files_of_a_commit(published: tuple[Path, str, Path], tmp_path: Path) -> None:
    """A fault fails the commit, with file and line; good files pass, and a file that is no RDF is not looked at."""
    (tmp_path / "good.ttl").write_text(GOOD, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no RDF", encoding="utf-8")
    done = _hook(tmp_path, published, "cdkg-validate")
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "bad.ttl").write_text(GOOD.replace("exampleton", "badton").replace('"@en', '"^^cd:'), encoding="utf-8")
    (tmp_path / "cut.ttl").write_text(GOOD.replace("exampleton", "cutton").removesuffix(" .\n"), encoding="utf-8")
    done = _hook(tmp_path, published, "cdkg-validate")
    assert done.returncode != 0
    assert re.search(r"bad\.ttl:6:\d+: violation", done.stdout)
    assert re.search(r"cut\.ttl:6:\d+: violation", done.stdout)
    assert "notes.txt" not in done.stdout
    assert not re.search(r"good\.ttl:[\d:]+ violation", done.stdout)


def test_a_whole_project(published: tuple[Path, str, Path], tmp_path: Path) -> None:
    """The example passes; what goes missing in one file is told of the others."""
    folder = tmp_path / "my-city"
    shutil.copytree(EXAMPLE, folder)
    done = _hook(folder, published, "cdkg-validate-project")
    assert done.returncode == 0, done.stdout + done.stderr
    passage = folder / "data" / "council-minutes" / "page-1.ttl"
    text = passage.read_text(encoding="utf-8")
    passage.write_text(text.replace('"1998"^^xsd:gYear', '"long ago"'), encoding="utf-8")
    done = _hook(folder, published, "cdkg-validate-project")
    assert done.returncode != 0
    line = text[: text.index('"1998"')].count("\n") + 1
    assert f"page-1.ttl:{line}" in done.stdout
