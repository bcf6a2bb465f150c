"""One logging for the whole process: the project's own events and its libraries', to stderr."""

import logging
import sys
from collections.abc import Sequence

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.settings import Settings

_ROOMS = ("__main__", "cli", "config", "crawler", "dashboard", "demo", "workers")
_MANY_LINES = {"exception", "stack"}

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
    renderers: list[Processor] = [structlog.processors.JSONRenderer()]
    if settings.log_format == "human":
        colours = sys.stderr.isatty()
        renderers = [_harmless, structlog.dev.ConsoleRenderer(colors=colours)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )


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
