"""Pages as they end are heard by whoever follows, each once, and kept nowhere."""

import json
from collections.abc import Iterator

import pytest
from redis.exceptions import NoPermissionError

from crawler.outcome import Outcome
from tests.integration.work import NOW, Work, dump, url_of
from workers.state.connection import connect
from workers.state.endings import CHANNEL, Ended
from workers.state.index import Commit, TextMark
from workers.state.state import State

DUPLICATE_OF = "fedcba9876543210"
RECORD = {"id": "0123456789abcdef", "duplicate_of": DUPLICATE_OF, "reason": "the same text"}


@pytest.fixture
def work(state: State) -> Work:
    return Work(state)


@pytest.fixture
def followed(work: Work) -> Iterator[Iterator[Ended | None]]:
    """From the first of it on; None where a moment went by without one."""
    endings = work.state.endings.follow(0.2)
    assert next(endings) is None
    yield endings
    endings.close()


def test_each_end_is_heard_once(work: Work, followed: Iterator[Ended | None]) -> None:
    visit = work.waiting("a")
    rejected = Commit(visit, Outcome.REJECTED, "listing")
    assert work.state.index.commit(rejected, NOW) == ("done",)
    assert work.state.index.commit(rejected, NOW) == ("stale",)
    assert next(followed) == Ended(NOW, "gazette", "rejected", "listing", url_of("a"), "")
    assert next(followed) is None


def test_a_duplicate_comes_with_its_record(work: Work, followed: Iterator[Ended | None]) -> None:
    mark = TextMark(id=RECORD["id"], place=None, url_keys=(), bands=())
    visit = work.waiting("a")
    work.state.index.commit(
        Commit(visit, Outcome.DUPLICATE, text=mark, record=json.dumps(RECORD)), NOW
    )
    assert next(followed) == Ended(
        NOW, "gazette", "duplicate", "", url_of("a"), RECORD["id"], RECORD
    )


def test_with_nobody_there_nothing_is_held(work: Work) -> None:
    before = dump(work.state).keys()
    work.state.index.commit(Commit(work.waiting("a"), Outcome.GONE, "http-404"), NOW)
    held = {name for name in dump(work.state).keys() - before if CHANNEL.encode() in name}
    assert held == set()


def test_a_user_of_the_server_who_may_not_publish_loses_no_page(
    work: Work, server_url: str
) -> None:
    work.state.client.acl_setuser(
        "mute", enabled=True, passwords=["+x"], keys=["*"], categories=["+@all"]
    )
    visit = work.waiting("a")
    mute = State(connect(f"unix://mute:x@{server_url.rpartition('@')[2]}", patience=0))
    try:
        with pytest.raises(NoPermissionError):
            next(mute.endings.follow(0.2))
        mute.settlement.refresh()
        commit = Commit(visit, Outcome.REJECTED, "listing")
        assert mute.index.commit(commit, NOW) == ("done",)
    finally:
        mute.client.close()
        work.state.client.acl_deluser("mute")
    assert work.state.ledger.totals("gazette") == {"rejected": 1}
