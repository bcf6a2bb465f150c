"""A service at work, and another release takes its state meanwhile: it changes nothing more, says so, and ends."""

from contextlib import closing
from pathlib import Path

from cli.embedded import EmbeddedServer
from rig.desk import Desk, until
from rig.site import Site
from rig.stories import Story
from workers.state.connection import connect

FIRST, SECOND = Story.numbered(1, paragraphs=2), Story.numbered(2, paragraphs=2)


def test_parts_that_the_state_left_behind_end_and_lose_nothing(tmp_path: Path, site: Site) -> None:
    site.publish(FIRST)
    with Desk(tmp_path) as desk:
        desk.write_sources({"name": "site", "start": site.url()})
        desk.up()
        with closing(connect(EmbeddedServer(desk.home).url, patience=5)) as client:
            until(lambda: client.xlen("copydesk:documents") == 1, 60, "the first is there")
            site.publish(SECOND, FIRST)
            client.set("copydesk:version", "2")
            known = {n: client.dump(n) for n in ("copydesk:known:0", "copydesk:documents")}
            until(lambda: "state.foreign" in desk.err, 40, "a part notices")
            until(
                lambda: "later release made" in desk.err, 20, "and is refused when it starts again"
            )
            asked = len(site.requests)
            done = desk.run("crawl", "site")
            assert (done.code, "later release made" in done.err) == (1, True)
            assert {n: client.dump(n) for n in known} == known
            assert len(site.requests) == asked
            assert "Traceback" not in desk.err
            client.set("copydesk:version", "1")
            assert desk.run("crawl", "site").code == 0
            until(lambda: client.xlen("copydesk:documents") == 2, 60, "the second is there")
        assert sorted(d.title or "" for d in desk.documents().values()) == sorted(
            (FIRST.title, SECOND.title)
        )
