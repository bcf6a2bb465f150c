"""The stories of the sample sites, read from `articles/*.toml`, and their text as HTML."""

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from importlib.resources import files
from typing import Any, Self

from demo import typography

SETTING: dict[str, Callable[[str], str]] = {"fr": typography.french}
"""How the broadcaster sets a language; the others stand as they were written."""


@dataclass(frozen=True, slots=True)
class Story:
    """An article, before a page is made of it."""

    number: int
    section: str
    slug: str
    title: str
    author: str
    language: str
    published: datetime
    modified: datetime
    kind: str = "article"
    """What its page is: an `article`, a `teaser`, or no article at all (`gone`, `login`, ...)."""
    text: str = ""
    """Its blocks, in the small notation that `articles/fr.toml` explains."""
    picture: str | None = None
    """The caption."""

    @classmethod
    def read(cls, entry: dict[str, Any], language: str, opened: datetime) -> Self:
        """A story of the data files; its age counts back from *opened*."""
        published = opened - timedelta(hours=entry["hours"])
        fields: dict[str, Any] = {name: entry[name] for name in entry.keys() & set(cls.__slots__)}
        return cls(
            **{"language": language, "published": published, "modified": published, **fields}
        )

    @property
    def name(self) -> str:
        """The last part of its address."""
        return f"{self.number}-{self.slug}"

    @property
    def summary(self) -> str:
        """The first sentence."""
        return self.text.strip().partition("\n")[0].partition(". ")[0]

    def reset(self, setting: Callable[[str], str]) -> Self:
        """The story in another typography."""
        picture = self.picture and setting(self.picture)
        return replace(self, title=setting(self.title), text=setting(self.text), picture=picture)


def of_edition(language: str, opened: datetime, updated: datetime | None = None) -> list[Story]:
    """The broadcaster's stories in a language, newest first.

    From the moment *updated* on, a story with a correction reads as corrected.
    """
    stories = []
    for entry in _entries(language):
        story = Story.read(entry, language, opened)
        if updated and "correction" in entry:
            was, reads = entry["correction"]
            story = replace(story, text=_replaced(story.text, was, reads), modified=updated)
        stories.append(story.reset(SETTING.get(language, str)))
    return sorted(stories, key=lambda story: story.published, reverse=True)


def of_agency(opened: datetime, updated: datetime | None = None) -> list[Story]:
    """The agency's stories, newest first: its own, and from *updated* on those that it carries."""
    own = [entry for entry in _entries("agency") if "text" in entry]
    stories = [Story.read(entry, entry["language"], opened) for entry in own]
    if updated:
        stories += _carried(updated)
    stories = [story.reset(typography.straight) for story in stories]
    return sorted(stories, key=lambda story: story.published, reverse=True)


def _carried(updated: datetime) -> list[Story]:
    originals = {e["number"]: e for language in ("fr", "es", "en") for e in _entries(language)}
    stories = []
    for entry in _entries("agency"):
        if "carries" in entry:
            text = originals[entry["carries"]]["text"]
            for was, reads in entry.get("edits", ()):
                text = _replaced(text, was, reads)
            text = f"{text.rstrip()}\n\n{entry.get('further', '').strip()}"
            stories.append(Story.read(entry | {"text": text}, entry["language"], updated))
    return stories


def body_html(text: str) -> str:
    """The blocks of a text as HTML."""
    return "\n".join(_block(block.splitlines()) for block in text.strip().split("\n\n") if block)


def _block(lines: list[str]) -> str:
    mark, _, first = lines[0].partition(" ")
    match mark:
        case "##":
            return f"<h2>{escape(first)}</h2>"
        case ">":
            return f"<blockquote><p>{escape(first)}</p></blockquote>"
        case "-":
            return _wrapped("ul", (f"<li>{escape(line[2:])}</li>" for line in lines))
        case "|":
            heads, *rows = (line.strip("| ").split(" | ") for line in lines)
            return _wrapped("table", [_row("th", heads), *(_row("td", row) for row in rows)])
        case _:
            return f"<p>{escape(' '.join(lines))}</p>"


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _wrapped(tag: str, parts: Iterable[str]) -> str:
    return "\n".join([f"<{tag}>", *parts, f"</{tag}>"])


def _replaced(text: str, was: str, reads: str) -> str:
    if was not in text:
        raise ValueError(f"an edit of the sample stories finds nothing to change: {was!r}")
    return text.replace(was, reads)


def _entries(name: str) -> list[dict[str, Any]]:
    data = files("demo").joinpath("articles", f"{name}.toml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = tomllib.loads(data)["story"]
    return entries
