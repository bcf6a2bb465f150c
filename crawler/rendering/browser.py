"""One browser: renders a page at a time, so that it is known which one it died of."""

import asyncio
import base64
import contextlib
import socket
import time
from pathlib import Path
from typing import Any

from crawler.rendering.call import call
from crawler.rendering.devtools import BrowserLost, Devtools, DevtoolsRefused, Event
from crawler.rendering.gate import Gate
from crawler.rendering.page import (
    MOST_BYTES,
    MOST_TEXT,
    PageBroke,
    Rendered,
    Requests,
    Ruling,
    Task,
)

_START_SECONDS = 30.0
_READ_SECONDS = 4.0
# A page that keeps a request or two open for ever is done when nothing else has come for so long.
_NEARLY_IDLE_SECONDS = 3.0

# In a world of its own, where nothing that the page has put in the way of these words is met.
_READ = """(() => {
  document.querySelectorAll("noscript").forEach(it => it.remove());
  const root = document.documentElement, text = root ? root.outerHTML : "";
  return text.length > %d ? null : text;
})()"""

# Pages name others that a browser is to have in advance, and does have without asking `Fetch`: neither
# robots.txt nor a limit is met. No flag turns that off; rules that are gone at once are followed by none.
_NOTHING_IN_ADVANCE = """new MutationObserver(all => {
  for (const {addedNodes} of all) for (const added of addedNodes) if (added.nodeType === 1)
    for (const it of [added, ...added.querySelectorAll("script")])
      if (it.localName === "script" && /^\\s*speculationrules\\s*$/i.test(it.getAttribute("type") || "")) it.remove();
}).observe(document, {childList: true, subtree: true})"""


class Browser:
    """A browser behind a socket. Not for two tasks at once."""

    def __init__(self) -> None:
        self._devtools: Devtools | None = None
        self._gate: Gate | None = None
        self._way_out: socket.socket | None = None
        self._context = ""
        self.crawl: object = None
        """Whose pages share what the browser remembers now."""
        self._running: _Run | None = None

    @classmethod
    async def open(cls, path: Path) -> "Browser":
        """A browser that answers; raises `OSError` where nobody listens, `BrowserLost` where none starts."""
        browser = cls()
        connection, browser._way_out = await asyncio.to_thread(call, path)
        browser._devtools = await Devtools.open(connection, browser._take)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await browser._devtools.ask("Browser.getVersion")
                patterns = {"patterns": [{"urlPattern": "*"}], "handleAuthRequests": True}
                await browser._devtools.ask("Fetch.enable", patterns)
                await browser._devtools.ask("Target.setDiscoverTargets", {"discover": True})
        except TimeoutError:
            browser.close()
            raise BrowserLost("the browser does not answer") from None
        except BaseException:
            browser.close()
            raise
        return browser

    @property
    def is_lost(self) -> bool:
        """Whether it has gone."""
        return self._devtools is None or self._devtools.is_lost

    def close(self) -> None:
        """End the browser, and its way out."""
        if self._devtools:
            self._devtools.close()
        if self._gate:
            self._gate.close()
        if self._way_out:
            self._way_out.close()

    async def render(self, task: Task, seconds: float) -> Rendered:
        """The page as it stands when it is done, or after so many seconds.

        Raises `PageBroke` or `BrowserLost`; the browser is to be closed then.
        """
        assert self._devtools
        try:
            async with asyncio.timeout(_START_SECONDS):
                target = await self._tab(task)
            assert self._gate
            self._running = _Run(self._devtools, self._gate, task, target)
            try:
                return await self._running.through(seconds)
            finally:
                self._running = None
                with contextlib.suppress(BrowserLost):
                    self._devtools.tell("Target.closeTarget", {"targetId": target})
        except DevtoolsRefused as error:
            raise BrowserLost(str(error)) from None
        except TimeoutError:
            raise BrowserLost("the browser does not answer") from None

    async def _tab(self, task: Task) -> str:
        """The target of a page to come, with a gate that stands open for that alone."""
        assert self._devtools
        await self._make_room(task)
        assert self._gate
        self._gate.begin_page()
        return await self._empty_tab()

    async def _empty_tab(self) -> str:
        assert self._devtools
        where = {"url": "about:blank", "browserContextId": self._context}
        target: str = (await self._devtools.ask("Target.createTarget", where))["targetId"]
        return target

    async def _make_room(self, task: Task) -> None:
        """Forget all of another crawl; its gate goes too, and with it what it was allowed."""
        assert self._devtools
        if self._gate and self.crawl is task.crawl:
            return
        if self._gate:
            self._gate.close()
            await self._devtools.ask(
                "Target.disposeBrowserContext", {"browserContextId": self._context}
            )
        assert self._way_out
        self._gate = Gate(self._way_out, task.permission, MOST_BYTES)
        await self._gate.open()
        made = await self._devtools.ask(
            "Target.createBrowserContext",
            {"proxyServer": f"http://{self._gate.address}", "proxyBypassList": "<-loopback>"},
        )
        self._context, self.crawl = made["browserContextId"], task.crawl
        await self._devtools.ask(
            "Browser.setDownloadBehavior",
            {"behavior": "deny", "browserContextId": self._context},
        )
        # A full browser makes a window for the first one, which costs more than most pages, and stays with it.
        await self._empty_tab()

    def _take(self, event: Event) -> None:
        if self._running:
            self._running.take(event)
        elif event["method"] == "Fetch.requestPaused" and self._devtools:
            # Of a page that has been read.
            _fail(self._devtools, event["params"]["requestId"])


class _Run:
    """One page in the browser."""

    def __init__(self, devtools: Devtools, gate: Gate, task: Task, target: str) -> None:
        self._devtools = devtools
        self._gate = gate
        self._task = task
        self._target = target
        self._session = ""
        self._requests = Requests(task, target)
        self._loader = ""
        self._moved = ""
        self._has_crashed = False
        self._is_done = asyncio.Event()
        self._idle_since: float | None = None

    async def through(self, seconds: float) -> Rendered:
        """Load, wait, read."""
        limit = time.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds):
                await self._begin()
                while not self._is_over():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._is_done.wait(), 0.5)
        except TimeoutError:
            pass  # it is taken as it stands
        if self._devtools.is_lost or self._has_crashed:
            raise PageBroke("render-crashed", "the browser died of it")
        refused = tuple(self._gate.refused)
        if self._moved:
            return Rendered(moved=self._moved, sent=self._requests.sent, refused=refused)
        html = await self._read(max(min(_READ_SECONDS, seconds), limit - time.monotonic()))
        return Rendered(html, sent=self._requests.sent, refused=refused)

    async def _begin(self) -> None:
        attach = {"targetId": self._target, "flatten": True}
        self._session = (await self._devtools.ask("Target.attachToTarget", attach))["sessionId"]
        await self._devtools.ask("Page.enable", session=self._session)
        script = {"source": _NOTHING_IN_ADVANCE, "worldName": "copydesk"}
        await self._devtools.ask("Page.addScriptToEvaluateOnNewDocument", script, self._session)
        lifecycle = {"enabled": True}
        await self._devtools.ask("Page.setLifecycleEventsEnabled", lifecycle, self._session)
        self._devtools.tell("Page.navigate", {"url": self._task.url}, self._session)

    def _is_over(self) -> bool:
        if self._is_done.is_set():
            return True
        since = self._idle_since
        return since is not None and time.monotonic() - since > _NEARLY_IDLE_SECONDS

    async def _read(self, seconds: float) -> str:
        frame = {"frameId": self._target}
        try:
            async with asyncio.timeout(seconds):
                world = await self._devtools.ask("Page.createIsolatedWorld", frame, self._session)
                read = await self._devtools.ask(
                    "Runtime.evaluate",
                    {
                        "expression": _READ % MOST_TEXT,
                        "contextId": world["executionContextId"],
                        "returnByValue": True,
                    },
                    self._session,
                )
        except TimeoutError:
            raise PageBroke("render-hung", "its script comes to no end") from None
        except BrowserLost:
            raise PageBroke("render-crashed", "the browser died of it") from None
        html = read["result"].get("value")
        if not isinstance(html, str):
            raise PageBroke("render-too-large", "its script made more than 5 MiB of it")
        return html

    def take(self, event: Event) -> None:
        """Note what the browser tells."""
        method, params = event["method"], event.get("params", {})
        if method == "Fetch.requestPaused":
            self._rule(params)
        elif method == "Fetch.authRequired":
            self._authenticate(params)
        elif method == "Page.lifecycleEvent":
            self._note_life(params)
        elif method == "Page.javascriptDialogOpening":
            self._devtools.tell("Page.handleJavaScriptDialog", {"accept": False}, self._session)
        elif method == "Target.targetCreated" and params["targetInfo"].get("openerId"):
            self._devtools.tell(
                "Target.closeTarget", {"targetId": params["targetInfo"]["targetId"]}
            )
        elif method == "lost" or (
            method == "Target.targetCrashed" and params["targetId"] == self._target
        ):
            self._has_crashed = True
            self._is_done.set()

    def _rule(self, paused: dict[str, Any]) -> None:
        request = paused["requestId"]
        ruling = self._requests.rule(paused, is_spent=self._gate.is_spent)
        if ruling is Ruling.FEED:
            self._feed(request)
        elif ruling is Ruling.SEND:
            self._gate.admit(paused["request"]["url"])
            self._devtools.tell("Fetch.continueRequest", {"requestId": request})
        else:
            # A document that is aborted leaves the one before it where it is.
            is_document = ruling in {Ruling.MOVE, Ruling.STAY}
            _fail(self._devtools, request, "Aborted" if is_document else "BlockedByClient")
        if ruling is Ruling.MOVE:
            self._moved = paused["request"]["url"]
        if self._moved or self._requests.is_too_much:
            self._is_done.set()

    def _feed(self, request: str) -> None:
        headers = [{"name": name, "value": value} for name, value in self._task.headers]
        body = base64.b64encode(self._task.body).decode()
        answer = {"responseCode": 200, "responseHeaders": headers, "body": body}
        self._devtools.tell("Fetch.fulfillRequest", {"requestId": request} | answer)

    def _authenticate(self, params: dict[str, Any]) -> None:
        """Only the proxy gets a name and password; a site that asks for one is not read."""
        challenge = {"response": "CancelAuth"}
        if params["authChallenge"].get("source") == "Proxy":
            challenge = {
                "response": "ProvideCredentials",
                "username": self._gate.user,
                "password": self._gate.password,
            }
        answer = {"requestId": params["requestId"], "authChallengeResponse": challenge}
        self._devtools.tell("Fetch.continueWithAuth", answer)

    def _note_life(self, params: dict[str, Any]) -> None:
        if params["frameId"] != self._target:
            return
        if params["name"] == "init":
            self._loader, self._idle_since = params["loaderId"], None
        elif params["loaderId"] != self._loader:
            return
        elif params["name"] == "networkAlmostIdle":
            self._idle_since = time.monotonic()
        elif params["name"] == "networkIdle":
            self._is_done.set()


def _fail(devtools: Devtools, request: str, reason: str = "BlockedByClient") -> None:
    devtools.tell("Fetch.failRequest", {"requestId": request, "errorReason": reason})
