"""The command that prints the metrics once, as Prometheus reads them."""

import sys
from typing import Annotated, Any

import typer

from cli.commands import command
from cli.output import put_json
from cli.session import session
from workers.service import Service


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        metrics,
        ("copydesk metrics", "all of them, once"),
        ("copydesk metrics > copydesk.prom", "for a collector of text files"),
    )


def metrics(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output.")
    ] = False,
) -> None:
    """Print every metric once, as Prometheus reads them."""
    with session() as opened:
        if as_json:
            put_json(_told(opened.service))
            return
        from workers.metrics.exposition import exposition  # noqa: PLC0415 - no other command needs it

        text, _ = exposition(opened.service, opened.service.clock())
    # What strangers wrote is escaped as the format has it; nothing else may be changed in it.
    sys.stdout.write(text.decode())
    sys.stdout.flush()


def _told(service: Service) -> dict[str, Any]:
    from workers.metrics.gathered import Histogram, gathered  # noqa: PLC0415 - as above

    def value_of(value: float | Histogram) -> Any:
        if not isinstance(value, Histogram):
            return value
        buckets = [
            {"le": None if bound == float("inf") else bound, "count": count}
            for bound, count in value.buckets
        ]
        return {"buckets": buckets, "count": value.buckets[-1][1], "sum": value.sum}

    return {
        metric.name: {
            "kind": metric.kind.value,
            "unit": metric.unit,
            "samples": [{"labels": dict(labels), "value": value_of(v)} for labels, v in samples],
        }
        for metric, samples in gathered(service, service.clock()).items()
    }
