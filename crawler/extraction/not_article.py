"""What answers like an article and is none: each kind with what gives it away.

Every test that goes by words asks for a short text too, for there are articles about cookies,
robots and missing pages.
"""

import re
from itertools import islice

from lxml.etree import XPath
from lxml.html import HtmlElement

from crawler.document import normal_line
from crawler.extraction.metadata import Metadata, parts_of
from crawler.extraction.weight import weight
from crawler.page import Rejection

_SHORTEST = 200
_SHORT = 1000
_FORM_LENGTH = 1500

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
_A_PAGE = (
    r"(?:page|article|story|content|document|file|contenu|p[aá]gina|art[ií]culo|seite|artikel|"
    r"страниц|статья|сторінк|stron|σελίδα|άρθρο|页面|网页|頁面|網頁|文章|ページ|الصفحة)"
)
_GONE = (
    r"(?:not found|no longer (?:exists?|available)|(?:does not|doesn.t) exist|"
    r"(?:can.?t|cannot|could not) be found|not available|unavailable|been (?:re)?moved|introuvable|"
    r"n.existe (?:pas|plus)|no (?:se )?(?:ha sido |fue |ha )?encontrad|no existe|não (?:foi )?encontrad|"
    r"non (?:è stata )?trovat|nicht (?:gefunden|vorhanden|verfügbar)|не найден|не существует|не знайден|"
    r"nie (?:została |zosta[łl] )?(?:znalezion|istnieje)|δε(?:ν)? (?:βρέθηκε|υπάρχει)|找不到|不存在|"
    r"已(?:被)?[删刪]除|見つかりません|غير موجود)"
)
_MISSING = re.compile(
    rf"\b404\W+(?:error|not|page)|(?:^|error\W{{1,3}})404\b|^\W*(?:404|not found)\W*$|"
    rf"{_A_PAGE}.{{0,40}}{_GONE}|{_GONE}.{{0,15}}{_A_PAGE}",
    re.IGNORECASE | re.MULTILINE,
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


def not_an_article(
    tree: HtmlElement, markup: str, text: str, metadata: Metadata, url: str, *, is_listing: bool
) -> Rejection | None:
    """Why a page is none, or None where it is one.

    `markup` is the page's own text, `text` what the extractor took for the article's.
    """
    size = weight(text)
    if not metadata.names_one_article:
        if reason := _wall(tree, markup, _titles(tree, metadata), text, url):
            return reason
        if is_listing:
            return Rejection("listing", "most of the text stands in teasers of other pages")
    if not size:
        return Rejection("no-text", "no text found that could be an article's")
    if size < _SHORTEST and not metadata.is_article:
        return Rejection("too-short", f"{len(text)} characters and no sign of an article")
    return None


def _titles(tree: HtmlElement, metadata: Metadata) -> str:
    """What the page calls itself, a line each."""
    headings = (heading.text_content() for heading in islice(tree.iter("h1"), 3))
    given = (metadata.title, tree.findtext(".//title"), *headings)
    return "\n".join(normal_line(title)[:300] for title in given if title)


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
    if _is_consent(said, url):
        return Rejection("consent", page_says[:200])
    if _PASSWORD(tree) and (size < _SHORTEST or _LOGIN_WORDS.search(page_says)):
        return Rejection("login", page_says[:200])
    return None


def _is_consent(said: str, url: str) -> bool:
    words = len(_CONSENT_WORDS.findall(said))
    parts = parts_of(url)
    if _CONSENT_ADDRESS.search(parts.hostname or "") or _CONSENT_ADDRESS.search(parts.path):
        return words > 1
    return words > 3 and len(said) < words * _CONSENT_DENSITY
