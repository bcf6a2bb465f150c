"""What reading a kind costs: each in a process of its own, so that its memory is its own.

`python -m chaos.trials.hostile.measure SIZE [NAME]...` prints a line of JSON a kind.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from protego import Protego

from chaos.promise import Size
from chaos.trials.hostile.corpus import corpus
from chaos.trials.hostile.kind import Kind, Reply, Role
from crawler.decode import Undecodable, decompress, unpack
from crawler.discovery.feeds import parse_feed
from crawler.discovery.listing import NotAListing
from crawler.discovery.sections import parse_section
from crawler.discovery.sitemaps import parse_sitemap
from crawler.discovery.start import read_start, sitemaps_in_robots
from crawler.extraction.extract import extract
from crawler.page import Page, Rejection
from crawler.politeness import robots_text
from crawler.settings import DOWNLOAD_MAXSIZE
from workers.dedup.signature import signature

LONGEST_SECONDS = 60
"""After which a reading is given up."""
_URL = "http://127.0.0.1:8000/news/1-hostile"
_RESET_PEAK = "5"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one reading came to."""

    name: str
    said: str
    """What was found: `article`, `rejected ...`, `read`, `unread ...`, or how the process died."""
    seconds: float
    """Of a processor: what others do on the machine does not count."""
    mebibytes: float
    """The most memory that the process had at one time, the interpreter's own included."""


def measured(size: Size, names: Sequence[str]) -> list[Cost]:
    """The cost of each of these kinds that has a body."""
    line = [sys.executable, "-m", "chaos.trials.hostile.measure", size.value, *names]
    done = subprocess.run(line, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    assert done.returncode == 0, done.stderr
    return [Cost(**json.loads(told)) for told in done.stdout.splitlines()]


def _costs(kinds: Sequence[Kind]) -> Iterator[Cost]:
    for kind in kinds:
        if kind.reply:
            reply = kind.reply()
            if len(reply.body) <= DOWNLOAD_MAXSIZE:
                yield _cost(kind, reply)


def _cost(kind: Kind, reply: Reply) -> Cost:
    """Read in a child, as it is read in the service."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _read_and_tell(kind, reply, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    _, status = os.waitpid(child, 0)
    if text:
        return Cost(kind.name, **json.loads(text))
    return Cost(kind.name, f"died of signal {os.WTERMSIG(status)}", float(LONGEST_SECONDS), 0.0)


def _read_and_tell(kind: Kind, reply: Reply, writing: int) -> None:
    signal.alarm(LONGEST_SECONDS)
    with contextlib.suppress(OSError):  # elsewhere the peak before this counts too
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
    started = time.process_time()
    try:
        said = _read(kind.role, reply)
    except Exception as error:  # noqa: BLE001 - told, as what came of it
        said = f"raised {error!r}"[:200]
    told = {"said": said, "seconds": time.process_time() - started, "mebibytes": _peak()}
    os.write(writing, json.dumps(told).encode())
    os._exit(0)


def _peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _read(role: Role, reply: Reply) -> str:
    return _page(reply) if role is Role.PAGE else _listing(role, reply)


def _page(reply: Reply) -> str:
    now = datetime.now(UTC)
    page = Page(_URL, _URL, 200, now, reply.content_type, reply.coding, reply.body)
    try:
        found = extract(unpack(page), language="en")
    except Undecodable as error:
        return f"rejected {error.reason}"
    if isinstance(found, Rejection):
        return f"rejected {found.reason}"
    signature(found.body)
    return "article"


def _listing(role: Role, reply: Reply) -> str:
    try:
        if role is Role.ROBOTS:
            rules = Protego.parse(robots_text(reply.body, reply.coding))
            rules.can_fetch(_URL, "CopydeskBot/0.1")
            sitemaps_in_robots(reply.body, _URL)
            return "read"
        body = decompress(reply.body, reply.coding)
        if role is Role.FEED:
            parse_feed(body, _URL, reply.content_type)
        elif role is Role.SITEMAP:
            parse_sitemap(body, _URL)
        elif role is Role.START:
            read_start(body, _URL, reply.content_type)
        else:
            parse_section(body, _URL, reply.content_type)
    except (NotAListing, Undecodable) as error:
        return f"unread {error.reason}"
    return "read"


def _main(size: str, *names: str) -> None:
    kinds = [kind for kind in corpus(Size(size)) if not names or kind.name in names]
    for cost in _costs(kinds):
        print(json.dumps(asdict(cost)), flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
