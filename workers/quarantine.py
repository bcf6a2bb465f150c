"""What is written down of a page that failed for good."""

import json

from crawler.page import Visit


def quarantined(visit: Visit, reason: str, now: float) -> str:
    """JSON for the quarantine: the page, why, and when (unix seconds)."""
    record = {
        "source": visit.source,
        "url": visit.url,
        "key": visit.key,
        "reason": reason,
        "attempts": visit.attempts + 1,
        "at": now,
    }
    return json.dumps(record, ensure_ascii=False)
