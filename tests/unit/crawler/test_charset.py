import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.charset import read_text

WORDS = {
    "Greek": "Η κυβέρνηση ανακοίνωσε χθες νέα μέτρα για την προστασία των δασών της χώρας. ",
    "Russian": "Правительство объявило вчера о новых мерах по защите лесов страны от пожаров. ",
    "Polish": "Rząd ogłosił wczoraj nowe środki ochrony lasów, które zaczną obowiązywać już jesienią. ",
    "French": "Le gouvernement a annoncé hier de nouvelles mesures, très attendues, pour protéger les forêts. ",
    "Czech": "Vláda v pátek oznámila, že nová opatření na ochranu lesů začnou platit už na podzim, protože to je podle ní nutné. ",
    "Hungarian": "A kormány tegnap új intézkedéseket jelentett be az erdők védelmére, és ezek már ősztől életbe lépnek, mert nem volt elég eső. ",
    "Turkish": "Hükümet dün ormanları korumak için yeni bir önlem açıkladı; bu önlemler daha sonra ve çok geniş bir bölgede geçerli olacak. ",
    "Ukrainian": "Уряд оголосив учора про нові заходи із захисту лісів країни від пожеж. ",
    "Arabic": "أعلنت الحكومة أمس عن إجراءات جديدة لحماية غابات البلاد من الحرائق. ",
    "Hebrew": "הממשלה הודיעה אתמול על צעדים חדשים להגנה על יערות המדינה מפני שריפות. ",
    "Thai": "รัฐบาลประกาศมาตรการใหม่เมื่อวานนี้เพื่อปกป้องป่าไม้ของประเทศจากไฟป่า ",
    "Korean": "정부는 어제 전국의 숲을 보호하기 위한 새로운 조치를 발표했다. ",
    "Taiwanese": "政府昨天宣布了保護全國森林的新措施，這些措施將從今年秋天開始實施。",
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
    ("Czech", "iso8859_2"),
    ("Czech", "cp1250"),
    ("Hungarian", "iso8859_2"),
    ("Hungarian", "cp1250"),
    ("Turkish", "cp1254"),
    ("Ukrainian", "cp1251"),
    ("Arabic", "cp1256"),
    ("Hebrew", "cp1255"),
    ("Thai", "tis_620"),
    ("Korean", "euc_kr"),
    ("Taiwanese", "big5"),
    ("Chinese", "gb2312"),
    ("Russian", "iso8859_5"),
]
# What can be read where it is named, and is too rare, or too like another, to be guessed.
ONLY_NAMED = [("Ukrainian", "koi8_u"), ("Arabic", "iso8859_6"), ("Japanese", "iso2022_jp"), ("Russian", "cp866"),
              ("Hebrew", "iso8859_8")]  # fmt: skip


def written(language: str, declared: str = "") -> str:
    return f"<html><head>{declared}<title>x</title></head><body><p>{WORDS[language] * 12}</p></body></html>"


@pytest.mark.parametrize(("language", "charset"), WRITTEN_IN + ONLY_NAMED)
def test_each_charset_is_read_where_the_header_names_it(language: str, charset: str) -> None:
    text = written(language)
    assert read_text(text.encode(charset), f"text/html; charset={charset}") == text


@pytest.mark.parametrize(("language", "charset"), WRITTEN_IN + ONLY_NAMED)
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


@pytest.mark.parametrize(("language", "charset"), WRITTEN_IN + ONLY_NAMED)
def test_the_page_s_own_word_goes_before_a_server_s_that_says_latin1(
    language: str, charset: str
) -> None:
    text = written(language, f'<meta charset="{charset}">')
    assert read_text(text.encode(charset), "text/html; charset=ISO-8859-1") == text


@pytest.mark.parametrize(
    ("language", "named", "charset"),
    [
        ("Greek", "iso-8859-7", "cp1253"),
        ("Hebrew", "iso-8859-8", "cp1255"),
        ("Arabic", "iso-8859-6", "cp1256"),
        ("Turkish", "iso-8859-9", "cp1254"),
        ("Thai", "tis-620", "cp874"),
        ("Chinese", "gb2312", "gb18030"),
    ],
)
def test_windows_is_read_where_the_standard_is_named(
    language: str, named: str, charset: str
) -> None:
    text = written(language).replace(" ", "… ", 3)
    assert read_text(text.encode(charset), f"text/html; charset={named}") == text


@pytest.mark.parametrize(
    ("language", "charset", "named"),
    [
        ("Russian", "koi8_r", "windows-1251"),
        ("Russian", "cp1251", "koi8-r"),
        ("Russian", "cp866", "windows-1251"),
        ("Russian", "cp1251", "iso-8859-5"),
        ("Ukrainian", "koi8_u", "koi8-r"),
        ("Czech", "iso8859_2", "windows-1250"),
        ("Czech", "iso8859_2", "windows-1251"),
        ("Hungarian", "cp1250", "windows-1251"),
    ],
)
def test_a_neighbour_s_name_is_not_believed(language: str, charset: str, named: str) -> None:
    text = written(language)
    assert read_text(text.encode(charset), f"text/html; charset={named}") == text


@pytest.mark.parametrize(
    ("charset", "named"), [("cp1253", "iso-8859-7"), ("iso8859_7", "windows-1253")]
)
def test_greek_capitals_tell_where_the_other_is_named(charset: str, named: str) -> None:
    text = written("Greek").replace("Η κυβέρνηση", "Άλλοι στην κυβέρνηση")
    assert read_text(text.encode(charset), f"text/html; charset={named}") == text


@pytest.mark.parametrize("charset", ["cp1253", "iso8859_7"])
def test_greek_capitals_tell_its_two_charsets_apart(charset: str) -> None:
    text = written("Greek").replace("χθες", "Άμεσα")
    assert read_text(text.encode(charset), "text/html") == text


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("misread", ["latin-1", "cp1252"])
def test_utf8_that_was_written_twice_is_read_once(language: str, misread: str) -> None:
    text = written(language, '<meta charset="utf-8">')
    raw = text.encode()
    if misread == "latin-1":
        twice = raw.decode("latin-1")
    else:  # as browsers do, which leave the five bytes that Windows-1252 has not
        twice = "".join(
            bytes([b]).decode("cp1252") if b not in b"\x81\x8d\x8f\x90\x9d" else chr(b) for b in raw
        )
    assert read_text(twice.encode(), "text/html; charset=utf-8") == text


@pytest.mark.parametrize(
    "text", ["NÃO É “ISSO” — JÁ À MÃO", "It said Ã© and â€™ where é and ’ were meant.", "Ωμέγα Ã©"]
)
def test_a_text_that_only_looks_so_stays(text: str) -> None:
    page = f"<p>{text} {'à la carte, déjà vu ' * 5}</p>"
    assert read_text(page.encode(), "text/html") == page


@pytest.mark.parametrize(
    ("language", "charset"),
    [pair for pair in WRITTEN_IN if len(pair[1]) > 6 or pair[1] in ("koi8_r", "cp1251", "cp1253")],
)
def test_some_broken_bytes_leave_the_rest_as_it_was(language: str, charset: str) -> None:
    text = written(language, f'<meta charset="{charset}">')
    body = text.encode(charset).replace(b"</p>", b" \xff \xff </p>")
    found = read_text(body, "text/html")
    assert found is not None
    assert found.startswith(text[: text.index("</p>")])


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
