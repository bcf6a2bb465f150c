"""Replay reads archived pages under the rules that were frozen since; a look at the site does not."""

from pathlib import Path

import pytest

from tests.integration.ingesting import Desk
from tests.integration.test_replay import again
from tests.integration.test_rules import bodies, framed, frozen, html_of, own
from workers.state.state import State


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    return Desk(server_url, state, tmp_path, has_archive=True)


def test_rules_improve_what_was_collected_before_them(desk: Desk) -> None:
    frozen(desk)
    tally = again(desk)
    assert dict(tally.outcomes) == {"revision": 6}
    assert sorted(bodies(desk)[1]) == sorted(own(number) for number in range(6))
    assert all(entry["supersedes"] for entry in desk.entries()[6:])
    assert again(desk).outcomes.total() == 0


def test_a_look_at_the_site_is_unchanged_before_replay_and_after_it(desk: Desk) -> None:
    frozen(desk)
    look_at_all(desk)
    assert desk.outcomes() == {"new": 6, "unchanged": 6}
    assert dict(again(desk).outcomes) == {"revision": 6}
    desk.later += 6 * 3600
    look_at_all(desk)
    assert desk.outcomes() == {"new": 6, "unchanged": 12, "revision": 6}


def look_at_all(desk: Desk) -> None:
    for visit in desk.work().take(revisits=True):
        assert desk.work().hand_in(visit, html_of(framed(int(visit.url[-1]))))
        desk.run(visit)
