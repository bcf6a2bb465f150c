"""What is remembered of a listing, and what another one must name to stand in for it."""

import pytest

from crawler.discovery.listing import Link
from crawler.walking.continuity import (
    MOST_MARKS,
    Memory,
    covers,
    is_older_copy,
    mark,
    memory_of,
    names_since,
    reaches_back,
    seconds_of,
)


def _links(*numbers: int, published: str | None = None) -> list[Link]:
    return [Link(f"https://news.example/2026/story-{n}", published) for n in numbers]


def _marks(*numbers: int) -> set[str]:
    return {mark(link.url) for link in _links(*numbers)}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://a.example/news/1", "http://www.b.example/news/1/", True),
        ("https://a.example/?p=1", "https://a.example/?p=2", False),
        ("https://a.example/news/1", "https://a.example/news/11", False),
    ],
)
def test_a_mark_is_the_same_after_a_move(one: str, other: str, is_same: bool) -> None:
    assert (mark(one) == mark(other)) is is_same


def test_of_dated_links_the_newer_half_is_remembered() -> None:
    links = _links(*range(10), published="2026-11-28T10:00:00Z")
    assert memory_of(links, 7.0).each() == tuple(mark(link.url) for link in links[:5])
    assert memory_of(links[:1], 7.0).each() == (mark(links[0].url),)


def test_of_others_those_at_both_ends() -> None:
    links = _links(*range(1000))
    marks = memory_of(links, 7.0).each()
    assert len(marks) == MOST_MARKS
    assert (marks[0], marks[-1]) == (mark(links[0].url), mark(links[-1].url))
    assert memory_of(links[:3], 7.0).each() == tuple(mark(link.url) for link in links[:3])
    assert memory_of([], 7.0) == Memory("", 7.0)


def test_what_is_kept_grows_old_and_what_passes_does_not() -> None:
    kept = [100, 101, 102, 103, 104]
    memory = memory_of(_links(*kept, 4, 3, 2, 1), 0.0)
    assert set(memory.age_of_each) == {0}
    assert reaches_back(memory, _links(*kept, 8, 7, 6, 5))  # nobody can tell yet
    for newest in range(205, 500):
        four = range(newest, newest - 4, -1)
        memory = memory_of(_links(*kept, *four), 0.0, before=memory)
    assert memory.age_of_each == (255, 255, 255, 255, 255, 0, 1, 2, 3)
    assert not reaches_back(memory, _links(*kept[1:], 900, 801, 802, 803))
    assert reaches_back(memory, _links(*kept, 900, 901, 499, 498))
    # A listing whose settings changed, or that has dates now, is remembered anew.
    assert memory_of(_links(100, published="2026-11-28T10:00:00Z"), 0.0, before=memory).ages == ""


def test_a_copy_is_older_where_all_of_its_times_are() -> None:
    def at(hour: int) -> list[Link]:
        return _links(hour, published=f"2026-11-28T{hour}:00:00Z")

    memory = memory_of([*at(12), *at(11)], 7.0)
    assert is_older_copy(memory, at(11))
    assert not is_older_copy(memory, [*at(11), *at(12)])
    assert not is_older_copy(memory, _links(1))
    assert not is_older_copy(memory_of(_links(1), 7.0), at(11))
    assert not is_older_copy(memory, [])


def test_reaching_back_is_naming_any_of_them() -> None:
    memory = memory_of(_links(1, 2, 3), 0.0)
    assert reaches_back(memory, _links(9, 8, 1))
    assert not reaches_back(memory, _links(9, 8, 7))
    assert not reaches_back(memory, [])
    assert reaches_back(Memory(), [])


@pytest.mark.parametrize(
    ("others", "in_order", "is_covered"),
    [
        (_marks(10, 9, 8, 4), True, True),
        (_marks(10, 9, 4), True, False),
        (_marks(10, 9, 8, 1), True, True),
        (_marks(10, 9, 8, 1), False, False),
        (_marks(10, 9, 8, 4), False, True),
        (_marks(10, 4), True, False),
        (_marks(10, 9), True, False),
        (set(), True, False),
    ],
)
def test_who_stands_in_for_another(others: set[str], in_order: bool, is_covered: bool) -> None:
    memory = Memory("".join(mark(link.url) for link in _links(4, 3, 2, 1, 0)))
    assert covers(memory, _links(10, 9, 8, 7), others, in_order=in_order) is is_covered


def test_from_when_on_links_name_all() -> None:
    times = ["2026-11-28T10:00:00Z", "2026-11-28T09:00:00Z", "2026-11-01T00:00:00Z", "2026-11-28"]
    links = [Link("https://a.example/1", time) for time in times]
    read, now = seconds_of("2026-11-28T08:00:00Z"), seconds_of("2026-11-28T12:00:00Z")
    assert read
    assert now
    assert names_since(links, read, now) == seconds_of(times[1])
    assert names_since(links[2:], read, now) == now
    assert names_since([Link("https://a.example/1", "2030-01-01T00:00:00Z")], read, now) == now
