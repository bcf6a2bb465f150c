"""A page that shows less of its article than is kept of it: the fuller text stays, and the page is tried again."""

from datetime import datetime

from crawler.document import Sidecar
from crawler.outcome import Outcome
from workers.pages.attempts import Refused
from workers.pages.reading import Reading
from workers.pages.revisits import tried_again
from workers.service import Service
from workers.state.index import Commit

SHOWS_LESS = "shows-less"
"""The reason of the outcome of a page that ends so."""


def withheld(service: Service, reading: Reading) -> Refused | None:
    """How a partial text ends whose URL has a fuller one; None where it is to be decided on.

    The archive has the page without a text, so that `replay` reads the one that the fuller text is of.
    """
    waiting, article = reading.waiting, reading.article
    if not (article.partial and waiting.head) or waiting.again:
        return None
    now = service.clock()
    place = service.state.index.places([waiting.head], now).get(waiting.head)
    kept = service.store.body(place) if place else None
    sidecar = service.store.sidecar(place.text_path) if place else None
    if not (kept and sidecar):
        return None
    shown = reading.document.body
    if not shows_less(shown, kept, is_partial=sidecar.partial):
        return None
    times = _times(reading, sidecar, now)
    commit = Commit(
        *(waiting.visit, Outcome.UNCHANGED, SHOWS_LESS),
        url_keys=reading.url_keys,
        revisits=times or None,
    )
    return Refused(waiting, commit, f"{len(shown)} of {len(kept)} characters")


def shows_less(shown: str, kept: str, *, is_partial: bool) -> bool:
    """Whether a partial text is less of an article than what is kept of it, which may be partial itself. Pure.

    Of two partial ones the later may be a corrected one: it is less only where it is the beginning of the other.
    """
    return kept.startswith(f"{shown}\n\n") if is_partial else len(shown) < len(kept)


def _times(reading: Reading, kept: Sidecar, now: float) -> tuple[float, ...]:
    try:
        first = datetime.fromisoformat(kept.fetched)
    except ValueError:  # People edit files.
        return ()
    return tried_again(reading.source, kept.published, first, now, kept.id)
