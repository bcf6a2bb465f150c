"""What is told of alarms: each change once, a flapping one ever more seldom, and no more than a person reads."""

import dataclasses

import pytest

from workers.alarms.kinds import UNSENT, of_notices
from workers.alarms.notices import News, Told, news, text_of
from workers.state.alarms import Alarm

NOW = 1_790_000_000.0
HOUR = 3600.0


class Reader:
    """Whoever is told, over time."""

    def __init__(self) -> None:
        self.told: dict[str, Told] = {}
        self.heard: list[tuple[float, str]] = []

    def look(self, now: float, *names: str) -> News:
        standing = [Alarm(*name.split(), "why", NOW) for name in names]  # type: ignore[call-arg]
        changed = news(standing, self.told, now)
        self.told |= changed.told
        for name in changed.forgotten:
            del self.told[name]
        self.heard += [(now, f"+{alarm.name}") for alarm in changed.raised]
        self.heard += [(now, f"-{name}") for name in changed.cleared]
        return changed

    @property
    def words(self) -> list[str]:
        return [word for _, word in self.heard]


def test_a_change_is_told_once() -> None:
    reader = Reader()
    for minute in range(30):
        reader.look(NOW + 60 * minute, *["silent a"] * (5 <= minute < 20))
    assert reader.words == ["+silent a", "-silent a"]


def test_only_the_cause_is_told_and_what_it_hid_after_it() -> None:
    reader = Reader()
    reader.look(NOW, "silent a", "blocked a")
    reader.look(NOW + 60, "silent a", "blocked a")
    assert reader.words == ["+blocked a"]
    reader.look(NOW + 120, "silent a")
    assert reader.words == ["+blocked a", "+silent a", "-blocked a"]


def test_what_a_cause_hides_is_not_told_as_cleared() -> None:
    reader = Reader()
    reader.look(NOW, "silent a")
    reader.look(NOW + 60, "silent a", "blocked a")
    reader.look(NOW + 120)
    assert reader.words == ["+silent a", "+blocked a", "-silent a", "-blocked a"]


def test_one_that_flaps_is_told_ever_more_seldom() -> None:
    reader = Reader()
    for minute in range(0, 3 * 1440, 2):
        reader.look(NOW + 60 * minute, *["blocked a"] * (minute // 2 % 2))
    raised = [at for at, word in reader.heard if word == "+blocked a"]
    assert 3 <= len(raised) <= 8
    assert reader.words == ["+blocked a", "-blocked a"] * len(raised)
    assert raised[1] - raised[0] >= HOUR
    assert raised[2] - raised[1] >= 4 * HOUR


def test_one_that_comes_back_and_stays_is_told_in_the_end() -> None:
    reader = Reader()
    reader.look(NOW, "silent a")
    reader.look(NOW + 60)
    for minute in range(2, 90):
        reader.look(NOW + 60 * minute, "silent a")
    assert reader.words == ["+silent a", "-silent a", "+silent a"]


def test_what_was_told_long_ago_is_forgotten() -> None:
    reader = Reader()
    reader.look(NOW, "silent a")
    reader.look(NOW + 60)
    assert reader.told
    reader.look(NOW + 49 * HOUR)
    assert not reader.told
    assert dataclasses.is_dataclass(Told)


def test_that_nothing_can_be_sent_is_not_sent() -> None:
    reader = Reader()
    assert not reader.look(NOW, f"{UNSENT} notifications").raised


@pytest.mark.parametrize(("raised", "lines"), [(1, 1), (20, 20), (25, 21), (3000, 21)])
def test_a_person_is_told_in_few_lines(raised: int, lines: int) -> None:
    alarms = tuple(Alarm("failing", f"s-{n}", "no such host\n" + "x" * 9999) for n in range(raised))
    title, body = text_of(News(alarms, ("silent b",) * (raised == 1000), {}, ()))
    assert title == f"Copydesk: {raised} raised"
    assert len(body.splitlines()) == lines
    assert max(map(len, body.splitlines())) <= 500


def test_what_a_page_says_is_no_command() -> None:
    _, body = text_of(News((Alarm("failing", "a", "x\x1b[2J\nBcc: y", NOW),), ("thin b",), {}, ()))
    assert body.splitlines()[1] == "cleared: thin, b"
    assert "\x1b" not in body
    assert "since 2026-09-21 14:13 UTC: x[2J Bcc: y" in body


def test_what_cannot_be_sent_is_an_alarm() -> None:
    assert list(of_notices([{"tries": 0, "made": NOW}])) == []
    tried = {"tries": 2, "made": NOW, "problem": "1 of 1 places did not take it (json://)"}
    (alarm,) = of_notices([tried, {"tries": 0, "made": NOW + 1}])
    assert (alarm.kind, alarm.since) == (UNSENT, NOW)
    assert "json://" in alarm.evidence
