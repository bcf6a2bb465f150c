"""Too many attributes on one element are found, however they are written."""

import pytest

from crawler.extraction.attributes import MOST_ATTRIBUTES, has_too_many_attributes

MANY = range(MOST_ATTRIBUTES + 9)


@pytest.mark.parametrize(
    "tag",
    [
        "<div " + " ".join(f"a{n}" for n in MANY) + ">",
        "<div " + " ".join(f'a{n}="x y"' for n in MANY) + ">",
        "<div " + "".join(f'a{n}="x"' for n in MANY) + ">",
        "<div " + "/".join(f"a{n}" for n in MANY) + ">",
        "<div " + " ".join(f"a{n}='>'" for n in MANY) + ">",
        "<div " + " ".join(f"a{n} = <" for n in MANY) + ">",
        "<div ' a=\"'>\" " + " ".join(f"a{n}" for n in MANY) + ">",
        "<div = " + " ".join(f"a{n}" for n in MANY),
        "<p><p class=x>text</p>" * 3 + "<DIV\n" + "\n".join(f"a{n}" for n in MANY) + ">",
    ],
    ids=lambda tag: repr(tag[:24]),
)
def test_they_are_found(tag: str) -> None:
    assert has_too_many_attributes(f"<html>{tag}<p>text</p></html>".encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a < b && c > d",
        "<p class='a' id=b>x</p>" * MOST_ATTRIBUTES,
        f'<div data-x="{"a=1 " * 2 * MOST_ATTRIBUTES}">x</div>',
        f"<img src='data:image/png;base64,{'/=' * 2 * MOST_ATTRIBUTES}'>",
        "<div a=b" + "".join(f"/a{n}" for n in MANY) + ">",
        "<!-- " + "a " * 2 * MOST_ATTRIBUTES + "-->",
        "<" * 100_000,
        "<a" * 100_000,
        "<p " + " " * 100_000,
    ],
    ids=lambda text: repr(text[:24]),
)
def test_nothing_else_is_taken_for_them(text: str) -> None:
    assert not has_too_many_attributes(text.encode())
