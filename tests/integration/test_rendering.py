"""Pages in a real Chromium: what a script can reach, and what becomes of one that will not end."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from config.settings import Settings
from crawler.address_guard import Permission
from crawler.rendering.page import PageBroke, Rendered, Task
from crawler.rendering.plan import Rendering
from crawler.rendering.renderer import NoBrowser, Renderer
from rig.site import Reply, Site
from tests.integration.browser_on_the_wire import DATA, PUBLIC
from workers.rendering import chromium, place
from workers.rendering.door import Door
from workers.rendering.place import rendering

pytestmark = pytest.mark.skipif(
    chromium.find(Settings()) is None and "CI" not in os.environ, reason="needs Chromium"
)
PAGE = "https://news.example.org/story"


class Browsers:
    """The part `browser`, on a thread."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.settings = Settings(home=folder, **settings)  # type: ignore[arg-type]
        self.plan: Rendering = rendering(self.settings)
        self._stopped = threading.Event()
        door = Door(self.settings, lambda: None)
        self._thread = threading.Thread(target=door.serve, args=(self._stopped.is_set,))
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()


@pytest.fixture(scope="module")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    home = tmp_path_factory.mktemp("browsers")
    with Browsers(home, render_seconds=5, browser_mb=500) as begun:
        yield begun


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


def page(script: str, *, url: str = PAGE, named: Site | None = None, body: str = "") -> Task:
    text = f"<!DOCTYPE html><body><p id=a>plain</p>{body}<script>{script}</script></body>"
    hosts = frozenset({(named.host, named.port)} if named else ())
    return Task(
        url=url,
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        body=text.encode(),
        permission=Permission(hosts, allow_private=bool(hosts)),
        allows=lambda _: True,
        follows=lambda _: False,
        crawl=object(),
    )


def render(browsers: Browsers, *tasks: Task) -> list[Rendered]:
    async def all_of_them() -> list[Rendered]:
        renderer = Renderer(browsers.plan)
        try:
            return [await renderer.render(task) for task in tasks]
        finally:
            renderer.close()

    return asyncio.run(all_of_them())


EVERY_WAY = """
const there = "%(there)s", say = (what, how) => { document.body.dataset[what] = how };
const quiet = what => { try { what() } catch (error) {} };
quiet(() => fetch(there + "fetch", {mode: "no-cors"}).then(() => say("fetch", "came"), () => say("fetch", "did not")));
quiet(() => fetch("http://169.254.169.254/latest/meta-data/").catch(() => 0));
quiet(() => fetch("http://[::1]:%(port)d/six").catch(() => 0));
quiet(() => fetch("http://0x7f.1:%(port)d/hex").catch(() => 0));
quiet(() => fetch("http://localhost:%(port)d/name").catch(() => 0));
quiet(() => { const asked = new XMLHttpRequest(); asked.open("POST", there + "xhr"); asked.send("x") });
quiet(() => navigator.sendBeacon(there + "beacon", "x"));
quiet(() => new WebSocket(there.replace("http", "ws") + "socket"));
quiet(() => new EventSource(there + "events"));
quiet(() => new WebTransport(there.replace("http:", "https:") + "transport"));
quiet(() => window.open(there + "popup"));
quiet(() => window.open(there + "noopener", "_blank", "noopener"));
quiet(() => new Worker(URL.createObjectURL(new Blob([`fetch("${there}worker"); importScripts("${there}imported")`]))));
quiet(() => navigator.serviceWorker.register("/service-worker.js").catch(() => 0));
quiet(() => import(there + "module.js").catch(() => 0));
quiet(() => {
  const peer = new RTCPeerConnection({iceServers: [
    {urls: "stun:127.0.0.1:%(udp)d"}, {urls: "turn:127.0.0.1:%(udp)d", username: "u", credential: "c"},
    {urls: "turn:127.0.0.1:%(port)d?transport=tcp", username: "u", credential: "c"}]});
  peer.createDataChannel("x");
  peer.createOffer().then(offer => peer.setLocalDescription(offer));
});
for (const [name, key] of [["img", "src"], ["iframe", "src"], ["object", "data"], ["embed", "src"], ["video", "src"],
    ["audio", "src"], ["script", "src"], ["track", "src"]])
  quiet(() => { const made = document.createElement(name); made[key] = there + name; document.body.append(made) });
for (const rel of ["stylesheet", "preload", "prefetch", "preconnect", "dns-prefetch", "manifest", "icon", "modulepreload"])
  quiet(() => { const made = document.createElement("link"); made.rel = rel; made.as = "script"; made.href = there + rel; document.head.append(made) });
quiet(() => { const made = document.createElement("style"); made.textContent =
  `@import "${there}import.css"; @font-face {font-family: f; src: url(${there}font)} body {font-family: f; background: url(${there}background)}`;
  document.head.append(made) });
quiet(() => { const frame = document.createElement("iframe"); frame.srcdoc = `<script>fetch("${there}srcdoc")<\\/script>`; document.body.append(frame) });
quiet(() => { const form = document.createElement("form"); form.action = there + "form"; form.method = "post"; document.body.append(form); form.submit() });
setTimeout(() => { location = there + "location" }, 300);
"""


def test_no_way_leads_to_an_address_that_is_not_public(browsers: Browsers, site: Site) -> None:
    site.put("/", "secret")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        ways = {"there": site.url(), "port": site.port, "udp": udp.getsockname()[1]}
        task = page(EVERY_WAY % ways, url="http://news.example.org/story")
        (rendered,) = render(browsers, task)
        with pytest.raises(BlockingIOError):
            udp.recv(100)
    assert site.requests == []
    assert any("169.254.169.254" in refused for refused in rendered.refused)
    assert any(str(site.port) in refused for refused in rendered.refused)


def test_what_the_source_names_is_reached_and_nothing_is_loaded_that_makes_no_text(
    browsers: Browsers, site: Site
) -> None:
    ways = {"there": site.url(), "port": site.port, "udp": 9}
    (rendered,) = render(browsers, page(EVERY_WAY % ways, url=site.url("/story"), named=site))
    asked = {path.strip("/") for path in site.paths()}
    assert {"fetch", "script", "worker", "module.js", "stylesheet"} <= asked
    assert not asked & {"img", "iframe", "video", "audio", "beacon", "popup", "noopener", "font"}
    assert not asked & {"background", "form", "location", "service-worker.js", "prefetch", "events"}
    assert 'data-fetch="came"' in rendered.html


def test_a_host_is_reached_for_what_the_page_may_ask_of_it_and_for_nothing_else(
    browsers: Browsers, site: Site
) -> None:
    with Site() as other:
        other.put("/data", "led there", headers={"Access-Control-Allow-Origin": "*"})
        site.put("/redirect", status=302, headers={"Location": other.url("/data")})
        both = Permission(
            frozenset({(it.host, it.port) for it in (site, other)}), allow_private=True
        )
        socket_alone, redirected = (
            replace(page(script, url=site.url("/story"), named=site), permission=both)
            for script in (
                # Once the browser has learnt what to say to the proxy.
                f"""fetch("/first").then(() => {{
                  new WebSocket("{other.url("/").replace("http", "ws")}").onerror = () => fetch("/last") }})""",
                'fetch("/redirect").then(it => it.text()).then(text => document.body.append(text))',
            )
        )
        (refused,) = render(browsers, socket_alone)
        assert any("does not ask" in why for why in refused.refused)
        assert other.requests == []
        (led,) = render(browsers, redirected)
        assert "led there" in led.html
        assert other.paths() == ["/data"]


def test_what_the_browser_itself_wants_gets_nowhere(tmp_path: Path) -> None:
    module = [sys.executable, "-m", "tests.integration.browser_on_the_wire", str(tmp_path), "2"]
    done = subprocess.run(module, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode == 3:
        pytest.skip(f"no network of our own here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert "made by a script" in told["html"]
    assert told["names"] == [DATA]
    assert {address for address, _ in told["connections"]} == {"127.0.0.1", PUBLIC}
    assert all(address.startswith("127.") for address, _ in told["datagrams"])


def test_a_page_is_read_as_it_stands_when_its_script_is_done(
    browsers: Browsers, site: Site
) -> None:
    site.put("/data", "made by a script")
    script = """
    alert("wait"); confirm("wait"); window.onbeforeunload = () => "wait"; document.querySelectorAll = () => null;
    fetch("/data").then(it => it.text()).then(text => { document.getElementById("a").textContent = text })"""
    task = page(script, url=site.url("/story"), named=site, body="<noscript>Turn it on</noscript>")
    (rendered,) = render(browsers, task)
    assert '<p id="a">made by a script</p>' in rendered.html
    assert "Turn it on" not in rendered.html
    assert (rendered.moved, rendered.sent) == ("", 1)


def test_what_robots_txt_forbids_is_not_asked_for(browsers: Browsers, site: Site) -> None:
    site.put("/free", "")
    task = page('fetch("/free"); fetch("/kept")', url=site.url("/story"), named=site)
    render(browsers, replace(task, allows=lambda url: not url.endswith("/kept")))
    assert site.paths() == ["/free"]


def test_no_page_is_had_in_advance(browsers: Browsers, site: Site) -> None:
    rules = """{"prefetch": [{"urls": ["/fetched"], "eagerness": "immediate"}],
      "prerender": [{"urls": ["/made"], "eagerness": "immediate"}]}"""
    # What is asked for holds the page until there was time enough for what is to be had in advance.
    site.routes["/slow"] = Reply(b"late", delay=0.7)
    # Later than a first request, with which the browser learns what to say to the proxy.
    script = f"""fetch("/first").then(() => {{
      const rules = document.createElement("script");
      rules.type = " SpeculationRules"; rules.textContent = `{rules}`; document.body.append(rules);
      document.body.insertAdjacentHTML("beforeend", "<p>after</p>"); fetch("/slow").then(() => fetch("/last")) }})"""
    (rendered,) = render(browsers, page(script, url=site.url("/story"), named=site))
    assert "after" in rendered.html
    assert site.paths() == ["/first", "/slow", "/last"]


def test_where_a_script_leads_is_told_to_who_would_follow_and_else_nobody_goes(
    browsers: Browsers, site: Site
) -> None:
    task = page(f'location.replace("{site.url("/moved")}")', url=site.url("/story"), named=site)
    followed, stayed = render(browsers, replace(task, follows=lambda _: True), task)
    assert followed.moved == site.url("/moved")
    assert not stayed.moved
    assert "plain" in stayed.html
    assert site.requests == []


def test_pages_of_one_crawl_share_scripts_and_cookies_and_those_of_two_do_not(
    browsers: Browsers, site: Site
) -> None:
    site.put(
        "/app.js", "1", content_type="text/javascript", headers={"Cache-Control": "max-age=60"}
    )
    script = """document.getElementById("a").textContent = document.cookie; document.cookie = "seen=yes";
    document.body.append(Object.assign(document.createElement("script"), {src: "/app.js"}))"""
    task = page(script, url=site.url("/story"), named=site)
    first, second, other = render(browsers, task, task, replace(task, crawl=object()))
    assert ["seen=yes</p>" in rendered.html for rendered in (first, second, other)] == [
        False,
        True,
        False,
    ]
    assert site.paths() == ["/app.js", "/app.js"]


def test_a_page_that_asks_without_end_gets_only_so_much(browsers: Browsers, site: Site) -> None:
    site.routes.update()
    script = 'let n = 0; const ask = () => fetch("/" + n++).finally(ask); for (let i = 0; i < 20; i++) ask()'
    (rendered,) = render(browsers, page(script, url=site.url("/story"), named=site))
    assert "plain" in rendered.html
    assert 0 < len(site.requests) <= rendered.sent <= 200


@pytest.mark.parametrize(
    ("script", "seconds", "reason"),
    [
        ("while (true);", 1, {"render-hung"}),
        (
            'document.body.hidden = true; document.body.append("so much text ".repeat(2 ** 19))',
            5,
            {"render-too-large"},
        ),
        (
            'setInterval(() => document.body.append("so much text ".repeat(2 ** 19)), 0)',
            1,
            {"render-too-large", "render-hung", "render-crashed"},
        ),
        (
            "const all = []; while (true) all.push(new Uint8Array(2 ** 22).fill(all.length))",
            20,
            {"render-crashed"},
        ),
    ],
)
def test_a_page_that_breaks_is_ended_and_the_next_one_is_read(
    browsers: Browsers, script: str, seconds: int, reason: set[str]
) -> None:
    async def one_after_the_other() -> str:
        renderer = Renderer(replace(browsers.plan, seconds=seconds))
        try:
            with pytest.raises(PageBroke) as broke:
                await renderer.render(page(script))
            assert broke.value.reason in reason
            return (await renderer.render(page(""))).html
        finally:
            renderer.close()

    assert "plain" in asyncio.run(one_after_the_other())


def test_a_browser_that_is_killed_is_replaced_and_where_none_is_left_no_page_is_blamed(
    tmp_path: Path, site: Site
) -> None:
    hung = page('fetch("/begun").then(() => { while (true); })', url=site.url("/"), named=site)

    async def kill_while(plan: Rendering, what: Callable[[], object]) -> None:
        site.requests.clear()
        rendering = asyncio.ensure_future(Renderer(plan).render(hung))
        await _until(lambda: site.requests)
        what()
        await rendering

    def kill() -> None:
        os.kill(_chromiums(tmp_path)[0], signal.SIGKILL)

    def kill_all() -> None:
        begun.plan.socket.unlink()
        kill()

    with Browsers(tmp_path, render_seconds=20) as begun:
        with pytest.raises(PageBroke, match="died"):
            asyncio.run(kill_while(begun.plan, kill))
        with pytest.raises(NoBrowser):
            asyncio.run(kill_while(begun.plan, kill_all))
    assert not _processes_that_name(tmp_path)
    assert not list((tmp_path / "browser").glob("profile-*"))
    assert not place.outside(begun.settings).exists()


def test_nothing_of_a_browser_listens(browsers: Browsers) -> None:
    async def look() -> None:
        renderer = Renderer(browsers.plan)
        try:
            await renderer.render(page(""))
            first = _chromiums(browsers.settings.home)[0]
            sockets = {link for process in _with_children(first) for link in _sockets(process)}
        finally:
            renderer.close()
        assert sockets
        assert not sockets & _listening()

    asyncio.run(look())


def _listening() -> set[str]:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {line[9] for line in lines if line[3] == "0A"}


async def _until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - nobody tells of a process
            await asyncio.sleep(0.05)


def _chromiums(home: Path) -> list[int]:
    """The first process of each browser of a home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            is_first = not any(word.startswith("--type=") for word in command)
            if is_first and any(
                word.startswith(f"--user-data-dir={home.absolute()}/") for word in command
            ):
                found.append(int(folder.name))
    return found


def _processes_that_name(home: Path) -> list[bytes]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.fsencode(home) in (command := (folder / "cmdline").read_bytes()):
                found.append(command)
    return found


def _with_children(session: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "stat").read_text().rpartition(")")[2].split()[3] == str(session):
                found.append(int(folder.name))
    return found


def _sockets(process: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for link in Path(f"/proc/{process}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    return found
