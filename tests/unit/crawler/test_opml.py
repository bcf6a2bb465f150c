"""OPML in and out, hostile files too, and the sources that come of lists."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sources import Source
from crawler.discovery.opml import DEEPEST, MOST_OUTLINES, NotOpml, Outline, read_opml, write_opml
from crawler.survey.covered import covers
from crawler.survey.imported import read_lines, to_export, to_import

FEED, SITE = "https://www.example.org/rss?a=1&b=2", "https://www.example.org/"


def opml(outlines: str) -> bytes:
    head = (
        '<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><head><title>Mine</title></head>'
    )
    return f"{head}<body>{outlines}</body></opml>".encode()


def outline(**attributes: str) -> str:
    return f"<outline {' '.join(f'{k}={chr(34)}{v}{chr(34)}' for k, v in attributes.items())}/>"


def test_subscriptions_in_folders() -> None:
    feed = outline(text="The Example", xmlUrl=FEED.replace("&", "&amp;"), htmlUrl=SITE, type="rss")
    (found,) = read_opml(
        opml(f'<outline text="News"><outline title="Europe">{feed}</outline></outline>')
    )
    assert found == Outline("The Example", FEED, SITE, ("News", "Europe"))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (outline(title="T", text="x", XMLURL=FEED.replace("&", "&amp;")), Outline("T", FEED)),
        (outline(text="T", xmlUrl=FEED), Outline("T", FEED)),  # its `&` is not escaped, as often
        (outline(text="T", type="link", url=SITE), Outline("T", "", SITE)),
        (outline(text="A&#10;B", xmlUrl=SITE, isComment="true"), Outline("A B", SITE, is_off=True)),
        (outline(text="T", xmlUrl=SITE, htmlUrl="none"), Outline("T", SITE)),
        (outline(text="Ü &eacute; &lt;b&gt;", xmlUrl=SITE), Outline("Ü é <b>", SITE)),
    ],
)
def test_as_others_write_them(written: str, found: Outline) -> None:
    assert read_opml(opml(written)) == [found]


def test_an_address_that_is_none_is_told() -> None:
    (found,) = read_opml(opml(outline(text="T", xmlUrl="javascript:alert(1)")))
    assert found.problem.startswith("javascript:alert(1): is no http")


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE opml [" + LAUGHS.encode() + b"]>" + opml(outline(text="&l9;", xmlUrl=SITE)), "DOCTYPE"),
        (b'<!DOCTYPE opml SYSTEM "file:///etc/passwd">' + opml(""), "DOCTYPE"),
        ("<!DOCTYPE opml []><opml/>".encode("utf-16"), "DOCTYPE"),
        (opml("<outline text='x'>" * (DEEPEST + 2)), "nested more than"),
        (opml("<x>" * 100_000), "nested more than"),
        (opml(outline(text="T", xmlUrl=SITE) * (MOST_OUTLINES + 2)), "outlines"),
        (b" " * (10 * 2**20 + 1), "over 10 MiB"),
        (opml(outline(text="T", xmlUrl=SITE))[:-7], "cut off"),
        (b"<html><body>Not here</body></html>", "'html'"),
        (b"<rss><channel/></rss>", "'rss'"),
        (b"<", "''"),
        (b"", "''"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_hostile_or_broken_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(NotOpml, match=words):
        read_opml(body)


@given(st.binary(max_size=300))
def test_whatever_a_file_holds_it_is_read_or_refused(body: bytes) -> None:
    for whole in (body, opml("") + body, b"<opml>" + body + b"</opml>"):
        with suppress(NotOpml):
            assert all(isinstance(one, Outline) for one in read_opml(whole))


# Sources.


def source(**fields: object) -> Source:
    return Source.model_validate({"name": "a", "start": SITE} | fields)


def names(outlines: Sequence[Outline], *there: Source) -> list[str]:
    return [fields["name"] for fields in to_import(outlines, there).sources]


def test_a_feed_becomes_a_source_with_its_site_as_start() -> None:
    made = to_import([Outline("Le Monde", FEED, SITE, ("News", "Europe"))], [])
    assert made.sources == (
        {"name": "le-monde", "site_name": "Le Monde", "start": SITE, "feeds": [FEED]},
    )
    assert made.comments == ("News / Europe",)


def test_names_are_unique_and_come_from_title_or_host() -> None:
    outlines = [Outline("A", f"{SITE}{n}") for n in range(3)] + [Outline("", f"{SITE}x")]
    assert names(outlines, source(name="a")) == ["a-2", "a-3", "a-4", "example-x"]


def test_what_is_there_already_is_passed_over() -> None:
    outlines = [Outline("A", FEED), Outline("B", f"{FEED}&utm_source=x"), Outline("C", "", SITE)]
    made = to_import([*outlines, Outline("D", f"{SITE}d"), Outline("E", f"{SITE}d/")], [source()])
    assert [fields["name"] for fields in made.sources] == ["a-2", "b", "d"]
    assert len(made.passed_over) == 2
    assert made.passed_over[0] == f"{SITE} is in source 'a'"


def test_lines_are_addresses_and_what_is_none_is_told_by_its_number() -> None:
    text = f"\ufeff# mine\n\n {SITE} \nexample.org\nftp://x.org/\nNews\nno address\n//b.org/rss\n"
    found = read_lines(text)
    read = [one.site for one in found if not one.problem]
    assert read == [SITE, "https://example.org/", "https://b.org/rss"]
    assert [one.problem[:7] for one in found if one.problem] == ["line 5:", "line 6:", "line 7:"]


def test_empty_segments_make_no_other_article() -> None:
    there = source(article_urls=r"^https?://www\.example\.org/news/\d+-")
    for url in (f"{SITE}/news/12-a", f"{SITE}news//12-a", "http://www.example.org//news/12-a"):
        assert covers([there], url) == "a", url
    assert covers([there], "https://www.example.org//about") == ""
    made = to_import([Outline("B", "", f"{SITE}/")], [source(start=SITE)])
    assert made.sources == ()


def test_what_is_exported_is_imported_again() -> None:
    there = [
        source(name="a", site_name="Ä <b> \u200b&", feeds=(FEED, f"{SITE}two")),
        source(name="b", site_name="Ä <b> \u200b&"),
        source(name="c", start="", sections=(f"{SITE}c",), enabled=False),
    ]
    written = "\n".join(write_opml("Mine", to_export(there)))
    assert written.replace("\n", "").isprintable()
    made = to_import(read_opml(written.encode()), [])
    assert [(one["name"], one.get("feeds"), one.get("start")) for one in made.sources] == [
        ("a", [FEED, f"{SITE}two"], SITE),
        ("b", None, SITE),
        ("c", None, f"{SITE}c"),
    ]
    assert made.sources[0]["site_name"] == there[0].site_name
    assert made.sources[2]["enabled"] is False
    assert "site_name" not in made.sources[2]


@given(st.lists(st.builds(Outline, st.text(max_size=30), st.just(FEED), st.just(SITE)), max_size=3))
def test_whatever_a_title_holds_the_opml_is_read_again(outlines: list[Outline]) -> None:
    written = "\n".join(write_opml("x", outlines))
    assert len(read_opml(written.encode())) == len(outlines)
