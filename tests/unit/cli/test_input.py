"""What commands read, and who reads what they write."""

import os
import sys
from pathlib import Path

import pytest

from cli.ends import end_of
from cli.failure import WrongCall
from cli.input import opened
from cli.tail import _named, _refuse_to_write_to_nobody
from config.sources import SourcesError


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_file_that_cannot_be_read_is_a_wrong_call(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongCall, match=f"^{name}: ") as refused:
        opened(name)
    end = end_of(refused.value)
    assert end
    assert end.code == 2


def test_a_follower_whose_reader_has_gone_writes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        _refuse_to_write_to_nobody()
        os.close(reading)
        with pytest.raises(BrokenPipeError):
            _refuse_to_write_to_nobody()


def test_only_sources_that_there_are_can_be_followed(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text('[[source]]\nname = "well"\nstart = "http://a.example/"\n')
    assert _named(file, []) == _named(file, ["well"]) == ["well"]
    with pytest.raises(SourcesError, match="did you mean well"):
        _named(file, ["wel"])
