"""How the real command is called: as anybody would call it, in an environment of its own."""

import os
import sys
from pathlib import Path

import rig

_PASSED_ON = {"COPYDESK_EMBEDDED_SERVER"}
"""All tests may be run on another server."""
ROOT = Path(rig.__file__).parents[1]


def command_line(*arguments: str) -> list[str]:
    """`copydesk` with these arguments, run by this Python."""
    return [sys.executable, "-m", "cli", *arguments]


def environment(**settings: object) -> dict[str, str]:
    """This environment with these settings, `home=...` for `COPYDESK_HOME`, and with nobody else's."""
    own = {k: v for k, v in os.environ.items() if k in _PASSED_ON}
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_")} | own
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    # Services run side by side, and a dashboard's port is one: who looks at it asks for a free one.
    settings = {"dashboard": "off"} | settings
    named = {f"COPYDESK_{name.upper()}": str(value) for name, value in settings.items()}
    return inherited | named | {"PYTHONPATH": os.pathsep.join(paths)}
