import string
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.urls import MAX_LENGTH, authority, host_of, printed_url, same_site, url_key

SLUGS = st.text(string.ascii_lowercase + string.digits + "-%éü“+=()!~", min_size=1, max_size=20)
FORMS = st.sampled_from(
    [
        "",
        "amp",
        "print",
        "index.php",
        "index.html",
        "a.amp",
        "a.amp.html",
        "(S(x))",
        "index.php.amp",
    ]
)
HOSTS = st.sampled_from(["radiohc.cu", "news.example.org", "example.co.uk", "127.0.0.1:8080"])
NAMES = st.sampled_from(["id", "p", "section", "lang", "q"])
PARAMETERS = st.lists(st.tuples(NAMES, st.text("abc123%é&", max_size=6)), max_size=4)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    path = "/".join(draw(st.lists(SLUGS | FORMS, max_size=4)))
    query = "&".join(f"{name}={value}" for name, value in draw(PARAMETERS))
    return f"http://{draw(HOSTS)}/{path}?{query}"


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("HTTP://WWW.Example.ORG:80/A", "http://www.example.org/A"),
        ("https://example.org", "https://example.org/"),
        (" https://example.org/a\n\tb ", "https://example.org/ab"),
        ("https://example.org/a/../b/./c", "https://example.org/b/c"),
        (
            "https://example.org/ü “x” (+1)=!",
            "https://example.org/%C3%BC%20%E2%80%9Cx%E2%80%9D%20(+1)=!",
        ),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://example.org/a#part", "https://example.org/a"),
        ("https://example.org/a?", "https://example.org/a"),
        ("https://example.org/a?utm_source=x&utm_medium=y", "https://example.org/a"),
        (
            "https://example.org/a?b=%7e&UTM_Source=x&a=+&fbclid=1&c",
            "https://example.org/a?b=%7e&a=+&c",
        ),
        ("https://example.org/a?b=1&amp;utm_source=rss", "https://example.org/a?b=1"),
        ("https://example.org/a?utm=1&gclidx=2", "https://example.org/a?utm=1&gclidx=2"),
        ("https://example.org/@name/x@y", "https://example.org/@name/x@y"),
    ],
)
def test_the_printed_form(url: str, printed: str) -> None:
    assert printed_url(url) == printed


@pytest.mark.parametrize(
    "url",
    ["", "about:blank", "mailto:a@example.org", "javascript:void(0)", "ftp://example.org/a", "file:///etc/passwd",
     "data:text/html,x", "/relative", "https://", "https://[::1", "https://user@example.org/",
     "https://user:pw@example.org/", "https://:pw@example.org/", "https://example.org/\ud800",
     "https://example.org/" + "a" * MAX_LENGTH],
)  # fmt: skip
def test_what_has_no_printed_form(url: str) -> None:
    assert printed_url(url) is None


def test_a_reference_is_resolved() -> None:
    base = "https://example.org/fr/noticias?page=2"
    assert printed_url("../a?b#c", base) == "https://example.org/a?b"
    assert printed_url("?page=3", base) == "https://example.org/fr/noticias?page=3"
    assert printed_url("//other.example/x", base) == "https://other.example/x"
    assert printed_url("x", "no base") is None


def test_the_longest_url_is_printed() -> None:
    url = "https://example.org/"
    assert printed_url(url + "a" * (MAX_LENGTH - len(url))) is not None


@given(addresses())
def test_printing_twice_changes_nothing(url: str) -> None:
    printed = printed_url(url)
    assert printed is not None
    assert printed_url(printed) == printed


@given(st.text() | addresses(), st.none() | st.text())
def test_no_text_raises(url: str, base: str | None) -> None:
    printed = printed_url(url, base)
    assert printed is None or printed.startswith(("http://", "https://"))
    for ask in (url_key, authority, host_of):
        assert isinstance(ask(url), str)


@pytest.mark.parametrize(
    "other",
    [
        "http://radiohc.cu/fr/noticias/cultura/12-ete",
        "https://www.radiohc.cu/fr/noticias/cultura/12-ete/",
        "https://www.radiohc.cu/index.php/fr/noticias/cultura/12-ete",
        "https://www.radiohc.cu/fr/noticias/cultura/12-ete/amp/",
        "https://www.radiohc.cu/fr/noticias/cultura/12-ete?amp=1",
        "https://www.radiohc.cu/fr/noticias/cultura/12-ete?print=1&PHPSESSID=abc",
        "https://www.radiohc.cu/fr/noticias/cultura/12-ete;jsessionid=AB12?sid=0123456789abcdef",
        "https://m.radiohc.cu/fr/noticias/cultura/12%2Dete",
        "http://RADIOHC.cu:80/fr/noticias/cultura/12-ete",
        "https://www.radiohc.cu.:443/fr/noticias/cultura/12-ete#comments",
        "https://www.radiohc.cu//fr/noticias//cultura/12-ete/",
        "https://www.radiohc.cu/amp/fr/noticias/cultura/12-ete",
        "https://www.radiohc.cu/index.php/fr/noticias/cultura/12-ete.amp",
        "https://www.radiohc.cu/fr/noticias/cultura/12-ete/print",
        "https://www.radiohc.cu/fr/noticias/cultura/12-ete/print/amp/?output=amp",
        "https://www.radiohc.cu/fr/noticias/cultura/12-ete?print=yes&utm_source=x&fbclid=y",
        "https://www.radiohc.cu/(S(a1b2c3))/fr/noticias/cultura/12-ete",
        "https://www.radiohc.cu/fr/noticias/cultura/12-ete;JSESSIONID=A1?PHPSESSID=0",
    ],
)
def test_addresses_of_one_article_have_one_key(other: str) -> None:
    printed = printed_url(other)
    assert printed is not None
    assert url_key(printed) == "radiohc.cu/fr/noticias/cultura/12-ete"


def test_raw_letters_of_a_slug_are_what_their_escapes_are() -> None:
    raw = printed_url("https://www.radiohc.cu/index.php/pt/noticias/x/9-ü “a” (b)+c=d!")
    escaped = printed_url(
        "http://radiohc.cu/pt/noticias/x/9-%C3%BC%20%e2%80%9ca%E2%80%9D%20%28b%29%2Bc%3Dd%21"
    )
    assert raw
    assert escaped
    assert raw != escaped
    assert url_key(raw) == url_key(escaped)


@pytest.mark.parametrize(
    "urls",
    [
        ("http://example.org/view.php?id=1", "http://example.org/view.php?id=2"),
        ("http://example.org/?p=1", "http://example.org/"),
        ("http://example.org/a?sid=17", "http://example.org/a?sid=18"),
        ("http://example.org/fr/12-a", "http://example.org/en/12-a"),
        ("http://example.org/a/b", "http://example.org/a%2Fb"),
        ("http://example.org/a?b=1%262", "http://example.org/a?b=1&2"),
        ("http://example.org/A", "http://example.org/a"),
        ("http://example.org:8080/a", "http://example.org/a"),
        ("http://m.co.uk/a", "http://co.uk/a"),
        ("http://a.example.org/x", "http://example.org/x"),
        ("http://example.org/camp", "http://example.org/c"),
        ("http://example.org/a-print", "http://example.org/a"),
        ("http://example.org/amplifier/x", "http://example.org/x"),
        ("http://example.org/a?print=2", "http://example.org/a"),
        ("http://example.org/a?view=map", "http://example.org/a"),
        ("http://example.org/a/1", "http://example.org/a/2"),
        ("http://example.org/?p=1", "http://example.org/?p=2"),
        ("http://example.org/index.php?id=1", "http://example.org/index.php?id=2"),
        ("http://example.org/a?page=2", "http://example.org/a"),
        ("http://example.org/(12)/a", "http://example.org/a"),
        ("https://www.radiohc.cu/fr/noticias/x/9-a", "https://www.radiohc.cu/noticias/x/9-a"),
        (
            "https://www.radiohc.cu/index.php/fr/noticias/x/9-a",
            "https://www.radiohc.cu/index.php/en/noticias/x/9-a",
        ),
    ],
)
def test_different_articles_stay_apart(urls: tuple[str, str]) -> None:
    assert url_key(urls[0]) != url_key(urls[1])


@given(addresses())
def test_the_key_takes_no_notice_of_how_a_site_was_reached(url: str) -> None:
    printed = printed_url(url)
    assert printed is not None
    key = url_key(printed)
    assert url_key(f"http://{key}") == key
    assert url_key(printed.replace("http://", "https://www.", 1)) == key


def test_the_order_of_parameters_makes_no_difference() -> None:
    orders = permutations(["b=2", "a=1", "a=0", "c"])
    assert len({url_key(f"http://example.org/x?{'&'.join(order)}") for order in orders}) == 1


@pytest.mark.parametrize(
    ("url", "site", "host"),
    [
        ("https://www.radiohc.cu/fr", "radiohc.cu", "www.radiohc.cu"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080", "127.0.0.1"),
        ("http://[::1]:8080/", "[::1]:8080", "[::1]"),
        ("http://m.example.org", "m.example.org", "m.example.org"),
    ],
)
def test_authority_and_host(url: str, site: str, host: str) -> None:
    assert authority(url) == site
    assert host_of(url) == host


def test_the_same_site_is_its_host_and_port() -> None:
    authorities = {"radiohc.cu", "example.org:8080"}
    assert same_site("https://www.radiohc.cu/fr", authorities)
    assert same_site("http://example.org:8080/", authorities)
    assert not same_site("http://example.org/", authorities)
    assert not same_site("https://radiohc.cu.evil.example/", authorities)
