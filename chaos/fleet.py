"""The service on hosts of its own: a server, a bucket, sites, and parts that are two of a kind."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

import obstore
from obstore.store import S3Store
from redis.exceptions import RedisError

from chaos.hosts import Host
from chaos.running import holds_within, outcomes
from chaos.switch import Switch
from cli.embedded import binary
from config.settings import Settings
from rig.command import command_line, environment
from workers.state.connection import StateUnavailable
from workers.state.state import State, open_state

PARTS = {
    "crawl-1": "crawl",
    "crawl-2": "crawl",
    "ingest-1": "ingest",
    "ingest-2": "ingest",
    "beat-1": "beat",
    "beat-2": "beat",
}
"""Hosts, and the part that each runs."""
CLOCKS = {"crawl-2": -300, "ingest-1": 300, "beat-2": 300}
"""Seconds by which clocks are wrong."""
ADDRESSES = {
    name: f"10.77.0.{number}"
    for number, name in enumerate(("server", "bucket", "news", *PARTS, "reader", "watch"), start=1)
}
_SERVER, _BUCKET = f"{ADDRESSES['server']}:6379", f"http://{ADDRESSES['bucket']}:5000"
_PASSWORD = "not-a-secret-of-anybody"  # noqa: S105
_KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
_PREFIX = "desk"
_STARTS_WITHIN = 60.0
_PARSER = """import time


def parse(page):
    time.sleep({seconds})
    return page.default()
"""


class Fleet:
    """All of it; this thread is on a host of its own, `watch`, as long as the block lasts."""

    def __init__(self, folder: Path, switch: Switch, **settings: object) -> None:
        self.switch = switch
        self.folder = folder
        self.hosts: dict[str, Host] = {}
        self._settings = settings
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self.switch.stop)
            for name, address in ADDRESSES.items():
                self.hosts[name] = host = Host(name, address, self.switch)
                undo.callback(host.end)
            self.switch.start()
            undo.enter_context(self.hosts["watch"].inside())
            self._start_server()
            self._start_bucket()
            self._stack = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, sources: Sequence[dict[str, Any]], page_seconds: float) -> None:
        """Start the parts, and a consumer, with these sources in a file on each host that ingests.

        Each page takes `page_seconds` by the clock: of hosts that are idle nearly all of the time, one may do all.
        """
        beats = [name for name, part in PARTS.items() if part == "beat"]
        workers = [name for name in PARTS if name not in beats]
        for name in workers:
            if PARTS[name] == "ingest":
                file = self._sources_file(name)
                tables = (_table({**source, "parser": "slow:parse"}) for source in sources)
                file.write_text("\n".join(tables))
                file.with_name("slow.py").write_text(_PARSER.format(seconds=page_seconds))
            self._start_part(name)
        # Nothing is sent off before the last one is there to take its share.
        assert holds_within(lambda: not {*self.missing()} & {*workers}, _STARTS_WITHIN)
        for name in beats:
            self._start_part(name)
        consume = command_line("consume", "--group", "readers", "--follow")
        told = self._environment("reader")
        self.hosts["reader"].start(consume, told, self.log("reader"), out=self._read_file)

    def _start_part(self, name: str) -> None:
        clocked = [sys.executable, "-m", "chaos.clocked", str(CLOCKS.get(name, 0))]
        command = [*clocked, "workers.run", PARTS[name]]
        self.hosts[name].start(command, self._environment(name), self.log(name))

    def stop(self) -> list[str]:
        """End the parts in order, as a deploy does; what did not end in its time."""
        running = [self.hosts[name] for name in (*PARTS, "reader")]
        for host in running:
            host.ask_to_stop()
        return [line for host in running for line in host.stopped()]

    @cached_property
    def state(self) -> State:
        """The state, seen from a host that is never cut off; after a cut of the server its connection is a new one."""
        return open_state(f"redis://:{_PASSWORD}@{_SERVER}/0", Settings(), patience=2)

    def ended(self) -> int:
        """Pages that have their outcome; none where the server does not answer."""
        with suppress(RedisError, StateUnavailable, OSError):
            return sum(outcomes(self.state).values())
        return 0

    def missing(self) -> list[str]:
        """The hosts whose part is not told as being there."""
        now = self.state.clock()
        there = {one.host: one.part for one in self.state.machines.placed(now) if one.is_alive(now)}
        return [name for name, part in PARTS.items() if there.get(name) != part]

    def by_ingest(self) -> Counter[str]:
        """Pages that each host brought to their outcome, by its log."""
        named = [name for name, part in PARTS.items() if part == "ingest"]
        return Counter({name: len(list(self._logged(name, "page.ended"))) for name in named})

    def read(self) -> list[str]:
        """Ids of the documents that the consumer has printed, as often as it did."""
        lines = self._read_file.read_text().splitlines() if self._read_file.exists() else []
        return [json.loads(line)["id"] for line in lines]

    def tracebacks(self) -> list[str]:
        """The hosts that have shown one."""
        return [name for name in PARTS if "Traceback" in self.log(name).read_text()]

    def fetch_documents(self) -> Path:
        """Copy the bucket to a folder; returns that."""
        config: Any = {name.lower(): value for name, value in self._of_bucket.items()}
        store = S3Store("news", prefix=_PREFIX, config=config)
        to = self.folder / "copied"
        for page in obstore.list(store):
            for found in page:
                path = to / found["path"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(bytes(obstore.get(store, found["path"]).bytes()))
        return to

    def log(self, name: str) -> Path:
        """What a host's process has said."""
        return self.folder / f"{name}.log"

    @property
    def _of_bucket(self) -> dict[str, str]:
        return _KEYS | {"AWS_ENDPOINT_URL": _BUCKET, "AWS_ALLOW_HTTP": "true"}

    @property
    def _read_file(self) -> Path:
        return self.folder / "read.jsonl"

    def _logged(self, name: str, event: str) -> Iterator[str]:
        return (line for line in self.log(name).read_text().splitlines() if f'"{event}"' in line)

    def _sources_file(self, name: str) -> Path:
        home = self.folder / name
        home.mkdir(exist_ok=True)
        return home / "sources.toml"

    def _environment(self, name: str) -> dict[str, str]:
        home, file = self.folder / name, self._sources_file(name)
        settings = {"log_format": "json", "log_level": "INFO", "redis_url": f"redis://{_SERVER}/0"}
        password = self.folder / "password"
        named = {"redis_password_file": password, "store": f"s3://news/{_PREFIX}"}
        told = environment(home=home, sources=file, **settings, **named, **self._settings)
        return told | self._of_bucket | {"REMAP_SIGTERM": "SIGQUIT"}

    def _start_server(self) -> None:
        (self.folder / "password").write_text(_PASSWORD)
        (self.folder / "valkey").mkdir()
        lines = (
            f"bind {ADDRESSES['server']}",
            f"requirepass {_PASSWORD}",
            f'dir "{self.folder / "valkey"}"',
            "appendonly yes",
            'save ""',
        )
        told = "\n".join(lines).encode()
        log = self.log("server")
        self.hosts["server"].start([binary(), "-"], os.environ, log, stdin=told)
        self._await("the server", lambda: bool(self.state.client.ping()))

    def _start_bucket(self) -> None:
        host, port = _BUCKET.removeprefix("http://").split(":")
        serve = [sys.executable, "-m", "moto.server", "-H", host, "-p", port]
        self.hosts["bucket"].start(serve, os.environ, self.log("bucket"))
        self._await("the bucket", _make_bucket)

    def _await(self, what: str, is_there: Any) -> None:
        def holds() -> bool:
            try:
                return bool(is_there())
            except (OSError, RedisError, StateUnavailable):
                time.sleep(0.2)
                return False

        assert holds_within(holds, _STARTS_WITHIN), f"{what} did not start"


def _make_bucket() -> bool:
    asking = HTTPConnection(_BUCKET.removeprefix("http://"), timeout=5)
    asking.request("PUT", "/news")
    return asking.getresponse().status == HTTPStatus.OK


def _table(fields: dict[str, Any]) -> str:
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    return "\n".join(["[[source]]", *lines, ""])
