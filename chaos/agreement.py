"""Whether files, marks and stream of a home agree, and nothing is left half done."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crawler.document import Document, Sidecar, parse, render
from workers.pages.records import entry_of
from workers.state.connection import key
from workers.state.numbers import PackedPlace
from workers.state.outbox import STREAM
from workers.state.state import State
from workers.storage.places import Place

_NAME = re.compile(r"(?:(\d{3,})_)?([0-9a-f]{16})\.(txt|json)")
_DAY_SECONDS = 86400
_UNFINISHED = ("page:*", "reserved:*", "frontier:*", "waiting", "leases")


@dataclass(frozen=True, slots=True)
class Kept:
    """A text with its sidecar, as found on the disk."""

    place: Place
    document: Document
    sidecar: Sidecar


def disagreements(home: Path, state: State) -> list[str]:
    """What is wrong in a home at rest, a line each; the server is up, no worker is."""
    kept, problems = read_store(home)
    by_id = {one.place.id: one for one in kept}
    return [
        *problems,
        *_doubled("id in two paths", (one.place.id for one in kept)),
        *_doubled("number given twice", map(_number, (k for k in kept if k.place.number is not None))),
        *_marks_against(by_id, marks(state)),
        *_stream_against(by_id, entries(state)),
        *left_behind(state),
    ]  # fmt: skip


def read_store(home: Path) -> tuple[list[Kept], list[str]]:
    """Every text of a folder, and what is wrong with single files, a line each."""
    kept: list[Kept] = []
    problems: list[str] = []
    for path in _visible(home):
        if path.suffix == ".json":
            if not path.with_suffix(".txt").exists():
                problems.append(f"sidecar without its text: {path.relative_to(home)}")
            continue
        found = _read(home, path)
        if isinstance(found, str):
            problems.append(f"{found}: {path.relative_to(home)}")
        else:
            kept.append(found)
    return kept, problems


def _visible(home: Path) -> Iterator[Path]:
    for top in ("documents", "duplicates"):
        for path in sorted((home / top).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path


def temporary(home: Path) -> list[Path]:
    """The hidden files that kills left, which the sweep takes away within hours."""
    tops = (home / "documents", home / "duplicates")
    return [path for top in tops for path in top.rglob(".*") if path.is_file()]


def _read(home: Path, path: Path) -> Kept | str:
    top, source, day, name = path.relative_to(home).parts
    match = _NAME.fullmatch(name)
    if not match or (match[1] is None) != (top == "duplicates"):
        return "not a name of the store"
    raw = path.read_bytes()
    document = sidecar = None
    with suppress(ValueError, OSError):
        document = parse(raw.decode())
        sidecar = Sidecar.from_json(path.with_suffix(".json").read_bytes())
    if document is None:
        return "text cannot be read"
    if sidecar is None:
        return "text without its whole sidecar"
    number = int(match[1]) if match[1] else None
    moment = datetime.fromisoformat(day).date()
    one = Kept(Place(source, moment, match[2], number), document, sidecar)
    return _contradiction(one, raw) or one


def _contradiction(one: Kept, raw: bytes) -> str:
    checks = {
        "text is not whole": render(one.document).encode() == raw,
        "name has another id than the text": one.place.id == one.document.id,
        "sidecar has another id": one.place.id == one.sidecar.id,
        "sidecar has another URL": one.document.url in ("", one.sidecar.url),
        "sidecar has another source": one.place.source == one.sidecar.source,
        "sidecar has another day": str(one.place.day) == one.sidecar.fetched[:10],
    }
    return "; ".join(problem for problem, holds in checks.items() if not holds)


def marks(state: State) -> dict[str, Place]:
    """Every text that the index knows, with its place."""
    found = {}
    for name in state.client.scan_iter(match=key("texts", "*"), count=1000):
        for raw_id, raw in state.client.hgetall(name).items():
            packed = PackedPlace.unpack(raw)
            day = datetime.fromtimestamp(packed.day * _DAY_SECONDS, UTC).date()
            number = None if packed.dropped else packed.number
            source = state.ledger.source_name(packed.source)
            found[raw_id.hex()] = Place(source, day, raw_id.hex(), number)
    return found


def entries(state: State) -> list[dict[str, str]]:
    """What stands in the outbox, oldest first."""
    rows = state.client.xrange(STREAM)
    return [{f.decode(): v.decode() for f, v in fields.items()} for _, fields in rows]


def _marks_against(kept: dict[str, Kept], marked: dict[str, Place]) -> Iterator[str]:
    for text_id in sorted(kept.keys() - marked.keys()):
        yield f"file without a mark: {kept[text_id].place.text_path}"
    for text_id in sorted(marked.keys() - kept.keys()):
        yield f"mark without a file: {marked[text_id].text_path}"
    for text_id in sorted(marked.keys() & kept.keys()):
        if marked[text_id] != kept[text_id].place:
            there = kept[text_id].place.text_path
            yield f"mark has another path than its file: {marked[text_id].text_path}, {there}"


def _stream_against(kept: dict[str, Kept], stream: list[dict[str, str]]) -> Iterator[str]:
    yield from _doubled("entry twice in the stream", (entry["id"] for entry in stream))
    queued = {i: one for i, one in kept.items() if one.place.number is not None}
    by_id = {entry["id"]: entry for entry in stream}
    for text_id in sorted(queued.keys() - by_id.keys()):
        yield f"document that is not in the stream: {queued[text_id].place.text_path}"
    for text_id in sorted(by_id.keys() - queued.keys()):
        yield f"entry without its document: {by_id[text_id]['path']}"
    for text_id in sorted(by_id.keys() & queued.keys()):
        one = queued[text_id]
        if by_id[text_id] != entry_of(one.sidecar, one.place):
            yield f"entry and sidecar differ: {one.place.text_path}"


def left_behind(state: State) -> list[str]:
    """Keys of what is owed, held or reserved still; nothing once all pages have ended."""
    names = [
        name.decode()
        for pattern in _UNFINISHED
        for name in state.client.scan_iter(match=key(pattern), count=1000)
    ]
    return [f"left behind: {name}" for name in sorted(names)]


def stuck_messages(state: State, prefix: str) -> list[str]:
    """Messages that Celery has given to a worker that is no more."""
    unacked = state.client.hlen(f"{prefix}unacked")
    return [f"{unacked} messages are held by a worker that has ended"] if unacked else []


def _number(one: Kept) -> str:
    return f"{one.place.source}/{one.place.day}/{one.place.number:03}"


def _doubled(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what}: {name}"
