"""The metrics, for Prometheus."""

from starlette.requests import Request
from starlette.responses import Response

from dashboard.templating import board_of


def metrics(request: Request) -> Response:
    """All of them, in the form that is asked for."""
    # Many a service is never scraped: it does without the library.
    from workers.metrics.exposition import exposition  # noqa: PLC0415

    accept = request.headers.get("accept", "")
    service = board_of(request).service
    text, content_type = exposition(service, service.clock(), accept)
    return Response(text, headers={"Content-Type": content_type})
