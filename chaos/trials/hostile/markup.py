"""Markup: deep, large, endless, and what kills a regular expression."""

import json

from chaos.trials.hostile.kind import Kind, Scale, article, page, paragraphs
from rig.stories import Story

_BOUNDS = "rejected too-large|rejected too-deep"
_MEGABYTE = 2**20


def markup(scale: Scale) -> list[Kind]:
    """All kinds of this module."""
    return [*_deep(scale), *_large(scale), *_crowded(scale), *_runs(scale), *_unclosed(scale)]


def _deep(scale: Scale) -> list[Kind]:
    depth = scale.of(100_000, 3_000)

    def nested(*tags: str) -> Kind:
        opening = "".join(f"<{tag}>" for tag in tags) * (depth // len(tags))
        name = "deep-" + ("mixed" if len(tags) > 4 else tags[0])
        return page(name, f"{depth:,} elements in one another", _BOUNDS,
                    lambda s: article(s, before=opening))  # fmt: skip

    return [
        nested("div"),
        nested("table", "tr", "td"),
        nested("ul", "li"),
        nested("font"),
        nested("blockquote"),
        nested("span"),
        nested("b", "i", "u", "em", "div", "section"),
        page("deep-and-closed", "deep, and well formed", _BOUNDS,
             lambda s: article(s, before="<div>" * depth + "x" + "</div>" * depth)),
        page("links-deep", "links, all below many elements", _BOUNDS,
             lambda s: article(s, before="<div>" * 130 + "<p><a href=/x>some words of a link</a></p>" * 4_000)),
        page("misnested", "inline elements that overlap", _BOUNDS + "|new",
             lambda s: article(s, before="<p><b><i><a href=/x></b></i></a></p>" * scale.of(50_000, 6_000))),
        page("closing-nothing", "end tags that fit nothing, below many that are open",
             _BOUNDS + "|new",
             lambda s: article(s, before="<div>" * 120 + "</b></span></q>" * scale.of(200_000, 5_000))),
    ]  # fmt: skip


def _large(scale: Scale) -> list[Kind]:
    def filled(unit: str, size: int) -> str:
        return unit * (size // len(unit))

    under = 5 * _MEGABYTE - 20_000
    return [
        page("paragraphs-18-mb", "18 MB of paragraphs", "rejected too-large",
             lambda s: article(s, after=filled(paragraphs(s), scale.of(18 * _MEGABYTE, 6 * _MEGABYTE)))),
        page("paragraphs-under-the-cap", "as much text as is fetched at all", _BOUNDS,
             lambda s: article(s, after=filled(paragraphs(s), under))),
        page("one-paragraph", "one paragraph of 5 MB", _BOUNDS,
             lambda s: article(s, after=f"<p>{filled('words and ', under)}</p>")),
        page("a-million-links", "a million links", _BOUNDS,
             lambda s: article(s, after="<a href=/x>y</a> " * scale.of(1_000_000, 310_000))),
        page("links-under-the-cap", "as many links as are fetched at all", _BOUNDS,
             lambda s: article(s, after=filled("<a href=/x>y</a> ", scale.of(under, 400_000)))),
        page("a-million-texts", "text nodes of one letter", _BOUNDS,
             lambda s: article(s, after="a<br>" * scale.of(1_000_000, 21_000))),
        page("a-million-elements", "the smallest elements there are", _BOUNDS,
             lambda s: article(s, after=filled("<p>", scale.of(under, 70_000)))),
        page("table-of-a-million", "a table of a million cells", _BOUNDS,
             lambda s: article(s, after="<table>" + ("<tr>" + "<td>1" * 1000) * scale.of(1000, 22))),
        page("table-spans", "cells that say they cover 100 million others", "new",
             lambda s: article(s, after="<table>" + "<tr><td colspan=10000 rowspan=65534>a<td>b</tr>"
                               * scale.of(2_000, 200) + "</table>")),
        page("nested-tables", "tables in tables, side by side", "new|" + _BOUNDS,
             lambda s: article(s, after=("<table><tr><td>" * 30 + "x" + "</table>" * 30) * scale.of(200, 20))),
        page("inline-svg", "a drawing of 4 MB in the page", "new",
             lambda s: article(s, before=f'<svg><path d="{filled("M1 2L3 4", scale.of(4 * _MEGABYTE, 90_000))}"/></svg>')),
        page("inline-image", "a picture of 4 MB in the page", "new",
             lambda s: article(s, before=f'<img src="data:image/png;base64,{filled("iVBORw0K", scale.of(4 * _MEGABYTE, 90_000))}">')),
        page("script-4-mb", "the whole site's state in a script", "new",
             lambda s: article(s, head=f"<script>var s={json.dumps('<div>' * (scale.of(4 * _MEGABYTE, 90_000) // 5))}</script>")),
        page("style-4-mb", "the whole site's looks in the page", "new",
             lambda s: article(s, head=f"<style>{filled('p{a:b}', scale.of(4 * _MEGABYTE, 90_000))}</style>")),
        page("comments", "comments between all words", "new|" + _BOUNDS,
             lambda s: article(s, before=filled("<!-- -- > -->", scale.of(4 * _MEGABYTE, 90_000)))),
        page("blank", "5 MB of spaces", "rejected empty", lambda _: " " * under),
    ]  # fmt: skip


def _crowded(scale: Scale) -> list[Kind]:
    many = 19_000
    return [
        page("bold-680-kb", "inline elements cost the extractor their square", _BOUNDS,
             lambda s: article(s, after="<p>" + "<b>a</b>" * scale.of(85_000, 21_000) + "</p>")),
        page("bold-just-allowed", "as many inline elements as are allowed, in every block", "new|" + _BOUNDS,
             lambda s: article(s, after=("<p>" + "<b>a</b> " * 1_900 + "</p>") * scale.of(9, 2))),
        *(page(f"inline-{tag}", "inline elements of another name", "new|" + _BOUNDS,
               lambda s, tag=tag: article(s, after="<p>" + f"<{tag}>a</{tag}> " * scale.of(19_000, 2_100)))  # type: ignore[misc]
          for tag in ("mark", "cite", "data", "x-own", "link", "thead", "img")),
        page("quotes-nested", "quotations in quotations", "new|" + _BOUNDS,
             lambda s: article(s, after="<p>" + "<q>a" * 100 + "</p>")),
        page("attributes-without-end", "an element whose attributes do not end", _BOUNDS,
             lambda s: article(s, before="<div " + "".join(f"a{n}=1 " for n in range(scale.of(400_000, 20_000))))),
        page("attributes-without-values", "an element of bare attributes", _BOUNDS + "|new",
             lambda s: article(s, before="<div " + "".join(f"a{n} " for n in range(scale.of(600_000, 20_000))) + ">")),
        page("attributes-everywhere", "many attributes on many elements", _BOUNDS + "|new",
             lambda s: article(s, before=("<div " + "".join(f"a{n}=1 " for n in range(1_900)) + "></div>") * scale.of(300, 10))),
        page("class-4-mb", "a class of 4 MB", "new",
             lambda s: article(s, before=f"<div class='{'comment nav ' * scale.of(350_000, 10_000)}'>x</div>")),
        page("headings", "as many headings as are allowed", "new|" + _BOUNDS,
             lambda s: article(s, before=f"<h1>{s.title}</h1>" * scale.of(many, 1_500))),
        page("metas", "as many meta elements as are allowed", "new",
             lambda s: article(s, head=f"<meta name=author content='{s.title} and {s.title}'>" * scale.of(many, 1_500))),
        page("bylines", "as many authors as are allowed", "new|" + _BOUNDS,
             lambda s: article(s, before="<div rel=author>Ann Other</div>" * scale.of(many, 1_500))),
        page("teasers", "as many linked headlines as are allowed", "new|rejected listing|" + _BOUNDS,
             lambda s: article(s, after="".join(f"<div><h3><a href=/{n}>{s.title} again and again {n}</a></h3></div>"
                                                for n in range(scale.of(6_000, 600))))),
        page("list-items", "one list of all elements", "new|rejected listing|" + _BOUNDS,
             lambda s: article(s, after="<ul>" + "".join(f"<li>item {n} of the list" for n in range(scale.of(many, 1_500))))),
        page("line-breaks", "pairs of breaks, without end", "new|" + _BOUNDS,
             lambda s: article(s, after="<p>" + "words here<br><br>" * scale.of(9_000, 1_000))),
        page("empty-elements", "elements that hold nothing, before words", "new|" + _BOUNDS,
             lambda s: article(s, after="<p>" + "<i></i>word " * 1_900 + "</p>")),
        page("articles-in-articles", "articles in articles", "new|" + _BOUNDS,
             lambda s: article(s, before="<article><time datetime=2020-01-01></time>" * 140)),
        page("times", "a thousand times of publication", "new|" + _BOUNDS,
             lambda s: article(s, before="<time pubdate datetime='9999999999-99-99T99:99'></time>" * scale.of(many, 1_500))),
        page("forms", "options and inputs", "new|" + _BOUNDS,
             lambda s: article(s, before="<form><select>" + "<option>a" * scale.of(many, 1_500) + "</select></form>")),
    ]  # fmt: skip


def _runs(scale: Scale) -> list[Kind]:
    """Long runs of one character, which a careless expression searches from each of them anew."""
    size = scale.of(4 * _MEGABYTE, 100_000)

    def run(name: str, unit: str, ends: str = "new|rejected too-large") -> Kind:
        return page(f"run-of-{name}", f"{size:,} bytes of {name.replace('-', ' ')} in a paragraph", ends,
                    lambda s: article(s, before=f"<p>before{unit * (size // len(unit.encode()))}after</p>"))  # fmt: skip

    return [
        run("spaces", " "),
        run("no-break-spaces", "\u00a0"),
        run("new-lines", "\n"),
        run("less-than", "<"),
        run("ampersands", "&"),
        run("quotes", "\"'"),
        run("references", "&#32;"),
        run("dots", "... "),
        run("dashes", " - "),
        run("bars", " | "),
        run("openings", "<a"),
        run("zero-width", "\u200b"),
        page("title-of-spaces", "a title of blanks, but for its ends", "new",
             lambda s: article(s, title="a" + " - " * (size // 40) + "z")),
        page("entity-bomb", "entities of entities", "new",
             lambda s: "<!DOCTYPE html [<!ENTITY e0 'lol'>" + "".join(
                 f"<!ENTITY e{n + 1} '{f'&e{n};' * 10}'>" for n in range(12)) + "]>"
             + article(s, before="<p>&e12;</p>")),
    ]  # fmt: skip


def _unclosed(scale: Scale) -> list[Kind]:
    size = scale.of(4 * _MEGABYTE, 100_000)

    def unclosed(name: str, opening: str, ends: str) -> Kind:
        def build(story: Story) -> str:
            return article(story, after=opening + "x <p> " * (size // 6)).removesuffix(
                "</body></html>"
            )

        return page(f"unclosed-{name}", "what is opened is never closed", ends, build)

    return [
        unclosed("comment", "<!--", "new"),
        unclosed("script", "<script>", "new"),
        unclosed("style", "<style>", "new"),
        unclosed("textarea", "<textarea>", "new|rejected too-large"),
        unclosed("plaintext", "<plaintext>", "new|" + _BOUNDS),
        unclosed("cdata", "<![CDATA[", "new|" + _BOUNDS),
        unclosed("attribute", "<div title='", "new|" + _BOUNDS),
        unclosed("tag", "<div ", "new|" + _BOUNDS),
        page("comments-opened", "comments opened in comments", "new|rejected no-text|rejected not-html|rejected empty",
             lambda s: article(s, before="<!-" * (size // 3))),
        page("frames", "a page of frames", "rejected no-text|" + _BOUNDS,
             lambda _: "<html><frameset>" + "<frame src=/x>" * 10_000 + "</frameset></html>"),
    ]  # fmt: skip
