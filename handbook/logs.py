"""The page of what is logged."""

from config.events import EVENTS, FIELDS
from handbook.table import code, table

_ABOVE = """# Logs

Every line on standard error is an event with a constant name and constant fields. `COPYDESK_LOG_FORMAT` says how it is written, and
`COPYDESK_LOG_LEVEL` from which level on:

- `human`, the default: the time, the level, the event's name with a few words, and the fields that hold something; of what a
  library says, its name. In colours on a terminal.

  ```text
  2026-11-28T09:21:04Z [info     ] page.fetched   page=9f3c2a7d5e8b1046 source=gazette url=https://news.example.org/2026/11/a-quiet-harbour status=200 bytes=18204 seconds=0.213
  2026-11-28T09:21:05Z [info     ] page.ended     outcome=new page=9f3c2a7d5e8b1046 source=gazette url=https://news.example.org/2026/11/a-quiet-harbour document=b8cf8cd10981ff62 path=documents/gazette/2026-11-28/004_b8cf8cd10981ff62.txt queued=True
  2026-11-28T09:21:06Z [error    ] part.died: it is started again part=crawl code=-9 pause=0.5
  ```

- `json`: one object a line, with `timestamp` (RFC 3339, UTC), `level`, `event`, `logger`, every field of the event, and
  `exception` where there is a traceback.

  ```json
  {"timestamp": "2026-11-28T09:21:04.509512Z", "level": "info", "event": "page.fetched", "logger": "workers.pages.telling", "page": "9f3c2a7d5e8b1046", "source": "gazette", "url": "https://news.example.org/2026/11/a-quiet-harbour", "status": 200, "bytes": 18204, "seconds": 0.213}
  ```

## One page

`page` names one visit of one page: the lease under which it is fetched, waits, and gets its outcome. It is the same in `page.fetched`
and `page.ended`, and in whatever a library or a source's own parser logs while the page is read. `page.ended` is written once the
outcome stands, with `document` and `path`, which are `id` and `path` of the entry in the outbox. A page that did not come is
`page.deferred`; its next visit, like that of a page that is looked at again, has another `page` and the same `url`.

## Events

"""
_BETWEEN = """
Fields mean the same in every event:

"""
_BELOW = """
What Scrapy, Celery and other libraries say from `WARNING` on is `library.said`, with their words in `message` and their own
logger's name; a person reads the words alone. With `COPYDESK_LOG_LEVEL=DEBUG` they say all that they have.

No value ends its line or commands a terminal. The passwords of the settings are never written, nor is one in an address that an
error quotes.

What a command itself says to a person (`once`, `add`, what is wrong with a setting) is no event. `copydesk up` with
`COPYDESK_LOG_FORMAT=json` tells of its start and end as events, too.

A page's two lines take some .1 ms of a core (`make bench MEASURE=told`).

This page is written from `config/events.py` by `make pages`.
"""


def page() -> str:
    """The page, in Markdown."""
    events = [
        (code(e.name), e.level, e.words, ", ".join(map(code, e.fields))) for e in EVENTS.values()
    ]
    fields = [(code(field), holds) for field, holds in FIELDS.items()]
    return (
        _ABOVE
        + table(("event", "level", "says", "fields"), events)
        + _BETWEEN
        + table(("field", "holds"), fields)
        + _BELOW
    )
