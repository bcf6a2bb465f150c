"""`copydesk up`: it works by its schedule, outlives what dies, and ends when it is told to."""

import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cli.embedded import EmbeddedServer
from rig.desk import Desk, until
from rig.site import Reply, Site
from rig.stories import Story
from workers.state.connection import connect, key

SOON = 30
"""Seconds in which what is due is done, on a machine that does other things too."""


class Running:
    """A service that is up, with one source that is due all the time and one that hardly ever is."""

    def __init__(self, desk: Desk, make_site: Callable[[], Site], notify: str) -> None:
        self.desk = desk
        self._make_site = make_site
        self._stories: dict[str, list[Story]] = {}
        self.sites: dict[str, Site] = {}
        self._sources: dict[str, dict[str, Any]] = {}
        self.add("often", schedule="every 2s", adaptive=False)
        self.add("daily", schedule="every 1d")
        self.told: list[dict[str, Any]] = []
        """Notifications that arrived."""
        self.process = desk.start(
            "up", "--json", tick_seconds=0.5, notify=notify, dashboard="127.0.0.1:0"
        )
        assert self.process.stdout
        self.greeting = json.loads(self.process.stdout.readline())
        self.await_story("often", self._stories["often"][0])
        self.await_story("daily", self._stories["daily"][0])

    def hear(self, request: Request) -> Response:
        """Take a notification."""
        self.told.append(request.get_json())
        return Response()

    def tells_of(self, words: str) -> int:
        """How many notifications so far have these words in a line."""
        self._tell_at_once()
        return sum(
            line.startswith(words) for one in self.told for line in one["message"].splitlines()
        )

    def _tell_at_once(self) -> None:
        # Changes are told together, every half a minute.
        with closing(connect(EmbeddedServer(self.desk.home).url)) as client:
            client.delete(key("notifying"))

    def add(self, name: str, **fields: object) -> Story:
        """A source with one story, in the file from now on."""
        site = self.sites[name] = self._make_site()
        self._stories[name] = []
        story = self.publish(name)
        self._sources[name] = {"name": name, "feeds": [site.url("/rss.xml")], **fields}
        self.write()
        return story

    def make_site(self) -> Site:
        """A site that is ended with the service."""
        return self._make_site()

    def put(self, **sources: dict[str, Any] | None) -> None:
        """Have sources in the file as they are here, or not at all."""
        self._sources |= {name: fields for name, fields in sources.items() if fields}
        for name in (name for name, fields in sources.items() if fields is None):
            del self._sources[name]
        self.write()

    def crawling(self) -> list[str]:
        crawling: list[str] = self.desk.run("status", "--json").json["crawling"]
        return crawling

    def write(self) -> None:
        self.desk.write_sources(*self._sources.values())

    def publish(self, name: str) -> Story:
        """One story more."""
        stories = self._stories[name]
        number = 100 * list(self._stories).index(name) + len(stories)
        stories.insert(0, Story.numbered(number))
        self.sites[name].publish(*stories)
        return stories[0]

    def is_kept(self, name: str, story: Story) -> bool:
        url = self.sites[name].url(story.path)
        return any(document.url == url for document in self.desk.documents().values())

    def await_story(self, name: str, story: Story, seconds: float = SOON) -> None:
        until(lambda: self.is_kept(name, story), seconds, f"{story.path} of {name}")

    def pid(self, words: str) -> int:
        """The process whose command line has these words: a worker's parent, not its children."""
        parents = self.pids(words)
        assert len(parents) == 1, self.desk.processes()
        return parents[0]

    def pids(self, words: str) -> list[int]:
        """All such processes: none, for a moment, of a part that was killed."""
        found = {pid for pid, line in self.desk.processes().items() if words in line}
        return [pid for pid in found if parent_of(pid) not in found]


def parent_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/stat").read_text()
    return int(status.rpartition(")")[2].split()[1])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with ExitStack() as stack:
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("up")))
        place = stack.enter_context(HTTPServer())
        notify = f"json://127.0.0.1:{place.port}/told"
        running = Running(desk, lambda: stack.enter_context(Site()), notify)
        place.expect_request("/told").respond_with_handler(running.hear)
        yield running
        assert running.process.poll() is None, desk.err
        assert "Traceback" not in desk.err, desk.err


def test_status_shows_the_parts_at_work(service: Running) -> None:
    def told() -> dict[str, Any]:
        return service.desk.run("status", "--json").json

    until(lambda: set(told()["parts"]) >= {"beat", "crawl", "ingest"}, SOON)
    status = told()
    assert status["running"] is True
    assert status["sources"] >= 2
    assert status["alarms"] == []
    assert status["outbox"]["entries"] >= 2


def test_a_source_is_crawled_by_its_schedule(service: Running) -> None:
    story = service.publish("often")
    service.await_story("often", story)


def test_a_source_is_crawled_when_it_is_asked_for(service: Running) -> None:
    story = service.publish("daily")
    time.sleep(3)
    assert story.path not in service.sites["daily"].paths()
    asked = service.desk.run("crawl", "daily", "--json")
    assert asked.code == 0
    assert asked.json == {"asked": ["daily"]}
    service.await_story("daily", story)


def test_once_works_beside_it(service: Running) -> None:
    story = service.publish("daily")
    done = service.desk.run("once", "--source", "daily", "--json")
    assert done.code == 0, done.err
    assert done.json["totals"]["new"] == 1
    assert service.is_kept("daily", story)
    service.await_story("often", service.publish("often"))


def test_a_second_one_in_the_same_home_is_refused(service: Running) -> None:
    before = set(service.desk.processes())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        # That the port of its dashboard is taken, too, is no news.
        at = f"127.0.0.1:{taken.getsockname()[1]}"
        done = service.desk.run("up", timeout=30, dashboard=at)
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert "up already" in done.err
    assert str(service.desk.home) in done.err
    assert set(service.desk.processes()) == before


def test_a_change_is_told_to_where_alarms_are_told_once(service: Running) -> None:
    story = service.add("ailing", schedule="every 1d")
    service.await_story("ailing", story)
    listing = service.sites["ailing"].routes.pop("/rss.xml")
    service.desk.run("once", "--source", "ailing")  # its end is looked at right away
    until(lambda: service.tells_of("failing, ailing, since 20"), SOON)
    service.sites["ailing"].routes["/rss.xml"] = listing
    service.desk.run("once", "--source", "ailing")
    until(lambda: service.tells_of("cleared: failing, ailing"), SOON)
    assert service.tells_of("failing, ailing") == 1
    assert service.tells_of("cleared: failing, ailing") == 1
    (raised,) = [one for one in service.told if "failing, ailing, since" in one["message"]]
    assert "404" in raised["message"]
    service.put(ailing=None)


def test_a_source_added_to_the_file_is_crawled(service: Running) -> None:
    story = service.add("added", schedule="every 1d")
    service.await_story("added", story)


def test_sources_that_are_paused_or_edited_in_the_middle_of_their_crawls(service: Running) -> None:
    sites = [service.make_site() for _ in range(2)]
    for site in sites:
        site.publish(*(Story.numbered(number) for number in range(900, 940)))
    paused, edited = (
        {"name": name, "feeds": [site.url("/rss.xml")], "delay": 1.5, "schedule": "every 1d"}
        for name, site in zip(("paused", "edited"), sites, strict=True)
    )
    service.sites["edited"] = sites[1]
    service.put(paused=paused, edited=edited)
    until(lambda: all(len(site.requests) > 3 for site in sites), SOON, "they are being crawled")
    sites[1].routes["/other.xml"] = sites[1].routes["/rss.xml"]
    other = {"delay": 0.0, "feeds": [sites[1].url("/other.xml")]}
    service.put(paused=paused | {"enabled": False}, edited=edited | other)
    # With other listings it is walked at once, not tomorrow.
    until(lambda: "/other.xml" in sites[1].paths(), 60)
    until(lambda: "paused" not in service.crawling(), SOON)
    left = len(sites[0].requests)
    service.await_story("edited", Story.numbered(939))
    assert len(sites[0].requests) == left < 40
    service.put(paused=None, edited=None)


def test_a_broken_file_leaves_the_last_good_state(service: Running) -> None:
    service.desk.sources.write_text('[[source]]\nname = "Not a name"\n')
    try:
        until(lambda: "sources.wrong" in service.desk.err, SOON)
        assert "Not a name" in service.desk.err
        service.await_story("often", service.publish("often"))
    finally:
        service.write()


def test_the_dashboard_has_what_came_in_and_outlives_its_process(service: Running) -> None:
    address = service.greeting["dashboard"]

    def titles() -> list[str]:
        with urllib.request.urlopen(asked, timeout=SOON) as answer:
            return [hit["title"] for hit in json.load(answer)["documents"]]

    asked = urllib.request.Request(
        f"{address}documents?source=daily", headers={"Accept": "application/json"}
    )
    story = service.publish("daily")
    assert service.desk.run("crawl", "daily").code == 0
    until(lambda: story.title in titles(), SOON, "a new document is found")
    killed = service.pid("cli dashboard")
    os.kill(killed, signal.SIGKILL)
    # Its port stays open: who asks waits for the next one.
    assert story.title in titles()
    assert service.pid("cli dashboard") != killed


@pytest.mark.parametrize("part", ["crawl", "ingest", "beat"])
def test_a_part_that_is_killed_is_started_again(service: Running, part: str) -> None:
    killed = service.pid(f"workers.run {part}")
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in service.desk.processes(), 5)
    story = service.publish("often")
    service.await_story("often", story, 60)
    until(lambda: service.pids(f"workers.run {part}"), SOON)


def test_the_process_that_parts_are_forked_from_is_started_again(service: Running) -> None:
    killed = service.pid("workers.parts")
    parts = service.pids("workers.run")
    assert {parent_of(part) for part in parts} == {killed}
    os.kill(killed, signal.SIGKILL)
    until(lambda: not {killed, *parts} & service.desk.processes().keys(), 5)
    service.await_story("often", service.publish("often"), 60)
    assert service.pid("workers.parts") != killed
    with urllib.request.urlopen(service.greeting["dashboard"], timeout=SOON) as answer:
        assert answer.status == 200


def test_a_server_that_is_killed_is_started_again_within_a_minute(service: Running) -> None:
    before = set(service.desk.documents())
    killed = service.pid("-server unixsocket")
    os.kill(killed, signal.SIGKILL)
    story = service.publish("often")
    service.await_story("often", story, 60)
    assert service.pid("-server unixsocket") != killed
    assert before < set(service.desk.documents())
    assert service.desk.run("status", "--json").json["running"] is True


def test_ctrl_c_ends_it_all_and_what_is_owed_is_kept(tmp_path: Path, site: Site) -> None:
    slow, *_ = stories = [Story.numbered(n) for n in range(4)]
    site.publish(*stories)
    page = site.routes[slow.path]
    site.routes[slow.path] = Reply(b"late", delay=3600)
    with Desk(tmp_path) as desk:
        desk.write_sources({"name": "site", "feeds": [site.url("/rss.xml")]})
        up = desk.start("up", tick_seconds=0.5)
        until(lambda: slow.path in site.paths(), SOON, "a slow page is being fetched")
        began = time.monotonic()
        up.send_signal(signal.SIGINT)
        assert up.wait(40) == 0
        assert time.monotonic() - began < 30
        assert desk.processes() == {}
        assert "Traceback" not in desk.err
        site.routes[slow.path] = page
        done = desk.run("once", "--json")
        assert done.code == 0, done.err
        kept = sorted(document.url for document in desk.documents().values())
        assert kept == sorted(site.url(story.path) for story in stories)
