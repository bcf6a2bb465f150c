"""What rules mean for a text that is on its way: whether it is the one that stands there, and what it teaches."""

from collections.abc import Mapping

from crawler.document import Sidecar, document_id
from crawler.extraction.recurring import NO_RULES, Rules, framing_blocks, without_recurring
from workers.pages.reading import Reading
from workers.service import Service


def as_it_stands(service: Service, reading: Reading, head: str) -> Reading | None:
    """The reading as the text that stands at its URL, where only the rules are others; None where it is not.

    Either the page still gives that text under the rules that it was read by, or that text gives
    the page's under the present ones: what changed then stands in blocks that recur.
    """
    if head == reading.document.id:
        return None
    place = service.state.index.places([head], service.clock()).get(head)
    sidecar = service.store.sidecar(place.text_path) if place else None
    number = _number(sidecar) if sidecar else None
    source = reading.source.name
    if place is None or number is None or (place.source, number) == (source, reading.article.rules):
        return None
    former = service.rules.numbered(place.source, number)
    if former and (same := reading.under(former)).document.id == head:
        return same
    present = service.rules.numbered(source, reading.article.rules)
    body = service.store.body(place) if present else None
    if present and body and _says(body, present) == reading.document.id:
        return reading.with_body(body)
    return None


def _number(sidecar: Sidecar) -> int | None:
    # People edit files.
    told = sidecar.extractor.get("rules") if isinstance(sidecar.extractor, Mapping) else None
    return told if isinstance(told, int) else None


def _says(body: str, rules: Rules) -> str:
    return document_id(without_recurring(body, rules))


def unknown_blocks(service: Service, reading: Reading) -> dict[bytes, str]:
    """The blocks of a text that may recur, and are not in the rules that it was read by."""
    source, number = reading.source.name, reading.article.rules
    rules = service.rules.numbered(source, number) or NO_RULES
    found = framing_blocks(reading.document.body)
    return {key: block for key, block in found.items() if key not in rules.blocks}
