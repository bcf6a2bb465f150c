"""What buttons do: a crawl now, a pause, its end, another try. Each leads back to the page that it stands on."""

from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from config.sources import Source, SourcesError
from config.sources_written import switch_in_file
from dashboard.forms import Form
from dashboard.templating import board_of


def crawl_now(request: Request, form: Form) -> Response:
    """Have a source crawled now."""
    source = _source(request)
    if not source.enabled:
        raise HTTPException(409, f"{source.name} is paused.")
    service = board_of(request).service
    schedule, now = service.state.schedule, service.clock()
    schedule.add({source.name: now})
    schedule.ask([source.name], now)
    return _back(source.name, "Asked for a crawl.")


def pause(request: Request, form: Form) -> Response:
    """Have a source visited no more, by its entry in the file."""
    return _switch(request, enabled=False)


def resume(request: Request, form: Form) -> Response:
    """Have it visited again."""
    return _switch(request, enabled=True)


def _switch(request: Request, *, enabled: bool) -> Response:
    source, file = _source(request), board_of(request).service.settings.sources
    try:
        switch_in_file(file, source.name, enabled=enabled)
    except SourcesError as error:
        raise HTTPException(409, str(error)) from None
    except OSError as error:
        raise HTTPException(
            409,
            f"{file} cannot be written from here ({error.strerror}): "
            f"write enabled = {str(enabled).lower()} into its entry by hand.",
        ) from None
    done = "Visited again" if enabled else "Paused"
    return _back(source.name, f"{done}: the service takes it up within a minute.")


def _source(request: Request) -> Source:
    found = board_of(request).named.get(request.path_params["name"])
    if found is None:
        raise HTTPException(404, "The sources file has no such source.")
    return found


def _back(name: str, done: str) -> Response:
    return RedirectResponse(f"/sources/{quote(name)}?{urlencode({'done': done})}", 303)
