"""What is noted of a crawl that has ended: pure, with the present passed in."""

import json
from dataclasses import replace

from config.sources import Source
from crawler.authorities import named_urls
from crawler.desk import CrawlReport
from crawler.walking.moves import moved_to
from workers.state.schedule import CrawlFacts

MOST_PROBLEMS = 20
"""Of the listings of a source, as many are told."""
# Fields of a source that hold lists of addresses.
_ADDRESSES = ("feeds", "sitemaps", "sections")


def facts_after(
    before: CrawlFacts, report: CrawlReport, *, walked: bool, started: float, now: float
) -> CrawlFacts:
    """How a source's crawls stand after one more, which began at `started` and read listings where it `walked`."""
    facts = replace(before, error=report.error, failures=before.failures + 1 if report.error else 0)
    if report.is_refused is not None:
        since = before.refused_since or started
        refusals = before.refusals + 1 if report.is_refused else 0
        facts = replace(facts, refusals=refusals, refused_since=since if refusals else 0.0)
    if walked and not report.error:
        return replace(
            facts,
            walked=now,
            links=report.links,
            new_links=report.new_links,
            problems=json.dumps(report.problems[:MOST_PROBLEMS]),
            passed_over=json.dumps(dict(report.passed_over)),
        )
    return facts


def noted(report: CrawlReport, facts: CrawlFacts) -> dict[str, float | str]:
    """What of them is noted, by the names of `CrawlFacts`; its times are noted by who knows them."""
    return {
        "error": report.error,
        "failures": facts.failures,
        "links": facts.links,
        "new_links": facts.new_links,
        "pages": report.pages,
        "delay": report.delay,
        "problems": facts.problems,
        "passed_over": facts.passed_over,
        "answered": report.answered,
        "refused": json.dumps(report.refused),
        "refusals": facts.refusals,
        "refused_since": facts.refused_since,
        "paused_until": report.not_before,
    }


def moves_of(source: Source, report: CrawlReport) -> list[dict[str, str]]:
    """Where listings were found for good: from, to, and which field should be what value instead."""
    told = []
    for url, to in report.moves.items():
        field = next((f for f in _ADDRESSES if url in getattr(source, f)), "start")
        is_found = url not in named_urls(source) and source.start
        value = moved_to(source.start, to) if is_found else to
        told.append({"from": url, "to": to, "field": field, "value": value})
    return told
