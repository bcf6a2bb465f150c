"""A part of a corpus goes through the whole service: once, again, and with a kill in between."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluation.command import Command, CommandError
from evaluation.corpus import Part
from evaluation.holdings import Holdings, read_holdings, text_files
from evaluation.site import Address, served

Say = Callable[[str], None]

_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class First:
    """A run from the start."""

    outcomes: Mapping[str, int]
    reasons: Mapping[str, int]
    """Outcomes that have a reason, by both."""
    astray: Mapping[str, int]
    """Sources with more outcomes than pages, or fewer, and by how many."""
    errors: Mapping[str, str]
    """Why sources failed as a whole."""
    seconds: float
    holdings: Holdings


@dataclass(frozen=True, slots=True)
class Again:
    """A run over what is known already."""

    outcomes: Mapping[str, int]
    """Of this run alone."""
    lost: tuple[str, ...]
    """Files that were there before, and are no more."""
    added: tuple[str, ...]

    @property
    def is_the_same(self) -> bool:
        """Whether nothing was new, and nothing was lost."""
        return not (self.lost or self.added or any(self.outcomes.values()))


@dataclass(frozen=True, slots=True)
class Killed:
    """A run that was ended by SIGKILL and run again at once, beside one that was left alone."""

    texts_at_kill: int
    outcomes: Mapping[str, int]
    """Of both runs together."""
    astray: Mapping[str, int]
    """As in `First`."""
    lost: tuple[str, ...]
    """Ids of texts that only the run without a kill has."""
    added: tuple[str, ...]
    doubled: tuple[str, ...]
    """Ids of texts in two files, or delivered to a consumer twice or not at all."""

    @property
    def is_the_same(self) -> bool:
        """Whether the same texts are there in the end, each once, and each page has one outcome."""
        return not (self.astray or self.lost or self.added or self.doubled)


@dataclass(frozen=True, slots=True)
class Runs:
    """All runs over one part."""

    first: First
    again: Again
    killed: Killed | None

    @property
    def are_whole(self) -> bool:
        """Whether no page went astray in any of them."""
        return (
            not (self.first.astray or self.first.errors)
            and self.again.is_the_same
            and (self.killed is None or self.killed.is_the_same)
        )


def run(part: Part, home: Path, *, check_kill: bool, say: Say) -> Runs:
    """Serve a part and crawl it. Raises `CommandError` where a command breaks off."""
    with served(part.sites) as addresses:
        say(f"{part.name}: {len(part.pages)} pages of {len(addresses)} sites, from the start")
        command = _at_home(home / part.name, addresses)
        first = _first(command, addresses)
        say(f"{part.name}: the same again")
        again = _again(command, first.holdings)
        killed = None
        if check_kill:
            say(f"{part.name}: from the start, killed in the middle, and run again")
            command = _at_home(home / f"{part.name}-killed", addresses)
            killed = _killed(command, addresses, first.holdings)
    return Runs(first, again, killed)


def _at_home(home: Path, addresses: Mapping[str, Address]) -> Command:
    home.mkdir(parents=True)
    tables = (_source(site, address) for site, address in addresses.items())
    (home / "sources.toml").write_text("\n".join(tables), encoding="utf-8")
    return Command(home)


def _source(site: str, address: Address) -> str:
    return f"""[[source]]
name = "{site}"
{"feeds" if address.is_feed else "sitemaps"} = ["{address.listing}"]
max_pages = {len(address.pages)}
delay = 0.0
allow_private = true
"""


def _first(command: Command, addresses: Mapping[str, Address]) -> First:
    summary = command.once()
    told = command.lines("sources")
    reasons = dict(sum((Counter(source["reasons"]) for source in told), Counter[str]()))
    return First(
        outcomes=summary["totals"],
        reasons=reasons,
        astray=_astray(summary["sources"], addresses),
        errors=summary["errors"],
        seconds=summary["seconds"],
        holdings=_holdings(command, addresses),
    )


def _astray(
    outcomes: Mapping[str, Mapping[str, int]], addresses: Mapping[str, Address]
) -> dict[str, int]:
    """By how many the outcomes of a source are more than its pages."""
    more = {
        site: sum(outcomes[site].values()) - len(address.pages)
        for site, address in addresses.items()
    }
    return {site: count for site, count in more.items() if count}


def _holdings(command: Command, addresses: Mapping[str, Address]) -> Holdings:
    pages = {url: page for address in addresses.values() for url, page in address.pages.items()}
    return read_holdings(command, pages)


def _again(command: Command, before: Holdings) -> Again:
    outcomes = command.once()["totals"]
    files = {str(file.relative_to(command.home)) for file in text_files(command.home)}
    return Again(
        outcomes=outcomes,
        lost=tuple(sorted(before.files.keys() - files)),
        added=tuple(sorted(files - before.files.keys())),
    )


def _killed(command: Command, addresses: Mapping[str, Address], whole: Holdings) -> Killed:
    texts_at_kill = _kill(command, len(whole.files) // 2)
    command.once()
    outcomes = {source["name"]: source["outcomes"] for source in command.lines("sources")}
    holdings = _holdings(command, addresses)
    return Killed(
        texts_at_kill=texts_at_kill,
        outcomes=dict(sum(map(Counter, outcomes.values()), Counter[str]())),
        astray=_astray(outcomes, addresses),
        lost=tuple(sorted(whole.texts.keys() - holdings.texts.keys())),
        added=tuple(sorted(holdings.texts.keys() - whole.texts.keys())),
        doubled=_not_once(command, holdings),
    )


def _kill(command: Command, texts: int) -> int:
    """Start a run, and kill it as soon as it has made so many texts; how many it had made."""
    with command.started("once") as process:
        while process.poll() is None:
            if (made := len(text_files(command.home))) >= texts:
                process.kill()
                return made
            time.sleep(_LOOK_SECONDS)
    raise CommandError(f"the run that was to be killed had ended; see {command.log}")


def _not_once(command: Command, holdings: Holdings) -> tuple[str, ...]:
    """Texts that are in two files, and documents that a consumer does not get exactly once."""
    in_files = Counter(holdings.files.values())
    documents = Counter(
        text for path, text in holdings.files.items() if path.startswith("documents/")
    )
    received = Counter(entry["id"] for entry in command.lines("consume", "--group", "evaluation"))
    wrong = {text for text, count in in_files.items() if count > 1}
    wrong |= {text for text in documents | received if documents[text] != received[text]}
    return tuple(sorted(wrong))
