import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# A process of its own: what is set up is the process's.
SCRIPT = """
import logging, sys, warnings
import structlog
from config.logging import set_up_logging
from config.settings import Settings

settings = Settings(_env_file=None, log_level=sys.argv[1], log_format=sys.argv[2])
set_up_logging(settings)
set_up_logging(settings)
exec(sys.argv[3])
"""

FORGERY = "a\r\n2026-11-21T00:00:00Z [error] forged\x1b[2J\x85\u2028\u202eb"


def logged(code: str, *, level: str = "INFO", style: str = "human") -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, level, style, code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout == ""
    return ended.stderr.removesuffix("\n").split("\n")


def test_an_event_is_one_line_for_people() -> None:
    [line] = logged(
        "structlog.get_logger('crawler.spider').info('crawl.ended', pages=3, title='é')"
    )
    assert line.endswith("[crawler.spider] pages=3 title=é")
    assert "crawl.ended" in line
    assert "info" in line


def test_an_event_is_one_object_for_programs() -> None:
    [line] = logged(
        "structlog.get_logger('crawler.spider').info('crawl.ended', pages=3)", style="json"
    )
    event = json.loads(line)
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "crawl.ended", "level": "info", "logger": "crawler.spider", "pages": 3,
    }  # fmt: skip


@pytest.mark.parametrize("style", ["human", "json"])
@pytest.mark.parametrize(
    "code",
    [
        f"structlog.get_logger('workers').info({FORGERY!r})",
        f"structlog.get_logger('workers').info('e', title={FORGERY!r})",
        f"structlog.get_logger('workers').info('e', titles=[{FORGERY!r}], error=ValueError({FORGERY!r}))",
        f"logging.getLogger('scrapy').warning('at %s', {FORGERY!r})",
        f"logging.getLogger({FORGERY!r}).warning('e')",
        f"warnings.warn({FORGERY!r})",
    ],
)
def test_no_value_forges_a_line(code: str, style: str) -> None:
    [line] = logged(code, style=style)
    assert line.isprintable()
    assert "forged" in line


def test_the_lines_of_a_traceback_are_indented() -> None:
    raised = f"""
try:
    raise ValueError({FORGERY!r})
except ValueError:
    structlog.get_logger("workers").exception("page.failed")
"""
    first, *rest = logged(raised)
    assert "page.failed" in first
    assert rest[0] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") and line.isprintable() for line in rest)


TALK = """
for name in ("crawler.spider", "scrapy.core.engine", "celery.worker", "twisted"):
    for level in ("debug", "info", "warning"):
        getattr(logging.getLogger(name), level)("%s %s", name, level)
"""


@pytest.mark.parametrize(
    ("level", "ours", "libraries"),
    [("DEBUG", 3, 3), ("INFO", 2, 1), ("WARNING", 1, 1), ("ERROR", 0, 0)],
)
def test_libraries_say_no_less_than_warnings_unless_all_is_wanted(
    level: str, ours: int, libraries: int
) -> None:
    lines = logged(TALK, level=level)
    for name, count in [("crawler", ours), ("scrapy", libraries), ("celery", libraries)]:
        assert sum(f" {name}." in line for line in lines) == count
