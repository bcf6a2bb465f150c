"""A source paused and resumed in the file: one value changes, and all else stays, to the byte."""

import stat
from pathlib import Path

import pytest

from config.sources import SourcesError, load_sources
from config.sources_written import switch_in_file

FILE = """\
# What we read.   With trailing blanks:  \n\n
[[source]]
name = "a"   # the first
start = 'https://a.example.org/'
enabled = true # for now
feeds = ["https://a.example.org/rss",
         "https://a.example.org/atom"] # two

# The second.
[[source]]
name = "b"
start = "https://b.example.org/"

[[source]]
start = "https://c.example.org/"
name = "c"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text(FILE)
    return path


def paused(file: Path) -> list[str]:
    return [source.name for source in load_sources(file) if not source.enabled]


def test_a_value_that_is_there_is_changed(file: Path) -> None:
    switch_in_file(file, "a", enabled=False)
    assert file.read_text() == FILE.replace("enabled = true # for now", "enabled = false # for now")
    switch_in_file(file, "a", enabled=True)
    assert file.read_text() == FILE


@pytest.mark.parametrize("name", ["b", "c"])
def test_one_that_is_not_is_added_to_its_own_source(file: Path, name: str) -> None:
    switch_in_file(file, name, enabled=False)
    assert paused(file) == [name]
    assert file.read_text().replace("enabled = false\n", "") == FILE
    switch_in_file(file, name, enabled=True)
    assert paused(file) == []


def test_what_is_so_already_is_left_alone(file: Path) -> None:
    before = file.stat()
    switch_in_file(file, "b", enabled=True)
    assert file.stat() == before


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b""])
def test_other_habits_are_kept(file: Path, prefix: bytes) -> None:
    file.write_bytes(prefix + FILE.replace("\n", "\r\n").encode())
    file.chmod(0o640)
    switch_in_file(file, "a", enabled=False)
    changed = FILE.replace("true # for", "false # for").replace("\n", "\r\n").encode()
    assert file.read_bytes() == prefix + changed
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_stranger_or_a_broken_file_changes_nothing(file: Path) -> None:
    with pytest.raises(SourcesError, match="no source 'd'"):
        switch_in_file(file, "d", enabled=False)
    assert file.read_text() == FILE
    file.write_text(FILE + "[[source]]\n")
    with pytest.raises(SourcesError, match="name is missing"):
        switch_in_file(file, "a", enabled=False)
    assert file.read_text() == FILE + "[[source]]\n"
    assert [path.name for path in file.parent.iterdir()] == ["sources.toml"]
