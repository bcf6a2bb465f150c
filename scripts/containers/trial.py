"""What docker-compose.yml promises, tried step by step: `python trial.py FOLDER`, by scripts/try-containers.

FOLDER holds docker-compose.yml and config/ as they stand in the tree, and site/; the trial adds a sample
site by a file of its own, and writes the sources.
"""

import contextlib
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from composition import BROWSER, LASTING, Composition, health_checks, until
from rights import refuse_rights, with_children
from sample import ALL, FIRST, KILLED, SHELVES, STOPPED, UP_TO, add_site, pages_asked, write_sources

PARTS = ("crawl", "ingest", "beat")
GRACE = 60
# The titled layout as the design fixes it, told without the product's own parser.
TITLED = re.compile(
    r"\n\n# \*[^\n]+\*\n\n---\n\n\n\n(?:(?!\n\n\n).)+\n\n---\n\n<http://site:8080/[^\n]+>\n\n\n\n\*\*[^\n]+\*\*",
    re.DOTALL,
)


class Trial:
    """The steps, in the order in which they must be taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.composition = Composition(folder)
        self.received: Counter[str] = Counter()
        self.password = ""
        add_site(folder)
        write_sources(folder, "first")

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        """Each says what was seen, or raises."""
        kills = [
            (f"kill -9 of {service}", partial(self.survives_the_kill_of, service))
            for service in ("crawl", "ingest", "beat", "valkey", BROWSER)
        ]
        return [
            ("docker compose up -d", self.comes_up),
            ("names", self.finds_each_other),
            ("password", self.password_is_made),
            ("doors", self.keeps_its_doors),
            ("rights", self.has_no_rights),
            ("crawl", self.crawls),
            ("documents", self.keeps_documents),
            ("status and consume", self.hands_on_once),
            ("sources edited", self.takes_up_an_edit),
            ("COMPOSE_PROFILES=render, docker compose up -d", self.renders),
            *kills,
            ("after the kills", self.lost_nothing),
            ("health after the kills", self.is_healthy_again),
            ("docker compose stop in a crawl", self.stops_under_load),
            ("docker compose up -d", self.goes_on_after_the_stop),
            ("docker compose down", self.goes_down),
            ("docker compose up -d", self.comes_up_again),
            ("a new source", self.hands_on_what_is_new),
        ]

    def comes_up(self) -> str:
        """`up -d`, and health."""
        started = time.monotonic()
        self.composition.compose("up", "-d")
        up = time.monotonic() - started
        until(self.composition.are_healthy, 300, "all are healthy")
        total = time.monotonic() - started
        assert not any(self.composition.facts(s)["RestartCount"] for s in LASTING), "restarted"
        return f"up in {up:.0f} s, all four healthy after {total:.0f} s, none restarted"

    def finds_each_other(self) -> str:
        """Names lead where they should, and not where they should not."""
        name = "import socket, sys; print(socket.gethostbyname(sys.argv[1]))"
        for part in PARTS:
            self.composition.run(part, "python", "-c", name, "valkey")
        self.composition.run("crawl", "python", "-c", name, "site")
        for part in ("ingest", "beat"):
            self.does_not_reach_the_web(part)
        return "crawl, ingest and beat find valkey, crawl finds the site; ingest and beat do not"

    def does_not_reach_the_web(self, part: str) -> None:
        """Neither by the site's name nor by its address."""
        name = "import socket; print(socket.gethostbyname('site'))"
        reach = "import socket; socket.create_connection(('{}', {}), 3)"
        for host in ("site", self.composition.run("crawl", "python", "-c", name).strip()):
            with contextlib.suppress(AssertionError):
                self.composition.run(part, "python", "-c", reach.format(host, 8080))
                raise RuntimeError(f"{part} reaches the web at {host}")

    def password_is_made(self) -> str:
        """The one-shot service has ended well, and left a password."""
        assert self.composition.facts("password")["State"]["ExitCode"] == 0
        self.password = self.composition.run("ingest", "cat", "/run/copydesk/password").strip()
        assert re.fullmatch("[0-9a-f]{64}", self.password), "no password"
        return "64 hexadecimal digits"

    def keeps_its_doors(self) -> str:
        """No port is published, and Valkey asks who is there."""
        for service in LASTING:
            published = self.composition.facts(service)["HostConfig"]["PortBindings"]
            assert not any(published.values()), f"{service} publishes {published}"
        answers = self.composition.run("valkey", "valkey-cli", "-h", "valkey", "ping")
        assert "NOAUTH" in answers, answers
        ask = "VALKEYCLI_AUTH=$(cat /run/copydesk/password) valkey-cli -h valkey ping"
        assert self.composition.run("valkey", "sh", "-c", ask).strip() == "PONG"
        shown = subprocess.run(["ps", "axeww"], capture_output=True, text=True, check=True).stdout
        assert self.password not in shown, "the process list shows the password"
        for service in (*LASTING, "password"):
            assert self.password not in self.composition.logs(service), f"a log of {service}"
        return "nothing published; NOAUTH without the password, PONG with it; in no process list or log"

    def has_no_rights(self) -> str:
        """Every process of every container, asked from outside."""
        count = 0
        for service in LASTING:
            for pid in with_children(self.composition.pid(service)):
                refuse_rights(service, pid)
                count += 1
            write = "touch /probe 2>&1; touch /tmp/probe && rm /tmp/probe"
            assert "Read-only" in self.composition.run(service, "sh", "-c", write), service
        return f"{count} processes: none is root, none has a capability or may gain one; / is read-only"

    def crawls(self) -> str:
        """The sample site is crawled."""
        seconds = self.wait_for(FIRST)
        return f"{FIRST} pages, {FIRST} new, {seconds:.0f} s later"

    def keeps_documents(self) -> str:
        """The files in the volume, fetched as the documentation says."""
        self.composition.compose("cp", "ingest:/var/lib/copydesk/documents", ".")
        texts = sorted(self.folder.glob("documents/*/*/*.txt"))
        assert len(texts) == FIRST, f"{len(texts)} files"
        for path in texts:
            assert TITLED.fullmatch(path.read_text(encoding="utf-8")), f"{path.name} is no document"
            json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return f"{FIRST} files in the titled layout in the volume, each with its JSON"

    def hands_on_once(self) -> str:
        """`status`, and each document once to each of two groups."""
        status = self.composition.run("ingest", "copydesk", "status")
        assert status.startswith("the service is up"), status
        first, again = self.consume(), self.consume()
        assert (first, again) == (FIRST, 0), f"{first} and then {again}"
        return f"consumed {first}, then {again}; `status` says that the service is up"

    def takes_up_an_edit(self) -> str:
        """A source is added on the host, in the way of an editor that replaces the file."""
        write_sources(self.folder, "edited")
        seconds = self.wait_for(UP_TO["edited"])
        return f"a source added on the host was crawled {seconds:.0f} s later"

    def renders(self) -> str:
        """A browser is started beside the others, for a source whose pages are empty without their script."""
        (self.folder / ".env").write_text("COMPOSE_PROFILES=render\n")
        self.composition.lasting = (*LASTING, BROWSER)
        self.composition.compose("up", "-d")
        write_sources(self.folder, "scripted")
        until(lambda: self.asked("scripted"), 300, "the crawl of scripted is under way")
        until(lambda: len(with_children(self.composition.pid(BROWSER))) > 1, 60, "a browser runs")
        pids = with_children(self.composition.pid(BROWSER))
        for pid in pids:
            refuse_rights(BROWSER, pid)
        self.does_not_reach_the_web(BROWSER)
        seconds = self.wait_for(UP_TO["scripted"])
        until(self.composition.are_healthy, 300, "all are healthy")
        count = SHELVES["scripted"]
        return (
            f"{count} pages rendered, {count} new, {seconds:.0f} s later; {len(pids)} processes without rights, "
            "which do not find the site"
        )

    def survives_the_kill_of(self, service: str) -> str:
        """SIGKILL to a container's first process, in the middle of the crawl of a source of its own."""
        asked = self.begin(service)
        started = time.monotonic()
        self.composition.kill(service)
        back = time.monotonic() - started
        self.wait_for(UP_TO[service])
        return (
            f"with {asked} of {SHELVES[service]} pages asked for; back after {back:.1f} s, all pages "
            f"have an outcome after {time.monotonic() - started:.0f} s"
        )

    def lost_nothing(self) -> str:
        """After the four kills."""
        again = self.check_everything(KILLED)
        return f"{KILLED} of {KILLED} new, 0 lost, 0 twice; {again}"

    def is_healthy_again(self) -> str:
        """Every health check."""
        return f"all five, {until(self.composition.are_healthy, 300, 'all'):.0f} s later"

    def stops_under_load(self) -> str:
        """`stop` in the middle of a crawl."""
        asked = self.begin("stop")
        started = time.monotonic()
        self.composition.compose("stop", *self.composition.lasting)
        seconds = time.monotonic() - started
        codes = {
            service: self.composition.facts(service)["State"]["ExitCode"]
            for service in self.composition.lasting
        }
        assert seconds < GRACE, f"{seconds:.0f} s"
        # 1: cut off by itself, since the server went at the same moment; podman-compose stops all at once.
        assert set(codes.values()) <= {0, 1}, f"exit codes {codes}"
        return f"with {asked} of {SHELVES['stop']} pages asked for: {seconds:.1f} s; exit codes {codes}"

    def goes_on_after_the_stop(self) -> str:
        """`up -d` after the stop."""
        self.composition.compose("up", "-d")
        left = STOPPED - self.outcomes().total()
        seconds = self.wait_for(STOPPED)
        again = self.check_everything(STOPPED)
        until(self.composition.are_healthy, 300, "all are healthy")
        return f"{left} pages were left, done {seconds:.0f} s later, 0 lost, 0 twice; {again}"

    def goes_down(self) -> str:
        """`down` at rest; the containers go, the volumes stay."""
        since = time.time()
        self.composition.compose("down")
        seconds = time.time() - since
        assert seconds < GRACE, f"{seconds:.0f} s"
        codes = self.composition.exit_codes(since)
        lasting = self.composition.lasting
        assert set(codes) >= set(lasting), codes
        assert {codes[service] for service in lasting} <= {0, 1}, codes
        return f"{seconds:.1f} s; exit codes { {s: codes[s] for s in lasting} }"

    def comes_up_again(self) -> str:
        """New containers on the old volumes."""
        self.composition.compose("up", "-d")
        until(self.composition.are_healthy, 300, "all are healthy")
        password = self.composition.run("ingest", "cat", "/run/copydesk/password").strip()
        assert password == self.password, "another password"
        until(self.feeds_were_asked_for, 300, "every feed is asked for")
        pages = pages_asked(self.composition.logs("site"))
        assert not pages, f"crawled again: {pages}"
        consumed = self.consume()
        assert consumed == 0, f"{consumed} documents came again"
        return f"the same password; feeds asked for, none of {STOPPED} pages; a consumer received nothing"

    def hands_on_what_is_new(self) -> str:
        """The last word."""
        write_sources(self.folder, "last")
        self.wait_for(ALL)
        self.check_everything(ALL)
        new = ALL - STOPPED
        return f"{new} new pages, {new} documents to the consumer; {ALL} of {ALL} in all"

    def begin(self, shelf: str) -> int:
        """Name the next source, and wait until its crawl is under way; pages asked for so far."""
        write_sources(self.folder, shelf)
        until(lambda: self.asked(shelf) >= 5, 300, f"the crawl of {shelf} is under way")
        asked = self.asked(shelf)
        assert asked < SHELVES[shelf], "the crawl was over too soon"
        return asked

    def feeds_were_asked_for(self) -> bool:
        """Whether the site, as it now runs, was asked for the feed of every source but the last."""
        log = self.composition.logs("site")
        return all(f"/{name}.xml" in log for name in SHELVES if name != "last")

    def asked(self, shelf: str) -> int:
        """How many pages of a shelf the site was asked for."""
        pages = pages_asked(self.composition.logs("site"))
        return sum(path.startswith(f"/{shelf}/") for path in pages)

    def wait_for(self, count: int) -> float:
        """Wait until so many pages have an outcome, which must be `new`; the seconds that it took."""
        seconds = until(lambda: self.outcomes().total() >= count, 900, f"{count} outcomes")
        until(lambda: set(self.outcomes()) == {"new"}, 30, "every outcome is `new`")
        return seconds

    def outcomes(self) -> Counter[str]:
        """How many pages ended how, of the last day; none while that cannot be told."""
        try:
            told = self.composition.run("ingest", "copydesk", "status", "--json")
        except AssertionError:
            return Counter()
        return +Counter(json.loads(told)["last_day"])

    def consume(self) -> int:
        """Documents that the consumer now gets."""
        lines = self.composition.run(
            "ingest", "copydesk", "consume", "--group", "mine"
        ).splitlines()
        self.received.update(json.loads(line)["id"] for line in lines)
        return len(lines)

    def check_everything(self, count: int) -> str:
        """Files, deliveries and requests; raises where a document is lost or doubled."""
        assert self.outcomes() == {"new": count}, self.outcomes()
        self.consume()
        assert len(self.received) == count, f"{len(self.received)} documents received"
        assert self.received.total() == count, "a document was received twice"
        listing = "find /var/lib/copydesk/documents -type f"
        files = self.composition.run("ingest", "sh", "-c", listing).split()
        kinds = Counter(name.rpartition(".")[2] for name in files)
        assert kinds == {"txt": count, "json": count}, f"files: {kinds}"
        pages = pages_asked(self.composition.logs("site"))
        assert len(pages) >= 5, "the site saw no request"
        repeated = sum(pages.values()) - len(pages)
        return f"{len(pages)} pages fetched, {repeated} of them once more"


def main(folder: str) -> int:
    """Take every step; the composition and its volumes are gone at the end."""
    trial = Trial(Path(folder))
    trial.composition.compose("--profile", "render", "down", "--volumes")
    try:
        checked = [trial.composition.container(service) for service in (*LASTING, BROWSER)]
        with health_checks(checked):
            for title, step in trial.steps():
                print(f"ok  {title}: {step()}", flush=True)
    except (AssertionError, RuntimeError) as problem:
        print(f"NOT {problem}", flush=True)
        for service in trial.composition.lasting:
            print(f"--- {service}\n{trial.composition.logs(service)[-3000:]}", file=sys.stderr)
        return 1
    finally:
        trial.composition.clear()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
