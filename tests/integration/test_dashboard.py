"""The dashboard in a real browser, by the real command, on what ingest has made of the sample sites."""

import json
import os
import re
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from prometheus_client.parser import text_string_to_metric_families

from cli.embedded import EmbeddedServer
from config.settings import Settings
from config.sources import load_sources
from dashboard.seal import Seal
from rig.desk import Desk, until
from tests.integration.ingesting import Desk as Ingesting
from tests.integration.newsroom import FAILED, HOSTILE_TITLE, newsroom
from workers.rendering import chromium
from workers.state.state import open_state

pytestmark = pytest.mark.skipif(
    chromium.find(Settings()) is None and "CI" not in os.environ, reason="needs Chromium"
)
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 360, "height": 740}
PICTURES = os.environ.get("COPYDESK_PICTURES")
"""A folder for pictures of all pages; `make pictures` names it, and takes some of them."""
TOKEN = "a-token-of-the-tests-own"


@dataclass
class Running:
    """A dashboard that answers, and what it shows."""

    address: str
    desk: Desk
    ingesting: Ingesting
    browser: Browser
    troubles: list[str] = field(default_factory=list)
    """What browsers had to complain of: errors, refused scripts, requests to other hosts."""

    def page(self, path: str = "/", context: BrowserContext | None = None, **how: Any) -> Page:
        page = (context or self.browser.new_context(**how)).new_page()
        page.on("console", lambda m: self.troubles.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", self._note)
        page.goto(self.address + path.lstrip("/"))
        return page

    def _note(self, request: Any) -> None:
        if not request.url.startswith(self.address):
            self.troubles.append(f"asked for {request.url}")

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        return self.ask(urllib.request.Request(self.address + path.lstrip("/"), headers=headers))

    def post(self, path: str, fields: dict[str, str], **headers: str) -> int:
        asked = urllib.request.Request(
            self.address + path.lstrip("/"), urlencode(fields).encode(), headers
        )
        return self.ask(asked)[0]

    def ask(self, asked: urllib.request.Request) -> tuple[int, dict[str, str], str]:
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except HTTPError as error:
            return error.code, dict(error.headers), error.read().decode()

    def json(self, path: str) -> Any:
        return json.loads(self.get(path, Accept="application/json")[2])

    def found(self, typed: str, **more: str) -> list[dict[str, Any]]:
        asked = urlencode({"q": typed, **more})
        found: list[dict[str, Any]] = self.json(f"/documents?{asked}")["documents"]
        return found

    def entry(self, **fields: str) -> dict[str, str]:
        return next(e for e in self.ingesting.entries() if fields.items() <= e.items())

    def record(self, outcome: str) -> dict[str, Any]:
        return next(r for r in self.ingesting.records() if r["outcome"] == outcome)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("dashboard")
    with ExitStack() as stack:
        server = EmbeddedServer(folder)
        server.ensure()
        stack.callback(server.stop)
        state = open_state(server.url, Settings(), patience=0)
        stack.callback(state.client.close)
        state.settlement.settle(state.settlement.server_run(), 0.0)
        ingesting = newsroom(server.url, state, folder)
        desk = stack.enter_context(Desk(folder, redis_url=server.url, store=folder / "store"))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=str(chromium.find(Settings())), args=["--no-sandbox"]
        )
        stack.callback(browser.close)
        running = Running(started(desk), desk, ingesting, browser)
        until(lambda: len(running.found("corrected OR harbour")) >= 0, 5)
        until(lambda: len(running.found("", source="gazette")) == 3, 20, "all can be found")
        yield running
        assert "Traceback" not in desk.err, desk.err


def started(desk: Desk, *options: str, **settings: object) -> str:
    """The address of a dashboard that was started; it ends with the desk."""
    process = desk.start("dashboard", "--port", "0", "--json", *options, **settings)
    assert process.stdout
    return str(json.loads(process.stdout.readline())["address"])


PAGES: dict[str, Callable[[Running], str]] = {
    "overview": lambda board: "/?still",
    "sources": lambda board: "/sources?sort=-new",
    "source": lambda board: "/sources/bahia-fr",
    "failing-source": lambda board: "/sources/gazette",
    "documents": lambda board: "/documents",
    "search": lambda board: "/documents?q=nuit",
    "document": lambda board: f"/documents/{board.entry(outcome='revision')['id']}",
    "hostile-document": lambda board: f"/documents/{board.entry(title=HOSTILE_TITLE)['id']}",
    "changes": lambda board: f"/documents/{board.entry(outcome='revision')['id']}/changes",
    "duplicates": lambda board: "/duplicates",
    "side-by-side": lambda board: "/duplicates/{id}/{duplicate_of}".format(
        **board.record("near-duplicate")
    ),
    "story": lambda board: "/stories/{duplicate_of}".format(**board.record("near-duplicate")),
    "quarantine": lambda board: "/quarantine",
    "coverage": lambda board: "/coverage",
    "coverage-of-one": lambda board: "/coverage/litoral",
    "missing": lambda board: "/documents/0000000000000000",
}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OF_STRANGERS = (
    "main img, main script, main iframe, main b, [style], [href^=javascript],"
    " a[href^=http]:not([rel='noopener noreferrer'])"
)
LOOKS = {
    "light": {"viewport": WIDE, "color_scheme": "light"},
    "dark": {"viewport": NARROW, "color_scheme": "dark", "has_touch": True},
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_for_everyone_and_runs_nothing_of_strangers(
    board: Running, look: str
) -> None:
    axe, context = Axe(), board.browser.new_context(**LOOKS[look])
    page = board.page("/", context)
    for name, path in PAGES.items():
        page.goto(board.address + path(board).lstrip("/"))
        found = axe.run(page, options={"runOnly": WCAG})
        assert found.violations_count == 0, f"{name}, {look}: {found.generate_report()}"
        too_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not too_wide, f"{name} is wider than the screen"
        assert page.evaluate("window.owned") is None, name
        assert page.locator(OF_STRANGERS).count() == 0, name
        if PICTURES:
            shot = Path(PICTURES) / f"{name}-{look}.png"
            page.screenshot(path=shot, full_page=look == "dark")
    context.close()
    # The page that is not there is the only complaint.
    assert [trouble for trouble in board.troubles if "404" not in trouble] == []


def test_a_hostile_document_is_shown_as_it_is(board: Running) -> None:
    page = board.page(PAGES["hostile-document"](board))
    assert page.locator("h1").inner_text() == HOSTILE_TITLE
    assert "U+202E" in page.locator(".file").inner_text()
    page.goto(board.address + "sources/bahia-fr")
    away = page.locator("main a[href^=http]")
    assert away.count() > 0
    assert {link.get_attribute("rel") for link in away.all()} == {"noopener noreferrer"}
    page.context.close()


def test_each_answer_says_what_a_browser_may_do_with_it(board: Running) -> None:
    for path in ("/", "/sources/nothing", "/static/desk.css", "/documents/x"):
        _, headers, _ = board.get(path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert ("no-store" in headers["cache-control"]) == ("/static/" not in path)


def test_a_search_while_one_types(board: Running) -> None:
    page = board.page("/documents")
    page.get_by_label("Words, an id or an address").fill("nuit traversier")
    page.wait_for_url(re.compile("q=nuit.+traversier"))
    page.wait_for_function("document.querySelectorAll('.stories li').length == 1")
    page.locator(".stories a").click()
    assert "traversier de nuit" in page.locator("h1").inner_text()
    page.context.close()


def test_what_is_found_by_word_source_day_outcome_id_and_address(board: Running) -> None:
    revision = board.entry(outcome="revision")
    (found,) = board.found("twelve thirteen", source="gazette")
    assert (found["id"], found["outcome"]) == (revision["id"], "revision")
    assert board.found("", outcome="revision") == [found]
    day = revision["fetched"][:10]
    assert found in board.found("", day=day, source="gazette")
    assert board.found("", day="2020-01-01") == []
    for typed in (revision["id"], revision["url"]):
        _, _, shown = board.get(f"/documents?{urlencode({'q': typed})}")
        assert revision["id"] in shown
        assert "As it stands in its file" in shown


def test_a_typed_id_leads_to_its_document(board: Running) -> None:
    text_id = board.entry(outcome="revision")["id"]
    page = board.page("/documents")
    page.get_by_label("Words, an id or an address").fill(text_id)
    page.wait_for_url(re.compile(f"/documents/{text_id}$"))
    page.get_by_role("heading", name="As it stands in its file").wait_for()
    page.context.close()


def test_what_is_typed_by_hand_into_an_address_is_passed_over(board: Running) -> None:
    all_of_it = board.found("")
    odd = {"source": '" OR "', "day": "yesterday", "outcome": "lost", "before": "-1"}
    assert board.found("", **odd) == all_of_it
    for path in ("/sources?sort=x&from=x&state=x", "/duplicates?before=x", "/quarantine?from=-1"):
        assert board.get(path)[0] == 200


def test_the_days_before_a_source_was_read_are_one_line(board: Running) -> None:
    told = board.get("/coverage/gazette")[2]
    assert told.count("unknown: not read yet") == 1
    assert "until " in told


def test_a_document_as_json_is_what_consume_gives(board: Running) -> None:
    (line, *_) = board.desk.run("consume", "--group", "json", "--count", "1").lines
    assert board.json(f"/documents/{line['id']}") == line
    status, headers, text = board.get("/documents/0000000000000000", Accept="application/json")
    assert (status, list(json.loads(text))) == (404, ["error"])
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("script", [True, False])
def test_buttons_work_with_and_without_scripts(board: Running, script: bool) -> None:
    page = board.page("/sources/bahia-es", java_script_enabled=script)
    before = board.ingesting.settings.sources.read_text()
    page.get_by_role("button", name="Pause").click()
    assert "Paused" in page.get_by_role("status").inner_text()
    paused = board.ingesting.settings.sources.read_text()
    assert [s.name for s in load_sources(board.ingesting.settings.sources) if not s.enabled] == [
        "bahia-es"
    ]
    assert paused.startswith("# Kept as it is.\n")
    page.get_by_role("button", name="Resume").click()
    resumed = load_sources(board.ingesting.settings.sources)
    assert all(source.enabled for source in resumed)
    assert board.ingesting.settings.sources.read_text().replace(
        "enabled = true\n", ""
    ) == before.replace("enabled = true\n", "")
    page.get_by_role("button", name="Crawl now").click()
    page.get_by_text("Asked for a crawl").wait_for()
    due = board.ingesting.state.schedule.next_due("bahia-es")
    assert due is not None
    assert due <= __import__("time").time()
    page.context.close()


def test_quarantine_tries_again_what_was_ticked(board: Running) -> None:
    page = board.page("/quarantine", java_script_enabled=False)
    assert page.get_by_role("row").count() == 3
    page.get_by_role("row").filter(has=page.get_by_text(re.compile(f"/{FAILED}$"))).get_by_role(
        "button"
    ).click()
    assert "1 owed again" in page.get_by_role("status").inner_text()
    (left,) = board.ingesting.state.quarantine.records()
    assert left.url.endswith("/failed-too")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="ticked").click()
    assert board.ingesting.state.quarantine.records() == []
    assert "No page has failed for good." in board.get("/quarantine")[2]
    page.context.close()


def test_forged_requests_change_nothing(board: Running) -> None:
    (seal,) = set(re.findall(r'name="seal" value="(\w+)"', board.get("/sources/bahia-en")[2]))
    origin = board.address.rstrip("/")
    before = board.ingesting.settings.sources.read_bytes()
    path = "/sources/bahia-en/pause"
    assert board.post(path, {"seal": seal}, Origin="https://evil.example") == 403
    assert board.post(path, {"seal": seal}, Origin="null") == 403
    assert board.post(path, {"seal": "0" * 64}, Origin=origin) == 403
    assert board.post(path, {}, Origin=origin) == 403
    assert board.get(path)[0] == 405
    assert board.post(path, {"seal": seal}, Origin=origin, Host="evil.example") == 421
    assert board.get("/", Host="evil.example")[0] == 421
    assert board.ingesting.settings.sources.read_bytes() == before


def test_by_the_keyboard_alone(board: Running) -> None:
    page = board.page("/documents")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("seaweed")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=seaweed"))
    page.context.close()


def test_metrics_are_served_to_prometheus(board: Running) -> None:
    status, headers, text = board.get("/metrics", Accept="text/plain;version=0.0.4")
    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/plain")
    told = {family.name for family in text_string_to_metric_families(text)}
    assert {"copydesk_outcomes", "copydesk_owed_pages", "copydesk_step_seconds"} <= told
    headers = board.get("/metrics", Accept="application/openmetrics-text;version=1.0.0")[1]
    assert headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")


def test_a_token_is_asked_for(board: Running, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    refused = board.desk.run("dashboard", "--host", "0.0.0.0", "--port", "0")
    assert (refused.code, "COPYDESK_DASHBOARD_TOKEN_FILE" in refused.err) == (2, True)
    nobody = tmp_path / "sources.toml"
    nobody.touch()
    address = started(board.desk, dashboard_token_file=token, sources=nobody)
    closed = Running(address, board.desk, board.ingesting, board.browser)
    assert closed.get("/documents", Accept="application/json")[0] == 401
    assert closed.get("/metrics", Accept="text/plain")[0] == 401
    assert closed.get("/metrics", Authorization=f"Bearer {TOKEN}")[0] == 200
    assert closed.get("/documents", Authorization="Basic d3Jvbmc6d3Jvbmc=")[0] == 401
    assert closed.get("/documents", Authorization=f"Bearer {TOKEN}")[0] == 200
    # A stranger gets nothing that follows from the token, and so nothing to try tokens against unseen.
    assert Seal.of(TOKEN, b"").form not in closed.get("/login")[2]
    page = closed.page("/sources")
    page.get_by_label("The token of this dashboard").fill("not this one at all")
    page.get_by_role("button").click()
    assert "not the token" in page.get_by_role("alert").inner_text()
    page.get_by_label("The token of this dashboard").fill(TOKEN)
    page.get_by_role("button").click()
    page.get_by_role("heading", name="The service is up").wait_for()
    page.get_by_text("The sources file names no source yet").wait_for()
    assert TOKEN not in json.dumps(page.context.cookies())
    page.get_by_role("link", name="Leave").click()
    page.goto(closed.address)
    assert page.url.endswith("/login")
    page.context.close()
    assert TOKEN not in board.desk.err
    assert TOKEN not in str(board.desk.processes())
