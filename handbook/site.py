"""The site: staged, built by zensical with warnings as errors, and looked through."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from handbook.built import problems
from handbook.staging import stage

ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / "zensical.toml"
SITE = "build/site"
"""Where it is built, from the root of the repository."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def build() -> list[str]:
    """Build the site; a line for each thing that is wrong."""
    project = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))["project"]
    assert project["site_dir"] == SITE
    staged = stage(ROOT, ROOT / project["docs_dir"])
    found = staged.problems + list(astray(staged.pages, list(named(project["nav"]))))
    if found:
        return found
    site = ROOT / SITE
    shutil.rmtree(site, ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    done = subprocess.run(  # noqa: S603 - what is pinned
        [*command, "--config-file", CONFIGURATION],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # It tells of warnings on the way, and ends with a traceback of its own.
        told = _COLOUR.sub("", done.stdout + done.stderr).partition("Traceback ")[0]
        return [*told.splitlines(), "zensical does not build the site"]
    return problems(site)


def named(nav: Sequence[Any]) -> Iterator[str]:
    """The pages that a navigation names, in its order."""
    for entry in nav:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            if isinstance(value, str):
                yield value
            else:
                yield from named(value)


def astray(pages: Sequence[str], in_nav: Sequence[str]) -> Iterator[str]:
    """A line for each page that nobody finds, and for each that is named and not there."""
    for page in sorted(set(pages) - set(in_nav)):
        yield f"{CONFIGURATION.name}: the navigation does not name {page}"
    for page in sorted(set(in_nav) - set(pages)):
        yield f"{CONFIGURATION.name}: the navigation names {page}, and there is no such page"
