"""What happens in a year, from a seed: the sources, how their file is edited, when all is down."""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from chaos.trials.year.web import DAY, HOUR, Site, make_site
from config.sources import Source
from crawler.authorities import authorities_of

ZONES = ("America/New_York", "Europe/Berlin")
YEAR = 2096
"""A leap year that lies ahead for long: what the server lets expire, it does by its own clock."""
CHANGES = tuple(datetime(YEAR, *day, tzinfo=UTC) for day in ((3, 11), (3, 25), (10, 28), (11, 4)))
"""The days on which the clocks of New York and Berlin are changed."""

_CRONTABS = (
    *("30 2 * * *", "30 1 * * *", "*/30 0-3 * * *", "0 3 * * *", "15 2 * * mon-fri", "0 * * * *"),
    *("0 */6 * * *", "*/20 2 * * *", "0 0 * * *", "5,50 1-3 * * *", "0 0 1 * *", "30 2 * * sun"),
    *("0 7,12,18 * * *", "45 1 1,15 * *", "0 6 * * mon-fri"),
)
_EVERY = (
    *("every 1h", "every 4h", "every 30m", "every 6h", "every 1d", "every 45m", "every 8h"),
    *("every 12h", "every 90m", "every 5h"),
)


@dataclass(frozen=True)
class Shape:
    """How long, how many, and how much goes wrong."""

    days: int
    sources: int
    kill: float
    """How often a part is killed, by step."""
    meanwhile: float
    """How often another part does its work between two steps of one."""
    lose: float
    """How often a message is lost; as often one comes twice, and one comes late."""
    restart_days: float
    """Mean days between two restarts of all."""
    freeze_days: float
    """Mean days between two times that a part stands still for a while."""
    edit_days: float
    """Mean days between two edits of the sources file."""
    down_days: float
    """Mean days between two times that a site is down."""
    outage_hours: float = 24.0


@dataclass(frozen=True)
class Term:
    """A time during which a source is in the file with one schedule."""

    begin: float
    end: float
    source: Source


@dataclass(frozen=True)
class Plan:
    """A year."""

    seed: int
    shape: Shape
    start: float
    end: float
    sites: Mapping[str, Site]
    terms: Mapping[str, tuple[Term, ...]]
    stops: tuple[tuple[float, float], ...]
    """When all is down: from, to. The longest is the outage."""

    @property
    def outage(self) -> tuple[float, float]:
        """The longest stop."""
        return max(self.stops, key=lambda stop: stop[1] - stop[0])

    @property
    def edits(self) -> list[float]:
        """When the sources file is written anew."""
        bounds = {
            bound for terms in self.terms.values() for t in terms for bound in (t.begin, t.end)
        }
        return sorted(bound for bound in bounds if self.start < bound < self.end)

    def sources_at(self, now: float) -> list[Source]:
        """What the sources file names at a moment."""
        return [t.source for terms in self.terms.values() for t in terms if t.begin <= now < t.end]


def make_plan(seed: int, start: datetime, shape: Shape) -> Plan:
    """A year, or less, from its seed."""
    rng = random.Random(seed)
    begin = start.timestamp()
    end = (start + timedelta(days=shape.days)).timestamp()
    wire = [rng.randrange(10**9) for _ in range(max(4, 4 * shape.days // 2))]
    first = rng.randrange(60)
    sources = [_source(rng, number, first) for number in range(shape.sources)]
    sites = {
        s.name: make_site(seed, s.name, _host(s), begin, end, wire, shape.down_days)
        for s in sources
    }
    return Plan(
        seed=seed,
        shape=shape,
        start=begin,
        end=end,
        sites=sites,
        terms=_edited(rng, shape, sources, begin, end),
        stops=_stops(rng, shape, begin, end),
    )


def _source(rng: random.Random, number: int, first: int) -> Source:
    """Three in five by the clock of one of two zones, the others by an interval."""
    timing: dict[str, object]
    if number % 5 < 3:
        kind = (first + number // 5 * 3 + number % 5) % (2 * len(_CRONTABS))
        # Each line in both zones, in turn.
        timing = {"schedule": _CRONTABS[kind // 2], "timezone": ZONES[kind % 2]}
    else:
        kind = (first + number // 5 * 2 + number % 5 - 3) % len(_EVERY)
        bounds = {"every_min": "20m", "every_max": rng.choice(["12h", "2d"])}
        timing = {"schedule": _EVERY[kind], "adaptive": kind % 3 != 1} | bounds
    name = f"source-{number:02}"
    # Every sixth has a host with two others, and every tenth names a host of others too.
    host = f"host-{number % 6 if number % 6 < 2 and number < 18 else number:02}.example"
    shared = ["host-00.example"] if number % 10 == 7 else []
    return Source.model_validate(
        {
            "name": name,
            "feeds": [f"https://{host}/{name}/feed.json"],
            "hosts": shared,
            "revisit": rng.choice([[], [], [], ["6h"], ["1h", "1d"]]),
            "near_duplicates": rng.choice(["drop", "drop", "keep"]),
            "max_pages": 40,
            **timing,
        }
    )


def _host(source: Source) -> str:
    return authorities_of(source)[0]


def _edited(
    rng: random.Random, shape: Shape, sources: list[Source], begin: float, end: float
) -> dict[str, tuple[Term, ...]]:
    terms = {source.name: [Term(begin, end, source)] for source in sources}
    for name in rng.sample(sorted(terms), k=len(sources) // 10):
        # Added later.
        terms[name] = [replace(terms[name][0], begin=rng.uniform(begin, begin + (end - begin) / 2))]
    for moment in _moments(rng, shape.edit_days * DAY, begin, end):
        name = rng.choice(sorted(terms))
        last = terms[name][-1]
        if not last.begin + 2 * HOUR < moment < end - 2 * HOUR:
            continue
        back = moment + rng.choice([0.0, 0.0, 0.5, 20.0, 80.0]) * HOUR
        changed = last.source if back > moment else _rescheduled(rng, last.source)
        terms[name][-1] = replace(last, end=moment)
        if back < end:
            terms[name].append(Term(back, end, changed))
    return {name: tuple(of_source) for name, of_source in terms.items()}


def _rescheduled(rng: random.Random, source: Source) -> Source:
    timing = (
        {"schedule": rng.choice(_CRONTABS), "timezone": rng.choice(ZONES)}
        if rng.random() < 0.5
        else {"schedule": rng.choice(_EVERY), "timezone": "UTC"}
    )
    return Source.model_validate(source.model_dump(mode="json") | timing)


def _stops(
    rng: random.Random, shape: Shape, begin: float, end: float
) -> tuple[tuple[float, float], ...]:
    """One long outage somewhere in the middle, and restarts at any time else."""
    length = shape.outage_hours * HOUR
    outage = begin + rng.uniform(0.3, 0.6) * (end - begin)
    stops = [(outage, outage + length)]
    for moment in _moments(rng, shape.restart_days * DAY, begin + HOUR, end - HOUR):
        stop = (moment, moment + rng.choice([2.0, 5.0, 60.0, 900.0, 5400.0]))
        if all(stop[1] + HOUR < other[0] or other[1] + HOUR < stop[0] for other in stops):
            stops.append(stop)
    return tuple(sorted(stops))


def _moments(rng: random.Random, mean: float, begin: float, end: float) -> Iterator[float]:
    while (begin := begin + rng.expovariate(1 / mean)) < end:
        yield begin


def sources_toml(sources: list[Source]) -> str:
    """A sources file."""
    return "\n".join(_table(source) for source in sources)


def _table(source: Source) -> str:
    fields = source.model_dump(mode="json", exclude_defaults=True)
    # A JSON string, number, truth or list of strings is TOML as well.
    return "[[source]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in fields.items())
