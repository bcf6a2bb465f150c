"""The parts by themselves, as the containers run them: a server with a password, a process each."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.embedded import EmbeddedServer
from rig.site import Site
from rig.stories import Story

PARTS = ("crawl", "ingest", "beat")
PATIENCE = 60.0


@pytest.fixture
def environment(tmp_path: Path, site: Site) -> Iterator[dict[str, str]]:
    """A server whose password stands in a file, a site with stories, and a source for it."""
    site.publish(*(Story.numbered(number) for number in range(1, 6)))
    server = EmbeddedServer(tmp_path / "server")
    server.ensure()
    password, address = server.url.removeprefix("unix://:").split("@", 1)
    (tmp_path / "password").write_text(password + "\n")
    (tmp_path / "sources.toml").write_text(
        f'[[source]]\nname = "site"\nfeeds = ["{site.url("/rss.xml")}"]\ndelay = 0\n'
        'schedule = "every 2s"\nallow_private = true\n'
    )
    yield os.environ | {
        "COPYDESK_REDIS_URL": f"unix://{address}",
        "COPYDESK_REDIS_PASSWORD_FILE": str(tmp_path / "password"),
        "COPYDESK_HOME": str(tmp_path / "home"),
        "COPYDESK_SOURCES": str(tmp_path / "sources.toml"),
        "COPYDESK_TICK_SECONDS": "1",
        "REMAP_SIGTERM": "SIGQUIT",
    }
    server.stop()


def _health(environment: dict[str, str], part: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "workers.run", "health", part],
        env=environment, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def _texts(environment: dict[str, str]) -> list[Path]:
    return list(Path(environment["COPYDESK_HOME"]).glob("documents/site/*/*.txt"))


def _wait_until(what: str, is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < limit, what
        time.sleep(0.2)


def test_the_parts_do_the_work_say_how_they_are_and_end_when_told(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert _health(environment, "crawl").returncode == 1
    parts = {
        part: subprocess.Popen(
            [sys.executable, "-m", "workers.run", part],
            env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        for part in PARTS
    }  # fmt: skip
    try:
        _wait_until("five documents", lambda: len(_texts(environment)) == 5)
        _wait_until(
            "all are well", lambda: all(_health(environment, p).returncode == 0 for p in PARTS)
        )
    finally:
        for part in parts.values():
            part.terminate()
        ends = {name: part.communicate(timeout=30)[1] for name, part in parts.items()}
    assert not any(b"Traceback" in errors for errors in ends.values()), ends
    # That it was at work a minute ago is no word for this host.
    ended = _health(environment, "crawl")
    assert (ended.returncode, "not seen on this host" in ended.stderr) == (1, True)


def test_a_wrong_call_says_what_is_allowed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workers.run", "everything"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m workers.run crawl|ingest|beat")
