"""Texts that stand in the store are entered in the state: one that no one committed is committed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from config.sources import Source, SourcesError
from crawler.document import Sidecar
from crawler.outcome import Outcome
from crawler.urls import url_key
from workers.dedup.compare import compare
from workers.pages.decide import Decision
from workers.pages.records import duplicate_record, entry_of
from workers.pages.revisits import revisit_times
from workers.service import Service
from workers.state.adoption import Answer, KnownText, Reply
from workers.storage.places import Place

# Each answer settles one question, and there are two: where the text is, and what came after it.
_MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A text in the store, with its sidecar; both have been proven."""

    place: Place
    sidecar: Sidecar
    fetched: float
    """Unix seconds."""
    bands: tuple[bytes, ...] = ()
    text: str | None = None
    """Its file, where entries of the outbox hold it."""


Nearby = Mapping[str, Place]
"""Places by id, among them that of a text's original, which may be entered later than its copy."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of a text."""

    place: Place
    answer: Answer
    twin: Place | None = None
    """Where the same text stands too, and which the state knows it by."""


class Adopter:
    """Enters texts batch by batch, in the order given."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._adoption = service.state.adoption
        self._sources = _sources(service)

    def commit(self, texts: Sequence[Found], nearby: Nearby) -> list[Adopted]:
        """Enter these texts; those that were not known are published, for nobody has done so."""
        numbered = {text.place.id for text in texts if text.place.number is not None}
        return self._adopt(texts, nearby, numbered, again=False, tail=None)[0]

    def enter(self, texts: Sequence[Found], nearby: Nearby) -> list[Adopted]:
        """Enter these texts, and publish none."""
        return self._adopt(texts, nearby, (), again=False, tail=None)[0]

    def publish(
        self, texts: Sequence[Found], nearby: Nearby, ids: Collection[str], tail: str
    ) -> tuple[list[Adopted], str]:
        """Enter these texts, and publish those of these ids, known or not.

        `tail` is the id of the outbox's last entry, that of its end is returned. Raises `Moved` where
        there is a later one; what was published until then is in the outbox.
        """
        return self._adopt(texts, nearby, ids, again=True, tail=tail)

    def _adopt(
        self,
        texts: Sequence[Found],
        nearby: Nearby,
        ids: Collection[str],
        *,
        again: bool,
        tail: str | None,
    ) -> tuple[list[Adopted], str]:
        now = self._service.clock()
        pending = [
            self._known_text(text, nearby, now, is_published=text.place.id in ids) for text in texts
        ]
        if again:
            pending = [replace(text, again=text.entry is not None) for text in pending]
        ended: dict[str, Adopted] = {}
        last = tail or ""
        for _ in range(_MOST_ROUNDS if texts else 0):
            replies, last = self._adoption.adopt(pending, now, tail=tail)
            tail = last if again else None
            asked = []
            for text, reply in zip(pending, replies, strict=True):
                after = self._answered(text, reply)
                if isinstance(after, Adopted):
                    ended[text.place.stem] = after
                else:
                    asked.append(after)
            pending = asked
            if not pending:
                break
        # What is asked again and again changes under our eyes: someone is at work on it.
        ended |= {text.place.stem: Adopted(text.place, Answer.OWED) for text in pending}
        return [ended[text.place.stem] for text in texts], last

    def _known_text(
        self, text: Found, nearby: Nearby, now: float, *, is_published: bool
    ) -> KnownText:
        sidecar, is_queued = text.sidecar, text.place.number is not None
        linked = sidecar.outcome == Outcome.NEAR_DUPLICATE
        return KnownText(
            place=text.place,
            url=sidecar.url,
            url_key=url_key(sidecar.url),
            fetched=text.fetched,
            outcome=sidecar.outcome,
            bands=text.bands if is_queued else (),
            entry=entry_of(sidecar, text.place, text.text) if is_published else None,
            record=self._record(text, nearby) if linked else None,
            revisits=self._revisits(text, now),
            after=sidecar.supersedes,
        )

    def _revisits(self, text: Found, now: float) -> tuple[float, ...]:
        source = self._sources.get(text.place.source)
        if source is None:
            return ()
        fetched = datetime.fromtimestamp(text.fetched, UTC)
        return revisit_times(source, text.sidecar.published, fetched, now, text.sidecar.id)

    def _record(self, text: Found, nearby: Nearby) -> str:
        sidecar, original = text.sidecar, self._place_of(text.sidecar.duplicate_of, nearby)
        decision = Decision(
            Outcome.NEAR_DUPLICATE,
            queued=text.place.number is not None,
            duplicate_of=sidecar.duplicate_of,
            similarity=sidecar.similarity,
            reason=self._reason(text.place, original),
        )
        kept = self._service.store.sidecar(original.text_path) if original else None
        return duplicate_record(
            sidecar.url, sidecar.source, sidecar.id, decision, kept.url if kept else None
        )

    def _reason(self, place: Place, original: Place | None) -> str:
        own = self._service.store.body(place)
        kept = self._service.store.body(original) if original else None
        return compare(own, kept).reason if own and kept else "the kept text is not to be found"

    def _place_of(self, text_id: str | None, nearby: Nearby) -> Place | None:
        if text_id is None:
            return None
        known = self._service.state.index.places([text_id], self._service.clock())
        return known.get(text_id) or nearby.get(text_id)

    def _answered(self, text: KnownText, reply: Reply) -> Adopted | KnownText:
        """The end of a text, or what is said of it the next time."""
        if reply.place:
            if self._service.store.read(reply.place.text_path) is None:
                return replace(text, instead_of=reply.place)
            return Adopted(text.place, reply.answer, reply.place)
        if reply.head:
            if self._is_later(text, reply.head):
                return replace(text, after=reply.head, before=None)
            return replace(text, after=None, before=reply.head)
        return Adopted(text.place, reply.answer)

    def _is_later(self, text: KnownText, other_id: str) -> bool:
        """Whether a text was found at its URL after another one."""
        place = self._place_of(other_id, {})
        other = self._service.store.sidecar(place.text_path) if place else None
        if other is None or place is None:
            return True
        if other.supersedes == text.place.id:
            return False
        mine = (text.fetched, text.place.number or 0)
        return mine >= (datetime.fromisoformat(other.fetched).timestamp(), place.number or 0)


def _sources(service: Service) -> Mapping[str, Source]:
    try:
        return service.sources.enabled()
    except SourcesError:
        return {}
