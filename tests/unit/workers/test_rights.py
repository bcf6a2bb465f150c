"""What the server's user is asked to be allowed holds all that is sent to it."""

import re
from pathlib import Path

from workers.state import rights

STATE = Path(rights.__file__).parent
ROOT = STATE.parents[1]
CALL = re.compile(r"redis\.p?call\(\s*'([A-Z]+)'(?:,\s*'([A-Z]+)')?")
WITH_SUBCOMMANDS = {"XGROUP", "XINFO"}


def test_every_command_of_the_scripts_is_looked_at() -> None:
    texts = [f.read_text() for kind in ("*.lua", "*.py") for f in STATE.glob(kind)]
    called = {
        (name, sub) if name in WITH_SUBCOMMANDS else (name,)
        for text in texts
        for name, sub in CALL.findall(text)
    }
    asked = {
        command[:2] if command[0] in WITH_SUBCOMMANDS else command[:1] for command in rights.NEEDED
    }
    assert called - asked == set()


def test_no_command_is_looked_at_twice() -> None:
    assert len(set(rights.NEEDED)) == len(rights.NEEDED)


def test_the_guide_has_the_rights_as_they_are() -> None:
    guide = (ROOT / "docs" / "how-to" / "many-machines.md").read_text()
    assert f"\nACL SETUSER copydesk on >PASSWORD {rights.RIGHTS}\n" in guide
