"""The pages of the reference, each written from the code that it describes."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from handbook import commands, logs, metrics, outbox, outcomes, settings, sources

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/reference/settings.md": settings.page,
    "docs/reference/sources.md": sources.page,
    "docs/reference/commands.md": commands.page,
    "docs/reference/outbox.md": outbox.page,
    "docs/reference/outcomes.md": outcomes.page,
    "docs/reference/metrics.md": metrics.page,
    "docs/reference/logs.md": logs.page,
}
"""Each page by its path from the root of the repository."""


def write(root: Path) -> Iterator[str]:
    """Write the pages, and name those that were not as they are now."""
    for name, page in PAGES.items():
        path, text = root / name, page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            yield name
