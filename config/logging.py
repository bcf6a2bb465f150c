"""One logging for the whole process: the project's own events and its libraries', to stderr.

Each line is an event with a constant name (`config.events`); what a library says is one too.
"""

import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from urllib.parse import unquote, urlsplit

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.events import EVENTS, LIBRARY
from config.server_url import parse
from config.settings import Settings

_ROOMS = ("__main__", "cli", "config", "crawler", "dashboard", "demo", "workers")
_MANY_LINES = {"exception", "stack"}
_HIDDEN = "(hidden)"
# What stands before a host, in whatever address a message quotes. Whether a password is in it is looked at apart:
# a pattern that looks for its colon takes the square of the time for an address of nothing but colons.
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@\"']+(?=@)")

# What every event gets, whether it comes through structlog or from a library's logger.
_SHARED: Sequence[Processor] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
)


def set_up_logging(settings: Settings) -> None:
    """Send all that is logged in this process to standard error, as the settings ask.

    The project's own loggers have the level of the settings; libraries say no less than warnings,
    unless that is DEBUG. Called again, it replaces what it set up before.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter(settings))
    level = logging.getLevelNamesMapping()[settings.log_level]
    libraries = level if level == logging.DEBUG else max(level, logging.WARNING)
    logging.basicConfig(handlers=[handler], level=libraries, force=True)
    logging.captureWarnings(capture=True)
    for room in _ROOMS:
        logging.getLogger(room).setLevel(level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _formatter(settings: Settings) -> logging.Formatter:
    renderers: list[Processor] = [_headed, structlog.processors.JSONRenderer()]
    if settings.log_format == "human":
        colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        renderers = [
            _worded,
            _harmless,
            structlog.dev.ConsoleRenderer(colors=colours, sort_keys=False, pad_event_to=14),
        ]
    secrets = sorted(_secrets(settings), key=len, reverse=True)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, _of_library],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *renderers,
            partial(_masked, secrets),
        ],
    )


def _of_library(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """What a library says differs from line to line: it is no name of an event."""
    return {**event, "message": event["event"], "event": LIBRARY}


def _headed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """What all events have comes first."""
    head = ("timestamp", "level", "event", "logger")
    return {**{name: event[name] for name in head if name in event}, **event}


def _worded(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """For a person: the words beside the name, and no field that holds nothing."""
    name = event["event"]
    told = {field: value for field, value in event.items() if value not in ("", None)}
    told["timestamp"] = f"{event['timestamp'][:19]}Z"
    if name == LIBRARY:
        told["event"] = told.pop("message", "")
        return told
    # The event's name says where it comes from.
    told.pop("logger", None)
    words = EVENTS[name].words if name in EVENTS else ""
    return {**told, "event": f"{name}: {words}" if words else name}


def _harmless(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Let no value end its line or command the terminal; the lines of a traceback are indented."""
    return {key: _escaped_value(key, value) for key, value in event.items()}


def _escaped_value(key: str, value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    if key in _MANY_LINES:
        return "\n".join(f"    {_escaped(line)}" for line in text.splitlines())
    return _escaped(text)


def _escaped(text: str) -> str:
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _masked(secrets: Sequence[str], _: WrappedLogger, __: str, line: str) -> str:
    """The line without what is secret in the settings, and without any address's password."""
    for secret in secrets:
        line = line.replace(secret, _HIDDEN)
    return _IN_ADDRESS.sub(_without_password, line) if "@" in line else line


def _without_password(before_host: re.Match[str]) -> str:
    return _HIDDEN if ":" in before_host[0] else before_host[0]


def _of_webhook(settings: Settings) -> Iterator[str]:
    """Its address, where more than the host is in it, and its password."""
    url = urlsplit(settings.webhook_url or "")
    if url.path.strip("/") or url.query or url.password:
        yield url.geturl()
        yield from (url.password or "", unquote(url.password or ""))


def _secrets(settings: Settings) -> Iterator[str]:
    """Passwords and addresses of the settings, in each way in which they may be quoted."""
    password = urlsplit(settings.redis_url or "").password or ""
    sentinels = parse(settings.redis_url).sentinels.values() if settings.redis_url else ()
    hidden = {password, unquote(password), *sentinels, *settings.notify_urls}
    hidden |= {*_of_webhook(settings)}
    for secret in hidden - {""}:
        yield secret
        if (spelt := json.dumps(secret)[1:-1]) != secret:
            yield spelt
