"""A compose file under podman, as the trials see it: its containers, and what keeps time for them."""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

PROJECT = "copydesk-trial"
LASTING = ("valkey", "crawl", "ingest", "beat")
BROWSER = "browser"
# Docker asks so often until a container is healthy for the first time.
_START_INTERVAL = 5.0


class Composition:
    """The project in a folder, brought up with `docker compose`, which is on the path.

    `files` are those of the project, with colons between.
    """

    def __init__(
        self,
        folder: Path,
        project: str = PROJECT,
        files: str = "docker-compose.yml:trial.yml",
        lasting: tuple[str, ...] = LASTING,
    ) -> None:
        self.folder = folder
        self.project = project
        self._names = {"COMPOSE_PROJECT_NAME": project, "COMPOSE_FILE": files}
        self.lasting = lasting
        """The services that now run."""

    def compose(self, *arguments: str, seconds: float = 600) -> str:
        """Run `docker compose ...`; what it printed. Raises where it failed."""
        line = ["docker", "compose", *arguments]
        done = subprocess.run(
            line, cwd=self.folder, env=os.environ | self._names, timeout=seconds,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(f"{' '.join(line)}: exit {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def run(self, service: str, *command: str) -> str:
        """Run a command in a service's container, as a person would."""
        return self.compose("exec", "-T", service, *command)

    def facts(self, service: str) -> dict[str, Any]:
        """What the engine knows of a service's container."""
        facts: dict[str, Any] = json.loads(_podman("inspect", self.container(service)))[0]
        return facts

    def pid(self, service: str) -> int:
        """The first process of a service's container, as the machine numbers it; 0: none."""
        return int(self.facts(service)["State"]["Pid"])

    def kill(self, service: str) -> None:
        """End a container as the kernel would, and wait until its restart policy brought it back."""
        killed = self.pid(service)
        os.kill(killed, signal.SIGKILL)
        until(lambda: self.pid(service) not in {0, killed}, 60, f"{service} is back")

    def logs(self, service: str) -> str:
        """What a container printed so far, in every life of it."""
        done = subprocess.run(
            ["podman", "logs", self.container(service)], capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    def are_healthy(self) -> bool:
        """Whether every health check last went well."""
        names = [self.container(service) for service in self.lasting]
        told = _podman("inspect", "--format", "{{.State.Running}} {{.State.Health.Status}}", *names)
        return set(told.splitlines()) == {"true healthy"}

    def container(self, service: str) -> str:
        """The name of the first container of a service."""
        return f"{self.project}_{service}_1"

    def clear(self) -> None:
        """Have all of it gone, with its volumes, and with what `--scale` added, which podman-compose leaves."""
        added = ["--filter", f"label=com.docker.compose.project={self.project}"]
        if names := _podman("ps", "--all", "--format", "{{.Names}}", *added).split():
            _podman("rm", "--force", "--time", "0", *names)
        self.compose("down", "--volumes")

    def exit_codes(self, since: float) -> dict[str, int]:
        """How its containers ended since then (unix seconds), by service; also those that are gone."""
        asked = ("--stream=false", "--since", str(int(since)), "--filter", "event=died")
        told = _podman("events", *asked, "--format", "json").splitlines()
        died = [json.loads(event) for event in told]
        prefix, suffix = self.container("|").split("|")
        return {
            event["Name"].removeprefix(prefix).removesuffix(suffix): event.get(
                "ContainerExitCode", 0
            )
            for event in died
            if event["Name"].startswith(prefix)
        }


def until(holds: Callable[[], object], seconds: float, what: str) -> float:
    """Wait until something holds; how long it took. Raises where it still does not after so long."""
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.5)
    return time.monotonic() - started


@contextlib.contextmanager
def health_checks(containers: Iterable[str]) -> Iterator[None]:
    """Run the containers' health checks, as Docker's own clock does; podman leaves that to systemd."""
    stopped = threading.Event()
    clocks = [threading.Thread(target=_check, args=(c, stopped), daemon=True) for c in containers]
    for clock in clocks:
        clock.start()
    try:
        yield
    finally:
        stopped.set()
        for clock in clocks:
            clock.join(60)


def _check(container: str, stopped: threading.Event) -> None:
    pause = _START_INTERVAL
    while not stopped.wait(pause):
        pause = _START_INTERVAL
        check = ["podman", "healthcheck", "run", container]
        if subprocess.run(check, capture_output=True, check=False).returncode == 0:
            pause = _interval(container)


def _interval(container: str) -> float:
    try:
        told = _podman("inspect", container)
    except subprocess.CalledProcessError:
        return _START_INTERVAL
    return float(json.loads(told)[0]["Config"]["Healthcheck"]["Interval"]) / 1e9


def _podman(*arguments: str) -> str:
    line = ["podman", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout
