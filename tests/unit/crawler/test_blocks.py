import pytest
from lxml.etree import fromstring

from crawler.extraction.blocks import blocks


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>One.</p><p>Two.</p>", ["One.", "Two."]),
        ("<p>a <hi>b</hi> c</p>", ["a b c"]),
        ("<p>\n  a\n  b\t c </p>", ["a b c"]),
        ("<p>a\u00a0b\u2009c\u3000d</p>", ["a b c d"]),
        ("<p>hy\u00adphen « l’été » – 5 €</p>", ["hyphen « l’été » – 5 €"]),
        ("<p>a<lb/>b</p>", ["a\nb"]),
        ("<p>a<lb/> \n <lb/>b<lb/><lb/><lb/>c</p>", ["a", "b", "c"]),
        ("<p><lb/>a<lb/></p>", ["a"]),
        ("a<p>b</p>c<lb/>d", ["a", "b", "c\nd"]),
        ("<head>Title</head><quote>Said <p>so</p> and so</quote>", ["Title", "Said", "so", "and so"]),
        ("<p/><p> </p><list/><table/>", []),
        ("<list><item>x</item><item> y<lb/>z </item><item/></list>", ["- x\n- y z"]),
        (
            "<list><item>x<list><item>x1</item><item>x2</item></list></item><item>y</item></list>",
            ["- x\n- x1\n- x2\n- y"],
        ),
        ("<list><item><p>One.</p><p>Two.</p></item></list>", ["One.", "Two."]),
        (
            "<table><row><cell>a</cell><cell>b</cell></row><row><cell>c</cell><cell>d</cell></row></table>",
            ["a | b\nc | d"],
        ),
        (
            "<table><row><cell>a</cell><cell>b</cell></row><row><cell>c<lb/>c</cell><cell/></row><row><cell>e</cell><cell>f</cell></row></table>",
            ["a | b\nc c\ne | f"],
        ),
        (
            "<table><row><cell><p>One.</p><p>Two.</p></cell><cell>side</cell></row></table>",
            ["One.", "Two.", "side"],
        ),
        ("<table><row><cell>One.</cell></row><row><cell>Two.</cell></row></table>", ["One.", "Two."]),
    ],
)  # fmt: skip
def test_an_element_tree_becomes_blocks(body: str, expected: list[str]) -> None:
    assert blocks(fromstring(f"<body>{body}</body>")) == expected
