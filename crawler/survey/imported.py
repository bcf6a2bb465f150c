"""From a list of subscriptions or addresses to sources that are not there yet. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from config.sources import Source
from crawler.discovery.opml import Outline
from crawler.survey.covered import keys_of
from crawler.survey.names import source_name, unique_name
from crawler.urls import typed_url, url_key

_LONGEST_LINE = 2_100


@dataclass(frozen=True, slots=True)
class Import:
    """What comes of a list."""

    sources: tuple[dict[str, Any], ...] = ()
    """The fields of each, in the order of the file."""
    comments: tuple[str, ...] = ()
    """What stands above each."""
    passed_over: tuple[str, ...] = ()
    """What is there already, each with the source that has it."""
    problems: tuple[str, ...] = ()
    """What cannot be a source, and why."""


def read_lines(text: str) -> list[Outline]:
    """A URL a line, `https://` left out or not; empty lines and what follows a `#` at a line's beginning say nothing."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        said = line.strip().removeprefix("\ufeff")
        if not said or said.startswith("#"):
            continue
        url = typed_url(said) if len(said) <= _LONGEST_LINE else None
        problem = "" if url else f"line {number}: {said[:80]}: is no http or https address"
        found.append(Outline(site=url or "", problem=problem))
    return found


def to_import(outlines: Iterable[Outline], there: Sequence[Source]) -> Import:
    """The sources for what none of those that are there covers; feeds that were one source's become one."""
    made = _Made({source.name for source in there}, by_key=keys_of(there))
    for outline in outlines:
        url = outline.feed or outline.site
        if outline.problem:
            made.problems.append(outline.problem)
        elif covered := made.by_key.get(url_key(url)):
            made.passed_over.append(f"{url} is in source {covered!r}")
        elif outline.feed and outline.name in made.by_given_name:
            made.add_feed(outline, url)
        else:
            made.add(outline, url)
    names = list(made.fields)
    return Import(
        tuple(made.fields.values()),
        tuple(made.comments[name] for name in names),
        tuple(made.passed_over),
        tuple(made.problems),
    )


@dataclass(slots=True)
class _Made:
    """The sources so far."""

    taken: set[str]
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    by_key: dict[str, str] = field(default_factory=dict)
    """Sources, those that are there too, by the keys of their addresses."""
    by_given_name: dict[str, str] = field(default_factory=dict)
    """Sources by the names that they had where they were written."""
    times: Counter[str] = field(default_factory=Counter)
    """How often a name was asked for."""
    passed_over: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, outline: Outline, url: str) -> None:
        asked = outline.name or outline.title or source_name(url, ())
        name = unique_name(asked, self.taken, max(2, self.times[asked] + 1))
        fields: dict[str, Any] = {
            "name": name,
            # One without a title was exported under its name, which no page shall bear.
            "site_name": "" if outline.title == outline.name else outline.title,
            "start": outline.site,
            "feeds": [outline.feed] if outline.feed else [],
            "enabled": False if outline.is_off else None,
        }
        fields = {key: value for key, value in fields.items() if value not in ("", [], None)}
        try:
            Source.model_validate(fields)
        except ValidationError:
            self.problems.append(f"{url}: no source can have it")
            return
        self.taken.add(name)
        self.times[asked] += 1
        self.fields[name] = fields
        self.comments[name] = " / ".join(outline.folder)
        self.by_key[url_key(url)] = name
        if outline.name:
            self.by_given_name[outline.name] = name

    def add_feed(self, outline: Outline, url: str) -> None:
        name = self.by_given_name[outline.name]
        self.fields[name].setdefault("feeds", []).append(outline.feed)
        self.by_key[url_key(url)] = name


def to_export(sources: Iterable[Source]) -> list[Outline]:
    """An outline for each feed, and one for each source without any, at its start or what it has instead."""
    return [outline for source in sources for outline in _outlines(source)]


def _outlines(source: Source) -> list[Outline]:
    plain = Outline(
        title=source.site_name or source.name, name=source.name, is_off=not source.enabled
    )
    if source.feeds:
        return [replace(plain, feed=feed, site=source.start) for feed in source.feeds]
    places = (source.start, *source.sections, *source.sitemaps)
    return [replace(plain, site=next(filter(None, places), ""))]
