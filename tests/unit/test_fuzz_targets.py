"""What the fuzzer is let loose on, under a bounded number of examples: `make fuzz` goes on from here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.fuzz import EXAMPLES, TARGETS


@st.composite
def _mutated(draw: st.DrawFn, example: bytes) -> bytes:
    """The example with stretches of it cut, doubled, or written over."""
    data = example
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
        written = draw(
            st.one_of(st.just(b""), st.just(data[start:end] * 2), st.binary(max_size=40))
        )
        data = data[:start] + written + data[end:]
    return data


@pytest.mark.parametrize("name", TARGETS)
@given(st.data())
def test_nothing_that_is_read_breaks_its_reader(name: str, data: st.DataObject) -> None:
    example = EXAMPLES[name]().encode()
    given_bytes = data.draw(st.one_of(st.binary(max_size=200), _mutated(example)))

    TARGETS[name](given_bytes)
