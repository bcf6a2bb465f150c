"""What a page says of itself: titles, names, dates and addresses that attack whoever reads them."""

import json

from chaos.trials.hostile.kind import Kind, Scale, article, page

_ESCAPES = "\x1b[31mred\x1b]0;owned\x07\x1b]8;;http://a.example\x1b\\x\x9b2J\x90q\x9c\x7f\x08\x0d"
_BIDI = (
    "\u202eevil\u202c \u2066left\u2067right\u2068first\u2069 \u202a\u202b\u202d\u200f\u061c\u206e"
)
_LINES = "one\ntwo\rthree\r\nfour\x0bfive\x0csix\x1cseven\x85eight\u2028nine\u2029ten"
_FRAME = "a*\n\n---\n\n\n\n**b** <http://a.example>\n\n\n\n# *c"


def words(scale: Scale) -> list[Kind]:
    """All kinds of this module."""
    return [
        *_titles(scale),
        *_names(),
        *_growing(scale),
        *_metadata(scale),
        *_json(scale),
    ]


def _titles(scale: Scale) -> list[Kind]:
    def titled(name: str, why: str, title: str, ends: str = "new") -> Kind:
        return page(f"title-{name}", why, ends, lambda s: article(s, title=f"{title} {s.title}"))

    many = scale.of(1_000_000, 50_000)
    return [
        titled("of-path-parts", "a title that climbs", "../../../../etc/passwd\\..\\x%2e%2e%2f"),
        titled("with-escapes", "a title that commands the terminal", _ESCAPES),
        page("title-with-references", "the same, by number", "new", lambda s: article(
            s, title="&#27;[31m&#x9b;2J&#8238;x&#7;&#xffff;").replace("&amp;#", "&#")),
        titled("with-bidi", "a title that reads backwards", _BIDI),
        titled("of-lines", "a title of every kind of line", _LINES),
        titled("like-a-frame", "a title that ends the document", _FRAME),
        titled("like-a-log-line", "a title that looks like the service's own words",
               "x\n2026-01-01T00:00:00Z [error] page in quarantine url=http://a.example\n"),
        titled("of-1-mb", "a title of a megabyte", "word " * (many // 5), "new|rejected too-large"),
        titled("of-one-word", "a word of a megabyte", "w" * many, "new|rejected too-large"),
        titled("zero-width", "a title of letters that nobody sees", "a\u200b\u200c\u200d\u2060\ufeff" * (many // 100)),
        titled("of-marks", "accents by the hundred thousand on one letter",
               "a" + "\u0301\u0316" * (many // 8)),
        titled("of-tags", "letters that only machines read", "".join(chr(0xE0000 + ord(c)) for c in "ignore all")),
        titled("like-markup", "a title with markup of the terminal's and the web's kind",
               "[bold red]x[/] <script>alert(1)</script> {{7*7}} %s %n ${x} `id` $(id)"),
        titled("like-a-formula", "a title that a spreadsheet would run", "=HYPERLINK(1)+cmd|' /C calc'!A0"),
        page("title-of-nothing", "a title that is nothing once it is clean", "new",
             lambda s: article(s, title="\u200b\x00\x07\ufeff\u202e\u2028")),
        page("body-of-marks", "accents by the hundred thousand in the text", "new|rejected too-large",
             lambda s: article(s, before="<p>a" + "\u0301\u0316" * (many // 4) + "</p>")),
        page("body-with-escapes", "a text that commands the terminal", "new",
             lambda s: article(s, before=f"<p>{_ESCAPES}{_BIDI}{_LINES} and so on for a while</p>" * 4)),
        page("body-like-a-frame", "a text that looks like the document's frame", "new",
             lambda s: article(s, before="<p>---</p><p># *x*</p><p>&lt;http://a.example&gt;</p><p>**y**</p>")),
        page("body-that-grows", "letters that are eighteen when they are normal", "new|rejected too-large",
             lambda s: article(s, before="<p>" + "\ufdfa \u0390\u1fb7 " * (many // 10) + "</p>")),
    ]  # fmt: skip


def _names() -> list[Kind]:
    def named(name: str, why: str, site_name: str) -> Kind:
        quoted = site_name.replace('"', "&quot;")
        return page(f"site-{name}", why, "new",
                    lambda s: article(s, head=f'<meta property="og:site_name" content="{quoted}">'))  # fmt: skip

    return [
        named("like-a-frame", "a name that ends the document", "x**\n\n\n\n**y"),
        named("like-a-title", "a name that begins another document", "\n\n# *x*\n\n---\n\n\n\n**"),
        named("with-escapes", "a name that commands the terminal", _ESCAPES + _BIDI + _LINES),
        named("of-1-mb", "a name of a megabyte", "word " * 200_000),
    ]


def _growing(scale: Scale) -> list[Kind]:
    """Letters that are many when they are normal, where names and titles are compared."""
    many = scale.of(1_500_000, 20_000)
    separated = "a - " * (many // 40)
    blessings = "\ufdfa" * many
    names = json.dumps(
        {"@type": "NewsArticle", "headline": separated, "publisher": {"name": "\ufdfa" * 150_000}}
    )
    return [
        page("site-that-grows", "a name that is eighteen times as long when it is normal", "new",
             lambda s: article(s, head=f"<meta property='og:site_name' content='{blessings}'>"
                               f"<meta property='og:title' content='{separated}'>")),
        page("publisher-that-grows", "the same in JSON", "new",
             lambda s: article(s, head=f'<script type="application/ld+json">{names}</script>')),
    ]  # fmt: skip


def _metadata(scale: Scale) -> list[Kind]:
    many = scale.of(1_000_000, 50_000)

    def said(name: str, why: str, head: str, root: str = '<html lang="en">') -> Kind:
        return page(name, why, "new", lambda s: article(s, head=head, root=root))

    dates = ("99999-01-01", "-1", "1e400", "0000-00-00T00:00:00Z", "2021-02-30", "9" * 5000,
             "2021-01-01T00:00:00+99:99", "Mon, 99 Foo 99999 25:61:61 +9999", "\u0662\u0660\u0662\u0661-01-01")  # fmt: skip
    return [
        said("dates-absurd", "days that no calendar has", "".join(
            f"<meta property=article:published_time content='{d}'><meta name=date content='{d}'>"
            f"<meta property=article:modified_time content='{d}'>" for d in dates)),
        said("language-hostile", "a language that climbs", "<meta property=og:locale content='../..'>",
             root=f"<html lang='../../{'x' * 9999}' xml:lang='\x1b[31m'>"),
        said("addresses-hostile", "a page that says it is another", "".join(
            f"<link rel=canonical href='{a}'><meta property=og:url content='{a}'>" for a in (
                "javascript:alert(1)", "file:///etc/passwd", "http://169.254.169.254/", "//[", "http://a@b:99999/"))),
        said("base-hostile", "a base that leads elsewhere", "<base href='file:///'><base href='http://['>"),
        said("refresh-loop", "a page that loads itself for ever",
             "<meta http-equiv=refresh content='0;url=?'><meta http-equiv=refresh content=0>"),
        said("authors-flood", "a megabyte of authors", f"<meta name=author content='{'Ann and ' * (many // 8)}'>"),
        said("authors-hostile", "authors who command the terminal", f"<meta name=author content='{_ESCAPES}{_BIDI}'>"),
        said("rights-flood", "a licence of a megabyte", f"<link rel=license href='{'x' * many}'>"
             f"<meta name=copyright content='{_ESCAPES}{'c' * many}'><meta name=robots content='{'noai,' * (many // 5)}'>"),
        page("refresh-alone", "nothing but a way to itself", "rejected no-text|rejected too-short",
             lambda _: "<html><head><meta http-equiv=refresh content='0;url=/'></head><body>x</body></html>"),
    ]  # fmt: skip


def _json(scale: Scale) -> list[Kind]:
    depth = scale.of(10_000, 10_000)

    def described(name: str, why: str, text: str) -> Kind:
        return page(f"json-{name}", why, "new",
                    lambda s: article(s, head=f'<script type="application/ld+json">{text}</script>'))  # fmt: skip

    odd: object = {"@id": ["x", {"name": [None, 1, {"name": []}]}]}
    keys = ("headline", "author", "publisher", "datePublished", "dateModified", "inLanguage", "url",
            "mainEntityOfPage", "isAccessibleForFree", "license", "copyrightNotice", "@graph")  # fmt: skip
    wrong = [
        {"@type": ["NewsArticle", 7, None], **dict.fromkeys(keys, v)}
        for v in (odd, 7, [], [[[odd]]], True, None)
    ]
    return [
        described("of-2-mb", "more of it than of the page",
                  json.dumps({"@type": "NewsArticle", "headline": "x" * scale.of(2_000_000, 600_000)})),
        described("deep", "lists in lists", "[" * depth + "]" * depth),
        described("deep-objects", "objects in objects", '{"@graph":' * depth + "1" + "}" * depth),
        *(described(f"deep-{n}", "as deep as can just be read",
                    '{"@type":"NewsArticle","headline":"x","isAccessibleForFree":' + "[" * n + "]" * n + "}")
          for n in (900, 960, 985)),
        described("of-wrong-types", "every property of another type", json.dumps(wrong)),
        described("of-one-wrong-type", "one article of wrong types", json.dumps(wrong[3])),
        described("numbers", "numbers that no machine holds", '{"@type":"NewsArticle","datePublished":1e400,"x":%s}' % ("9" * 100_000)),
        described("escapes", "controls, by their numbers", json.dumps(
            {"@type": "NewsArticle", "headline": _ESCAPES + _BIDI + "\ud800", "author": _LINES, "publisher": {"name": _FRAME}})),
        page("json-scripts", "ten thousand of them", "new", lambda s: article(
            s, head='<script type="application/ld+json">{"@type":"Article","url":"/x"}</script>' * scale.of(10_000, 800))),
    ]  # fmt: skip
