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

settings = Settings(
    _env_file=None,
    log_level=sys.argv[1],
    log_format=sys.argv[2],
    redis_url="redis://:p%22w@127.0.0.1:6379/0",
    notify="tgram://token-of-a-bot/chat",
    webhook_url="https://h.example/token-of-a-hook",
)
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
    assert line.endswith("Z [info     ] crawl.ended    pages=3 title=é")
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


def test_a_person_is_told_in_words_and_of_nothing_that_is_empty() -> None:
    said = "structlog.get_logger('workers').error('worker.lost', how='exit', problem='', pid=0)"
    [line] = logged(said)
    assert "worker.lost: its pages wait for another" in line
    assert line.endswith("another how=exit pid=0")


@pytest.mark.parametrize("said", ["logging.getLogger('scrapy').warning('at %s', 7)"])
def test_what_a_library_says_is_an_event_too(said: str) -> None:
    [line] = logged(said, style="json")
    event = json.loads(line)
    assert (event["event"], event["message"], event["logger"]) == ("library.said", "at 7", "scrapy")
    assert logged(said)[0].endswith("[scrapy]")


def test_what_is_said_within_a_page_names_it() -> None:
    said = """
with structlog.contextvars.bound_contextvars(page="a1"):
    logging.getLogger("parser").warning("odd")
"""
    [line] = logged(said, style="json")
    assert json.loads(line)["page"] == "a1"


@pytest.mark.parametrize("style", ["human", "json"])
@pytest.mark.parametrize(
    "said",
    [
        "structlog.get_logger('workers').error('e', problem='no server at ' + settings.redis_url)",
        "structlog.get_logger('workers').error('e', problem='AUTH p\"w failed')",
        "structlog.get_logger('workers').error('e', problem=ValueError(settings.notify_urls))",
        "logging.getLogger('x').error('cannot reach %s', 'https://user:p%22w@mail.example/')",
        "structlog.get_logger('workers').error('e', exc_info=ValueError(settings.notify))",
        "structlog.get_logger('workers').error('e', problem='cannot reach ' + settings.webhook_url)",
    ],
)
def test_no_secret_of_the_settings_is_logged(said: str, style: str) -> None:
    lines = "".join(logged(said, style=style))
    assert "(hidden)" in lines
    assert not any(secret in lines for secret in ("p%22w", 'p"w', 'p\\"w', "token-of-a-"))


@pytest.mark.parametrize("style", ["human", "json"])
def test_an_address_without_a_password_is_logged_as_it_is(style: str) -> None:
    url = "https://news.example/@author/12:30@home"
    assert url in logged(f"structlog.get_logger('workers').info('e', url={url!r})", style=style)[0]


def test_an_address_that_looks_like_many_passwords_is_logged_without_delay() -> None:
    """With the square of its length it took minutes."""
    code = "structlog.get_logger('workers').info('e', url='https://a.example/?u=b://' + ':' * 200_000 + '/@')"
    assert ":/@" in logged(code)[0]


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
