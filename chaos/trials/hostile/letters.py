"""Bytes and the letters they are said to be: every lie about an encoding."""

import random

from chaos.trials.hostile.kind import Kind, Scale, article, page
from rig.stories import Story

_NONE = "rejected charset|rejected not-html|rejected no-text|rejected too-short|rejected empty"
_CHINESE = (
    "港口委员会昨日宣布新的渡轮时刻表将于下月生效",
    "居民表示欢迎并希望码头的修缮工程能够按期完成",
    "市长在会议上回答了记者提出的关于预算的问题",
    "学校的教师和学生参加了在图书馆举行的展览开幕式",
    "工程师们测量了河上旧桥的状况并提交了一份报告",
)


def letters(scale: Scale) -> list[Kind]:
    """All kinds of this module."""
    return [*_declared(scale), *_broken(scale)]


def _declared(scale: Scale) -> list[Kind]:
    def said(name: str, codec: str, charset: str, ends: str, why: str) -> Kind:
        header = "text/html" + (f"; charset={charset}" if charset else "")
        return page(name, why, ends, lambda s: article(s).encode(codec), content_type=header)

    return [
        said("utf-16-without-mark", "utf-16-le", "", "new", "two bytes a letter, and nothing says so"),
        said("utf-16-big-endian", "utf-16-be", "utf-8", "new", "two bytes a letter, said to be UTF-8"),
        said("utf-32-without-mark", "utf-32-le", "", "new|" + _NONE, "four bytes a letter"),
        said("utf-7", "utf-7", "utf-7", "new|" + _NONE, "letters that become markup later"),
        said("ebcdic", "cp037", "", _NONE, "letters of another machine"),
        said("charset-unknown", "utf-8", "x-klingon", "new", "a charset that nobody has"),
        said("charset-of-python", "utf-8", "unicode_escape", "new", "a codec that is no charset"),
        said("charset-hex", "utf-8", "hex", "new", "a codec from bytes to bytes"),
        said("charset-idna", "utf-8", "idna", "new", "a codec that takes the square"),
        said("charset-zlib", "utf-8", "zlib", "new", "a codec that unpacks"),
        said("charset-utf-16-is-ascii", "ascii", "utf-16", "new|" + _NONE, "two bytes a letter, which it is not"),
        said("charset-with-controls", "utf-8", "\x1b]0;owned\x07", "new", "a header that commands terminals"),
        said("charset-of-a-kilobyte", "utf-8", "a" * 1000, "new", "a charset with a long name"),
        page("gb2312-as-utf-8", "Chinese bytes, said to be UTF-8", "new",
             lambda s: _chinese(s).encode("gb2312")),
        page("mixed", "half of it in one encoding, half in another", "new",
             lambda s: article(s, before="<p>Café déjà vu, où l'été à Orléans fut très agréable.</p>").encode()
             + "<p>Café déjà vu, où l'été à Orléans fut très agréable.</p>".encode("latin-1") * 3),
        page("meta-lies", "the page says what its header does not", "new",
             lambda s: article(s, head="<meta charset=utf-16><meta charset=rot13><meta charset=punycode>")),
        page("punycode-4-mb", "a page of the letters of a codec that takes the square", "new|rejected too-large",
             lambda s: (article(s) + "-abc9" * scale.of(800_000, 20_000)).replace("utf-8", "punycode"),
             content_type="text/html; charset=punycode"),
    ]  # fmt: skip


def _chinese(story: Story) -> str:
    order = random.Random(story.title)
    text = "".join(f"<p>{'，'.join(order.sample(_CHINESE, 5))}。</p>" for _ in range(6))
    return (
        '<html lang="zh"><head><meta charset="utf-8"><title>港口委员会宣布新的时刻表</title>'
        f'<meta property="og:type" content="article"></head><body><article>{text}</article></body></html>'
    )


def _broken(scale: Scale) -> list[Kind]:
    size = scale.of(5 * 2**20 - 9999, 100_000)
    return [
        page("nul-bytes", "zeros between all letters", "new|" + _NONE,
             lambda s: b"\0".join(bytes([byte]) for byte in article(s).encode())),
        page("nul-in-tags", "zeros within names and words", "new",
             lambda s: article(s, before="<scr\0ipt>x</scr\0ipt><p>a\0b\0c</p>").replace("harbour", "har\0bour")),
        page("nuls-5-mb", "nothing but zeros", _NONE, lambda _: bytes(size)),
        page("noise-5-mb", "nothing but noise", _NONE + "|rejected too-large|rejected too-deep",
             lambda _: b"<html><body><p>" + random.Random(5).randbytes(size)),
        page("high-bytes-5-mb", "nothing but bytes of no sense", _NONE + "|rejected too-large|new",
             lambda _: b"<html><body><p>" + b"\xff\xfe\xfd " * (size // 4)),
        page("controls-5-mb", "controls that no text has", _NONE + "|rejected too-large",
             lambda _: b"<html><body><p>" + b"\x81\x8d\x01" * (size // 3)),
        page("overlong", "slashes and brackets in more bytes than they need", "new|" + _NONE,
             lambda s: article(s).encode() + b"<p>..\xc0\xaf..\xe0\x80\xaf\xf0\x80\x80\xaf \xc0\xbcscript\xc0\xbe</p>"),
        page("surrogates", "halves of letters, by number", "new",
             lambda s: article(s, title="A &#xD800;half&#xDFFF; &#55357;&#56832; &#x110000; &#0; &#x1b;[31m",
                               before="<p>&#xD800; &#xDBFF;&#xDFFF; &#99999999999999999999;</p>").replace("&amp;#", "&#")),
        page("surrogates-in-bytes", "halves of letters, in three bytes each", "new|" + _NONE,
             lambda s: article(s, before="<p>\ud83d\ude00 \ud800</p>")),
        page("mark-in-the-middle", "byte-order marks within words and tags", "new",
             lambda s: article(s, before="\ufeff<p>\ufeffa\ufeffb</p>").replace("harbour", "har\ufeffbour")),
        page("marks-of-two", "a mark of one encoding before another", "new|" + _NONE,
             lambda s: b"\xff\xfe" + article(s).encode()),
        page("marks-in-a-row", "byte-order marks without end", "new|" + _NONE,
             lambda s: b"\xef\xbb\xbf" * 1000 + article(s).encode()),
        page("noncharacters", "code points that are no letters", "new",
             lambda s: article(s, before="<p>\ufffe\uffff\U0001fffe\U0010ffff\ue000</p>")),
    ]  # fmt: skip
