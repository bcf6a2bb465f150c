"""The README names every setting, with its default and what it does."""

from pathlib import Path

from config.settings import FOR_TESTS, Settings

README = Path(__file__).parents[3] / "README.md"


def _shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, Path):
        return "`./var`" if default == Path("var") else f"`{default}`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_the_table_of_settings_is_that_of_the_code() -> None:
    table = README.read_text(encoding="utf-8").split("<!-- settings -->")[1].split("<!--")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `COPYDESK_{name.upper()}` | {_shown(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
        if name not in FOR_TESTS
    ]
