"""A crawl process that has room takes on what else waits for a worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from rig.desk import Desk
from rig.site import Site
from rig.stories import Story
from workers.queue.broker import CRAWL, KEY_PREFIX, Sender, make_app
from workers.state.state import State


@pytest.fixture
def sender(state: State, server_url: str) -> Iterator[Sender]:
    settings = Settings(redis_url=server_url)
    app = make_app(settings)
    yield Sender(app, settings)
    app.close()


def test_what_waits_is_taken_once_and_in_order(sender: Sender, state: State) -> None:
    batches = [[{"token": "a"}, {"token": "b"}], [{"token": "c"}]]
    for batch in batches:
        sender.crawl(batch)
    assert [sender.next_crawl(), sender.next_crawl(), sender.next_crawl()] == [*batches, None]
    assert state.client.llen(KEY_PREFIX + CRAWL) == 0


def test_a_canary_is_no_crawl(sender: Sender, server_url: str) -> None:
    app = make_app(Settings(redis_url=server_url))
    app.send_task("copydesk.canary", queue=CRAWL, ignore_result=True)
    app.close()
    sender.crawl([{"token": "a"}])
    assert sender.next_crawl() == [{"token": "a"}]
    assert sender.next_crawl() is None


@pytest.mark.parametrize(("room", "is_side_by_side"), [(5, True), (1, False)])
def test_messages_of_one_source_each_are_crawled(
    tmp_path: Path, room: int, is_side_by_side: bool
) -> None:
    with Site() as one, Site() as other, Desk(tmp_path) as desk:
        for number, site in enumerate((one, other)):
            site.publish(*(Story.numbered(100 * number + n) for n in range(4)))
        desk.write_sources(
            *(
                {"name": f"site-{s.port}", "feeds": [s.url("/rss.xml")], "delay": 0.5}
                for s in (one, other)
            )
        )
        done = desk.run("once", "--json", batch_sources=1, crawls_at_once=room)
        assert done.json["totals"]["new"] == 8
        times = [[request.at for request in site.requests] for site in (one, other)]
        first_end = min(max(of_site) for of_site in times)
        last_begin = max(min(of_site) for of_site in times)
        assert (last_begin < first_end) is is_side_by_side
