"""The sample site of the trial, in a container of the product's own image: `python sample_site.py HOST PORT SHELF...`.

A shelf, `NAME=COUNT=plain` or `NAME=COUNT=scripted`, is a feed of its own, `/NAME.xml`, of so many stories, whose pages
are there at once, or made by a script. A line is printed for each request.
"""

import signal
import sys
import zlib
from collections.abc import Sequence

from rig.scripted import put_scripted
from rig.site import XML, Reply, Request, Site
from rig.stories import Story, article_page, rss


class ToldSite(Site):
    """A site that says what it was asked."""

    def answer(self, request: Request) -> Reply:
        """The reply; its status and path are printed."""
        reply = super().answer(request)
        say(f"{reply.status} {request.path}")
        return reply


def say(line: str) -> None:
    """Print a line whole: several threads do, and `print` writes a line's end by itself."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def fill(site: Site, shelves: Sequence[str]) -> None:
    """Put every shelf's stories and its feed."""
    for number, shelf in enumerate(shelves):
        name, count, kind = shelf.split("=")
        put = put_scripted if kind == "scripted" else Site.put
        stories = [Story.numbered(1000 * number + n, section=name) for n in range(int(count))]
        for story in stories:
            put(site, story.path, article_page(story))
        feed = rss(stories, site.url())
        etag = {"ETag": f'"{zlib.crc32(feed.encode()):08x}"'}
        site.put(f"/{name}.xml", feed, content_type=XML, headers=etag)


def main(host: str, port: str, *shelves: str) -> None:
    """Serve until the container ends."""
    site = ToldSite(host)
    site.port = int(port)
    site.start()
    fill(site, shelves)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
