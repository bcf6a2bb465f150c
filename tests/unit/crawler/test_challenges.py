"""Pages that ask whether a person is there are known, and no page of a site is taken for one."""

import gzip
from datetime import UTC, datetime

import brotli
import pytest
from scrapy.http import HtmlResponse

from crawler.challenge import CHALLENGE, challenger
from crawler.fetching import MissKind, miss_of
from rig.stories import Story, article_page, section_page

NOW = datetime(2026, 11, 28, tzinfo=UTC)
STORIES = [Story.numbered(number) for number in range(30)]

CLOUDFLARE = (
    "<!DOCTYPE html><html lang='en-US'><head><title>Just a moment...</title></head><body>"
    "<noscript>Enable JavaScript and cookies to continue</noscript>"
    "<script>window._cf_chl_opt = {cvId: '3'};</script></body></html>"
)
ANUBIS = (
    "<!doctype html><html><head><title>Making sure you&#39;re not a bot!</title></head><body>"
    '<script id="anubis_challenge" type="application/json">{"rules":{}}</script></body></html>'
)
AKAMAI = (
    "<html><head></head><body><script>var i = 1; bm-verify=AAQ;</script>"
    "<noscript>Please enable JavaScript</noscript></body></html>"
)
CHECKING = "<html><head><title>\n Checking your browser </title></head><body>wait</body></html>"
CAPTCHA = "<html><title>Access</title><form><div class='g-recaptcha'></div></form></html>"
PLAIN = "<html><head><title>Forbidden</title></head><body>no</body></html>"


def _challenger(body: str | bytes, status: int = 200, **headers: str) -> str | None:
    told = {"content-type": "text/html; charset=utf-8"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    raw = body.encode() if isinstance(body, str) else body
    return challenger(status, lambda name: told.get(name.lower(), ""), raw)


@pytest.mark.parametrize("status", [200, 403, 429, 503])
@pytest.mark.parametrize(
    ("body", "who"),
    [(CLOUDFLARE, "Cloudflare"), (ANUBIS, "Anubis"), (AKAMAI, "Akamai"), (CHECKING, "a challenge")],
)
def test_what_bears_a_mark(body: str, who: str, status: int) -> None:
    assert _challenger(body, status) == who
    assert _challenger(gzip.compress(body.encode()), status, content_encoding="gzip") == who
    assert _challenger(brotli.compress(body.encode()), status, content_encoding="br") == who


def test_what_says_so_in_a_header() -> None:
    assert _challenger(b"", 403, cf_mitigated="challenge") == "Cloudflare"
    assert _challenger(b"", 202, x_amzn_waf_action="challenge", content_type="") == "AWS WAF"
    assert _challenger(PLAIN, 200, cf_mitigated="") is None


def test_a_form_is_a_sign_only_beside_a_refusal() -> None:
    assert _challenger(CAPTCHA, 403) == "a captcha"
    assert _challenger(CAPTCHA, 200) is None
    assert _challenger(PLAIN, 403) is None
    assert _challenger(CLOUDFLARE, 404) is None
    assert _challenger(CLOUDFLARE, 200, content_type="application/rss+xml") is None


@pytest.mark.parametrize("mark", ["_cf_chl_opt", "anubis_challenge", "captcha-delivery.com"])
@pytest.mark.parametrize(
    "page",
    [
        article_page(STORIES[0]),
        article_page(Story.numbered(1, paragraphs=9)).replace("article", "text"),
        section_page(STORIES, "/").replace("</ul>", "</ul>" + "<p>text" * 9),
        CLOUDFLARE + "<p>text" * 9,
        CLOUDFLARE + "x" * 2**15,
    ],
)
def test_what_says_more_is_a_page(page: str, mark: str) -> None:
    assert _challenger(page.replace("</body>", f"<script>{mark}</script></body>")) is None


def test_an_article_about_them_is_one() -> None:
    about = Story("/news/1", "Just a moment...", ("Checking your browser " * 20,))
    assert _challenger(article_page(about)) is None


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", b"<title>" * 5000, b"<title" + b" " * 60000, b"<" * 70000]
)
@pytest.mark.parametrize("coding", ["", "gzip", "br", "zstd", "nonsense"])
def test_whatever_comes_is_looked_at_without_an_error(body: bytes, coding: str) -> None:
    assert _challenger(body, 403, content_encoding=coding) is None


def test_a_packed_page_is_read_no_further_than_needed() -> None:
    bomb = gzip.compress(CLOUDFLARE.encode() + bytes(50 * 2**20))
    assert _challenger(bomb[: 2**15], 200, content_encoding="gzip") is None


def test_it_is_a_refusal_of_the_host() -> None:
    response = HtmlResponse(
        "https://a.example/1",
        status=200,
        headers={"Content-Type": "text/html", "Retry-After": "90"},
        body=CLOUDFLARE.encode(),
    )
    miss = miss_of(response, NOW)
    assert miss is not None
    assert (miss.kind, miss.reason) == (MissKind.REFUSED, CHALLENGE)
    assert "Cloudflare" in str(miss)
    assert miss.retry_at
    assert miss.retry_at.timestamp() == NOW.timestamp() + 90
