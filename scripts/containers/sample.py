"""The sample site as the composition sees it: its service, and the sources for what it has."""

from collections import Counter
from itertools import accumulate
from pathlib import Path

# What the site has, a source each, named in the sources file one after the other: so many pages.
SHELVES = {
    "first": 20, "edited": 10, "scripted": 10, "crawl": 40, "ingest": 40, "beat": 40, "valkey": 40,
    "browser": 20, "stop": 40, "last": 5,
}  # fmt: skip
RENDERED = ("scripted", "browser")
"""Shelves whose pages are empty until a script has run."""
UP_TO = dict(zip(SHELVES, accumulate(SHELVES.values()), strict=True))
"""All pages up to and with a shelf."""
FIRST, KILLED, STOPPED, ALL = (UP_TO[name] for name in ("first", "browser", "stop", "last"))
_ADDRESS = "http://site:8080"


def add_site(folder: Path) -> None:
    """Write trial.yml, which adds the site to the composition."""
    kinds = {name: "scripted" if name in RENDERED else "plain" for name in SHELVES}
    shelves = ", ".join(f"{name}={count}={kinds[name]}" for name, count in SHELVES.items())
    (folder / "trial.yml").write_text(
        "services:\n"
        "  site:\n"
        "    image: copydesk\n"
        f'    command: [python, /site/sample_site.py, site, "8080", {shelves}]\n'
        '    environment: {PYTHONPATH: /site, PYTHONDONTWRITEBYTECODE: "1"}\n'
        '    volumes: ["./site:/site:ro"]\n'
        "    networks: [web]\n"
    )


def write_sources(folder: Path, last: str) -> None:
    """Name the shelves up to this one, and nothing else, as an editor does that replaces the file."""
    tables = (
        f'[[source]]\nname = "{name}"\nfeeds = ["{_ADDRESS}/{name}.xml"]\nschedule = "every 1m"\n'
        "adaptive = false\nrevisit = []\ndelay = 0.5\nallow_private = true\n"
        f"render = {str(name in RENDERED).lower()}\n"
        for name in SHELVES
        if UP_TO[name] <= UP_TO[last]
    )
    part = folder / "config" / "sources.part"
    part.write_text("\n".join(tables))
    part.rename(part.with_suffix(".toml"))


def pages_asked(log: str) -> Counter[str]:
    """How often each article was asked for, by what the site printed; what scripts ask for is none."""
    paths = (line.split()[1] for line in log.splitlines())
    return Counter(p for p in paths if p.count("/") > 1 and not p.startswith("/data/"))
