"""What an answer, or the lack of one, means for a visit."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response

from crawler.challenge import CHALLENGE, challenger
from crawler.retry_after import retry_at

_GONE = {404, 410}
_REFUSED = {403, 408, 425, 429}


class MissKind(StrEnum):
    """Whose fault it is that there is no page."""

    GONE = "gone"
    """There is none any more."""
    UNFIT = "unfit"
    """It was answered, but this is no page to be read."""
    REFUSED = "refused"
    """The site does not want to answer now: 403, 429, 5xx."""
    UNREACHABLE = "unreachable"
    """The host could not be asked."""
    NOT_ASKED = "not-asked"
    """It was not tried: this crawl may ask for nothing now."""
    NOT_RENDERED = "not-rendered"
    """It was fetched, and there is no browser to render it in."""


@dataclass(frozen=True)
class Miss(Exception):
    """A fetch that brought no page."""

    kind: MissKind
    reason: str
    """A constant word or two, counted: `http-503`, `timed-out`."""
    detail: str = ""
    """What happened, for a person."""
    retry_at: datetime | None = None
    """When the site says that it may be asked again."""

    def __str__(self) -> str:
        return self.detail or self.reason


class RobotsForbid(IgnoreRequest):
    """The site's robots.txt asks not to read this."""


class OtherHost(IgnoreRequest):
    """A redirect, or a listing, led to a host that the source does not name."""


def miss_of(response: Response, now: datetime) -> Miss | None:
    """Why an answer brings no page, or None where it does. 304 is for who asked conditionally."""
    status = response.status

    def header(name: str) -> str:
        return (response.headers.get(name) or b"").decode("latin-1")

    if who := challenger(status, header, response.body):
        told = f"{response.url} asks whether a person is there ({who}, {status})"
        return Miss(MissKind.REFUSED, CHALLENGE, told, retry_at(header("Retry-After"), now))
    if 200 <= status < 300 or status == 304:
        return None
    reason = f"http-{status}"
    detail = f"{response.url} answers {status}"
    if status in _GONE:
        return Miss(MissKind.GONE, reason, detail)
    if status in _REFUSED or status >= 500:
        return Miss(MissKind.REFUSED, reason, detail, retry_at(header("Retry-After"), now))
    return Miss(MissKind.UNFIT, reason, detail)


_BY_ERROR: tuple[tuple[type[BaseException], MissKind, str, str], ...] = (
    (CannotResolveHostError, MissKind.UNREACHABLE, "no-such-host", "its name does not resolve"),
    (DownloadConnectionRefusedError, MissKind.UNREACHABLE, "refused", "it refuses connections"),
    (DownloadTimeoutError, MissKind.UNREACHABLE, "timed-out", "it did not answer in time"),
    (ResponseDataLossError, MissKind.UNFIT, "cut-off", "the answer was cut off"),
    (DownloadCancelledError, MissKind.UNFIT, "too-large", "the answer is over 5 MiB"),
    (UnsupportedURLSchemeError, MissKind.UNFIT, "scheme", "it is neither http nor https"),
    # What was asked for is an address; what it redirects to may be none.
    (ValueError, MissKind.UNFIT, "no-address", "it redirects to what is no address of the web"),
    (OtherHost, MissKind.UNFIT, "other-host", ""),
    (RobotsForbid, MissKind.UNFIT, "robots", ""),
)


def miss_from(error: Exception, url: str) -> Miss:
    """What an error of the download means; one that it does not know is the host's."""
    if isinstance(error, Miss):
        return error
    for kind_of_error, kind, reason, words in _BY_ERROR:
        if isinstance(error, kind_of_error):
            return Miss(kind, reason, f"{url}: {words or _of_it(error, url)}")
    if isinstance(error, IgnoreRequest):
        return _ignored(error, url)
    if isinstance(error, DownloadFailedError):
        return _failed(error, url)
    return Miss(MissKind.UNREACHABLE, "connection", f"{url}: {error!r}")


def _of_it(error: Exception, url: str) -> str:
    """What an error says, without the address once more where it ends in that."""
    text = str(error)
    return f"{text.removesuffix(url)}it" if text.endswith(f" {url}") else text


def _ignored(error: IgnoreRequest, url: str) -> Miss:
    text = str(error)
    if "redirect" in text:
        return Miss(MissKind.UNFIT, "redirects", f"{url}: it redirects without end")
    return Miss(MissKind.UNFIT, "refused-address", f"{url}: {text}")


def _failed(error: DownloadFailedError, url: str) -> Miss:
    text = str(error)
    if "VerificationError" in text:
        told = "the certificate is for another host"
        return Miss(MissKind.UNREACHABLE, "tls", f"{url}: no trusted connection (TLS): {told}")
    if any(word in text.lower() for word in ("ssl", "tls", "certificate")):
        # OpenSSL's own words, without the Python around them.
        said = "; ".join(re.findall(r"'([a-z][a-z ]{5,})'", text)) or "TLS failed"
        return Miss(MissKind.UNREACHABLE, "tls", f"{url}: no trusted connection (TLS): {said}")
    return Miss(MissKind.UNREACHABLE, "connection", f"{url}: the connection broke")
