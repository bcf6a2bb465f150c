"""Links of pages."""

from handbook.links import redirected, targets

PAGE = """\
See [one](a.md), ![a picture](b.svg) and [two](c.md#there).
`[no](link.md)` is code.

```text
[no](link.md)
```

[last](https://example.org/)
"""


def test_targets_with_their_lines() -> None:
    assert list(targets(PAGE)) == [
        (1, "a.md"),
        (1, "b.svg"),
        (1, "c.md#there"),
        (8, "https://example.org/"),
    ]


def test_targets_are_changed_but_in_code() -> None:
    changed = redirected(PAGE, str.upper)
    assert "[one](A.MD), ![a picture](B.SVG) and [two](C.MD#THERE)" in changed
    assert changed.count("[no](link.md)") == 2
