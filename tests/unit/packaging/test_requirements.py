"""The locked requirements: complete, hashed, in step with what is declared, and free of addresses."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"

Pins = dict[str, Requirement]


def entries(name: str) -> list[str]:
    """One string a requirement: its line and the hashes that continue it."""
    lines = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def pins(name: str) -> Pins:
    requirements = [Requirement(entry.partition("--hash")[0]) for entry in entries(name)]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def declared() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    return {
        RUNTIME: project["project"]["dependencies"] + groups["build"],
        DEVELOPMENT: groups["dev"],
    }


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash=sha256:", ""), re.MULTILINE)


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_every_line_is_one_release_with_hashes(name: str) -> None:
    assert entries(name)
    for entry in entries(name):
        assert re.match(r"[a-z0-9-]+==[\w.]+ ", entry), entry
        assert re.search(r"( +--hash=sha256:[0-9a-f]{64})+$", entry), entry


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_what_is_declared_is_locked(name: str) -> None:
    locked = pins(name)
    for requirement in map(Requirement, declared()[name]):
        pin = locked[canonicalize_name(requirement.name)]
        (version,) = [spec.version for spec in pin.specifier]
        assert requirement.specifier.contains(version), f"{pin}: run make lock"


def test_both_files_agree() -> None:
    runtime, development = pins(RUNTIME), pins(DEVELOPMENT)
    shared = runtime.keys() & development.keys()
    assert shared
    for name in shared:
        assert runtime[name].specifier == development[name].specifier
