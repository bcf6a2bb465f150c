"""Agencia Litoral: an invented news agency, with a site of its own, that carries others' stories."""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from urllib.parse import quote

from demo import listings, stories
from demo.resource import Resource
from demo.stories import Story, body_html
from demo.templates import filled, link

SITE_NAME = "Agencia Litoral"


def resources(
    root: str, opened: datetime, updated: datetime | None = None
) -> Mapping[str, Resource]:
    """The site at *root* (`http://127.0.0.1:8000`), by path."""
    dispatches = stories.of_agency(opened, updated)
    items = [listings.Item(root + quote(path_of(story)), story) for story in dispatches]
    newest = dispatches[0].modified
    site = {path_of(story): _page(story) for story in dispatches}
    front = "".join(f"<p>{link(path_of(story), story.title)}</p>\n" for story in dispatches)
    site["/"] = Resource(_framed("Hoy", "es", f"<h1>Hoy</h1>\n{front}").encode(), newest)
    feed = listings.atom(SITE_NAME, root, items)
    site["/atom.xml"] = Resource(feed, newest, "application/atom+xml")
    return site


def path_of(story: Story) -> str:
    """Where a story is found."""
    return f"/{story.section}/despacho/{story.number}/{story.slug}"


def _page(story: Story) -> Resource:
    published = story.published.isoformat()
    content = (
        f"<h1>{escape(story.title)}</h1>\n<p class=byline><small>{escape(story.author)}</small></p>"
        f"\n<div class=texto>\n{body_html(story.text)}\n</div>"
    )
    head = f'<meta property="article:published_time" content="{published}">'
    page = _framed(story.title, story.language, content, head)
    return Resource(page.encode(), story.modified)


def _framed(title: str, language: str, content: str, head: str = "") -> str:
    return filled("agency.html", title=escape(title), language=language, content=content, head=head)
