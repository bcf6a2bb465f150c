"""A bucket on moto's server: what is kept, asked for, refused, and how often."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cli.checks.files import of_store
from cli.checks.finding import Verdict
from cli.checks.server import of_server
from cli.consumer import Consumer
from cli.doctor import _readable
from cli.documents import _deliver
from cli.failure import Failure
from cli.operation import settled
from cli.session import Session
from config.settings import Settings, SettingsError
from crawler.document import Document, Sidecar, render
from rig.bucket import Bucket
from tests.integration.ingesting import Desk, story
from tests.integration.test_settle import Earlier
from workers.recovery.ownership import keeps_store
from workers.recovery.rebuild import Rebuild
from workers.recovery.settle import StateLost, adopt_recent, settle, settle_soon
from workers.state.outbox import STREAM
from workers.state.state import State, open_state
from workers.storage.bucket import BucketStore, open_bucket
from workers.storage.places import Place
from workers.storage.store import Kept, StoreAway, StoreFull

SOURCES = ("gazette", "keeper", "plain")


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    with Bucket() as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    server.empty()
    return server


@pytest.fixture
def store(bucket: Bucket) -> BucketStore:
    return open_bucket(bucket.url)


@pytest.fixture
def desk(bucket: Bucket, store: BucketStore, server_url: str, state: State, tmp_path: Path) -> Desk:
    made = Desk(server_url, state, tmp_path, page_seconds=30)
    made.keep_in(store)
    bucket.requests.clear()
    return made


def _kept(number: int, *, site: str = "A", day: int = 21) -> Kept:
    document = Document(f"Body {number}.", f"Title {number}", f"https://a.example/{number}", site)
    sidecar = Sidecar(
        id=document.id, outcome="new", url=document.url, title=document.title, site_name=site, source="a",
        layout="titled", language="es", published=None, modified=None, fetched=f"2026-11-{day}T10:00:00Z",
        extractor={"name": "trafilatura"}, page_sha256="00",
    )  # fmt: skip
    return Place("a", date(2026, 11, day), document.id, number), document, sidecar


def test_what_stands_is_never_written_over(bucket: Bucket, store: BucketStore) -> None:
    mine, others = _kept(0), _kept(0, site="B")
    assert store.write([mine]) == []
    assert bucket.counted() == {"PUT": 2}
    assert store.write([others, _kept(1)]) == [mine[0]]
    assert store.write([mine]) == []
    assert store.text(mine[0].text_path) == render(mine[1])
    assert store.sidecar(mine[0].text_path) == mine[2]
    assert not store.create(mine[0].text_path, "")
    store.remove(mine[0])
    store.remove(mine[0])
    assert store.read(mine[0].text_path) is store.read(mine[0].sidecar_path) is None


def test_a_batch_is_put_side_by_side(bucket: Bucket, store: BucketStore) -> None:
    bucket.seconds = 0.05
    store.write([_kept(number) for number in range(20)])
    assert bucket.counted() == {"PUT": 40}
    assert 8 <= bucket.most_at_once <= 16


def test_many_objects_are_walked_by_one_listing(bucket: Bucket, store: BucketStore) -> None:
    store.write([_kept(n, day=day) for day in (20, 21, 22) for n in range(5)])
    bucket.requests.clear()
    assert [folder for folder, _ in store.walk("documents")] == [
        f"documents/a/2026-11-{day}" for day in (20, 21, 22)
    ]
    (found,) = store.walk("documents/a", since="2026-11-22")
    assert found[0] == "documents/a/2026-11-22"
    assert len(found[1]) == 10
    assert store.holds_texts()
    assert bucket.counted() == {"LIST": 3}
    assert store.shelf("documents").folders == ("a",)
    assert list(store.walk("duplicates")) == []


def test_a_put_whose_answer_was_lost_meets_its_own_object(
    bucket: Bucket, store: BucketStore
) -> None:
    bucket.lose_answers(every=2)
    kept = [_kept(number) for number in range(5)]
    for _ in range(10):
        with suppress(StoreFull):
            assert store.write(kept) == []
            break
    bucket.allow()
    assert store.write(kept) == []
    assert set(bucket.made.values()) == {1}
    assert len(bucket.made) == 2 * len(kept)


def test_a_put_that_clashes_with_another_is_tried_again(bucket: Bucket, store: BucketStore) -> None:
    """As S3 has it, the one that it clashed with may come to nothing."""
    bucket.refuse(409, "ConditionalRequestConflict", times=1)
    assert store.write([_kept(0)]) == []
    assert set(bucket.made.values()) == {1}
    bucket.refuse(409, "ConditionalRequestConflict")
    with pytest.raises((StoreFull, OSError)):
        store.write([_kept(1)])


def test_what_others_keep_beside_the_documents(desk: Desk, bucket: Bucket) -> None:
    """An empty object with a folder's name is what a console makes where a folder is made there."""
    desk.run(desk.page("a", story(1)))
    (text,) = (name for name in bucket.made if name.endswith(".txt"))
    day = text.rpartition("/")[0]
    source = day.rpartition("/")[0]
    for folder in (day, source, source.rpartition("/")[0]):
        bucket.ask("PUT", f"{folder}/")
    assert Rebuild(desk.service).run().problems == []
    bucket.ask("PUT", f"{source}/deep/er/notes.md", b"-")
    bucket.ask("PUT", f"{day.replace('/desk/', '/other/')}/notes.txt", b"-")
    (problem,) = Rebuild(desk.service).run().problems
    assert problem.path == "documents/gazette/deep"
    bucket.ask("PUT", f"{source}//notes.md", b"-")
    with pytest.raises(
        OSError, match=r"documents/gazette//notes\.md is no name that can be listed"
    ):
        Rebuild(desk.service).run()


REFUSALS = [
    (404, "NoSuchBucket", "there is no such bucket; make it, or have COPYDESK_STORE"),
    (403, "InvalidAccessKeyId", "does not know the key; see AWS_ACCESS_KEY_ID"),
    (403, "SignatureDoesNotMatch", "the secret does not fit the key; see AWS_ACCESS"),
    (403, "AccessDenied", "these keys may not; see AWS_ACCESS_KEY_ID"),
    (301, "PermanentRedirect", "another region; see AWS_REGION"),
    (501, "NotImplemented", "If-None-Match"),
]


@pytest.mark.parametrize(("status", "code", "said"), REFUSALS)
def test_a_refusal_says_what_to_do(
    bucket: Bucket, store: BucketStore, status: int, code: str, said: str
) -> None:
    bucket.refuse(status, code)
    tries: list[Callable[[], object]] = [
        store.try_out,
        lambda: store.write([_kept(0)]),
        lambda: store.remove(_kept(0)[0]),
        lambda: store.read("documents/a"),
        lambda: store.shelf("documents"),
        store.holds_texts,
    ]
    for what in tries:
        with pytest.raises((StoreFull, OSError)) as caught:
            what()
        told = str(caught.value)
        assert bucket.url in told
        assert "\n" not in told
        if not (code == "NotImplemented" and what in tries[2:]):
            assert said in told


def test_doctor_says_of_the_store_that_it_cannot_be_read_and_of_the_server_that_it_is_well(
    bucket: Bucket, state: State, server_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.client.flushall()  # so that whether there are documents is asked of the store
    settings = Settings(home=tmp_path, redis_url=server_url, store=bucket.url)
    through = bucket.answer

    def without_lists(method: str, path: str, *rest: Any) -> Any:
        if "list-type=" in path:
            return 403, [], b"<Error><Code>AccessDenied</Code></Error>"
        return through(method, path, *rest)

    monkeypatch.setattr(bucket, "answer", without_lists)
    (found,) = _readable("store", of_store(settings))
    assert found.verdict is Verdict.WRONG
    assert "cannot read from" in found.told
    assert "may get, put, delete and list" in found.advice
    assert {one.verdict for one in of_server(settings, [])} == {Verdict.OK}


def test_an_overloaded_server_is_asked_a_few_times(bucket: Bucket, store: BucketStore) -> None:
    bucket.refuse(503, "SlowDown")
    with pytest.raises(StoreAway, match="answers 503 SlowDown, again and again"):
        store.create("a", "")
    assert 2 <= len(bucket.requests) <= 6


def test_a_start_without_its_bucket_is_a_wrong_setting_only_where_one_is_wrong(
    desk: Desk, bucket: Bucket
) -> None:
    opened = Session(desk.service, desk.server_url, is_own_server=False)
    bucket.refuse(404, "NoSuchBucket")
    with pytest.raises(SettingsError, match="no such bucket"):
        settled(opened)
    bucket.refuse(503, "SlowDown")
    with pytest.raises(Failure, match="again and again"):
        settled(opened)


def test_nobody_answers(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(
        StoreAway, match="127.0.0.1:9 does not answer; see the network".replace(".", r"\.")
    ):
        open_bucket(bucket.url).create("a", "")
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    with pytest.raises(StoreFull, match="without TLS; set AWS_ALLOW_HTTP"):
        open_bucket(bucket.url).create("a", "")


@pytest.mark.parametrize(
    "address", ["nonsense", "ftp://a", "http://", "http://a b", "http://a:x", "http://k:secret@a"]
)
def test_a_server_that_is_no_address(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    with pytest.raises(
        SettingsError, match=r"AWS_ENDPOINT_URL = .*: allowed is https://HOST"
    ) as told:
        open_bucket(bucket.url)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AWS_ACCESS_KEY_ID", "key\n", "AWS_ACCESS_KEY_ID: it has a blank, a line's end"),
        ("AWS_SECRET_ACCESS_KEY", " hidden", "AWS_SECRET_ACCESS_KEY: it has a blank"),
        ("AWS_SESSION_TOKEN", "kéy", "AWS_SESSION_TOKEN: it has .* what is no ASCII"),
        ("AWS_REGION", "eu\nwest", "AWS_REGION: it has"),
        (
            "AWS_CONDITIONAL_PUT",
            "disabled",
            "AWS_CONDITIONAL_PUT = disabled: documents are created",
        ),
        ("AWS_ALLOW_HTTP", "maybe", 'COPYDESK_STORE = s3://.*"maybe"'),
    ],
)
def test_variables_that_no_request_can_be_made_with(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=told) as caught:
        open_bucket(bucket.url)
    assert "hidden" not in str(caught.value)


def test_pages_wait_for_a_bucket_that_refuses(desk: Desk, bucket: Bucket) -> None:
    desk.run(desk.page("a", story(1)))
    visits = [desk.page("b", story(1, paragraphs=7)), desk.page("c", story(2))]
    bucket.refuse(403, "AccessDenied")
    for _ in range(12):
        desk.run(*visits)
        for visit in visits:
            desk.run(visit, alone=True)
        desk.later += 60
    assert desk.state.quarantine.records() == []
    assert desk.outcomes() == {"new": 1}
    bucket.allow()
    desk.run(*visits)
    assert desk.is_idle()
    assert sum(desk.outcomes().values()) == 3


def test_a_bucket_that_refuses_is_asked_once_a_batch(desk: Desk, bucket: Bucket) -> None:
    """Else a batch would take as often as long as a bucket that does not answer at all is waited for."""
    visits = [
        desk.page(f"{source}-{n}", story(n), source=source) for n, source in enumerate(SOURCES)
    ]
    bucket.refuse(403, "AccessDenied")
    bucket.requests.clear()
    desk.run(*visits)
    # The rules of the first page's source.
    assert bucket.counted() == {"LIST": 1}
    assert desk.state.frontier.overdue(desk.time() + 20, 10) == []
    bucket.allow()
    desk.later += 60
    desk.run(*visits)
    for visit in visits:
        desk.run(visit, alone=True)
    assert desk.is_idle()


def test_what_cannot_be_read_at_present_is_no_damage(desk: Desk, bucket: Bucket) -> None:
    """A state that is settled without it would never know of it."""
    desk.run(desk.page("a", story(1)))
    earlier = Earlier(desk.state)
    desk.run(desk.page("b", story(2)))
    earlier.put_back()
    # It is written to and listed, and then refuses.
    bucket.refuse(403, "AccessDenied", after=8)
    assert not settle_soon(desk.service)
    bucket.allow()
    assert settle_soon(desk.service)
    assert len(desk.entries()) == 2


def test_a_rebuild_whose_bucket_goes_away_is_not_whole(desk: Desk, bucket: Bucket) -> None:
    desk.run(*(desk.page(str(n), story(n)) for n in range(8)))
    desk.state.client.flushall()
    bucket.refuse(403, "AccessDenied", after=20)
    with pytest.raises(OSError, match=r"^cannot read from s3://.*: these keys may not"):
        Rebuild(desk.service).run()
    bucket.allow()
    with pytest.raises(StateLost):
        settle(desk.service)
    told = Rebuild(desk.service).run()
    assert (told.documents, told.problems) == (8, [])


def test_an_object_that_alone_cannot_be_read_is_named(desk: Desk, bucket: Bucket) -> None:
    desk.run(*(desk.page(str(n), story(n)) for n in range(3)))
    bucket.refuse(403, "InvalidObjectState", after=10, times=1)
    told = Rebuild(desk.service).run()
    assert told.documents == 2
    assert "it must be restored first" in told.problems[0].problem


def test_a_bucket_that_is_away_counts_against_no_document(desk: Desk, bucket: Bucket) -> None:
    desk.run(desk.page("a", story(1)))
    bucket.refuse(403, "AccessDenied")
    consumer = Consumer(desk.state.outbox, "g")
    with pytest.raises(Failure, match=r"these keys may not.*; not acknowledged"):
        _deliver(desk.store, consumer, follow=False, most=None)
    (row,) = desk.state.client.xpending_range(STREAM, "g", "-", "+", 1)
    assert row["times_delivered"] == 0


def test_a_rebuild_lists_once_and_reads_side_by_side(desk: Desk, bucket: Bucket) -> None:
    desk.run(*(desk.page(str(n), story(n)) for n in range(8)))
    desk.state.client.flushall()
    bucket.requests.clear()
    bucket.most_at_once, bucket.seconds = 0, 0.02
    assert Rebuild(desk.service).run().documents == 8
    # Both tops, the folder of the day, and whether there is anything at all; and whose it was.
    assert bucket.counted() == {"LIST": 4, "GET": 25, "PUT": 1}
    assert bucket.most_at_once >= 4


def test_what_a_page_asks_of_a_bucket(desk: Desk, bucket: Bucket) -> None:
    """A new text takes two requests, however much there is; nothing is listed on the way of a page."""
    desk.run(desk.page("first", story(99)))
    bucket.requests.clear()
    desk.run(desk.revisit(story(99), later=3600))
    assert bucket.counted() == {}
    desk.run(*(desk.page(str(n), story(n)) for n in range(10)))
    assert bucket.counted() == {"PUT": 20}
    bucket.requests.clear()
    desk.run(desk.page("copy", story(3)))
    assert desk.outcomes() == {"new": 11, "duplicate": 1, "unchanged": 1}
    assert bucket.counted() == {"GET": 1}
    bucket.requests.clear()
    adopt_recent(desk.service)
    assert bucket.counted() == {"LIST": 3}


def test_a_bucket_belongs_to_one_state(desk: Desk, bucket: Bucket, server_url: str) -> None:
    """And says so for a listing and a get; that it does not answer says nothing."""
    state = open_state(server_url.replace("?db=0", "?db=1"), desk.settings, patience=0)
    second = replace(desk.service, state=state)
    with pytest.raises(StateLost, match=f"^{bucket.url} belongs to another service"):
        settle(second)
    bucket.requests.clear()
    assert keeps_store(desk.service)
    assert bucket.counted() == {"LIST": 1, "GET": 1}
    Rebuild(second).run()
    for refusal in ((503, "SlowDown"), (403, "AccessDenied")):
        bucket.refuse(*refusal)
        assert keeps_store(desk.service)
    bucket.allow()
    assert keeps_store(second)
    assert not keeps_store(desk.service)
    assert not settle_soon(desk.service)
    state.client.close()
