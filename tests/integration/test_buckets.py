"""Tables that grow by linear hashing lose nothing, and stay packed."""

import time

import pytest

from workers.state.scripts import _HERE, packed
from workers.state.state import State

ADD = """
local names = cmsgpack.unpack(ARGV[1])
local t = open_table('test-set')
local h = window_table('test-hash', generation(NOW))
for i, name in ipairs(names) do
  add_to_set(t, number_of(name))
  put(h, name, name .. 'v')
end
return {t.buckets, t.count, h.buckets, h.count}
"""
FIND = """
local found = 0
local t = open_table('test-set')
for i, name in ipairs(cmsgpack.unpack(ARGV[1])) do
  if in_set(t, number_of(name)) and find_in_window('test-hash', NOW, name) == name .. 'v' then found = found + 1 end
end
return found
"""


def _run(state: State, body: str, names: list[bytes]) -> object:
    prelude = (_HERE / "buckets.lua").read_text()
    script = f"#!lua\nlocal WINDOW_DAYS, VERSION, WRITES, NOW = 30, '1', true, {time.time()}\n{prelude}\n{body}"
    return state.client.eval(script, 0, packed(names))


def _names(start: int, count: int) -> list[bytes]:
    return [(i * 2654435761 % 2**48).to_bytes(6, "big") for i in range(start, start + count)]


@pytest.mark.parametrize("count", [1, 100, 129, 5_000])
def test_what_went_in_is_found(state: State, count: int) -> None:
    names = _names(1, count)
    buckets, counted, hash_buckets, hash_counted = _run(state, ADD, names)  # type: ignore[misc]
    assert counted == hash_counted == count
    assert buckets == hash_buckets == -(-count // 128)
    assert _run(state, FIND, names) == count
    assert _run(state, FIND, _names(1_000_000, 100)) == 0


def test_adding_again_changes_nothing(state: State) -> None:
    names = _names(1, 300)
    assert _run(state, ADD, names) == _run(state, ADD, names)


def test_buckets_stay_packed(state: State) -> None:
    for start in range(1, 20_000, 1_000):
        _run(state, ADD, _names(start, 1_000))
    encodings = {
        state.client.object("encoding", name)
        for pattern in ("copydesk:test-set:*", "copydesk:test-hash:*:*")
        for name in state.client.scan_iter(match=pattern, count=1000)
    }
    assert encodings == {b"intset", b"listpack"}


def test_a_generation_expires_as_a_whole(state: State) -> None:
    now = time.time()
    names = _names(1, 500)
    _run(state, ADD, names)
    keys = list(state.client.scan_iter(match="copydesk:test-hash:*"))
    assert len(keys) == 5  # four buckets, and the count
    times = {state.client.expiretime(name) for name in keys}
    assert len(times) == 1
    assert 30 * 86400 <= times.pop() - now <= 40 * 86400
