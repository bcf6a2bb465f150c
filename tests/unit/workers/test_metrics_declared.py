"""What is declared is well named, and what sample rules and queries ask for is declared."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from config.settings import Settings
from dashboard.guard import METRICS as METRICS_PATH
from workers.metrics.declared import METRICS, Kind, Metric

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_names_are_as_prometheus_wants_them(metric: Metric) -> None:
    assert re.fullmatch("copydesk(_[a-z]+)+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    assert not metric.unit or metric.name.removesuffix("_total").endswith(f"_{metric.unit}")
    assert bool(metric.bounds) == (metric.kind is Kind.HISTOGRAM)
    assert list(metric.bounds) == sorted(set(metric.bounds))
    assert metric.help.endswith(".")


def test_each_name_is_declared_once() -> None:
    names = [name for metric in METRICS for name in metric.series]
    assert len(names) == len(set(names))


def queries() -> list[str]:
    rules = YAML(typ="safe").load((DOCS / "prometheus/alerts.yml").read_text(encoding="utf-8"))
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    page = (DOCS / "reference/metrics.md").read_text(encoding="utf-8")
    return asked + re.findall(r"\| `(.*copydesk_.*\))` \|", page)


@pytest.mark.parametrize("query", queries())
def test_rules_and_queries_ask_for_what_is_declared(query: str) -> None:
    labels_of = {name: set(metric.labels) for metric in METRICS for name in metric.series}
    names = re.findall(r"copydesk_\w+", query)
    assert names
    assert set(names) <= labels_of.keys()
    for name, matchers in re.findall(r"(copydesk_\w+)\{([^}]*)\}", query):
        assert set(re.findall(r"(\w+)\s*[=!]", matchers)) <= labels_of[name]
    allowed = {"le"}.union(*(labels_of[name] for name in names))
    for grouped in re.findall(r"(?:by|ignoring) \(([^)]*)\)", query):
        assert set(re.findall(r"\w+", grouped)) <= allowed


def test_what_rules_say_names_labels_that_are_there() -> None:
    rules = YAML(typ="safe").load((DOCS / "prometheus/alerts.yml").read_text(encoding="utf-8"))
    labels_of = {name: set(metric.labels) for metric in METRICS for name in metric.series}
    for group in rules["groups"]:
        for rule in group["rules"]:
            said = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
            names = re.findall(r"copydesk_\w+", rule["expr"])
            assert said <= set().union(*(labels_of[name] for name in names)), rule["alert"]


def test_the_sample_scrape_asks_the_dashboard_where_it_is() -> None:
    scrape = YAML(typ="safe").load((DOCS / "prometheus/scrape.yml").read_text(encoding="utf-8"))
    (job,) = scrape["scrape_configs"]
    assert job["metrics_path"] == METRICS_PATH
    assert job["static_configs"] == [{"targets": [Settings.model_fields["dashboard"].default]}]
