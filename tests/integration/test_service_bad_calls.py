"""Wrong calls and settings: one clear line, the right exit code, and nothing started."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rig.desk import Desk, Result
from rig.site import Site


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as made:
        made.write_sources({"name": "one", "start": "http://127.0.0.1:1/"})
        yield made


def assert_refused(done: Result, code: int, *words: str) -> None:
    assert done.code == code, done
    assert done.out == ""
    lines = done.err.splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("copydesk: ")
    for word in words:
        assert word in lines[0]


def assert_nothing_started(desk: Desk) -> None:
    assert desk.processes() == {}
    assert not desk.home.exists(), sorted(desk.home.rglob("*"))


BROKEN_FILES = {
    "no TOML": ("[[source]\n", "TOML"),
    "wrong value": ('[[source]]\nname = "a"\nstart = "http://a.b/"\ndelay = -1\n', '"a", delay = -1'),
    "wrong field": ('[[source]]\nname = "a"\nstart = "http://a.b/"\nfeed = []\n', "feeds"),
    "no name": ('[[source]]\nstart = "http://a.b/"\n', "name is missing"),
    "wrong schedule": ('[[source]]\nname = "a"\nstart = "http://a.b/"\nschedule = "1h"\n', "every 30m"),
}  # fmt: skip


@pytest.mark.parametrize("file", BROKEN_FILES)
def test_a_broken_sources_file(desk: Desk, file: str) -> None:
    text, word = BROKEN_FILES[file]
    desk.sources.write_text(text)
    assert_refused(desk.run("once"), 2, str(desk.sources), word)
    assert_nothing_started(desk)


def test_each_mistake_in_a_sources_file_has_a_line(desk: Desk) -> None:
    desk.sources.write_text(
        '[[source]]\nname = "A b"\nstart = "http://a.b/"\ndelay = -1\nfeed = []\n'
    )
    done = desk.run("once")
    assert done.code == 2
    lines = done.err.splitlines()
    assert len(lines) == 3, done.err
    for line, word in zip(lines, ("name = ", "delay = -1", "feeds"), strict=True):
        assert line.startswith(f"copydesk: {desk.sources}: ")
        assert word in line


def test_a_service_does_not_start_on_a_broken_sources_file(desk: Desk) -> None:
    desk.sources.write_text('[[source]]\nname = "a"\n')
    assert_refused(desk.run("up"), 2, str(desk.sources), "start is missing")
    assert_nothing_started(desk)


def test_a_sources_file_that_is_not_there(desk: Desk) -> None:
    desk.sources.unlink()
    assert_refused(desk.run("once"), 2, str(desk.sources), "COPYDESK_SOURCES")
    assert_nothing_started(desk)


def test_an_unknown_source(desk: Desk) -> None:
    assert_refused(desk.run("once", "--source", "two"), 2, "'two'", "one")
    assert_nothing_started(desk)


def test_a_crawl_without_a_service(desk: Desk) -> None:
    assert_refused(desk.run("crawl", "one"), 1, "copydesk up", "copydesk once")
    assert desk.processes() == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["once", "--fast"],
        ["crawl"],
        ["consume"],
        ["consume", "--group", " "],
        ["redeliver", "--group", "\udcff"],  # as a shell's bytes are given that are no UTF-8
    ],
)
def test_a_call_that_there_is_not(desk: Desk, arguments: list[str]) -> None:
    done = desk.run(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err
    assert_nothing_started(desk)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("redis_url", "http://localhost", "COPYDESK_REDIS_URL"),
        ("attempts", "none", "COPYDESK_ATTEMPTS"),
        ("store", "ftp://somewhere", "COPYDESK_STORE"),
    ],
)
def test_a_setting_that_is_not_allowed(desk: Desk, name: str, value: str, word: str) -> None:
    wrong: dict[str, Any] = {name: value}
    assert_refused(desk.run("once", **wrong), 2, word)
    assert_nothing_started(desk)


@pytest.mark.parametrize("command", ["up", "once", "consume --group g"])
def test_a_server_that_is_not_there(desk: Desk, command: str) -> None:
    began = time.monotonic()
    done = desk.run(*command.split(), redis_url="redis://:secret@127.0.0.1:1/0")
    assert_refused(done, 1, "127.0.0.1:1", "COPYDESK_REDIS_URL")
    assert "secret" not in done.err
    assert time.monotonic() - began < 20
    assert desk.processes() == {}


def test_a_server_that_is_something_else(desk: Desk, site: Site) -> None:
    done = desk.run("once", redis_url=f"redis://127.0.0.1:{site.port}/0")
    assert_refused(done, 1, f"127.0.0.1:{site.port}")


def test_a_wrong_password(desk: Desk, server_url: str) -> None:
    scheme, _, rest = server_url.partition("://")
    place = rest.rpartition("@")[2]
    wrong = desk.run("once", redis_url=f"{scheme}://:secret@{place}")
    assert_refused(wrong, 1, "password")
    assert "secret" not in wrong.err
    assert_refused(desk.run("once", redis_url=f"{scheme}://{place}"), 1, "password")


@pytest.mark.parametrize("command", ["up", "once"])
def test_a_home_that_is_a_file(desk: Desk, command: str) -> None:
    desk.home.write_text("here is a file")
    assert_refused(desk.run(command), 1, str(desk.home))
    assert desk.processes() == {}


@pytest.mark.parametrize("command", ["up", "once"])
@pytest.mark.parametrize("setting", ["store", "archive"])
def test_a_folder_that_cannot_be_written(
    desk: Desk, tmp_path: Path, command: str, setting: str
) -> None:
    (tmp_path / "file").write_text("here is a file")
    wrong: dict[str, Any] = {setting: tmp_path / "file" / "folder"}
    done = desk.run(command, **wrong)
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith("copydesk: cannot write to ")
    assert f"COPYDESK_{setting.upper()}" in done.err
    assert desk.processes() == {}


def test_an_id_that_is_none(desk: Desk) -> None:
    assert_refused(desk.run("duplicates", "nope"), 2, "'nope'", "16 hex digits")
    assert_nothing_started(desk)
