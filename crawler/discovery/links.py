"""Which links of a listing are wanted: of those to the site itself, those to articles."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import unquote

from crawler.discovery.listing import Link
from crawler.urls import same_site, url_key, without_empty_segments


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Path segments below which there are lists, accounts and services, in the larger languages.
NO_ARTICLE = _words(
    """
    tag tags etiqueta etiquetas etiquette etiquettes mots-cles schlagwort schlagworte topic topics
    category categories categoria categorias categorie kategorie kategorien kategoria kategorii
    author authors autor autores autoren auteur auteurs autore autori avtor user users member members
    search buscar busca busqueda recherche suche cerca ricerca poisk szukaj zoeken
    login logout signin sign-in signup sign-up register registro registrieren anmelden connexion
    inscription account konto compte cuenta subscribe subscription subscriptions abo abonnement
    suscripcion newsletter newsletters
    feed feeds rss atom trackback sitemap
    contact contacts contacto kontakt contactez-nous about about-us impressum imprint datenschutz
    privacy privacy-policy cookie-policy cookies terms terms-of-use terms-of-service mentions-legales
    aviso-legal faq advertise publicidad publicite werbung shop store cart checkout basket tienda boutique
    wp-admin wp-content wp-includes wp-json wp-login.php cdn-cgi static statics assets uploads
    """
)
_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|og[gv]|wav|flac|aac|webm|avi|mov|wmv|flv"
    r"|m3u8?|pls|pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|epub|zip|gz|bz2|xz|rar|7z|tar|exe|apk|dmg|iso|swf"
    r"|css|js|json|xml|rss|atom|txt|csv|ics)$",
    re.IGNORECASE,
)
_LISTING_PATH = re.compile(r"/(?:page|pagina|seite)[/-]?\d+/?$", re.IGNORECASE)
_LISTING_QUERY = re.compile(
    r"(?:^|&)(?:s|q|query|search|feed|replytocom|share|paged|tag|cat|category|author|post_type)=[^&]",
    re.IGNORECASE,
)
_ARCHIVE_PATH = re.compile(r"/(?:19|20)\d\d(?:[/-](?:\d\d?|[a-z]{3})){0,2}/?$", re.IGNORECASE)
_PAGE_NAME = re.compile(r"\.(?:html?|php|aspx?|jsp|cfm|shtml|phtml)$", re.IGNORECASE)

_DATE = re.compile(
    r"/(?:19|20)\d\d[/-]?(?:[01]?\d|[a-z]{3})(?:[/-]?[0-3]?\d)?/.|(?:19|20)\d\d-[01]\d-[0-3]\d",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"\d{5,}")
_HEX_ID = re.compile(r"(?=[0-9a-f]*\d)[0-9a-f]{16,}", re.IGNORECASE)
_NUMBERED_SLUG = re.compile(r"\d{2,}[-_][^\W\d]|[^\W\d][-_]\d{3,}$")
_QUERY_ID = re.compile(
    r"(?:^|&)(?:p|id|\w*_id|aid|nid|sid|idx|no|num|art|\w*article\w*|story\w*|news\w*|doc\w*)=\w*\d\d",
    re.IGNORECASE,
)
_ARTICLE_WORD = _words(
    """
    article articles story stories artikel artykul articolo articoli articulo articulos artigo artigos nota notas
    noticia statya post posts news-story fact-check opinion
    """
)
_WORD_BREAK = re.compile(r"[-_+ ,.]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]{8,}")
_MANY_WORDS = 4
_SOME_WORDS = 3


def wanted(
    links: Iterable[Link],
    article_urls: re.Pattern[str] | None,
    authorities: Collection[str],
    *,
    trusted: bool,
) -> tuple[tuple[Link, ...], Mapping[str, int]]:
    """The links to articles of these sites, each once, in their order; the others, counted.

    `authorities` are as `crawler.urls.authority` writes them. `article_urls` is searched for in
    the URL; without it a heuristic decides, which for a `trusted` listing (one that names articles
    and little else) wants no proof. Reasons: `other-host`, `unwanted`, `duplicate`.
    """
    kept: dict[str, Link] = {}
    passed_over: Counter[str] = Counter()
    for link in links:
        if not same_site(link.url, authorities):
            passed_over["other-host"] += 1
        elif not _is_wanted(link.url, article_urls, trusted=trusted):
            passed_over["unwanted"] += 1
        elif (key := url_key(link.url)) in kept:
            passed_over["duplicate"] += 1
        else:
            kept[key] = link
    return tuple(kept.values()), passed_over


def _is_wanted(url: str, article_urls: re.Pattern[str] | None, *, trusted: bool) -> bool:
    if article_urls is not None:
        return fits(article_urls, url)
    return looks_like_article(url, trusted=trusted)


def fits(article_urls: re.Pattern[str], url: str) -> bool:
    """Whether a source's `article_urls` finds a printed URL, be it with empty segments or without."""
    if article_urls.search(url):
        return True
    plain = without_empty_segments(url)
    return plain != url and article_urls.search(plain) is not None


def looks_like_article(url: str, *, trusted: bool) -> bool:
    """Whether a printed URL may be an article's, by its looks alone.

    From a trusted listing everything is, except front pages, lists, services and files; from any
    other page only what bears a sign: a date, an id, a headline in the path.
    """
    address, _, query = url.partition("?")
    path = "/" + unquote(address.partition("://")[2].partition("/")[2])
    segments = [segment for segment in path.split("/") if segment]
    if _is_no_article(path, segments, query):
        return False
    return trusted or _has_sign(path, segments, query)


def _is_no_article(path: str, segments: list[str], query: str) -> bool:
    has_id = _QUERY_ID.search(query) is not None
    return (
        not (has_id or _says_something(segments))
        or not NO_ARTICLE.isdisjoint(segment.lower() for segment in segments)
        or _FILE.search(path) is not None
        or _LISTING_PATH.search(path) is not None
        or _ARCHIVE_PATH.search(path) is not None
        or (not has_id and _LISTING_QUERY.search(query) is not None)
    )


def _says_something(segments: list[str]) -> bool:
    """Whether a path is more than a front page's or one bare word, such as `/fr` or `/news/`."""
    names = [segment for segment in segments if segment.lower() != "index.php"]
    if len(names) != 1:
        return bool(names)
    return not _PAGE_NAME.sub("", names[0]).isalpha() or _UNSPACED.search(names[0]) is not None


def _has_sign(path: str, segments: list[str], query: str) -> bool:
    if _QUERY_ID.search(query) or _DATE.search(path) or _LONG_NUMBER.search(path):
        return True
    if _HEX_ID.search(path) or _UNSPACED.search(path):
        return True
    return any(_is_headline(segment, segments) for segment in segments[-2:])


def _is_headline(segment: str, segments: list[str]) -> bool:
    name = _PAGE_NAME.sub("", segment)
    words = len([word for word in _WORD_BREAK.split(name) if word])
    if _NUMBERED_SLUG.search(name) and words >= _SOME_WORDS:
        return True
    is_page = name != segment or not _ARTICLE_WORD.isdisjoint(s.lower() for s in segments[:-1])
    return words >= (_SOME_WORDS if is_page else _MANY_WORDS)
