"""What failed for good: one small record a page, to be looked at and tried again."""

import hashlib
import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from operator import attrgetter
from typing import Any, Self

from config.records import known_fields
from crawler.page import Visit
from workers.state.connection import Client, key
from workers.state.scripts import Scripts

MOST_RECORDS = 100_000
"""Some 50 MB in Redis. Of more the oldest are let go: such pages stay known, and counted as `failed`."""
_RECORDS_A_CALL = 500


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A page that failed for good."""

    source: str
    url: str
    key: str
    reason: str
    attempts: int
    at: float
    """When it was given up, in unix seconds."""
    id: str = field(default="", compare=False)
    """The same for a page whenever it fails, and short enough to be typed."""

    @classmethod
    def of(cls, visit: Visit, reason: str, attempts: int, now: float) -> Self:
        """The record of a visit that was the last one."""
        page = f"{visit.source} {visit.key}"
        page_id = hashlib.blake2b(page.encode(), digest_size=6).hexdigest()
        return cls(visit.source, visit.url, visit.key, reason, attempts, now, page_id)

    @classmethod
    def from_json(cls, text: str | bytes, page_id: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**known_fields(cls, json.loads(text)) | {"id": page_id})

    def to_json(self) -> str:
        """The record, without its id: that is the field it is kept under."""
        return json.dumps(
            {name: value for name, value in asdict(self).items() if name != "id"},
            ensure_ascii=False,
        )


class Quarantine:
    """The records, by their ids; they are entered by the commit of a page."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def __len__(self) -> int:
        return int(self._client.hlen(key("quarantine")))

    def records(self) -> list[Quarantined]:
        """All records, the oldest first."""
        return sorted(self._scan(), key=attrgetter("at", "id"))

    def newest(self, most: int, source: str = "") -> list[Quarantined]:
        """The newest records, of one source or of all; no more than these are held while they are looked for."""
        some = (one for one in self._stream() if source in ("", one[0]["source"]))
        found = heapq.nlargest(most, some, key=lambda one: (one[0]["at"], one[1]))
        # A scan may give a record twice while others come and go.
        return list(
            dict.fromkeys(
                Quarantined(**known_fields(Quarantined, fields) | {"id": page_id})
                for fields, page_id in found
            )
        )

    def of(self, ids: Sequence[str]) -> list[Quarantined]:
        """The records with these ids; one that is there no more is left out."""
        texts = self._client.hmget(key("quarantine"), ids) if ids else []
        found = zip(ids, texts, strict=True)
        return [Quarantined.from_json(text, page_id) for page_id, text in found if text]

    def _stream(self) -> Iterator[tuple[dict[str, Any], str]]:
        for page_id, text in self._client.hscan_iter(key("quarantine"), count=_RECORDS_A_CALL):
            yield json.loads(text), page_id.decode()

    def _scan(self) -> Iterator[Quarantined]:
        found = self._client.hscan_iter(key("quarantine"), count=_RECORDS_A_CALL)
        # A scan may give a record twice while others come and go.
        for page_id, text in dict(found).items():
            yield Quarantined.from_json(text, page_id.decode())

    def retry(self, ids: Sequence[str], now: float) -> set[str]:
        """Have pages owed again, as if nothing had been tried; those ids that were in quarantine."""
        found: set[str] = set()
        for start in range(0, len(ids), _RECORDS_A_CALL):
            chunk = ids[start : start + _RECORDS_A_CALL]
            flags = self._scripts.run("retry", now, *chunk)
            found |= {page_id for page_id, flag in zip(chunk, flags, strict=True) if flag}
        return found

    def trim(self, most: int = MOST_RECORDS) -> int:
        """Let the oldest records go where there are more than so many; how many went."""
        excess = len(self) - most
        if excess <= 0:
            return 0
        oldest = [record.id for record in self.records()[:excess]]
        chunks = [oldest[i : i + _RECORDS_A_CALL] for i in range(0, len(oldest), _RECORDS_A_CALL)]
        gone = (self._scripts.write(("HDEL", key("quarantine"), *chunk))[0] for chunk in chunks)
        return sum(map(int, gone))
