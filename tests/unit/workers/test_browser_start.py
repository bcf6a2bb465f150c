"""How Chromium is started: with no way out, no port, no password, and where nothing is left of it."""

import os
from pathlib import Path

import pytest

from config.settings import Settings
from workers.rendering import chromium, place
from workers.rendering.memory import megabytes


def test_it_has_no_way_out_of_its_own_and_listens_nowhere(tmp_path: Path) -> None:
    words = chromium.arguments(tmp_path, Settings())
    assert "--proxy-server=http://127.0.0.1:1" in words
    assert "--proxy-bypass-list=<-loopback>" in words
    assert "--remote-debugging-pipe" in words
    assert not any(word.startswith("--remote-debugging-port") for word in words)


@pytest.mark.parametrize(
    ("user", "sandbox", "confined"),
    [(1000, True, True), (1000, False, False), (0, True, False)],
)
def test_it_confines_itself_unless_for_root_or_where_it_is_told_not_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: int, sandbox: bool, confined: bool
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: user)
    words = chromium.arguments(tmp_path, Settings(browser_sandbox=sandbox))
    assert ("--no-sandbox" not in words) is confined


def test_it_is_told_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COPYDESK_REDIS_URL", "redis://:PaSsW0rd@127.0.0.1/0")
    told = chromium.environment(tmp_path, tmp_path / "temporary")
    assert "PaSsW0rd" not in str(told)
    assert told["HOME"] == str(tmp_path)
    assert told["TMPDIR"] == str(tmp_path / "temporary")


def test_one_that_is_named_is_taken_and_no_other(tmp_path: Path) -> None:
    program = tmp_path / "my-chromium"
    program.write_text("#!/bin/sh\n")
    assert chromium.find(Settings(browser=str(program))) is None
    program.chmod(0o755)
    assert chromium.find(Settings(browser=str(program))) == str(program)


def test_a_socket_is_short_enough_and_its_folder_nobody_else_s(tmp_path: Path) -> None:
    near = Settings(home=tmp_path / "home")
    far = Settings(home=tmp_path / ("long" * 40))
    assert place.socket_path(near) == tmp_path / "home/browser/browser.sock"
    assert len(os.fsencode(place.socket_path(far))) <= 100
    assert place.socket_path(far) != place.socket_path(Settings(home=tmp_path / ("lang" * 40)))
    assert place.socket_path(Settings(browser_socket=tmp_path / "s")) == tmp_path / "s"
    folder = tmp_path / "folder"
    assert not place.is_own(folder / "s")
    folder.mkdir(mode=0o700)
    assert place.is_own(folder / "s")
    folder.chmod(0o777)
    assert not place.is_own(folder / "s")
    (tmp_path / "link").symlink_to(tmp_path)
    assert not place.is_own(tmp_path / "link" / "s")


def test_what_a_session_holds_is_what_its_processes_do_not_share(tmp_path: Path) -> None:
    page = os.sysconf("SC_PAGE_SIZE") / 2**20
    for number, session, resident in ((10, 10, 300), (11, 10, 50), (12, 12, 7)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "stat").write_text(f"{number} (a) b) S 1 {session} {session} 0 -1")
        (folder / "statm").write_text(f"9999 {resident + 5} 5 1 0 1 0")
    (tmp_path / "13").mkdir()  # it has ended meanwhile
    assert megabytes(tmp_path) == {10: 350 * page, 12: 7 * page}
