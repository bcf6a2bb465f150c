"""From a page that waits to its outcome: files, index, outbox, and every step's kill."""

import dataclasses
import itertools
import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.document import parse
from crawler.extraction.extract import extract
from rig.stories import Story, article_page
from tests.integration.ingesting import Desk, blocked, dies_on, kill_self, story
from tests.integration.work import NOW, dump, url_of
from workers.ingest import Ingest
from workers.pages import reading
from workers.pages.limits import BY_TIMER
from workers.state.state import State

HOUR = 3600.0
TODAY = datetime.fromtimestamp(NOW, UTC).date().isoformat()


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    return Desk(server_url, state, tmp_path)


def _less(whole: Story) -> Story:
    return dataclasses.replace(whole, paragraphs=whole.paragraphs[:-1])


def _more(whole: Story) -> Story:
    return dataclasses.replace(whole, paragraphs=(*whole.paragraphs, *story(99).paragraphs))


def _edited(whole: Story) -> Story:
    first, *rest = whole.paragraphs
    return dataclasses.replace(whole, paragraphs=(f"{first} Corrected.", *rest))


def _quoted(whole: Story, apostrophe: str, opens: str, closes: str, dash: str) -> Story:
    last = f"It{apostrophe}s {opens}done{closes} {dash} at last."
    return dataclasses.replace(whole, paragraphs=(*whole.paragraphs, last))


def test_a_new_text_is_written_marked_and_published(desk: Desk) -> None:
    desk.run(desk.page("a?utm_source=x", story(1)))
    assert desk.outcomes() == {"new": 1}
    assert desk.is_idle()
    (entry,) = desk.entries()
    stem = f"documents/gazette/{TODAY}/000_{entry['id']}"
    assert desk.files() == [f"{stem}.json", f"{stem}.txt"]

    text = desk.store.text(entry["path"])
    assert text
    document = parse(text)
    assert document.body == "\n\n".join(story(1).paragraphs)
    assert (document.title, document.url, document.site_name, document.id) == (
        story(1).title, url_of("a"), "The Gazette", entry["id"]
    )  # fmt: skip
    sidecar = dataclasses.asdict(desk.sidecar(entry["path"]))
    for name in ("id", "outcome", "url", "title", "site_name", "source", "language", "fetched"):
        assert entry[name] == sidecar[name]
    assert entry["path"] == f"{stem}.txt"
    assert (entry["supersedes"], entry["duplicate_of"], entry["similarity"], entry["partial"]) == (
        "", "", "", ""
    )  # fmt: skip
    assert entry["schema"] == "1"
    assert " ".join(entry) == (
        "id outcome url title site_name source language published fetched path supersedes "
        "duplicate_of similarity partial schema"
    )


def test_the_layout_and_the_name_are_the_source_s(desk: Desk) -> None:
    head = '<meta property="og:site_name" content="Plainly">'
    desk.run(desk.page("a", article_page(story(1), head=head), source="plain"))
    (path,) = desk.texts()
    assert desk.store.text(path) == "\n\n".join(story(1).paragraphs)
    assert desk.sidecar(path).site_name == "Plainly"
    assert desk.sidecar(path).layout == "plain"


def test_the_same_text_in_other_typography_is_a_duplicate(desk: Desk) -> None:
    desk.run(desk.page("a", _quoted(story(1), "'", '"', '"', "-")))
    desk.run(desk.page("b", _quoted(story(1), "’", "«\u00a0".strip(), "»", "—")))
    assert desk.outcomes() == {"new": 1, "duplicate": 1}
    assert len(desk.texts()) == len(desk.entries()) == 1
    (entry,) = desk.entries()
    (record,) = desk.records()
    assert record == {
        "url": url_of("b"),
        "source": "gazette",
        "outcome": "duplicate",
        "id": entry["id"],
        "duplicate_of": entry["id"],
        "original_url": url_of("a"),
        "similarity": 1.0,
        "queued": False,
        "reason": record["reason"],
    }
    assert record["reason"]
    assert desk.is_idle()


def test_a_near_duplicate_that_adds_little_is_kept_aside(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    desk.run(desk.page("b", _less(story(1))))
    assert desk.outcomes() == {"new": 1, "near-duplicate": 1}
    (entry,) = desk.entries()
    dropped, kept = sorted(desk.texts(), key=lambda path: "documents/" in path)
    sidecar = desk.sidecar(dropped)
    assert dropped == f"duplicates/gazette/{TODAY}/{sidecar.id}.txt"
    assert kept == entry["path"]
    assert (sidecar.outcome, sidecar.duplicate_of) == ("near-duplicate", entry["id"])
    assert 0.45 < (sidecar.similarity or 0) < 1
    (record,) = desk.records()
    assert (record["queued"], record["original_url"], record["similarity"]) == (
        False, url_of("a"), sidecar.similarity
    )  # fmt: skip


def test_a_source_that_keeps_near_duplicates_has_them_queued(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    desk.run(desk.page("b", _less(story(1)), source="keeper"))
    original, kept = desk.entries()
    assert (kept["outcome"], kept["duplicate_of"]) == ("near-duplicate", original["id"])
    assert kept["path"] == f"documents/keeper/{TODAY}/000_{kept['id']}.txt"
    assert kept["similarity"] == f"{desk.sidecar(kept['path']).similarity:.3f}"
    assert desk.records()[0]["queued"] is True


def test_a_fuller_version_is_queued(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    desk.run(desk.page("b", _more(story(1))))
    original, fuller = desk.entries()
    assert (fuller["outcome"], fuller["duplicate_of"]) == ("near-duplicate", original["id"])
    assert fuller["path"].startswith(f"documents/gazette/{TODAY}/001_")


def test_nothing_is_dropped_for_the_sake_of_what_was_dropped(desk: Desk) -> None:
    whole = story(1, paragraphs=8)
    for name, paragraphs in (("a", whole.paragraphs), ("b", whole.paragraphs[:7])):
        desk.run(desk.page(name, dataclasses.replace(whole, paragraphs=paragraphs)))
    desk.run(desk.page("c", dataclasses.replace(whole, paragraphs=whole.paragraphs[:6])))
    (entry,) = desk.entries()
    assert {record["duplicate_of"] for record in desk.records()} == {entry["id"]}


def test_a_copy_of_a_dropped_text_is_a_duplicate_of_the_one_that_was_published(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    desk.run(desk.page("b", _less(story(1))))
    desk.run(desk.page("c", _less(story(1))))
    assert desk.outcomes() == {"new": 1, "near-duplicate": 1, "duplicate": 1}
    assert len(desk.texts()) == 2
    near, copy = desk.records()
    assert (copy["outcome"], copy["id"]) == ("duplicate", near["id"])
    assert copy["duplicate_of"] == near["duplicate_of"] == desk.entries()[0]["id"]
    assert copy["original_url"] == url_of("a")
    assert copy["similarity"] == near["similarity"]
    assert url_of("b") in copy["reason"]


def test_a_changed_text_is_a_revision(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    desk.run(desk.revisit(_edited(story(1)), later=HOUR))
    first, revised = desk.entries()
    assert (revised["outcome"], revised["supersedes"], revised["duplicate_of"]) == (
        "revision", first["id"], ""
    )  # fmt: skip
    assert desk.sidecar(revised["path"]).supersedes == first["id"]
    assert len(desk.texts()) == 2
    assert desk.is_idle()


def test_the_same_text_at_a_revisit_is_unchanged_whatever_its_headline(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    before = desk.files()
    desk.run(desk.revisit(dataclasses.replace(story(1), title="Another headline"), later=HOUR))
    assert desk.outcomes() == {"new": 1, "unchanged": 1}
    assert (desk.files(), len(desk.entries()), desk.records()) == (before, 1, [])


def _counting(whole: Story, *blocks: str) -> Story:
    first, *rest = whole.paragraphs
    return dataclasses.replace(whole, paragraphs=(first, *blocks, *rest))


def test_a_page_whose_counters_alone_moved_is_unchanged(desk: Desk) -> None:
    desk.run(desk.page("a", _counting(story(1), "1,204 views", "3 minutes ago")))
    before = desk.files()
    desk.run(desk.revisit(_counting(story(1), "1,377 views", "2 hours ago"), later=HOUR))
    desk.run(desk.revisit(_counting(story(1), "2 hours ago", "1 comment"), later=5 * HOUR))
    assert desk.outcomes() == {"new": 1, "unchanged": 2}
    assert (desk.files(), len(desk.entries()), desk.records()) == (before, 1, [])


def test_a_corrected_figure_beside_a_counter_is_a_revision(desk: Desk) -> None:
    corrected = [
        _counting(story(1), f"{dead} dead", f"{views} views") for dead, views in ((14, 5), (15, 6))
    ]
    desk.run(desk.page("a", corrected[0]))
    desk.run(desk.revisit(corrected[1], later=HOUR))
    assert desk.outcomes() == {"new": 1, "revision": 1}


def test_a_live_page_that_grows_is_a_revision_each_time(desk: Desk) -> None:
    live = [
        dataclasses.replace(story(1), paragraphs=story(1).paragraphs[: 3 + n]) for n in range(3)
    ]
    desk.run(desk.page("a", live[0]))
    desk.run(desk.revisit(live[1], later=HOUR))
    desk.run(desk.revisit(live[2], later=5 * HOUR))
    ids = [entry["id"] for entry in desk.entries()]
    assert [entry["outcome"] for entry in desk.entries()] == ["new", "revision", "revision"]
    assert [entry["supersedes"] for entry in desk.entries()] == ["", ids[0], ids[1]]


def test_the_address_that_a_page_names_is_known_but_has_no_text_of_its_own(desk: Desk) -> None:
    """What comes from there all the same is compared with the text, and is no revision of it."""
    named = article_page(story(1), head="<link rel=canonical href=/news/120045-port>")
    desk.run(desk.page("print/120045", named))
    assert desk.work().offer(["news/120045-port", "news/120046-ferry"]).entered == 1
    assert desk.outcomes() == {"new": 1}


def test_the_whole_text_is_fetched_though_a_teaser_names_its_address(desk: Desk) -> None:
    wall = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'
    head = f"<link rel=canonical href=/news/120045-port>{wall}"
    desk.run(desk.page("print/120045", article_page(story(1, paragraphs=2), head=head)))
    assert [entry["partial"] for entry in desk.entries()] == ["1"]
    assert desk.work().offer(["news/120045-port"]).entered == 1


def test_back_at_an_old_text_is_a_duplicate(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    desk.run(desk.revisit(_edited(story(1)), later=HOUR))
    desk.run(desk.revisit(story(1), later=5 * HOUR))
    desk.run(desk.revisit(_edited(story(1)), later=18 * HOUR))
    assert desk.outcomes() == {"new": 1, "revision": 1, "duplicate": 2}
    assert len(desk.entries()) == 2
    desk.later += 1000 * HOUR
    assert desk.work().take(revisits=True) == []


def test_a_revision_of_a_dropped_text_is_published(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    dropped = desk.page("b", _less(story(1)))
    desk.run(dropped)
    desk.later += HOUR
    visits = desk.work().take(revisits=True)
    (again,) = [visit for visit in visits if visit.key == dropped.key]
    desk.work().hand_in(again, article_page(_edited(_less(story(1)))).encode())
    desk.run(again)
    first, revised = desk.entries()
    assert revised["outcome"] == "revision"
    assert revised["supersedes"] == desk.records()[0]["id"]
    assert first["outcome"] == "new"


def test_a_changed_text_found_by_another_source_is_a_revision(desk: Desk) -> None:
    desk.works["keeper"] = desk.work("keeper")
    desk.work("keeper").offer(["a"])
    desk.run(desk.page("a", story(1)))
    (visit,) = desk.work("keeper").take()
    desk.work("keeper").hand_in(visit, article_page(_edited(story(1))).encode())
    desk.run(visit)
    first, revised = desk.entries()
    assert (revised["outcome"], revised["supersedes"]) == ("revision", first["id"])


def test_a_redirect_to_a_known_article_is_its_duplicate_or_its_revision(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    desk.run(desk.page("b", story(1), url=url_of("a")))
    assert desk.outcomes() == {"new": 1, "duplicate": 1}
    desk.run(desk.page("c", _edited(story(1)), url=url_of("a")))
    assert desk.outcomes() == {"new": 1, "duplicate": 1, "revision": 1}


@pytest.mark.parametrize(
    ("body", "fields", "reason"),
    [
        (b"", {}, "empty"),
        (b"<html><body><p>Short.</p></body></html>", {}, "too-short"),
        (b"%PDF-1.4", {"content_type": "application/pdf"}, "not-html"),
        (b"\x1f\x8b\x08", {"content_encoding": "gzip"}, "cut-off"),
        (b"x", {"content_encoding": "unheard-of"}, "unknown-coding"),
    ],
)
def test_what_is_no_article_is_rejected_with_its_reason(
    desk: Desk, body: bytes, fields: dict[str, str], reason: str
) -> None:
    desk.run(desk.page("a", body, **fields))
    assert desk.outcomes() == {"rejected": 1}
    assert desk.state.ledger.reasons("gazette") == {f"rejected {reason}": 1}
    assert desk.is_idle()
    assert desk.files() == []
    assert desk.entries() == []
    assert desk.state.frontier.unknown("gazette", ["gazette.example/a"]) == set()


def test_a_page_that_led_to_the_front_page_does_not_make_that_known(desk: Desk) -> None:
    desk.run(desk.page("a", story(1), url="https://www.gazette.example/"))
    assert desk.state.ledger.reasons("gazette") == {"rejected front-page": 1}
    assert desk.state.frontier.unknown("gazette", ["gazette.example"]) == {"gazette.example"}


HOSTILE = "\ud800 \x00\u2028*\n---\n<x>**"


def test_hostile_names_and_titles_do_no_harm(desk: Desk) -> None:
    said = {
        "@type": "NewsArticle",
        "headline": HOSTILE,
        "author": [{"@type": "Person", "name": HOSTILE}],
        "datePublished": "9999-12-31T23:59:59+00:00",
        "inLanguage": HOSTILE,
        "license": HOSTILE,
        "publisher": {"name": HOSTILE},
        "copyrightNotice": HOSTILE,
    }
    head = f'<script type="application/ld+json">{json.dumps(said)}</script>'
    desk.run(desk.page("a", article_page(story(1), head=head), source="plain"))
    assert desk.outcomes("plain") == {"new": 1}
    (path,) = desk.texts()
    assert desk.sidecar(path).published is None or "9999" not in str(desk.sidecar(path).published)
    assert desk.is_idle()


def test_a_page_of_a_source_that_left_the_file_is_kept_all_the_same(desk: Desk) -> None:
    visit = desk.page("a", story(1), source="departed")
    desk.run(visit)
    assert desk.outcomes("departed") == {"new": 1}
    assert desk.texts()[0].startswith("documents/departed/")


def test_twins_in_one_batch_are_one_text(desk: Desk) -> None:
    first, second = desk.page("a", story(1)), desk.page("b", story(1))
    desk.run(first, second)
    assert desk.outcomes() == {"new": 1}
    assert not desk.is_idle()
    desk.later += 1.0
    assert desk.state.frontier.overdue(desk.time(), 10) == [second.token]
    desk.run(second)
    assert desk.outcomes() == {"new": 1, "duplicate": 1}
    assert len(desk.texts()) == len(desk.entries()) == 1
    assert desk.sent == []
    assert desk.is_idle()


def test_near_twins_in_one_batch_are_one_document(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)), desk.page("b", _less(story(1))))
    assert desk.outcomes() == {"new": 1, "near-duplicate": 1}
    (entry,) = desk.entries()
    documents = [path for path in desk.texts() if path.startswith("documents/")]
    assert documents == [entry["path"]]
    assert len(desk.files()) == 4
    assert desk.is_idle()


def test_a_batch_of_all_kinds_ends_each_page_once(desk: Desk) -> None:
    desk.run(desk.page("old", story(1)))
    visits = [
        desk.page("new", story(2)),
        desk.page("copy", story(1)),
        desk.page("near", _less(story(1))),
        desk.page("fuller", _more(story(1))),
        desk.page("nothing", b"<p>no</p>"),
        desk.page("new-2", story(3)),
    ]
    desk.run(*visits, *visits)
    assert desk.outcomes() == {"new": 3, "duplicate": 1, "near-duplicate": 2, "rejected": 1}
    assert desk.is_idle()
    before = dump(desk.state)
    desk.run(*visits)
    assert dump(desk.state) == before


def test_a_full_store_leaves_everything_as_it_was(desk: Desk) -> None:
    visits = [desk.page("a", story(1)), desk.page("b", story(2))]
    with blocked(desk.folder / "store" / "documents"):
        desk.run(*visits)
        assert desk.outcomes() == {}
        assert desk.state.frontier.overdue(desk.time() + 29, 10) == []
        desk.later += 30
        assert set(desk.state.frontier.overdue(desk.time(), 10)) == {v.token for v in visits}
        for _ in range(5):
            desk.run(*visits)
    assert desk.files() == []
    assert desk.entries() == []
    assert desk.sent == []
    desk.run(*visits)
    assert desk.outcomes() == {"new": 2}
    numbers = [path.rsplit("/", 1)[1][:3] for path in desk.texts()]
    assert numbers == ["000", "001"]
    assert desk.is_idle()


def test_a_store_that_is_full_for_the_second_writing_only(desk: Desk) -> None:
    first, second = desk.page("a", story(1)), desk.page("b", _less(story(1)))
    with blocked(desk.folder / "store" / "duplicates"):
        desk.run(first, second)
    assert desk.outcomes() == {"new": 1}
    (entry,) = desk.entries()
    assert desk.texts() == [entry["path"]]
    desk.run(second)
    assert desk.outcomes() == {"new": 1, "near-duplicate": 1}
    assert desk.is_idle()


def _before_commit(made: Ingest) -> None:
    made._index.commit = kill_self  # type: ignore[assignment,method-assign]


def _before_write(made: Ingest) -> None:
    made._store.write = kill_self  # type: ignore[method-assign]


def _after_commit(made: Ingest) -> None:
    commit = made._index.commit

    def commits_and_dies(*arguments: object) -> None:
        commit(*arguments)  # type: ignore[arg-type]
        kill_self()

    made._index.commit = commits_and_dies  # type: ignore[assignment,method-assign]


@pytest.mark.parametrize("prepare", [_before_write, _before_commit, _after_commit])
def test_a_kill_between_any_two_steps_leads_to_the_same_end(
    desk: Desk, prepare: Callable[[Ingest], None]
) -> None:
    visits = [desk.page(name, story(number)) for number, name in enumerate("abc")]
    assert desk.run_and_be_killed(*visits, prepare=prepare) == signal.SIGKILL
    written = desk.files()
    assert not [path for path in written if path.endswith(".part")]
    desk.later += 60
    for visit in visits:
        desk.run(visit)
        desk.run(visit, alone=True)
    assert desk.outcomes() == {"new": 3}
    entries = desk.entries()
    assert desk.texts() == sorted(entry["path"] for entry in entries)
    assert len({entry["id"] for entry in entries}) == 3
    assert set(written) <= set(desk.files())
    assert desk.is_idle()


def test_what_was_written_and_is_then_a_near_duplicate_has_one_place(desk: Desk) -> None:
    visit = desk.page("a", _less(story(1)))
    desk.run_and_be_killed(visit, prepare=_before_commit)
    assert desk.texts()[0].startswith("documents/")
    desk.run(desk.page("b", story(1)))
    desk.later += 60
    desk.run(visit, alone=True)
    assert desk.outcomes() == {"new": 1, "near-duplicate": 1}
    (entry,) = desk.entries()
    assert [path for path in desk.texts() if path.startswith("documents/")] == [entry["path"]]
    assert len(desk.files()) == 4


def test_a_page_that_another_worker_ended_meanwhile_keeps_its_file(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One worker is slow, another takes its page over and ends it just as the slow one looks again."""
    visit, first = desk.page("a", _more(story(1))), desk.page("b", story(1))
    place_new, calls = desk.state.index.place_new, itertools.count()

    def place_new_slowly(*arguments: object) -> object:
        known = place_new(*arguments)  # type: ignore[arg-type]
        match next(calls):
            case 0:
                desk.run(first)
            case 2:
                desk.later += 60
                desk.run(visit, alone=True)
        return known

    monkeypatch.setattr(desk.state.index, "place_new", place_new_slowly)
    desk.run(visit)
    assert next(calls) > 2, "it has not looked again"
    published = [entry["path"] for entry in desk.entries()]
    assert len(published) == 2
    assert set(published) <= set(desk.texts())


def test_a_page_that_kills_its_process_ends_in_quarantine_and_takes_no_other_along(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "extract_all", dies_on(b"poison", extract))
    innocent = desk.page("a", story(1))
    poison = desk.page("b", "<p>poison</p>")
    behind = desk.page("c", story(2))
    kills = []
    kills.append(desk.run_and_be_killed(innocent, poison, behind, prepare=lambda _: None))
    for _ in range(4):
        desk.later += 60
        kills.append(desk.run_and_be_killed(poison, alone=True, prepare=lambda _: None))
    assert kills == [signal.SIGKILL] * 3 + [0, 0]
    assert desk.outcomes() == {"failed": 1}
    (record,) = desk.state.quarantine.records()
    assert (record.url, record.reason, record.attempts) == (
        url_of("b"), "extraction-died", 3
    )  # fmt: skip
    desk.run(innocent, behind)
    assert desk.sent == [([innocent.token], True)]
    desk.run(innocent, alone=True)
    assert desk.outcomes() == {"failed": 1, "new": 2}
    assert desk.is_idle()


def test_an_extraction_without_end_is_ended(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object, **__: object) -> None:
        while True:
            pass

    monkeypatch.setattr(reading, "extract_all", endless)
    visit = desk.page("a", story(1))
    assert desk.run_and_be_killed(visit, prepare=lambda _: None) in BY_TIMER


def test_a_lease_that_another_holds_changes_nothing(desk: Desk) -> None:
    visit = desk.page("a", story(1))
    desk.state.frontier.give_up(visit, NOW, failed=False)
    (fresh,) = desk.work().take()
    desk.run(visit)
    assert desk.outcomes() == {}
    assert desk.files() == []
    desk.work().hand_in(fresh, article_page(story(1)).encode())
    desk.run(fresh)
    assert desk.outcomes() == {"new": 1}


def test_a_kept_file_that_someone_damaged_stops_no_page(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    (path,) = desk.texts()
    (desk.folder / "store" / path).write_bytes(b"\n\n# *cut off \xff")
    desk.run(desk.page("b", _less(story(1))))
    assert desk.outcomes() == {"new": 2}
    desk.run(desk.page("c", story(1)))
    assert desk.outcomes() == {"new": 2, "duplicate": 1}


def test_a_kept_file_that_is_gone_stops_no_page(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    for path in desk.files():
        (desk.folder / "store" / path).unlink()
    desk.run(desk.page("b", _less(story(1))))
    desk.run(desk.page("c", story(1)))
    assert desk.outcomes() == {"new": 2, "duplicate": 1}
    assert desk.records()[0]["original_url"] is None


def test_a_candidate_of_which_nothing_else_is_known_stops_no_page(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    for name in desk.state.client.scan_iter(match="copydesk:texts*"):
        desk.state.client.delete(name)
    desk.run(desk.page("b", _less(story(1))))
    assert desk.outcomes() == {"new": 2}
    assert desk.is_idle()
