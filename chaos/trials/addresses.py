"""Promise 8: no byte from an address that is not public, however it is written, named or reached.

The real command runs on an internet of its own, where every address answers and every attempt to open a
connection is seen; the pages there lead it astray in all the ways that pages can.
"""

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chaos.apart import findings_of, tell
from chaos.astray import CARRIERS, DECLARED, LED_TO, LOOKED_AT, SCRIPTS, answer, listings
from chaos.forged import FORMS, INTRANET, PUBLIC, PUBLIC_6, REBINDING, Names
from chaos.internet import Wire, enter
from chaos.promise import Finding, Size
from config.sources import Source
from rig.desk import Desk

PROMISE = "no byte from an address that is not public"
_PORTS = (80, 8080)
_WEB = {(PUBLIC, 80), (PUBLIC, 443), (PUBLIC_6, 80), (PUBLIC_6, 443), (INTRANET, 80)}
"""Where connections may be opened: to the public web, and to what the one source may reach."""
_FIRST_FREE_PORT = 32768
"""From here on the system gives out ports: a browser's only way out is a proxy at one of loopback."""
_PROXY = "http://127.0.0.1:3128"
_EVERY = {Size.SMALL: 12, Size.FULL: 1}
"""One form in so many, where each costs a listing; all the others are tried at either size."""
_COMMANDS_EVERY = {Size.SMALL: 70, Size.FULL: 1}
"""The same where each form costs a command, or three."""


def trial(folder: Path, size: Size) -> list[Finding]:
    """Lead crawls, `extract` and `add` to every form by every carrier, in a process with a network of its own."""
    return findings_of(__name__, folder, size, PROMISE)


class Everywhere(ThreadingHTTPServer):
    """A web server at every address; remembers what was asked for under which name."""

    daemon_threads = True
    address_family = socket.AF_INET6
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        super().__init__(("::", port), _Page)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_bind(self) -> None:
        """Listen for IPv4 as well."""
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class _Page(BaseHTTPRequestHandler):
    server: Everywhere

    def do_GET(self) -> None:
        host = self.headers.get("Host", "").partition(":")[0].lower()
        self.server.asked[host, self.path] += 1
        status, headers, body = answer(host, self.path)
        self.send_response(status)
        for name, value in headers.items():
            # A form may be anything, and HTTP has bytes.
            self.send_header(name, value.encode().decode("latin-1"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _inside(folder: Path, size: Size) -> list[Finding]:
    wire = enter(Names())
    web, *_ = [Everywhere(port) for port in _PORTS]
    reachable = _control(wire)
    with Desk(folder, crawl_processes=2, lease_seconds=60) as desk:
        desk.environment |= {f"{scheme}_proxy": _PROXY for scheme in ("http", "https", "all")}
        desk.write_sources(*_sources(size))
        crawled = _crawled(desk, wire, web, reachable)
        unread = (*_unread(web, _EVERY[size]), *_untried(web))
        forms = [form for form in FORMS if not _is_public(form)][:: _COMMANDS_EVERY[size]]
        return [
            replace(crawled, broken=crawled.broken + unread),
            _extracted(desk, wire, forms),
            _added(desk, wire, web, forms),
        ]


def _control(wire: Wire) -> int:
    """How many of the forms are reached where nobody guards: an attempt is made, and is seen."""
    reached = 0
    for form in FORMS:
        try:
            socket.create_connection((form.strip("[]"), 80), timeout=2).close()
        except (OSError, UnicodeError):
            continue
        time.sleep(0.005)
        reached += any(where not in _WEB for where in wire.asked())
    return reached


def _crawled(desk: Desk, wire: Wire, web: Everywhere, reachable: int) -> Finding:
    done = desk.run("once", timeout=1800)
    astray = [*_astray(wire)]
    reasons = Counter[str]()
    for count, reason in re.findall(r"(\d+) (?:rejected )?([a-z]+-[a-z]+)", done.err):
        reasons[reason] += int(count)
    stopped = (
        f"{reasons['refused-address']} pages refused by address, {reasons['other-host']} by host"
    )
    return Finding(
        PROMISE,
        f"{len(FORMS)} forms ({reachable} reached without a guard), each by {len(CARRIERS) + 2} carriers:"
        f" its own listing, {', '.join([*CARRIERS, DECLARED])}, scripts in a browser ({', '.join(SCRIPTS)}); hosts named and not, beside an admitted"
        " intranet, with a proxy in the environment",
        f"{web.asked.total()} requests to the public web; {stopped}; {len(astray)} places beyond it",
        (*astray, *([] if reasons["refused-address"] else ["no address was refused"])),
    )


def _unread(web: Everywhere, every: int) -> Iterator[str]:
    """The carriers that led nowhere because nobody read them."""
    asked = {path for _, path in web.asked}
    for name, (_, paths) in CARRIERS.items():
        missed = [path for path in paths[::every] if not {path, f"/{path}"} & asked]
        if missed:
            yield f"{name}: {len(missed)} listings were not read"


def _untried(web: Everywhere) -> Iterator[str]:
    """The scripts that did not try all."""
    asked = {path for _, path in web.asked}
    # The crawl leaves the last one, for where it leads.
    missed = [by for by in SCRIPTS[:-1] if f"/tried/{by}" not in asked]
    if missed:
        yield f"no browser ran the scripts {', '.join(missed)}"


def _extracted(desk: Desk, wire: Wire, forms: Sequence[str]) -> Finding:
    wire.asked()

    def extract(form: str) -> int:
        done = desk.run("extract", f"http://{form}/2026/11/20/a-story-of-the-day-1234567")
        return done.code

    with ThreadPoolExecutor(2) as pool:
        codes = Counter(pool.map(extract, forms))
    broken = [*_astray(wire)]
    if codes.keys() - {0, 1, 2}:
        broken.append(f"extract ended with {dict(codes)}")
    return Finding(
        PROMISE,
        f"`extract URL` of {len(forms)} forms",
        f"{codes[1]} refused, {codes[2]} not understood, {codes[0]} read from the public web;"
        f" {len(broken)} connections elsewhere",
        tuple(broken),
    )


def _added(desk: Desk, wire: Wire, web: Everywhere, forms: Sequence[str]) -> Finding:
    """`add` of each form, of a site that is moved there, and of one all of whose listings are there."""
    wire.asked()
    sites = [f"{FORMS.index(form)}{LOOKED_AT}" for form in forms]
    addresses = [
        *(f"http://{form}/" for form in forms),
        *(f"http://{site}/to/front" for site in sites),
        *(f"http://{site}/" for site in sites),
    ]

    def add(address: str) -> int:
        return desk.run("add", address, "--dry-run", "--delay", "0", "--force").code

    with ThreadPoolExecutor(2) as pool:
        codes = Counter(pool.map(add, addresses))
    broken = [*_astray(wire)]
    if codes.keys() - {0, 1, 2}:
        broken.append(f"add ended with {dict(codes)}")
    unread = {path: [site for site in sites if (site, path) not in web.asked] for path in LED_TO}
    broken += [f"add: {path} was not read at {len(at)} sites" for path, at in unread.items() if at]
    return Finding(
        PROMISE,
        f"`add URL` of {len(forms)} forms, of sites that moved there, and of sites whose feeds, sitemaps,"
        " sections and articles are there or redirect there",
        f"{codes[1]} refused, {codes[2]} not understood, {codes[0]} proposed;"
        f" {len(broken)} connections elsewhere",
        tuple(broken),
    )


def _astray(wire: Wire) -> Iterator[str]:
    time.sleep(0.2)
    for (address, port), count in Counter(wire.asked()).items():
        is_gate = address == "127.0.0.1" and port >= _FIRST_FREE_PORT
        if (address, port) not in _WEB and not is_gate:
            yield f"{count} connections to {address}, port {port}"


def _sources(size: Size) -> Iterator[Mapping[str, Any]]:
    """Every carrier thrice: with its hosts named, without, and on an intranet that may be reached.

    The small trial makes do with the first, which is the one where nothing but the address stops it.
    """
    hosts = [form for form in FORMS if _is_host(form)]
    kinds: dict[str, dict[str, Any]] = {
        "named": {"hosts": hosts},
        "intranet": {"allow_private": True},
        "plain": {},
    }
    if size is Size.SMALL:
        kinds = {"named": kinds["named"]}
    plain = {"allow_private": False, "max_pages": 1000}
    for kind, fields in kinds.items():
        yield {"name": kind, **plain, **fields, **listings(f"{kind}.test", _EVERY[size])}
        start = f"http://start.{kind}.test/start"
        yield {"name": f"{kind}-start", **plain, **fields, "start": start}
    scripted = [f"http://rendered.test/run/{by}" for by in SCRIPTS]
    yield {"name": "rendered", **plain, "hosts": hosts, "render": True, "sections": scripted}
    direct = [f"http://{host}/rss.xml" for host in hosts]
    again = [f"http://{name}/again-{n}" for name in REBINDING for n in range(20)]
    yield {"name": "direct", **plain, "feeds": direct, "sections": again}


def _is_public(form: str) -> bool:
    """Whether it leads to another port of a public host, which is allowed to whom names it."""
    return form.startswith("www.public.test:") and "@" not in form


def _is_host(form: str) -> bool:
    """Whether a source names it as a host: all that it may, but those that are to stay unnamed."""
    if _is_public(form):
        return False
    try:
        Source(name="a", start="http://a.test/", hosts=(form,))
    except ValidationError:
        return False
    return True


if __name__ == "__main__":
    tell(_inside)
