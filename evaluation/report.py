"""What the runs over a part came to, as one object and as a table."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from evaluation.corpus import Pair, Part
from evaluation.figures import (
    Texts,
    as_gold,
    band_figures,
    body_figures,
    dropped_figures,
    kind_figures,
    word_figures,
)
from evaluation.holdings import Holdings
from evaluation.intervals import Interval, wilson
from evaluation.measure import Pairs, judged_pairs, mean_token_f1, shingle_score
from evaluation.run import Again, Killed, Runs
from workers.dedup.compare import compare

Row = tuple[str, str]

_SHOWN = 8


def report(part: Part, runs: Runs, baselines: Mapping[str, Texts] | None = None) -> dict[str, Any]:
    """All that was measured. A page is named by its id in the corpus.

    `baselines` has the texts that others find on the same pages, by their names.
    """
    first, holdings = runs.first, runs.first.holdings
    texts = [(page.gold, as_gold(part, holdings.text(page.id))) for page in part.pages]
    pairs = judged_pairs(
        part.pairs, {page.id: holdings.ids(page.id) for page in part.pages}, holdings.reported
    )
    return {
        "pages": len(part.pages),
        "sources": len(part.sites),
        "outcomes": first.outcomes,
        "reasons": first.reasons,
        "astray": first.astray,
        "errors": first.errors,
        "token_f1": round(mean_token_f1(texts), 4),
        "shingles": _shingles(texts) if part.name == "articles" else None,
        "halves": body_figures(part, _texts(part, holdings), baselines or {}),
        "words": word_figures(part, _texts(part, holdings)),
        "pairs": _pairs(pairs, holdings) if part.pairs else None,
        "bands": band_figures(part, holdings) if part.pairs else [],
        "kinds": kind_figures(part, holdings),
        "dropped": dropped_figures(holdings),
        "unread": _unread(part, holdings),
        "seconds": first.seconds,
        "pages_per_second": round(len(part.pages) / first.seconds, 1),
        "again": _with_verdict(runs.again),
        "killed": _with_verdict(runs.killed) if runs.killed else None,
    }


def _texts(part: Part, holdings: Holdings) -> Texts:
    found = ((page.id, holdings.text(page.id)) for page in part.pages)
    return {page: text for page, text in found if text}


def _shingles(texts: list[tuple[str, str]]) -> dict[str, float]:
    score = shingle_score(texts)
    return {
        "precision": round(score.precision, 4),
        "recall": round(score.recall, 4),
        "f1": round(score.f1, 4),
    }


def _pairs(pairs: Pairs, holdings: Holdings) -> dict[str, Any]:
    return {
        "alike": len(pairs.found) + len(pairs.missed),
        "found": len(pairs.found),
        "missed": [
            {"pages": sorted(p.pages), "gold": p.jaccard, "why": _why_missed(p, holdings)}
            for p in pairs.missed
        ],
        "reported": pairs.reported,
        "right": pairs.reported - len(pairs.wrong),
        "wrong": [sorted(pages) for pages in pairs.wrong],
    }


def _why_missed(pair: Pair, holdings: Holdings) -> str:
    """What became of the pages of a pair that was not found."""
    one, other = (holdings.text(page) for page in sorted(pair.pages))
    if one and other:
        return f"their texts as extracted have a Jaccard similarity of {compare(one.body, other.body).jaccard}"
    unread = (page for page in sorted(pair.pages) if not holdings.text(page))
    return "; ".join(f"{page} is rejected, {holdings.unread.get(page)}" for page in unread)


def _unread(part: Part, holdings: Holdings) -> dict[str, str]:
    """Pages for which there is no text although people found one, and why."""
    return {
        page.id: holdings.unread.get(page.id, "not said")
        for page in part.pages
        if page.gold.strip() and not holdings.text(page.id)
    }


def _with_verdict(of: Again | Killed) -> dict[str, Any]:
    return {"is_the_same": of.is_the_same, **asdict(of)}


def table(name: str, told: Mapping[str, Any]) -> str:
    """A report for a person, a line a figure."""
    rows = list(_rows(told))
    width = max(len(label) for label, _ in rows)
    return "\n".join([name, *(f"  {label:<{width}}  {value}" for label, value in rows)])


def _rows(told: Mapping[str, Any]) -> Iterator[Row]:
    outcomes = told["outcomes"]
    yield "pages", f"{told['pages']} of {told['sources']} sources"
    yield "outcomes", _counted(outcomes)
    yield "each page once", _verdict(not told["astray"], f"{sum(outcomes.values())} outcomes")
    for reason, count in sorted(told["reasons"].items()):
        yield reason, str(count)
    for source, error in told["errors"].items():
        yield f"{source} failed", error
    yield "no text, though there is one", str(len(told["unread"]))
    yield "token F1", f"{told['token_f1']:.3f}"
    if told["shingles"]:
        yield (
            "4-gram shingles",
            "F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}".format(
                **told["shingles"]
            ),
        )
    yield from _body_rows(told)
    yield from _pair_rows(told)
    yield "time", f"{told['seconds']} s, {told['pages_per_second']} pages/s"
    yield "run again", _verdict(told["again"]["is_the_same"], _counted(told["again"]["outcomes"]))
    if killed := told["killed"]:
        at_kill = f"{_counted(killed['outcomes'])}; killed at {killed['texts_at_kill']} texts"
        yield "killed and run again", _verdict(killed["is_the_same"], at_kill)


def _body_rows(told: Mapping[str, Any]) -> Iterator[Row]:
    measure = "4-gram F1" if told["shingles"] else "token F1"
    for half, of in told["halves"].items():
        for name, figure in of["figures"].items():
            yield f"{measure}, {half} ({of['pages']} pages), {name}", str(Interval(**figure))

    run_together, broken = (told["words"][which] for which in ("run_together", "broken"))
    yield "words run together", f"{len(run_together)} {_some(run_together)}"
    yield "words broken apart", f"{len(broken)} {_some(broken)}"


def _some(words: list[str]) -> str:
    return ", ".join(dict.fromkeys(words[:_SHOWN]))


def _pair_rows(told: Mapping[str, Any]) -> Iterator[Row]:
    if not told["pairs"]:
        return
    pairs, dropped = told["pairs"], told["dropped"]
    yield "pairs alike", "{found} of {alike} found".format(**pairs) + _share(pairs["found"], pairs["alike"])  # fmt: skip
    for band in told["bands"]:
        label = f"pairs of Jaccard {band['low']:.2f} to {band['high']:.2f}"
        yield label, "{found} of {pairs} found".format(**band) + _share(band["found"], band["pairs"])  # fmt: skip
    yield "pairs reported", "{right} of {reported} right".format(**pairs) + _share(pairs["right"], pairs["reported"])  # fmt: skip
    for kind, of in sorted(told["kinds"].items()):
        yield (
            kind,
            "{found} of {pairs} found; the comparison takes {judged} of the gold texts for one story,"
            " signatures meet {judged_and_met} of those".format(**of),
        )
    yield (
        "dropped",
        (
            "{texts} near-duplicates of {words} words, of which {words_in_no_kept_text} ({share:.1%})"
            " are in no kept text"
        ).format(**dropped),
    )
    if dropped["texts"]:
        yield "least share kept of a dropped text", str(dropped["least_own_shingles_kept"])


def _share(hits: int, of: int) -> str:
    return f", {wilson(hits, of)}" if of else ""


def _counted(outcomes: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in outcomes.items() if count) or "nothing"


def _verdict(kept: bool, what: str) -> str:  # noqa: FBT001 - the verdict is the subject
    return f"{'yes' if kept else 'NO'}: {what}"
