"""The Python consumer of the documentation, as it stands there."""

import subprocess
import sys
from pathlib import Path

import pytest

from workers.state.connection import key
from workers.state.outbox import again_of
from workers.state.state import State

PAGE = Path(__file__).parents[2] / "docs/how-to/write-a-consumer.md"


def _program(folder: Path) -> Path:
    code = PAGE.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    program = folder / "consumer.py"
    program.write_text(code, encoding="utf-8")
    return program


def _publish(state: State, store: Path, name: str) -> None:
    (store / name).write_text(f"text of {name}", encoding="utf-8")
    state.client.xadd(key("documents"), {"id": name, "path": name, "title": f"Title {name}"})


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    return folder


def _lines(program: Path, url: str, store: Path, count: int, *, quiet: bool = False) -> list[str]:
    consumer = subprocess.Popen(
        [sys.executable, program, url, store],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert consumer.stdout
        assert consumer.stderr
        lines = [consumer.stdout.readline() for _ in range(count)]
        if quiet:
            with pytest.raises(subprocess.TimeoutExpired):
                consumer.wait(7)  # longer than it blocks, and than any default time-out
        return lines
    finally:
        consumer.kill()
        _, errors = consumer.communicate()
        assert errors == ""


def test_it_reads_what_there_is_outlives_a_quiet_while_and_starts_again(
    state: State, server_url: str, store: Path, tmp_path: Path
) -> None:
    program = _program(tmp_path)
    _publish(state, store, "one")
    _publish(state, store, "two")
    for name in ("again", "more"):
        state.client.xadd(again_of("mine"), {"id": name, "path": "one", "title": "Once more"})
    lines = _lines(program, server_url, store, 4, quiet=True)
    assert [line.split()[0] for line in lines] == ["again", "more", "one", "two"]
    assert state.client.xpending(again_of("mine"), "mine")["pending"] == 0
    assert state.client.xpending(key("documents"), "mine")["pending"] == 0
    _publish(state, store, "three")
    assert _lines(program, server_url, store, 1)[0].startswith("three 13 Title three")
