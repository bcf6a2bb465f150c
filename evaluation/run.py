"""One part of a corpus through the whole service, and what came of it."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.command import Command, CommandError
from evaluation.corpus import Pair, Part
from evaluation.holdings import Holdings, Text, read_holdings
from evaluation.measure import Pairs, Score, judged_pairs, mean_token_f1, shingle_score
from evaluation.site import Address, served
from workers.dedup.compare import compare

Say = Callable[[str], None]

_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Again:
    """A run over what is known already."""

    outcomes: Mapping[str, int]
    """Of this run alone."""
    lost: tuple[str, ...]
    added: tuple[str, ...]
    """Paths of texts that were there before and are no more, and the other way round."""

    @property
    def is_the_same(self) -> bool:
        """Whether nothing was new and nothing was lost."""
        return not (self.lost or self.added or any(self.outcomes.values()))


@dataclass(frozen=True, slots=True)
class Killed:
    """A run that was ended by SIGKILL, and run again at once, against one that was not."""

    texts_at_kill: int
    outcomes: Mapping[str, int]
    """Of both runs together."""
    lost: tuple[str, ...]
    added: tuple[str, ...]
    """Ids of texts that only the run without a kill has, and the other way round."""
    doubled: int
    """Texts that lie in more than one file, or reached a consumer more than once."""

    @property
    def is_the_same(self) -> bool:
        """Whether the same texts are there in the end, each once."""
        return not (self.lost or self.added or self.doubled)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of one part."""

    pages: int
    sources: int
    outcomes: Mapping[str, int]
    reasons: Mapping[str, int]
    """Outcomes that have one, by outcome and reason."""
    astray: Mapping[str, int]
    """Sources whose outcomes are more or fewer than their pages, and by how many."""
    errors: Mapping[str, str]
    token_f1: float
    shingles: Score | None
    pairs: Pairs | None
    why_missed: Mapping[Pair, str]
    unread: Mapping[str, str]
    """Pages with a gold text for which there is no document, and why."""
    seconds: float
    again: Again
    killed: Killed | None

    @property
    def is_kept(self) -> bool:
        """Whether all that is promised for every page was kept, however well each was read."""
        return (
            not (self.astray or self.errors)
            and self.again.is_the_same
            and (self.killed is None or self.killed.is_the_same)
        )


def evaluate(part: Part, home: Path, *, check_kill: bool, say: Say) -> Report:
    """Serve a part and crawl it: once, again, and (in another home) with a kill in between.

    Raises `CommandError` where a command breaks off.
    """
    with served(part.sites) as addresses:
        say(f"{part.name}: {len(part.pages)} pages of {len(addresses)} sites, first run")
        command = _at_home(home / part.name, addresses)
        summary = command.once()
        pages = {url: page for at in addresses.values() for url, page in at.pages.items()}
        holdings = read_holdings(command, pages)
        ended = _endings(command)
        say(f"{part.name}: the same again")
        again = _run_again(command, pages, holdings)
        killed = None
        if check_kill:
            say(f"{part.name}: from the start, killed in the middle, and run again")
            killed = _run_killed(_at_home(home / f"{part.name}-killed", addresses), pages, holdings)
    pairs = _pairs(part, holdings)
    return Report(
        pages=len(part.pages),
        sources=len(addresses),
        outcomes=summary["totals"],
        reasons=ended.reasons,
        astray=_astray(addresses, ended.by_source),
        errors=summary["errors"],
        token_f1=mean_token_f1((p.gold, _found(part, holdings.text(p.id))) for p in part.pages),
        shingles=None if part.pairs else _shingles(part, holdings),
        pairs=pairs,
        why_missed={pair: _why_missed(pair, holdings) for pair in pairs.missed} if pairs else {},
        unread={
            page.id: holdings.unread.get(page.id, "")
            for page in part.pages
            if page.gold.strip() and not holdings.text(page.id)
        },
        seconds=summary["seconds"],
        again=again,
        killed=killed,
    )


def _at_home(home: Path, addresses: Mapping[str, Address]) -> Command:
    home.mkdir(parents=True)
    tables = (
        _source(number, site, at) for number, (site, at) in enumerate(addresses.items(), start=1)
    )
    (home / "sources.toml").write_text("\n".join(tables), encoding="utf-8")
    return Command(home)


def _source(number: int, site: str, address: Address) -> str:
    listing = "feeds" if address.is_feed else "sitemaps"
    return f"""[[source]]
name = "{_source_name(number, site)}"
{listing} = ["{address.listing}"]
max_pages = {len(address.pages)}
delay = 0.0
allow_private = true
"""
