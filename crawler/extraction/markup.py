"""From a page's text to its element tree, within bounds, and made ready for the extractor."""

import re
from itertools import islice

from lxml.etree import ElementDefaultClassLookup, ParserError, XPath, iterwalk
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from crawler.extraction.attributes import MOST_ATTRIBUTES, has_too_many_attributes
from crawler.extraction.inline import is_in_prose
from crawler.extraction.line_breaks import keep_lines, open_inline, part_paragraphs
from crawler.extraction.memory import ran_out_of_memory
from crawler.page import Rejection

# Of 1,031 real pages none had more than 3,600, or more than 51 in one another; the extractor's
# time grows with the square of some of them.
_ELEMENTS = 20_000
_DEPTH = 150
# All elements, each counted as often as it has elements above it: the extractor looks at the same
# descendants again and again. Those real pages had 54,000 at the most.
_NESTED, _MANY, _DEEP = 300_000, 5_000, 40
# Characters outside scripts: the longest articles have a tenth of it.
_TEXT = 1_000_000
# One letter that normal forms make many of: a whole blessing in Arabic is 18.
_GROWING = re.compile("[\u3300-\u33ff\ufdf0-\ufdfc]")
_GROWTH = 18
# Three bytes in UTF-8, or a reference.
_MAY_GROW = tuple(map(re.compile, (rb"\xe3[\x8c-\x8f]", rb"\xef\xb7", b"&#")))
# Of all elements together; each is looked at many times.
_ATTRIBUTES = 100_000
_PARSER = HTMLParser(
    collect_ids=False,
    default_doctype=False,
    encoding="utf-8",
    remove_comments=True,
    remove_pis=True,
)
# One class for all elements: to ask Python for that of forms and labels, at each of a million looks
# at an element, would take a twentieth of all time.
_PARSER.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x80-\x9f\ufffe\uffff\ud800-\udfff]")
# The same by their numbers: the extractor makes nothing of a text with one of them in it.
_NOT_XML_REFERENCE = re.compile(
    b"&#(?:0*+(?:[0-8]|1[124-9]|2[0-9]|3[01]|65534|65535)(?![0-9])"
    b"|[xX]0*+(?:[0-8bBcCeEfF]|1[0-9a-fA-F]|[fF]{3}[eEfF])(?![0-9a-fA-F]));?"
)
# Where UTF-8 has any of that: to look at each character takes several times as long.
_CONTROLS = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20)])
_OTHER_NOT_TEXT = tuple(
    map(re.compile, (rb"\xc2[\x80-\x9f]", rb"\xef\xbf[\xbe\xbf]", rb"\xed[\xa0-\xbf]"))
)
# Quotation marks and dashes by their numbers in windows-1252, which browsers show as meant.
_WINDOWS_REFERENCE = re.compile(b"&#(?:0*+(1[2-5][0-9])|[xX]0*+([89][0-9a-fA-F]))(?![0-9a-fA-F]);?")
# Inline elements in one block are where the extractor's time grows with the square; whatever is no
# block by its name counts as inline there.
_INLINE = 2_000
_BLOCKS = (
    "address article aside blockquote br center dd div dl dt fieldset figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hr li main nav ol optgroup option p pre script"
    " section style table tbody td th tr ul"
)
_NO_BLOCKS = f"*[not({' or '.join(f'self::{name}' for name in _BLOCKS.split())})]"
# Few have so many children of any kind: to ask each child's name first takes fifteen times as long.
_CROWDED = XPath(
    f"boolean(//*[count(*) > {_INLINE}][not(self::head)][count({_NO_BLOCKS}) > {_INLINE}])"
)
_COUNT = XPath("count(//*)")
_COUNT_ATTRIBUTES = XPath("count(//@*)")
_TOO_DEEP = XPath("boolean(/*" + "/*" * _DEPTH + ")")
_IS_DEEP = XPath("boolean(/*" + "/*" * _DEEP + ")")

# An expression that begins with an attribute, which few elements have, is some times as fast as one that asks
# each element for it; where many have it, it costs the square of their number, which `_ELEMENTS` bounds.
# Class and id are searched with dozens of expressions.
_NAME = 1000
_LONG_NAMED = XPath(
    "|".join(f"descendant::*/@{name}[string-length(.) > {_NAME}]/.." for name in ("class", "id"))
)
_EMPTIES = ("a", "b", "div", "em", "font", "i", "p", "span", "strong")
# Each moves the text behind it, so that many would cost the square of their number.
_MOST_DROPPED = 500
_MOST_TIMES = 200
# A long text that is hidden waits for its reader's click; a template with a root is shown.
_HIDDEN = 500
_UNSEEN = XPath("descendant::*/@hidden/..|descendant::template[not(@shadowrootmode)]")
_NOTE_MARKS = XPath(
    ".//sup[count(*) = 1][a[starts-with(@href, '#')]][normalize-space(text()) = '']"
    "[string-length(normalize-space(.)) <= 5]"
)
_ROWS = XPath("./tr|./tbody/tr|./thead/tr|./tfoot/tr")
# Who a story was taken from, as the last words of it: `Source RT`.
_CREDIT = re.compile(
    r"\s*(sources?|fuentes?|fontes?|quellen?|bron|kilde|källa|źródło|zdroj|kaynak|"
    r"источник|джерело|πηγή|المصدر|来源|來源|出典)\s*[:：]?\s*\S.{0,40}$",
    re.IGNORECASE,
)


def parse(text: str) -> HtmlElement | Rejection:
    """The root element of an HTML text, of a size that the extractor gets through in time."""
    raw = text.encode(errors="surrogatepass")
    if _has_not_text(raw):
        text = _NOT_TEXT.sub(_as_meant, text)
        raw = text.encode()
    raw = _WINDOWS_REFERENCE.sub(_referred_to, _NOT_XML_REFERENCE.sub(b"", raw))
    if not raw.strip() or text.isspace():
        return Rejection("empty")
    if has_too_many_attributes(raw):
        return Rejection("too-large", f"an element with over {MOST_ATTRIBUTES} attributes")
    try:
        tree = document_fromstring(raw, parser=_PARSER)
    except (ValueError, SyntaxError, ParserError) as error:
        if ran_out_of_memory(error):
            raise MemoryError from error
        return Rejection("no-text", f"no element in it: {error}"[:200])
    return _beyond_bounds(tree, raw) or tree


def _has_not_text(raw: bytes) -> bool:
    return len(raw.translate(None, _CONTROLS)) < len(raw) or any(
        pattern.search(raw) for pattern in _OTHER_NOT_TEXT
    )


def _referred_to(found: re.Match[bytes]) -> bytes:
    decimal, hexadecimal = found.groups()
    number = int(decimal) if decimal else int(hexadecimal, 16)
    return _NOT_TEXT.sub(_as_meant, chr(number)).encode()


def _as_meant(found: re.Match[str]) -> str:
    if not "\x80" <= found[0] <= "\x9f":
        return ""
    return found[0].encode("latin-1").decode("windows-1252", "ignore")


def _beyond_bounds(tree: HtmlElement, raw: bytes) -> Rejection | None:
    elements = int(_COUNT(tree))
    if elements > _ELEMENTS:
        return Rejection("too-large", f"{elements} elements, allowed are {_ELEMENTS}")
    # An attribute is a name and what parts it from the one before, at least.
    if len(raw) > 2 * _ATTRIBUTES and _COUNT_ATTRIBUTES(tree) > _ATTRIBUTES:
        return Rejection("too-large", f"over {_ATTRIBUTES} attributes")
    if elements > _INLINE and _CROWDED(tree):
        return Rejection("too-large", f"over {_INLINE} inline elements in one block")
    is_deep = _IS_DEEP(tree)
    if is_deep and _TOO_DEEP(tree):
        return Rejection("too-deep", f"elements nested more than {_DEPTH} deep")
    if (elements > _MANY or is_deep) and _nesting(tree) > _NESTED:
        return Rejection("too-deep", f"{elements} elements, too many of them deep in others")
    if _may_grow_beyond(raw) and (length := _text_length(tree)) > _TEXT:
        return Rejection("too-large", f"{length} characters of text, allowed are {_TEXT}")
    return None


def _may_grow_beyond(raw: bytes) -> bool:
    """Whether a page's markup is enough for more text than there may be."""
    growing = len(raw) // 3
    if len(raw) + (_GROWTH - 1) * growing > _TEXT:
        growing = sum(len(pattern.findall(raw)) for pattern in _MAY_GROW)
    return len(raw) + (_GROWTH - 1) * growing > _TEXT


def _nesting(tree: HtmlElement) -> int:
    depth = total = 0
    for event, _ in iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        total += depth if event == "start" else 0
    return total


def _text_length(tree: HtmlElement) -> int:
    """Characters of text; scripts are text to the parser, and large on pages made by them."""
    text = tree.text_content()
    length = len(text)
    if length > _TEXT // _GROWTH:
        length += (_GROWTH - 1) * len(_GROWING.findall(text))
    if length > _TEXT:
        length -= sum(len(code.text_content()) for code in tree.iter("script", "style"))
    return length


def tidy(tree: HtmlElement) -> None:
    """Change what the extractor would lose text or time over, in place."""
    _shorten_names(tree)
    _drop_unseen(tree)
    _drop_empty_elements(tree)
    _open_layout_tables(tree)
    _forget_spans(tree)
    open_inline(tree)
    part_paragraphs(tree)
    keep_lines(tree)
    _quote(tree)
    _keep_times(tree)
    _unlink_credits(tree)


def _shorten_names(tree: HtmlElement) -> None:
    for element in _LONG_NAMED(tree):
        for name in ("class", "id"):
            if value := element.get(name):
                element.set(name, value[:_NAME])


def _drop_unseen(tree: HtmlElement) -> None:
    """What a browser does not show, and the marks of footnotes, which would run into words."""
    unseen = [*_UNSEEN(tree), *_NOTE_MARKS(tree)]
    for element in unseen[:_MOST_DROPPED]:
        if element.getparent() is not None and len(element.text_content()) <= _HIDDEN:
            element.drop_tree()


def _drop_empty_elements(tree: HtmlElement) -> None:
    # With favour to precision, the extractor takes the text behind an empty element with it.
    behind = (element for element in tree.iter(*_EMPTIES) if _only_stands_before_text(element))
    for element in list(islice(behind, _MOST_DROPPED)):
        element.drop_tag()


def _only_stands_before_text(element: HtmlElement) -> bool:
    return element.text is None and len(element) == 0 and bool((element.tail or "").strip())


def _open_layout_tables(tree: HtmlElement) -> None:
    """Old pages lay out with tables; the extractor takes them for data and cells for sentences."""
    for table in list(tree.iter("table")):
        rows = _ROWS(table)
        if _is_layout(table, rows):
            for row in rows:
                for part in (row, *row.iterchildren("td", "th")):
                    part.tag = "div"
            for part in table.iterchildren("tbody", "thead", "tfoot"):
                part.tag = "div"
            table.tag = "div"


def _is_layout(table: HtmlElement, rows: list[HtmlElement]) -> bool:
    if table.find(".//table") is not None:
        return True
    cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
    return any(_holds_blocks(cell) for row in cells for cell in row) or not any(
        sum(1 for cell in row if cell.text_content().strip()) > 1 for row in cells
    )


def _holds_blocks(cell: HtmlElement) -> bool:
    return cell.find("div") is not None or len(cell.findall("p")) > 1


def _forget_spans(tree: HtmlElement) -> None:
    # The extractor fills them with empty cells, up to a hundred times a hundred for each.
    for cell in tree.iter("td", "th"):
        for name in ("colspan", "rowspan"):
            cell.attrib.pop(name, None)


def _quote(tree: HtmlElement) -> None:
    # A browser shows these marks; the extractor makes a block of the element.
    for element in tree.iter("q"):
        element.text = f"“{element.text or ''}"
        element.tail = f"”{element.tail or ''}"
        element.tag = "span"


def _keep_times(tree: HtmlElement) -> None:
    # The extractor throws them away, be they a word of a sentence.
    for element in [one for one in islice(tree.iter("time"), _MOST_TIMES) if is_in_prose(one)]:
        element.tag = "span"


def _unlink_credits(tree: HtmlElement) -> None:
    # A short paragraph that is wholly a link goes as navigation, and with it whom it credits.
    for link in tree.iter("a"):
        parent = link.getparent()
        if parent is not None and parent.tag == "p" and _CREDIT.match(link.text_content()[:80]):
            link.tag = "span"
