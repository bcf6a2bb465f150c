"""A crawl that finds nothing new: what it costs, and how often it asks."""

from benchmarks.farm import Plan, served
from benchmarks.figure import Bench, Figure, at_most, median_figure
from benchmarks.processes import processor_seconds
from benchmarks.running import running

_BUDGET_MS = 30.0
_BUDGET_REQUESTS = 3
_DELAY = 0.2


def measure(bench: Bench) -> list[Figure]:
    """Milliseconds of a core and requests a crawl, on sites that answer 304, and on those that do not."""
    return [*_crawled(bench, is_conditional=True), *_crawled(bench, is_conditional=False)]


def _crawled(bench: Bench, *, is_conditional: bool) -> list[Figure]:
    sites, rounds = bench.of(3, 100), bench.of(1, 5)
    answer = "304" if is_conditional else "200 with the same bytes"
    plan = Plan(sites, stories=5, is_conditional=is_conditional)
    with served(plan) as farm:
        sources = [farm.source(site, schedule="every 1d", delay=_DELAY) for site in range(sites)]
        with running(bench.folder / answer[:3], sources, tick_seconds=0.5) as service:
            service.crawl_all()
            asked = farm.requests().total()
            crawls, server = [], []
            for _ in range(rounds):
                before = processor_seconds(service.pids("workers.run crawl"))
                before_server = processor_seconds(service.pids("valkey-server"))
                service.crawl_all()
                spent = processor_seconds(service.pids("workers.run crawl")) - before
                crawls.append(1000 * spent / sites)
                spent = processor_seconds(service.pids("valkey-server")) - before_server
                server.append(1000 * spent / sites)
            asked = farm.requests().total() - asked
    how = f"{rounds} rounds of {sites} sources with a feed and a sitemap; the sites answer {answer}"
    what = f"a crawl that finds nothing new ({answer[:3]})"
    return [
        median_figure(f"{what}: the crawl worker", crawls, "ms", at_most(_BUDGET_MS), how),
        median_figure(f"{what}: the server, ticks included", server, "ms", how=how),
        Figure(
            f"{what}: requests", asked / rounds / sites, budget=at_most(_BUDGET_REQUESTS), how=how
        ),
    ]
