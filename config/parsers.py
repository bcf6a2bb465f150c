"""Parsers of one's own: found beside the sources file, checked without running them, loaded anew when they change."""

import ast
import errno
import hashlib
import stat
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple


class ParserError(Exception):
    """A parser cannot be used, or failed on a page; the message is one line for whoever wrote it."""


class Loaded(NamedTuple):
    """A parser, ready to be called."""

    parse: Callable[[Any], Any]
    version: str
    """Of its file: the first 12 hex digits of its SHA-256."""


def file_of(folder: Path, parser: str) -> Path:
    """Where a parser's code is: `parsers.example:parse` is in `FOLDER/parsers/example.py`."""
    module, _, _ = parser.partition(":")
    return folder.joinpath(*module.split(".")).with_suffix(".py")


def problem_of(folder: Path, parser: str) -> str:
    """Why a parser cannot be used, as far as that can be told without running it; empty where it can."""
    file, (_, _, name) = file_of(folder, parser), parser.partition(":")
    try:
        tree = ast.parse(_code_of(file))
    except OSError as error:
        return f"allowed is a function in a file beside the sources file; {file}: {error.strerror}"
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{file} is no Python: {error}"
    if not any(isinstance(n, ast.FunctionDef) and n.name == name for n in tree.body):
        return f"allowed is a function of {file}, which has none named {name}"
    return ""


def version_of(folder: Path, parser: str) -> str:
    """See `Loaded.version`, of the file as it is now, without running it; empty where it cannot be read."""
    try:
        return _version_of(_code_of(file_of(folder, parser)))
    except OSError:
        return ""


def load(folder: Path, parser: str) -> Loaded:
    """The parser as its file is now. Raises `ParserError`."""
    file = file_of(folder, parser)
    try:
        status = file.stat()
    except OSError as error:
        raise ParserError(f"{file}: {error.strerror}") from None
    return _load(file, parser, (status.st_mtime_ns, status.st_size, status.st_ino))


@lru_cache(maxsize=256)
def _load(file: Path, parser: str, _stamp: object) -> Loaded:
    module_name, _, name = parser.partition(":")
    try:
        code = _code_of(file)
        module = ModuleType(f"copydesk_parser_{module_name.replace('.', '_')}")
        module.__file__ = str(file)
        # A class of the file finds its module here.
        sys.modules[module.__name__] = module
        exec(compile(code, str(file), "exec"), module.__dict__)  # noqa: S102 - the operator's own code
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it does, it is told
        raise ParserError(told(error, file)) from None
    parse = getattr(module, name, None)
    if not callable(parse):
        raise ParserError(f"{file} has no function {name}")
    return Loaded(parse, _version_of(code))


def _code_of(file: Path) -> bytes:
    """What a parser's file holds. Raises `OSError`, for a pipe or a device too: its reader might wait for ever."""
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError(errno.EINVAL, "is no regular file")
    return file.read_bytes()


def _version_of(code: bytes) -> str:
    return hashlib.sha256(code).hexdigest()[:12]


def told(error: BaseException, file: Path) -> str:
    """What went wrong, and in which line of the parser, in one line."""
    line, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f"{file.name}, line {line}" if line else file.name
    try:
        words = str(error)
    except Exception:  # noqa: BLE001 - its own class may say anything, or nothing
        words = "without words"
    return " ".join(f"{type(error).__name__}: {words} ({where})".split())[:300]
