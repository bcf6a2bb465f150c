"""The page of settings."""

from pathlib import Path

from config.settings import FOR_TESTS, PREFIX, Settings
from handbook.table import code, table

_ABOVE = """# Settings

Environment variables, or lines in a file `.env` of the folder in which a command runs; the environment goes before
the file. [`.env.example`](../../.env.example) is such a file with every setting in it. Empty is the default. A value
that is not allowed ends the command with exit code 2, and says what is allowed.

Relative folders are those of the folder in which the command runs.

"""
_BELOW = "\nThis page is written from `config/settings.py` by `make pages`.\n"


def page() -> str:
    """The page, in Markdown."""
    rows = [
        (code(PREFIX + name.upper()), code(_shown(field.default)), field.description or "")
        for name, field in Settings.model_fields.items()
        if name not in FOR_TESTS
    ]
    return _ABOVE + table(("variable", "default", "what it does"), rows) + _BELOW


def _shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return "./var" if default == Path("var") else str(default)
