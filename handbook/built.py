"""What is wrong with the built site: links that lead nowhere, and what a reader's browser would ask of others."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import html

# What a browser loads by itself, by element. A plain link is followed by a person, and may lead anywhere.
_LOADED = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src",
    "embed": "src", "object": "data", "link": "href", "form": "action",
}  # fmt: skip
_CSS_LOADS = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)
_POLICY = "Content-Security-Policy"
# A page for a file that is not there can be met at any address.
_ANYWHERE = "404.html"


def problems(site: Path) -> list[str]:
    """A line for each thing that is wrong with the site in this folder."""
    found: list[str] = []
    pages = {path: html.parse(path).getroot() for path in sorted(site.rglob("*.html"))}
    ids = {path: {str(i) for i in page.xpath("//@id | //a/@name")} for path, page in pages.items()}
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        if not page.xpath(f"//meta[@http-equiv='{_POLICY}']"):
            found.append(f"{name}: has no {_POLICY}")
        found += [f"{name}: loads {url} from another host" for url in _foreign(page)]
        if name != _ANYWHERE:
            found += [f"{name}: {why}" for why in _astray(site, path, page, ids)]
    for path in sorted(site.rglob("*.css")):
        for url in _CSS_LOADS.findall(path.read_text(encoding="utf-8")):
            found.append(f"{path.relative_to(site).as_posix()}: loads {url} from another host")
    return found


def _foreign(page: html.HtmlElement) -> Iterator[str]:
    for element in page.iter(*_LOADED):
        # A canonical address, or that of the next page, is told and not loaded.
        if element.tag == "link" and element.get("rel") in {"canonical", "prev", "next"}:
            continue
        url = element.get(_LOADED[element.tag]) or ""
        if urlsplit(url).netloc:
            yield url
    for style in page.xpath("//style/text() | //@style"):
        yield from _CSS_LOADS.findall(style)


def _astray(
    site: Path, path: Path, page: html.HtmlElement, ids: dict[Path, set[str]]
) -> Iterator[str]:
    for url in dict.fromkeys(map(str, page.xpath("//a/@href | //img/@src"))):
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            continue
        there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if there.is_dir():
            there /= "index.html"
        if not there.is_relative_to(site.resolve()) or not there.exists():
            yield f"{url} leads nowhere"
        elif parts.fragment and unquote(parts.fragment) not in ids.get(there, {""}):
            yield f"{url}: there is no such place on that page"
