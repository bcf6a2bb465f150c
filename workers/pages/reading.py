"""What a waiting page says: pure, so that the same page gives the same reading."""

import hashlib
from dataclasses import dataclass, replace

from config.sources import Source
from crawler.decode import Undecodable, unpack
from crawler.document import Document, Layout
from crawler.extraction.extract import under
from crawler.extraction.named import Named
from crawler.extraction.recurring import NO_RULES, Rules
from crawler.extraction.several import extract_all
from crawler.page import Article, Page, Rejection
from crawler.parsing import parser_of
from crawler.urls import host_of, printed_url, url_key
from workers.dedup.signature import signature
from workers.pages.revisits import revisit_times
from workers.state.frontier import WaitingPage


@dataclass(frozen=True, slots=True)
class Reading:
    """A page that holds an article."""

    waiting: WaitingPage
    source: Source
    article: Article
    document: Document
    page_sha256: str
    bands: tuple[bytes, ...]

    @property
    def url_keys(self) -> tuple[str, ...]:
        """The keys under which this URL is known: as it was asked for, and as it was found."""
        keys = (self.waiting.visit.key, url_key(self.document_url))
        return tuple(dict.fromkeys(keys))

    @property
    def known_keys(self) -> tuple[str, ...]:
        """The keys that need no fetch any more: its own, and those of other addresses that it names.

        A teaser's other addresses may hold the whole text.
        """
        others = () if self.article.partial else map(url_key, self.article.addresses)
        return tuple(dict.fromkeys((*self.url_keys, *others)))

    @property
    def document_url(self) -> str:
        """The address as it is printed."""
        return printed_url(self.waiting.page.url) or self.waiting.page.url

    def under(self, rules: Rules) -> "Reading":
        """What `read` says of the same page with other rules."""
        return self.of(under(self.article, rules))

    def with_body(self, body: str) -> "Reading":
        """The same page with a text that says the same."""
        return self.of(replace(self.article, body=body))

    def of(self, article: Article) -> "Reading":
        """The same page with an article whose body is another."""
        document = replace(self.document, body=article.body)
        return replace(self, article=article, document=document, bands=signature(document.body))


def _front(source: Source) -> frozenset[str]:
    named = (source.start, *source.sections)
    return frozenset(url for named_url in named if named_url and (url := printed_url(named_url)))


def read(waiting: WaitingPage, source: Source, rules: Rules = NO_RULES) -> Reading | Rejection:
    """The page's article, without what recurs by the source's rules; or why there is none."""
    try:
        page = unpack(waiting.page)
    except Undecodable as error:
        return Rejection(error.reason, error.detail)
    found = extract_all(
        page,
        language=source.language or None,
        front=_front(source),
        named=Named(source.body, source.drop),
        rules=rules,
        parse_own=parser_of(source),
    )
    return found if isinstance(found, Rejection) else reading_of(waiting, source, page, found)


def reading_of(waiting: WaitingPage, source: Source, page: Page, article: Article) -> Reading:
    """An article with all that follows from it."""
    url = printed_url(page.url) or page.url
    document = Document(
        body=article.body,
        title=article.title,
        url=url,
        site_name=source.site_name or article.site_name or host_of(url),
        layout=Layout(source.layout),
    )
    return Reading(
        waiting=waiting,
        source=source,
        article=article,
        document=document,
        page_sha256=hashlib.sha256(page.body).hexdigest(),
        bands=signature(document.body),
    )


def revisits(reading: Reading, now: float) -> tuple[float, ...] | None:
    """When the URL is looked at again, after a text was first found there."""
    fetched = reading.waiting.page.fetched
    text_id = reading.document.id
    return revisit_times(reading.source, reading.article.published, fetched, now, text_id) or None
