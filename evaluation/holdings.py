"""What a home holds after its crawls, page by page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crawler.document import parse
from evaluation.command import Command


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is kept: in a document, or as a near-duplicate that was dropped."""

    path: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """Texts and pages; a page is named by its id in the corpus."""

    texts: Mapping[str, Text]
    """By their ids."""
    text_of: Mapping[str, str]
    """The id of each page's text."""
    original_of: Mapping[str, str]
    """The id of the text that a page's text is called a duplicate of."""
    reported: tuple[tuple[str, str], ...]
    """Each page that is called a duplicate, and the page that it is a duplicate of."""
    unread: Mapping[str, str]
    """Why there is no article in a page that was rejected."""

    @property
    def files(self) -> frozenset[str]:
        """The paths of all texts."""
        return frozenset(text.path for text in self.texts.values())

    def text(self, page: str) -> Text | None:
        """The text of a page, or None where none was found."""
        return self.texts.get(self.text_of.get(page, ""))

    def ids(self, page: str) -> frozenset[str]:
        """The ids of a page's text and of its original."""
        found = (self.text_of.get(page), self.original_of.get(page))
        return frozenset(filter(None, found))


def read_holdings(command: Command, pages: Mapping[str, str]) -> Holdings:
    """All that is kept in a command's home. `pages` has the id of each page by its address."""
    texts, text_of, original_of, reported = {}, {}, {}, []
    for top in ("documents", "duplicates"):
        for file in command.home.glob(f"{top}/*/*/*.json"):
            sidecar = json.loads(file.read_bytes())
            texts[sidecar["id"]] = _text(command.home, file.with_suffix(".txt"))
            text_of[pages[sidecar["url"]]] = sidecar["id"]
    for record in command.lines("duplicates"):
        page = pages[record["url"]]
        text_of[page] = record["id"]
        original_of[page] = record["duplicate_of"]
        reported.append((page, pages[record["original_url"]]))
    return Holdings(texts, text_of, original_of, tuple(reported), _unread(command, pages))


def _text(home: Path, file: Path) -> Text:
    document = parse(file.read_bytes().decode())
    return Text(str(file.relative_to(home)), document.title or "", document.body)


def _unread(command: Command, pages: Mapping[str, str]) -> dict[str, str]:
    return {
        pages[event["url"]]: f"{event['reason']}: {event['detail']}".removesuffix(": ")
        for event in command.events("page rejected")
        if event["url"] in pages
    }
