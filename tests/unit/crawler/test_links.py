import gzip
import json
import os
import re
from pathlib import Path

import pytest

from crawler.discovery.links import looks_like_article, wanted
from crawler.discovery.listing import Link
from crawler.discovery.sections import parse_section
from crawler.urls import authority, printed_url

# What a listing of any kind would not be believed about.
NO_ARTICLES = """
    /                               /fr                            /en/
    /index.php                      /noticias                      /politics/
    /tag/economia-de-cuba-2018      /news/tags/harbour-12345       /category/world-news-of-the-day
    /author/ana-maria-de-la-cruz    /autores/pedro-12345           /search/harbour-opens-again-today
    /?s=harbour                     /noticias.php?tag=port         /login
    /page/2                         /noticias/cultura/page/12345   /feed/
    /fr/comments/feed               /a/photo-of-the-harbour.jpg    /docs/annual-report-2018-final.pdf
    /2018/                          /2018/03                       /2018/03/21/
    /archive/2018-03                /wp-content/uploads/2018/03/x  /static/2018/03/21/app.js
    /impressum                      /privacy-policy                /fr/mentions-legales
"""
# What a sitemap or a feed is believed about, and a link on a page is not.
ONLY_FROM_A_TRUSTED_LISTING = """
    /noticias/cultura               /world/africa                  /about-bugs/
    /business-focus                 /news/health-wellness          /programmes/up-front
    /culture/arts/painting
"""
ARTICLES = """
    /fr/noticias/cultura/158008-lula                               /index.php/es/noticias/x/158008-lula
    /2018/03/21/harbour                                            /2018/mar/21/harbour
    /news/2018-03-21/harbour                                       /news/20180321/harbour
    /2018/03/harbour.html                                          /harbour-opens-again-after-storm
    /a/el-puerto-reabre-tras-la-tormenta.html                      /story/harbour-opens-again
    /article/harbour-opens-again                                   /artikel/hafen-wieder-offen
    /fr/especiales/comentarios/157430-juventud                         /legal/harbour-case-goes-to-court
    /news/harbour-50470672                                         /marker/54885/
    /news/news_view.html?idx=8576&page=1                           /index.php?id=123
    /?p=4711                                                       /articles/6486944b076b4df99a583a3a7c85574d
    /berita/pelabuhan_dibuka_lagi_hari_ini                         /news/12-port-reopens
    /%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/%D0%BF%D0%BE%D1%80%D1%82-%D1%81%D0%BD%D0%BE%D0%B2%D0%B0-%D0%BE%D1%82%D0%BA%D1%80%D1%8B%D1%82-%D1%81%D0%B5%D0%B3%D0%BE%D0%B4%D0%BD%D1%8F
    /%E6%B8%AF%E5%8F%A3%E4%BB%8A%E5%A4%A9%E9%87%8D%E6%96%B0%E5%BC%80%E6%94%BE
"""


@pytest.mark.parametrize("path", NO_ARTICLES.split())
def test_what_never_looks_like_an_article(path: str) -> None:
    assert not looks_like_article(f"https://radio.example{path}", trusted=True)
    assert not looks_like_article(f"https://radio.example{path}", trusted=False)


@pytest.mark.parametrize("path", ONLY_FROM_A_TRUSTED_LISTING.split())
def test_what_a_trusted_listing_is_believed_about(path: str) -> None:
    assert looks_like_article(f"https://radio.example{path}", trusted=True)
    assert not looks_like_article(f"https://radio.example{path}", trusted=False)


@pytest.mark.parametrize("path", ARTICLES.split())
def test_what_looks_like_an_article(path: str) -> None:
    assert looks_like_article(f"https://radio.example{path}", trusted=True)
    assert looks_like_article(f"https://radio.example{path}", trusted=False)


def test_the_wanted_links_and_the_reasons_against_the_others() -> None:
    links = [
        Link("https://www.radio.example/fr/12-port", title="first"),
        Link("https://other.example/fr/13-port"),
        Link("https://radio.example/fr/about"),
        Link("http://radio.example/index.php/fr/12-port", title="the same"),
        Link("https://radio.example/fr/14-recolte"),
    ]
    kept, passed_over = wanted(links, re.compile(r"/fr/\d+-"), {"radio.example"}, trusted=False)
    assert kept == (links[0], links[4])
    assert passed_over == {"other-host": 1, "unwanted": 1, "duplicate": 1}


def test_without_a_rule_the_heuristic_decides() -> None:
    links = [Link("https://radio.example/world/africa"), Link("https://radio.example/12345-port")]
    assert wanted(links, None, {"radio.example"}, trusted=True)[0] == tuple(links)
    assert wanted(links, None, {"radio.example"}, trusted=False)[0] == (links[1],)


@pytest.fixture(scope="module")
def corpus() -> Path:
    folder = os.environ.get("COPYDESK_CORPUS")
    if not folder:
        pytest.skip("COPYDESK_CORPUS is not set")
    return Path(folder)


@pytest.mark.corpus
def test_article_links_of_a_real_front_page(corpus: Path) -> None:
    page = (corpus / "radiohc/home-2018-03-20-trimmed.html").read_bytes()
    links = parse_section(page, "http://www.radiohc.cu/", "text/html").links
    rule = re.compile(r"/noticias/[a-z]+/\d+-")
    ruled, _ = wanted(links, rule, {"radiohc.cu"}, trusted=False)
    assert [re.findall(r"\d{6}", link.url)[0] for link in ruled] == ["158008", "158001", "158000"]
    guessed, _ = wanted(links, None, {"radiohc.cu"}, trusted=False)
    numbers = {number for link in links for number in re.findall(r"/(\d{6})-", link.url)}
    assert {re.findall(r"\d{6}", link.url)[0] for link in guessed} == numbers


@pytest.mark.corpus
def test_real_articles_look_like_articles(corpus: Path) -> None:
    gold = json.loads((corpus / "articles/ground-truth.json").read_text()).values()
    urls = [url for article in gold if (url := printed_url(article["url"]))]
    trusted = sum(looks_like_article(url, trusted=True) for url in urls)
    untrusted = sum(looks_like_article(url, trusted=False) for url in urls)
    assert trusted == len(urls)
    assert untrusted >= 0.95 * len(urls)


@pytest.mark.corpus
def test_most_links_of_real_pages_are_no_articles(corpus: Path) -> None:
    gold = json.loads((corpus / "articles/ground-truth.json").read_text())
    own = kept = 0
    for name, article in list(gold.items())[:60]:
        body = gzip.decompress((corpus / f"articles/pages/{name}.html.gz").read_bytes())
        links = parse_section(body, article["url"]).links
        sites = {authority(article["url"])}
        own += sum(authority(link.url) in sites for link in links)
        kept += len(wanted(links, None, sites, trusted=False)[0])
    assert 0.1 * own < kept < 0.5 * own
