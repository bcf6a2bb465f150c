"""Listings: feeds, sitemaps, sections, start pages and robots.txt that attack whoever reads them."""

import gzip
import itertools

from chaos.trials.hostile.kind import HTML, TEXT, Kind, Reply, Role, Scale, Talk, listing, spoken

_DTD = (
    '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY n SYSTEM "/never-asked-for">'
    '<!ENTITY % p SYSTEM "/never-asked-for">%p;]>'
)
NEVER = "/never-asked-for"
"""A path that only entities name: whoever asks for it has followed one."""
HOSTILE = "/hostile"
"""Where the listing is; `/hostile/...` is its own too."""
_MEGABYTE = 2**20


def lists(scale: Scale) -> list[Kind]:
    """All kinds of this module."""
    return [*_feeds(scale), *_sitemaps(scale), *_sections(scale), *_robots(scale)]


def _rss(items: str, doctype: str = "") -> str:
    return f'<?xml version="1.0"?>{doctype}<rss version="2.0"><channel>{items}</channel></rss>'


def _item(number: int | str, title: str = "x") -> str:
    return f"<item><title>{title}</title><link>/news/{number}-gone-and-gone</link></item>"


def _bomb() -> str:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    return f'<!DOCTYPE x [<!ENTITY e0 "lol">{entities}]>'


def _feeds(scale: Scale) -> list[Kind]:
    def feed(name: str, why: str, ends: str, text: str | bytes, coding: str = "") -> Kind:
        return listing(Role.FEED, f"feed-{name}", why, ends, lambda: text, coding=coding)

    many = scale.of(4 * _MEGABYTE, 100_000)
    escapes = "&#27;[31m\u202e\x9b2J\x85"
    return [
        feed("with-dtd", "entities that lead to files", "read", _rss(_item(1, "&f;&n;"), _DTD)),
        feed("entity-bomb", "entities of entities", "read", _rss(_item(1, "&e12;"), _bomb())),
        listing(Role.FEED, "feed-of-100000", "a hundred thousand entries", "read|unread too-large",
                lambda: _rss("".join(map(_item, range(scale.of(100_000, 6_000)))))),
        listing(Role.FEED, "feed-of-40000", "as many entries as are fetched at all", "read",
                lambda: _rss("".join(map(_item, range(scale.of(55_000, 5_500)))))),
        feed("of-links", "entries of ten thousand links each", "read",
             _rss(("<item>" + "<link>/news/1-x</link>" * scale.of(10_000, 1_000) + "</item>") * scale.of(20, 5))),
        feed("of-titles", "entries of ten thousand titles each", "read",
             _rss(("<item><link>/news/1-x</link>" + "<title>t</title>" * scale.of(10_000, 1_000) + "</item>") * scale.of(20, 5))),
        feed("deep", "elements in elements", "unread other-xml|read|unread no-xml", _rss("<a>" * scale.of(1_000_000, 30_000))),
        feed("items-in-items", "entries that never end", "read", _rss("<item><link>/news/1-x</link>" * scale.of(100_000, 3_000))),
        feed("of-less-than", "what opens nothing", "read|unread other-xml|unread no-xml", _rss("<item><title>" + "<" * many)),
        feed("of-ampersands", "references to nothing", "read", _rss("<item><title>" + "&" * many)),
        feed("of-attributes", "an element of attributes", "read|unread other-xml|unread no-xml", _rss(
            "<item " + "".join(f"a{n}='1' " for n in range(scale.of(300_000, 9_000))) + "/>")),
        feed("of-namespaces", "a namespace for each element", "read|unread other-xml|unread no-xml", _rss(
            "".join(f"<a{n}:b xmlns:a{n}='u{n}'>" for n in range(scale.of(100_000, 3_000))))),
        feed("of-bases", "addresses relative to addresses", "read", _rss(
            "".join(f"<x xml:base='{'a/' * 900}'>" for _ in range(scale.of(2_000, 200))) + _item(1))),
        feed("title-of-1-mb", "a title of a megabyte", "read", _rss(_item(1, "<b>&lt;" * (many // 8)))),
        feed("titles-hostile", "titles that command the terminal", "read", _rss(_item(f"1{escapes}", f"x{escapes}\u2028y"))),
        feed("urls-of-1-mb", "an address of a megabyte", "read", _rss(
            f"<item><link>/news/{'a' * many}</link></item>" + _item(1))),
        feed("urls-hostile", "addresses with every control, and of every scheme", "read", _rss("".join(
            f"<item><link>{url}</link></item>" for url in (
                *(f"/news/1-&#{n};x-gone" for n in (1, 9, 10, 13, 27, 127, 133, 155, 8232, 8238, 55296, 65535)),
                "javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "http://[::", "//",
                "http://a:b@c/", "\\\\x\\y", "http://%00/", "http://xn--/", f"http://{'a.' * 9999}", "/news/%00%0a%1b-gone")))),
        feed("urls-climbing", "addresses that climb", "read", _rss("".join(
            f"<item><link>{url}</link></item>" for url in (
                "/news/../../../etc/passwd-1234567", "/news/%2e%2e/%2e%2e/x-1234567", "/news/..%2f..%2fx-1234567")))),
        feed("json-deep", "lists in lists", "unread no-feed", '{"version":' + "[" * 100_000),
        feed("json-wrong-types", "every property of another type", "read", '{"version": "https://jsonfeed.org/version/1",'
             '"items": [1, null, [], {"url": 7, "id": {"a": []}, "title": [[{}]], "date_published": 1e400},'
             '{"url": "/news/1-gone-x", "title": {"a": "b"}}, {"url": "/news/2-gone-x", "title": ' + "[" * 970 + "]" * 970 + "}]}"),
        feed("packed-twice", "packed, and packed again", "unread no-xml|unread empty|unread too-large|unread other-xml",
             gzip.compress(gzip.compress(_rss(_item(1)).encode())), coding="gzip"),
        feed("bomb", "a feed that is a bomb", "unread too-large",
             gzip.compress(_rss(" " * scale.of(300, 8) * _MEGABYTE).encode()), coding="gzip"),
        spoken("feed-without-end", "entries for as long as one listens", "unread too-large|unread timed-out", _endless, Role.FEED),
    ]  # fmt: skip


def _chunked(pieces: "itertools.chain[bytes] | itertools.repeat[bytes] | map[bytes]") -> Talk:
    yield (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)


def _endless(_path: str) -> Talk:
    items = ("".join(_item(n * 100 + m) for m in range(100)).encode() for n in itertools.count())
    return _chunked(itertools.chain([b"<rss><channel>"], items))


def _sitemap(entries: str) -> str:
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'


def _index(*paths: str) -> str:
    entries = "".join(f"<sitemap><loc>{path}</loc></sitemap>" for path in paths)
    return f"<sitemapindex>{entries}</sitemapindex>"


def _sitemaps(scale: Scale) -> list[Kind]:
    def sitemap(name: str, why: str, ends: str, text: str | bytes, coding: str = "") -> Kind:
        return listing(Role.SITEMAP, f"sitemap-{name}", why, ends, lambda: text, coding=coding)

    def answered(name: str, why: str, ends: str, told: dict[str, str]) -> Kind:
        def talk(path: str) -> Talk:
            return Reply(told.get(path, told[""]).encode(), "application/xml").sent()

        return spoken(f"sitemap-{name}", why, ends, talk, Role.SITEMAP)

    many = scale.of(300, 60) * _MEGABYTE
    numbers = itertools.count()

    def deeper(_path: str) -> Talk:
        return Reply(
            _index(*(f"{HOSTILE}/{next(numbers)}" for _ in range(50))).encode(), "application/xml"
        ).sent()

    return [
        sitemap("with-dtd", "entities that lead to files", "read",
                _DTD + _sitemap("<url><loc>/news/1-gone-&n;x</loc></url>")),
        sitemap("entity-bomb", "entities of entities", "read", _bomb() + _sitemap("<url><loc>/news/1-gone-&e12;</loc></url>")),
        answered("of-itself", "an index that names itself", "read", {"": _index(HOSTILE, HOSTILE + "?x", HOSTILE + "#y")}),
        answered("cycle", "indexes that name each other", "read",
                 {HOSTILE: _index(HOSTILE + "/a"), HOSTILE + "/a": _index(HOSTILE + "/b"), "": _index(HOSTILE + "/a", HOSTILE)}),
        spoken("sitemap-of-indexes", "an index of indexes of indexes, ever new", "read", deeper, Role.SITEMAP),
        answered("index-of-50000", "an index of fifty thousand", "read",
                 {HOSTILE: _index(*(f"{HOSTILE}/{n}" for n in range(scale.of(50_000, 3_000)))),
                  "": _sitemap("<url><loc>/news/1-gone-x</loc></url>")}),
        spoken("news-sitemap-without-end", "news for as long as one listens", "unread too-large|unread timed-out",
               lambda _: _chunked(itertools.chain([b"<urlset>"], (b"<url><loc>/news/%d-gone-x</loc><lastmod>2026-01-01</lastmod></url>" % n * 100 for n in itertools.count()))),
               Role.SITEMAP),
        sitemap("bomb", "a packed file that is a bomb", "read", gzip.compress(_sitemap(" " * many).encode(), 6)),
        sitemap("bomb-of-entries", "a packed file of ten million entries", "read",
                gzip.compress(b"<urlset>" + b"<url/>" * (many // 6), 6)),
        sitemap("bomb-in-a-bomb", "a packed file, sent packed", "unread no-links",
                gzip.compress(gzip.compress(bytes(many), 6)), coding="gzip"),
        sitemap("of-lines", "fifty thousand lines that are no addresses", "unread no-links",
                "\n".join(f"line {n}" for n in range(scale.of(400_000, 60_000)))),
        sitemap("cut-off", "a packed file without its end", "read|unread no-xml",
                gzip.compress(_sitemap("<url><loc>/news/1-gone-x</loc></url>" * 5_000).encode())[:-400]),
        sitemap("utf-16", "two bytes a letter, which nothing says", "read|unread no-xml|unread empty|unread other-xml|unread no-links",
                _sitemap("<url><loc>/news/1-gone-x</loc></url>").encode("utf-16-be")),
    ]  # fmt: skip


def _sections(scale: Scale) -> list[Kind]:
    def section(name: str, why: str, ends: str, build: str) -> Kind:
        return listing(Role.SECTION, f"section-{name}", why, ends, lambda: build, content_type=HTML)

    def paged(links: int) -> "Kind":
        def talk(path: str) -> Talk:
            number = int(path.rpartition("=")[2]) if "=" in path else 1
            first = number * links if links > 1 else 0
            anchors = "".join(
                f"<li><a href='/news/{n}-gone-and-gone-again'>x</a>"
                for n in range(first, first + links)
            )
            more = f"<a rel=next href='{HOSTILE}?page={number + 1}'>next</a>"
            return Reply(f"<html><body>{anchors}{more}</body></html>".encode()).sent()

        name, what = (
            ("ever-new", "ever new links") if links > 1 else ("ever-the-same", "the same link")
        )
        return spoken(
            f"paging-{name}", f"a next page without end, with {what}", "read", talk, Role.SECTION
        )

    def to_itself(path: str) -> Talk:
        return Reply(
            f"<a href=/news/1-gone-and-gone>x</a><a rel=next href='{path}x'>next</a>".encode()
        ).sent()

    link = "<a href=/news/1-gone-and-gone>x</a>"
    return [
        paged(3),
        paged(1),
        spoken("paging-ever-longer", "a next page whose address grows", "read",
               lambda path: to_itself(path + "?" if "?" not in path else path), Role.SECTION),
        section("of-a-million-links", "as many links as are fetched at all", "read", link * scale.of(140_000, 12_000)),
        section("deep", "elements in elements", "read|unread no-links", link + "<div>" * scale.of(900_000, 9_000)),
        section("misnested", "end tags that fit nothing", "read", link + "<div><p></span></b>" * scale.of(250_000, 9_000)),
        section("of-one-link", "a link whose text does not end", "read", link + "<a href=/x>" + "word " * scale.of(900_000, 20_000)),
        section("base-hostile", "a base that leads elsewhere", "read", "<base href='file:///'><base href='//['>" + link),
        section("of-nothing", "no link at all", "unread no-links", "<p>x</p>" * 1000),
        listing(Role.START, "start-of-feeds", "a start page that declares 50,000 feeds", "read",
                lambda: "<html>" + "".join(f"<link rel=alternate type=application/rss+xml href=/x/{n}>"
                                           for n in range(scale.of(50_000, 2_000))), content_type=HTML),
        listing(Role.START, "start-of-noise", "a start page of noise", "read",
                lambda: bytes(range(256)) * scale.of(20_000, 200), content_type=HTML),
    ]  # fmt: skip


def _robots(scale: Scale) -> list[Kind]:
    def robots(name: str, why: str, text: str | bytes, ends: str = "read") -> Kind:
        return listing(Role.ROBOTS, f"robots-{name}", why, ends, lambda: text, content_type=TEXT)

    rule = "User-agent: *\nAllow: /\n"
    large = scale.of(10, 6) * _MEGABYTE
    return [
        robots("of-10-mb", "ten megabytes of rules", rule + "Disallow: /private/x\n" * (large // 21)),
        robots("of-nuls", "zeros between the rules", (rule + "Sitemap: /x\n").encode() + bytes(100_000) + b"\nDisallow: /\0\n"),
        robots("of-stars", "rules that are all wildcards", rule + f"Disallow: /{'*a' * 1000}$\n" * scale.of(400, 100)),
        robots("of-agents", "a rule for each of many agents", rule + "".join(
            f"User-agent: a{n}\nDisallow: /\n" for n in range(scale.of(15_000, 3_000)))),
        robots("of-one-line", "one line without end", rule + "Disallow: /" + "a" * scale.of(4 * _MEGABYTE, 100_000)),
        robots("delays-absurd", "pauses that no one can keep", rule + "Crawl-delay: 1e999\nCrawl-delay: nan\nCrawl-delay: -5\n"
               "Request-rate: 0/0\nVisit-time: x\n"),
        robots("bomb", "rules that are not rules", b"\x1f\x8b" + bytes(100_000)),
        spoken("robots-redirects", "rules that are always elsewhere", "read", lambda path: iter(
            [f"HTTP/1.1 302 Found\r\nLocation: {path}x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()]), Role.ROBOTS),
    ]  # fmt: skip
