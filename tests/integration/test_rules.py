"""What recurs on a source's pages: counted once a page, frozen once, and no reason for a revision."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore

from crawler.document import parse
from crawler.extraction.recurring import NO_RULES, block_key
from crawler.outcome import Outcome
from crawler.page import Visit
from rig.stories import Story, article_page
from tests.integration.ingesting import Desk, blocked, story
from tests.integration.test_state_sent_twice import Twice
from tests.integration.work import NOW, Work
from workers.housekeeping import keep_house
from workers.ingest import Ingest
from workers.recovery.rebuild import Rebuild
from workers.recovery.settle import settle
from workers.rules.freeze import freeze, freeze_ripe
from workers.state.index import Commit, Index
from workers.state.state import State
from workers.storage.bucket import BucketStore
from workers.storage.folder import FolderStore
from workers.storage.store import Store

FRAME = (
    "Share this report with your friends and neighbours",
    "Subscribe to our letter of the week, which comes to you every Friday in the morning.",
)
BACKGROUND = (
    "The ferry line was founded long ago, and has been repaired many times since then. " * 4
)


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    return Desk(server_url, state, tmp_path)


def framed(number: int, *frame: str) -> Story:
    """A story between two lines that stand around every other one too."""
    frame = frame or FRAME
    whole = story(number)
    return replace(whole, paragraphs=(frame[0], *whole.paragraphs, *frame[1:]))


def bring(desk: Desk, numbers: Sequence[int], *frame: str) -> None:
    desk.run(*(desk.page(str(number), framed(number, *frame)) for number in numbers))


def end_crawl(desk: Desk, source: str = "gazette") -> None:
    if source not in desk.works:
        return
    work = desk.work(source)
    desk.state.schedule.finish(
        work.lease, walk_due=NOW, not_before=0, last_request=NOW - 900, facts={"pages": 1}
    )
    del desk.works[source]


def go_on(desk: Desk) -> int:
    """The crawl ends, and the house is kept; how many files that made."""
    end_crawl(desk)
    return freeze_ripe(desk.service, desk.time())


def told(desk: Desk, number: int) -> dict[str, Any]:
    raw = desk.store.read(f"rules/gazette/{number:03}.json")
    assert raw
    found: dict[str, Any] = json.loads(raw)
    return found


def bodies(desk: Desk) -> dict[int, list[str]]:
    """The bodies that are kept, by the number of the rules that their sidecars name."""
    found: dict[int, list[str]] = {}
    for path in desk.texts():
        text = desk.store.text(path)
        assert text
        found.setdefault(desk.sidecar(path).extractor["rules"], []).append(parse(text).body)
    return found


def own(number: int) -> str:
    return "\n\n".join(story(number).paragraphs)


def test_what_was_seen_on_enough_pages_is_frozen_and_goes_from_then_on(desk: Desk) -> None:
    bring(desk, range(4))
    assert go_on(desk) == 0
    bring(desk, range(4, 6))
    assert desk.service.rules.present("gazette") == NO_RULES
    assert go_on(desk) == 1

    file = told(desk, 1)
    assert {rule["text"]: (rule["seen"], rule["pages"]) for rule in file["rules"]} == {
        FRAME[0]: (6, 6),
        FRAME[1]: (6, 6),
    }
    bring(desk, range(6, 9))
    found = bodies(desk)
    assert sorted(found[1]) == sorted(own(number) for number in range(6, 9))
    assert len(found[0]) == 6
    assert all(body.startswith(FRAME[0]) and body.endswith(FRAME[1]) for body in found[0])
    assert desk.service.rules.number("gazette") == 1
    assert go_on(desk) == 0


def test_a_crawl_is_read_to_its_end_under_the_rules_that_it_began_with(desk: Desk) -> None:
    bring(desk, range(8))
    assert freeze_ripe(desk.service, desk.time()) == 0
    visit = desk.page("late", framed(9))
    end_crawl(desk)
    assert freeze_ripe(desk.service, desk.time()) == 0
    desk.run(visit)
    assert set(bodies(desk)) == {0}
    assert go_on(desk) == 1


def test_a_source_that_never_rests_is_waited_for_a_day(desk: Desk) -> None:
    bring(desk, range(8))
    assert freeze_ripe(desk.service, desk.time() + 86_000) == 0
    assert freeze_ripe(desk.service, desk.time() + 87_000) == 1


def test_copies_and_revisions_are_no_further_pages(desk: Desk) -> None:
    bring(desk, range(3))
    desk.run(*(desk.page(f"copy-{n}", framed(n)) for n in range(3)))
    less = [replace(framed(n), paragraphs=framed(n).paragraphs[:-2]) for n in range(3)]
    desk.run(*(desk.page(f"near-{n}", less[n]) for n in range(3)))
    desk.later += 3600
    first = [v for v in desk.work().take(revisits=True) if "near" not in v.url]
    for visit in first:
        changed = framed(int(visit.url[-1]))
        assert desk.work().hand_in(visit, html_of(changed, "A line was added."))
        desk.run(visit)
    assert desk.outcomes() == {"new": 3, "duplicate": 3, "near-duplicate": 3, "revision": 3}
    assert go_on(desk) == 0
    assert counts(desk)[b"pages"] == 3


def counts(desk: Desk) -> dict[bytes, int]:
    raw = desk.state.client.hgetall("copydesk:blocks:gazette")
    return {field: int(count) for field, count in raw.items()}


def html_of(story: Story, *more: str) -> bytes:
    return article_page(replace(story, paragraphs=(*story.paragraphs, *more))).encode()


def test_a_commit_that_is_sent_twice_counts_once(desk: Desk) -> None:
    ingest = Ingest(desk.service, lambda *_, **__: None)
    twice = State(desk.state.client, scripts=Twice(desk.state.client))
    twice.settlement.refresh()
    ingest._index = Index(twice._scripts, twice.ledger, twice.settlement)
    visits = [desk.page(str(number), framed(number)) for number in range(3)]
    ingest.run([visit.token for visit in visits])
    ingest.run([visit.token for visit in visits])
    assert counts(desk)[b"pages"] == 3
    assert counts(desk)[block_key(FRAME[0])] == 3


def test_two_at_once_make_one_file(desk: Desk) -> None:
    bring(desk, range(6))
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: freeze(desk.service, "gazette", desk.time()), range(16)))
    assert [file.number for file in made if file] == [1]
    assert [path for path in desk.files() if "rules" in path] == ["rules/gazette/001.json"]


def test_one_that_is_overtaken_goes_on_from_the_other_s_file(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(desk, range(6))
    book = desk.service.rules
    numbers = book.numbers

    def overtaken(source: str) -> list[int]:
        seen = numbers(source)
        monkeypatch.setattr(book, "numbers", numbers)
        assert freeze(desk.service, source, desk.time())
        return seen

    monkeypatch.setattr(book, "numbers", overtaken)
    assert freeze(desk.service, "gazette", desk.time()) is None
    assert [path for path in desk.files() if "rules" in path] == ["rules/gazette/001.json"]


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_a_file_is_created_once_and_never_written_over(kind: str, tmp_path: Path) -> None:
    store: Store = FolderStore(tmp_path) if kind == "folder" else BucketStore(MemoryStore(), "b")
    assert store.create("rules/a/001.json", "é")
    assert not store.create("rules/a/001.json", "another")
    assert store.read("rules/a/001.json") == "é".encode()
    assert store.shelf("rules/a").files == ("001.json",)
    assert [p.name for p in tmp_path.rglob("*.part")] == []


def test_a_kill_after_the_file_was_made_makes_no_second_one(desk: Desk) -> None:
    bring(desk, range(6))
    end_crawl(desk)
    ripe = {name: dict(desk.state.client.hgetall(name)) for name in _recurring(desk)}
    made = freeze(desk.service, "gazette", desk.time())
    assert made
    # The state as it was before the file was there.
    for name, held in ripe.items():
        desk.state.client.hset(name, mapping=held)
    desk.state.client.zadd("copydesk:ripe", {"gazette": NOW})
    desk.state.client.hset("copydesk:rules", "gazette", 0)
    assert desk.service.rules.present("gazette").number == 0
    assert go_on(desk) == 0
    assert desk.service.rules.present("gazette").number == 1
    assert desk.state.recurring.sources(desk.time(), 9) == {}


def _recurring(desk: Desk) -> list[str]:
    return ["copydesk:recurring:gazette", "copydesk:blocks:gazette"]


def frozen(desk: Desk) -> None:
    """Rules 1 are in force, and what was read before is due to be looked at again."""
    bring(desk, range(6))
    assert go_on(desk) == 1
    desk.later += 3600


def revisited(desk: Desk) -> tuple[Visit, int]:
    visit = desk.work().take(revisits=True)[0]
    return visit, int(visit.url.rpartition("/")[2])


def ended(desk: Desk, visit: Visit, page: bytes) -> dict[str, int]:
    before = desk.outcomes()
    assert desk.work().hand_in(visit, page)
    desk.run(visit)
    return {o: n - before.get(o, 0) for o, n in desk.outcomes().items() if n != before.get(o, 0)}


def test_an_article_is_unchanged_though_rules_were_frozen_meanwhile(desk: Desk) -> None:
    frozen(desk)
    visit, number = revisited(desk)
    assert ended(desk, visit, html_of(framed(number))) == {"unchanged": 1}


def test_an_article_is_unchanged_where_only_the_lines_around_it_are_others(desk: Desk) -> None:
    frozen(desk)
    visit, number = revisited(desk)
    assert ended(desk, visit, html_of(story(number))) == {"unchanged": 1}


def test_a_changed_article_is_a_revision_under_the_present_rules(desk: Desk) -> None:
    frozen(desk)
    visit, number = revisited(desk)
    changed = html_of(framed(number), "A line was added at the end.")
    assert ended(desk, visit, changed) == {"revision": 1}
    assert bodies(desk)[1] == [f"{own(number)}\n\nA line was added at the end."]
    assert desk.entries()[-1]["supersedes"]
    assert len(desk.texts()) == 7


def test_what_was_read_under_rules_is_unchanged_under_later_ones(desk: Desk) -> None:
    frozen(desk)
    end_crawl(desk)
    others = ("Watch our film about the harbour", "All of it is ours, none of it is yours.")
    bring(desk, range(10, 16), *others)
    assert go_on(desk) == 1
    assert {rule["text"] for rule in told(desk, 2)["rules"]} == {*FRAME, *others}
    assert [rule["since"] for rule in told(desk, 2)["rules"]] == [1, 1, 2, 2]
    desk.later += 6 * 3600
    late = [v for v in desk.work().take(revisits=True) if len(v.url.rpartition("/")[2]) == 2]
    number = int(late[0].url.rpartition("/")[2])
    assert ended(desk, late[0], html_of(framed(number, *others))) == {"unchanged": 1}


def test_after_the_loss_of_the_state_rules_and_numbers_go_on_from_the_files(desk: Desk) -> None:
    frozen(desk)
    end_crawl(desk)
    files = desk.files()
    desk.state.client.flushall()
    assert Rebuild(desk.service).run().problems == []
    assert desk.files() == files
    desk.works.clear()
    bring(desk, range(10, 16))
    assert sorted(bodies(desk)[1]) == sorted(own(number) for number in range(10, 16))
    end_crawl(desk)
    bring(desk, range(20, 26), "Another line that is the same everywhere", "And one more of them.")
    assert go_on(desk) == 1
    assert len(told(desk, 2)["rules"]) == 4


def test_a_server_that_went_back_is_told_the_number_again(desk: Desk) -> None:
    frozen(desk)
    desk.state.client.hset("copydesk:rules", "gazette", 0)
    desk.state.client.hset("copydesk:settled", "run", "another")
    settle(desk.service)
    assert desk.service.rules.present("gazette").number == 1


def test_damaged_rules_are_passed_over_and_their_number_is_not_given_again(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen(desk)
    end_crawl(desk)
    file = desk.folder / "store" / "rules" / "gazette" / "001.json"
    file.write_text(file.read_text().replace("Share", "Spare"))
    fresh = replace(desk, state=desk.state)
    bring(fresh, range(10, 16))
    assert set(bodies(fresh)) == {0}
    assert go_on(fresh) == 1
    assert {rule["text"] for rule in told(fresh, 2)["rules"]} == set(FRAME)


def test_a_store_that_cannot_be_read_has_pages_wait(desk: Desk) -> None:
    frozen(desk)
    end_crawl(desk)
    fresh = replace(desk, state=desk.state)
    visit = fresh.page("10", framed(10))
    folder = desk.folder / "store" / "rules" / "gazette" / "001.json"
    with blocked(folder):
        folder.unlink()
        folder.mkdir()
        fresh.run(visit)
        folder.rmdir()
        folder.write_bytes(b"")
    assert fresh.outcomes() == {"new": 6}
    fresh.run(visit)
    assert fresh.outcomes() == {"new": 7}
    assert bodies(fresh)[1] == [own(10)]


def test_what_a_few_pages_of_many_share_is_no_frame(desk: Desk) -> None:
    bring(desk, range(30), "One line above it", "The line that few of them have")
    column = ("Our column of the week, as every week", "Letters to the column are welcome.")
    bring(desk, range(30, 40), *column)
    assert go_on(desk) == 1
    assert {rule["text"] for rule in told(desk, 1)["rules"]} == {
        "One line above it",
        "The line that few of them have",
    }


def test_a_paragraph_of_background_must_be_seen_on_more_pages(desk: Desk) -> None:
    bring(desk, range(7), "In the east", BACKGROUND.strip())
    assert go_on(desk) == 1
    assert [rule["text"] for rule in told(desk, 1)["rules"]] == ["In the east"]


def test_memory_has_a_bound_and_what_is_rare_is_forgotten(desk: Desk) -> None:
    work = desk.work()
    for number in range(150):
        blocks = {block_key(f"{number} {n}"): f"{number} {n}" for n in range(20)}
        _count(desk, work, number, {**blocks, block_key(FRAME[0]): FRAME[0]})
    held = counts(desk)
    assert len(held) <= 500
    assert 50 <= held[b"pages"] <= 100
    assert held[block_key(FRAME[0])] >= 0.9 * held[b"pages"]
    encoding = desk.state.client.object("encoding", "copydesk:blocks:gazette")
    assert encoding == b"listpack"


def _count(desk: Desk, work: Work, number: int, blocks: dict[bytes, str]) -> None:
    visit = work.waiting(str(number))
    commit = Commit(visit, Outcome.NEW, blocks=blocks)
    assert desk.state.index.commit(commit, NOW) == ("done",)


def test_files_do_not_come_one_upon_the_other(desk: Desk) -> None:
    frozen(desk)
    for number in (2, 3):
        end_crawl(desk)
        # Half of all pages that there have been.
        pages = range(20 * number, 20 * number + 6 * (number - 1))
        bring(desk, pages, f"The list of the {number}. hour", "Read on!")
        assert go_on(desk) == (number == 2)
    desk.later += 3601
    assert go_on(desk) == 1
    assert told(desk, 3)["number"] == 3


def test_what_a_running_story_begins_with_stays(desk: Desk) -> None:
    bring(desk, range(8))
    bring(
        desk, range(8, 14), "Fourteen people were killed when the ferry capsized in May.", "More:"
    )
    assert go_on(desk) == 1
    rules = desk.service.rules.present("gazette").blocks.values()
    assert FRAME[0] in rules
    assert not any("ferry" in block for block in rules)


def test_the_house_is_kept(desk: Desk) -> None:
    bring(desk, range(6))
    end_crawl(desk)
    keep_house(desk.service, desk.time(), lambda *_, **__: None)
    assert desk.service.rules.present("gazette").number == 1
