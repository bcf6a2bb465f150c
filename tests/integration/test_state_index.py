"""What is known: near-duplicates within the window, ids and URLs for ever."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from crawler.document import document_id
from crawler.outcome import Outcome
from tests.integration.work import NOW, Work, key_of, url_of
from workers.dedup.signature import BANDS, signature
from workers.state.adoption import KnownText
from workers.state.connection import key
from workers.state.index import Commit, Known, TextMark
from workers.state.state import State
from workers.storage.places import Place

FIXTURES = Path(__file__).parents[1] / "fixtures"
STORY = (FIXTURES / "wire_story_a.txt").read_text()
EDITED = (FIXTURES / "wire_story_b.txt").read_text()
DAY = 86400.0


@pytest.fixture
def work(state: State) -> Work:
    return Work(state)


def _publish(work: Work, body: str, name: str, now: float = NOW) -> str:
    visit, text_id = work.waiting(name), document_id(body)
    place = work.state.index.reserve(visit, text_id, datetime.fromtimestamp(now, UTC)).place
    text = TextMark(
        text_id, place, (visit.key,), signature(body), verified=_look_up(work, body).candidates
    )
    assert work.state.index.commit(Commit(visit, Outcome.NEW, text=text), now) == ("done",)
    return text_id


def _look_up(work: Work, body: str, now: float = NOW, *names: str) -> Known:
    keys = [key_of(name) for name in names]
    return work.state.index.look_up(document_id(body), keys, signature(body), now)


@pytest.mark.parametrize(("kept", "found"), [(STORY, EDITED), (EDITED, STORY)])
def test_a_story_in_other_words_and_typography_is_found(work: Work, kept: str, found: str) -> None:
    text_id = _publish(work, kept, "a")
    known = _look_up(work, found)
    assert list(known.candidates) == [text_id]
    assert known.place is None


def test_an_unrelated_text_is_not(work: Work) -> None:
    _publish(work, STORY, "a")
    assert not _look_up(work, EDITED.upper()[::-1]).candidates


def _place_new(work: Work, body: str, name: str) -> Known:
    visit, at = work.waiting(name), datetime.fromtimestamp(NOW, UTC)
    asked = (document_id(body), (visit.key,), signature(body), NOW)
    return work.state.index.place_new(visit, *asked, at)


def test_only_what_nothing_is_known_of_gets_its_place_with_the_look_up(work: Work) -> None:
    text_id = _publish(work, STORY, "a")
    same, alike = _place_new(work, STORY, "b"), _place_new(work, EDITED, "c")
    assert same.place
    assert list(alike.candidates) == [text_id]
    # Another text at a URL that has one: whether it is a revision is not the look-up's to say.
    other = work.state.index.place_new(
        work.waiting("d"), "0" * 16, (key_of("a"),), [], NOW, datetime.fromtimestamp(NOW, UTC)
    )
    assert other.heads == (text_id,)
    assert [known.reserved for known in (same, alike, other)] == [None] * 3
    new = _place_new(work, "UNE LIGNE.", "e")
    assert new.reserved
    assert new.reserved.place
    assert (new.place, new.heads, dict(new.candidates)) == (None, (None,), {})


def test_a_new_text_that_another_page_brings_or_whose_page_is_gone_gets_no_place(
    work: Work,
) -> None:
    _place_new(work, STORY, "a")
    twin = _place_new(work, STORY, "b").reserved
    assert twin
    assert (twin.place, twin.stale) == (None, False)
    visit = work.waiting("c")
    stale = work.state.index.place_new(
        replace(visit, token="0" * 16), document_id(EDITED), (), [], NOW, datetime.now(UTC)
    ).reserved
    assert stale
    assert (stale.place, stale.stale) == (None, True)


def test_candidates_come_with_their_places_most_alike_first(work: Work) -> None:
    alike = _publish(work, EDITED, "b")
    same = _publish(work, STORY + "\n\nUn mot de plus.", "a")
    known = _look_up(work, STORY)
    assert list(known.candidates) == [same, alike]
    assert {place.id for place in known.candidates.values()} == {same, alike}
    assert known.candidates[same] == work.state.index.places([same], NOW)[same]


def test_the_window_ends_but_ids_and_urls_are_for_ever(work: Work) -> None:
    text_id = _publish(work, STORY, "a")
    for days in (0, 10, 29):
        known = _look_up(work, STORY, NOW + days * DAY, "a")
        assert (list(known.candidates), known.heads) == ([text_id], (text_id,))
    late = _look_up(work, STORY, NOW + 41 * DAY, "a")
    assert (late.candidates, late.heads) == ({}, (None,))
    assert late.place
    assert work.state.frontier.unknown("gazette", [key_of("a")]) == set()


def test_what_the_window_lets_go_expires_from_the_server(work: Work) -> None:
    _publish(work, STORY, "a")
    client = work.state.client
    for name in client.scan_iter(count=1000):
        table = name.decode().split(":")[1]
        if table in {"near", "heads"}:
            assert NOW + 30 * DAY <= client.expiretime(name) <= NOW + 40 * DAY
        elif table in {"known", "texts"}:
            assert client.expiretime(name) == -1


def test_the_youngest_text_of_a_url_is_its_head(work: Work) -> None:
    first, second = _publish(work, STORY, "a"), document_id(EDITED)
    text = TextMark(second, url_keys=(key_of("a"),))
    visit = work.waiting("b")
    later = NOW + 10 * DAY
    assert work.state.index.commit(Commit(visit, Outcome.DUPLICATE, text=text), later) == ("done",)
    assert _look_up(work, STORY, later, "a").heads == (second,)
    assert first != second


def test_places_leave_out_what_is_not_known(work: Work) -> None:
    text_id = _publish(work, STORY, "a")
    assert work.state.index.places([text_id, "0" * 16], NOW).keys() == {text_id}
    assert work.state.index.places([], NOW) == {}


def test_a_band_that_many_texts_share_stays_small(work: Work) -> None:
    band = b"\x00" * 5
    for number in range(30):
        visit = work.waiting(str(number))
        text_id = f"{number + 1:016x}"
        place = work.state.index.reserve(visit, text_id, datetime.fromtimestamp(NOW, UTC)).place
        known = work.state.index.look_up(text_id, (), (band,), NOW)
        text = TextMark(text_id, place, (visit.key,), (band,), verified=known.candidates)
        assert work.state.index.commit(Commit(visit, Outcome.NEW, text=text), NOW) == ("done",)
    known = work.state.index.look_up("0" * 16, (), (band,), NOW)
    assert list(known.candidates) == [f"{number + 1:016x}" for number in range(7)]
    bucket = key("near", int(NOW // (10 * DAY)), 0)
    assert work.state.client.object("encoding", bucket) == b"listpack"


def test_each_of_many_texts_is_found_by_its_bands(work: Work) -> None:
    rng = random.Random(1)
    bands = {f"{n:016x}": tuple(rng.randbytes(5) for _ in range(BANDS)) for n in range(1, 301)}
    texts = [
        KnownText(
            Place("gazette", date(2026, 1, 1), text_id, n),
            *(url_of(text_id), key_of(text_id), NOW - n % 29 * DAY, "new"),
            bands=bands[text_id],
        )
        for n, text_id in enumerate(bands)
    ]
    work.state.adoption.adopt(texts, NOW)
    for text_id, own in bands.items():
        assert list(work.state.index.look_up("0" * 16, (), own[3:], NOW).candidates) == [text_id]


def test_a_very_short_text_has_no_bands_and_is_known_by_its_id(work: Work) -> None:
    assert signature("Une ligne.") == ()
    _publish(work, "Une ligne.", "a")
    known = _look_up(work, "UNE LIGNE.")
    assert known.place
    assert not known.candidates
    assert len(signature(STORY)) == BANDS


def test_texts_of_crowded_bands_are_entered_once(work: Work) -> None:
    """A frame that many texts share fills some of their bands: their other bands must stay theirs."""
    lot = random.Random(2)
    frame = [lot.randbytes(5) for _ in range(3)]
    texts = [
        KnownText(
            place=Place("gazette", date(2026, 11, 27), f"{number + 1:016x}", number),
            url=url_of(str(number)),
            url_key=key_of(str(number)),
            fetched=NOW,
            outcome="new",
            bands=(*frame, *(lot.randbytes(5) for _ in range(BANDS - 3))),
        )
        for number in range(30)
    ]
    entered = []
    for _ in range(3):
        work.state.adoption.adopt(texts, NOW)
        entered.append(work.state.client.hget(key("near", int(NOW // (10 * DAY))), "texts"))
    assert entered == [b"30"] * 3
