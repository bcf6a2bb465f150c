"""The command that looks at a site and makes a source of it: add."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.failure import Failure
from cli.output import counted, notes, put, put_json, say
from cli.own_process import go_on_in_child
from config.logging import set_up_logging
from config.settings import Settings, SettingsError, load_settings
from config.sources import Source, load_sources
from crawler.urls import printed_url

if TYPE_CHECKING:
    from crawler.survey.findings import Findings, Found, Sample
    from crawler.survey.proposal import Proposal

_DELAY = 2.0
_FIRST_WORDS = 160
_WIDTH = 80


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(short_help="Look at a site, and make a source of it.")(add)


def add(
    url: Annotated[
        str,
        typer.Argument(metavar="URL", help="A front page, a section, a feed or an article."),
    ],
    name: Annotated[str, typer.Option(help="The source's name; else one from the host.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the source, and change no file.")
    ] = False,
    delay: Annotated[
        float, typer.Option(min=0, help="Seconds between two requests, now and later.")
    ] = _DELAY,
    allow_private: Annotated[
        bool,
        typer.Option("--allow-private", help="Let it be at a loopback or private address."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Add it though it is covered, or shows no article.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Look at a site, and append what was found to the sources file as a source.

    Finds its feeds, sitemaps, section pages, what its articles' addresses look like, language, name, time
    zone and how often it publishes; shows three articles as they would be kept. The source goes to
    standard output, all else to standard error.
    """
    settings = load_settings()
    set_up_logging(settings)
    address = _address(url)
    sources = load_sources(settings.sources) if settings.sources.exists() else ()
    asked = _asked(name, address, sources, delay, settings, allow_private=allow_private)
    if not force:
        _refuse_covered(sources, address, settings.sources)
    go_on_in_child(
        f"a page of {address} takes more than {settings.page_seconds} s to extract;"
        " COPYDESK_PAGE_SECONDS gives it more"
    )
    found, requests = look(asked, settings)
    proposal = propose(found, sources, name, delay, private=allow_private)
    table = toml(proposal, found)
    problem = "" if force else _problem(found, proposal, sources, settings.sources)
    written = not dry_run and not problem
    if written:
        _write(settings.sources, table)
    if as_json:
        put_json(_json(found, proposal, table, requests, settings.sources if written else None))
    else:
        _show(found, proposal, requests)
        for line in table.splitlines():
            put(line)
    if problem:
        raise Failure(problem)
    if written:
        source = proposal.fields["name"]
        say(f"written to {settings.sources}; `copydesk once --source {source}` tries it")


def _address(url: str) -> str:
    """As it is printed everywhere; whoever leaves the scheme out means the web's."""
    printed = printed_url(url if "://" in url else f"https://{url}")
    if not printed:
        raise SettingsError(f"{url}: allowed is an http or https address")
    return printed


def _asked(
    name: str,
    url: str,
    sources: Sequence[Source],
    delay: float,
    settings: Settings,
    *,
    allow_private: bool,
) -> Source:
    """What the look itself is allowed, as a source; checks the name before anything is asked for."""
    if any(name == source.name for source in sources):
        raise SettingsError(f"--name {name}: {settings.sources} has a source of that name")
    private = allow_private or settings.allow_private
    if name:
        try:
            Source(name=name, start=url)
        except ValueError:
            raise SettingsError(f"--name {name}: allowed are a-z, 0-9 and -, at most 100") from None
    return Source(name="add", start=url, delay=delay, allow_private=private)


def _refuse_covered(sources: Sequence[Source], url: str, file: Path) -> None:
    from crawler.survey.covered import covers  # noqa: PLC0415

    if source := covers(sources, url):
        raise Failure(f"{url} is covered by source {source!r} in {file}; --force adds it")


# Scrapy and trafilatura take a second to import, which the other commands need not wait for.


def look(source: Source, settings: Settings) -> tuple["Findings", int]:
    """What there is at a source's start, and how many pages were asked for; raises `Failure`."""
    from crawler.asking import asking  # noqa: PLC0415
    from crawler.fetching import Miss  # noqa: PLC0415
    from crawler.survey.survey import survey  # noqa: PLC0415

    with (
        _progress() as tell,
        asking(source, settings.user_agent, tell, settings.download_seconds) as questions,
    ):
        try:
            found = survey(
                questions, _extract(settings.page_seconds), source.start, datetime.now(UTC)
            )
        except Miss as miss:
            raise Failure(f"{source.start} cannot be read: {_why(miss, source)}") from None
        return found, questions.asked


def _why(miss: object, source: Source) -> str:
    """Without the address once more; and what to do where it may not be asked."""
    why = str(miss).removeprefix(source.start).lstrip(": ")
    needs_leave = "allow_private = true" in why and not source.allow_private
    return f"{why}; --allow-private does both here" if needs_leave else why


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """On a terminal, which page is being asked for."""
    with notes.status("") as status:
        asked = 0

        def tell(url: str) -> None:
            nonlocal asked
            asked += 1
            from cli.output import harmless  # noqa: PLC0415

            status.update(f"page {asked}: {harmless(url)[:100]}".replace("[", r"\["))

        yield tell


def _extract(seconds: float) -> Callable[..., Any]:
    from crawler.extraction.extract import extract  # noqa: PLC0415
    from crawler.extraction.memory import ran_out_of_memory  # noqa: PLC0415
    from crawler.page import Article, Page, Rejection  # noqa: PLC0415
    from workers.pages.limits import limits  # noqa: PLC0415

    def extracted(page: Page) -> Article | Rejection:
        try:
            with limits(seconds):
                return extract(page)
        except Exception as error:  # noqa: BLE001 - whatever a page does to it, it is no article
            reason = "out-of-memory" if ran_out_of_memory(error) else "extractor-failed"
            return Rejection(reason, repr(error)[:200])

    return extracted


def propose(
    found: "Findings", sources: Sequence[Source], name: str, delay: float, *, private: bool
) -> "Proposal":
    """The source for what was found, with a name that none of these has."""
    from crawler.survey.proposal import propose as proposal_for  # noqa: PLC0415

    taken = {source.name for source in sources}
    return proposal_for(found, taken, name, delay, private=private)


def toml(proposal: "Proposal", found: "Findings") -> str:
    """The source as it stands in the file."""
    from config.sources_written import source_table  # noqa: PLC0415

    return source_table(proposal.fields, proposal.also, f"Found at {found.asked}")


def _write(file: Path, table: str) -> None:
    from config.sources_written import add_to_file  # noqa: PLC0415

    try:
        add_to_file(file, [table])
    except OSError as error:
        raise Failure(
            f"{file}: cannot be written: {error.strerror}; nothing was changed, --dry-run prints the source"
        ) from None


def _problem(found: "Findings", proposal: "Proposal", sources: Sequence[Source], file: Path) -> str:
    """Why the source is not written; empty where it is."""
    from crawler.survey.covered import covers_all  # noqa: PLC0415

    fields = proposal.fields
    listings = [url for kind in ("feeds", "sitemaps", "sections") for url in fields.get(kind, ())]
    if source := covers_all(sources, listings):
        return f"{found.asked} is covered: source {source!r} in {file} reads all of it; --force adds it"
    articles = [sample.article for sample in found.samples if sample.article]
    if fields.get("render"):
        return ""
    if not articles:
        return "nothing was written, for no article could be read; --force writes it all the same"
    if not (listings or found.front_articles):
        return (
            "nothing was written, for no feed, sitemap or page that names its articles could be read;"
            " --force writes it all the same"
        )
    if len(articles) > 1 and len({article.body for article in articles}) == 1:
        return (
            f"nothing was written, for {len(articles)} addresses of articles show one and the same text;"
            " --force writes it all the same"
        )
    return ""


def _show(found: "Findings", proposal: "Proposal", requests: int) -> None:
    say(f"{found.site_name}: {found.start}" if found.site_name else found.start)
    article = "an" if found.what == "article" else "a"
    say(f"looked at as {article} {found.what} in {counted(requests, 'page')}, and robots.txt")
    for kind, listings in (
        ("feeds", found.feeds),
        ("sitemaps", found.sitemaps),
        ("sections", found.sections),
    ):
        if listings:
            say("")
            say(f"{kind} (+ is read)")
        for one in listings:
            is_named = one.url in proposal.fields.get(kind, ())
            say(f"  {'+' if is_named else ' '} {one.url}  {_told(one)}")
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


def _json(
    found: "Findings", proposal: "Proposal", table: str, requests: int, file: Path | None
) -> Mapping[str, Any]:
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
            for kind, listings in (
                ("feeds", found.feeds),
                ("sitemaps", found.sitemaps),
                ("sections", found.sections),
            )
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
