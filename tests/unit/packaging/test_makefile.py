"""The set-up: done once, and refused in plain words where it cannot be done."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the set-up reads, as if it had been set up."""
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
        os.utime(tmp_path / name, (1, 1))
    stamps = tmp_path / ".venv"
    stamps.mkdir()
    (stamps / ".runtime").touch()
    (stamps / ".dev").touch()
    return tmp_path


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # A make that runs these tests must not lend its flags to this one.
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize("target", ["setup", ".venv/.dev"])
def test_nothing_is_done_twice(project: Path, target: str) -> None:
    assert make(project, "--question", target).returncode == 0


@pytest.mark.parametrize(
    ("changed", "target", "outdated"),
    [
        ("requirements.txt", "setup", 1),
        ("pyproject.toml", "setup", 1),
        ("requirements-dev.txt", "setup", 0),
        ("requirements-dev.txt", ".venv/.dev", 1),
        ("requirements.txt", ".venv/.dev", 1),
    ],
)
def test_a_change_is_set_up_again(project: Path, changed: str, target: str, outdated: int) -> None:
    stamp = (project / ".venv/.runtime").stat().st_mtime
    os.utime(project / changed, (stamp + 10, stamp + 10))
    assert make(project, "--question", target).returncode == outdated


@pytest.mark.parametrize("target", ["run", "demo"])
def test_running_needs_no_tools_for_tests(project: Path, target: str) -> None:
    (project / ".venv/.dev").unlink()
    assert "requirements-dev.txt" not in make(project, "--dry-run", target).stdout
    assert "requirements-dev.txt" in make(project, "--dry-run", "test").stdout


@pytest.mark.parametrize("python", ["false", "no-such-python"])
def test_an_unfit_python_is_refused_with_advice(project: Path, python: str) -> None:
    (project / ".venv/.runtime").unlink()
    result = make(project, "setup", f"PYTHON={python}")
    assert result.returncode == 2
    assert "needs Python 3.11 or newer" in result.stderr
    assert "make setup PYTHON=" in result.stderr
    assert not (project / ".venv/.runtime").exists()
