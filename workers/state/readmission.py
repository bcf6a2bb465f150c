"""Pages from the archive wait again, beside those that were just fetched."""

from collections.abc import Sequence

from crawler.page import Page, Visit
from crawler.urls import printed_url, url_key
from workers.state.connection import Client, key
from workers.state.frontier import Again, packed_head
from workers.state.numbers import url_field
from workers.state.scripts import Scripts, packed

# Who readmits a page ends it at once; after that it is anybody's.
_READMITTED_SECONDS = 20.0

OWED, MOVED = "owed", "moved"


class Readmission:
    """The way back from the archive, for a page that may have another text by now."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def readmit(
        self, visit: Visit, page: Page, again: Again, heads: Sequence[str | None], now: float
    ) -> str:
        """Have a page from the archive wait, under the visit's token, as if it had just been fetched.

        `heads` are the ids that were found at its URLs (as `Index.look_up` gives them for the key of the
        visit and that of the page). Returns a token: the visit's own, or that of an earlier call that
        came to no end; `OWED` where the URL is on its way anyway; `MOVED` where it has another head by now.
        """
        keys = dict.fromkeys((visit.key, url_key(printed_url(page.url) or page.url)))
        fields = packed([url_field(url_key) for url_key in keys])
        known = packed([bytes.fromhex(head) if head else b"" for head in heads])
        flat = packed({"head": again.head or "", "beside": again.beside or ""})
        arguments = (
            visit.source,
            visit.key,
            visit.token,
            visit.url,
            now,
            now + _READMITTED_SECONDS,
        )
        body = page.body
        reply = self._scripts.run(
            "readmit", *arguments, fields, known, flat, packed_head(page), body
        )
        return bytes(reply).decode()

    def still_waiting(self, tokens: Sequence[str]) -> dict[str, float]:
        """Those of these pages that have no outcome yet, each with the time at which it is due."""
        if not tokens:
            return {}
        due = self._client.zmscore(key("waiting"), tokens)
        return {t: float(at) for t, at in zip(tokens, due, strict=True) if at is not None}
