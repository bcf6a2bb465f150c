"""Promise 9: a site's log shows no request that robots.txt forbids, and no pause cut short.

Two workers that crawl, two beats, several sources on one host and on several: what is told is what the
hosts saw. At full size a worker is killed on the way.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from chaos.polite_hosts import Host, busy, plain, redirecting, resetting, strict
from chaos.promise import Finding, Size
from cli.embedded import EmbeddedServer
from rig.desk import Desk
from rig.site import Site
from rig.stories import Story

_PROMISE = "robots.txt, pauses and Retry-After are kept"


@dataclass(frozen=True)
class Effort:
    """How much is tried."""

    stories: int
    """On each host."""
    delay: float
    """Seconds between two requests."""
    seconds: float
    """Within which all is done."""
    kills: int = 0


EFFORTS = {
    Size.SMALL: Effort(stories=4, delay=0.4, seconds=200),
    Size.FULL: Effort(stories=60, delay=0.8, seconds=480, kills=2),
}


def trial(folder: Path, size: Size) -> list[Finding]:
    """Let the service crawl hosts that ask for things, and ask them how it was."""
    effort = EFFORTS[size]
    with ExitStack() as stack:
        hosts = _hosts(stack, effort)
        desk = stack.enter_context(Desk(folder, tick_seconds=0.5, log_level="WARNING"))
        desk.write_sources(*(source for host in hosts for source in host.sources()))
        began = time.monotonic()
        _serve(desk, hosts, effort)
        seconds = time.monotonic() - began
        complaints = [line for host in hosts for line in host.complaints()]
        return [_finding(hosts, effort, seconds, [*complaints, *_missing(desk, hosts)])]


def _hosts(stack: ExitStack, effort: Effort) -> list[Host]:
    def host(number: int, name: str, **more: object) -> Host:
        stories = [Story.numbered(1000 * number + n) for n in range(effort.stories)]
        site = stack.enter_context(Site())
        site.publish(*stories)
        return Host(name, site, effort.delay, stories, **more)  # type: ignore[arg-type]

    shared = host(1, "shared", feeds=("/even.xml", "/odd.xml"))
    asking, pausing, cutting = host(2, "strict"), host(3, "busy"), host(4, "resetting")
    # The next one's crawls need this host too, and wait for it.
    target = host(5, "target", settings={"schedule": "every 10s"})
    redirects = host(
        6, "redirecting", settings={"hosts": [f"{target.site.host}:{target.site.port}"]}
    )
    plain(shared)
    strict(asking)
    busy(pausing)
    resetting(cutting)
    redirecting(redirects, target)
    return [shared, asking, pausing, cutting, target, redirects]


def _serve(desk: Desk, hosts: Sequence[Host], effort: Effort) -> None:
    """Run the service with a second beat and a second crawl worker until all was asked for."""
    desk.start("up", "--json")
    server = EmbeddedServer(desk.home)
    limit = time.monotonic() + effort.seconds
    while not server.is_running() and time.monotonic() < limit:
        time.sleep(0.1)
    environment = desk.environment | {"COPYDESK_REDIS_URL": server.url}

    def part(name: str) -> "subprocess.Popen[bytes]":
        here = [sys.executable, "-P", "-m", "workers.run", name]
        return subprocess.Popen(here, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - ourselves

    beat, crawl = part("beat"), part("crawl")
    try:
        kills = [limit - effort.seconds * (0.9 - 0.1 * n) for n in range(effort.kills)]
        while time.monotonic() < limit and not _is_done(hosts):
            time.sleep(0.2)
            if kills and time.monotonic() > kills[0]:
                kills.pop(0)
                crawl.kill()
                crawl.wait()
                crawl = part("crawl")
    finally:
        for process in (beat, crawl):
            process.kill()
            process.wait()


def _is_done(hosts: Sequence[Host]) -> bool:
    pausing = next(host for host in hosts if host.name == "busy")
    return not any(host.missing() for host in hosts) and _was_asked_after(pausing)


def _was_asked_after(host: Host) -> bool:
    """Whether it has asked for two pauses, and the last one was followed by a request."""
    ends = [end for _, end in list(host.pauses)]
    return len(ends) > 1 and max(request.at for request in host.site.requests) > max(ends)


def _missing(desk: Desk, hosts: Sequence[Host]) -> Iterator[str]:
    """What was never asked for, so that nothing is told of it."""
    for host in hosts:
        if missing := host.missing():
            yield f"{host.name}: {len(missing)} pages were never asked for, {missing[0]} among them"
        if host.name == "busy" and not _was_asked_after(host):
            yield f"{host.name}: it asked for {len(host.pauses)} pauses, and was left alone for good"
    if "Traceback" in desk.err:
        yield "a traceback was logged"


def _finding(hosts: Sequence[Host], effort: Effort, seconds: float, broken: list[str]) -> Finding:
    requests = sum(len(host.site.requests) for host in hosts)
    gaps = ", ".join(f"{host.name} {host.least_gap():.3f}" for host in hosts)
    pauses = sum(len(host.pauses) for host in hosts)
    sources = sum(len(host.feeds) for host in hosts)
    return Finding(
        _PROMISE,
        f"{sources} sources on {len(hosts)} hosts, 2 crawl workers, 2 beats, {effort.kills} kills:"
        f" a pause of {effort.delay} s ({hosts[1].gap} s by Crawl-delay), slow answers, redirects between"
        " hosts, resets of kept connections, 429 and 503 with Retry-After, wildcards in robots.txt",
        f"{requests} requests in {seconds:.0f} s; shortest pauses {gaps} s; {pauses} Retry-After;"
        f" {len(broken)} complaints",
        tuple(broken),
    )
