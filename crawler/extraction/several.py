"""The article of a page that holds several: the text of all, each paragraph once."""

import functools
from collections.abc import Collection
from dataclasses import replace

from crawler.document import normal_body, normalise_for_id
from crawler.extraction.extract import ParseOwn, extract, under
from crawler.extraction.named import NOTHING_NAMED, Named
from crawler.extraction.recurring import NO_RULES, Rules
from crawler.page import Article, Page, Rejection
from crawler.several_pages import parted
from crawler.urls import printed_url


def extract_all(
    page: Page,
    *,
    language: str | None = None,
    front: Collection[str] = (),
    named: Named = NOTHING_NAMED,
    rules: Rules = NO_RULES,
    parse_own: ParseOwn | None = None,
) -> Article | Rejection:
    """See `extract`: what the first page says of the article holds, and its other pages go on with its text."""
    several = parted(page.url, page.body) if _MARKED in page.body else (page.body, (), False)
    body, parts, is_cut = several
    read = functools.partial(extract, language=language, named=named, parse_own=parse_own)
    if not parts and not is_cut:
        return read(page, front=front, rules=rules)
    first = read(replace(page, body=body), front=front)
    if isinstance(first, Rejection):
        return first
    blocks = first.body.split("\n\n")
    seen = {normalise_for_id(block) for block in (*blocks, first.title or "")}
    for part in parts:
        other = Page(
            url=part.url,
            requested=part.url,
            status=page.status,
            fetched=page.fetched,
            content_type=part.content_type,
            content_encoding="",
            body=part.body,
        )
        found = read(other, is_part=True)
        for block in found.body.split("\n\n") if isinstance(found, Article) else ():
            if (known := normalise_for_id(block)) not in seen:
                seen.add(known)
                blocks.append(block)
    whole = normal_body("\n\n".join(blocks))
    others = (printed_url(part.url) for part in parts)
    addresses = tuple(dict.fromkeys((*first.addresses, *filter(None, others))))
    partial = first.partial or is_cut
    article = replace(first, body=whole, whole=whole, addresses=addresses, partial=partial)
    return replace(under(article, rules), misses_body=first.misses_body)


_MARKED = b"\n<!--copydesk:page {"
