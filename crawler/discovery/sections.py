"""Section pages: the links of a page in page order, and where its older ones are."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from crawler.discovery.hypertext import Hypertext, Reference, read_hypertext
from crawler.discovery.listing import Link, Listing, ListingKind, NotAListing
from crawler.urls import authority, printed_url

_PAGE_PARAMETER = re.compile(r"(?:page|paged|pagina|seite|p)=(\d{1,6})", re.IGNORECASE)
_PAGE_PATH = re.compile(r"/(?:page|pagina|seite)[/-](\d{1,6})$", re.IGNORECASE)
# What a pager adds to the path of a section: `/2`, `/older/2`, `-2.html`.
_PAGER_PATH = re.compile(r"(?:/[a-z]{1,10})?[/_-]\d{1,6}(?:\.html?)?", re.IGNORECASE)
_NEXT_CLASSES = frozenset({"next", "older", "nextpostslink", "pager-next", "pager__item--next"})
_NEXT_WORDS = re.compile(
    r"(?:(?:next|older)(?: (?:page|posts|entries|news|stories))?|(?:página )?siguiente"
    r"|(?:page )?suivante?s?|próxima(?: página)?|seguinte|weiter|nächste(?: seite)?|successiv[ao]"
    r"|далее|дальше|следующая|التالي|下一页|下一頁|次へ|[›»→>])[ ›»→>]*",
    re.IGNORECASE,
)


def parse_section(body: bytes, url: str, content_type: str = "") -> Listing:
    """The links of a page found at `url`, its navigation included, each once with its longest text.

    `content_type` is the header's value. Raises `NotAListing` where there is no link at all.
    """
    page = read_hypertext(body, url, content_type)
    anchors = list(page.anchors())
    if not anchors:
        raise NotAListing("no-links")
    addresses = [page.address(anchor) for anchor in anchors]
    titles: dict[str, str] = {}
    for address, anchor in zip(addresses, anchors, strict=True):
        if address and len(anchor.text) >= len(titles.get(address, "")):
            titles[address] = anchor.text
    dropped = Counter({"not-http": addresses.count(None), "over-limit": page.over_limit})
    return Listing(
        ListingKind.SECTION,
        links=tuple(Link(address, title=title or None) for address, title in titles.items()),
        next_page=_next_page(page, url),
        dropped=+dropped,
    )


@dataclass(frozen=True, slots=True)
class _PageOf:
    """A page of a paged listing: the listing's address without the number, and the number."""

    address: str
    parameters: tuple[str, ...]
    number: int | None


def _page_of(url: str) -> _PageOf:
    address, _, query = url.partition("?")
    address = address.rstrip("/")
    parameters = [parameter for parameter in query.split("&") if parameter]
    for parameter in parameters:
        if match := _PAGE_PARAMETER.fullmatch(parameter):
            rest = tuple(other for other in parameters if other != parameter)
            return _PageOf(address, rest, int(match[1]))
    match = _PAGE_PATH.search(address)
    number = int(match[1]) if match else None
    return _PageOf(address[: match.start()] if match else address, tuple(parameters), number)


def _next_page(page: Hypertext, url: str) -> str | None:
    """Where older links are: as declared, else by number, else by the looks of its anchor."""
    here = printed_url(url) or url
    leads: dict[Reference, str] = {}
    for reference in page.references:
        address = page.address(reference)
        if address and address != here and authority(address) == authority(here):
            leads[reference] = address
    declared = (address for reference, address in leads.items() if "next" in reference.rel)
    marked = (address for reference, address in leads.items() if _is_marked(reference))
    return (
        next(declared, None)
        or _next_by_number(leads, here)
        or next((address for address in marked if _is_below(address, here)), None)
    )


def _next_by_number(leads: Mapping[Reference, str], here: str) -> str | None:
    current = _page_of(here)
    numbered: dict[int, str] = {}
    first = 1
    for reference, address in leads.items():
        page = _page_of(address)
        same = (page.address, page.parameters) == (current.address, current.parameters)
        if same and page.number is not None:
            numbered[page.number] = address
            if reference.text == str(page.number + 1):  # this site counts from 0
                first = 0
    return numbered.get((first if current.number is None else current.number) + 1)


def _is_marked(reference: Reference) -> bool:
    is_next = _NEXT_WORDS.fullmatch(reference.text) or reference.marks & _NEXT_CLASSES
    return reference.tag == "a" and bool(is_next)


def _is_below(address: str, here: str) -> bool:
    """Whether an address may be a further page of this one: many things are called next."""
    place, path = _page_of(here).address, address.partition("?")[0].rstrip("/")
    if not path.startswith(place):
        return False
    rest = path.removeprefix(place)
    return not rest or _PAGER_PATH.fullmatch(rest) is not None
