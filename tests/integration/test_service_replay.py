"""The command `replay`, and the archive that the other commands fill."""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.outcome import Outcome
from crawler.page import Page
from rig.desk import Desk, until
from rig.site import Site
from rig.stories import Story, article_page
from tests.integration.archived import records
from workers.archive.archive import Archive
from workers.archive.files import files
from workers.archive.records import Fetched
from workers.fault import Step, counter

STORIES = [Story.numbered(number) for number in range(1, 7)]


@pytest.fixture
def crawled(tmp_path: Path, site: Site):  # type: ignore[no-untyped-def]
    """A desk that has crawled six stories, and has them in its archive."""
    site.publish(*STORIES)
    with Desk(tmp_path) as desk:
        desk.write_sources({"name": "gazette", "start": site.url()})
        done = desk.run("once", "--json")
        assert done.json["totals"]["new"] == 6
        yield desk


def archive_of(desk: Desk) -> Path:
    return desk.home / "archive"


def read_otherwise(desk: Desk, site: Site, *stories: Story) -> None:
    """Have the archive say that the kept text was read from a page that holds another one.

    So it stands after an extractor that has lost a paragraph was replaced by one that finds it.
    """
    ids = {json.loads(p.read_text())["url"]: p.stem[-16:] for p in _sidecars(desk)}
    later = datetime.now(UTC) + timedelta(seconds=1)
    pages = []
    for one in stories:
        url = site.url(one.path)
        whole = Story(
            one.path, one.title, (*one.paragraphs, "A last paragraph, found now."), one.published
        )
        page = Page(
            url, url, 200, later, "text/html; charset=utf-8", "", article_page(whole).encode()
        )
        pages.append((Fetched(page, "gazette", Outcome.UNCHANGED, ids[url]), None))
    Archive(archive_of(desk), days=30, most=2**30, user_agent="Bot").keep(pages, later.timestamp())


def _sidecars(desk: Desk) -> list[Path]:
    return sorted(desk.home.glob("documents/*/*/*.json"))


def test_what_a_crawl_archives_every_tool_can_read(crawled: Desk) -> None:
    assert sorted(records(archive_of(crawled))) == sorted(
        ("response", "new", story.path.rpartition("/")[2]) for story in STORIES
    )
    assert all(path.name.endswith(".warc.gz") for path in files(archive_of(crawled)))
    checked = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", *map(str, files(archive_of(crawled)))],
        check=False,
        capture_output=True,
    )
    assert checked.returncode == 0, checked.stdout
    told = crawled.run("status", "--json").json["archive"]
    assert told["last_day"]["pages"] == 6
    assert told["bytes"] >= told["last_day"]["bytes"] > 0
    assert "archive: " in crawled.run("status").out


def test_the_same_extractor_changes_nothing(crawled: Desk) -> None:
    before = sorted(crawled.documents())
    told = crawled.run("replay", "--json")
    assert told.code == 0
    assert told.json == {
        "pages": 6,
        "same": 6,
        "known": 0,
        "no_article": 0,
        "superseded": 0,
        "owed": 0,
        "vanished": 0,
        "outcomes": {},
        "failed": [],
        "whole": True,
        "went_on": False,
        "seconds": told.json["seconds"],
    }
    assert sorted(crawled.documents()) == before
    assert crawled.run("status", "--json").json["last_day"]["new"] == 6


def test_another_text_becomes_a_revision_once(crawled: Desk, site: Site) -> None:
    read_otherwise(crawled, site, *STORIES[:2])
    told = crawled.run("replay", "--source", "gazette").out
    assert told.startswith("6 pages in ")
    assert "4 with the same text, 2 revision" in told
    again = crawled.run("replay", "--json").json
    assert (again["known"], again["same"], again["outcomes"]) == (2, 4, {})
    lines = crawled.run("consume", "--group", "g").lines
    revisions = [line for line in lines if line["outcome"] == "revision"]
    assert len(lines) == 8
    assert len(revisions) == 2
    assert all("found now" in line["text"] for line in revisions)
    first = {line["url"]: line["id"] for line in lines if line["outcome"] == "new"}
    assert all(line["supersedes"] == first[line["url"]] for line in revisions)
    assert crawled.run("once", "--json").json["totals"]["revision"] == 0


def test_only_what_was_fetched_since(crawled: Desk, site: Site) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    assert crawled.run("replay", "--since", tomorrow, "--json").json["pages"] == 0
    assert crawled.run("replay", "--since", "2026-01-01", "--json").json["pages"] == 6


@pytest.mark.parametrize(
    ("step", "code"), [("after-readmit", 0), ("before-noting", -signal.SIGKILL)]
)
def test_a_kill_in_the_middle_of_a_replay(crawled: Desk, site: Site, step: Step, code: int) -> None:
    """What a page kills is its process alone; what ends the command is made up for by the next one."""
    read_otherwise(crawled, site, *STORIES)
    process = crawled.start("replay", "--json", fault=f"{step}:1", page_seconds=2)
    process.communicate(timeout=250)
    assert process.returncode == code
    assert counter(crawled.home, step).exists()
    told = crawled.run("replay", "--json", page_seconds=2).json
    assert told["whole"]
    assert told["failed"] == []
    lines = crawled.run("consume", "--group", "g").lines
    assert sorted(line["outcome"] for line in lines) == ["new"] * 6 + ["revision"] * 6
    assert len(crawled.documents()) == 12
    assert crawled.run("status", "--json").json["owed"] == 0


def test_a_page_that_ends_its_process_again_and_again_is_named(crawled: Desk, site: Site) -> None:
    read_otherwise(crawled, site, STORIES[0])
    fault = "before-readmit:1,before-readmit:2"
    told = crawled.run("replay", "--json", fault=fault)
    assert told.code == 1
    (problem,) = told.json["failed"]
    assert problem.endswith("its extraction does not end")
    assert (told.json["same"], told.json["pages"]) == (5, 6)
    assert crawled.run("replay", "--json").json["outcomes"] == {"revision": 1}


def test_beside_a_running_service(crawled: Desk, site: Site) -> None:
    read_otherwise(crawled, site, *STORIES)
    process = crawled.up()
    told = crawled.run("replay", "--json").json
    assert told["pages"] == 6
    assert told["failed"] == []

    def is_done() -> bool:
        told = crawled.run("status", "--json").json
        return bool(told["last_day"]["revision"] == 6 and told["owed"] == 0)

    until(is_done, 60)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    lines = crawled.run("consume", "--group", "g").lines
    assert sorted(line["outcome"] for line in lines) == ["new"] * 6 + ["revision"] * 6


def test_what_cannot_be(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.write_sources({"name": "gazette", "start": "http://127.0.0.1:1/"})
        unknown = desk.run("replay", "--source", "nobody")
        assert unknown.code == 2
        assert "no source 'nobody'; allowed is one of gazette" in unknown.err
        when = desk.run("replay", "--since", "yesterday")
        assert when.code == 2
        assert "--since yesterday: allowed is a day" in when.err
        off = desk.run("replay", archive="off")
        assert off.code == 2
        assert "COPYDESK_ARCHIVE = off" in off.err
        nothing = desk.run("replay")
        assert nothing.code == 1
        assert "nothing is archived yet" in nothing.err


def test_one_replay_an_archive(crawled: Desk) -> None:
    import fcntl

    with (archive_of(crawled) / ".replay.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = crawled.run("replay")
    assert refused.code == 1
    assert "another replay is at work" in refused.err


def test_the_archive_may_be_elsewhere_or_off(tmp_path: Path, site: Site) -> None:
    site.publish(*STORIES[:2])
    with Desk(tmp_path, archive=tmp_path / "pages") as desk:
        desk.write_sources({"name": "gazette", "start": site.url()})
        desk.run("once")
        assert len(records(tmp_path / "pages")) == 2
        assert not archive_of(desk).exists()
    with Desk(tmp_path / "b", archive="off") as desk:
        (tmp_path / "b").mkdir()
        desk.write_sources({"name": "gazette", "start": site.url()})
        assert desk.run("once", "--json").json["totals"]["new"] == 2
        assert not archive_of(desk).exists()
        assert "archive: off" in desk.run("status").out
