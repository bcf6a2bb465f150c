"""Rewrites made from gold texts: one story as another site might print it, in every degree.

The originals are pages of one site, the rewrites of one kind of another, so that they go through the
service as any page does. The same corpus gives the same rewrites.
"""

import gzip
import random
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from evaluation.corpus import Pair, Part, StoredPage
from evaluation.measure import likeness

PART = "rewrites"

_SEED = 20261121
# Characters; a short text has its own rules, which have tests of their own.
_SHORTEST, _LONGEST = 600, 12_000
_NEAR = 0.3
_SENTENCE = re.compile(r"[^.!?。！？;]+[.!?。！？;]*\s*")
_TYPOGRAPHY = str.maketrans({"'": "’", '"': "”", "-": "–", "«": "“", "»": "”", "…": "..."})


@dataclass(frozen=True, slots=True)
class _Story:
    id: str
    sentences: list[str]

    @property
    def text(self) -> str:
        return "".join(self.sentences)


def rewrites(part: Part, folder: Path) -> Part:
    """A part of originals and a rewrite of each, with the pages written to a folder.

    What is mixed into them is from stories in the same letters that are no originals.
    """
    rng = random.Random(_SEED)
    folder.mkdir(parents=True, exist_ok=True)
    pages: list[StoredPage] = []
    pairs: list[Pair] = []
    for stories in _by_script(part).values():
        originals, strangers = stories[len(stories) // 3 :], stories[: len(stories) // 3]
        for story in originals if strangers else ():
            kind = rng.choice(list(_KINDS))
            text = _KINDS[kind](story, rng.choice(strangers), rng)
            original = _page(folder, f"original-{story.id}", story.text)
            made = _page(folder, f"{kind}-{story.id}", text)
            pages += [original, made]
            jaccard, containment = likeness(story.text, text)
            if max(jaccard, containment) >= _NEAR:
                pairs.append(Pair(frozenset((original.id, made.id)), jaccard, containment))
    pages.sort(key=lambda page: (page.site, page.id))
    return Part(PART, tuple(pages), tuple(pairs))


def kind_of(page: str) -> str:
    """How a page of this part was made, by its id."""
    return page.split("-", 1)[0]


def _by_script(part: Part) -> dict[str, list[_Story]]:
    """Stories that are like no other one, by what they are written in, in an order by lot."""
    paired = {page for pair in part.pairs for page in pair.pages}
    found: dict[str, list[_Story]] = {}
    for page in sorted(part.pages, key=lambda page: page.id):
        if page.id not in paired and _SHORTEST <= len(page.gold) <= _LONGEST:
            sentences = _SENTENCE.findall(" ".join(page.gold.split("\n")))
            letter = next((letter for letter in page.gold if letter.isalpha()), "a")
            script = unicodedata.name(letter, "").split(" ")[0]
            found.setdefault(script, []).append(_Story(page.id, sentences))
    for stories in found.values():
        random.Random(_SEED).shuffle(stories)
    return found


def _page(folder: Path, name: str, text: str) -> StoredPage:
    sentences = _SENTENCE.findall(text)
    threes = ("".join(sentences[at : at + 3]) for at in range(0, len(sentences), 3))
    body = "".join(f"<p>{escape(paragraph.strip())}</p>" for paragraph in threes)
    title = escape(sentences[0].strip()[:80])
    page = (
        f"<!doctype html><meta charset=utf-8><title>{title}</title>"
        f'<meta property="article:published_time" content="2026-01-01">'
        f"<article><h1>{title}</h1>{body}</article>"
    )
    file = folder / f"{name}.html.gz"
    file.write_bytes(gzip.compress(page.encode(), mtime=0))
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())
    return StoredPage(name, kind_of(name), slug, None, file, text)


def _cut(story: _Story, other: _Story, rng: random.Random) -> str:
    """Its beginning, as a paper short of room prints it."""
    most = len(story.sentences)
    return "".join(story.sentences[: max(2, round(most * rng.uniform(0.25, 0.95)))])


def _thinned(story: _Story, other: _Story, rng: random.Random) -> str:
    """Sentences left out anywhere."""
    kept = rng.uniform(0.3, 0.95)
    return "".join(s for s in story.sentences if rng.random() < kept) or story.text


def _reordered(story: _Story, other: _Story, rng: random.Random) -> str:
    """Threes of sentences, in another order."""
    threes = [story.sentences[at : at + 3] for at in range(0, len(story.sentences), 3)]
    rng.shuffle(threes)
    return "".join(sentence for three in threes for sentence in three)


def _edited(story: _Story, other: _Story, rng: random.Random) -> str:
    """A word in so many is another one."""
    rate = rng.uniform(0.01, 0.15)
    pieces = re.findall(r"\s+|[\u3040-\u9fff]|[^\s\u3040-\u9fff]+", story.text)
    strange = re.findall(r"[\u3040-\u9fff]|[^\s\u3040-\u9fff]+", other.text)
    return "".join(
        rng.choice(strange) if not piece.isspace() and rng.random() < rate else piece
        for piece in pieces
    )


def _merged(story: _Story, other: _Story, rng: random.Random) -> str:
    """The story with a share of another one in it."""
    place = rng.randrange(len(story.sentences) + 1)
    share = round(len(other.sentences) * rng.uniform(0.1, 1.0))
    return "".join([*story.sentences[:place], *other.sentences[:share], *story.sentences[place:]])


def _retyped(story: _Story, other: _Story, rng: random.Random) -> str:
    """Other marks and spaces, some capitals, a sentence or two less."""
    kept = [sentence for sentence in story.sentences if rng.random() < rng.uniform(0.8, 1.0)]
    words = "".join(kept or story.sentences).translate(_TYPOGRAPHY).split(" ")
    return " ".join(word.upper() if rng.random() < 0.05 else word for word in words)


def _quoting(story: _Story, other: _Story, rng: random.Random) -> str:
    """Another story that quotes this one: to be told apart."""
    start = rng.randrange(max(1, len(story.sentences) - 1))
    quoted = story.sentences[start : start + 2]
    place = rng.randrange(len(other.sentences) + 1)
    return "".join([*other.sentences[:place], *quoted, *other.sentences[place:]])


_KINDS: Mapping[str, Callable[[_Story, _Story, random.Random], str]] = {
    "cut": _cut,
    "thinned": _thinned,
    "reordered": _reordered,
    "edited": _edited,
    "merged": _merged,
    "retyped": _retyped,
    "quoting": _quoting,
}
