"""What the real service counts and logs: each metric is there, agrees with `status`, and a page can be followed."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as metric_families

from cli.embedded import server
from config.settings import Settings
from rig.desk import Desk
from rig.site import Reply, Site
from rig.stories import Story
from workers.metrics.declared import METRICS, STEPS
from workers.metrics.exposition import exposition
from workers.service import open_service
from workers.state.outbox import STREAM

# A group may be called whatever a consumer likes.
ODD = 'od"d \\ g\nroup'
STORIES = [Story.numbered(n) for n in range(6)]
Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class Run:
    """A home after one crawl of a site, and of one that does not answer."""

    desk: Desk
    events: list[dict[str, Any]]
    status: Mapping[str, Any]
    samples: Mapping[Key, float]
    open_metrics: str
    documents: list[dict[str, Any]]

    def value(self, name: str, **labels: str) -> float:
        return self.samples[name, frozenset(labels.items())]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with ExitStack() as stack:
        site = stack.enter_context(Site())
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("metrics"), log_format="json"))
        site.publish(*STORIES)
        site.routes[STORIES[5].path] = Reply(b"no", 404)
        desk.write_sources(
            {"name": "site", "feeds": [site.url("/rss.xml")]},
            {"name": "dead", "feeds": ["http://127.0.0.1:1/rss.xml"]},
        )
        once = desk.run("once", "--json", log_level="INFO")
        events = [json.loads(line) for line in once.err.splitlines() if line.startswith("{")]
        documents = desk.run("consume", "--group", "mine").lines
        with server(desk.home, None) as (url, _):
            settings = Settings(home=desk.home, sources=desk.sources, redis_url=url)
            service = open_service(settings)
            service.state.client.xgroup_create(STREAM, ODD, id="0")
            status = desk.run("status", "--json").json
            text = desk.run("metrics").out
            opened, _ = exposition(service, service.clock(), "application/openmetrics-text")
        yield Run(desk, events, status, parsed(text), opened.decode(), documents)


def parsed(text: str) -> dict[Key, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in metric_families(text)
        for sample in family.samples
    }


def test_each_declared_metric_is_there_and_no_other(run: Run) -> None:
    told = {name for name, _ in run.samples}
    assert told == {name for metric in METRICS for name in metric.series}
    labels = {name: set(metric.labels) for metric in METRICS for name in metric.series}
    for name, values in run.samples:
        assert {label for label, _ in values} - {"le"} == labels[name]


def test_it_is_open_metrics_too(run: Run) -> None:
    families = {f.name: f for f in open_metrics(run.open_metrics)}
    for metric in METRICS:
        family = families[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation, family.unit) == (
            metric.kind.value, metric.help, metric.unit,
        )  # fmt: skip


def test_values_agree_with_what_status_says(run: Run) -> None:
    status = run.status
    for outcome, count in status["last_day"].items():
        assert run.value("copydesk_outcomes_total", source="site", outcome=outcome) == count
        assert run.value("copydesk_outcomes_total", source="dead", outcome=outcome) == 0
    assert status["last_day"]["new"] == 5
    assert run.value("copydesk_owed_pages", source="site") == status["owed"] == 0
    assert run.value("copydesk_waiting_pages") == status["waiting"]
    assert run.value("copydesk_sources") == status["sources"] == 2
    assert run.value("copydesk_outbox_entries") == status["outbox"]["entries"] == 5
    assert run.value("copydesk_published_documents_total") == run.value("copydesk_texts") == 5
    assert run.value("copydesk_archive_bytes") == status["archive"]["bytes"] > 0
    assert run.value("copydesk_archived_bytes_total") == status["archive"]["last_day"]["bytes"]
    for group, waits in status["outbox"]["groups"].items():
        assert run.value("copydesk_group_lag_entries", group=group) == waits["lag"]
        assert run.value("copydesk_group_pending_entries", group=group) == waits["pending"]
    alarms = {(a["kind"], a["subject"]) for a in status["alarms"]}
    assert ("failing", "dead") in alarms
    told = [dict(labels) for name, labels in run.samples if "alarm_since" in name]
    assert {(labels["kind"], labels["subject"]) for labels in told} == alarms


def test_what_a_stranger_wrote_is_escaped(run: Run) -> None:
    assert run.value("copydesk_group_lag_entries", group=ODD) == 5
    assert run.value("copydesk_group_lag_entries", group="mine") == 0


def test_steps_are_counted_with_the_pages_that_end(run: Run) -> None:
    def count(step: str) -> float:
        return run.value("copydesk_step_seconds_count", step=step)

    # The one that is not there was read by nobody; each process has a commit whose time no other tells.
    assert {s: count(s) for s in STEPS if s != "commit"} == dict.fromkeys(
        STEPS.keys() - {"commit"}, 5
    )
    assert 3 <= count("commit") <= 4
    assert 0 < run.value("copydesk_step_seconds_sum", step="extract") < 60
    assert run.value("copydesk_publication_latency_seconds_count") == 5


def test_a_page_is_followed_from_its_crawl_to_the_outbox(run: Run) -> None:
    fetched = {e["page"]: e for e in run.events if e["event"] == "page.fetched"}
    ended = {e["page"]: e for e in run.events if e["event"] == "page.ended"}
    assert len(fetched) == 5
    assert len(ended) == 6
    documents = {document["id"]: document for document in run.documents}
    for page, event in fetched.items():
        end = ended.pop(page)
        document = documents.pop(end["document"])
        assert event["url"] == end["url"] == document["url"]
        assert (end["outcome"], end["path"], end["queued"]) == ("new", document["path"], True)
        assert 0 < event["seconds"] < 30
    assert documents == {}
    [gone] = ended.values()
    assert (gone["outcome"], gone["reason"], gone["document"]) == ("gone", "http-404", "")
