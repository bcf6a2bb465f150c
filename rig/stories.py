"""Made-up stories for the sites of the tests, and the pages that show or list them."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Self
from xml.sax.saxutils import escape, quoteattr

_VOCABULARY = """
    harbour council market bridge river school teacher doctor farmer bakery library station
    morning evening winter summer village valley mountain island orchard garden window
    opens closes repairs measures counts gathers carries plants paints studies visits explains
    announces welcomes follows answers remembers prepares delivers protects
    new old quiet narrow bright distant early late northern southern wooden public local
    plan budget report festival concert exhibition season harvest timetable ferry tram
    neighbours visitors engineers musicians students volunteers fishermen readers
    with without after before during across beside under towards between
"""


@dataclass(frozen=True)
class Story:
    """An article of the site."""

    path: str
    title: str
    paragraphs: tuple[str, ...]
    published: datetime = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

    @classmethod
    def numbered(cls, number: int, *, paragraphs: int = 4, section: str = "news") -> Self:
        """Story no. *number*: always the same text, and no other number's."""
        words = random.Random(number)
        title = f"{_sentence(words, 5).rstrip('.')} {number}"
        texts = tuple(
            " ".join(_sentence(words, words.randint(8, 18)) for _ in range(4))
            for _ in range(paragraphs)
        )
        published = cls.published - timedelta(minutes=number)
        return cls(f"/{section}/{number}-{_slug(title)}", title, texts, published)


def article_page(story: Story, *, language: str = "en", head: str = "") -> str:
    """A minimal page of one article; *head* is markup for its `<head>`."""
    paragraphs = "\n".join(f"<p>{escape(text)}</p>" for text in story.paragraphs)
    day = story.published.isoformat()
    return f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{escape(story.title)}</title>
<meta property="og:type" content="article">
<meta property="article:published_time" content="{day}">{head}</head>
<body><nav><a href="/">Front page</a></nav>
<article><h1>{escape(story.title)}</h1>
<time datetime="{day}">{story.published:%d %B %Y}</time>
{paragraphs}
</article><footer>All rights reserved.</footer></body></html>
"""


def rss(stories: Iterable[Story], root: str) -> str:
    """An RSS 2.0 feed of the stories at the site whose front page is *root*."""
    items = "\n".join(
        f"<item><title>{escape(s.title)}</title><link>{escape(_at(root, s))}</link>"
        f"<pubDate>{format_datetime(s.published)}</pubDate></item>"
        for s in stories
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>A site</title>'
        f"<link>{escape(root)}</link>\n{items}\n</channel></rss>\n"
    )


def sitemap(stories: Iterable[Story], root: str) -> str:
    """A sitemap of the stories, with their times."""
    urls = "\n".join(
        f"<url><loc>{escape(_at(root, s))}</loc><lastmod>{s.published.isoformat()}</lastmod></url>"
        for s in stories
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}\n</urlset>\n'
    )


def section_page(stories: Iterable[Story], root: str, *, next_page: str | None = None) -> str:
    """A page that lists the stories; *next_page* is the path of the one after it."""
    items = "\n".join(
        f"<li><h3><a href={quoteattr(_at(root, s))}>{escape(s.title)}</a></h3></li>"
        for s in stories
    )
    pager = f'<a rel="next" href={quoteattr(next_page)}>Older</a>' if next_page else ""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>News</title></head>\n'
        f"<body><ul>\n{items}\n</ul>{pager}</body></html>\n"
    )


def _at(root: str, story: Story) -> str:
    return root.rstrip("/") + story.path


def _slug(title: str) -> str:
    return "-".join(title.lower().split())


def _sentence(words: random.Random, length: int) -> str:
    return " ".join(words.choices(_VOCABULARY.split(), k=length)).capitalize() + "."
