"""Pages that stand before a site and ask whether a person is there: known by their marks, in few bytes.

Such a page is no article, and no fault of the address that was asked for: the host refuses.
"""

import re
from collections.abc import Callable

from crawler.decode import Undecodable, decompress

CHALLENGE = "challenge"
"""The reason of a miss: counted, and told."""
REFUSALS = frozenset({"http-403", "http-429", CHALLENGE})
"""Reasons of misses by which a site says that it does not want to be asked."""

_MOST_READ = 2**16
# A page of a site that was let through is larger, packed or not.
_MOST_SENT = 2**15
# Of a page that came with a good status: longer texts than these say more than "please wait".
_MOST_PARAGRAPHS = 8

# What gatekeepers say in headers: name, values, who.
_HEADERS = (
    ("cf-mitigated", {"challenge"}, "Cloudflare"),
    ("x-amzn-waf-action", {"challenge", "captcha"}, "AWS WAF"),
    ("x-vercel-mitigated", {"challenge"}, "Vercel"),
)
# Names of their scripts, forms and variables, which stand in no page behind them.
_MARKS = (
    (b"_cf_chl_opt", "Cloudflare"),
    (b"cf-browser-verification", "Cloudflare"),
    (b"captcha-delivery.com", "DataDome"),
    (b"px-captcha", "HUMAN"),
    (b"sucuri_cloudproxy_js", "Sucuri"),
    (b"/.well-known/ddos-guard/", "DDoS-Guard"),
    (b"anubis_challenge", "Anubis"),
    (b"bm-verify=", "Akamai"),
    (b"sec-if-cpt-container", "Akamai"),
    (b"awswafintegration", "AWS WAF"),
)
# These stand in pages behind them, too: a sign only beside a refusal.
_MARKS_OF_REFUSALS = (
    (b"/cdn-cgi/challenge-platform/", "Cloudflare"),
    (b"_incapsula_resource", "Imperva"),
    (b"token.awswaf.com", "AWS WAF"),
    (b"cf-turnstile", "a captcha"),
    (b"g-recaptcha", "a captcha"),
    (b"h-captcha", "a captcha"),
)
_TITLE = re.compile(rb"<title[^>]{0,200}>\s{0,200}([^<]{1,200})", re.IGNORECASE)
_TITLES = re.compile(
    rb"(just a moment|checking your browser|attention required! \| cloudflare|ddos-guard"
    rb"|making sure you(&#39;|&#x27;|'|\xe2\x80\x99)re not a bot|verify(ing)? (that )?you are (a )?human"
    rb"|are you a robot|bot verification|one moment, please|vercel security checkpoint)\W*$"
)
_ARTICLE = re.compile(rb"""<article[\s>]|og:type["'][^>]{0,40}article""")


def challenger(status: int, header: Callable[[str], str], body: bytes) -> str | None:
    """Who stands before the site, for a person; None where this is no challenge.

    `header` gives a header's value, or nothing; `body` is as it was received. A page with a good status
    is one only where it is small, says next to nothing, and bears a mark that no page behind it has.
    """
    for name, values, who in _HEADERS:
        if header(name).strip().lower() in values:
            return who
    is_refusal = status in {401, 403, 405, 429, 503}
    if not (is_refusal or 200 <= status < 300) or "html" not in header("Content-Type").lower():
        return None
    if not is_refusal and len(body) > _MOST_SENT:
        return None
    text = _beginning(body, header("Content-Encoding")).lower()
    if not is_refusal and (text.count(b"<p") > _MOST_PARAGRAPHS or _ARTICLE.search(text)):
        return None
    marks = _MARKS + _MARKS_OF_REFUSALS if is_refusal else _MARKS
    for mark, who in marks:
        if mark in text:
            return who
    title = _TITLE.search(text)
    return "a challenge" if title and _TITLES.match(title[1].strip()) else None


def _beginning(body: bytes, coding: str) -> bytes:
    try:
        return decompress(body[:_MOST_READ], coding, _MOST_READ)[:_MOST_READ]
    except Undecodable:
        # Cut off, or larger: neither a challenge nor anything else can be read in it here.
        return b""
