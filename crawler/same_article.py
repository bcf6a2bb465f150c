"""Whether an address that a page gives as its own is one of its article: pure, and slow to believe.

Pages name their front page as canonical, their section, the first page of several, the edition in
another language, or one and the same article on all of them. Whoever believes that loses an article
without having seen it, where a second fetch would have cost a moment. So a page's word is taken only
where the addresses bear it out: by the slug or the number that both have, or by the page's title.
"""

import re
import unicodedata
from collections.abc import Collection
from urllib.parse import unquote

from crawler.urls import url_key

_FORMS = frozenset(
    {"amp", "print", "printable", "printer", "print-version", "mobile", "m", "imprimir", "imprimer", "drucken",
     "druckversion", "pda", "full", "single", "lite", "text"}
)  # fmt: skip
_FORM_AT_END = re.compile(r"[._-](?:amp|print|printable|mobile)$")
_ENDING = re.compile(r"\.(?:[a-z]?html?\d?|php\d?|aspx?|jsp|jhtml|ece|cms|do|story)$")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?")
# As segments of a path; a site that has them has the same numbers in each edition.
_LANGUAGE_WORDS = frozenset(
    {
        "arabic", "bengali", "bangla", "chinese", "english", "french", "german", "hindi", "indonesian", "italian",
        "japanese", "korean", "marathi", "persian", "polish", "portuguese", "russian", "spanish", "tamil", "telugu",
        "turkish", "ukrainian", "urdu", "vietnamese", "ara", "ben", "chi", "deu", "eng", "esp", "fra", "fre", "ger",
        "hin", "ind", "ita", "jpn", "kor", "per", "pol", "por", "rus", "spa", "tam", "tel", "tur", "ukr", "urd", "vie",
        "zho", "espanol", "español", "francais", "français", "deutsch", "italiano", "portugues", "português",
        "russkiy",
    }
)  # fmt: skip
# What stands beside an article, under its number or its title, and is none of it.
_BESIDE = frozenset(
    {
        "comment", "comments", "discussion", "forum", "kommentare", "kommentar", "commentaires", "comentarios",
        "comentários", "commenti", "komentarze", "gallery", "galleries", "galerie", "galeria", "galería", "photo",
        "photos", "foto", "fotos", "image", "images", "bilder", "bildstrecke", "slideshow", "diaporama", "video",
        "videos", "vidéo", "vídeo", "audio", "podcast",
    }
)  # fmt: skip
_LANGUAGE_NAMES = frozenset({"lang", "language", "langue", "idioma", "locale", "hl", "edition"})
_NUMBER = re.compile(r"\d+")
_DATE = re.compile(
    r"(?:19|20)\d\d(?:[01]\d(?:[0-3]\d)?)?"
    # As `16122021`, `12162021`, `161221`, `121621`, `211216`.
    r"|(?:[0-3]\d[01]\d|[01]\d[0-3]\d)(?:19|20)\d\d"
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d\d"
    r"|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_WORD = re.compile(r"[^\W_]+")

# A slug of fewer words may be a section's; a number of fewer digits, a page's.
_FEWEST_WORDS = 3
_FEWEST_DIGITS = 4
# Slugs leave small words out, and titles are edited after them.
_OF_TITLE = 0.8


class _Address:
    """What tells an article's address from those of others."""

    def __init__(self, url: str) -> None:
        address, _, query = url_key(url).partition("?")
        self.host, _, path = address.partition("/")
        segments = [segment for segment in unquote(path).lower().split("/") if segment]
        parameters = [part.lower().partition("=") for part in query.split("&") if part]
        self.parameters = {(name, value) for name, _, value in parameters}
        self.values = {value for _, value in self.parameters}
        self.languages = [s for s in segments if _is_language(s)] + [
            value
            for name, _, value in parameters
            if name in _LANGUAGE_NAMES or _LANGUAGE.fullmatch(value)
        ]
        while segments and segments[-1] in _FORMS:
            segments.pop()
        last = _FORM_AT_END.sub("", _ENDING.sub("", segments[-1])) if segments else ""
        self.above = [*segments[:-1]]
        self.last = last
        self.beside = _BESIDE.intersection((*self.above, last))
        self.numbers_above = {n for segment in self.above for n in _NUMBER.findall(segment)}
        self.words = _WORD.findall(last)
        self.numbers = {number for text in (last, *self.values) for number in _NUMBER.findall(text)}

    @property
    def ids(self) -> set[str]:
        """The numbers that are no year, no date, and no page of several."""
        return {n for n in self.numbers if len(n) >= _FEWEST_DIGITS and not _DATE.fullmatch(n)}

    @property
    def slug(self) -> tuple[str, ...]:
        """The words of the last segment, where they are many enough to be one article's."""
        words = tuple(word for word in self.words if not word.isdigit())
        return tuple(self.words) if len(words) >= _FEWEST_WORDS else ()


def is_of_same_article(url: str, other: str, title: str | None) -> bool:
    """Whether a page's word for it is enough to take `other` for an address of its article.

    Both are printed URLs, `url` the page's own; `title` is the article's.
    """
    own, named = _Address(url), _Address(other)
    if own.host != named.host or own.languages != named.languages or own.beside != named.beside:
        return False
    # `/port-opens/2`, `/port-opens/photos`: below the article's own address is a part of it, or another's.
    if named.last and named.last in own.above:
        return False
    # `?article=port-opens` names another article than `?article=port-closes`.
    if not named.values <= own.values | own.numbers:
        return False
    if own.ids and named.ids:
        return bool(own.ids & named.ids) and _is_as_far(own, named)
    if own.slug and named.slug:
        return (
            own.slug == named.slug
            and named.parameters <= own.parameters
            and _is_as_far(own, named)
            and _is_as_high(own, named)
        )
    if own.slug or not named.slug:
        return False
    # `?p=44`, `/print/44`: the number is the article's, and the slug must be its title's; not `?page=2`.
    is_page = any(name == "page" for name, _ in own.parameters - named.parameters)
    return (
        len(own.numbers) <= 1 and not is_page and _is_of_title(named.slug, _words_of(title or ""))
    )


def _is_as_far(own: _Address, named: _Address) -> bool:
    """Whether no number of a page of several is missing, or stands for something else."""
    short = {
        (name, value) for name, value in own.parameters if value.isdigit() and value not in own.ids
    }
    return own.numbers <= named.numbers and short <= named.parameters


def _is_as_high(own: _Address, named: _Address) -> bool:
    """Whether two addresses with the same last words have not different numbers or days before them."""
    one, other = own.numbers_above, named.numbers_above
    return one <= other or other <= one


def _is_language(segment: str) -> bool:
    if segment in _LANGUAGE_WORDS:
        return True
    return _LANGUAGE.fullmatch(segment) is not None and segment not in _FORMS


def _is_of_title(slug: Collection[str], title: Collection[str]) -> bool:
    words = [word for text in slug for word in _words_of(text) if not word.isdigit()]
    return len(words) >= _FEWEST_WORDS and (
        sum(word in title for word in words) >= _OF_TITLE * len(words)
    )


def _words_of(text: str) -> list[str]:
    """Words as slugs write them: in lower case, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
