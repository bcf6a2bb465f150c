"""A parser of one's own in the real service: its documents, its mistakes, and how they are mended."""

import json
from pathlib import Path

from cli.embedded import EmbeddedServer
from rig.desk import Desk
from rig.site import Site
from rig.stories import Story, article_page

WRONG = "def parse(page):\n    return page.nothing\n"
RIGHT = """
from dataclasses import replace

def parse(page):
    if "3-" in page.url:
        return None
    found = page.default()
    return replace(found, title=found.title.upper())
"""
MARK = "Read by the second edition of a parser."
MORE = RIGHT.replace(
    "return replace(found, ", f"return replace(found, body=found.body + '\\n\\n{MARK}', "
)
STORIES = [Story.numbered(number) for number in (1, 2, 3)]


def test_it_reads_pages_fails_and_is_mended(tmp_path: Path) -> None:
    with Site() as site, Desk(tmp_path) as desk:
        server = EmbeddedServer(desk.home)
        server.ensure()
        site.publish(*STORIES)
        source = {"name": "gazette", "feeds": [site.url("/rss.xml")], "revisit": []}
        desk.write_sources(source | {"parser": "mine:parse"})
        missing = desk.run("once")
        assert (missing.code, len(missing.err.splitlines())) == (2, 1)
        assert 'parser = "mine:parse"' in missing.err
        (tmp_path / "mine.py").write_text(WRONG)
        failed = desk.run("once", "--json")
        assert failed.json["totals"]["failed"] == 3
        assert failed.json["owed"] == 0
        (told, *_) = desk.run("quarantine", "--json").lines
        assert told["reason"].startswith("parser-error: mine:parse: AttributeError: ")
        assert "(mine.py, line 2)" in told["reason"]
        assert told["attempts"] == 1
        (tmp_path / "mine.py").write_text(RIGHT)
        assert desk.run("quarantine", "retry", "--all").code == 0
        mended = desk.run("once", "--json")
        assert mended.json["totals"]["new"] == 2
        assert mended.json["totals"]["rejected"] == 1
        titles = sorted(document.title or "" for document in desk.documents().values())
        assert titles == sorted(story.title.upper() for story in STORIES[:2])
        first = json.loads(next(desk.home.glob("documents/*/*/*.json")).read_text())
        assert first["extractor"]["name"] == "mine:parse"
        page = tmp_path / "page.html"
        page.write_text(article_page(STORIES[0]))
        one = desk.run("extract", str(page), "--url", "https://a.example/1", "--source", "gazette")
        assert STORIES[0].title.upper() in one.out
        (tmp_path / "mine.py").write_text(MORE)
        replayed = desk.run("replay", "--json")
        assert replayed.code == 0, replayed.err
        assert replayed.json["outcomes"] == {"revision": 2}
        former = {
            document.body for document in desk.documents().values() if MARK not in document.body
        }
        revised = [json.loads(path.read_text()) for path in desk.home.glob("documents/*/*/*.json")]
        revised = [sidecar for sidecar in revised if sidecar["outcome"] == "revision"]
        assert len(former) == len(revised) == 2
        assert all(sidecar["supersedes"] for sidecar in revised)
        (version,) = {sidecar["extractor"]["version"] for sidecar in revised}
        assert version != first["extractor"]["version"]
        assert desk.run("replay", "--json").json["outcomes"] == {}
        server.stop()
