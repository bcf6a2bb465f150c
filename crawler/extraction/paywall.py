"""Whether a text is only the teaser of an article that must be paid for."""

import re

from lxml.etree import XPath
from lxml.html import HtmlElement

from crawler.extraction import json_ld
from crawler.extraction.metadata import Metadata
from crawler.extraction.weight import weight

_TEASER = 1500
# A text as long as this is an article, whatever it costs its readers.
_WHOLE = 2500
_CLOSED = frozenset({"metered", "locked", "paid", "premium"})
_WALL = re.compile(
    r"(?:^|[\s_-])(?:pay-?wall(?:ed)?|regwall|piano-offer|tp-modal|subscri(?:be|ption)-(?:wall|required)|"
    r"premium-(?:wall|overlay|teaser|only)|article-locked|locked-content|content-gate)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NAMED = XPath(
    ".//div/@class|.//section/@class|.//aside/@class|.//div/@id|.//section/@id",
    smart_strings=False,
)


def is_teaser(tree: HtmlElement, body: str, metadata: Metadata) -> bool:
    """Whether the page closes its article to readers who do not pay, and its text is short."""
    size = weight(body)
    if _is_closed(metadata) and size < _WHOLE:
        return True
    return size < _TEASER and (metadata.tier in _CLOSED or any(map(_WALL.search, _NAMED(tree))))


def _is_closed(metadata: Metadata) -> bool:
    """`isAccessibleForFree` is a boolean, a word, or the address of one."""
    for said in json_ld.as_list(metadata.node.get("isAccessibleForFree")):
        if str(said).rpartition("/")[2].lower() == "false":
            return True
    return False
