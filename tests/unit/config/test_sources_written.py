"""Sources put into the file: what stood in it stays, to the byte."""

import stat
import tomllib
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sources import Source, SourcesError, load_sources
from config.sources_written import add_to_file, source_table

BEFORE = """\
# What we read.   With trailing blanks:  \n\n
[[source]]
name = "a"   # the first
start = 'https://a.example.org/'
feeds = ["https://a.example.org/rss",
         "https://a.example.org/atom"] # two
"""
FIELDS: dict[str, Any] = {
    "name": "b",
    "site_name": 'The "B"',
    "feeds": ["https://b.example.org/rss"],
    "article_urls": r"^https?://b\.example\.org/\d+-",
    "delay": 0.5,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sources.toml"


def test_what_stood_there_stays_and_the_source_is_behind_it(file: Path) -> None:
    file.write_text(BEFORE)
    add_to_file(file, [source_table(FIELDS, {"sections": ["https://b.example.org/x"]}, "Found")])

    assert file.read_text().startswith(BEFORE)
    assert file.read_text().removeprefix(BEFORE) == (
        "\n# Found\n[[source]]\n"
        'name = "b"\nsite_name = "The \\"B\\""\nfeeds = ["https://b.example.org/rss"]\n'
        "article_urls = '^https?://b\\.example\\.org/\\d+-'\ndelay = 0.5\n"
        '# sections = ["https://b.example.org/x"]\n'
    )
    assert [source.name for source in load_sources(file)] == ["a", "b"]
    assert list(file.parent.iterdir()) == [file]


def test_a_long_list_has_a_line_for_each_and_as_a_comment_too() -> None:
    urls = ["https://b.example.org/x", "https://b.example.org/y"]
    table = source_table({"name": "b", "feeds": urls}, {"sections": urls})
    assert table.splitlines()[2:6] == ["feeds = [", *(f'    "{u}",' for u in urls), "]"]
    assert table.splitlines()[6:] == ["# sections = [", *(f'#     "{u}",' for u in urls), "# ]"]


@pytest.mark.parametrize(
    "before", [BEFORE.replace("\n", "\r\n"), "\ufeff" + BEFORE, BEFORE.rstrip()]
)
def test_ends_of_lines_and_a_mark_at_the_beginning_stay(file: Path, before: str) -> None:
    file.write_bytes(before.encode())
    add_to_file(file, [source_table(FIELDS)])
    written = file.read_bytes()
    assert written.startswith(before.encode())
    assert (b"\r\n" in before.encode()) == (written.count(b"\r\n") == written.count(b"\n"))
    assert len(load_sources(file)) == 2


def test_mode_and_link_stay(file: Path, tmp_path: Path) -> None:
    file.write_text(BEFORE)
    file.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    add_to_file(link, [source_table(FIELDS)])
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert len(load_sources(file)) == 2


def test_a_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    file = tmp_path / "config" / "sources.toml"
    add_to_file(file, [source_table(FIELDS)])
    assert [source.name for source in load_sources(file)] == ["b"]
    assert list(file.parent.iterdir()) == [file]
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("[[source]]\nname = 1\n", "name = 1"),
        ("[[source]\n", "not valid TOML"),
        (BEFORE.replace('"a"', '"b"'), "used twice"),
        ('source = [{name = "a", start = "https://a.example.org/"}]\n', "would then be wrong"),
        ("\udc80", "not UTF-8"),
    ],
)
def test_a_file_that_is_wrong_or_would_be_is_left_as_it_is(
    file: Path, before: str, words: str
) -> None:
    file.write_bytes(before.encode(errors="surrogateescape"))
    held = file.read_bytes()
    with pytest.raises(SourcesError, match=words):
        add_to_file(file, [source_table(FIELDS)])
    assert file.read_bytes() == held
    assert list(file.parent.iterdir()) == [file]


def test_a_folder_that_cannot_be_written_leaves_the_file(file: Path) -> None:
    with pytest.raises(FileNotFoundError):
        add_to_file(Path("/proc/copydesk/sources.toml"), [source_table(FIELDS)])


def _add(file: Path, number: int) -> None:
    add_to_file(file, [source_table(FIELDS | {"name": f"s{number}"})])


def test_two_that_add_at_once_lose_nothing(file: Path) -> None:
    context = get_context("fork")
    adding = [context.Process(target=_add, args=(file, number)) for number in range(8)]
    for process in adding:
        process.start()
    for process in adding:
        process.join()
    assert [process.exitcode for process in adding] == [0] * 8
    assert {source.name for source in load_sources(file)} == {f"s{number}" for number in range(8)}
    assert list(file.parent.iterdir()) == [file]


TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@given(TEXT, st.lists(TEXT, max_size=3), TEXT)
def test_whatever_a_page_says_the_table_says_it_and_nothing_else(
    text: str, several: list[str], comment: str
) -> None:
    table = source_table({"name": text, "feeds": several}, {"sections": several}, comment)
    assert tomllib.loads(table) == {"source": [{"name": text, "feeds": several}]}


def test_a_table_of_a_whole_source_is_that_source() -> None:
    (table,) = tomllib.loads(source_table(FIELDS))["source"]
    assert Source.model_validate(table) == Source.model_validate(FIELDS)
