"""Which document is posted next: order, patience, and whose fault a refusal is."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.state.outbox import Entry
from workers.webhook import lanes as of_lanes
from workers.webhook.lanes import Lanes, Parcel, pause_after


def parcel(source: str, number: int, failures: int = 0) -> Parcel:
    return Parcel(Entry(f"{number}-0", {"source": source, "id": f"{source}{number}"}), failures)


def lanes(*names: str, most: int = 4, deliveries: int = 3) -> Lanes:
    made = Lanes(most, deliveries)
    for number, name in enumerate(names):
        made.add(parcel(name, number))
    return made


def ids(parcels: Sequence[Parcel]) -> list[str]:
    return [one.entry.fields["id"] for one in parcels]


def one(made: Lanes, now: float) -> Parcel:
    (due,) = made.due(now)
    return due


def test_sources_go_side_by_side_and_each_in_order() -> None:
    made = lanes("a", "a", "b", "a", "c")
    first = made.due(0)
    assert ids(first) == ["a0", "b2", "c4"]
    assert made.due(0) == []
    made.taken(first[0], 0)
    assert ids(made.due(0)) == ["a1"]
    assert len(made) == 4


def test_what_was_found_later_goes_where_it_belongs() -> None:
    made = Lanes(4, 3)
    for number in (3, 10, 20):
        made.add(parcel("a", number))
    first = made.due(0)
    for number in (2, 9, 30):
        made.add(parcel("a", number))
    delivered = []
    while first:
        made.taken(first[0], 0)
        delivered += ids(first)
        first = made.due(0)
    # What is under way is not overtaken.
    assert delivered == ["a3", "a2", "a9", "a10", "a20", "a30"]


def test_a_source_that_waits_leaves_room_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_lanes, "_WINDOW", 10)
    monkeypatch.setattr(of_lanes, "_OF_A_SOURCE", 4)
    monkeypatch.setattr(of_lanes, "_MOST", 12)
    made = lanes(*["a"] * 6, "b", "b")
    assert made.room == 4
    for name in "cdef":
        made.add(parcel(name, 9))
    assert made.room == 0
    while len(made):
        for due in made.due(0):
            made.taken(due, 0)
    assert made.room == 10


def test_no_more_than_so_many_at_once() -> None:
    made = lanes("a", "b", "c", most=2)
    first = made.due(0)
    assert len(first) == 2
    made.taken(first[0], 0)
    assert len(made.due(0)) == 1


def test_a_refused_document_is_tried_again_ever_later_and_its_source_waits() -> None:
    made = lanes("a", "a", deliveries=9)
    times = [0.0]
    for _ in range(4):
        refused = one(made, times[-1])
        assert ids([refused]) == ["a0"]
        assert not made.refused(refused, "HTTP 500", times[-1])
        assert made.due(times[-1] + 0.9) == []
        times.append(made.next_due())
    assert times == [0.0, 1.0, 3.0, 7.0, 15.0]


def test_what_is_refused_while_others_are_taken_is_put_aside_and_its_source_goes_on() -> None:
    made = lanes("bad", "bad", *["good"] * 9)
    now, aside = 0.0, []
    delivered = []
    while len(made) and now < 100:
        for due in made.due(now):
            if due.entry.fields["id"] == "bad0":
                if made.refused(due, "HTTP 400", now):
                    aside.append((due.entry.fields["id"], due.failures))
            else:
                made.taken(due, now)
                delivered.append(due.entry.fields["id"])
        now += 0.5
    assert aside == [("bad0", 3)]
    assert delivered.count("bad1") == 1
    assert len(delivered) == 10
    assert made.failing_since is None


def test_while_nothing_is_taken_nothing_is_put_aside_and_few_are_tried() -> None:
    made = lanes(*"abcdef", most=3, deliveries=2)
    now = tries = 0
    for now in range(3600):
        for due in made.due(float(now)):
            tries += 1
            assert not made.refused(due, "HTTP 404", float(now))
    assert len(made) == 6
    assert tries < 150
    assert made.failing_since == 0.0
    # Well again: all go, and nothing was counted.
    now = 4000.0
    while len(made):
        for due in made.due(now):
            assert due.failures == 0
            made.taken(due, now)
        now += 400


def test_a_source_that_is_alone_tells_by_the_next_of_it() -> None:
    made = lanes("a", "a", "a", deliveries=2)
    assert not made.refused(one(made, 0), "HTTP 500", 0)
    assert not made.refused(one(made, 1), "HTTP 500", 1)
    probe = one(made, 1)
    assert ids([probe]) == ["a1"]
    made.taken(probe, 1)
    last = one(made, 1)
    assert ids([last]) == ["a0"]
    assert made.refused(last, "HTTP 500", 1)
    assert ids(made.due(1)) == ["a2"]


def test_of_several_in_a_row_that_are_refused_one_behind_them_tells() -> None:
    made = lanes(*["a"] * 5, deliveries=2)
    now, aside, delivered = 0.0, [], []
    while len(made) and now < 1000:
        for due in made.due(now):
            name = due.entry.fields["id"]
            if name in {"a0", "a1", "a2"}:
                aside += [name] * made.refused(due, "HTTP 500", now)
            else:
                made.taken(due, now)
                delivered.append(name)
        now = max(now, made.next_due())
        if aside == ["a0", "a1"] and made.next_due() == float("inf"):
            break
    assert aside[:2] == ["a0", "a1"]
    assert delivered == ["a3", "a4"]


def test_many_sources_that_each_begin_with_one_that_is_refused_come_to_an_end() -> None:
    made = lanes(*"abcdefg" * 3, most=4, deliveries=5)
    now, aside = 0.0, []
    while len(made) and now < 900:
        for due in made.due(now):
            if due.entry.fields["id"][1:] in {str(number) for number in range(7)}:
                aside += [due.source] * made.refused(due, "HTTP 400", now)
            else:
                made.taken(due, now)
        now = max(now + 0.1, made.next_due()) if len(made) else now
    assert sorted(aside) == list("abcdefg")
    assert not len(made)


def test_a_probe_that_is_refused_too_counts_for_none() -> None:
    made = lanes("a", "a", deliveries=1)
    now = 0.0
    for _ in range(5):
        head = one(made, now)
        assert ids([head]) == ["a0"]
        assert not made.refused(head, "HTTP 500", now)
        probe = one(made, now)
        assert ids([probe]) == ["a1"]
        assert not made.refused(probe, "HTTP 500", now)
        assert probe.tries == probe.failures == head.failures == 0
        now = made.next_due()
    # It comes back between two tries: the order is as it was.
    head = one(made, now)
    made.taken(head, now)
    assert ids([head]) == ["a0"]
    assert ids(made.due(now)) == ["a1"]


def test_a_receiver_that_is_away_is_waited_for_and_counts_for_no_document() -> None:
    made = lanes("a", "b", "c")
    for due in made.due(0):
        made.away(due, None, 0)
    assert made.due(0.9) == []
    now, tries = 0.0, 0
    while now < 3600:
        now = made.next_due()
        due = one(made, now)
        assert due.failures == due.tries == 0
        made.away(due, None, now)
        tries += 1
    assert tries < 25
    back = one(made, made.next_due())
    made.taken(back, now)
    assert len(made.due(now + 400)) == 2


def test_retry_after_is_kept_also_when_another_is_taken_meanwhile() -> None:
    made = lanes("a", "b", "b")
    first, second = made.due(0)
    made.away(first, 120.0, 0)
    made.taken(second, 1)
    assert made.due(119.9) == []
    assert len(made.due(120)) == 2


def test_failures_of_a_former_process_count() -> None:
    made = Lanes(4, 3)
    made.add(parcel("bad", 0, failures=2))
    made.add(parcel("good", 1))
    bad, good = made.due(0)
    made.taken(good, 0)
    assert made.refused(bad, "HTTP 400", 0)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (5, 16), (10, 300), (2000, 300)])
def test_pauses(failures: int, seconds: float) -> None:
    assert pause_after(failures) == seconds


@given(
    names=st.lists(st.sampled_from("abc"), min_size=1, max_size=12),
    bad=st.sets(st.integers(0, 11)),
    outage=st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_all_but_the_bad_are_delivered_once_and_in_order(
    names: list[str], bad: set[int], outage: tuple[int, int]
) -> None:
    made = lanes(*names, "z", *["z"] * 40, most=2, deliveries=2)
    delivered: list[str] = []
    aside: list[str] = []
    now = 0.0
    while len(made) and now < 100_000:
        is_out = outage[0] <= now < outage[0] + outage[1]
        for due in made.due(now):
            name = due.entry.fields["id"]
            is_bad = due.source != "z" and int(name[1:]) in bad
            if is_out:
                made.away(due, None, now)
            elif is_bad:
                aside += [name] * made.refused(due, "HTTP 400", now)
            else:
                made.taken(due, now)
                delivered.append(name)
        now = max(now + 0.25, min(made.next_due(), now + 300))
    wanted = [f"{name}{number}" for number, name in enumerate(names)]
    fine = [name for name in wanted if int(name[1:]) not in bad]
    for source in "abc":
        own = [name for name in delivered if name[0] == source]
        assert own == [name for name in fine if name[0] == source]
    assert set(aside) <= {name for name in wanted if int(name[1:]) in bad}
    assert math.isinf(made.next_due()) or len(made)
