"""A site that is empty without JavaScript, through the real commands and a real Chromium."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.settings import Settings
from rig.desk import Desk, Result
from rig.scripted import put_scripted, shell
from rig.site import Site
from rig.stories import Story, article_page, section_page
from workers.rendering import chromium

pytestmark = pytest.mark.skipif(
    chromium.find(Settings()) is None and "CI" not in os.environ, reason="needs Chromium"
)
STORIES = [Story.numbered(number) for number in range(1, 4)]
MOVED, HUNG = "/news/9001-moved-by-a-script-of-its-own", "/news/9002-never-comes-to-an-end"


class Crawled:
    """A source that renders and one that does not: first without a browser, then with one."""

    def __init__(self, folder: Path, site: Site, plain: Site) -> None:
        self.site, self.plain = site, plain
        first, *rest = STORIES
        for story in rest:
            put_scripted(site, story.path, article_page(story))
        put_scripted(site, "/moved-to", article_page(first))
        site.put(MOVED, shell(f'location.replace("{site.url("/moved-to")}")'))
        site.put(HUNG, shell("while (true);"))
        linked = [Story(path, path, first.paragraphs) for path in (MOVED, HUNG)]
        put_scripted(site, "/", section_page([*rest, *linked], site.url()))
        plain.publish(first)
        # The one that is to be tried, where several are installed.
        name = os.environ.get("COPYDESK_BROWSER")
        named = {"browser": name} if name else {}
        self.desk = Desk(folder, render_seconds=3, attempts=2, **named)
        self.desk.write_sources(
            {"name": "scripted", "sections": [site.url()], "render": True},
            {"name": "plain", "feeds": [plain.url("/rss.xml")]},
        )
        self.without: Result = self.desk.run("once", "--json", browser="/nowhere/chromium")
        site.requests.clear()
        self.result: Result = self.desk.run("once", "--json", "--source", "scripted")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    with ExitStack() as stack:
        site, plain = stack.enter_context(Site()), stack.enter_context(Site())
        crawl = Crawled(tmp_path_factory.mktemp("rendering"), site, plain)
        with crawl.desk:
            yield crawl


def test_without_a_browser_the_source_says_what_to_install_and_others_go_on(
    crawled: Crawled,
) -> None:
    told = crawled.without
    assert told.code == 1
    assert "scripted: render = true needs Chromium" in told.err
    assert "install" in told.json["errors"]["scripted"]
    assert told.json["sources"]["plain"]["new"] == 1


def test_listing_and_articles_are_read_as_their_scripts_make_them(crawled: Crawled) -> None:
    assert crawled.result.json["sources"]["scripted"]["new"] == 2
    texts = {document.title: document.body for document in crawled.desk.documents().values()}
    for story in STORIES[1:]:
        assert texts[story.title] == "\n\n".join(story.paragraphs)


def test_where_a_script_leads_is_a_redirect(crawled: Crawled) -> None:
    # The same text as the other source has.
    assert crawled.result.json["sources"]["scripted"]["duplicate"] == 1
    assert crawled.site.paths().count("/moved-to") == 1


def test_a_page_that_hangs_is_tried_again_and_ends_in_quarantine(crawled: Crawled) -> None:
    assert crawled.result.json["sources"]["scripted"]["failed"] == 1
    assert crawled.site.paths().count(HUNG) >= 2
    (line,) = crawled.desk.run("quarantine", "--json").lines
    assert (line["url"], line["reason"]) == (crawled.site.url(HUNG), "render-hung")


def test_a_page_is_asked_for_once_and_its_script_asks_for_data_alone(crawled: Crawled) -> None:
    paths = crawled.site.paths()
    for story in STORIES[1:]:
        assert paths.count(story.path) == paths.count(f"/data{story.path}") == 1


def test_nothing_of_a_browser_is_left(crawled: Crawled) -> None:
    assert not list((crawled.desk.home / "browser").glob("profile-*"))
