"""What `doctor` sees of a real server."""

from pathlib import Path

import pytest

from cli.checks import files, server
from cli.checks.finding import Verdict
from config.settings import Settings
from tests.integration.work import dump
from workers.state.state import State


def _verdicts(settings: Settings) -> dict[str, Verdict]:
    return {one.check: one.verdict for one in server.of_server(settings, [])}


def test_a_server_that_runs_is_looked_at_and_left_as_it_was(
    state: State, server_url: str, home: Path
) -> None:
    before = dump(state)
    found = _verdicts(Settings(home=home, redis_url=server_url))
    checks = ("server", "persistence", "memory", "clock", "versions", "service")
    assert found == dict.fromkeys(checks, "ok")
    assert dump(state) == before
    assert not home.exists()


def test_a_server_that_does_not_answer_is_wrong(home: Path) -> None:
    found = list(server.of_server(Settings(home=home, redis_url="redis://127.0.0.1:1/0"), []))
    assert found[0].verdict is Verdict.WRONG
    assert "127.0.0.1:1" in found[0].told


def test_without_a_server_the_embedded_one_is_named(home: Path) -> None:
    found = list(server.of_server(Settings(home=home, redis_url=None), []))
    assert {one.verdict for one in found} == {Verdict.OK}
    assert "embedded Valkey " in found[0].told
    assert not home.exists()


def test_a_state_that_was_lost_is_wrong(state: State, server_url: str, home: Path) -> None:
    folder = home / "documents" / "gazette" / "2026-11-22"
    folder.mkdir(parents=True)
    (folder / "000_0123456789abcdef.txt").write_text("text")
    state.client.flushall()
    assert _verdicts(Settings(home=home, redis_url=server_url))["state"] is Verdict.WRONG


def test_a_store_without_the_documents_is_told(state: State, server_url: str, home: Path) -> None:
    state.client.hset("copydesk:texts", "count", 3)
    found = list(server.of_server(Settings(home=home, redis_url=server_url), []))
    (told,) = (one for one in found if one.check == "state")
    assert told.verdict is Verdict.WARNING
    assert f"{home.absolute()} holds none of the documents" in told.told


def test_a_bucket_whose_setting_is_wrong_does_not_end_the_look(
    state: State, server_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")
    settings = Settings(home=home, redis_url=server_url, store="s3://example-news/desk")
    (store,) = files.of_store(settings)
    assert store.verdict is Verdict.WRONG
    assert "AWS_ENDPOINT_URL = nowhere" in store.told
    assert _verdicts(settings) == {"server": "warning", "clock": "ok"}
