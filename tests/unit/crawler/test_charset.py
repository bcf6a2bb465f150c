import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.charset import read_text

WORDS = {
    "Greek": "Η κυβέρνηση ανακοίνωσε χθες νέα μέτρα για την προστασία των δασών της χώρας. ",
    "Russian": "Правительство объявило вчера о новых мерах по защите лесов страны от пожаров. ",
    "Polish": "Rząd ogłosił wczoraj nowe środki ochrony lasów, które zaczną obowiązywać już jesienią. ",
    "French": "Le gouvernement a annoncé hier de nouvelles mesures, très attendues, pour protéger les forêts. ",
    "Chinese": "政府昨天宣布了保护全国森林的新措施，这些措施将从今年秋天开始实施。",
    "Japanese": "政府は昨日、全国の森林を保護するための新しい措置を発表しました。",
}
WRITTEN_IN = [
    ("Greek", "cp1253"),
    ("Greek", "iso8859_7"),
    ("Russian", "cp1251"),
    ("Russian", "koi8_r"),
    ("Polish", "iso8859_2"),
    ("Polish", "cp1250"),
    ("French", "cp1252"),
    ("Chinese", "gb18030"),
    ("Japanese", "cp932"),
    ("Japanese", "euc_jp"),
]


def written(language: str, declared: str = "") -> str:
    return f"<html><head>{declared}<title>x</title></head><body><p>{WORDS[language] * 12}</p></body></html>"


@pytest.mark.parametrize(("language", "charset"), WRITTEN_IN)
def test_each_charset_is_read_where_the_header_names_it(language: str, charset: str) -> None:
    text = written(language)
    assert read_text(text.encode(charset), f"text/html; charset={charset}") == text


@pytest.mark.parametrize(("language", "charset"), WRITTEN_IN)
def test_each_charset_is_read_where_the_page_names_it(language: str, charset: str) -> None:
    text = written(
        language, f'<meta http-equiv="content-type" content="text/html; charset={charset}">'
    )
    assert read_text(text.encode(charset), "text/html") == text


@pytest.mark.parametrize(("language", "charset"), WRITTEN_IN)
@pytest.mark.parametrize("content_type", ["text/html", "text/html; charset=utf-8"])
def test_each_charset_is_found_where_none_or_utf8_is_named(
    language: str, charset: str, content_type: str
) -> None:
    text = written(language)
    assert read_text(text.encode(charset), content_type) == text


@pytest.mark.parametrize(
    ("language", "charset"), [pair for pair in WRITTEN_IN if pair[0] != "French"]
)
def test_a_server_that_says_latin1_of_everything_is_not_believed(
    language: str, charset: str
) -> None:
    text = written(language)
    assert read_text(text.encode(charset), "text/html; charset=ISO-8859-1") == text


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("declared", ["", "iso-8859-1", "gb2312", "windows-1251", "no-such"])
def test_utf8_is_itself_whatever_is_said(language: str, declared: str) -> None:
    text = written(language, f'<meta charset="{declared}">')
    assert read_text(text.encode(), f"text/html; charset={declared}") == text


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_text_is_read_with_its_mark_or_without(charset: str) -> None:
    text = written("French")
    assert read_text(text.encode(charset)) == text


def test_a_few_broken_bytes_do_not_change_the_charset() -> None:
    body = written("Russian").encode().replace(b"<p>", b"<p>\xff", 1)
    found = read_text(body)
    assert found is not None
    assert found.replace("\ufffd", "") == written("Russian")


def test_a_page_cut_off_inside_a_letter_is_still_utf8() -> None:
    body = written("Greek").encode()
    found = read_text(body[: body.index("δασών".encode()) + 1])
    assert found is not None
    assert "προστασία" in found


def test_windows_1252_is_meant_where_latin1_is_said() -> None:
    body = "<p>“L’été” – 5 €</p>".encode("cp1252")
    assert read_text(body, "text/html; charset=iso-8859-1") == "<p>“L’été” – 5 €</p>"


def test_nul_bytes_go() -> None:
    assert read_text(b"<p>a\x00b</p>" * 20) == "<p>ab</p>" * 20


def test_noise_is_no_text() -> None:
    assert read_text(bytes(range(256)) * 200) is None


@given(st.binary(max_size=2000), st.text(max_size=60))
def test_no_bytes_and_no_header_are_an_error(body: bytes, content_type: str) -> None:
    text = read_text(body, content_type)
    assert text is None or "\x00" not in text
