"""The house rules: one prefix table, hand-written Turtle in one form, sizes, one version, docs that run."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

import cdkg
from cdkg import errors
from cdkg.pipeline import Workspace
from cdkg.vocabulary import PREFIXES
from conftest import ROOT

TURTLE = sorted(p for folder in ("data", "ontology", "shapes") for p in (ROOT / folder).rglob("*.ttl"))
CODE = sorted((ROOT / "src").rglob("*.py"))
STRINGS = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|<[^<>\s]*>|#[^\n]*', re.DOTALL)


def test_there_is_something_to_look_at() -> None:
    """The lists that the tests below walk are not empty."""
    assert len(TURTLE) > 200
    assert len(CODE) > 25


def _prefixes(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^@prefix\s+([\w-]*):\s+<([^>]*)>\s*\.\s*$", text, re.MULTILINE)


@pytest.mark.parametrize("path", TURTLE, ids=lambda p: str(p.relative_to(ROOT)))
def test_prefixes_are_those_of_the_table(path: Path) -> None:
    """Each prefix is bound as in the table, sorted, bound once, and used."""
    text = path.read_text(encoding="utf-8")
    bound = _prefixes(text)
    names = [name for name, _ in bound]
    body = STRINGS.sub(" ", re.sub(r"^@(prefix|base)[^\n]*$", "", text, flags=re.MULTILINE))
    datatypes = " ".join(re.findall(r"\^\^([\w-]+):", text))
    assert names == sorted(set(names))
    for name, iri in bound:
        assert PREFIXES.get(name) == iri, f"{name}: is not bound as in the table"
        assert re.search(rf"(?<![\w-]){name}:", body) or name in datatypes.split(), f"{name}: is not used"


@pytest.mark.parametrize("path", TURTLE, ids=lambda p: str(p.relative_to(ROOT)))
def test_turtle_is_written_in_blocks(path: Path) -> None:
    """No tabs, no CR, no trailing space; a newline at the end; the full stop of a block stands alone."""
    text = path.read_bytes().decode("utf-8")
    assert "\t" not in text
    assert "\r" not in text
    assert text.endswith("\n")
    bare = STRINGS.sub(lambda m: "x" + "\n" * m[0].count("\n") + "x" if m[0].startswith('"""') else "x", text)
    for number, line in enumerate(bare.splitlines(), 1):
        assert line == line.rstrip(), f"line {number} ends in a space"
        if line.startswith("    ") and not line.lstrip().startswith(("x", "#")):
            assert not line.endswith(" ."), f"line {number}: the full stop stands on a line of its own"


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_sizes(path: Path) -> None:
    """A file has at most 400 lines, a function at most 50."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno:
            assert node.end_lineno - node.lineno < 50, node.name


def _in_guide(title: str) -> set[str]:
    """The modules that a part of the guide to the code names in its table."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = text.partition(f"## {title}")[2].partition("\n## ")[0].splitlines()
    return {name for row in rows if row.startswith("|") for name in re.findall(r"`(\w+)`", row)}


def _modules(room: str) -> set[str]:
    folder = ROOT / "src" / "cdkg" / room
    return {path.stem for path in folder.rglob("*.py")} | {path.parent.name for path in folder.glob("*/*.py")}


def test_architecture_names_the_modules_of_reasoning() -> None:
    """Each module of the reasoner has its place in the guide to the code, which names no other."""
    assert _in_guide("The rooms of reasoning") == _modules("reasoning") - {"closure", "materialise", "live", "__init__"}


def test_architecture_names_the_modules_of_validation() -> None:
    """The same for the modules of validation, but for those of the formats."""
    writing = {path.stem for path in (ROOT / "src" / "cdkg" / "validation" / "writing").glob("*.py")}
    named = _in_guide("The rooms of validation")
    assert named - {"columnar", "preflight"} == _modules("validation") - (writing - named) - {
        "__init__",
        "columnar",
        "preflight",
    }


def test_one_version() -> None:
    """The version stands in pyproject.toml; package, ontology and citation agree."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert cdkg.__version__ == version
    assert f'owl:versionInfo "{version}"' in (ROOT / "ontology" / "cdkg.ttl").read_text(encoding="utf-8")
    assert f"version: {version}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_no_parked_tests() -> None:
    """No test is hidden by its name, and every test function says what holds."""
    for path in (ROOT / "tests").rglob("*.py"):
        assert not re.match(r"(_|TO_|x)test|test_?fix", path.name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_every_error_is_ours() -> None:
    """All exceptions have one root."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) > 8
    assert all(issubclass(kind, errors.CdkgError) for kind in kinds)


def _blocks(language: str) -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_ten_lines_of_the_readme_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The Python of the README runs as it stands and prints the proof down to a file and line."""
    (code,) = _blocks("python")
    assert code.count("\n") <= 12
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102  # the README's own code is what is tested
    printed = capsys.readouterr().out
    assert "'violation': 0" in printed
    assert "city/anshan" in printed
    assert "table-1.ttl:" in printed


def test_query_of_the_readme_has_its_answer(reasoned: Workspace) -> None:
    """The answer printed in the README is the answer of the query above it."""
    (query,) = _blocks("sparql")
    (printed,) = _blocks("text")
    shown = {tuple(line.split()) for line in printed.splitlines()}
    cut = ("https://w3id.org/cdkg/graph/disagreements/", "https://w3id.org/cdkg/")
    rows: list[Any] = list(reasoned.query(query).result)  # type: ignore[arg-type]
    found = {tuple(_without(term.value, cut) for term in row) for row in rows}
    assert found == shown


def _without(text: str, starts: tuple[str, ...]) -> str:
    for start in starts:
        text = text.removeprefix(start)
    return text


def test_files_of_git_name_no_machine() -> None:
    """No committed file names a path of one machine."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not listed:
        pytest.skip("not a git checkout")
    home = str(Path.home())
    for name in listed:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".ttl", ".rq", ".toml", ".txt"} and path.is_file() and len(home) > 2:
            assert home + "/" not in path.read_text(encoding="utf-8"), name
