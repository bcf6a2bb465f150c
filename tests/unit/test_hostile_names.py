"""Titles, addresses and texts of strangers, wherever they become a file name, a key, or a line."""

import contextlib
import json
import logging
import re
from collections.abc import Iterator
from datetime import date
from typing import Literal

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from cli.output import harmless, put_json
from config.logging import set_up_logging
from config.settings import Settings
from config.sources import Source
from crawler.document import Document
from crawler.urls import authority, printed_url, url_key
from workers.state.connection import key
from workers.storage.places import Place

HOSTILE = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("/\\.:%?#@&\0\r\n\t\x1b\x9b\u2028\u2029\u202e\u2066\ufeff*'\"<>{}[] "),
    ),
    max_size=60,
)
ADDRESSES = st.builds(
    "{}{}{}".format,
    st.sampled_from(["http://a.b/", "https://a.b:81/x?", "//a/", ""]),
    HOSTILE,
    HOSTILE,
)
NAMES = st.text(
    st.one_of(st.sampled_from("az09-"), st.characters(exclude_categories=["Cs"])), max_size=80
)


@given(NAMES, HOSTILE, HOSTILE, HOSTILE)
def test_a_path_is_made_of_plain_letters_and_stays_in_its_folder(
    name: str, title: str, url: str, body: str
) -> None:
    with contextlib.suppress(ValueError):
        source = Source(name=name, start="https://a.example/")
        document = Document(body=body, title=title, url=url, site_name=title)
        for number in (None, 0, 12345):
            place = Place(source.name, date(2026, 11, 22), document.id, number)
            for path in (place.text_path, place.sidecar_path):
                assert re.fullmatch(
                    r"(documents|duplicates)/[a-z0-9-]+/2026-11-22/[0-9a-f_]+\.(txt|json)", path
                )
                assert max(map(len, path.split("/"))) <= 255


@given(ADDRESSES)
def test_a_key_is_one_line_of_ascii_and_has_no_second_meaning(address: str) -> None:
    url = printed_url(address)
    if url is None:
        return

    for part in (url_key(url), authority(url)):
        assert part.isascii()
        assert part.isprintable()
        assert " " not in part
    # What is behind the last colon of a key may hold colons: nothing stands after it.
    assert key("host", authority(url)).split(":", 2)[2] == authority(url)


@given(HOSTILE)
@pytest.mark.parametrize("log_format", ["human", "json"])
def test_whatever_is_logged_is_one_printable_line(
    log_format: Literal["human", "json"], text: str
) -> None:
    with _captured(log_format) as lines:
        structlog.get_logger("workers.ingest").error("page rejected", url=text, reason=text)
        logging.getLogger("scrapy").error("from a library: %s", text)

    assert len(lines) == 2
    for line in lines:
        assert line.isprintable()
    if log_format == "json":
        assert json.loads(lines[0])["url"] == text


@given(HOSTILE)
def test_whatever_is_printed_is_one_printable_line(text: str) -> None:
    assert harmless(text).isprintable()


@given(HOSTILE)
def test_json_for_a_terminal_is_one_printable_line_and_says_the_same(text: str) -> None:
    with contextlib.redirect_stdout(_Lines()) as out:
        put_json({"title": text, text: 1})

    (line,) = "".join(out.written).splitlines()
    assert line.isprintable()
    assert json.loads(line) == {"title": text, text: 1}


class _Lines:
    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str) -> int:
        self.written.append(text)
        return len(text)

    def flush(self) -> None:
        """As a file has it."""


@contextlib.contextmanager
def _captured(log_format: Literal["human", "json"]) -> Iterator[list[str]]:
    """What is logged in the block, by line; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    set_up_logging(Settings(log_format=log_format))
    (handler,) = root.handlers
    lines: list[str] = []
    handler.emit = lambda record: lines.extend(handler.format(record).split("\n"))  # type: ignore[method-assign]
    try:
        yield lines
    finally:
        structlog.reset_defaults()
        logging.captureWarnings(False)
        root.handlers, root.level = handlers, level
