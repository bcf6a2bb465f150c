"""What listings say of when to ask again."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.feeds import parse_feed
from crawler.discovery.hints import Hints, hints_of_feed, hints_of_walk, seconds_cached

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
ITEM = "<item><link>https://a.example/1</link><ttl>7</ttl></item>"
SENT = "Sat, 21 Nov 2026 12:00:00 GMT"


def _rss(head: str, tail: str = "") -> bytes:
    return f"""<?xml version="1.0"?><rss version="2.0"
        xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>A</title>
        {head}{ITEM}{tail}</channel></rss>""".encode()


def _hints(head: str, tail: str = "") -> Hints:
    listing = parse_feed(_rss(head, tail), "https://a.example/rss")
    assert len(listing.links) == 1
    return listing.hints


@pytest.mark.parametrize(
    ("ttl", "seconds"),
    [
        ("60", HOUR), (" 15 ", 15 * MINUTE), ("30.0", 30 * MINUTE), ("5 min", 5 * MINUTE), ("90 Minutes", 90 * MINUTE),
        ("0", 0), ("-60", 0), ("", 0), ("soon", 0), ("1e9", 0), ("999999999", 0), ("9" * 60, 0), ("٣٠", 0),
    ],
)  # fmt: skip
def test_a_ttl_is_in_minutes_where_it_makes_sense(ttl: str, seconds: float) -> None:
    assert _hints(f"<ttl>{ttl}</ttl>").stated == seconds


@pytest.mark.parametrize(
    ("period", "seconds"),
    [
        ("hourly", HOUR), ("Hourly", HOUR), ("hourley", HOUR), ("houly", HOUR), ("hour", HOUR), ("hours", HOUR),
        ("daily", DAY), ("dayly", DAY), ("dailly", DAY), (" daily\n", DAY), ("weekly", 7 * DAY), ("weekley", 7 * DAY),
        ("week", 7 * DAY), ("monthly", 30 * DAY), ("montly", 30 * DAY),
        ("yearly", 0), ("never", 0), ("", 0), ("always", 0), ("hourly" * 9, 0),
    ],
)  # fmt: skip
def test_a_period_is_read_also_where_it_is_misspelt(period: str, seconds: float) -> None:
    assert _hints(f"<sy:updatePeriod>{period}</sy:updatePeriod>").stated == seconds


@pytest.mark.parametrize(
    ("frequency", "seconds"),
    [
        ("1", DAY),
        ("4", 6 * HOUR),
        ("0", DAY),
        ("-2", DAY),
        ("x", DAY),
        ("99999999", DAY),
        ("", DAY),
    ],
)
def test_a_frequency_divides_it(frequency: str, seconds: float) -> None:
    head = "<sy:updatePeriod>daily</sy:updatePeriod>"
    said = f"{head}<sy:updateFrequency>{frequency}</sy:updateFrequency>"
    assert _hints(said).stated == seconds


def test_of_two_statements_the_longer_one_counts_wherever_they_stand() -> None:
    period = "<sy:updatePeriod>hourly</sy:updatePeriod>"
    assert _hints("<ttl>15</ttl>", period).stated == HOUR
    assert _hints(period, "<ttl>120</ttl>").stated == 2 * HOUR


def test_hours_and_days_to_skip() -> None:
    hours = "<skipHours><hour>0</hour><hour>7</hour><hour>24</hour><hour>25</hour><hour>x</hour></skipHours>"
    days = "<skipDays><day>Saturday</day><day> sunday</day><day>Mon</day><day>Wendesday</day><day>x</day></skipDays>"
    assert _hints(hours + days) == Hints(skip_hours=(0, 7), skip_days=(0, 2, 5, 6))


def test_skipping_all_hours_or_days_makes_no_sense() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    days = "".join(f"<day>{day}</day>" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
    assert _hints(f"<skipHours>{hours}</skipHours><skipDays>{days}</skipDays>") == Hints()


def test_what_entries_say_is_not_what_the_feed_says() -> None:
    assert _hints("") == Hints()
    atom = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://a.example/1"/></entry></feed>'
    assert parse_feed(atom, "https://a.example/atom").hints == Hints()
    feed = {"version": "https://jsonfeed.org/version/1.1", "ttl": 5, "items": []}
    assert parse_feed(json.dumps(feed).encode(), "https://a.example/json").hints == Hints()


def test_a_flood_of_statements_is_cut() -> None:
    assert (
        _hints("<ttl>5</ttl>" + "<ttl>60</ttl>" * 10_000 + f"<hour>{'1' * 10_000}</hour>").stated
        == 300
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Cache-Control": "max-age=300"}, 300),
        ({"Cache-Control": "public, Max-Age = 300, s-maxage=9"}, 300),
        ({"Cache-Control": 'max-age="600"', "Age": "500"}, 100),
        ({"Cache-Control": "max-age=300", "Age": "400"}, 0),
        ({"Cache-Control": "max-age=300", "Expires": "Sat, 21 Nov 2026 13:00:00 GMT", "Date": SENT}, 300),
        ({"Cache-Control": "no-cache, max-age=300"}, 0),
        ({"Cache-Control": "s-maxage=300"}, 0),
        ({"Cache-Control": "max-age=-1"}, 0),
        ({"Cache-Control": "max-age=99999999"}, 0),
        ({"Cache-Control": "max-age=" + "9" * 40}, 0),
        ({"Expires": "Sat, 21 Nov 2026 13:00:00 GMT", "Date": SENT}, HOUR),
        ({"Expires": "Sat, 21 Nov 2026 13:00:00 GMT"}, 0),
        ({"Expires": "0", "Date": SENT}, 0),
        ({"Expires": "Thu, 19 Nov 1981 08:52:00 GMT", "Date": SENT}, 0),
        ({"Expires": "Sat, 21 Nov 2026 13:00:00", "Date": SENT}, 0),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "Sat, 21 Nov 2026 12:10:00 GMT", "Date": SENT}, 600),
        ({"Retry-After": "soon", "Cache-Control": "max-age=60"}, 60),
        ({}, 0),
    ],
)  # fmt: skip
def test_for_how_long_an_answer_is_the_same(headers: dict[str, str], seconds: float) -> None:
    assert seconds_cached(headers) == seconds


def test_a_walk_goes_by_what_all_of_its_listings_agree_on() -> None:
    slow = Hints(stated=DAY, cached=600, skip_hours=(1, 2), skip_days=(5, 6))
    quick = Hints(stated=HOUR, cached=60, skip_hours=(2, 3), skip_days=(6,))
    agreed = Hints(stated=HOUR, cached=60, skip_hours=(2,), skip_days=(6,))
    assert hints_of_walk([slow, quick]) == agreed
    assert hints_of_walk([slow, Hints()]) == Hints()
    assert hints_of_walk([]) == Hints()


_TEXTS = st.dictionaries(
    st.sampled_from(["ttl", "updatePeriod", "updateFrequency", "hour", "day"]),
    st.lists(st.text(max_size=12) | st.integers(-5, 10**10).map(str), max_size=30),
)


@given(_TEXTS)
def test_whatever_a_feed_says_is_sensible_and_travels(about: dict[str, list[str]]) -> None:
    hints = hints_of_feed(about)
    assert hints.stated == 0 or 1 <= hints.stated <= 31 * DAY
    assert len(hints.skip_hours) < 24
    assert len(hints.skip_days) < 7
    travelled: dict[str, Any] = json.loads(json.dumps(asdict(hints)))
    assert Hints.from_json(travelled) == hints


@given(
    st.dictionaries(
        st.sampled_from(["Cache-Control", "Age", "Expires", "Retry-After", "Date"]), st.text()
    )
)
def test_whatever_a_site_sends_is_sensible(headers: dict[str, str]) -> None:
    assert 0 <= seconds_cached(headers) <= 31 * DAY
