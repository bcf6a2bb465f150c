"""Texts that are alike are found by each band that they share, whatever a generation holds."""

import random
import time

import pytest

from workers.dedup.signature import BANDS
from workers.state.scripts import _HERE, packed
from workers.state.state import State

NOW = float(int(time.time()))
ENTER = """
local t = near_table(generation(NOW))
for _, text in ipairs(cmsgpack.unpack(ARGV[1])) do enter_bands(t, text[1], text[2]) end
return {t.buckets, t.count, t.texts}
"""
FIND = """
local shared = {}
for i, text in ipairs(cmsgpack.unpack(ARGV[1])) do shared[i] = candidates(NOW, text[2])[text[1]] or 0 end
return shared
"""
Text = tuple[bytes, list[bytes]]


def _run(state: State, body: str, value: object) -> list[int]:
    prelude = "".join((_HERE / f"{name}.lua").read_text() for name in ("buckets", "near"))
    script = (
        f"#!lua\nlocal WINDOW_DAYS, VERSION, WRITES, NOW = 30, '1', true, {NOW}\n{prelude}\n{body}"
    )
    found: list[int] = state.client.eval(script, 0, packed(value))
    return found


def _texts(count: int) -> list[Text]:
    rng = random.Random(count)
    return [(rng.randbytes(8), [rng.randbytes(5) for _ in range(BANDS)]) for _ in range(count)]


def _enter(state: State, texts: list[Text]) -> list[int]:
    for start in range(0, len(texts), 100):
        told = _run(state, ENTER, texts[start : start + 100])
    return told


@pytest.mark.parametrize("count", [1, 3, 4, 130, 2_000])
def test_every_band_of_every_text_is_found(state: State, count: int) -> None:
    texts = _texts(count)
    buckets, bands, entered = _enter(state, texts)
    assert (bands, entered) == (count * BANDS, count)
    assert buckets == -(-bands // 64)
    for start in range(0, count, 100):
        found = _run(state, FIND, texts[start : start + 100])
        assert found == [BANDS] * len(found)


def test_entering_a_text_again_changes_nothing(state: State) -> None:
    texts = _texts(50)
    assert _enter(state, texts) == _enter(state, texts)
    assert _run(state, FIND, texts) == [BANDS] * len(texts)


def test_all_of_a_generation_expires_together(state: State) -> None:
    _enter(state, _texts(300))
    names = list(state.client.scan_iter(match="copydesk:near:*", count=1000))
    assert len({state.client.expiretime(name) for name in names}) == 1
    assert state.client.expiretime(names[0]) >= NOW + 30 * 86400
