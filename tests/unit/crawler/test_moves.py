"""Which redirects say that a site has moved."""

import pytest

from crawler.walking.moves import Moves, moved_to

OLD, NEW = "https://old.example/feed", "https://new.example/feed"


@pytest.mark.parametrize(
    ("url", "urls", "reasons", "is_move"),
    [
        (NEW, [OLD], [301], True),
        (NEW, [OLD], [308], True),
        (NEW, [OLD, "https://old.example/feed/"], [301, 308], True),
        (NEW, [OLD], [302], False),
        (NEW, [OLD], [307], False),
        (NEW, [OLD, "https://old.example/feed/"], [302, 301], False),
        ("https://www.old.example/rss", [OLD], [301], False),
        ("http://old.example/feed", [OLD], [301], False),
        (NEW, [OLD], ["meta refresh"], False),
        (NEW, [], [], False),
    ],
)
def test_a_move_is_permanent_and_to_another_host(
    url: str, urls: list[str], reasons: list[object], is_move: bool
) -> None:
    moves = Moves()
    moves.see(url, {"redirect_urls": urls, "redirect_reasons": reasons} if urls else {})
    moved, hosts = moves.of([OLD])
    assert (moved, hosts) == (({OLD: NEW}, ("new.example",)) if is_move else ({}, ()))


@pytest.mark.parametrize("back", [301, 302])
def test_a_circle_is_no_move(back: int) -> None:
    moves = Moves()
    urls, reasons = [OLD], [301]
    for _ in range(5):
        for url, reason in ((NEW, back), (OLD, 301)):
            moves.see(url, {"redirect_urls": list(urls), "redirect_reasons": list(reasons)})
            urls.append(url)
            reasons.append(reason)
    moves.see(NEW, {"redirect_urls": urls, "redirect_reasons": reasons})
    assert moves.of([OLD]) == ({}, ())


def test_only_what_was_asked_for_as_a_listing_counts() -> None:
    moves = Moves()
    moves.see(NEW, {"redirect_urls": ["https://old.example/news/1"], "redirect_reasons": [301]})
    assert moves.of([OLD]) == ({}, ())


def test_the_hosts_on_the_way_are_kept_and_not_too_many() -> None:
    moves = Moves()
    for n in range(9):
        moves.see(f"https://h{n}.example/", {"redirect_urls": [OLD], "redirect_reasons": [301]})
    moved, hosts = moves.of([OLD])
    assert moved == {OLD: "https://h8.example/"}
    assert hosts == ("h0.example", "h1.example", "h2.example")


def test_a_start_moves_with_what_was_found_from_it() -> None:
    assert moved_to("https://old.example/fr", NEW) == "https://new.example/fr"
