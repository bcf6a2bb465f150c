"""What docs/deploy.md says of several hosts, tried step by step: `python hosts.py FOLDER PYTHON`, by scripts/try-containers.

Two hosts are two projects of docker-compose.workers.yml as it stands, each in a folder of its own with `.env`,
secrets and sources. Server, bucket, site and a receiver of webhooks are none of theirs: they are at an address
of the namespace, which both reach. FOLDER holds the compose file, config/ and site/; PYTHON has moto.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from composition import Composition, health_checks, until
from rights import refuse_rights, with_children
from sample import pages_asked

ADDRESS = "10.213.0.1"
SHELVES = {"first": 60, "scaled": 60, "killed": 60, "stopped": 60, "gone": 60}
SERVER = "copydesk-elsewhere"
PASSWORD = secrets.token_hex(16)
USER = 10001
HOSTS = {"news-1": ("crawl", "ingest", "beat", "webhook"), "news-2": ("crawl", "ingest")}
BUCKET = "example-news"
# `.env` names it, too; podman-compose does not look for it there.
FILE = "docker-compose.workers.yml"
_COUNT = """
import gzip, pathlib
files = pathlib.Path("/var/lib/copydesk/archive").rglob("*.warc.gz*")
print(sum(gzip.open(file).read().count(b"WARC-Type: response") for file in files))
"""


class Hosts:
    """The steps, in the order in which they must be taken."""

    def __init__(self, folder: Path, log: Path, secret: str) -> None:
        self.log = log
        self.received: Counter[str] = Counter()
        self.done = 0
        self.hosts = {
            name: Composition(_folder(folder, name, parts, secret), f"copydesk-{name}", FILE, parts)
            for name, parts in HOSTS.items()
        }
        self.one, self.other = self.hosts.values()

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        """Each says what was seen, or raises."""
        return [
            ("two hosts, docker compose up -d", self.come_up),
            ("rights", self.have_no_rights),
            ("a source", self.crawl_together),
            ("--scale ingest=3", self.scale),
            ("kill -9 of the crawl and the ingest of news-2", self.survive_kills),
            ("docker compose stop on news-2", self.stop_one),
            ("news-2 is gone, and nobody was told", self.lose_one),
            ("after all", self.lost_nothing),
        ]

    def come_up(self) -> str:
        """`up -d` on both."""
        started = time.monotonic()
        for host in self.hosts.values():
            host.compose("up", "-d")
        for host in self.hosts.values():
            until(host.are_healthy, 300, f"{host.project} is healthy")
        seconds = time.monotonic() - started
        assert self.seen() == {(name, part) for name, parts in HOSTS.items() for part in parts}
        return f"all six parts healthy after {seconds:.0f} s; `status` has them by their hosts"

    def have_no_rights(self) -> str:
        """Every process of every container, asked from outside."""
        pids = [
            (service, pid)
            for host in self.hosts.values()
            for service in host.lasting
            for pid in with_children(host.pid(service))
        ]
        for service, pid in pids:
            refuse_rights(service, pid)
        shown = subprocess.run(["ps", "axeww"], capture_output=True, text=True, check=True).stdout
        for line in shown.splitlines():
            assert PASSWORD not in line or "valkey-server" in line, "a list of processes shows it"
        return f"{len(pids)} processes: none is root, none has a capability; the password is in no list"

    def crawl_together(self) -> str:
        """A source named on both hosts."""
        seconds = self.crawl("first")
        shares = [self.pages_of(host) for host in self.hosts.values()]
        assert all(shares), f"read on each host: {shares}"
        return (
            f"{SHELVES['first']} pages, all new, {seconds:.0f} s later; read on each host: {shares}"
        )

    def scale(self) -> str:
        """Two more containers that ingest, on one host."""
        self.one.compose("up", "-d", "--scale", "ingest=3", "--no-recreate")
        seconds = self.crawl("scaled")
        return f"{SHELVES['scaled']} pages {seconds:.0f} s later, with four containers that ingest"

    def survive_kills(self) -> str:
        """SIGKILL to both parts of a host amid a crawl."""
        asked = self.begin("killed")
        for part in HOSTS["news-2"]:
            self.other.kill(part)
        seconds = self.wait()
        return f"with {asked} pages asked for: all have an outcome {seconds:.0f} s later"

    def stop_one(self) -> str:
        """A host is stopped in order amid a crawl, and comes back."""
        asked = self.begin("stopped")
        started = time.monotonic()
        self.other.compose("stop")
        seconds = time.monotonic() - started
        assert not self.missing(), self.missing()
        self.wait()
        self.other.compose("up", "-d")
        until(self.other.are_healthy, 300, "news-2 is healthy")
        return f"with {asked} pages asked for: stopped in {seconds:.1f} s, missed by nobody; all pages have an outcome"

    def lose_one(self) -> str:
        """A host ends without a word amid a crawl."""
        asked = self.begin("gone")
        for part in HOSTS["news-2"]:
            name = self.other.container(part)
            subprocess.run(["podman", "stop", "--time", "0", name], check=True, capture_output=True)
        seconds = self.wait()
        late = until(lambda: len(self.missing()) == 2, 300, "the host is missed")
        alarms = {alarm["kind"] for alarm in self.status()["alarms"]}
        assert "part-silent" in alarms, alarms
        return (
            f"with {asked} pages asked for: all have an outcome {seconds:.0f} s later; missed after"
            f" {seconds + late:.0f} s, with the alarm part-silent"
        )

    def lost_nothing(self) -> str:
        """Bucket, consumer and receiver, each document once."""
        lines = self.one.run("ingest", "copydesk", "consume", "--group", "mine").splitlines()
        consumed = Counter(json.loads(line)["id"] for line in lines)
        assert consumed.total() == len(consumed) == self.done, f"{consumed.total()} consumed"
        until(lambda: len(self.taken()) == self.done, 60, "all are posted")
        kinds = Counter(name.rpartition(".")[2] for name in _objects())
        assert kinds == {"txt": self.done, "json": self.done}, kinds
        requests = (line for line in self.log.read_text().splitlines() if line[:1].isdecimal())
        asked = pages_asked("\n".join(requests))
        again = asked.total() - len(asked)
        assert len(asked) == self.done
        return (
            f"{self.done} of {self.done} documents in the bucket, each with its JSON, once to a consumer,"
            f" and to the receiver ({self.taken().total() - self.done} of them again); {again} pages fetched once more"
        )

    def crawl(self, shelf: str) -> float:
        """A source, to its end; the seconds."""
        self.name(shelf)
        return self.wait()

    def begin(self, shelf: str) -> int:
        """Name a source, and wait until its crawl is under way; pages asked for."""
        self.name(shelf)
        until(lambda: self.asked(shelf) >= 5, 300, f"the crawl of {shelf} is under way")
        return self.asked(shelf)

    def name(self, shelf: str) -> None:
        """Bring a sources file with the next shelf to both hosts."""
        self.done += SHELVES[shelf]
        upto = list(SHELVES)[: list(SHELVES).index(shelf) + 1]
        tables = "\n".join(
            f'[[source]]\nname = "{name}"\nfeeds = ["http://{ADDRESS}:8080/{name}.xml"]\nschedule = "every 1m"\n'
            "adaptive = false\nrevisit = []\ndelay = 0.3\nallow_private = true\n"
            for name in upto
        )
        for host in self.hosts.values():
            part = host.folder / "config" / "sources.part"
            part.write_text(tables)
            part.rename(part.with_suffix(".toml"))

    def wait(self) -> float:
        """Until all pages so far have the outcome `new`; the seconds."""
        seconds = until(lambda: self.outcomes().total() >= self.done, 900, f"{self.done} outcomes")
        assert self.outcomes() == {"new": self.done}, self.outcomes()
        return seconds

    def status(self) -> dict[str, Any]:
        """What `status --json` says on the first host."""
        told: dict[str, Any] = json.loads(self.one.run("ingest", "copydesk", "status", "--json"))
        return told

    def outcomes(self) -> Counter[str]:
        """How many pages ended how; none while that cannot be told."""
        try:
            return +Counter(self.status()["last_day"])
        except AssertionError:
            return Counter()

    def seen(self) -> set[tuple[str, str]]:
        """Host and part of all that is there."""
        return {(one["host"], one["part"]) for one in self.status()["hosts"]}

    def missing(self) -> set[tuple[str, str]]:
        """Of those the ones that are missing."""
        return {(one["host"], one["part"]) for one in self.status()["hosts"] if not one["alive"]}

    def pages_of(self, host: Composition) -> int:
        """How many pages a host has read, by its archive."""
        return int(host.run("ingest", "python", "-c", _COUNT))

    def asked(self, shelf: str) -> int:
        """How many pages of a shelf the site was asked for."""
        return sum(f" /{shelf}/" in line for line in self.log.read_text().splitlines())

    def taken(self) -> Counter[str]:
        """How often the receiver took each document."""
        lines = self.log.read_text().splitlines()
        return Counter(line.split()[1] for line in lines if line.startswith("taken "))


def _folder(folder: Path, name: str, parts: tuple[str, ...], secret: str) -> Path:
    """A host's clone, with what docs/deploy.md has one put there."""
    own = folder / name
    shutil.copytree(folder / "config", own / "config")
    shutil.copy(folder / FILE, own)
    (own / "secrets").mkdir()
    for file, text in {"redis-password": PASSWORD, "webhook-secret": secret}.items():
        path = own / "secrets" / file
        path.write_text(f"{text}\n")
        path.chmod(0o400)
        os.chown(path, USER, USER)
    settings = {
        "COMPOSE_FILE": FILE,
        "COMPOSE_PROFILES": ",".join(parts),
        "HOST_NAME": name,
        "COPYDESK_REDIS_URL": f"redis://{ADDRESS}:6379/0",
        "COPYDESK_STORE": f"s3://{BUCKET}/documents",
        "COPYDESK_WEBHOOK_URL": f"http://{ADDRESS}:8081/hook",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{ADDRESS}:9000",
        "AWS_ALLOW_HTTP": "true",
    }
    lines = (f"{name}={value}\n" for name, value in settings.items())
    (own / ".env").write_text("".join(lines))
    return own


def _objects() -> list[str]:
    """All that is in the bucket, by name."""
    names, after = [], ""
    while True:
        url = f"http://{ADDRESS}:9000/{BUCKET}?list-type=2&start-after={after}"
        with urlopen(url, timeout=30) as answer:
            told = answer.read().decode()
        found = [part.partition("</Key>")[0] for part in told.split("<Key>")[1:]]
        names += found
        if "<IsTruncated>true" not in told:
            return names
        after = found[-1]


@contextlib.contextmanager
def elsewhere(folder: Path, python: str, log: Path) -> Iterator[None]:
    """Server, bucket, site and receiver, until the trial is over."""
    subprocess.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=True)
    valkey = os.environ["VALKEY_IMAGE"]
    options = ["--bind", ADDRESS, "--save", "", "--requirepass", PASSWORD]
    subprocess.run(["podman", "rm", "--force", "--ignore", SERVER], check=True, capture_output=True)
    server = ["podman", "run", "--detach", "--rm", "--network", "host", "--name", SERVER, valkey]
    subprocess.run([*server, "valkey-server", *options], check=True, capture_output=True)
    shelves = [f"{name}={count}=plain" for name, count in SHELVES.items()]
    command = [python, folder / "site" / "elsewhere.py", ADDRESS, *shelves]
    with log.open("w") as told:
        services = subprocess.Popen(command, stdout=told, env=os.environ)
        try:
            until(lambda: "ready" in log.read_text(), 60, "bucket and site are there")
            yield
        finally:
            services.terminate()
            services.wait(30)
            subprocess.run(["podman", "rm", "--force", SERVER], check=False, capture_output=True)


def main(folder: str, python: str) -> int:
    """Take every step; the hosts are gone at the end."""
    work = Path(folder)
    log = work / "elsewhere.log"
    sys.path.insert(0, str(work / "site"))
    from rig.inbox import SECRET  # noqa: PLC0415 - of the tree, whose copy is there

    trial = Hosts(work, log, SECRET)
    containers = [h.container(part) for h in trial.hosts.values() for part in h.lasting]
    try:
        with elsewhere(work, python, log), health_checks(containers):
            for title, step in trial.steps():
                print(f"ok  {title}: {step()}", flush=True)
    except (AssertionError, RuntimeError) as problem:
        print(f"NOT {problem}", flush=True)
        for host in trial.hosts.values():
            for service in host.lasting:
                said = host.logs(service)[-3000:]
                print(f"--- {host.project} {service}\n{said}", file=sys.stderr)
        return 1
    finally:
        for host in trial.hosts.values():
            host.clear()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
