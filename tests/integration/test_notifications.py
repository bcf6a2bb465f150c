"""Alarms are told to a real server by apprise; one that does not take them is asked again, and no secret is told."""

from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from config.settings import Settings
from rig.desk import Desk
from workers.alarms.notices import compose, send_notices
from workers.alarms.watch import of_service
from workers.service import Service, open_service
from workers.state.alarms import Alarm
from workers.state.state import State

NOW = 1_790_000_000.0
SECRET = "open-sesame"
BLOCKED = Alarm("blocked", "gazette", "the site refused 3 of 3 requests", NOW)


class Place:
    """Where alarms are told."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = f"json://user:{SECRET}@127.0.0.1:{server.port}/{SECRET}"
        self.status = 200
        self.got: list[dict[str, Any]] = []
        server.expect_request(f"/{SECRET}").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.got.append(request.get_json())
        return Response(status=self.status)


@pytest.fixture
def place(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(httpserver)
    monkeypatch.setenv("COPYDESK_NOTIFY", made.url)
    return made


@pytest.fixture
def service(state: State, server_url: str, tmp_path: Path, place: Place) -> Service:
    return open_service(
        Settings(
            redis_url=server_url, home=tmp_path, sources=tmp_path / "sources.toml", archive="off"
        )
    )


def tell(service: Service, now: float) -> None:
    if compose(service, now):
        send_notices(service, now)


def test_each_change_is_told_once(service: Service, place: Place) -> None:
    tell(service, NOW)
    assert place.got == []
    service.state.alarms.change([BLOCKED])
    tell(service, NOW)
    tell(service, NOW + 60)
    (told,) = place.got
    assert told["title"] == "Copydesk: 1 raised"
    assert "blocked, gazette" in told["message"]
    assert "3 of 3 requests" in told["message"]
    service.state.alarms.change([], [BLOCKED])
    tell(service, NOW + 120)
    tell(service, NOW + 180)
    assert [one["title"] for one in place.got] == ["Copydesk: 1 raised", "Copydesk: 1 cleared"]


def test_who_does_not_take_it_is_asked_again_and_no_secret_is_told(
    service: Service, place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    place.status = 500
    service.state.alarms.change([BLOCKED])
    tell(service, NOW)
    tell(service, NOW + 30)
    assert len(place.got) == 1
    (alarm,) = of_service(service, NOW + 30)
    assert (alarm.kind, alarm.subject) == ("unsent", "notifications")
    place.status = 200
    tell(service, NOW + 61)
    tell(service, NOW + 999)
    assert len(place.got) == 2
    assert of_service(service, NOW + 999) == []
    told = capfd.readouterr()
    assert "notice.unsent" in told.out + told.err
    for text in (told.out, told.err, repr(alarm), repr(service.settings)):
        assert SECRET not in text
    kept = [service.state.client.dump(key) for key in service.state.client.scan_iter()]
    assert not any(SECRET.encode() in raw for raw in kept)


def test_a_place_that_is_not_there_holds_up_no_other(
    service: Service, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPYDESK_NOTIFY", f"json://127.0.0.1:9/{SECRET} {place.url}")
    service.state.alarms.change([BLOCKED])
    tell(service, NOW)
    tell(service, NOW + 61)
    assert len(place.got) == 1
    (notice,) = service.state.alarms.notices().values()
    assert "1 of 2 places" in notice["problem"]
    tell(service, NOW + 90_000)
    assert service.state.alarms.notices() == {}


def test_without_apprise_it_is_said_in_a_line(
    service: Service, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "apprise.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    service.state.alarms.change([BLOCKED])
    tell(service, NOW)
    (alarm,) = of_service(service, NOW)
    assert "apprise is not installed" in alarm.evidence
    with Desk(tmp_path / "desk", notify=place.url) as desk:
        desk.folder.mkdir()
        desk.write_sources()
        desk.environment["PYTHONPATH"] = str(tmp_path)
        missing = desk.run("up")
        desk.environment.pop("PYTHONPATH")
        unknown = desk.run("up", notify=f"nosuchthing://{SECRET}")
        wrong = desk.run("up", notify=SECRET)
    for result in (missing, unknown, wrong):
        assert result.code == 2
        assert len(result.err.splitlines()) == 1, result.err
        assert SECRET not in result.err
    assert "apprise is not installed" in missing.err
    assert "nosuchthing://" in unknown.err
