"""Every command of the documentation is run, as it stands there, on the sample sites."""

import socket
from pathlib import Path

from handbook.blocks import Block, blocks
from rig.command import ROOT
from tests.integration.terminals import Terminals

PAGES = ("docs/tutorial.md",)
"""In the order in which they are followed: the guides are for whoever has done the tutorial."""


def _blocks(page: str) -> list[Block]:
    return blocks((ROOT / page).read_text(encoding="utf-8"))


def _ports() -> tuple[str, str, str]:
    """Three free ports, the second after the first."""
    while True:
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            one.bind(("127.0.0.1", 0))
            three.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return str(port), str(port + 1), str(three.getsockname()[1])


def test_what_the_pages_say_is_so(tmp_path: Path) -> None:
    one, two, three = _ports()
    ports = {"8700": one, "8701": two, "8471": three}
    with Terminals(tmp_path / "home", ports) as terminals:
        for page in PAGES:
            terminals.follow(page, _blocks(page))
