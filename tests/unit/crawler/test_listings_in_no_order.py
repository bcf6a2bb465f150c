"""Listings without dates, in whatever order: few quiet readings are called gaps, and few gaps are hidden."""

import random

import pytest

from crawler.discovery.listing import Link
from crawler.walking.continuity import NO_MEMORY, memory_of, reaches_back


def _links(numbers: list[int]) -> list[Link]:
    return [Link(f"https://news.example/2026/story-{number}") for number in numbers]


@pytest.mark.parametrize(
    ("held", "pinned", "box", "wavers"),
    [(10, 5, 0, 0), (10, 0, 5, 0), (10, 0, 8, 3), (30, 4, 10, 5), (30, 0, 0, 10), (60, 5, 10, 10)],
)
def test_a_reading_after_the_other(held: int, pinned: int, box: int, wavers: int) -> None:
    """Now and then more come than the listing holds; else it names what it did, but for a few."""
    chance = random.Random(held + pinned + box)
    newest, memory = 200, NO_MEMORY
    told = {"quiet": 0, "called a gap": 0, "gaps": 0, "hidden": 0}
    for reading in range(200):
        is_burst = chance.random() < 0.06
        came = chance.randint(held + 1, 3 * held) if is_burst else chance.randint(0, held // 4)
        newest += came
        passing = sorted(
            range(newest - held + 1, newest + 1), key=lambda n: chance.uniform(0, wavers) - n
        )
        shuffled = chance.sample(range(newest - held - 80, newest - held), box)
        links = _links([*range(-pinned, 0), *passing, *shuffled])
        is_met = reaches_back(memory, links)
        if is_burst and reading:
            told["gaps"] += 1
            told["hidden"] += is_met
        else:
            told["quiet"] += 1
            told["called a gap"] += not is_met
        memory = memory_of(links, float(reading), before=memory)
    assert told["called a gap"] <= 0.02 * told["quiet"], told
    assert told["hidden"] <= 0.15 * told["gaps"], told
