"""Hosts of our own, and what is between them, at their small size."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.hosts import why_not
from chaos.promise import Size
from chaos.trials.machines import trial
from rig.command import environment

WHY_NOT = why_not()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "it can")

CABLES = """
import socket, threading
from chaos.hosts import Host, leave_this_machine
from chaos.switch import Switch

leave_this_machine()
switch = Switch()
one, two = Host("one", "10.77.0.1", switch), Host("two", "10.77.0.2", switch)
switch.start()
with one.inside():
    assert socket.gethostname() == "one"
    door = socket.create_server(("10.77.0.1", 80))
assert socket.gethostname() not in ("one", "two")

def answer():
    came, _ = door.accept()
    while said := came.recv(1000):
        came.sendall(said)

threading.Thread(target=answer, daemon=True).start()
with two.inside():
    line = socket.create_connection(("10.77.0.1", 80), timeout=5)

def ask(said):
    line.sendall(said)
    return line.recv(1000)

def is_heard():
    line.settimeout(0.3)
    try:
        return bool(ask(b"again"))
    except TimeoutError:
        return False
    finally:
        line.settimeout(10)

assert ask(b"a") == b"a"
switch.cut("two")
assert not is_heard()
switch.mend("two")
assert line.recv(1000) == b"again"
switch.part("one", "two")
assert not is_heard()
switch.join("one", "two")
assert line.recv(1000) == b"again"
trap = switch.set_trap("two", "one", least=200)
assert ask(b"b") == b"b" and not trap.sprung.is_set()
line.sendall(300 * b"c")
assert trap.sprung.wait(5)
switch.mend("two")
assert line.recv(1000) == 300 * b"c"
switch.stop()
print("done")
"""


@pytest.mark.timeout(300)
def test_hosts_share_work_and_a_cut_does_no_harm(tmp_path: Path) -> None:
    findings = trial(tmp_path, Size.SMALL)

    assert len(findings) == 3
    assert [finding.broken for finding in findings if not finding.holds] == []


def test_a_cable_is_cut_and_mended() -> None:
    here = [sys.executable, "-c", CABLES]
    done = subprocess.run(here, env=environment(), capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr
    assert socket.gethostname() not in ("one", "two")
