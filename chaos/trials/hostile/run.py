"""Promise 7: every hostile kind through the real service, and what reading it costs."""

import itertools
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chaos.promise import Finding, Size
from chaos.trials.hostile.corpus import corpus
from chaos.trials.hostile.kind import Kind, Role
from chaos.trials.hostile.lists import HOSTILE, NEVER
from chaos.trials.hostile.measure import Cost, measured
from chaos.trials.hostile.screen import commands_shown, unfit
from chaos.trials.hostile.server import Stall, Web
from chaos.trials.hostile.watch import Watch
from rig.desk import Desk
from rig.stories import Story

_MOST_SECONDS, _MOST_MEBIBYTES = 10.0, 1024.0
# With how many innocent pages a kind shares its site, and with how many at the small size.
_INNOCENTS = {Size.FULL: 2, Size.SMALL: 1}
_SETTINGS: Mapping[Size, Mapping[str, object]] = {
    Size.FULL: {"crawl_processes": 2},
    # All at once, and nothing twice. How long reading takes is measured apart, with nothing beside it.
    Size.SMALL: {"batch_sources": 200, "download_seconds": 30, "attempts": 1, "page_seconds": 60},
}
# At the small size so many kinds share a site, and its crawl.
_AT_A_STALL = 12
_SECONDS_TO_END = {Size.FULL: 1800.0, Size.SMALL: 240.0}
# Kinds whose words reach logs and terminals.
_SPEAKING = re.compile("hostile|controls|escapes|bidi|title-of-lines|like-a|unknown")
_LOSSES = ("worker.lost", "page.fatal", "page.broke", "crawl.broke", "Traceback", "exited with")  # fmt: skip
# How a miss is worded where a listing could not be fetched.
_WORDS = {"over 5 MiB": "too-large", "not answer in time": "timed-out", "was cut off": "cut-off"}


def trial(folder: Path, size: Size) -> list[Finding]:
    """All kinds at once, each a source with innocent pages beside it; then each by itself, measured."""
    kinds = [_built(kind, folder) for kind in corpus(size)]
    speaking = [kind for kind in kinds if _SPEAKING.search(kind.name)]
    passes = [_passed(folder / "human", kinds, size, "human")]
    if size is Size.FULL:
        passes.append(_passed(folder / "json", speaking, size, "json"))
    # Scaled down, what a kind costs says little: a few show that it can be measured.
    costs = measured(size, [kind.name for kind in kinds[:: 1 if size is Size.FULL else 16]])
    if size is Size.FULL:
        _show(passes[0].ends, costs)
    return [_of_outcomes(kinds, passes), _of_costs(costs, passes), _of_words(passes)]


def _built(kind: Kind, folder: Path) -> Kind:
    """The kind with its reply in a file: building it would hold up the other sites, and all would not fit."""
    if kind.reply is None:
        return kind
    reply = kind.reply()
    file = folder / f"{kind.name}.body"
    file.write_bytes(reply.body)
    head = replace(reply, body=b"")
    return replace(kind, reply=lambda: replace(head, body=file.read_bytes()))


@dataclass(frozen=True, slots=True)
class Passed:
    """What one run of the service came to."""

    ends: Mapping[str, str]
    """What came of each kind, by its name."""
    innocents: int
    broken: tuple[str, ...]
    unfit: tuple[str, ...]
    peaks: Mapping[str, float]
    """MiB, by part."""


def _passed(folder: Path, kinds: Sequence[Kind], size: Size, log_format: str) -> Passed:
    folder.mkdir()
    count = _INNOCENTS[size]
    numbers = itertools.count()
    stalls = [
        Stall(group, [Story.numbered(next(numbers)) for _ in range(count)])
        for group in _groups(kinds, 1 if size is Size.FULL else _AT_A_STALL)
    ]
    settings = {"log_format": log_format, **_SETTINGS[size]}
    with Web(stalls) as web, Desk(folder, **settings) as desk, Watch(desk, 0.5) as watch:
        desk.write_sources(*(stall.source() for stall in web.stalls))
        once = desk.start("once")
        out, _ = once.communicate(timeout=_SECONDS_TO_END[size])
        rows = {row["name"]: row for row in desk.run("sources", "--json").lines}
        shown = {"once": out, "the log": desk.err} | commands_shown(desk, log_format)
        ends = {
            kind.name: " or ".join(sorted(_ends(stall, rows[stall.name])))
            for stall in web.stalls
            for kind in stall.kinds
        }
        broken = [
            *([f"once ends with {once.returncode}: {out[-500:]}"] if once.returncode else []),
            *(f"the log says: {line[:300]}" for line in desk.err.splitlines() if _tells_a_loss(line)),
            *(line for stall in web.stalls for line in _wrong(stall, rows[stall.name])),
            *_unfit_documents(desk),
        ]  # fmt: skip
    return Passed(
        ends,
        innocents=next(numbers),
        broken=tuple(broken),
        unfit=tuple(unfit(shown)),
        peaks={part: watch.highest(part) for part in ("crawl", "ingest")},
    )


def _tells_a_loss(line: str) -> bool:
    return any(loss in line for loss in _LOSSES)


def _groups(kinds: Sequence[Kind], most: int) -> Iterator[Sequence[Kind]]:
    """The kinds by the sites that they have in common: pages alone, of which the same may come."""
    alike: dict[frozenset[str], list[Kind]] = {}
    for kind in kinds:
        if kind.role is Role.PAGE and kind.reply:
            alike.setdefault(kind.ends, []).append(kind)
        else:
            yield [kind]
    for group in alike.values():
        yield from (group[first : first + most] for first in range(0, len(group), most))


def _ends(stall: Stall, row: Mapping[str, Any]) -> frozenset[str]:
    """What came of a site's kinds: their pages' outcomes with the reasons, or whether the listing was read."""
    if stall.kind.role is Role.PAGE:
        counts = Counter(row["outcomes"]) - Counter(new=len(stall.innocents))
        reasons = [reason for reason in row["reasons"] if reason.split(" ")[0] in counts]
        return frozenset(reasons) | (counts.keys() - {reason.split(" ")[0] for reason in reasons})
    problem = next((text for text in row["problems"] if HOSTILE in text), None)
    if problem is None or stall.kind.role in {Role.ROBOTS, Role.START}:
        return frozenset({"read"})
    worded = next((word for words, word in _WORDS.items() if words in problem), None)
    reason = re.search(rf"{HOSTILE}\S*: ([a-z-]+)", problem)
    return frozenset({f"unread {worded or (reason[1] if reason else problem)}"})


def _wrong(stall: Stall, row: Mapping[str, Any]) -> Iterator[str]:
    """What of a site's kinds is not as it must be."""
    ends, outcomes = _ends(stall, row), Counter(row["outcomes"])
    names = ", ".join(f"{kind.name} ({kind.why})" for kind in stall.kinds)
    pages = len(stall.innocents) + len(stall.kinds)
    if not ends or not ends <= stall.kind.ends:
        came, allowed = (" or ".join(sorted(these)) for these in (ends, stall.kind.ends))
        yield f"{names}: {came or 'no outcome'}; allowed is {allowed}"
    if outcomes["new"] < len(stall.innocents):
        yield f"{names}: {outcomes['new']} of {len(stall.innocents)} innocent pages came through"
    if row["owed"]:
        yield f"{names}: {row['owed']} pages are owed still"
    if stall.kind.role is Role.PAGE and outcomes.total() != pages:
        yield f"{names}: {outcomes.total()} outcomes of {pages} pages"
    if NEVER in stall.asked:
        yield f"{names}: an entity was followed"


def _unfit_documents(desk: Desk) -> Iterator[str]:
    for path, document in desk.documents().items():
        lines = (document.title or "", document.url, document.site_name)
        if not all(_is_harmless(line) for line in lines):
            yield f"{path}: {lines!a}"[:300]
        sidecar = json.loads((desk.home / path).with_suffix(".json").read_text())
        if sidecar["id"] != document.id or (sidecar["title"] or "") != (document.title or ""):
            yield f"{path}: text and sidecar differ"


def _is_harmless(line: str) -> bool:
    """Whether a line has no controls, and nothing that turns it around."""
    return not re.search(
        "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\ud800-\udfff]", line
    )


def _of_outcomes(kinds: Sequence[Kind], passes: Sequence[Passed]) -> Finding:
    innocents = sum(one.innocents for one in passes)
    counted = Counter(end.split(" ")[0] for end in passes[0].ends.values())
    told = ", ".join(f"{number} {end}" for end, number in counted.most_common())
    broken = tuple(line for one in passes for line in one.broken)
    return Finding(
        "hostile pages end no worker, and each has its one outcome",
        f"{len(kinds)} kinds of hostile replies, with {innocents} innocent pages beside them",
        f"{told}; {'every innocent page is kept' if not broken else f'{len(broken)} are wrong'}",
        broken,
    )


def _of_costs(costs: Sequence[Cost], passes: Sequence[Passed]) -> Finding:
    slowest = max(costs, key=lambda cost: cost.seconds)
    largest = max(costs, key=lambda cost: cost.mebibytes)
    peaks = {part: max(one.peaks[part] for one in passes) for part in ("crawl", "ingest")}
    broken = [
        f"{cost.name}: {cost.seconds:.1f} s, {cost.mebibytes:.0f} MiB, {cost.said}"
        for cost in costs
        if cost.seconds > _MOST_SECONDS
        or cost.mebibytes > _MOST_MEBIBYTES
        or cost.said.startswith(("raised", "died"))
    ]
    broken += [
        f"a process of {part} had {peak:.0f} MiB"
        for part, peak in peaks.items()
        if peak > _MOST_MEBIBYTES
    ]
    return Finding(
        "a hostile page costs at most 10 s of extraction and 1 GiB",
        f"{len(costs)} of them read in a process each, and all in the service",
        f"{slowest.seconds:.1f} s ({slowest.name}); {largest.mebibytes:.0f} MiB ({largest.name});"
        f" in the service {peaks['crawl']:.0f} MiB a crawler, {peaks['ingest']:.0f} MiB an extractor",
        tuple(broken),
    )


def _of_words(passes: Sequence[Passed]) -> Finding:
    broken = tuple(line for one in passes for line in one.unfit)
    forms = "for people, and as JSON" if len(passes) > 1 else "for people"
    return Finding(
        "no page commands a terminal or forges a log",
        f"once, status, sources, duplicates, quarantine, and the logs: {forms}",
        "no control character" if not broken else f"{len(broken)} show one",
        broken,
    )


def _show(ends: Mapping[str, str], costs: Sequence[Cost]) -> None:
    by_name = {cost.name: cost for cost in costs}
    print(f"{'kind':34} {'outcome':28} {'s':>6} {'MiB':>5}", file=sys.stderr)
    for name, end in ends.items():
        cost = by_name.get(name)
        figures = f"{cost.seconds:6.2f} {cost.mebibytes:5.0f}" if cost else f"{'-':>6} {'-':>5}"
        print(f"{name:34} {end:28} {figures}", file=sys.stderr)
