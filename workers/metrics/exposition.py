"""The metrics as Prometheus reads them."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from workers.metrics.declared import Kind, Metric
from workers.metrics.gathered import Histogram, Samples, gathered
from workers.service import Service

_Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


def exposition(service: Service, now: float, accept: str = "") -> tuple[bytes, str]:
    """The text, and its content type; OpenMetrics where the request's `Accept` asks for it.

    Raises `RedisError` and `StateUnavailable` where the server is lost.
    """
    encode, content_type = choose_encoder(accept)
    return encode(_Gathered(gathered(service, now))), content_type


class _Gathered(Collector):
    """Gives what was gathered, as families of the client library."""

    def __init__(self, found: Mapping[Metric, Samples]) -> None:
        self._found = found

    def collect(self) -> Iterator[_Family]:
        """Every metric that anything can be said of."""
        for metric, samples in self._found.items():
            if samples:
                yield _family(metric, samples)


def _family(metric: Metric, samples: Samples) -> _Family:
    arguments = metric.name, metric.help
    if metric.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(*arguments, labels=metric.labels, unit=metric.unit)
        for labels, value in samples:
            assert isinstance(value, Histogram)
            histogram.add_metric(_values(metric, labels), _buckets(value), value.sum)
        return histogram
    kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family: CounterMetricFamily | GaugeMetricFamily
    family = kind(*arguments, labels=metric.labels, unit=metric.unit)
    for labels, value in samples:
        assert not isinstance(value, Histogram)
        family.add_metric(_values(metric, labels), value)
    return family


def _values(metric: Metric, labels: Mapping[str, str]) -> Sequence[str]:
    return [labels[name] for name in metric.labels]


def _buckets(value: Histogram) -> list[tuple[str, float]]:
    edges = ("+Inf" if bound == float("inf") else str(bound) for bound, _ in value.buckets)
    return [(edge, float(count)) for edge, (_, count) in zip(edges, value.buckets, strict=True)]
