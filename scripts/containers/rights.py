"""What a process may do, as the kernel tells it."""

from pathlib import Path


def with_children(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(other for child in children for other in with_children(int(child)))]


def refuse_rights(service: str, pid: int) -> None:
    """Raise where a process of a service is root, has a capability, or may gain one."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    who = f"{service}, process {pid}"
    assert "0" not in status["Uid"] + status["Gid"], f"{who} is root"
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[kind][0], 16) == 0, f"{who} has {kind}"
    assert status["NoNewPrivs"] == ["1"], f"{who} may gain rights"
