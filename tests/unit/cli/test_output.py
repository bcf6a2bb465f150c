"""Tables that fit, colours for those who can see them, and long lines."""

import os
import sys

import pytest

from cli.output import put, put_columns, put_table, put_whole, put_wrapped

LONG = "gazette-of-the-northern-harbours-and-of-the-islands-that-lie-before-them"


def test_a_table_fits_80_columns_and_keeps_what_is_short_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [(LONG, "*/30 * * * *", "11-28 08:31", 123_456), ("[b]", "every 30m", "", 7)]
    put_table(("source", "schedule", "next", "new"), rows)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["source", "schedule", "next", "new"]
    whole = "".join(line[: len(lines[1]) - 30] for line in lines)
    assert LONG[:20] in whole
    assert any("*/30 * * * *  11-28 08:31  123456" in line for line in lines)
    # Numbers stand below each other's last figures, and brackets are letters.
    assert lines[-1].startswith("[b]")
    assert lines[-1].endswith("     7")


def test_all_outcomes_fit_beside_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    heads = ("new", "revision", "duplicate", "near-dup.", "unchanged", "rejected", "gone", "failed")
    put_table(("source", *heads), [("bahia-fr", *range(8)), ("total", *range(8))], gap=1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["bahia-fr", *map(str, range(8))]


def test_what_commands_a_terminal_is_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "a\x1b[2Jb"
    put(evil)
    put_columns((evil, "red"), (evil, None))
    put_whole(evil)
    put_wrapped(evil)
    put_table(("x",), [(evil,)])
    assert "\x1b" not in capsys.readouterr().out


def test_a_long_text_is_wrapped_and_an_address_left_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = "https://gazette.example/" + 90 * "a"
    put_whole(address)
    put_wrapped(f"{'word ' * 30}{address}")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"  {address}"
    assert lines[-1] == f"  {address}"
    assert all(len(line) <= 80 for line in lines[1:-1])


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_and_not_where_they_are_unwanted(
    environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    reading, writing = os.openpty()
    with os.fdopen(writing, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        put("fine", colour="green")
    assert (b"\x1b[32mfine" in os.read(reading, 1000)) is coloured
    os.close(reading)


def test_no_colours_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    put("fine", colour="green")
    assert capsys.readouterr().out == "fine\n"
