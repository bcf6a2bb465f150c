"""From a fetched page to the article that it holds, or to why it holds none.

Pure: the same page gives the same article, on every machine. The only import of trafilatura.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import ada_url
import trafilatura
from lxml.html import HtmlElement, document_fromstring
from trafilatura import xpaths
from trafilatura.metadata import Document as BareDocument
from trafilatura.settings import MANUALLY_CLEANED, MANUALLY_STRIPPED, Extractor

from crawler.document import normal_body, normal_line, normalise_for_id
from crawler.extraction.blocks import blocks
from crawler.extraction.charset import read_text
from crawler.extraction.language import language_of
from crawler.extraction.loose_text import make_paragraphs
from crawler.extraction.markup import parse, tidy
from crawler.extraction.media_type import not_html
from crawler.extraction.metadata import Metadata, read_metadata
from crawler.extraction.named import NOTHING_NAMED, Named, drop, named_blocks
from crawler.extraction.not_article import not_an_article
from crawler.extraction.paywall import is_teaser
from crawler.extraction.recurring import NO_RULES, Rules, without_recurring
from crawler.extraction.remembered import remember, remember_as_one
from crawler.extraction.slim import slimmed
from crawler.extraction.teasers import Sorted, sort_out
from crawler.extraction.trunk import (
    Trunk,
    covers,
    find_trunk,
    misses,
    share_of_title,
    without_tail,
)
from crawler.extraction.weight import weight
from crawler.page import Article, Page, Rejection

ParseOwn = Callable[[Page, str, Callable[[], Article | Rejection]], Article | Rejection]
"""Reads a page by its markup, with the extraction here to call."""

EXTRACTOR: Mapping[str, Any] = MappingProxyType(
    {"name": "trafilatura", "version": version("trafilatura"), "rules": 0}
)
"""What a sidecar says of it; `rules` is that of the text there."""

_options = partial(Extractor, comments=False)
# The first leaves out the extractor's comparison with other ways.
_FAST, _PRECISE, _GENEROUS = (
    _options(precision=True, fast=True),
    _options(precision=True),
    _options(),
)

_DATE_LINE = 60

# Below this the extractor's own stages find too little, too, and go on to the next.
_TOO_LITTLE = 250

# What makes it doubt a text of its own that is long enough.
_DOUBTFUL = frozenset(
    {"aside", "audio", "button", "fencedframe", "fieldset", "figure", "footer", "iframe", "input", "label",
     "link", "nav", "noindex", "noscript", "object", "option", "select", "source", "svg", "time"}
)  # fmt: skip

# Share of a text without which captions and labels are left.
_MOST_OF_IT = 0.7

# Share of the title's words from which a text is likely the one that it heads.
_SAYS_ITS_TITLE = 0.4

# It reports pages that it makes nothing of as errors; here they are rejections, and counted.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

CUT_OFF = (
    xpaths.RAW_TREE_PRUNE_XPATH,
    xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH,
    xpaths.REMOVE_COMMENTS_XPATH,
    xpaths.OVERALL_DISCARD_XPATH,
    xpaths.TEASER_DISCARD_XPATH,
    xpaths.PRECISION_DISCARD_XPATH,
    xpaths.DISCARD_IMAGE_ELEMENTS,
)
"""Its lists of expressions for what it cuts off, each with one that finds the same in less time."""

for _expressions in CUT_OFF:
    remember_as_one(_expressions)
remember(xpaths.BODY_XPATH)  # one after the other, until one finds a text


def extract(
    page: Page,
    *,
    language: str | None = None,
    front: Collection[str] = (),
    named: Named = NOTHING_NAMED,
    rules: Rules = NO_RULES,
    is_part: bool = False,
    parse_own: ParseOwn | None = None,
) -> Article | Rejection:
    """The article of an unpacked page.

    `named` are the source's selectors, `rules` what recurs on its pages and is taken out. Rules change
    an article's body and nothing else: whether there is an article is the same under all of them.
    `parse_own` is the source's own parser: see `crawler.parsing`.
    `is_part` says that the page goes on with another one's text, and may end it after a line.
    `language` is the source's, for a page that names none. `front` holds the source's start and
    section addresses: a page that was asked for elsewhere and ended on one of them is rejected,
    as is one that ended on its host's root. What a page can be is an article or a rejection; an
    error that is raised all the same is a mistake here, and no reason to say that there is none.
    """
    if not page.body.strip():
        return Rejection("empty")
    if _ended_in_front(page, front):
        return Rejection("front-page", f"asked for {page.requested}"[:200])
    if kind := not_html(page):
        return Rejection("not-html", kind)
    markup = read_text(page.body, page.content_type)
    if markup is None:
        return Rejection("charset", "no charset makes text of it")
    read_own = partial(_read, language=language, named=named, is_part=is_part)
    if parse_own:
        found = parse_own(page, markup, partial(read_own, page, markup))
    else:
        found = read_own(page, markup)
    return found if isinstance(found, Rejection) else under(found, rules)


def _read(
    page: Page, markup: str, *, language: str | None, named: Named, is_part: bool
) -> Article | Rejection:
    tree = parse(markup)
    if isinstance(tree, Rejection):
        return tree
    metadata = read_metadata(tree, page, language)
    drop(tree, named.drop)
    own = named_blocks(tree, named.body) if named.body else []
    tidy(tree)
    found = _of_own(own, metadata.title) or _find_text(tree, metadata.title)
    body = normal_body("\n\n".join(found.own))
    rejection = not_an_article(tree, markup, body, metadata, page.url, is_listing=found.is_listing)
    # Where the source says that the text stands, a short one is as good a sign of an article as any.
    if rejection and not ((own or (is_part and body)) and rejection.reason == "too-short"):
        return rejection
    spoken = language_of(metadata.language, body)
    article = _article(tree, body, replace(metadata, language=spoken))
    return replace(article, misses_body=bool(named.body) and not own)


def under(article: Article, rules: Rules) -> Article:
    """The same article with other rules."""
    whole = article.whole or article.body
    return replace(article, body=without_recurring(whole, rules), rules=rules.number)


def _ended_in_front(page: Page, front: Collection[str]) -> bool:
    asked, ended = _address(page.requested), _address(page.url)
    if asked == ended:
        return False
    return ended in {_address(url) for url in front} or ada_url.URL(page.url).pathname == "/"


def _address(url: str) -> str:
    """An address in the form in which two are compared: a closing slash says nothing."""
    try:
        parts = ada_url.URL(url)
    except ValueError:
        return url
    return f"{parts.host.removeprefix('www.')}{parts.pathname.rstrip('/')}{parts.search}"


def _of_own(own: list[str], title: str | None) -> Sorted | None:
    """A text where the source says that it stands."""
    text = _without_title(own, title)
    return Sorted(text, is_listing=False) if text else None


def _find_text(tree: HtmlElement, title: str | None) -> Sorted:
    """With favour to precision, for it leaves a site's boilerplate.

    Without it where that finds too little, nothing but teasers of other pages, or another place
    than that of the page's prose; and then that place alone, if need be.
    """
    trunk = find_trunk(tree, title)
    if trunk is not None:
        make_paragraphs(trunk.element)
    precise = _sorted(tree, trunk, title, favor_precision=True)
    is_elsewhere = misses(precise.own, trunk, title)
    enough = weight("".join(precise.own)) >= _TOO_LITTLE
    if enough and not precise.is_listing and not is_elsewhere:
        return precise
    generous = _sorted(tree, trunk, title, favor_precision=False)
    if trunk is not None and (is_elsewhere or generous.is_listing):
        alone = _alone(trunk, title)
        if is_elsewhere and not alone.is_listing and not misses(alone.own, trunk, title):
            return alone
        if share_of_title(" ".join(alone.own), title) >= _SAYS_ITS_TITLE:
            return max(precise, generous, alone, key=_worth)
    if _is_lump_of(precise, generous):
        return precise
    return max(precise, generous, key=_worth)


def _is_lump_of(precise: Sorted, generous: Sorted) -> bool:
    """Whether, for want of text, the extractor took all of it for one paragraph, captions and all."""
    whole = "".join(generous.own)
    parts = "".join(precise.own)
    return (
        len(generous.own) == 1
        and len(precise.own) > 1
        and not precise.is_listing
        and len(parts) >= _MOST_OF_IT * len(whole)
        and all(block in whole for block in precise.own)
    )


def _sorted(
    tree: HtmlElement, trunk: Trunk | None, title: str | None, *, favor_precision: bool
) -> Sorted:
    found = _precise(tree, trunk) if favor_precision else _generous(tree)
    return sort_out(tree, without_tail(_without_title(found, title), trunk))


def _precise(tree: HtmlElement, trunk: Trunk | None) -> list[str]:
    """The blocks with favour to precision.

    The extractor's own text is compared with those of two other ways, each a reading of the whole
    page, and gives way to one that is twice as long. Where it has most of the trunk, they are not asked.
    """
    slim = slimmed(tree, thrown_away=MANUALLY_CLEANED, opened=MANUALLY_STRIPPED)
    own = _bare(slim, _FAST)
    if own and _is_sound(own) and covers(found := _texts(own), trunk):
        return found
    return _texts(_bare(tree, _PRECISE))


def _generous(tree: HtmlElement) -> list[str]:
    return _texts(_bare(tree, _GENEROUS))


def _is_sound(own: BareDocument) -> bool:
    """Whether the extractor has no reason to doubt a text of its own but that another may be longer."""
    names = Counter(element.tag for element in own.body.iter())
    return (
        len(own.raw_text or "") >= _TOO_LITTLE
        and names["table"] <= names["p"]
        and _DOUBTFUL.isdisjoint(names)
        and any("".join(paragraph.itertext()) for paragraph in own.body.iter("p"))
    )


def _alone(trunk: Trunk, title: str | None) -> Sorted:
    """The text of the trunk, as if there were nothing else on the page."""
    page = document_fromstring("<html><body></body></html>")
    page.body.append(deepcopy(trunk.element))
    return sort_out(page, _without_title(_generous(page), title))


def _worth(found: Sorted) -> tuple[bool, int]:
    return bool(found.own) and not found.is_listing, len("".join(found.own))


def _bare(tree: HtmlElement, options: Extractor) -> BareDocument | None:
    """What the extractor finds, as its own tree."""
    result = trafilatura.bare_extraction(tree, options=options)
    return result if isinstance(result, BareDocument) else None


def _texts(found: BareDocument | None) -> list[str]:
    if found is None:
        return []
    texts = (normal_body(block) for block in blocks(found.body))
    return [text for text in texts if text]


def _without_title(found: list[str], title: str | None) -> list[str]:
    """The blocks after one that repeats the title, as a heading mostly does, be it below a date line."""
    for place, block in enumerate(found[:2] if title else ()):
        if normalise_for_id(normal_line(block)) == normalise_for_id(title or ""):
            return found[place + 1 :]
        if len(block) > _DATE_LINE:
            break
    return found


def _article(tree: HtmlElement, body: str, metadata: Metadata) -> Article:
    return Article(
        body=body,
        whole=body,
        title=metadata.title,
        site_name=metadata.site_name,
        language=metadata.language,
        authors=metadata.authors,
        published=metadata.published,
        modified=metadata.modified,
        partial=is_teaser(tree, body, metadata),
        rights=metadata.rights,
        addresses=metadata.addresses,
    )
