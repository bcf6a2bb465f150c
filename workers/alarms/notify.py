"""Sends one notice to the places in `COPYDESK_NOTIFY`: `python -m workers.alarms.notify`, the notice on standard input.

Answers with JSON: `left`, the places that do not have it, by the hash of their addresses, and `problem`, in words that
hold nothing of an address but its scheme. `python -m workers.alarms.notify check` says what is wrong with the setting; exit 2.
"""

import hashlib
import json
import logging
import signal
import sys
from typing import Any

from config.settings import SettingsError, load_settings

MISSING = "apprise is not installed: `pip install apprise` into the service's environment, or leave COPYDESK_NOTIFY empty"
_MOST_SECONDS = 25


def main(arguments: list[str]) -> int:
    """Send, or check."""
    # Whoever waits for it may have been killed.
    signal.alarm(_MOST_SECONDS)
    logging.disable(logging.CRITICAL)
    try:
        urls = load_settings().notify_urls
    except SettingsError as error:
        return _wrong(str(error))
    if arguments == ["check"]:
        problem = check(urls)
        return _wrong(problem) if problem else 0
    notice = json.load(sys.stdin)
    sys.stdout.write(json.dumps(send(urls, notice)))
    return 0


def _wrong(problem: str) -> int:
    sys.stdout.write(problem + "\n")
    return 2


def check(urls: tuple[str, ...]) -> str:
    """What is wrong with the places; empty where nothing is."""
    try:
        import apprise  # noqa: PLC0415 - an extra
    except ImportError:
        return f"COPYDESK_NOTIFY is set, but {MISSING}"
    for number, url in enumerate(urls, 1):
        if apprise.Apprise.instantiate(url) is None:
            return (
                f"COPYDESK_NOTIFY = (hidden): address {number}, {_scheme(url)}, is none that apprise knows; "
                "allowed are addresses as in its documentation, such as mailto://USER:PASSWORD@HOST"
            )
    return ""


def send(urls: tuple[str, ...], notice: dict[str, Any]) -> dict[str, Any]:
    """Send a notice to those of its places that do not have it."""
    wanted = [url for url in urls if not notice["left"] or _hash(url) in notice["left"]]
    try:
        import apprise  # noqa: PLC0415 - an extra
    except ImportError:
        return {"left": list(map(_hash, wanted)), "problem": MISSING}
    left = [url for url in wanted if not _reaches(apprise, url, notice)]
    schemes = ", ".join(sorted(set(map(_scheme, left))))
    problem = f"{len(left)} of {len(urls)} places did not take it ({schemes})" if left else ""
    return {"left": list(map(_hash, left)), "problem": problem}


def _reaches(apprise: Any, url: str, notice: dict[str, Any]) -> bool:
    place = apprise.Apprise()
    if not place.add(url):
        return False
    return bool(place.notify(title=notice["title"], body=notice["body"], body_format="text"))


def _scheme(url: str) -> str:
    return f"{url.partition('://')[0]}://"


def _hash(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
