import pytest

from crawler.discovery.hypertext import MOST_REFERENCES
from crawler.discovery.listing import Link, ListingKind, NotAListing
from crawler.discovery.sections import parse_section

URL = "https://radio.example/fr/noticias/cultura"

PAGE = """<!DOCTYPE html><html><head><title>Culture</title></head><body>
<nav><a href="/fr">Accueil</a> <a href="#top">Haut</a> <a href="mailto:a@radio.example">Écrire</a></nav>
<h6><a href="/fr/noticias/cultura/12-la-récolte"><img src="a.jpg" alt=""></a>
<a href="/fr/noticias/cultura/12-la-récolte#comments">La <b>récolte</b>
  commence</a></h6> <p>Texte <a href="/fr/noticias/cultura/12-la-récolte">Lire</a></p>
<a href="13-port" rel="nofollow">Le port</a> <a href="//other.example/x" title="Ailleurs"></a>
<a name="anchor">no link</a> <a href="JavaScript:void(0)">menu</a>
</body></html>"""


def next_page(html: str, url: str = URL) -> str | None:
    return parse_section(html.encode(), url).next_page


def test_links_in_page_order_each_once_with_their_longest_text() -> None:
    listing = parse_section(PAGE.encode(), URL, "text/html; charset=utf-8")
    assert listing.kind is ListingKind.SECTION
    assert listing.links == (
        Link("https://radio.example/fr", title="Accueil"),
        Link(URL, title="Haut"),
        Link(
            "https://radio.example/fr/noticias/cultura/12-la-r%C3%A9colte",
            title="La récolte commence",
        ),
        Link("https://radio.example/fr/noticias/13-port", title="Le port"),
        Link("https://other.example/x", title="Ailleurs"),
    )
    assert listing.dropped == {"not-http": 2}
    assert listing.next_page is None


def test_the_base_of_the_page_is_honoured() -> None:
    listing = parse_section(b'<base href="/en/"><base href="/no/"><a href="12-x">x</a>', URL)
    assert listing.links == (Link("https://radio.example/en/12-x", title="x"),)


@pytest.mark.parametrize("base", ["", "javascript:1", "http://[", "mailto:x"])
def test_a_base_that_is_none_is_passed_over(base: str) -> None:
    listing = parse_section(f'<base href="{base}"><a href="/1">x</a>'.encode(), URL)
    assert listing.links == (Link("https://radio.example/1", title="x"),)


def test_anchors_that_were_not_closed() -> None:
    links = parse_section(b"<a href=/1>one<a href=/2>two<b> more", URL).links
    assert [link.title for link in links] == ["one", "two more"]


@pytest.mark.parametrize(
    ("encoding", "content_type"),
    [("utf-8", ""), ("utf-8", "text/html; charset=latin1"), ("cp1252", "")],
)
def test_the_encoding_is_found(encoding: str, content_type: str) -> None:
    page = '<a href="/1">La récolte</a>'.encode(encoding)
    assert parse_section(page, URL, content_type).links[0].title == "La récolte"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<link rel="next" href="?page=2"><a href="/x">x</a>', f"{URL}?page=2"),
        ('<a rel="nofollow next" href="?start=20">plus</a>', f"{URL}?start=20"),
        ('<a href="?page=3">3</a><a href="?page=2">2</a>', f"{URL}?page=2"),
        ('<a href="?page=1">1</a><a href="?page=2">2</a>', f"{URL}?page=2"),
        ('<a href="?page=1">2</a><a href="?page=2">3</a>', f"{URL}?page=1"),
        (f'<a href="{URL}/page/2">&gt;&gt;</a>', f"{URL}/page/2"),
        (f'<a href="{URL}/page/2/">2</a>', f"{URL}/page/2/"),
        ('<li class="next"><a href="?offset=20">Más</a></li>', f"{URL}?offset=20"),
        ('<a href="?offset=20">Siguiente »</a>', f"{URL}?offset=20"),
        (f'<a class="btn next" href="{URL}/2">Suite</a>', f"{URL}/2"),
        ('<a href="?page=2">2</a><a rel="next" href="?page=9">x</a>', f"{URL}?page=9"),
        ('<a class="next" href="/fr/noticias/cultura/12-la-recolte">Suivant</a>', None),
        ('<a class="next" href="#">›</a><a class="next" href="javascript:x()">›</a>', None),
        ('<a rel="next" href="https://other.example/?page=2">next</a>', None),
        ('<a href="/en/noticias/cultura?page=2">2</a>', None),
        ('<a href="?page=3">3</a>', None),
        ("<a href='/fr'>fr</a>", None),
    ],
)
def test_where_the_older_links_are(html: str, expected: str | None) -> None:
    assert next_page(html) == expected


@pytest.mark.parametrize(
    ("url", "html", "expected"),
    [
        (f"{URL}?page=2", '<a href="?page=1">1</a><a href="?page=3">3</a>', f"{URL}?page=3"),
        (f"{URL}?a=b&page=2", '<a href="?page=3&a=b">3</a>', f"{URL}?page=3&a=b"),
        (f"{URL}?a=b&page=2", '<a href="?page=3&a=c">3</a>', None),
        (f"{URL}/page/2", '<a href="3">3</a>', f"{URL}/page/3"),
        (f"{URL}/page/2", '<a href="1">1</a>', None),
        (f"{URL}/page/2", '<a class="next" href="3/">›</a>', f"{URL}/page/3/"),
    ],
)
def test_from_page_to_page(url: str, html: str, expected: str | None) -> None:
    assert next_page(html, url) == expected


def test_no_more_links_than_are_allowed() -> None:
    page = "".join(f"<a href=/{i}>x</a>" for i in range(MOST_REFERENCES + 3))
    listing = parse_section(page.encode(), URL)
    assert (len(listing.links), listing.dropped) == (MOST_REFERENCES, {"over-limit": 3})


@pytest.mark.parametrize("body", [b"", b"  ", b"text", b"<p>no link</p>", b"%PDF-1.4"])
def test_a_page_without_links_is_no_listing(body: bytes) -> None:
    with pytest.raises(NotAListing) as caught:
        parse_section(body, URL)
    assert caught.value.reason == "no-links"
