"""The sample sites' stories brought through ingest, with all that a dashboard shows: copies, revisions, failures."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from crawler.document import Document, Sidecar
from crawler.outcome import Outcome
from demo import agency, broadcaster, stories
from demo.edition import PREFIX
from demo.resource import Resource
from rig.stories import Story
from tests.integration.ingesting import Desk
from workers.pages.records import entry_of
from workers.state.coverage import Covered, SourceGap
from workers.state.index import Commit
from workers.state.quarantine import Quarantined
from workers.state.state import State
from workers.storage.places import Place

BROADCASTER, AGENCY = "https://bahia.example", "https://litoral.example"
HOSTILE_TITLE = (
    '<script>window.owned = 1</script><img src="//evil.example/x" onerror="window.owned = 2">'
)
FAILED = "failed"
SOURCES = f"""# Kept as it is.
[[source]]
name = "bahia-fr"
site_name = "Radio Bahía Clara"
start = "{BROADCASTER}/fr"

[[source]]
name = "bahia-es"
site_name = "Radio Bahía Clara"
start = "{BROADCASTER}/"

[[source]]
name = "bahia-en"
site_name = "Radio Bahía Clara"
start = "{BROADCASTER}/en"

[[source]]
name = "litoral"
site_name = "Agencia <b>Litoral</b>"
feeds = ["{AGENCY}/atom.xml"]

[[source]]
name = "gazette"
start = "https://www.gazette.example/"
revisit = ["1h", "6h", "1d"]
"""


def newsroom(server_url: str, state: State, folder: Path) -> Desk:
    """Fill a state and a store; what was ingested, and where."""
    desk = Desk(server_url, state, folder)
    desk.settings.sources.write_text(SOURCES)
    opened = datetime.now(UTC) - timedelta(hours=2)
    _broadcaster(desk, opened)
    _agency(desk, opened, opened + timedelta(hours=1))
    _gazette(desk)
    _walks(state, desk)
    _parts_and_consumers(state)
    return desk


def _broadcaster(desk: Desk, opened: datetime) -> None:
    site = broadcaster.resources(BROADCASTER, opened)
    for language in PREFIX:
        for story in stories.of_edition(language, opened, None):
            path = f"{PREFIX[language]}/noticias/{story.section}/{story.name}"
            if site[path].status == 200 and story.kind == "article":
                _read(desk, f"bahia-{language}", BROADCASTER, path, site)


def _agency(desk: Desk, opened: datetime, updated: datetime) -> None:
    """With the stories that it carries after the broadcaster."""
    site = agency.resources(AGENCY, opened, updated)
    for story in stories.of_agency(opened, updated):
        _read(desk, "litoral", AGENCY, agency.path_of(story), site)


def _read(desk: Desk, source: str, root: str, path: str, site: Mapping[str, Resource]) -> None:
    url = root + quote(path)
    desk.run(desk.page(path.strip("/"), site[path].body, source=source, url=url, requested=url))


def _gazette(desk: Desk) -> None:
    """An article that is corrected, one with a hostile title, and one that fails."""
    desk.later = -5400.0
    at = datetime.fromtimestamp(desk.time(), UTC)
    first = replace(Story.numbered(1), published=at)
    corrected = first.paragraphs[0] + " Twelve came, and not thirteen."
    desk.run(desk.page("corrected", first))
    desk.run(desk.revisit(_with(first, corrected), later=3600.0))
    desk.later = 0.0
    _hostile(desk)
    for name in (FAILED, "failed-too"):
        visit = desk.work().one(name)
        record = Quarantined.of(visit, "http-500 <b>bad</b>", 3, desk.time())
        done = desk.state.index.commit(
            Commit(visit, Outcome.FAILED, "http-500", quarantine=record), desk.time()
        )
        assert done == ("done",)


def _hostile(desk: Desk) -> None:
    """A document as no extractor would make it: whatever stands in a file is shown, and does nothing."""
    body = f"{HOSTILE_TITLE}\n\nturned \u202earound\u202c, </div></main><script>window.owned = 3</script>"
    document = Document(body, HOSTILE_TITLE, "javascript:window.owned=4", "<b>site</b>")
    place = Place("gazette", datetime.now(UTC).date(), document.id, 99)
    sidecar = Sidecar(
        id=document.id,
        outcome="new",
        url="javascript:window.owned=4",
        title=HOSTILE_TITLE,
        site_name="<b>site</b>",
        source="gazette",
        layout="titled",
        language='"><b>',
        authors=("<b>author</b>",),
        published=None,
        modified=None,
        fetched=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        rights={"<b>licence</b>": "<b>mine</b>"},
        extractor={"name": "<b>none</b>"},
        page_sha256="",
    )
    desk.store.write([(place, document, sidecar)])
    desk.state.client.xadd("copydesk:documents", dict(entry_of(sidecar, place)))


def _with(story: Story, first: str) -> Story:
    return replace(story, paragraphs=(first, *story.paragraphs[1:]))


def _walks(state: State, desk: Desk) -> None:
    """What crawls leave: times, a failure, listings, covered days with a gap."""
    now = time.time()
    day = 86400.0
    for number, name in enumerate(("bahia-fr", "bahia-es", "bahia-en", "litoral")):
        facts = {"ended": now - 600 - 60 * number, "walked": now - 700, "links": 14, "new_links": 2}
        state.client.hset(f"copydesk:crawl:{name}", mapping=facts)
        state.client.zadd("copydesk:schedule", {name: now + 300 * (number + 1)})
        kept = {"since": now - 9.4 * day, "until": now - 700}
        state.client.hset(f"copydesk:coverage:{name}", mapping=kept)
    gap = SourceGap(now - 3.4 * day, now - 3.2 * day, f"{AGENCY}/atom.xml", found=now - 3 * day)
    covered = Covered(now - 700, (gap,)).for_script(now)
    name, text = covered["gaps"]  # type: ignore[misc]
    state.client.hset("copydesk:gaps:litoral", name, text)
    state.client.hset("copydesk:crawl:litoral", mapping={"error": "", "failures": 0})
    error = {"error": "robots.txt: 503 from https://www.gazette.example/", "failures": 4}
    state.client.hset(
        "copydesk:crawl:gazette", mapping=error | {"ended": now - 900, "walked": now - 90_000}
    )
    listing = '{"kind": "feed", "found": true}'
    state.client.hset(
        "copydesk:listings:bahia-fr",
        mapping={"settings": "x", f"{BROADCASTER}/fr/rss.xml": listing},
    )
    for hour in range(2, 48):
        at = datetime.fromtimestamp(now - 3600 * hour, UTC)
        counts = {
            "bahia-fr new": 3 + hour % 5,
            "litoral rejected": hour % 3,
            "bahia-es new": hour % 7,
        }
        state.client.hset(f"copydesk:outcomes:{at:%Y%m%d%H}", mapping=counts)


def _parts_and_consumers(state: State) -> None:
    for part in ("beat", "crawl", "ingest"):
        state.alive(part, time.time())
    state.outbox.join("archive")
    state.outbox.join("<i>newsletter</i>")
    for entry in state.outbox.read("archive", "one", 1000, wait=False)[:-2]:
        state.outbox.acknowledge("archive", entry)
