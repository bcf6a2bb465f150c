"""The writer of `sources.toml`: what stands in the file stays as it is, to the byte."""

import codecs
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from config.sources import SourcesError, load_sources

_NEW_MODE = 0o644
_LONE_LIST = 60


def source_table(
    fields: Mapping[str, Any], also: Mapping[str, Sequence[str]] | None = None, comment: str = ""
) -> str:
    """A source as TOML: a comment above it, its fields, and as comments the lists it does without."""
    table = tomlkit.table()
    for name, value in fields.items():
        table.add(name, _item(value))
    for name, values in (also or {}).items():
        # As many lines as a list of several has: each gets its sign.
        table.add(tomlkit.comment(f"{name} = {_item(values).as_string()}"))
    tables = tomlkit.aot()
    tables.append(table)
    document = tomlkit.document()
    document.add("source", tables)
    heading = "".join(f"# {_printable(line)}\n" for line in comment.splitlines())
    return heading + tomlkit.dumps(document)


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in line)


def _item(value: Any) -> Any:
    """As a person would write it: regular expressions without doubled backslashes, long lists by lines."""
    if isinstance(value, str) and "\\" in value:
        with suppress(TOMLKitError):  # it has an apostrophe
            return tomlkit.string(value, literal=True)
    if isinstance(value, list | tuple):
        array = tomlkit.array()
        array.extend(value)
        array.multiline(len(value) > 1 or sum(map(len, value)) > _LONE_LIST)
        return array
    return tomlkit.item(value)


def add_to_file(path: Path, tables: Sequence[str]) -> None:
    """Put sources, as `source_table` writes them, at the end of a file, which is made where there is none.

    It is replaced as a whole or not at all, and keeps its mode. Raises `SourcesError` where it is wrong
    before, or would be after; `OSError` where it cannot be written. Either leaves it as it was.
    """
    path = path.resolve()  # a link goes on being one
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with suppress(FileExistsError):  # somebody was quicker to make it
            _add(path, tables)
            return


def switch_in_file(path: Path, name: str, *, enabled: bool) -> None:
    """Have a source of the file visited, or not: its `enabled` is changed or added, and nothing else.

    The file is replaced as a whole or not at all. Raises `SourcesError` where it is wrong, or has no such
    source; `OSError` where it cannot be written. Either leaves it as it was.
    """
    path = path.resolve()
    with _held(path) as before:
        kept = load_sources(path)
        wanted = [s.model_copy(update={"enabled": enabled}) if s.name == name else s for s in kept]
        if before is None or name not in {source.name for source in kept}:
            raise SourcesError(f"{path}: there is no source {name!r}")
        if wanted == list(kept):
            return
        part = _written(path, _switched(before, name, enabled=enabled))
        try:
            _check_switched(path, part, wanted)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _sync(path.parent)


def _switched(before: bytes, name: str, *, enabled: bool) -> bytes:
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    document = tomlkit.parse(before.removeprefix(mark).decode())
    for table in document.get("source", ()):
        if table["name"] == name:
            table["enabled"] = enabled
    return mark + tomlkit.dumps(document).encode()


def _check_switched(path: Path, part: Path, wanted: Sequence[object]) -> None:
    with suppress(SourcesError):
        if list(load_sources(part)) == wanted:
            return
    raise SourcesError(
        f"{path}: nothing was changed, for the file would then say something else; edit it by hand"
    )


def _add(path: Path, tables: Sequence[str]) -> None:
    with _held(path) as before:
        kept = load_sources(path) if before is not None else ()
        part = _written(path, _joined(before or b"", tables))
        try:
            _check(path, part, kept, len(tables))
            if before is None:
                os.link(part, path)
            else:
                part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _sync(path.parent)


def _joined(before: bytes, tables: Sequence[str]) -> bytes:
    """The file with the tables behind it, an empty line between two, and its own ends of lines."""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    whole = before
    for table in tables:
        if whole and not whole.endswith(b"\n"):
            whole += end
        if whole and not whole.endswith(end * 2):
            whole += end
        whole += table.strip("\n").encode().replace(b"\n", end) + end
    return whole


def _check(path: Path, part: Path, kept: Sequence[object], added: int) -> None:
    """That the new file says what the old one did, and more."""
    try:
        sources = load_sources(part)
    except SourcesError as error:
        said = str(error).replace(str(part), str(path))
        raise SourcesError(
            f"{path}: nothing was added, for the file would then be wrong: {said.splitlines()[0]}"
        ) from None
    if list(sources[: len(kept)]) != list(kept) or len(sources) != len(kept) + added:
        raise SourcesError(f"{path}: nothing was added, for the file would then say something else")


@contextmanager
def _held(path: Path) -> Iterator[bytes | None]:
    """What stands in the file, which no other command changes meanwhile; None where there is none."""
    while True:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            yield None
            return
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Who held it before has put another file in its place.
            if _is_same(file.fileno(), path):
                yield file.read()
                return


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def _written(path: Path, content: bytes) -> Path:
    """A file beside the other, with its mode and its owner, flushed to the disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        _take_after(descriptor, path)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return Path(name)


def _take_after(descriptor: int, path: Path) -> None:
    try:
        there = path.stat()
    except FileNotFoundError:
        os.fchmod(descriptor, _NEW_MODE)
        return
    with suppress(PermissionError):
        os.fchown(descriptor, there.st_uid, there.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(there.st_mode))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
