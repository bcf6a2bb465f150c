"""From what was found at a site to the source that is proposed, and to what a person has to know. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from config.sources import Source
from crawler.survey.findings import Asked, Findings, Found
from crawler.survey.names import source_name
from crawler.survey.places import language_in
from crawler.survey.sections import covering
from crawler.urls import authority, url_key

# From this share of what a front page names, feeds are enough by themselves.
_ENOUGH = 0.5
_FEWEST = 5
_MOST_SECTIONS = 10
_ADDS = 2


@dataclass(frozen=True, slots=True)
class Proposal:
    """A source, its fields in the order of the file."""

    fields: dict[str, Any]
    also: dict[str, list[str]] = field(default_factory=dict)
    """Listings that were found and are not needed, by field."""
    notes: tuple[str, ...] = ()
    """What was not found, and what to do."""


def propose(
    found: Findings,
    taken: Collection[str],
    name: str = "",
    delay: float = 2.0,
    *,
    private: bool = False,
) -> Proposal:
    """The source for what was found; none of those `taken` has its name, unless `name` asks for it."""
    feeds, sitemaps, sections = _chosen(found)
    fields: dict[str, Any] = {
        "name": name or source_name(found.start, taken),
        "site_name": found.site_name,
        "language": found.language,
        "start": found.start,
        "feeds": feeds,
        "sitemaps": sitemaps,
        "sections": sections,
        "article_urls": found.pattern.expression if found.pattern else "",
        "hosts": _hosts(found, [found.start, *feeds, *sitemaps, *sections]),
        "schedule": found.rhythm.schedule if found.rhythm else "",
        "timezone": found.timezone,
        "delay": delay if delay != Source.model_fields["delay"].default else None,
        "render": _needs_rendering(found) and _can_render(),
        "allow_private": private,
    }
    named = {*feeds, *sitemaps, *sections}
    also = {
        kind: [
            one.url for one in listings if one.url not in named and one.is_own and not one.is_stale
        ]
        for kind, listings in (
            ("feeds", found.feeds),
            ("sitemaps", found.sitemaps),
            ("sections", found.sections),
        )
    }
    return Proposal(
        {key: value for key, value in fields.items() if not _is_default(value)},
        {kind: urls for kind, urls in also.items() if urls},
        tuple(_notes(found, [*feeds, *sitemaps, *sections])),
    )


def _is_default(value: Any) -> bool:
    return value is None or value is False or value in ("", [])


def _chosen(found: Findings) -> tuple[list[str], list[str], list[str]]:
    """Feeds; where they name too little of the front page, sitemaps too; and then sections."""
    known: set[str] = set()
    feeds = list(_adding(found.feeds, known))
    if feeds and _is_covered(found, known):
        return feeds, [], []
    sitemaps = list(_adding(found.sitemaps, known))
    if (feeds or sitemaps) and _is_covered(found, known):
        return feeds, sitemaps, []
    named = {one.url: [url_key(link.url) for link in one.links] for one in found.sections}
    sections = covering(named, known, _MOST_SECTIONS)
    known = known.union(*(named[url] for url in sections))
    # What the front page alone names is read there.
    front = {found.start: [url_key(url) for url in found.front_articles]}
    return feeds, sitemaps, sections + [u for u in covering(front, known, 1) if u not in sections]


def _adding(listings: Sequence[Found], known: set[str]) -> Iterator[str]:
    """Those that name what the ones before them do not."""
    for one in listings:
        keys = {url_key(link.url) for link in one.links} - known
        if one.is_own and not one.is_stale and len(keys) >= (_ADDS if known else 1):
            known |= keys
            yield one.url


def _is_covered(found: Findings, known: set[str]) -> bool:
    named = {url_key(url) for url in found.front_articles}
    return len(named) < _FEWEST or len(named & known) >= _ENOUGH * len(named)


def _hosts(found: Findings, named: Sequence[str]) -> list[str]:
    """Hosts of articles that no address of the source names."""
    known = {authority(url) for url in named}
    return [host for host in found.article_hosts if host not in known]


def _needs_rendering(found: Findings) -> bool:
    has_article = any(sample.article for sample in found.samples)
    return not has_article and (found.is_shell or any(sample.is_shell for sample in found.samples))


def _can_render() -> bool:
    try:
        Source.model_validate({"name": "a", "start": "https://example.org/", "render": True})
    except ValidationError:
        return False
    return True


def _notes(found: Findings, listings: list[str]) -> Iterator[str]:
    if found.moved_from:
        yield f"{found.moved_from} leads to {authority(found.start)}, which is named instead"
    yield from _notes_on_listings(found, listings)
    yield from _notes_on_articles(found)
    languages = {s.article.language for s in found.samples if s.article and s.article.language}
    if len(languages) > 1:
        yield f"language: its articles are in several ({', '.join(sorted(languages))}); each page's own word is taken"
    elif not found.language:
        yield "language: nothing says it; each page's own word is taken"
    if not found.site_name:
        yield "site_name: nothing says what the site is called; each page's own word is taken, or the host"
    if not found.timezone:
        told = f" ({found.clock})" if found.clock else ""
        yield f"timezone: cannot be told{told}; name it if you write a crontab line"
    if not found.rhythm:
        yield "schedule: the listings give too few times to tell how often it publishes; every 30m is the default"


def _notes_on_listings(found: Findings, listings: list[str]) -> Iterator[str]:
    for one in (*found.feeds, *found.sitemaps):
        if one.is_stale:
            yield f"{one.url}: its newest article is of {one.newest[:10]}; it is not named"
        elif not one.is_own:
            yield f"{one.url}: is of the whole site, and not of {found.start} alone; it is not named"
    if found.what not in (Asked.FEED, Asked.SITEMAP):
        if not found.feeds:
            yield "no feed: none is declared, and none is in the usual places"
        if not found.sitemaps:
            yield "no sitemap: robots.txt names none, and none is in the usual places"
        if not found.sections:
            yield "no section pages: no page that the front page leads to names articles of its own"
    if not listings:
        yield (
            "no listing is of use: the source has its start alone, and each crawl looks again;"
            " name feeds, sitemaps or sections if you know them"
        )


def _notes_on_articles(found: Findings) -> Iterator[str]:
    articles = [sample for sample in found.samples if sample.article]
    if _needs_rendering(found):
        yield (
            "its pages show nothing until their JavaScript has run: render = true lets a browser do that"
            + ("" if _can_render() else ", which is not built yet")
        )
    elif not found.samples:
        yield "no article was found to try: no listing and no link looks like one"
    elif not articles:
        yield (
            "no article could be read from it; `copydesk extract URL` shows why,"
            ' body = "CSS selector" says where the text stands'
        )
    if articles and not found.pattern:
        yield (
            "article_urls: no form tells articles from all else well enough; addresses are guessed at,"
            " and `copydesk sources --json` counts what was passed over"
        )
    if language_in(found.start) and not found.pattern:
        yield f"other editions than {found.start} may come along: write article_urls by hand to keep them out"
