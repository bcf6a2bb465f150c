"""`copydesk add` on a front page as its site really served it."""

import os
import re
from pathlib import Path

import pytest

from crawler.discovery.hypertext import read_hypertext
from rig.desk import Desk
from rig.site import XML, Site
from rig.stories import Story, article_page, rss

pytestmark = pytest.mark.corpus

SECTIONS = ["nacionales", "internacionales", "cultura", "salud", "economy", "ciencias", "deportes"]


@pytest.fixture
def front() -> bytes:
    folder = os.environ.get("COPYDESK_CORPUS")
    if not folder:
        pytest.skip("COPYDESK_CORPUS is not set")
    return next(Path(folder, "radiohc").glob("home-*.html")).read_bytes()


def articles_of(page: bytes, site: Site) -> list[str]:
    """The paths of the articles that a page names: known by the numbers that their addresses have."""
    hypertext = read_hypertext(page, site.url())
    addresses = [a for a in map(hypertext.address, hypertext.anchors()) if a]
    here = [a.removeprefix(site.url("")) for a in addresses if a.startswith(site.url())]
    return [path for path in dict.fromkeys(here) if re.search(r"/\d+-[^/]+$", path)]


def serve(site: Site, front: bytes) -> list[str]:
    """The page as it is, and as each section with numbers of its own; a made-up story at each address."""
    pages = {"/": front}
    for number, section in enumerate(SECTIONS, start=2):
        page = front.replace(b"<title>Portada", b"<title>" + section.title().encode())
        pages[f"/noticias/{section}"] = re.sub(rb"/1(5\d{4}-)", b"/%d\\1" % number, page)
    for path, page in pages.items():
        site.put(path, page)
        for number, article in enumerate(articles_of(page, site)):
            site.put(article, article_page(Story.numbered(number), language="es"))
    return articles_of(front, site)


def test_the_front_page_of_radio_habana_is_understood(
    tmp_path: Path, site: Site, front: bytes
) -> None:
    articles = serve(site, front)
    stories = [Story(path, "A", ()) for path in articles]
    site.put("/es/statics/rss", rss(stories, site.url("")), content_type=XML)
    with Desk(tmp_path) as desk:
        told = desk.run(
            "add", site.url(), "--dry-run", "--json", "--delay", "0", allow_private=1
        ).json

    source = told["source"]
    assert source["language"] == "es"
    assert source["site_name"] == "Radio Habana Cuba"
    assert source["feeds"] == [site.url("/es/statics/rss")]
    found = {one["url"] for one in told["found"]["sections"]}
    assert len(found & {site.url(f"/noticias/{section}") for section in SECTIONS}) >= 5
    assert told["article_urls"]["finds"] == told["article_urls"]["articles"] > len(articles)
    assert told["article_urls"]["wrong"] == 0
    assert len([one for one in told["articles"] if one.get("letters")]) == 3
