"""The part `webhook`: every document reaches the receiver, in order within its source, whatever happens to either."""

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings, SettingsError
from rig.desk import Desk as CommandDesk
from rig.desk import until
from rig.inbox import SECRET, Inbox, Say
from rig.site import Site
from rig.stories import Story
from tests.integration.ingesting import Desk, story
from workers import redelivery
from workers.alarms.watch import of_service
from workers.redelivery import Redelivery
from workers.service import Service
from workers.state.outbox import STREAM
from workers.state.state import State, open_state
from workers.webhook import lanes, part
from workers.webhook.part import Courier, receiver_of

SOURCES = ("alpha", "beta", "gamma")


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "pause_after", lambda failures: min(0.2, 0.02 * failures))
    monkeypatch.setattr(part, "_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(part, "_WAIT_MS", 200)


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    return Desk(server_url, state, tmp_path)


@pytest.fixture
def service(server_url: str, desk: Desk, tmp_path: Path, inbox: Inbox) -> Service:
    (tmp_path / "secret").write_text(SECRET)
    settings = Settings(
        redis_url=server_url,
        home=tmp_path,
        webhook_url=inbox.url(),
        webhook_secret_file=tmp_path / "secret",
        webhook_seconds=1,
        max_deliveries=3,
        outbox_text=True,
    )
    return replace(desk.service, settings=settings, clock=time.time)


def publish(to: Any, *numbers: int, sources: tuple[str, ...] = SOURCES) -> list[str]:
    """A document of each source for each number; their ids."""
    ids = []
    for number in numbers:
        for source in sources:
            name = f"{source[0] * 8}{number:08x}"
            fields = {
                "id": name,
                "source": source,
                "path": f"{name}.txt",
                "text": f"text of {name}",
            }
            to.xadd(STREAM, fields)
            ids.append(name)
    return ids


@contextmanager
def courier(service: Service) -> Iterator[threading.Event]:
    """One that runs; it is stopped by the event, and at the end."""
    stopped = threading.Event()
    own = open_state(str(service.settings.redis_url), service.settings, patience=5)
    running = Courier(replace(service, state=own), receiver_of(service.settings))
    thread = threading.Thread(target=running.run, args=(stopped.is_set, stopped.wait))
    thread.start()
    try:
        yield stopped
    finally:
        stopped.set()
        thread.join(30)
        own.client.close()
        assert not thread.is_alive()


def is_done(state: State) -> bool:
    found = [one for one in state.groups.all(0.0) if one.name == "webhook"]
    return bool(found) and found[0].owed == 0


def in_order(taken: list[str]) -> bool:
    by_source: dict[str, list[str]] = {}
    for name in taken:
        by_source.setdefault(name[0], []).append(name)
    return all(names == sorted(names) for names in by_source.values())


def test_each_document_once_in_order_as_consume_prints_it(
    service: Service, state: State, inbox: Inbox
) -> None:
    ids = publish(state.client, *range(20))
    with courier(service):
        until(lambda: is_done(state), 20)
        ids += publish(state.client, 20)
        until(lambda: is_done(state) and len(inbox.taken) == len(ids), 20)
        assert state.parts(time.time()).keys() == {"webhook"}
    assert state.parts(time.time()) == {}
    assert sorted(inbox.taken) == sorted(ids)
    assert in_order(inbox.taken)
    assert {"text", "path", "source", "id"} <= set(inbox.got[0].document)
    assert inbox.got[0].document["text"] == f"text of {inbox.got[0].document['id']}"
    # Sources side by side, with a connection each that is kept.
    assert len({got.connection for got in inbox.got}) <= 8


def test_what_is_refused_alone_is_put_aside_with_its_reason_and_given_again(
    service: Service, state: State, inbox: Inbox
) -> None:
    ids = publish(state.client, *range(6))
    bad, silent = "a" * 8 + f"{1:08x}", "b" * 8 + f"{2:08x}"

    def answer(document: Mapping[str, Any]) -> Say:
        return Say(400) if document["id"] == bad else Say(hangs=document["id"] == silent)

    inbox.answer = answer
    state.outbox.join("other")
    with courier(service):
        until(lambda: is_done(state), 40)
        assert {one.reason: one.document["id"] for one in state.groups.put_aside("webhook")} == {
            "HTTP 400": bad, "no answer within 1 s": silent,
        }  # fmt: skip
        assert sorted(inbox.taken) == sorted(set(ids) - {bad, silent})
        assert in_order(inbox.taken)
        inbox.answer = lambda _: Say()
        state.groups.give_again("webhook", list(state.groups.put_aside("webhook")))
        until(lambda: set(inbox.taken) == set(ids), 20)
        until(lambda: is_done(state), 20)
    assert state.outbox.dead() == 0
    # It has held up nobody else.
    assert len(state.outbox.read("other", "c", 99, wait=False)) == len(ids)


@pytest.mark.parametrize("say", [Say(503), Say(404), Say(429, {"Retry-After": "1"}), None])
def test_a_receiver_that_takes_nothing_is_waited_for_and_nothing_is_put_aside(
    service: Service, state: State, inbox: Inbox, say: Say | None
) -> None:
    ids = publish(state.client, *range(5))
    # With more tries than there are here, none goes before the one that is refused.
    settings = service.settings.model_copy(update={"max_deliveries": 1000})
    service = replace(service, settings=settings)
    if say is None:
        inbox.stop()
    else:
        inbox.answer = lambda _: say
    with courier(service):
        until(state.webhook_trouble, 20)
        threading.Event().wait(1.2)
        assert state.outbox.dead() == 0
        assert inbox.taken == []
        if say is None:
            inbox.start()
        inbox.answer = lambda _: Say()
        until(lambda: is_done(state), 20)
        until(lambda: not state.webhook_trouble(), 20)
    assert inbox.taken == sorted(ids, key=inbox.taken.index)
    assert sorted(inbox.taken) == sorted(ids)
    assert in_order(inbox.taken)
    assert state.outbox.dead() == 0


def test_an_entry_of_a_later_schema_waits_for_a_later_release(
    service: Service, state: State, inbox: Inbox
) -> None:
    state.client.xadd(STREAM, {"id": "a", "source": "alpha", "text": "it", "schema": "7"})
    with courier(service):
        until(lambda: "schema 7" in str(state.webhook_trouble()), 20)
    assert not inbox.got
    assert state.groups.all(0.0)[0].owed == 1
    assert not state.client.exists("copydesk:documents:dead")


def test_a_single_source_goes_on_past_what_is_refused(
    service: Service, state: State, inbox: Inbox
) -> None:
    ids = publish(state.client, *range(5), sources=("alpha",))
    inbox.answer = lambda document: Say(500 if document["id"] in ids[:2] else 204)
    with courier(service):
        until(lambda: is_done(state), 30)
    assert [one.document["id"] for one in state.groups.put_aside("webhook")] == ids[:2]
    assert sorted(inbox.taken) == ids[2:]


def test_a_source_that_is_refused_leaves_room_for_the_others(
    service: Service, state: State, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "_WINDOW", 10)
    monkeypatch.setattr(lanes, "_OF_A_SOURCE", 4)
    publish(state.client, *range(30), sources=("alpha",))
    others = publish(state.client, 0, sources=("beta", "gamma"))
    inbox.answer = lambda document: Say(403 if document["source"] == "alpha" else 204)
    with courier(service):
        until(lambda: sorted(inbox.taken) == others, 20)


def test_a_file_that_cannot_be_read_is_put_aside(
    service: Service, state: State, desk: Desk, inbox: Inbox
) -> None:
    (desk.folder / "store" / "odd.txt").mkdir(parents=True)
    state.client.xadd(STREAM, {"id": "odd", "source": "alpha", "path": "odd.txt"})
    ids = publish(state.client, 1, 2)
    with courier(service):
        until(lambda: is_done(state), 20)
    (aside,) = state.groups.put_aside("webhook")
    assert (aside.document["id"], aside.reason) == ("odd", "it cannot be read: Is a directory")
    assert sorted(inbox.taken) == sorted(ids)


def test_what_it_is_to_have_once_more_comes_too(
    service: Service, state: State, inbox: Inbox, desk: Desk
) -> None:
    desk.run(desk.page("a", story(1)), desk.page("b", story(2)))
    with courier(service):
        until(lambda: len(inbox.taken) == 2, 20)
        own = Redelivery(state, desk.store, service.settings, desk.time)
        assert own.ask("webhook", None)[1]
        until(lambda: len(inbox.taken) == 4, 20)
        until(lambda: state.again.of("webhook") is None, 20)
    assert inbox.taken[:2] == inbox.taken[2:]
    sidecar = desk.sidecar(inbox.got[-1].document["path"])
    assert inbox.got[-1].document["page_sha256"] == sidecar.page_sha256


def test_what_is_new_comes_behind_all_that_it_is_to_have_once_more(
    service: Service, state: State, inbox: Inbox, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redelivery, "MOST_WAITING", 2)
    monkeypatch.setattr(redelivery, "_A_PIECE", 1)
    desk.run(*(desk.page(f"a{number}", story(number)) for number in range(6)))
    Redelivery(state, desk.store, service.settings, desk.time).ask("webhook", None)
    desk.run(desk.page("new", story(7)))
    paths = [path.rpartition("_")[2].removesuffix(".txt") for path in desk.texts()]
    with courier(service):
        until(lambda: len(inbox.taken) == 7, 20)
    assert inbox.taken == paths


def test_what_it_was_given_and_never_received_comes_all_the_same(
    service: Service, state: State, inbox: Inbox
) -> None:
    """The reply was lost on its way, and the client asked again."""
    ids = publish(state.client, 0)
    with courier(service):
        until(lambda: is_done(state) and len(inbox.taken) == 3, 20)
        (name,) = state.outbox.consumers("webhook")
        with state.client.pipeline() as at_once:
            for number in (1, 2):
                ids += publish(at_once, number)
            at_once.xreadgroup("webhook", name, {STREAM: ">"}, count=4)
            at_once.execute()
        until(lambda: is_done(state) and len(inbox.taken) == len(ids), 20)
    assert in_order(inbox.taken)


def test_only_one_posts_at_a_time_and_another_follows_it(
    service: Service, state: State, inbox: Inbox
) -> None:
    ids = publish(state.client, *range(10))
    with courier(service) as first:
        until(lambda: inbox.taken, 20)
        with courier(service):
            until(lambda: is_done(state), 20)
            assert sorted(inbox.taken) == sorted(ids)
            first.set()
            more = publish(state.client, 10)
            until(lambda: is_done(state) and len(inbox.taken) == len(ids + more), 20)
    assert in_order(inbox.taken)


def test_the_part_is_there_for_as_long_as_one_of_two_is(service: Service, state: State) -> None:
    def holder() -> bytes | None:
        held: bytes | None = state.client.get("copydesk:held:webhook")
        return held

    with courier(service) as first:
        until(holder, 20)
        before = holder()
        with courier(service):
            pass
        assert "webhook" in state.parts(time.time())
        with courier(service):
            first.set()
            until(lambda: holder() not in {None, before}, 20)
            until(lambda: "webhook" in state.parts(time.time()), 5)
    assert state.parts(time.time()) == {}


def test_a_state_that_was_lost_and_a_group_that_was_destroyed(
    service: Service, state: State, inbox: Inbox
) -> None:
    publish(state.client, 0)
    with courier(service):
        until(lambda: is_done(state), 20)
        state.client.flushall()
        ids = publish(state.client, 1)
        until(lambda: set(ids) <= set(inbox.taken), 20)


def test_a_state_that_is_lost_while_a_document_is_refused(
    service: Service, state: State, inbox: Inbox
) -> None:
    def lose(_: Mapping[str, Any]) -> Say:
        state.client.flushall()
        inbox.answer = lambda _: Say()
        return Say(400)

    inbox.answer = lose
    publish(state.client, 0, sources=("alpha",))
    with courier(service):
        until(lambda: inbox.got, 20)
        ids = publish(state.client, 1)
        until(lambda: set(ids) <= set(inbox.taken), 20)


def test_of_a_part_that_was_ended_no_alarm_stays(service: Service, state: State) -> None:
    def kinds() -> list[str]:
        return [alarm.kind for alarm in of_service(service, time.time())]

    state.webhook_fails("HTTP 500", time.time() - 3600)
    state.alive("webhook", time.time())
    assert "webhook-failing" in kinds()
    state.gone("webhook")
    assert "webhook-failing" not in kinds()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "COPYDESK_WEBHOOK_SECRET_FILE is needed with COPYDESK_WEBHOOK_URL"),
        ("", "it is empty; echo"),
        ("hush", "a secret begins with whsec_"),
    ],
)
def test_without_a_secret_nothing_is_posted(tmp_path: Path, text: str | None, problem: str) -> None:
    file = tmp_path / "secret"
    if text is not None:
        file.write_text(text)
    named = {} if text is None else {"webhook_secret_file": file}
    with pytest.raises(SettingsError, match=problem) as caught:
        receiver_of(Settings(webhook_url="http://127.0.0.1/", **named))
    assert "hush" not in str(caught.value)


def test_up_posts_what_it_crawls_and_the_part_comes_back(
    tmp_path: Path, site: Site, inbox: Inbox
) -> None:
    early, late = Story.numbered(1), Story.numbered(2)
    site.publish(early)
    secret = tmp_path / "secret"
    named = {"webhook_url": inbox.url("/hook/hidden-word"), "webhook_secret_file": secret}
    with CommandDesk(tmp_path, tick_seconds=0.5, **named) as command:
        command.write_sources({"name": "site", "feeds": [site.url("/rss.xml")]})
        refused = command.run("up")
        assert (refused.code, "COPYDESK_WEBHOOK_SECRET_FILE" in refused.err) == (2, True)
        secret.write_text(SECRET)
        up = command.up()
        until(lambda: inbox.taken, 30)
        assert inbox.got[0].document["url"] == site.url(early.path)
        (part_of_it,) = (p for p, line in command.processes().items() if "run webhook" in line)
        os.kill(part_of_it, signal.SIGKILL)
        site.publish(late, early)
        assert command.run("crawl", "site").code == 0
        until(lambda: inbox.got[-1].document["url"] == site.url(late.path), 30)
        told = command.run("status", "--json").json
        assert "webhook" in told["parts"]
        assert set(told["outbox"]["groups"]) == {"webhook"}
        up.send_signal(signal.SIGINT)
        assert up.wait(30) == 0
        assert "hidden-word" not in command.err
        assert command.processes() == {}
