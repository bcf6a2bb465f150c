"""Doors: who is let in, what listens, what is told, and who may write a line of the log."""

import json
import os
import pickle
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from redis import Redis
from redis.exceptions import AuthenticationError

from chaos.listening import beyond_loopback, listening
from chaos.promise import Finding, Size
from cli.embedded import EmbeddedServer
from config.settings import Settings
from rig.desk import Desk, until
from rig.site import Site
from rig.stories import Story
from workers.queue.broker import CRAWL, DESK, INGEST, make_app

_SOON = 60.0
_SECRET = "hunter2-hunter2-hunter2"  # noqa: S105 - it opens nothing
_DASHBOARD = "127.0.0.1:0"
_FORGERIES = (
    'Quiet harbour\n{"event": "forged", "level": "info"}',
    "Quiet harbour\r\n2026-11-21T00:00:00Z [error    ] forged",
    "Quiet harbour\x1b[2K\x1b[1Aforged",
    "Quiet harbour\u2028forged\u0085forged",
)


def trial(folder: Path, size: Size) -> list[Finding]:
    """A service with a site whose pages forge log lines, looked at from outside."""
    findings: list[Finding] = []
    for log_format in ("json", "human"):
        with (
            Site() as site,
            Desk(folder / log_format, log_format=log_format, dashboard=_DASHBOARD) as desk,
        ):
            desk.folder.mkdir()
            _publish(site)
            desk.write_sources(_source(site))
            desk.up(tick_seconds=0.5, log_level="INFO")
            _await_documents(desk, len(_FORGERIES))
            findings.append(_logs(desk, log_format))
            if log_format == "json":
                findings += [_ports(desk), _password(desk), _pickle(desk, site, size)]
                findings.append(_secrets(desk))
    return findings


def _await_documents(desk: Desk, count: int) -> None:
    until(lambda: len(desk.documents()) >= count, _SOON, f"{count} documents")


def _source(site: Site) -> Mapping[str, object]:
    return {
        "name": "site",
        "feeds": [site.url("/rss.xml")],
        "schedule": "every 2s",
        "adaptive": False,
    }


def _publish(site: Site, more: int = 0) -> None:
    forged = [
        replace(Story.numbered(number), title=title, path=f"/news/{number}-{quote(title)}")
        for number, title in enumerate(_FORGERIES)
    ]
    site.publish(*(Story.numbered(100 + number) for number in range(more)), *forged)


def _ports(desk: Desk) -> Finding:
    processes = desk.processes()
    sockets = [socket for pid in processes for socket in listening(pid)]
    return Finding(
        promise="nothing listens beyond loopback",
        tried=f"sockets of all {len(processes)} processes of `copydesk up`",
        found=f"{len(set(sockets))} TCP or UDP ports, the dashboard's among them",
        broken=tuple(f"{socket} is open" for socket in sockets if beyond_loopback(socket)),
    )


def _password(desk: Desk) -> Finding:
    url = urlsplit(EmbeddedServer(desk.home).url)
    mode = stat.S_IMODE(os.stat(url.path).st_mode)  # noqa: PTH116 - a socket, not a file of ours
    broken = []
    if mode & 0o077:
        broken.append(f"the socket's mode is {mode:o}")
    try:
        with Redis(unix_socket_path=url.path) as stranger:
            stranger.ping()
        broken.append("the server answers without a password")
    except AuthenticationError:
        pass
    return Finding(
        promise="the server lets no stranger in",
        tried="its socket's mode, and a command without the password",
        found=f"mode {mode:o}, NOAUTH" if not broken else "open",
        broken=tuple(broken),
    )


class _Opened:
    """What leaves a file behind where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self._trace),)


def _pickle(desk: Desk, site: Site, size: Size) -> Finding:
    """Put messages in pickle into every queue, and see that work goes on beside them."""
    each = 20 if size is Size.FULL else 2
    trace = desk.folder / "unpickled"
    app = make_app(Settings(redis_url=EmbeddedServer(desk.home).url))
    body = pickle.dumps(((_Opened(trace),), {}, {}))
    headers = {"task": "copydesk.ingest", "id": "1", "lang": "py"}
    with app.connection_for_write() as connection, connection.Producer() as producer:
        for queue in (CRAWL, DESK, INGEST) * each:
            producer.publish(
                body,
                routing_key=queue,
                headers=headers,
                content_type="application/x-python-serialize",
                content_encoding="binary",
            )
    before = len(desk.documents())
    _publish(site, more=3)
    _await_documents(desk, before + 3)
    broken = ["a message in pickle was opened"] if trace.exists() else []
    broken += ["a part died of it" for line in desk.err.splitlines() if "part.died" in line]
    return Finding(
        promise="a message in pickle is refused",
        tried=f"{each} in each of 3 queues, new stories beside them",
        found="none was opened, the stories came through" if not broken else "opened",
        broken=tuple(broken),
    )


def _secrets(desk: Desk) -> Finding:
    """Look for passwords wherever anyone may look."""
    own = unquote(urlsplit(EmbeddedServer(desk.home).url).password or "")
    wrong = f"redis://:{_SECRET}@127.0.0.1:1/0"
    told = {
        "a process list": "\n".join(desk.processes().values()),
        "the log": desk.err,
        "the server's log": (desk.home / "valkey/valkey.log").read_text(),
    }
    for call in (["status"], ["status", "--json"], ["sources"], ["once"]):
        done = desk.run(*call)
        told[f"`copydesk {' '.join(call)}`"] = done.out + done.err
        # Where no server answers, the error tells of the address.
        failed = desk.run(*call, redis_url=wrong)
        told[f"`copydesk {' '.join(call)}` without a server"] = failed.out + failed.err
    places = [place for place, text in told.items() if own in text or _SECRET in text]
    return Finding(
        promise="secrets are told to nobody",
        tried=f"two passwords, looked for in {len(told)} places: process lists, logs, commands, errors",
        found=f"in {len(places)}",
        broken=tuple(f"{place} has a password" for place in places),
    )


def _logs(desk: Desk, log_format: str) -> Finding:
    lines = desk.err.splitlines()
    forged = list(_forged_json(lines) if log_format == "json" else _forged_human(lines))
    return Finding(
        promise=f"a page cannot forge a line of the log ({log_format})",
        tried=f"{len(_FORGERIES)} titles with line ends, escapes and whole log lines in them",
        found=f"{len(lines)} lines, {len(forged)} forged",
        broken=tuple(f"a forged line: {line!r}" for line in forged),
    )


def _forged_json(lines: list[str]) -> Iterator[str]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            # What the command itself says to a person is no event.
            if not line.startswith("copydesk") and not line.isprintable():
                yield line
        else:
            if event.get("event") == "forged":
                yield line


def _forged_human(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.isprintable() or re.match(r".{20,32}\[error +\] forged", line):
            yield line
