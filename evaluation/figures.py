"""The figures of one part with their intervals, the service's beside trafilatura's own. Pure."""

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from evaluation.corpus import Part, StoredPage
from evaluation.holdings import Holdings, Text
from evaluation.intervals import Sums, bootstrap, wilson
from evaluation.measure import Band, bands, shingle_f1, shingle_sums, token_f1, words_run_together
from evaluation.rewrites import PART as REWRITES
from evaluation.rewrites import kind_of
from workers.dedup.compare import Verdict, compare, verdict
from workers.dedup.signature import signature
from workers.dedup.words import shingles, words

Texts = Mapping[str, Text]

HALVES = ("all sites", "one half", "other half")


def half(site: str) -> str:
    """To which half of the sites one belongs: a fixed one, by its name."""
    return HALVES[1 + zlib.crc32(site.encode()) % 2]


def body_figures(part: Part, texts: Texts, baselines: Mapping[str, Texts]) -> dict[str, Any]:
    """F1 of the texts, by half of the sites; of ours, of each baseline, and by how much ours is better."""
    told: dict[str, Any] = {}
    for name in HALVES:
        pages = [
            page for page in part.pages if name == HALVES[0] or half(_site(part, page)) == name
        ]
        if not pages:
            continue
        of, ours = _measure(part), _groups(part, pages, texts)
        figures = {"copydesk": asdict(bootstrap(list(ours.values()), of))}
        for mode, theirs in baselines.items():
            their = _groups(part, pages, theirs)
            figures[mode] = asdict(bootstrap(list(their.values()), of))
            paired = [ours[site] + their[site] for site in ours]
            figures[f"copydesk - {mode}"] = asdict(bootstrap(paired, _difference(of)))
        told[name] = {"pages": len(pages), "figures": figures}
    return told


def _measure(part: Part) -> Callable[[Sums], float]:
    return shingle_f1 if part.name == "articles" else lambda sums: sums[0] / sums[1]


def _difference(of: Callable[[Sums], float]) -> Callable[[Sums], float]:
    return lambda sums: of(sums[: len(sums) // 2]) - of(sums[len(sums) // 2 :])


def _site(part: Part, page: StoredPage) -> str:
    """`articles` has one page a site, all in one source."""
    return page.id if part.name == "articles" else page.site


def _groups(part: Part, pages: Iterable[StoredPage], texts: Texts) -> dict[str, Sums]:
    groups: defaultdict[str, list[Sums]] = defaultdict(list)
    for page in pages:
        found = as_gold(part, texts.get(page.id))
        sums = (
            shingle_sums(page.gold, found)
            if part.name == "articles"
            else (token_f1(page.gold, found), 1.0)
        )
        groups[_site(part, page)].append(sums)
    return {site: tuple(map(sum, zip(*sums, strict=True))) for site, sums in groups.items()}


def as_gold(part: Part, text: Text | None) -> str:
    """A text in the form of the gold ones, which begin with the headline or not."""
    if text is None:
        return ""
    return f"{text.title}\n\n{text.body}" if part.headline_is_text else text.body


def word_figures(part: Part, texts: Texts) -> dict[str, list[str]]:
    """Words that were run together, and words that were broken apart, against the gold texts."""
    found = [(page.gold, as_gold(part, texts.get(page.id))) for page in part.pages]
    return {
        "run_together": [word for gold, text in found for word in words_run_together(gold, text)],
        "broken": [word for gold, text in found for word in words_run_together(text, gold)],
    }


def band_figures(part: Part, holdings: Holdings) -> list[dict[str, Any]]:
    """Pairs found, by band of the gold texts' Jaccard similarity."""
    texts = {page.id: holdings.ids(page.id) for page in part.pages}
    return [_told(band) for band in bands(part.pairs, texts)]


def _told(band: Band) -> dict[str, Any]:
    interval = asdict(wilson(band.found, band.pairs)) if band.pairs else None
    return {**asdict(band), "share": interval}


def kind_figures(part: Part, holdings: Holdings) -> dict[str, dict[str, Any]]:
    """Of rewrites, by kind: how many there are, how many were found, what signatures alone would lose."""
    if part.name != REWRITES:
        return {}
    gold = {page.id: page.gold for page in part.pages}
    texts = {page.id: holdings.ids(page.id) for page in part.pages}
    told: defaultdict[str, dict[str, Any]] = defaultdict(
        lambda: {"pairs": 0, "found": 0, "judged": 0, "judged_and_met": 0}
    )
    for page in part.pages:
        original = f"original-{page.id.split('-', 1)[1]}"
        if page.id == original:
            continue
        counts = told[kind_of(page.id)]
        judged = verdict(compare(gold[page.id], gold[original])) is not Verdict.DISTINCT
        met = not set(signature(gold[page.id])).isdisjoint(signature(gold[original]))
        counts["pairs"] += 1
        counts["found"] += not texts[page.id].isdisjoint(texts[original])
        counts["judged"] += judged
        counts["judged_and_met"] += judged and met
    return dict(told)


def dropped_figures(holdings: Holdings) -> dict[str, Any]:
    """What was lost with the near-duplicates that were dropped."""
    kept = {text for path, text in holdings.files.items() if path.startswith("documents/")}
    dropped = {name: text for name, text in holdings.texts.items() if name not in kept}
    known = {shingle for name in kept for shingle in shingles(words(holdings.texts[name].body))}
    alone = total = 0
    for text in dropped.values():
        marks = list(_are_known(words(text.body), known))
        alone, total = alone + marks.count(False), total + len(marks)
    return {
        "texts": len(dropped),
        "words": total,
        "words_in_no_kept_text": alone,
        "share": round(alone / total, 4) if total else 0.0,
        "least_own_shingles_kept": _least_kept(holdings, dropped),
    }


def _are_known(own: list[str], known: set[str]) -> Iterator[bool]:
    """Of each word, whether a shingle that it is in is known."""
    threes = shingles(own)
    for at in range(len(own)):
        yield any(shingle in known for shingle in threes[max(0, at - 2) : at + 1])


def _least_kept(holdings: Holdings, dropped: Mapping[str, Text]) -> float | None:
    shares = [
        compare(dropped[text].body, holdings.texts[original].body).containment
        for text, original in (
            (text, holdings.original_of.get(page, "")) for page, text in holdings.text_of.items()
        )
        if text in dropped and original in holdings.texts
    ]
    return round(min(shares), 3) if shares else None
