"""One language of the broadcaster: its articles, what is none, its front and section pages."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

from demo import listings
from demo.resource import Resource
from demo.stories import Story, body_html
from demo.templates import filled, link, words

SITE_NAME = "Radio Bahía Clara"
PREFIX = {"fr": "/fr", "es": "", "en": "/en"}
FEED = {"fr": "/fr/rss.xml", "es": "/es/rss", "en": "/en/rss.xml"}
PER_PAGE = 6

STATUS = {"gone": 410, "missing": 404}
"""What a kind of page answers; the others answer 200, whatever they hold."""


def path_of(story: Story) -> str:
    """Where a story is found."""
    return f"{PREFIX[story.language]}/noticias/{story.section}/{story.name}"


@dataclass(frozen=True)
class Edition:
    """The edition in *language* of the site at *root*; its stories are newest first."""

    root: str
    language: str
    stories: Sequence[Story]

    def resources(self) -> dict[str, Resource]:
        """All of it by path and query, and again below `/index.php`, where older links point."""
        front, news = PREFIX[self.language] or "/", f"{PREFIX[self.language]}/noticias"
        pages = {path_of(story): self._story(story) for story in self.stories}
        pages[front] = self._listing(words(self.language)["latest"], self.stories[:PER_PAGE])
        for section, title in words(self.language)["sections"].items():
            of_section = [story for story in self.stories if story.section == section]
            pages[f"{news}/{section}"] = self._listing(title, of_section)
        last = -(-len(self.stories) // PER_PAGE)
        for number in range(1, last + 1):
            pages[f"{news}?page={number}"] = self._numbered(number, last)
        pages[news] = pages[f"{news}?page=1"]
        pages |= {f"/index.php{path}": page for path, page in pages.items()}
        return pages | {FEED[self.language]: self._feed()}

    def items(self) -> list[listings.Item]:
        """The stories at their full addresses."""
        return [listings.Item(self.root + quote(path_of(story)), story) for story in self.stories]

    def _feed(self) -> Resource:
        body = listings.rss(SITE_NAME, self.root + PREFIX[self.language], self.items())
        return self._resource(body, content_type="application/rss+xml")

    def _story(self, story: Story) -> Resource:
        match story.kind:
            case "article" | "teaser" | "disallowed":
                page = self._framed(story.title, self._article(story), _metadata(story))
            case "gone":
                page = self._framed(story.title, _said(words(self.language)["gone"]))
            case "missing" | "soft-404":
                title = words(self.language)["missing"]
                lost = _said(words(self.language)["lost"])
                page = self._framed(title, f"<h1>{title}</h1>{lost}")
            case "login":
                page = self._framed("Iniciar sesión", filled("login.html"))
            case "listing":
                page = self._framed(story.title, f"<h1>{escape(story.title)}</h1>{self._blocks()}")
            case _:
                page = ""
        return self._resource(page.encode(), story, status=STATUS.get(story.kind, 200))

    def _resource(self, body: bytes, story: Story | None = None, **more: Any) -> Resource:
        modified = max(s.modified for s in ([story] if story else self.stories))
        return Resource(body, modified, **more)

    def _article(self, story: Story) -> str:
        says = words(self.language)
        body = body_html(story.text)
        if story.kind == "teaser":
            body += f'\n<div class="paywall">{escape(says["paywall"])}</div>'
        place = self.stories.index(story)
        others = [self.stories[(place + step) % len(self.stories)] for step in (2, 3, 5)]
        return filled(
            "article.html",
            title=escape(story.title),
            by=says["by"],
            author=escape(story.author),
            published=story.published.isoformat(),
            day=f"{story.published:%d/%m/%Y %H:%M}",
            picture=_picture(story),
            body=body,
            related=_items(link(path_of(other), other.title) for other in others),
            **{name: says[name] for name in _AROUND_AN_ARTICLE},
        )

    def _numbered(self, number: int, last: int) -> Resource:
        says, news = words(self.language), f"{PREFIX[self.language]}/noticias"
        pager = [
            link(f"{news}?page={other}", text)
            for other, text in ((number - 1, says["newer"]), (number + 1, says["older"]))
            if 1 <= other <= last
        ]
        part = self.stories[(number - 1) * PER_PAGE : number * PER_PAGE]
        return self._listing(says["news"], part, f'<div class="pager">{" · ".join(pager)}</div>')

    def _listing(self, title: str, part: Sequence[Story], pager: str = "") -> Resource:
        blocks = self._blocks(part)
        return self._resource(self._framed(title, f"<h2>{title}</h2>{blocks}{pager}").encode())

    def _blocks(self, part: Sequence[Story] = ()) -> str:
        more = words(self.language)["more"]
        return "\n".join(
            f'<div class="section_block"><h5 class="title_article">'
            f"{link(path_of(story), story.title)}</h5><p>{escape(story.summary)}… "
            f'<a class="more" href="{escape(path_of(story))}">{more}</a></p></div>'
            for story in part or self.stories[2:10]
        )

    def _framed(self, title: str, content: str, head: str = "") -> str:
        says, prefix = words(self.language), PREFIX[self.language]
        sections = (link(f"{prefix}/noticias/{name}", t) for name, t in says["sections"].items())
        # The box of the most read still links the way the site did years ago.
        read = (link(f"/index.php{path_of(s)}", s.title) for s in self.stories[4:8])
        return filled(
            "frame.html",
            language=self.language,
            title=escape(title),
            content=content,
            head=head,
            feed=FEED[self.language],
            front=prefix or "/",
            prefix=prefix,
            home=says["front"],
            sections=_items(sections),
            most_read_heading=says["most_read"],
            most_read=_items(read),
            **{name: says[name] for name in ("slogan", "news", "search", "cookies", "copyright")},
        )


_AROUND_AN_ARTICLE = ("share", "also", "newsletter", "subscribe", "comments")


def _metadata(story: Story) -> str:
    """What the head of a story's page says of it: each edition has its own habit, or none."""
    published, modified = story.published.isoformat(), story.modified.isoformat()
    if story.language == "es":
        return _open_graph(story.title, published, modified)
    if story.language == "en" or story.kind == "teaser":
        return _json_ld(story, published, modified)
    return ""


def _open_graph(title: str, published: str, modified: str) -> str:
    properties = {
        "og:type": "article",
        "og:site_name": SITE_NAME,
        "og:title": title,
        "article:published_time": published,
        "article:modified_time": modified,
    }
    return "\n".join(
        f'<meta property="{name}" content="{escape(value)}"/>' for name, value in properties.items()
    )


def _json_ld(story: Story, published: str, modified: str) -> str:
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "datePublished": published,
        "dateModified": modified,
        "author": {"@type": "Person", "name": story.author},
        "publisher": {"@type": "Organization", "name": SITE_NAME},
        "isAccessibleForFree": story.kind != "teaser",
    }
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'


def _picture(story: Story) -> str:
    if not story.picture:
        return ""
    caption = escape(story.picture)
    return (
        f'<figure class="image_article"><img src="/media/{story.number % 360}.svg" alt=""/>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _said(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _items(links: Iterable[str]) -> str:
    return "\n".join(f"<li>{each}</li>" for each in links)
