"""Whether a page is a shell that shows nothing until its scripts have run. Pure."""

import re

from lxml.etree import XPath
from lxml.html import HtmlElement

# Where the frameworks of the day put what they make; and what a page says to those who run no scripts.
_MOUNTS = XPath(
    "boolean(.//*[@id='root' or @id='app' or @id='__next' or @id='__nuxt' or @id='___gatsby' or @id='svelte'"
    " or @id='app-root' or @id='main-app' or self::app-root or @data-reactroot or @ng-app or @data-server-rendered])"
)
_SCRIPTS = XPath("count(.//script[@src or string-length(.) > 500])")
_SEEN = XPath(
    "//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template)]"
)
_ASKS = re.compile(r"java\s?script", re.IGNORECASE)
_NOSCRIPT = XPath("string(.//noscript[1])")
_LITTLE = 400


def needs_javascript(tree: HtmlElement) -> bool:
    """Whether a page has scripts, next to no text, and says or shows that the scripts would bring it."""
    if not _SCRIPTS(tree):
        return False
    seen = sum(len(text.split()) and len(" ".join(text.split())) for text in _SEEN(tree))
    if seen > _LITTLE:
        return False
    return bool(_MOUNTS(tree)) or _ASKS.search(_NOSCRIPT(tree)) is not None
