"""This machine, and what the service is told: Python, settings, sources, the browser."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli.checks.finding import Finding, ok, warning, wrong
from config.settings import DEFAULT_USER_AGENT, Settings, SettingsError
from config.sources import Source, SourcesError, load_sources
from workers.rendering.chromium import INSTALL, find

_OLDEST = (3, 11)
_SECONDS = 20


def of_python() -> Iterator[Finding]:
    """Which Python this is."""
    told = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < _OLDEST:
        yield wrong("python", told, "set it up with Python 3.11 or newer: make setup PYTHON=...")
    else:
        yield ok("python", told)


def of_settings(settings: Settings) -> Iterator[Finding]:
    """What the environment and `.env` say, which can be used: it was read."""
    read = ", and .env" if Path(".env").exists() else ""
    yield ok("settings", f"read from the environment{read}; home is {settings.home.absolute()}")
    if settings.user_agent == DEFAULT_USER_AGENT:
        advice = "set COPYDESK_USER_AGENT to something that names you, with a page or an address"
        yield warning("settings", "sites are not told who visits them", advice)
    if settings.notify:
        yield _of_notify()
    if settings.webhook_url:
        yield _of_webhook(settings)


def _of_webhook(settings: Settings) -> Finding:
    """Whether documents can be signed; nothing is posted."""
    from workers.webhook.part import receiver_of  # noqa: PLC0415 - few have one

    try:
        return ok("webhook", f"documents are posted to {receiver_of(settings).name}")
    except SettingsError as error:
        return wrong("webhook", str(error), "see docs/how-to/webhook.md")


def _of_notify() -> Finding:
    # In a process of its own, which loads what it takes.
    command = [sys.executable, "-P", "-m", "workers.alarms.notify", "check"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 - ourselves
    except subprocess.TimeoutExpired:
        return warning("alarms", "the places for alarms could not be checked", "try again")
    if done.returncode:
        return wrong("alarms", done.stdout.decode().strip(), "see COPYDESK_NOTIFY in .env.example")
    return ok("alarms", "they are told to the places in COPYDESK_NOTIFY")


def of_sources(settings: Settings) -> tuple[list[Finding], list[Source]]:
    """Whether the sources file can be used, and the sources of it that are enabled."""
    file = settings.sources
    try:
        sources = load_sources(file)
    except SourcesError as error:
        advice = (
            "mend the file; a running service goes on with what it read last"
            if file.exists()
            else "is this the folder of your desk? It is read there"
        )
        return [wrong("sources", line, advice) for line in str(error).splitlines()], []
    enabled = [source for source in sources if source.enabled]
    if not enabled:
        advice = "`copydesk add URL` makes one of a site"
        return [warning("sources", f"{file} has no enabled source", advice)], []
    return [ok("sources", f"{len(enabled)} of {len(sources)} in {file} are enabled")], enabled


def of_browser(settings: Settings, sources: Sequence[Source]) -> Iterator[Finding]:
    """Chromium, where a source needs it."""
    rendered = [source.name for source in sources if source.render]
    if not rendered:
        return
    if settings.browser_socket:
        yield _of_socket(settings.browser_socket)
        return
    program = find(settings)
    if program is None:
        told = f"{', '.join(rendered)}: render = true needs Chromium, and none was found"
        yield wrong("browser", told, INSTALL)
        return
    yield _of_program(program)
    if os.getuid() == 0:
        advice = "run the service as another user"
        yield warning("browser", "run as root, it has no sandbox of its own", advice)


def _of_socket(socket: Path) -> Finding:
    if socket.is_socket():
        return ok("browser", f"it is reached at {socket}")
    advice = "start the part `browser`: docker compose --profile render up -d"
    return wrong("browser", f"there is no socket at {socket}", advice)


def _of_program(program: str) -> Finding:
    advice = f"start it by hand and see what it says; or {INSTALL}"
    try:
        done = subprocess.run(  # noqa: S603 - found, or named by the settings
            [program, "--version"], capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return wrong("browser", f"{program} cannot be started: {error}", advice)
    if done.returncode:
        return wrong("browser", f"{program} --version ends with {done.returncode}", advice)
    return ok("browser", f"{done.stdout.decode(errors='replace').strip()}, {program}")
