"""Pages that lead astray: listings and articles that point to the forged hosts in every way they can."""

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape

from chaos.forged import FORMS, LITERALS
from rig.stories import Story, article_page

Answered = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body."""

_PATH = "/2026/11/20/a-story-of-the-day-{}1234567"
_STATUSES = (301, 302, 303, 307, 308)
_EVERY = range(len(FORMS))

CARRIERS: Mapping[str, tuple[str, Sequence[str]]] = {
    "links of a feed": ("feeds", ["/links.xml"]),
    "links of a sitemap": ("sitemaps", ["/sitemap.xml"]),
    "a sitemap's index": ("sitemaps", ["/index.xml"]),
    "links and next pages of sections": ("sections", [f"/section/{n}" for n in _EVERY]),
    "redirects of pages": ("feeds", ["/redirects.xml"]),
    "redirects of listings": ("feeds", [f"/to/{n}" for n in _EVERY]),
    "meta refresh, base and canonical": ("feeds", ["/pages.xml"]),
    "redirects of robots.txt": ("feeds", [f"{n}.xml" for n in _EVERY]),
}
"""How a page may lead somewhere, and the listings of a source on which pages do."""
SCRIPTS = ("fetch", "script", "frame", "socket", "window")
"""By what a page that is rendered asks for each form; each page then asks its own host for `/tried/...`."""
DECLARED = "sitemaps in robots.txt"
"""The carrier that a source's start leads to."""


LOOKED_AT = ".look.test"
"""Sites that `copydesk add` looks at: all that one leads to is at one form, by its number before this."""
LED_TO = [
    "/robots.txt",
    "/",
    "/feed.xml",
    "/to/feed",
    "/index.xml",
    "/to/section",
    "/to/2026/11/20/a-story-of-it-1",
]
"""What is asked for at such a site; all that begins with `/to` redirects to the form."""


def listings(host: str, every: int = 1) -> dict[str, list[str]]:
    """The fields of a source that reads every carrier; each robots.txt that redirects has its host.

    Where a carrier takes a listing for each form, only one in `every` of them is named.
    """
    fields: dict[str, list[str]] = {}
    for field, paths in CARRIERS.values():
        fields.setdefault(field, []).extend(_at(host, path) for path in paths[::every])
    return fields


def _at(host: str, path: str) -> str:
    return f"http://{host}{path}" if path.startswith("/") else f"http://n{path[:-4]}.{host}/{path}"


def answer(host: str, path: str) -> Answered:
    """What is answered under a name; where a carrier leads, a page that must never be read."""
    if host.endswith(LOOKED_AT):
        return _site(int(host.removesuffix(LOOKED_AT)), path)
    name, _, number = path.strip("/").rpartition("/")
    if path == "/robots.txt":
        return _robots(host)
    if name == "to":
        n = int(number)
        return _STATUSES[n % len(_STATUSES)], {"Location": _url(n)}, b""
    if name == "run":
        return _html(_scripted(number))
    if name == "section":
        return _html(_section(host, int(number)))
    if name == "story":
        return _html(_page(int(number)))
    if path in _LISTINGS:
        return 200, {"Content-Type": "application/xml; charset=utf-8"}, _LISTINGS[path](host)
    if path == "/start":
        return _html("<html><title>Nothing but what robots.txt declares</title></html>")
    if path == "/" or path.endswith(".xml"):
        return 404, {"Content-Type": "text/html"}, b"not here"
    return _html(article_page(Story.numbered(len(host) + len(path))))


def _site(n: int, path: str) -> Answered:
    """A site whose feeds, sitemaps, sections and articles are elsewhere: declared there, or redirected to."""
    if path.startswith("/to"):
        return _STATUSES[n % len(_STATUSES)], {"Location": _url(n, path.removeprefix("/to"))}, b""
    if path == "/robots.txt":
        lines = f"Sitemap: {_url(n, '/sitemap.xml')}\nSitemap: /index.xml\n"
        return 200, {"Content-Type": "text/plain"}, lines.encode()
    xml = {"Content-Type": "application/xml; charset=utf-8"}
    if path == "/feed.xml":
        return 200, xml, _items([_url(n, f"/feed{_PATH}{m}") for m in range(6)])
    if path == "/index.xml":
        return 200, xml, _locations("sitemapindex", "sitemap", [_url(n, "/news.xml")])
    if path != "/":
        return 404, {"Content-Type": "text/html"}, b"not here"
    feeds = [_url(n, "/rss.xml"), "/to/feed", "/feed.xml"]
    sections = [_url(n, "/world"), "/to/section"]
    articles = [_url(n), *(f"/to/2026/11/20/a-story-of-it-{m}" for m in range(6))]
    head = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{escape(feed)}">' for feed in feeds
    )
    links = "".join(f'<a href="{escape(url)}">World</a>' for url in (*sections, *articles))
    return _html(
        f"<!DOCTYPE html><html><head><title>A</title>{head}</head><body>{links}</body></html>"
    )


def _html(text: str) -> Answered:
    return 200, {"Content-Type": "text/html; charset=utf-8"}, text.encode()


def _url(n: int, path: str = _PATH) -> str:
    scheme = "https" if n % 10 == 9 and n < len(LITERALS) else "http"
    return f"{scheme}://{FORMS[n]}{path.format(n)}"


def _all(path: str = _PATH) -> list[str]:
    return [_url(n, path) for n in _EVERY]


def _own(host: str, folder: str) -> list[str]:
    return [f"http://{host}/{folder}/{n}" for n in _EVERY]


def _robots(host: str) -> Answered:
    first = host.partition(".")[0]
    if first.startswith("n") and first[1:].isdecimal():
        return 302, {"Location": _url(int(first[1:]), "/robots.txt")}, b""
    lines = [f"Sitemap: {url}" for url in _all("/sitemap.xml")]
    return 200, {"Content-Type": "text/plain"}, "\n".join(lines).encode()


def _items(urls: list[str]) -> bytes:
    items = "".join(f"<item><title>A</title><link>{escape(url)}</link></item>" for url in urls)
    return f'<rss version="2.0"><channel><title>A</title>{items}</channel></rss>'.encode()


def _locations(kind: str, entry: str, urls: list[str]) -> bytes:
    entries = "".join(f"<{entry}><loc>{escape(url)}</loc></{entry}>" for url in urls)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<{kind} xmlns="{space}">{entries}</{kind}>'.encode()


# What was rejected for one source is known to the others, so the links of each host are its own.
_LISTINGS: Mapping[str, Callable[[str], bytes]] = {
    "/links.xml": lambda host: _items(_all(f"/{host}/links{_PATH}")),
    "/sitemap.xml": lambda host: _locations("urlset", "url", _all(f"/{host}/sitemap{_PATH}")),
    "/index.xml": lambda _: _locations("sitemapindex", "sitemap", _all("/sitemap.xml")),
    "/redirects.xml": lambda host: _items(_own(host, "to")),
    "/pages.xml": lambda host: _items(_own(host, "story")),
}


def _section(host: str, n: int) -> str:
    own = f"/{host}/section{_PATH}"
    link, following = escape(_url(n, own)), escape(_url(n, "/page/2"))
    base = f'<base href="{escape(_url(n, "/"))}">' if n % 2 else ""
    return (
        f'<!DOCTYPE html><html><head>{base}<link rel="next" href="{following}">'
        f'<link rel="alternate" type="application/rss+xml" href="{escape(_url(n, "/rss.xml"))}"></head>'
        f'<body><h3><a href="{link}">A story of the day {n}</a></h3><h3><a href="{own.format(n)}b">Another'
        f' one of the day</a></h3><a rel="next" href="{following}">Older</a></body></html>'
    )


def _scripted(by: str) -> str:
    """A page whose script tries every form, and then tells its own host that it has."""
    urls = json.dumps(_all()).replace("</", "<\\/")
    return f"""<!DOCTYPE html><html><body><script>
const quiet = what => {{ try {{ return what() }} catch (error) {{ return 0 }} }};
const put = (name, key, url) => document.body.append(Object.assign(document.createElement(name), {{[key]: url}}));
const ways = {{
  fetch: url => fetch(url, {{mode: "no-cors"}}).catch(() => 0),
  script: url => put("script", "src", url),
  frame: url => put("iframe", "src", url),
  socket: url => new WebSocket(url.replace("http", "ws")),
  window: url => {{ open(url); open(url, "_blank", "noopener"); location = url }},
}};
Promise.all({urls}.map(url => quiet(() => ways["{by}"](url)))).then(() => fetch("/tried/{by}"));
</script></body></html>"""


def _page(n: int) -> str:
    url = escape(_url(n))
    data = json.dumps({"@type": "NewsArticle", "url": _url(n), "mainEntityOfPage": _url(n)})
    head = (
        f'<meta http-equiv="refresh" content="0; url={url}"><base href="{url}">'
        f'<link rel="canonical" href="{url}"><link rel="amphtml" href="{url}">'
        f'<link rel="next" href="{url}"><meta property="og:url" content="{url}">'
        f'<link rel="stylesheet" href="{url}"><script src="{url}"></script>'
        f'<script type="application/ld+json">{data}</script>'
    )
    return article_page(Story.numbered(n), head=head)
