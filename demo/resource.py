"""What a site answers at one address."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Resource:
    """A body with what HTTP says of it."""

    body: bytes
    modified: datetime
    """Aware."""
    content_type: str = HTML
    status: int = 200

    @property
    def headers(self) -> Mapping[str, str]:
        """Type and length; for what is there, the validators of conditional requests too."""
        headers = {"Content-Type": self.content_type, "Content-Length": str(len(self.body))}
        if self.status == 200:
            headers["ETag"] = f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'
            headers["Last-Modified"] = format_datetime(self.modified.astimezone(UTC), usegmt=True)
        return headers

    def known_by(self, headers: Mapping[str, str]) -> bool:
        """Whether a request's conditional headers name this very state: 304 then.

        An ETag weighs more than a date, as RFC 9110 has it.
        """
        if "If-None-Match" in headers:
            return headers["If-None-Match"] == self.headers.get("ETag")
        return headers.get("If-Modified-Since") == self.headers.get("Last-Modified", "")
