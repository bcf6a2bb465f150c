"""One look at a site: as few pages as show what its listings are and what its articles look like."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from urllib.parse import urljoin

from crawler.discovery.links import looks_like_article
from crawler.discovery.listing import Link, ListingKind
from crawler.discovery.start import read_start
from crawler.fetching import Miss, MissKind
from crawler.page import Article, Page, Rejection
from crawler.survey import shapes
from crawler.survey.clock import zone_of
from crawler.survey.findings import Asked, Findings, Found, Sample
from crawler.survey.front import Front, read_front
from crawler.survey.listings import Listings, Web
from crawler.survey.names import site_name
from crawler.survey.places import is_below, is_front, language_in, segments_of
from crawler.survey.rhythm import Rhythm, rhythm
from crawler.survey.sections import candidates, listed
from crawler.urls import authority, host_of, url_key

Extract = Callable[[Page], Article | Rejection]

_MOST_SECTIONS, _MOST_WITHOUT_OTHERS = 6, 12
_SAMPLES, _MOST_TRIED = 3, 5
_MANY = 0.2
"""Share of the articles that makes their host one of the site's."""


def survey(web: Web, extract: Extract, url: str, now: datetime) -> Findings:
    """What there is at an address and around it; raises `Miss` where the address itself brings no page."""
    return _Survey(web, extract, now).look_at(url)


class _Survey:
    def __init__(self, web: Web, extract: Extract, now: datetime) -> None:
        self._web = web
        self._extract = extract
        self._now = now
        self._fronts: list[Front] = []
        self._listings = Listings(web, now)
        self._samples: list[Sample] = []
        self._seen: list[Front] = []
        """The samples' own pages."""

    def look_at(self, url: str) -> Findings:
        page = self._web.ask(url)
        self._web.admit(page.url)
        given = read_start(page.body, page.url, page.content_type)
        if given.is_feed or given.is_sitemap:
            return self._around(url, page, is_feed=given.is_feed)
        front = read_front(page, {authority(page.url)})
        if self._is_article(page):
            above = urljoin(
                page.url, f"/{segments_of(page.url)[0]}" if language_in(page.url) else "/"
            )
            root = urljoin(page.url, "/")
            front = self._page(above) or (above != root and self._page(root)) or Front(root)
            return self._all_of(url, front, Asked.ARTICLE)
        what = Asked.FRONT if is_front(page.url) else Asked.SECTION
        return self._all_of(url, front, what)

    def _is_article(self, page: Page) -> bool:
        if is_front(page.url) or not looks_like_article(page.url, trusted=True):
            return False
        found = self._extract(page)
        if isinstance(found, Rejection):
            return False
        if not (found.published or looks_like_article(page.url, trusted=False)):
            return False
        self._samples.append(Sample(page.url, found))
        return True

    def _around(self, url: str, page: Page, *, is_feed: bool) -> Findings:
        """What a feed or a sitemap that was named by itself stands for; no other listing is looked for."""
        found = self._listings.feed(page) if is_feed else self._listings.sitemap(page)
        if found is None:
            raise Miss(MissKind.UNFIT, "no-listing", f"{page.url}: names no article")
        hosts = Counter(authority(link.url) for link in found.links)
        root = urljoin(next((link.url for link in found.links), page.url), "/")
        site = next((head.site for head in self._listings.heads), "") or root
        for other in (site, *(f"https://{host}/" for host, _ in hosts.most_common(2))):
            self._web.admit(other)
        front = self._page(site) or Front(site)
        what = Asked.FEED if is_feed else Asked.SITEMAP
        feeds, sitemaps = ((found,), ()) if is_feed else ((), (found,))
        return self._conclude(url, front, what, feeds, sitemaps, ())

    def _all_of(self, url: str, front: Front, what: Asked) -> Findings:
        self._fronts.append(front)
        feeds = tuple(self._listings.feeds(front))
        sitemaps = tuple(self._listings.sitemaps(front))
        known = [link.url for found in (*feeds, *sitemaps) for link in found.links]
        has_others = any(found.is_own and found.links for found in (*feeds, *sitemaps))
        most = _MOST_SECTIONS if has_others else _MOST_WITHOUT_OTHERS
        sections = tuple(self._sections(front, [*front.articles, *known], what, most))
        return self._conclude(url, front, what, feeds, sitemaps, sections)

    def _sections(
        self, front: Front, articles: Iterable[str], what: Asked, most: int
    ) -> Iterator[Found]:
        left = most
        for url in candidates(front, front.url, articles)[: 2 * most]:
            if left and (page := self._page(url)):
                self._fronts.append(page)
                left -= 1
        pages = list({page.url: page for page in self._fronts}.values())
        for page in pages:
            is_front_page = page.url == front.url and what is not Asked.SECTION
            if not is_front_page and (articles := listed(page, pages)):
                links = tuple(map(Link, articles))
                yield Found(ListingKind.SECTION, page.url, links, title=page.title)

    # What they have in common.

    def _conclude(
        self,
        url: str,
        front: Front,
        what: Asked,
        feeds: tuple[Found, ...],
        sitemaps: tuple[Found, ...],
        sections: tuple[Found, ...],
    ) -> Findings:
        own = [found for found in (*feeds, *sitemaps) if found.is_own]
        dated = [link for found in own for link in found.links]
        named = [*dated, *(link for found in sections for link in found.links)]
        hosts = Counter(authority(link.url) for link in dated)
        wanted, unwanted = self._sorted_out(front, [link.url for link in named], what)
        pattern = shapes.propose(wanted, unwanted, _kept(front.url, wanted))
        self._take_samples(wanted, pattern)
        good = [sample.article for sample in self._samples if sample.article]
        if not good:
            pattern = None
        zone, clock = zone_of(host_of(front.url), [article.published for article in good])
        return Findings(
            asked=url,
            what=what,
            start=front.url,
            feeds=feeds,
            sitemaps=sitemaps,
            sections=sections,
            front_articles=tuple(front.articles),
            pattern=pattern,
            samples=tuple(self._samples),
            site_name=self._site_name(front, good),
            language=self._language(front, good),
            timezone=zone,
            clock=clock,
            rhythm=self._rhythm(dated, feeds, pattern),
            is_shell=front.is_shell,
            moved_from=authority(url) if authority(url) != authority(front.url) else "",
            article_hosts=tuple(h for h, n in hosts.most_common(3) if n > _MANY * len(dated)),
            problems=tuple(dict.fromkeys(self._listings.problems)),
        )

    def _site_name(self, front: Front, articles: Sequence[Article]) -> str:
        return site_name(
            [*(self._fronts or [front]), *self._seen],
            [head.title for head in self._listings.heads],
            [article.site_name for article in articles if article.site_name],
            host_of(front.url),
        )

    def _rhythm(
        self, dated: Sequence[Link], feeds: Sequence[Found], pattern: shapes.Pattern | None
    ) -> Rhythm | None:
        """How often the articles that the pattern finds are published."""
        fitting = [x for x in dated if pattern is None or re.search(pattern.expression, x.url)]
        own = [found for found in feeds if found.is_own and found.links]
        shortest = min((len(found.links) for found in own), default=0)
        return rhythm((link.published for link in fitting), self._now, shortest)

    def _sorted_out(
        self, front: Front, named: Sequence[str], what: Asked
    ) -> tuple[list[str], list[str]]:
        """The articles of what was asked for, and all other addresses of the site."""
        pages = self._fronts or [front]
        articles = [*named, *(url for page in pages for url in page.articles)]
        if what in (Asked.FEED, Asked.SITEMAP):
            # What others of its site it would name, had it more room, is not to be known.
            wanted = list(dict.fromkeys(named))
            keys = {url_key(url) for url in articles}
        else:
            wanted = _of_start(articles, front.url, list(front.articles) or articles)
            keys = {url_key(url) for url in wanted}
        others = [front.url, *(page.url for page in pages), *articles]
        others += [url for page in pages for url in page.others]
        return wanted, [url for url in others if url_key(url) not in keys]

    def _take_samples(self, wanted: Sequence[str], pattern: shapes.Pattern | None) -> None:
        """Fetch some that the pattern takes for articles, and extract them."""
        fitting = [url for url in wanted if pattern is None or re.search(pattern.expression, url)]
        known = {url_key(sample.url) for sample in self._samples}
        once = list({url_key(url): url for url in reversed(fitting)}.items())[::-1]
        spread = [url for key, url in _spread(once) if key not in known]
        for url in spread[:_MOST_TRIED]:
            if sum(1 for sample in self._samples if sample.article) >= _SAMPLES:
                return
            self._samples.append(self._sample(url))

    def _sample(self, url: str) -> Sample:
        try:
            page = self._web.ask(url)
        except Miss as miss:
            return Sample(url, problem=str(miss))
        found, seen = self._extract(page), read_front(page, ())
        if isinstance(found, Article):
            self._seen.append(seen)
            return Sample(page.url, found)
        is_shell = seen.is_shell
        return Sample(
            page.url, problem=f"{found.reason}: {found.detail}".strip(": "), is_shell=is_shell
        )

    def _language(self, front: Front, articles: Sequence[Article]) -> str:
        """What the articles are written in, if that is one language; without any, what the site says."""
        spoken = {article.language for article in articles if article.language}
        if spoken:
            return spoken.pop() if len(spoken) == 1 else ""
        return front.language or next((head.language for head in self._listings.heads), "")

    def _page(self, url: str) -> Front | None:
        page = self._listings.ask(url)
        return read_front(page, {authority(page.url)}) if page else None


def _of_start(articles: Sequence[str], start: str, ground: Sequence[str]) -> list[str]:
    """The articles of a start: where most of its own are below it, and of its language, only such."""

    def is_of(url: str) -> bool:
        return is_below(url, start) and language_in(url) == language_in(start)

    has_form = sum(map(is_of, ground)) >= max(2, _MANY * len(ground))
    return list(dict.fromkeys(url for url in articles if is_of(url) or not has_form))


def _kept(start: str, wanted: Sequence[str]) -> str:
    below = bool(wanted) and all(is_below(url, start) for url in wanted)
    return "/".join(segments_of(start)) if below else ""


def _spread(items: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first one, then some from among the newest that are not beside one another."""
    return [item for first in (0, 1, 2) for item in items[first:12:3]]
