"""What holds for every file of the repository."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

REGISTRY = re.compile(
    r"\b(pypi|pythonhosted|npmjs|docker)[.](org|com|io)\b|index-url|find-links\b", re.IGNORECASE
)
MACHINE = re.compile(r"(?<![\w.~/-])/(root|work)/")


def files() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a clone: git alone knows which files belong to the repository")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def found(pattern: re.Pattern[str]) -> list[str]:
    """Where the pattern stands, as file:line, this test and the flags of `make lock` apart."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line.replace("--no-emit-index-url", ""))
    ]


def test_no_file_names_a_registry() -> None:
    assert found(REGISTRY) == []


def test_no_file_names_a_folder_of_a_machine() -> None:
    assert found(MACHINE) == []


def test_no_lock_file_with_addresses() -> None:
    assert not [path for path in files() if path.name == "uv.lock"]


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs/decisions"
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (folder / "README.md").read_text()))
    assert listed == {path.name for path in folder.glob("*.md")} - {"README.md"}
