"""What a page says it may be asked by the next time, so that one that has not changed costs a 304. Pure.

One line is kept of a page: its ETag, or without one its Last-Modified. The quotes tell them apart.
"""

import re
from collections.abc import Mapping

NOT_MODIFIED = "not-modified"
"""The reason of the outcome of a page of which the site itself says that it is as it was."""

_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{1,100}"')
_DATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")


def validator_of(etag: str, last_modified: str) -> str:
    """The line to keep; empty where there is none that is as it should be, and short enough to be kept."""
    for text, form in ((etag.strip(), _ETAG), (last_modified.strip(), _DATE)):
        if form.fullmatch(text):
            return text
    return ""


def conditions_of(validator: str) -> Mapping[str, str]:
    """The header to ask with; none without a validator."""
    if not validator:
        return {}
    is_date = _DATE.fullmatch(validator)
    return {"If-Modified-Since" if is_date else "If-None-Match": validator}
