"""Whether what a page shows was printed."""

import pytest

from handbook.shown import difference, is_printed

PRINTED = """\
found http://127.0.0.1:38711/fr
var/documents/bahia/2026-11-27/004_f83bf62f08582a22.txt
new   revision
 13          .
done in 3.4 s
"""


@pytest.mark.parametrize(
    "shown",
    [
        PRINTED,
        "...\ndone in 12 s",
        "found http://127.0.0.1:8700/fr\n...",
        "...\nvar/documents/bahia/2025-01-01/000_f83bf62f08582a22.txt\nnew revision\n...",
        "found ...\n...\n13 .\n...",
        "...",
    ],
)
def test_it_was_printed(shown: str) -> None:
    assert is_printed(shown, PRINTED)


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "found http://127.0.0.1:8700/fr",
        "...\n14 .\n...",
        "...\nvar/documents/bahia/2026-11-27/004_f83bf62f08582a23.txt\n...",
        "...\nnew\nrevision\n...",
        PRINTED + "more",
    ],
)
def test_it_was_not_printed(shown: str) -> None:
    assert not is_printed(shown, PRINTED)


def test_the_difference_is_shown() -> None:
    assert difference("a\nb", "a\nc").splitlines()[-2:] == ["-b", "+c"]
