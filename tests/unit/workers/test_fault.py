"""A fault ends the process that is the n-th to reach a step, once."""

import os
import signal
from pathlib import Path

import pytest

from config.settings import Settings, SettingsError, load_settings
from workers import fault


@pytest.fixture(autouse=True)
def _disarmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault, "_armed", {})


def end_of_child(step: fault.Step) -> int:
    """The signal that ends a process that reaches a step, or 0."""
    child = os.fork()
    if not child:
        fault.reached(step)
        os._exit(0)
    return os.waitpid(child, 0)[1] & 0x7F


def test_nothing_happens_and_nothing_is_written_unless_it_is_set(tmp_path: Path) -> None:
    fault.arm(Settings(home=tmp_path))
    assert end_of_child("after-take") == 0
    assert list(tmp_path.iterdir()) == []


def test_it_fires_at_its_times_whichever_process_comes(tmp_path: Path) -> None:
    fault.arm(Settings(home=tmp_path, fault="after-take:2,after-take:4,after-fetch:1"))
    ends = [end_of_child("after-take") for _ in range(6)]
    assert ends == [0, signal.SIGKILL, 0, signal.SIGKILL, 0, 0]
    assert end_of_child("after-fetch") == signal.SIGKILL
    assert end_of_child("after-write") == 0
    assert fault.counter(tmp_path, "after-take").stat().st_size == 6


def test_it_may_stop_a_process_instead(tmp_path: Path) -> None:
    fault.arm(Settings(home=tmp_path, fault="after-take:1:stop"))
    child = os.fork()
    if not child:
        fault.reached("after-take")
        os._exit(0)
    assert os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])
    os.kill(child, signal.SIGCONT)
    assert os.waitpid(child, 0)[1] == 0


def test_what_was_counted_outlives_a_restart(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, fault="after-take:2")
    fault.arm(settings)
    assert end_of_child("after-take") == 0
    fault._armed.clear()
    fault.arm(settings)
    assert end_of_child("after-take") == signal.SIGKILL


def test_a_step_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"after-lunch:1: allowed is STEP:N or STEP:N:stop with one of .*take"
    ):
        fault.arm(Settings(home=tmp_path, fault="after-lunch:1"))


@pytest.mark.parametrize("value", ["after-take", "after-take:0", "after-take:x", ":1", ","])
def test_a_fault_needs_its_number(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("COPYDESK_FAULT", value)
    with pytest.raises(SettingsError, match=r"COPYDESK_FAULT = .*: allowed is STEP:N"):
        load_settings()
