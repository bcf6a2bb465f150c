"""A robots.txt is kept for a while, and few bytes of many are."""

from crawler.robots_kept import KeptRobots


def test_what_was_read_is_kept_for_a_while() -> None:
    kept = KeptRobots(seconds=100)
    assert kept.get("http://a.example/robots.txt", 0) is None
    kept.put("http://a.example/robots.txt", "Disallow: /é", 0)
    kept.put("http://b.example/robots.txt", "", 50)
    assert kept.get("http://a.example/robots.txt", 99.9) == "Disallow: /é"
    assert kept.get("http://a.example/robots.txt", 100) is None
    assert kept.get("http://a.example/robots.txt", 10) is None  # it is gone
    assert kept.get("http://b.example/robots.txt", 100) == ""


def test_what_is_read_anew_takes_the_place_of_the_former() -> None:
    kept = KeptRobots(seconds=100)
    kept.put("http://a.example/robots.txt", "Disallow: /", 0)
    kept.put("http://a.example/robots.txt", "Allow: /", 90)
    assert kept.get("http://a.example/robots.txt", 150) == "Allow: /"


def test_those_not_asked_for_go_first() -> None:
    kept = KeptRobots(most_bytes=10_000)
    kept.put("http://often.example/robots.txt", "often", 0)
    for number in range(200):
        assert kept.get("http://often.example/robots.txt", 1) == "often"
        kept.put(f"http://{number}.example/robots.txt", "Disallow: /x", 1)
    left = [n for n in range(200) if kept.get(f"http://{n}.example/robots.txt", 1) is not None]
    assert left == list(range(left[0], 200))
    assert 10 < len(left) < 25


def test_one_that_has_no_room_is_not_kept() -> None:
    kept = KeptRobots(most_bytes=100)
    kept.put("http://a.example/robots.txt", "Disallow: /", 0)
    assert kept.get("http://a.example/robots.txt", 0) is None
    kept.put("http://a.example/robots.txt", "Disallow: /", 0)
    assert kept.get("http://a.example/robots.txt", 0) is None


def test_letters_that_cannot_be_written_are_no_error() -> None:
    kept = KeptRobots()
    kept.put("http://a.example/robots.txt", "Disallow: /\ud800", 0)
    assert kept.get("http://a.example/robots.txt", 0) == "Disallow: /?"
