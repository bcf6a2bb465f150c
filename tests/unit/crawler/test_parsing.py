"""A parser of one's own: what it gets and gives, what becomes of its mistakes, and the example of the documentation."""

import os
import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from config.parsers import ParserError, load, problem_of, version_of
from config.sources import SourcesError, load_sources
from crawler.extraction.extract import extract
from crawler.extraction.recurring import NO_RULES
from crawler.page import Article, Page, Rejection
from crawler.parsing import parse_with
from rig.stories import Story, article_page

DOCUMENTATION = Path(__file__).parents[3] / "docs/parsers.md"
STORY = Story.numbered(7)


def _page(markup: str, url: str = "https://www.gazette.example/news/7") -> Page:
    kind = "text/html; charset=utf-8"
    return Page(url, url, 200, datetime(2026, 11, 28, tzinfo=UTC), kind, "", markup.encode())


class Parser:
    """A parser in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "parsers").mkdir()
        self.file = folder / "parsers/gazette.py"

    def write(self, text: str) -> None:
        self.file.write_text(text)

    def returns(self, value: str) -> None:
        self.write(f"from crawler.parsing import Parsed\ndef parse(page):\n    return {value}\n")

    def read(self, markup: str = "", **where: str) -> Article | Rejection:
        own = partial(parse_with, self.folder, "parsers.gazette:parse", None)
        page = _page(markup or article_page(STORY), **where)
        return extract(page, rules=NO_RULES, parse_own=own)


@pytest.fixture
def parser(tmp_path: Path) -> Parser:
    return Parser(tmp_path)


def test_the_example_of_the_documentation(parser: Parser) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENTATION.read_text(), re.DOTALL)
    parser.write(example)
    found = parser.read()
    assert isinstance(found, Article)
    assert found.body.split("\n\n") == list(STORY.paragraphs)
    assert found.authors == ("The Gazette's desk",)
    assert found.title == STORY.title
    assert found.extractor["name"] == "parsers.gazette:parse"
    assert re.fullmatch("[0-9a-f]{12}", found.extractor["version"])
    bare = "<html><body><h1>Short</h1><div class='story'><p>One.</p><p>Two.</p></div></body></html>"
    found = parser.read(bare)
    assert isinstance(found, Article)
    assert (found.title, found.body) == ("Short", "One.\n\nTwo.")
    found = parser.read(url="https://www.gazette.example/live/1")
    assert isinstance(found, Rejection)
    assert found.reason == "parser-none"


def test_what_it_gives_is_brought_into_normal_form(parser: Parser) -> None:
    parser.returns(r"Parsed(['a\x00 b  ', '\u2028c'], title=' x\ny\x1b[2J', authors=['', 'D'])")
    found = parser.read()
    assert isinstance(found, Article)
    assert (found.body, found.title, found.authors) == ("a b\n\nc", "x y[2J", ("D",))


@pytest.mark.parametrize(
    "value", ["None", "Parsed('')", "Parsed([' ', '\\x00'])", "page.default()"]
)
def test_no_document_is_a_rejection(parser: Parser, value: str) -> None:
    parser.returns(value)
    found = parser.read("<html><body><p>short</p></body></html>")
    assert isinstance(found, Rejection)
    assert found.reason == "parser-none"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{'body': 'x'}", "not dict"),
        ("'text'", "not str"),
        ("Parsed(3)", "TypeError"),
        ("Parsed([1])", "TypeError"),
        ("Parsed('x', title=3)", "is no text"),
        ("Parsed('x', authors=3)", "TypeError"),
        ("Parsed('x', language='French')", "language"),
        ("Parsed('x', published='yesterday')", "published"),
        ("Parsed('x', modified='2021-12-16T09:12:00')", "offset"),
        ("Parsed('x' * 6_000_000)", "allowed are"),
        ("Parsed('x', modified='20211216')", "modified"),
        ("Parsed('x', published='2021-02-30')", "published"),
        ("exit(3)", "SystemExit: 3 (gazette.py, line 3)"),
        ("exec('class E(Exception):\\n  __str__ = 1\\nraise E')", "E: without words"),
        ("page.no_such_thing", "gazette.py, line 3"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_what_is_no_answer_is_told_in_a_line(parser: Parser, value: str, words: str) -> None:
    parser.returns(value)
    with pytest.raises(ParserError, match=re.escape(words)) as caught:
        parser.read()
    assert len(str(caught.value).splitlines()) == 1


def test_one_author_is_no_row_of_letters(parser: Parser) -> None:
    parser.returns("Parsed('x', authors='Ann Bell')")
    found = parser.read()
    assert isinstance(found, Article)
    assert found.authors == ("Ann Bell",)


def test_times_that_are_allowed(parser: Parser) -> None:
    parser.returns("Parsed('x', published='2021-12-16', modified='2021-12-16T09:12:00-05:00')")
    found = parser.read()
    assert isinstance(found, Article)
    assert (found.published, found.modified) == ("2021-12-16", "2021-12-16T09:12:00-05:00")


def test_a_changed_file_is_taken_up(parser: Parser) -> None:
    parser.returns("Parsed('one')")
    one = parser.read()
    parser.returns("Parsed('another')")
    other = parser.read()
    assert isinstance(one, Article)
    assert isinstance(other, Article)
    assert (one.body, other.body) == ("one", "another")
    assert one.extractor["version"] != other.extractor["version"]
    parser.file.unlink()
    with pytest.raises(ParserError, match="No such file"):
        parser.read()


@pytest.mark.parametrize(
    "text", ["import nowhere", "raise SystemExit", "parse = 3", "def f(): pass"]
)
def test_a_file_that_cannot_be_used_is_told_when_it_is_loaded(parser: Parser, text: str) -> None:
    parser.write(text)
    with pytest.raises(ParserError, match=r"gazette\.py"):
        load(parser.folder, "parsers.gazette:parse")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "No such file"),
        ("def parse(:", "is no Python"),
        ("parse = 3", "has none named parse"),
        ("def other(page): ...", "has none named parse"),
    ],
)
def test_the_sources_file_is_wrong_where_a_parser_is(
    parser: Parser, text: str | None, words: str
) -> None:
    if text is not None:
        parser.write(text)
    sources = parser.folder / "sources.toml"
    fields = 'name = "a"\nstart = "https://a.example/"\nparser = "parsers.gazette:parse"\n'
    sources.write_text(f"[[source]]\n{fields}")
    with pytest.raises(SourcesError, match=words) as caught:
        load_sources(sources)
    assert 'source "a", parser = "parsers.gazette:parse"' in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_what_is_no_file_is_not_waited_for(parser: Parser) -> None:
    os.mkfifo(parser.file)
    assert "is no regular file" in problem_of(parser.folder, "parsers.gazette:parse")
    with pytest.raises(ParserError, match="is no regular file"):
        load(parser.folder, "parsers.gazette:parse")
    assert version_of(parser.folder, "parsers.gazette:parse") == ""


def test_a_check_runs_nothing(parser: Parser, tmp_path: Path) -> None:
    mark = tmp_path / "it-was-run"
    parser.write(f"open({str(mark)!r}, 'w')\ndef parse(page): ...\n")
    assert problem_of(parser.folder, "parsers.gazette:parse") == ""
    assert not mark.exists()


def test_without_one_all_is_as_before() -> None:
    page: Any = _page(article_page(STORY))
    found = extract(page)
    assert isinstance(found, Article)
    assert found.extractor == {}
