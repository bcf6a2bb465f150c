"""Articles over several pages, through the real command: one document each, whatever page is met first."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from rig.desk import Desk, Result
from rig.site import Site
from rig.stories import Story, article_page, rss

LONG, LISTED_LATE, WHOLE, COMMENTED, CUT = (
    replace(Story.numbered(number, paragraphs=6), path=path)
    for number, path in enumerate(
        ["/news/101-port-opens", "/news/102-ferry-waits.html", "/news/103-tram-stops",
         "/news/104-bridge-holds", "/news/105-market-ends"], 1
    )
)  # fmt: skip


def put(site: Site, story: Story, pages: dict[str, tuple[int, int]], links: str) -> None:
    """Answer each of a story's addresses with some of its paragraphs, and links to the other pages."""
    for path, (begin, end) in pages.items():
        part = replace(story, paragraphs=story.paragraphs[begin:end])
        site.put(path, article_page(part).replace("</article>", f"</article><nav>{links}</nav>"))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Desk, Result]]:
    with ExitStack() as stack:
        site = stack.enter_context(Site())
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("several")))
        path = LONG.path
        pages = {path: (0, 2), f"{path}?page=2": (2, 4), f"{path}?page=3": (4, 6)}
        put(site, LONG, pages, f'<a href="{path}?page=2">2</a> <a href="?page=3">3</a>')
        path = LISTED_LATE.path
        second = path.replace(".html", "-2.html")
        put(site, LISTED_LATE, {path: (0, 3), second: (3, 6)}, f'<a rel="next" href="{second}">Go on</a>')  # fmt: skip
        path = WHOLE.path
        pages = {path: (0, 2), f"{path}/2": (2, 6), f"{path}/all": (0, 6)}
        put(site, WHOLE, pages, f'<a href="{path}/2">2</a><a href="{path}/all">All of it</a>')
        path = COMMENTED.path
        pages = {path: (0, 6), f"{path}?page=2": (0, 6), f"{path}?page=3": (0, 6)}
        put(site, COMMENTED, pages, '<a href="?page=2">2</a><a href="?page=3">3</a>')
        put(site, CUT, {CUT.path: (0, 6)}, '<a href="?page=2">2</a>')
        listed = [LONG, replace(LISTED_LATE, path=second), WHOLE, COMMENTED, CUT]
        site.put("/rss.xml", rss(listed, site.url()), content_type="application/xml")
        desk.write_sources({"name": "pages", "feeds": [site.url("/rss.xml")], "article_urls": "/"})
        yield site, desk, desk.run("once", "--json")


def test_each_is_one_document_with_the_whole_text(crawled: tuple[Site, Desk, Result]) -> None:
    site, desk, done = crawled
    assert done.json["totals"]["new"] == 5
    found = {document.url: document.body for document in desk.documents().values()}
    assert found == {
        site.url(story.path): "\n\n".join(story.paragraphs)
        for story in (LONG, LISTED_LATE, WHOLE, COMMENTED, CUT)
    }


def test_each_page_is_fetched_once_and_none_that_is_not_needed(
    crawled: tuple[Site, Desk, Result],
) -> None:
    paths = crawled[0].paths()
    assert paths.count(LONG.path) == paths.count(f"{LONG.path}?page=3") == 1
    assert f"{WHOLE.path}/2" not in paths
    assert paths.count(f"{COMMENTED.path}?page=2") == 1
    assert f"{COMMENTED.path}?page=3" not in paths


def test_a_further_page_met_later_is_known_and_replay_gives_the_same(
    crawled: tuple[Site, Desk, Result],
) -> None:
    site, desk, _ = crawled
    listed = [
        replace(LONG, path=f"{LONG.path}?page=2"),
        replace(LISTED_LATE, path=LISTED_LATE.path),
    ]
    site.put("/rss.xml", rss(listed, site.url()), content_type="application/xml")
    before = len(site.requests)
    done = desk.run("once", "--json")
    assert sum(done.json["totals"].values()) == 0
    assert not [path for path in site.paths()[before:] if path.startswith("/news/")]
    assert desk.run("replay", "--json").json["same"] == 5
