"""The command that looks at a site and makes a source of it: add."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.add_shown import as_json as shown_as_json
from cli.add_shown import show
from cli.commands import command
from cli.failure import Failure
from cli.look import look
from cli.output import put, put_json, say
from cli.own_process import go_on_in_child
from config.logging import set_up_logging
from config.settings import Settings, SettingsError, load_settings
from config.sources import Source, load_sources
from crawler.urls import typed_url

if TYPE_CHECKING:
    from crawler.survey.findings import Findings
    from crawler.survey.proposal import Proposal

_DELAY = 2.0


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        add,
        ("copydesk add https://news.example.org/", "look, and append a source to the file"),
        ("copydesk add news.example.org --dry-run", "print it, and change nothing"),
        ("copydesk add https://example.org/world --name world", "a section, under a name"),
    )


def add(
    url: Annotated[
        str,
        typer.Argument(metavar="URL", help="A front page, a section, a feed or an article."),
    ],
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The source's name; else one from the host.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the source, and change no file.")
    ] = False,
    delay: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=0, help="Between two requests, now and later; 0 for no delay."
        ),
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
    problem = "" if force else _problem(found, proposal, sources, settings.sources)
    file = None if dry_run or problem else settings.sources
    _write_and_show(found, proposal, requests, file, as_json=as_json)
    if problem:
        raise Failure(problem)


def _write_and_show(
    found: "Findings", proposal: "Proposal", requests: int, file: Path | None, *, as_json: bool
) -> None:
    """Append the source to a file, if that is named, and show it with all that was found."""
    table = toml(proposal, found)
    if file:
        _write(file, table)
    if as_json:
        put_json(shown_as_json(found, proposal, table, requests, file))
    else:
        show(found, proposal, requests)
        for line in table.splitlines():
            put(line)
    if file:
        say(f"written to {file}; `copydesk once --source {proposal.fields['name']}` tries it")


def _address(url: str) -> str:
    """As it is printed everywhere."""
    printed = typed_url(url)
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
