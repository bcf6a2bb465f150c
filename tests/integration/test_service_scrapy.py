"""Scrapy's own habits work from the root of the repository, without Redis."""

import json
import subprocess
import sys
from pathlib import Path

from rig.command import ROOT
from rig.desk import Desk
from rig.site import Site
from rig.stories import Story


def scrapy(desk: Desk, *arguments: str) -> "subprocess.CompletedProcess[str]":
    nowhere = {"COPYDESK_REDIS_URL": "redis://127.0.0.1:1/0"}
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=ROOT,
        env=desk.environment | nowhere,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_spider_is_listed(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        done = scrapy(desk, "list")
    assert (done.returncode, done.stdout) == (0, "news\n")


def test_a_source_is_crawled_to_standard_output(tmp_path: Path, site: Site) -> None:
    stories = [Story.numbered(n) for n in range(3)]
    site.publish(*stories)
    site.put(stories[2].path, b"", status=404)
    with Desk(tmp_path) as desk:
        desk.write_sources({"name": "site", "start": site.url()})
        done = scrapy(desk, "crawl", "news", "-a", "source=site", "-O", "-:jsonlines")
        assert done.returncode == 0, done.stderr
        assert not desk.home.exists()
    assert "Traceback" not in done.stderr
    items = {item["url"]: item for item in map(json.loads, done.stdout.splitlines())}
    assert sorted(items) == sorted(site.url(story.path) for story in stories)
    for story in stories[:2]:
        item = items[site.url(story.path)]
        assert (item["title"], item["text"]) == (story.title, "\n\n".join(story.paragraphs))
    assert items[site.url(stories[2].path)]["gone"] == "http-404"


def test_an_unknown_source_is_named(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.write_sources({"name": "site", "start": "https://example.org/"})
        done = scrapy(desk, "crawl", "news", "-a", "source=other")
    assert done.returncode != 0
    assert "'other'" in done.stderr
    assert "site" in done.stderr
