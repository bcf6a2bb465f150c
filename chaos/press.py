"""Sites that never run dry: each reading of a listing names stories that nobody has seen yet."""

import re
import threading

from rig.site import HTML, XML, Reply, Request, Site
from rig.stories import Story, article_page, sitemap


class Press(Site):
    """A site whose sitemap names the next stories at each request, up to so many in all."""

    def __init__(self, first: int, count: int, each: int) -> None:
        super().__init__()
        self._next = first
        self._end = first + count
        self._each = each
        self._turn = threading.Lock()

    @property
    def is_sold_out(self) -> bool:
        """Whether every story has been named."""
        return self._next >= self._end

    def answer(self, request: Request) -> Reply:
        """The sitemap with new stories, or the page of one."""
        if request.path == "/sitemap.xml":
            body, kind = self._issue(), XML
        elif number := re.match(r"/news/(\d+)-", request.path):
            body, kind = article_page(Story.numbered(int(number[1]))), HTML
        else:
            return Reply(b"not here", 404, {"Content-Type": HTML})
        return Reply(body.encode(), headers={"Content-Type": kind})

    def _issue(self) -> str:
        with self._turn:
            first = self._next
            self._next = min(self._end, first + self._each)
            numbers = range(first, self._next)
        stories = [Story.numbered(number) for number in numbers]
        # The newest stands first, as on a real site.
        return sitemap(reversed(stories), self.url())
