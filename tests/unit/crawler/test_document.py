"""The file format to the byte, and that no text, however hostile, breaks it."""

import hashlib
import unicodedata
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.document import (
    Document,
    Layout,
    document_id,
    normal_body,
    normal_line,
    normalise_for_id,
    parse,
    render,
)
from workers.storage.places import Place

# Pieces of the frame, everything that some reader takes for a line end, and what is no text at all.
PIECES = [
    "---", "*", "**", "# *", "\n\n# *", "*\n\n---\n\n\n\n", "\n\n---\n\n<", ">\n\n\n\n**", "**x**",
    "<https://a.example/>", "<", ">", "\n", "\n\n", "\r", "\r\n", "\u2028", "\u2029", "\x85", "\x0b",
    "\x0c", "\x1c", "\x1f", "\x00", "\x1b[31m", "\ud800", "\udfff", "\ufeff", "\u00a0", "\u2009", "\t",
    " ", "e\u0301", "\u0301", "é", "Å", "\u212b", "ﬁ", "İ", "ß", "«", "’", "\U0001f600", "一", "a", "word",
]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join)
bodies = hostile.filter(normal_body)
documents = st.builds(
    Document, body=bodies, title=hostile, url=hostile, site_name=hostile, layout=st.sampled_from(Layout)
)  # fmt: skip

WHOLE = Document(body="One.\n\nTwo.", title="Title", url="https://a.example/1", site_name="Site")


def test_the_titled_layout_to_the_byte() -> None:
    document = Document(
        body="Premier bloc : « été ».\n\n- a\n- b",
        title="Le pont rouvre",
        url="https://www.example.org/fr/1-pont",
        site_name="Radio Exemple",
    )
    assert render(document).encode() == (
        b"\n\n# *Le pont rouvre*\n\n---\n\n\n\n"
        b"Premier bloc : \xc2\xab \xc3\xa9t\xc3\xa9 \xc2\xbb.\n\n- a\n- b"
        b"\n\n---\n\n<https://www.example.org/fr/1-pont>\n\n\n\n**Radio Exemple**"
    )


def test_the_plain_layout_is_the_body_alone() -> None:
    document = Document(
        body="Un.\n\nDeux.", title="Titre", url="u", site_name="s", layout=Layout.PLAIN
    )
    assert render(document).encode() == b"Un.\n\nDeux."


@pytest.mark.parametrize("title", [None, "", " \u00a0\n", "\ufeff\x00"])
def test_a_document_without_a_title_is_written_plain(title: str | None) -> None:
    document = Document(body="Text.", title=title, url="https://a.example/", site_name="Site")
    assert (document.title, document.layout, render(document)) == (None, Layout.PLAIN, "Text.")


@given(documents)
@example(Document(body=render(WHOLE), title="T", url="u", site_name="s"))
@example(Document(body=render(WHOLE).strip(), layout=Layout.PLAIN))
@example(Document(body="---\n\n---", title="*", url=">", site_name="**"))
@example(Document(body="a", title="*\u2028*", url="\n", site_name=""))
def test_parsing_is_the_inverse_of_rendering(document: Document) -> None:
    found = parse(render(document))
    assert found.body == document.body
    assert found.layout == document.layout
    if document.layout is Layout.TITLED:
        assert found == document


@given(documents)
def test_a_file_can_be_written_and_reads_as_the_same_lines_everywhere(document: Document) -> None:
    text = render(document)
    assert text.encode().decode() == text
    assert text.split("\n") == (text + "\n").splitlines()
    assert not text.endswith("\n")
    assert unicodedata.is_normalized("NFC", document.body)
    assert all(line == line.rstrip() for line in document.body.split("\n"))


@given(documents)
def test_title_url_and_site_name_are_one_line_each(document: Document) -> None:
    for line in (document.title or "", document.url, document.site_name):
        assert len(line.splitlines()) <= 1
        assert line == line.strip()


@pytest.mark.parametrize(
    "cut",
    [
        "\n\n# *Title",
        render(WHOLE).removesuffix("**"),
        render(WHOLE).removesuffix("**Site**"),
        render(WHOLE).replace(">\n", "\n"),
        render(WHOLE).replace("*\n\n---", "\n\n---", 1),
        render(WHOLE)[: render(WHOLE).index("Two")],
        "\n\n# *Title*\n\n---\n\n\n\n\n\n---\n\n<u>\n\n\n\n**s**",
        "",
        " \n ",
    ],
)
def test_a_frame_that_is_not_whole_is_a_value_error(cut: str) -> None:
    with pytest.raises(ValueError, match=r"frame is not whole|has a body"):
        parse(cut)


@given(st.text() | hostile)
def test_anything_parses_or_is_a_value_error(text: str) -> None:
    try:
        found = parse(text)
    except ValueError:
        return
    assert parse(render(found)) == found


@given(st.text() | hostile)
def test_a_normal_form_is_final(text: str) -> None:
    assert normal_body(normal_body(text)) == normal_body(text)
    assert normal_line(normal_line(text)) == normal_line(text)
    assert normalise_for_id(normalise_for_id(text)) == normalise_for_id(text)


@given(st.text() | hostile)
def test_the_normal_form_of_a_body_keeps_its_id(text: str) -> None:
    body = normal_body(text)
    assert document_id(body) == document_id(normal_body(body))
    assert len(document_id(body)) == 16


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f", "a\nb\nc\nd\ne\nf"),
        ("a \u00a0\nb\t", "a\nb"),
        ("\n\n\na\n \n\u2009\n\nb\n\n", "a\n\nb"),
        ("e\u0301te\u0301", "été"),
        ("a\x00b\x1b[1mc\x7f\ufeff\ud800d", "ab[1mcd"),
        ("a\u202fb\u2009c\u3000d", "a b c d"),
        ("«\u00a0x\u00a0»", "« x »"),
        ("- a\n- b\n\nx | y", "- a\n- b\n\nx | y"),
    ],
)
def test_bodies_in_normal_form(text: str, body: str) -> None:
    assert normal_body(text) == body


APOSTROPHES, QUOTES, HYPHENS = "‘’‚‛′`ʼ", "“”„‟«»‹›", "‐‑‒–—―−"


@pytest.mark.parametrize(
    ("fancy", "plain"),
    [(c, "'") for c in APOSTROPHES] + [(c, '"') for c in QUOTES] + [(c, "-") for c in HYPHENS],
)
def test_typography_makes_no_other_id(fancy: str, plain: str) -> None:
    assert normalise_for_id(f"x{fancy}y") == f"x{plain}y"
    assert document_id(f"x{fancy}y") == document_id(f"X{plain}Y")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ÉTÉ", "e\u0301te\u0301"),
        ("STRASSE", "straße"),
        ("ﬁn", "fin"),
        ("a\u00a0b\n\nc", " a b c "),
        ("\uff11\uff12", "12"),
        ("№ 5", "no 5"),
        ("Σίσυφος", "σίσυφοσ"),
        ("1\u202f000", "1 000"),
    ],
)
def test_case_form_and_white_space_make_no_other_id(one: str, other: str) -> None:
    assert document_id(one) == document_id(other)


@pytest.mark.parametrize(
    ("one", "other"), [("a b", "ab"), ("a-b", "a b"), ("été", "ete"), ("a.", "a")]
)
def test_letters_spaces_and_stops_do(one: str, other: str) -> None:
    assert document_id(one) != document_id(other)


def test_an_id_is_the_beginning_of_sha_256() -> None:
    expected = hashlib.sha256(b'l\'\xc3\xa9t\xc3\xa9 - "oui"').hexdigest()[:16]
    assert document_id("L’été – «Oui»") == expected
    assert Document(body="L’été – «Oui»\n", title="any", url="u").id == expected


@pytest.mark.parametrize(
    ("number", "path"),
    [
        (0, "documents/gazette/2026-11-21/000_0123456789abcdef"),
        (42, "documents/gazette/2026-11-21/042_0123456789abcdef"),
        (1000, "documents/gazette/2026-11-21/1000_0123456789abcdef"),
        (None, "duplicates/gazette/2026-11-21/0123456789abcdef"),
    ],
)
def test_file_names(number: int | None, path: str) -> None:
    place = Place("gazette", date(2026, 11, 21), "0123456789abcdef", number)
    assert (place.text_path, place.sidecar_path) == (f"{path}.txt", f"{path}.json")
