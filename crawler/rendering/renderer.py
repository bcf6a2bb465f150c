"""The browsers of a process: a few, opened when a page needs one, closed when none has for a while."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crawler.rendering.browser import Browser
from crawler.rendering.devtools import BrowserLost
from crawler.rendering.page import PageBroke, Rendered, Task
from crawler.rendering.plan import Rendering

# The part that starts browsers may itself have been started a moment ago.
_DOOR_SECONDS = 15.0
_WAIT_SECONDS = 90.0
_REST_SECONDS = 20.0

NO_BROWSER = (
    "render = true needs Chromium, and none could be started: install it (Debian's package"
    " chromium-headless-shell, or chromium), or name one in COPYDESK_BROWSER"
)


class NoBrowser(Exception):
    """There is none; no page is to blame for it."""

    def __init__(self, reason: str, words: str) -> None:
        self.reason = reason
        super().__init__(words)


class Renderer:
    """Renders pages of all crawls of a process, on one loop."""

    def __init__(self, plan: Rendering) -> None:
        self._plan = plan
        self._turns = asyncio.Semaphore(plan.browsers)
        self._idle: list[Browser] = []
        self._resting: asyncio.TimerHandle | None = None

    async def render(self, task: Task) -> Rendered:
        """See `Browser.render`; raises `PageBroke`, or `NoBrowser` where it is not the page's doing."""
        async with self._turn():
            browser = await self._browser_for(task)
            try:
                rendered = await browser.render(task, self._plan.seconds)
            except BrowserLost as error:
                browser.close()
                raise NoBrowser("browser-lost", str(error)) from None
            except PageBroke as broke:
                browser.close()
                if broke.reason == "render-crashed" and not await self._is_door_open():
                    # All browsers went at once: not one page did that.
                    raise NoBrowser("browser-lost", "the browser was ended") from None
                raise
            except BaseException:
                browser.close()
                raise
            self._put_back(browser)
            return rendered

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            await asyncio.wait_for(self._turns.acquire(), _WAIT_SECONDS)
        except TimeoutError:
            raise NoBrowser("browser-busy", "all browsers are at other pages") from None
        try:
            yield
        finally:
            self._turns.release()

    async def _browser_for(self, task: Task) -> Browser:
        """One that is idle, of the same crawl if there is one; else another."""
        self._idle = [browser for browser in self._idle if not browser.is_lost]
        for browser in sorted(self._idle, key=lambda it: it.crawl is not task.crawl):
            self._idle.remove(browser)
            return browser
        limit = asyncio.get_running_loop().time() + _DOOR_SECONDS
        while True:
            try:
                return await Browser.open(self._plan.socket)
            except BrowserLost:
                raise NoBrowser("no-browser", NO_BROWSER) from None
            except OSError:
                if asyncio.get_running_loop().time() > limit:
                    raise NoBrowser("no-browser", NO_BROWSER) from None
            await asyncio.sleep(0.2)

    async def _is_door_open(self) -> bool:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_unix_connection(str(self._plan.socket))
            writer.close()
            return True
        return False

    def _put_back(self, browser: Browser) -> None:
        self._idle.append(browser)
        if self._resting:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(_REST_SECONDS, self.close)

    def close(self) -> None:
        """End what idles, and give back its memory."""
        if self._resting:
            self._resting.cancel()
        idle, self._idle = self._idle, []
        for browser in idle:
            browser.close()
