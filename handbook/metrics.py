"""The page of metrics."""

from handbook.table import code, table
from workers.metrics.declared import METRICS, STEPS

_ABOVE = """# Metrics

The dashboard serves all metrics at `/metrics`, in the text format of Prometheus or as OpenMetrics; `copydesk metrics` prints them once
(`--json`: one object).

What is counted is in Redis, and counted by the script that ends a page: a restart, a kill, a process that is recycled or a reply that is
lost takes nothing back and counts nothing twice ([why so](../decisions/metrics-are-counted-with-the-end.md)). Whichever machine is asked gives the
same answer, but for `copydesk_archive_bytes`. Counters begin anew only where the state does. Labels are sources, consumer groups, and a
few words of ours: nothing that a page says becomes one.

"""
_BETWEEN = """
A page's steps are counted when it ends, each once, wherever it was done. A commit's time is counted by the next one of its process.

"""
_BELOW = """
A page's counters take .07 ms of a core, client and server together, and .06 in the quietest of 40 rounds
(`make bench MEASURE=told`; the budget is .1); a page takes 37. A scrape takes .2 ms of a core and has 620 bytes for each source.

## Scraping

[`scrape.yml`](../prometheus/scrape.yml) is a sample configuration, [`alerts.yml`](../prometheus/alerts.yml) a few rules to begin with.
Copydesk's own alarms are among the metrics: one rule tells of all, with kind and subject as labels; `copydesk status` says what was seen
and what to do.

Scrape the dashboard of one machine, whichever: more of them give the same again.

## Asking

| question | query |
| --- | --- |
| New documents an hour | `sum(increase(copydesk_outcomes_total{outcome="new"}[1h]))` |
| Share of pages that hold no article, by source | `sum by (source) (rate(copydesk_outcomes_total{outcome="rejected"}[1d])) / sum by (source) (rate(copydesk_outcomes_total[1d]))` |
| Within what time nine of ten new articles are in the outbox | `histogram_quantile(0.9, sum by (le) (rate(copydesk_publication_latency_seconds_bucket[1d])))` |
| Where a page's time goes | `sum by (step) (rate(copydesk_step_seconds_sum[1h])) / ignoring (step) group_left () sum(rate(copydesk_outcomes_total[1h]))` |

This page is written from `workers/metrics/declared.py` by `make pages`.
"""


def page() -> str:
    """The page, in Markdown."""
    metrics = [
        (code(m.name), m.kind.value, ", ".join(map(code, m.labels)), m.unit, m.help)
        for m in METRICS
    ]
    steps = [(code(step), takes) for step, takes in STEPS.items()]
    return (
        _ABOVE
        + table(("metric", "kind", "labels", "unit", "is"), metrics)
        + _BETWEEN
        + table(("step", "takes"), steps)
        + _BELOW
    )
