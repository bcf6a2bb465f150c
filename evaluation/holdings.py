"""What a home holds after its crawls, page by page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crawler.document import parse
from evaluation.command import Command

_TOPS = ("documents", "duplicates")


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is kept: in a document, or as a near-duplicate that was dropped."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """Texts and pages; a page is named by its id in the corpus."""

    texts: Mapping[str, Text]
    """By their ids."""
    files: Mapping[str, str]
    """The id of each text by the path of its file."""
    text_of: Mapping[str, str]
    """The id of each page's text."""
    original_of: Mapping[str, str]
    """The id of the text that a page's text is called a duplicate of."""
    reported: tuple[tuple[str, str], ...]
    """Each page that is called a duplicate, and the page that it is a duplicate of."""
    unread: Mapping[str, str]
    """Why there is no article in a page that was rejected."""

    def text(self, page: str) -> Text | None:
        """The text of a page, or None where none was found."""
        return self.texts.get(self.text_of.get(page, ""))

    def ids(self, page: str) -> frozenset[str]:
        """The ids of a page's text and of its original."""
        found = (self.text_of.get(page), self.original_of.get(page))
        return frozenset(filter(None, found))


def read_holdings(command: Command, pages: Mapping[str, str]) -> Holdings:
    """All that is kept in a command's home. `pages` has the id of each page by its address."""
    texts: dict[str, Text] = {}
    files: dict[str, str] = {}
    text_of: dict[str, str] = {}
    for file in text_files(command.home):
        sidecar = json.loads(file.with_suffix(".json").read_bytes())
        document = parse(file.read_bytes().decode())
        texts[sidecar["id"]] = Text(document.title or "", document.body)
        files[str(file.relative_to(command.home))] = sidecar["id"]
        text_of[pages[sidecar["url"]]] = sidecar["id"]
    records = command.lines("duplicates")
    return Holdings(
        texts=texts,
        files=files,
        text_of=text_of | {pages[record["url"]]: record["id"] for record in records},
        original_of={pages[record["url"]]: record["duplicate_of"] for record in records},
        reported=tuple((pages[record["url"]], pages[record["original_url"]]) for record in records),
        unread=_unread(command, pages),
    )


def text_files(home: Path) -> list[Path]:
    """The files of all texts in a home."""
    return [file for top in _TOPS for file in home.glob(f"{top}/*/*/*.txt")]


def _unread(command: Command, pages: Mapping[str, str]) -> dict[str, str]:
    return {
        pages[event["url"]]: f"{event['reason']}: {event['detail']}".removesuffix(": ")
        for event in command.events("page.ended")
        if event["outcome"] == "rejected" and event["url"] in pages
    }
