"""From markup to blocks, each kind of markup between two paragraphs of a page: a table of both."""

from datetime import UTC, datetime

import pytest

from crawler.extraction.extract import extract
from crawler.page import Article, Page

FIRST = (
    "The council met on Tuesday and agreed, after four hours of debate, to repair the old bridge."
)
LAST = "The ministry pays two thirds of the sum, and the rest comes from the town, which has saved."
TEXT = (
    "Works begin in June, so the ferry will run by night as well, the mayor told reporters there."
)
MORE = "Until then, lorries of more than twenty tonnes take the way through the valley, she added."
UNSEEN = "This stands in the source of the page, but no reader ever sees it in a browser."
URL = "http://news.example/bridge"


def extracted(markup: str) -> list[str]:
    html = (
        "<!doctype html><meta charset=utf-8><title>Bridge to be repaired</title>"
        "<meta property='article:published_time' content='2026-01-01'><body><article>"
        f"<h1>Bridge to be repaired</h1><p>{FIRST}</p>{markup}<p>{LAST}</p></article>"
    )
    fetched = datetime(2026, 1, 2, tzinfo=UTC)
    found = extract(Page(URL, URL, 200, fetched, "text/html", "", html.encode()))
    assert isinstance(found, Article)
    return found.body.split("\n\n")


PARAGRAPHS = {
    "p": (f"<p>{TEXT}</p>", [TEXT]),
    "empty p": (f"<p></p><p>&nbsp;</p><p>{TEXT}</p>", [TEXT]),
    "div": (f"<div>{TEXT}</div><div>{MORE}</div>", [TEXT, MORE]),
    "nested div": (f"<div><div>{TEXT}</div><div>{MORE}</div></div>", [TEXT, MORE]),
    "text directly in the article": (TEXT, [TEXT]),
    "text and inline elements there": (f"{TEXT[:9]}<b>{TEXT[9:20]}</b>{TEXT[20:]}", [TEXT]),
    "center": (f"<center>{TEXT}</center>", [TEXT]),
    "font": (f"<font size=2><p>{TEXT}</p><p>{MORE}</p></font>", [TEXT, MORE]),
    "p in span": (f"<span><p>{TEXT}</p><p>{MORE}</p></span>", [TEXT, MORE]),
    "p in b in i": (f"<b><i><p>{TEXT}</p><p>{MORE}</p></i></b>", [TEXT, MORE]),
    "section": (f"<section><p>{TEXT}</p></section>", [TEXT]),
    "details": (f"<details><summary>More</summary><p>{TEXT}</p></details>", ["More", TEXT]),
    "hr": (f"<p>{TEXT}</p><hr><p>{MORE}</p>", [TEXT, MORE]),
    "address": ("<address>A. Smith, Harbour Road 5</address>", ["A. Smith, Harbour Road 5"]),
}
BREAKS = {
    "br": (f"<p>{TEXT}<br>{MORE}</p>", [f"{TEXT}\n{MORE}"]),
    "br br": (f"<p>{TEXT}<br><br>{MORE}</p>", [TEXT, MORE]),
    "br, space, br": (f"<p>{TEXT}<br>&#32;\n <br/>{MORE}</p>", [TEXT, MORE]),
    "br br in div": (f"<div>{TEXT}<br><br>{MORE}</div>", [TEXT, MORE]),
    "line ends in the source": (f"<p>\n{TEXT[:20]}\n   {TEXT[20:]}\n</p>", [f"{TEXT[:20].strip()} {TEXT[20:].strip()}"]),
    "pre": ("<pre>\nAt dawn the ferry,\n  at dusk the bridge\n</pre>", ["At dawn the ferry,\nat dusk the bridge"]),
}  # fmt: skip
HEADINGS = {
    "h2": (f"<h2>What comes next</h2><p>{TEXT}</p>", ["What comes next", TEXT]),
    "in a section": (f"<section><h3>What next</h3><p>{TEXT}</p></section>", ["What next", TEXT]),
    "in a div": (f"<div><h4>Next</h4><div><p>{TEXT}</p></div></div>", ["Next", TEXT]),
}
QUOTATIONS = {
    "blockquote": (f"<blockquote>{TEXT}</blockquote>", [TEXT]),
    "with paragraphs": (f"<blockquote><p>{TEXT}</p><p>{MORE}</p></blockquote>", [TEXT, MORE]),
    "q": (f"<p>She said <q>we begin in June</q>. {TEXT}</p>", [f"She said “we begin in June”. {TEXT}"]),
}  # fmt: skip
LISTS = {
    "ul": ("<ul><li>One thing</li><li>Two things</li></ul>", ["- One thing\n- Two things"]),
    "ol": ("<ol><li>At first</li><li>And then</li></ol>", ["- At first\n- And then"]),
    "nested": (
        "<ul><li>One<ul><li>Inner</li><li>Other</li></ul></li><li>Two</li></ul>",
        ["- One\n- Inner\n- Other\n- Two"],
    ),
    "p in li": (f"<ul><li><p>{TEXT}</p></li><li><p>{MORE}</p></li></ul>", [f"- {TEXT}\n- {MORE}"]),
    "several p in li": (f"<ul><li><p>{TEXT}</p><p>{MORE}</p></li></ul>", [TEXT, MORE]),
    "dl": (
        "<dl><dt>Length</dt><dd>Four hundred metres</dd><dt>Built</dt><dd>In 1921</dd></dl>",
        ["- Length\n- Four hundred metres\n- Built\n- In 1921"],
    ),
    "table": (
        "<table><tr><th>Year</th><th>Cost</th></tr><tr><td>2024</td><td>12</td></tr></table>",
        ["Year | Cost\n2024 | 12"],
    ),
    "table of one column": (
        f"<table><tr><td>{TEXT}</td></tr><tr><td>{MORE}</td></tr></table>",
        [TEXT, MORE],
    ),
}
WORDS = {
    "time": (f"<p>On <time datetime=2026-01-01>1 January</time> it was said: {TEXT}</p>", [f"On 1 January it was said: {TEXT}"]),
    "inline within words": (
        "<p>The <b>C</b>ouncil's re<i>pair</i>ed, un<a href='/x'>believ</a>able bridge opens.</p>",
        ["The Council's repaired, unbelievable bridge opens."],
    ),
    "inline between words": (
        f"<p><span>{TEXT[:20].strip()}</span> <em>{TEXT[20:].strip()}</em></p>",
        [f"{TEXT[:20].strip()} {TEXT[20:].strip()}"],
    ),
    "no-break spaces": ("<p>It costs 5&nbsp;000&#8239;euros, they&nbsp;say.</p>", ["It costs 5 000 euros, they say."]),
    "soft hyphens": ("<p>An extra&shy;ordinary, unbe&#173;lievable sum.</p>", ["An extraordinary, unbelievable sum."]),
    "zero width": ("<p>An extra&#8203;ordinary&#8288; sum.&#65279;</p>", ["An extraordinary sum."]),
    "joiners stay": ("<p>می&zwnj;خواهم, she wrote on the old wall.</p>", ["می\u200cخواهم, she wrote on the old wall."]),
    "marks by their numbers in windows-1252": (
        "<p>It&#146;s &#147;agreed&#x94; &#150; isn\x92t it, Smith&#129;? &#120;&#160;</p>",
        ["It’s “agreed” – isn’t it, Smith? x"],
    ),
    "wbr": ("<p>An extra<wbr>ordinary sum was agreed.</p>", ["An extraordinary sum was agreed."]),
    "comment": (f"<p>{TEXT[:9]}<!-- no -->{TEXT[9:]}</p>", [TEXT]),
    "entities": ("<p>Smith &amp; Sons: &#8220;yes&#8221; &mdash; 5 &lt; 6&hellip; indeed.</p>", ["Smith & Sons: “yes” — 5 < 6… indeed."]),
    "sup and sub": ("<p>It has 90 m<sup>2</sup>, and no CO<sub>2</sub> at all.</p>", ["It has 90 m2, and no CO2 at all."]),
    "footnote marks": (
        "<p>She told reporters<sup><a href='#f1'>1</a></sup> there<sup id=r2><a href='#f2'>[2]</a></sup> and then.</p>",
        ["She told reporters there and then."],
    ),
    "ruby": ("<p>It reads <ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby> in large letters. " + TEXT + "</p>", ["It reads 漢字 in large letters. " + TEXT]),
}  # fmt: skip
LEFT_OUT = {
    "figure": ("<figure><img src=x alt=Bridge><figcaption>The bridge. Photo: A. Smith</figcaption></figure>", []),
    "caption by its class": ("<div class=wp-caption><img src=x><p class=wp-caption-text>The bridge, seen from the ferry.</p></div>", []),
    "script": (f"<script>var a = '{UNSEEN}'</script><p>{TEXT}</p>", [TEXT]),
    "style": (f"<style>.a{{color:red}}</style><p>{TEXT}</p>", [TEXT]),
    "noscript": (f"<noscript><p>{UNSEEN}</p></noscript><p>{TEXT}</p>", [TEXT]),
    "template": (f"<template><p>{UNSEEN}</p></template><p>{TEXT}</p>", [TEXT]),
    "hidden": (f"<p hidden>{UNSEEN}</p><p>{TEXT}</p>", [TEXT]),
    "display none": (f"<div style='display:none'><p>{UNSEEN}</p></div><p>{TEXT}</p>", [TEXT]),
    "aria-hidden": (f"<p aria-hidden=true>{UNSEEN}</p><p>{TEXT}</p>", [TEXT]),
    "cdata": (f"<p><![CDATA[{UNSEEN}]]>{TEXT}</p>", [TEXT]),
    "iframe": (f"<iframe src=x>{UNSEEN}</iframe><p>{TEXT}</p>", [TEXT]),
    "button": (f"<button>Share this</button><p>{TEXT}</p>", [TEXT]),
    "svg": (f"<svg><title>Icon</title><text>Icon</text></svg><p>{TEXT}</p>", [TEXT]),
    "amp": (f"<amp-img src=x></amp-img><p>{TEXT}</p><amp-ad>Buy now</amp-ad>", [TEXT]),
}  # fmt: skip
LIVE = {
    "posts of a live page": (
        (
            f"<div id=a><time>10:00</time><h3>Debate begins</h3><p>{TEXT}</p></div><div id=b>"
            f"<time>09:00</time><h3>Doors open</h3><p>{MORE}</p></div>"
        ),
        ["Debate begins", TEXT, "Doors open", MORE],
    ),
}
TABLE = {
    f"{kind}: {name}": case
    for kind, cases in {
        "paragraph": PARAGRAPHS,
        "break": BREAKS,
        "heading": HEADINGS,
        "quotation": QUOTATIONS,
        "list": LISTS,
        "words": WORDS,
        "left out": LEFT_OUT,
        "live": LIVE,
    }.items()
    for name, case in cases.items()
}


@pytest.mark.parametrize(("markup", "blocks"), TABLE.values(), ids=TABLE)
def test_markup_becomes_blocks(markup: str, blocks: list[str]) -> None:
    assert extracted(markup) == [FIRST, *blocks, LAST]


def test_a_long_hidden_text_waits_for_its_reader_and_stays() -> None:
    assert extracted(f"<div hidden><p>{TEXT * 7}</p></div>") == [FIRST, TEXT * 7, LAST]


def test_a_template_with_a_root_is_shown() -> None:
    shown = f"<div><template shadowrootmode=open><p>{TEXT}</p></template></div>"
    assert extracted(shown) == [FIRST, TEXT, LAST]
