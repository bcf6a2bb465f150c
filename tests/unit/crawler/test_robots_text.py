"""What is read of a robots.txt, and what of one that is too long."""

import gzip

from crawler.politeness import robots_text


def test_it_is_unpacked() -> None:
    assert robots_text(gzip.compress(b"\xef\xbb\xbfDisallow: /a"), "gzip") == "Disallow: /a"


def test_one_that_cannot_be_unpacked_forbids_nothing() -> None:
    assert robots_text(b"Disallow: /", "br") == ""


def test_only_whole_lines_of_its_beginning_are_read() -> None:
    """`Disallow: /private` that is cut must not become `Disallow: /`."""
    line = b"Disallow: /private/and/so/on\n"
    read = robots_text(line * 100_000, "")
    assert 400_000 < len(read) <= 512_000
    assert set(read.split("\n")) == {"Disallow: /private/and/so/on"}
