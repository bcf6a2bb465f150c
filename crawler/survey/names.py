"""What a site is called, and what its source is called after it. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from unicodedata import normalize

from crawler.document import normal_line
from crawler.extraction.titles import letters
from crawler.survey.front import Front
from crawler.survey.places import is_front, language_in, segments_of
from crawler.urls import host_of

_SEPARATOR = re.compile(r"\s+(?:[|·•»«›‹~:]|//|[-–—])\s+|\s*[|»]\s*")
_FEED_WORDS = re.compile(
    r"\b(?:rss|atom|feed|flux|fil|canal|noticias de|latest news from|all articles)\b(?: (?:de|of|from|von))?",
    re.IGNORECASE,
)
_LONGEST = 60
_CERTAIN = 3
_PLAIN = re.compile(r"[^a-z0-9]+")
_SOLD_BELOW = {"ac", "co", "com", "edu", "gob", "gouv", "gov", "ne", "net", "nom", "or", "org"}
_LONGEST_NAME = 60


def site_name(
    pages: Sequence[Front], feeds: Iterable[str], stated: Iterable[str], host: str
) -> str:
    """What most speaks for: what pages state, titles that recur, feeds, the host; else empty.

    `stated` are the names in the samples' own metadata, `feeds` the titles of the site's feeds.
    """
    weights: Counter[str] = Counter()
    for name in (*stated, *(name for page in pages for name in page.names[:3])):
        weights[_clean(name)] += 5
    for title in feeds:
        for part in _parts(_FEED_WORDS.sub(" ", title)):
            weights[part] += 3
    titles = {page.title for page in pages if page.title}
    often = Counter(part for title in titles for part in set(_parts(title)))
    for part, count in often.items():
        weights[part] += 2 * min(count, 4) if count > 1 else 1
    for heading in {heading for page in pages for heading in page.headings}:
        if heading in weights or len(heading) <= _LONGEST:
            weights[_clean(heading)] += 1
    for name in list(weights):
        weights[name] += 4 if _is_of_host(name, host) else 0
    best = max(weights, key=lambda name: (weights[name], -len(name)), default="")
    return best if best and weights[best] > _CERTAIN else ""


def _parts(title: str) -> list[str]:
    return [part for part in map(_clean, _SEPARATOR.split(title)) if part]


def _clean(name: str) -> str:
    name = normal_line(name).strip(" |·•»«-–—:,")
    return name if len(name) <= _LONGEST else ""


def _is_of_host(name: str, host: str) -> bool:
    """Whether the host abbreviates the name: its letters are all there, in their order, from the first on."""
    label = max(host.removeprefix("www.").split(".")[:-1], key=len, default="")
    label = "".join(filter(str.isalnum, label))
    plain = letters(normalize("NFKD", name).encode("ascii", "ignore").decode())
    if len(label) < 3 or label.isdecimal() or not plain.startswith(label[0]):
        return False
    rest = iter(plain)
    return all(letter in rest for letter in label) and len(plain) <= 5 * len(label)


def source_name(start: str, taken: Collection[str]) -> str:
    """A name for a source, from its host, its edition and its section; no other has it."""
    words = [_of_host(start)]
    segments = segments_of(start)
    if language_in(start):
        words.append(segments[0])
    if not is_front(start):
        words.append(re.sub(r"\.\w{2,5}$", "", segments[-1]))
    return unique_name("-".join(words), taken)


def unique_name(text: str, taken: Collection[str], number: int = 2) -> str:
    """A text as a source's name: a-z, 0-9 and -, and a number, from `number` on, where another one has it."""
    plain = normalize("NFKD", text.casefold().replace("ß", "ss")).encode("ascii", "ignore").decode()
    base = _PLAIN.sub("-", plain).strip("-")[:_LONGEST_NAME].strip("-") or "source"
    name = base
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _of_host(url: str) -> str:
    labels = host_of(url).lower().strip("[]").split(".")
    if labels[-1].isdecimal():
        return "-".join(labels)
    if labels[0] in ("www", "m", "rss", "feeds", "feed") and len(labels) > 2:
        labels = labels[1:]
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SOLD_BELOW:
        labels = labels[:-1]
    return "-".join(labels[:-1] or labels)
