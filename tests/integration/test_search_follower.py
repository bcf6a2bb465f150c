"""The index follows the outbox, and falls back on the store: on a real server, with what ingest has written."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.search.follower import DOCUMENTS, Follower, alone
from dashboard.search.index import Hit, SearchIndex
from rig.desk import until
from tests.integration.ingesting import Desk, story
from workers.state.state import State


class Followed:
    """An index, and a follower that runs while a test wants it to."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self.index = SearchIndex(folder / "dashboard" / "search.sqlite3")

    def follow(self, documents: int, copies: int = 0, found: str = "") -> None:
        """Have all entered that there is, by a follower that is ended then."""
        follower = Follower(self.desk.service, self.index)
        follower.start()
        try:
            until(lambda: self.index.count() == documents, 20, f"{documents} documents")
            until(lambda: len(self._found(found)) == documents, 20, f"{documents} are found")
            until(lambda: len(self.index.copies(most=99)) == copies, 20, f"{copies} copies")
        finally:
            follower.stop()
            # It waits for the stream, and nobody has to wait for it.
            self.desk.state.client.xadd("copydesk:documents", {"path": ""})
            follower.join(20)
        assert not follower.is_alive()

    def _found(self, expression: str) -> list[Hit]:
        return self.index.search(expression, before=None, most=99)


@pytest.fixture
def followed(server_url: str, state: State, tmp_path: Path) -> Followed:
    return Followed(Desk(server_url, state, tmp_path), tmp_path)


def test_what_is_published_can_be_found_and_nothing_twice(followed: Followed) -> None:
    desk = followed.desk
    desk.run(desk.page("one", story(1)), desk.page("two", story(2)))
    followed.follow(2)
    place = followed.index.mark(DOCUMENTS)
    desk.run(desk.page("three", story(3)), desk.page("again", story(1)))
    followed.follow(3, copies=1)
    assert followed.index.mark(DOCUMENTS) > place
    (copy,) = followed.index.copies(most=9)
    assert (copy.outcome, copy.url[-5:], copy.queued) == ("duplicate", "again", False)
    assert copy.duplicate_of == copy.id
    followed.follow(3, copies=1)


def test_what_the_outbox_has_let_go_of_is_read_from_the_store(followed: Followed) -> None:
    desk = followed.desk
    desk.run(desk.page("one", story(1)))
    followed.follow(1)
    desk.run(desk.page("two", story(2)), desk.page("three", story(3)))
    assert desk.state.outbox.trim(time.time() + 86400 * 30, 7) > 0
    desk.run(desk.page("four", story(4)))
    followed.follow(4)


def test_an_index_that_is_lost_or_broken_is_made_anew(followed: Followed) -> None:
    desk = followed.desk
    desk.run(desk.page("one", story(1)), desk.page("two", story(2)))
    followed.follow(2)
    desk.state.outbox.trim(time.time() + 86400 * 30, 7)
    followed.index.discard()
    followed.follow(2)
    followed.index.file.write_bytes(b"x" * 8192)
    followed.follow(2)


def test_an_index_that_is_broken_where_it_is_only_read_is_made_anew(followed: Followed) -> None:
    desk, index = followed.desk, followed.index
    desk.run(desk.page("one", story(1)))
    followed.follow(1)
    # What is entered is appended here: it does not come by what stands there already.
    with closing(sqlite3.connect(index.file)) as connection, connection:
        connection.execute("UPDATE words_data SET block = x'00' WHERE id > 10")
    assert index.search('facets:"o-new"', before=None, most=9) == []
    assert index.is_damaged
    followed.follow(1, found='facets:"o-new"')


def test_a_server_that_began_anew_is_followed_from_its_beginning(followed: Followed) -> None:
    desk = followed.desk
    desk.run(desk.page("one", story(1)))
    followed.follow(1)
    ahead = f"{int(time.time() * 1000) + 86_400_000}-0"
    followed.index.add((), (), {DOCUMENTS: ahead})
    desk.run(desk.page("two", story(2)))
    followed.follow(2)


def test_one_of_several_feeds_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with alone(lock) as first, alone(lock) as second:
        assert (first, second) == (True, False)
    with alone(lock) as third:
        assert third
