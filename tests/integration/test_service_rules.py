"""What stands around every article of a site goes, and what a source's own selectors say holds: the real commands."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from rig.desk import Desk
from rig.site import Site
from rig.stories import Story

SHARE = "Share this report with your friends and neighbours"
LETTER = "Subscribe to our letter of the week, which comes to you every Friday in the morning."


def framed(number: int) -> Story:
    story = Story.numbered(number)
    return replace(story, paragraphs=(SHARE, *story.paragraphs, LETTER))


def own(numbers: range) -> list[str]:
    return sorted("\n\n".join(Story.numbered(number).paragraphs) for number in numbers)


def kept(desk: Desk) -> dict[int, list[str]]:
    """The bodies of the documents, by the number of the rules that their sidecars name."""
    found: dict[int, list[str]] = {}
    for path, document in desk.documents().items():
        sidecar = json.loads((desk.home / path).with_suffix(".json").read_text())
        found.setdefault(sidecar["extractor"]["rules"], []).append(document.body)
    return {number: sorted(bodies) for number, bodies in found.items()}


def told(desk: Desk) -> dict[str, Any]:
    (source,) = desk.run("sources", "--json").lines
    return source


def test_lines_around_every_article_go_once_they_were_seen_on_enough(tmp_path: Path) -> None:
    with Site() as site, Desk(tmp_path) as desk:
        site.publish(*(framed(number) for number in range(8)))
        desk.write_sources({"name": "gazette", "feeds": [site.url("/rss.xml")]})
        assert desk.run("once", "--json").json["totals"]["new"] == 8
        # One crawl is read under one set of rules, in whatever order its pages come.
        assert [len(bodies) for bodies in kept(desk).values()] == [8]
        assert told(desk)["rules"] == 1
        file = desk.home / "rules" / "gazette" / "001.json"
        frozen = file.read_bytes()
        assert {rule["text"] for rule in json.loads(frozen)["rules"]} == {SHARE, LETTER}

        site.publish(*(framed(number) for number in range(12)))
        assert desk.run("once", "--json").json["totals"]["new"] == 4
        assert kept(desk)[1] == own(range(8, 12))
        assert file.read_bytes() == frozen
        assert [p.name for p in file.parent.iterdir()] == ["001.json"]
        assert desk.run("rebuild", "--json").json["problems"] == []


def test_a_source_s_own_selectors_hold_and_one_that_misses_is_counted(tmp_path: Path) -> None:
    with Site() as site, Desk(tmp_path) as desk:
        site.publish(*(framed(number) for number in range(3)))
        source = {"name": "gazette", "feeds": [site.url("/rss.xml")]}
        selectors = {"body": "article > p", "drop": ["p:first-of-type", "p:last-of-type"]}
        desk.write_sources(source | selectors)
        assert desk.run("once", "--json").json["totals"]["new"] == 3
        assert kept(desk) == {0: own(range(3))}
        assert told(desk)["reasons"] == {}

        site.publish(*(framed(number) for number in range(5)))
        desk.write_sources(source | {"body": "div.nowhere"})
        assert desk.run("once", "--json").json["totals"]["new"] == 2
        assert told(desk)["reasons"] == {"new body-selector-missed": 2}
        assert len(desk.documents()) == 5

        desk.write_sources(source | {"body": "div["})
        refused = desk.run("once")
        assert refused.code == 2
        assert 'source "gazette", body = "div["' in refused.err
