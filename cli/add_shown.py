"""What `copydesk add` has found at a site, as a person and as a program read it."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from cli.output import counted, say

if TYPE_CHECKING:
    from crawler.survey.findings import Findings, Found, Sample
    from crawler.survey.proposal import Proposal

_FIRST_WORDS = 160
_WIDTH = 80


def show(found: "Findings", proposal: "Proposal", requests: int) -> None:
    """For a person."""
    say(f"{found.site_name}: {found.start}" if found.site_name else found.start)
    article = "an" if found.what == "article" else "a"
    say(f"looked at as {article} {found.what} in {counted(requests, 'page')}, and robots.txt")
    _show_listings(found, proposal)
    if found.pattern:
        say("")
        say("articles' addresses")
        say(f"    {found.pattern.expression}")
        say(
            f"    finds {found.pattern.finds} of {counted(found.pattern.articles, 'article')},"
            f" and {found.pattern.wrong} of {found.pattern.others} other addresses"
        )
    if found.rhythm:
        say("")
        say(f"publishes {found.rhythm.a_day} articles a day")
    say("")
    say("articles")
    for sample in found.samples:
        _show_sample(sample)
    for heading, lines in (
        ("not found, and what to know", proposal.notes),
        ("not read", found.problems),
    ):
        if lines:
            say("")
            say(heading)
        for line in lines:
            _say_wrapped(line, "  - ")
    say("")


def _show_listings(found: "Findings", proposal: "Proposal") -> None:
    for kind, listings in _listings(found):
        if listings:
            say("")
            say(f"{kind} (+ is read)")
        for one in listings:
            is_named = one.url in proposal.fields.get(kind, ())
            say(f"  {'+' if is_named else ' '} {one.url}  {_told(one)}")


def _listings(found: "Findings") -> "tuple[tuple[str, tuple[Found, ...]], ...]":
    return ("feeds", found.feeds), ("sitemaps", found.sitemaps), ("sections", found.sections)


def _say_wrapped(text: str, before: str) -> None:
    """In lines that fit a narrow terminal; addresses stay whole."""
    for line in wrap(
        text, _WIDTH, initial_indent=before, subsequent_indent=" " * len(before),
        break_long_words=False, break_on_hyphens=False,
    ):  # fmt: skip
        say(line)


def _told(one: "Found") -> str:
    newest = f", newest {one.newest[:10]}" if one.newest else ""
    children = f", {counted(one.children, 'sitemap')}" if one.children else ""
    return f"{counted(len(one.links), 'article')}{children}{newest}"


def _show_sample(sample: "Sample") -> None:
    article = sample.article
    say(f"    {sample.url}")
    if article is None:
        say(f"      {sample.problem}")
        return
    say(f"      {article.title or '(no title)'}")
    say(f"      {article.published or 'no date'}, {len(article.body)} letters")
    _say_wrapped(_first_words(article.body), "      ")


def _first_words(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _FIRST_WORDS else line[:_FIRST_WORDS].rsplit(" ", 1)[0] + " …"


def as_json(
    found: "Findings", proposal: "Proposal", table: str, requests: int, file: Path | None
) -> Mapping[str, Any]:
    """For a program."""
    pattern, rhythm = found.pattern, found.rhythm
    return {
        "asked": found.asked,
        "is": str(found.what),
        "source": proposal.fields,
        "toml": table,
        "written": str(file) if file else None,
        "found": {
            kind: [
                {"url": one.url, "articles": len(one.links), "newest": one.newest or None}
                for one in listings
            ]
            for kind, listings in _listings(found)
        },
        "article_urls": pattern
        and {
            "pattern": pattern.expression,
            "finds": pattern.finds,
            "articles": pattern.articles,
            "wrong": pattern.wrong,
            "others": pattern.others,
        },
        "articles_a_day": rhythm and rhythm.a_day,
        "articles": [_sample_json(sample) for sample in found.samples],
        "notes": list(proposal.notes),
        "problems": list(found.problems),
        "pages": requests,
    }


def _sample_json(sample: "Sample") -> Mapping[str, Any]:
    article = sample.article
    if article is None:
        return {"url": sample.url, "problem": sample.problem}
    return {
        "url": sample.url,
        "title": article.title,
        "published": article.published,
        "letters": len(article.body),
        "begins": _first_words(article.body),
    }
