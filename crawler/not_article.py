"""What answers like an article and is none: each kind with what gives it away.

Every test that goes by words asks for a short text too, for there are articles about cookies,
robots and missing pages.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from lxml.etree import XPath, _Element
from lxml.html import HtmlElement

from crawler.document import normal_line, normalise_for_id
from crawler.metadata import Metadata
from crawler.page import Rejection

_SHORTEST = 200
_SHORT = 1000
_FORM_LENGTH = 1500

_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_CJK_WEIGHT = 3

_CHALLENGE = re.compile(
    r"_cf_chl_opt|cf-challenge|cf-turnstile|challenge-form|captcha-delivery\.com|px-captcha|"
    r"_incapsula_resource|sucuri_cloudproxy|ddos-guard|awswafcookie|gokuprops|anubis_challenge|"
    r"/_sec/cp_challenge|geo\.captcha|g-recaptcha|h-captcha|distil_r_captcha",
    re.IGNORECASE,
)
_CHALLENGE_WORDS = re.compile(
    r"just a moment|attention required|checking your browser|verify(ing)? (that )?you are (a )?human|"
    r"are you a (ro)?bot|not a (ro)?bot|access denied|security check|ddos protection|pardon our "
    r"interruption|unusual traffic|enable javascript and cookies|un instant|un momento|"
    r"êtes pas un robot|no eres un robot|kein roboter|вы не робот|проверка браузера|安全验证",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"\b404\b|\bnot found\b|(page|article|story|content)\b.{0,30}"
    r"(no longer (exists|available)|(does not|doesn.t) exist|(can.?t|cannot|could not) be found|"
    r"(is )?(not|un)available|has (been )?(re)?moved)|(page|article|contenu)\b.{0,20}"
    r"(introuvable|n.existe (pas|plus))|p[aá]gina.{0,20}(no encontrada|no existe|não encontrada|"
    r"non trovata)|no se (ha )?(encontr|encuentra)|seite.{0,30}nicht (gefunden|vorhanden)|"
    r"не найден|не существует|nie (została |zosta[łl]o )?(znalezion|istnieje)|δε(ν)? (βρέθηκε|υπάρχει)|"
    r"找不到|不存在|已(被)?删除|已被刪除|見つかりません|غير موجود",
    re.IGNORECASE,
)
_LOGIN_WORDS = re.compile(
    r"\b(log|sign) ?(in|on)\b|\blogin\b|subscri|connexion|connectez|se connecter|identifi|abonn|"
    r"iniciar sesi|inicia sesi|suscr|anmelden|einloggen|zaloguj|войти|вход|авториз|σύνδεση|登录|登入",
    re.IGNORECASE,
)
_CONSENT_WORDS = re.compile(
    r"cookie|consent|privacy|gdpr|rgpd|dsgvo|partners?\b|einwillig|zustimm|datenschutz|consenti|"
    r"confidentialit|données personnelles|privacidad|protección de datos|toestemming|zgod[aęy]|"
    r"prywatno|персональн|конфиденциальн|απορρήτ",
    re.IGNORECASE,
)
_CONSENT_ADDRESS = re.compile(
    r"(^|\.)(consent|guce|cmp|privacy)\.|/(consent|privacy-?(gate|wall))\b"
)
_CONSENT_DENSITY = 150

_PASSWORD = XPath("boolean(.//input[@type='password'])")
_LINKS = XPath(".//a[@href]")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | {"p", "div", "li", "td", "dt", "article", "section", "header"}
_TEASERS = 4
_TEASER_SHARE = 0.6


def weight(text: str) -> int:
    """Length in letters of an alphabet: a character of Chinese says as much as three."""
    return len(text) + (_CJK_WEIGHT - 1) * len(_CJK.findall(text))


def not_an_article(
    tree: HtmlElement, markup: str, blocks: Sequence[str], metadata: Metadata, url: str
) -> Rejection | None:
    """Why a page is none, or None where it is one.

    `markup` is the page's text, `blocks` what the extractor took for the article's.
    """
    text = "\n".join(blocks)
    size = weight(text)
    if not metadata.names_one_article:
        page_says = " ".join(
            filter(None, (metadata.title, normal_line(tree.findtext(".//title") or "")))
        )
        if reason := _wall(tree, markup, page_says, text, url):
            return reason
        if _is_listing(tree, blocks):
            return Rejection("listing", "most of the text stands in teasers of other pages")
    if not size:
        return Rejection("no-text", "no text found that could be an article's")
    if size < _SHORTEST and not metadata.is_article:
        return Rejection("too-short", f"{len(text)} characters and no sign of an article")
    return None


def _wall(tree: HtmlElement, markup: str, page_says: str, text: str, url: str) -> Rejection | None:
    """What stands in front of an article, or instead of it."""
    size = weight(text)
    if size > _FORM_LENGTH:
        return None
    said = f"{page_says}\n{text}"
    if _CHALLENGE_WORDS.search(said) and (_CHALLENGE.search(markup) or size < _SHORTEST):
        return Rejection("challenge", page_says[:200])
    if size < _SHORT and _MISSING.search(page_says):
        return Rejection("soft-404", page_says[:200])
    if size < _SHORTEST and _MISSING.search(said):
        return Rejection("soft-404", normal_line(text)[:200])
    if _is_consent(said, url):
        return Rejection("consent", page_says[:200])
    if _PASSWORD(tree) and (size < _SHORTEST or _LOGIN_WORDS.search(page_says)):
        return Rejection("login", page_says[:200])
    return None


def _is_consent(said: str, url: str) -> bool:
    words = len(_CONSENT_WORDS.findall(said))
    parts = urlsplit(url)
    if _CONSENT_ADDRESS.search(parts.hostname or "") or _CONSENT_ADDRESS.search(parts.path):
        return words > 1
    return words > 3 and len(said) < words * _CONSENT_DENSITY


def _is_listing(tree: HtmlElement, blocks: Sequence[str]) -> bool:
    """Whether most of the text stands in the teasers of several other pages, none of it large."""
    teasers = [normalise_for_id(card.text_content()) for card in _cards(tree)]
    if len(teasers) < _TEASERS:
        return False
    found = [(_teaser_with(normalise_for_id(block), teasers), len(block)) for block in blocks]
    in_teasers: Counter[int] = Counter()
    for index, length in found:
        in_teasers[index] += length
    outside = in_teasers.pop(-1, 0)
    inside = in_teasers.total()
    return (
        len(in_teasers) >= _TEASERS
        and inside > _TEASER_SHARE * (inside + outside)
        and max(in_teasers.values()) < inside / 2
    )


def _teaser_with(block: str, teasers: Sequence[str]) -> int:
    return next((index for index, teaser in enumerate(teasers) if block in teaser), -1)


def _cards(tree: HtmlElement) -> list[_Element]:
    """The largest elements around one headline that links away, and no other such headline."""
    headlines = list(_headlines(tree))
    above = Counter(ancestor for headline in headlines for ancestor in headline.iterancestors())
    cards = []
    for headline in headlines:
        card: _Element = headline
        for ancestor in headline.iterancestors():
            if above[ancestor] > 1:
                break
            card = ancestor
        cards.append(card)
    return cards


def _headlines(tree: HtmlElement) -> Iterable[_Element]:
    """The blocks that are wholly one link, with the words of a headline in it."""
    for link in _LINKS(tree):
        text = normal_line(link.text_content())
        if weight(text) < 20:
            continue
        block = next((up for up in link.iterancestors() if up.tag in _BLOCKS), None)
        if block is not None and len(normal_line(block.text_content())) <= len(text) + 5:
            yield block
        elif any(child.tag in _HEADINGS for child in link.iterdescendants()):
            yield link
