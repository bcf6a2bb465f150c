"""A home and a state as a release leaves them, for the releases after it to go on from.

    python -m rig.release tests/releases/0.1.0

records what this tree leaves: a service that was killed in its midst, with pages that wait, pages that
are owed, pages in quarantine, copies, pages to be looked at again, and a consumer that is half-way. It is
recorded once for each release whose state or files differ from those before, and never again.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from socket import gethostname

from cli.embedded import EmbeddedServer
from rig.desk import Desk, until
from rig.recorded import write
from rig.site import Reply, Site
from rig.stories import Story, article_page
from workers.state.connection import connect
from workers.state.outbox import STREAM

HOST, PORT = "127.86.10.1", 8610
"""An address of loopback that nobody else uses: URLs are kept as numbers, and cannot be others later."""
GROUP = "archive"
ACKNOWLEDGED, PENDING = 4, 2
FIRST = tuple(Story.numbered(n, paragraphs=3) for n in range(12))
"""Which the service had ended when it was killed."""
LATER = tuple(Story.numbered(n, paragraphs=3) for n in range(100, 118))
"""Which came while it was killed."""
BROKEN = Story.numbered(50, paragraphs=3)
COPY = Story("/news/copy", FIRST[1].title, FIRST[1].paragraphs)
NEAR = Story(
    "/news/near", FIRST[2].title, (FIRST[2].paragraphs[0] + " Really.", *FIRST[2].paragraphs[1:])
)
SOURCE = {
    "name": "gazette",
    "feeds": [f"http://{HOST}:{PORT}/rss.xml"],
    "article_urls": "/news/",
    "revisit": ["1h"],
    "schedule": "every 1h",
}
_HANDED_IN = 6
_BUSY_SECONDS = 60.0


def listen() -> Site:
    """The site, without pages; where another test has its address, that is waited for."""
    site, limit = Site(HOST), time.monotonic() + _BUSY_SECONDS
    site.port = PORT
    while True:
        try:
            site.start()
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.2)
        else:
            return site


def publish(site: Site, *stories: Story) -> None:
    """Have these on the site; no page says when it is from, so that revisits count from the first visit."""
    site.publish(*stories)
    for story in stories:
        site.routes[story.path] = Reply(_page(story))
    site.put(BROKEN.path, status=500)


def _page(story: Story) -> bytes:
    return article_page(story).replace(story.published.isoformat(), "").encode()


def record(target: Path) -> None:
    """Leave a home and a state in a folder, which is made anew."""
    site = listen()
    try:
        with tempfile.TemporaryDirectory() as folder, Desk(Path(folder), attempts=1) as desk:
            desk.write_sources(SOURCE)
            publish(site, *FIRST, BROKEN)
            assert desk.run("once").code == 0
            publish(site, *FIRST, BROKEN, COPY, NEAR)
            assert desk.run("once").code == 0
            _consume_some(desk)
            _kill_in_the_midst(desk, site)
            _keep(desk, target)
    finally:
        site.stop()


def _consume_some(desk: Desk) -> None:
    done = desk.run("consume", "--group", GROUP, "--count", str(ACKNOWLEDGED))
    assert len(done.lines) == ACKNOWLEDGED
    server = EmbeddedServer(desk.home)
    server.ensure()
    try:
        client = connect(server.url, patience=5)
        client.xreadgroup(GROUP, "reader", {STREAM: ">"}, count=PENDING)
        client.close()
    finally:
        server.stop()


def _kill_in_the_midst(desk: Desk, site: Site) -> None:
    """Kill all while pages that were fetched wait for an ingest worker, and others are not fetched."""
    publish(site, *FIRST, BROKEN, COPY, NEAR, *LATER)
    # These are asked for, and not had.
    for story in LATER[_HANDED_IN:]:
        site.routes[story.path] = Reply(delay=_BUSY_SECONDS)
    for story in LATER[:_HANDED_IN]:
        site.routes[story.path] = Reply(_page(story), delay=0.2)
    desk.up()
    client = connect(EmbeddedServer(desk.home).url, patience=5)
    assert desk.run("crawl", "gazette").code == 0
    until(lambda: client.zcard("copydesk:frontier:gazette") > 0, 60, "links were found")
    for pid, line in desk.processes().items():
        if "ingest" in line:
            os.kill(pid, signal.SIGSTOP)
    until(lambda: client.zcard("copydesk:waiting") >= _HANDED_IN, 60, "pages wait")
    assert client.zcard("copydesk:frontier:gazette") == len(LATER) - _HANDED_IN
    time.sleep(1.2)  # the server writes once a second
    for pid in desk.processes():
        os.kill(pid, signal.SIGKILL)
    until(lambda: not desk.processes(), 20, "all are gone")


def _keep(desk: Desk, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in ("documents", "duplicates", "rules"):
        if (desk.home / name).exists():
            shutil.copytree(desk.home / name, target / "home" / name)
    server = EmbeddedServer(desk.home)
    server.ensure()
    try:
        client = connect(server.url, patience=5)
        file = target / "state.jsonl"
        write(client, file)
        client.close()
        # Where it was recorded is nothing to anybody.
        file.write_text(file.read_text("utf-8").replace(f"@{gethostname()}", "@host"), "utf-8")
    finally:
        server.stop()


if __name__ == "__main__":
    record(Path(sys.argv[1]))
