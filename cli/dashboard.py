"""The dashboard: as a part of `up`, and as a command of its own."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from cli.commands import command
from cli.failure import Failure
from cli.output import put_json, say
from cli.session import session
from config.settings import Settings, load_settings
from dashboard import part
from dashboard.listening import Listening, listen, token_of


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        dashboard,
        ("copydesk dashboard", "where COPYDESK_DASHBOARD says"),
        ("copydesk dashboard --port 8080", "on loopback, at a port of one's own"),
    )


def dashboard(
    host: Annotated[
        str | None,
        typer.Option(metavar="HOST", help="Where it listens; else as COPYDESK_DASHBOARD says."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", min=0, max=65535, help="0 is a free one.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Where it listens, as one JSON object.")
    ] = False,
) -> None:
    """Run the dashboard alone, in the foreground; Ctrl-C ends it.

    `up` has one already, on loopback: this one is for another machine that shares the server and the
    store, or for another address. Beyond loopback COPYDESK_DASHBOARD_TOKEN_FILE must name a token's file.
    """
    settings = load_settings()
    named_host, named_port = settings.dashboard_address or ("127.0.0.1", 0)
    host, port = host or named_host, named_port if port is None else port
    token = token_of(settings, host)
    try:
        listening = listen(host, port)
    except OSError as error:
        raise Failure(
            f"the dashboard cannot listen on {host}:{port}: {error.strerror};"
            " where `up` has one there already, --port names another"
        ) from None
    with session(settings) as opened:
        if as_json:
            put_json({"address": listening.address})
        say(f"the dashboard is at {listening.address}; Ctrl-C ends it")
        part.serve(opened.service, listening, token)


class DashboardPart:
    """The dashboard of `up`, if there is to be one and its port is free: the service goes on without."""

    def __init__(self, settings: Settings) -> None:
        self.listening: Listening | None = None
        self._token: str | None = None
        if settings.dashboard_address is None:
            return
        host, port = settings.dashboard_address
        self._token = token_of(settings, host)
        try:
            self.listening = listen(host, port)
        except OSError as error:
            say(
                f"no dashboard: {settings.dashboard} cannot be listened on ({error.strerror});"
                " COPYDESK_DASHBOARD names another place"
            )

    @property
    def address(self) -> str | None:
        """Where it is found; None where there is none."""
        return self.listening.address if self.listening else None

    @property
    def guests(self) -> dict[str, Callable[[], int]]:
        """What `Parts` is to run for it."""
        if self.listening is None:
            return {}
        return {part.PART: partial(part.run, self.listening, self._token)}
