"""Other projects' commands, in environments of their own, on the pages that the service is given."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from rig.command import ROOT

_ENVIRONMENTS = ROOT / "build" / "peers"
_NEWS_PLEASE = "news-please==1.6.16"
_LONGEST = 3600.0
# It asks other hosts for every picture of a page, to choose one: not what is compared here.
_WITHOUT_PICTURES = """
from newspaper.configuration import Configuration

_made = Configuration.__init__


def _without_pictures(self):
    _made(self)
    self.fetch_images = False


Configuration.__init__ = _without_pictures
"""


class PeerError(Exception):
    """A peer could not be set up, or did not do its work; the message says what it said."""


class NewsPlease:
    """News-please, as its own command runs it: a process a site, with its defaults but for pictures."""

    def __init__(self) -> None:
        """Set it up, which takes the package registry the first time. Raises `PeerError`."""
        self._bin = _environment(_NEWS_PLEASE)
        (package,) = self._bin.parent.glob("lib/python*/site-packages/newsplease")
        self._config = (package / "config" / "config.cfg").read_text(encoding="utf-8")

    def start(self, folder: Path, sites: Sequence[Sequence[str]]) -> "subprocess.Popen[bytes]":
        """Fetch and extract the addresses of each site; files go to `texts` in the empty folder."""
        config = folder / "config"
        patch = folder / "patch"
        for made in (config, patch):
            made.mkdir()
        (patch / "sitecustomize.py").write_text(_WITHOUT_PICTURES)
        (config / "config.cfg").write_text(self._config_for(folder, len(sites)))
        listed = [{"crawler": "Download", "url": list(urls)} for urls in sites]
        (config / "sitelist.hjson").write_text(json.dumps({"base_urls": listed}))
        with (folder / "log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - a command that was asked for
                [self._bin / "news-please", "-c", config],
                cwd=folder,
                env=_plain_environment() | {"PYTHONPATH": str(patch), "HOME": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def texts(self, folder: Path) -> list[Path]:
        """The pages that it has kept."""
        return list(folder.glob("texts/**/*.html.json"))

    def _config_for(self, folder: Path, sites: int) -> str:
        text = self._config
        for old, new in (
            ("working_path = ~/news-please-repo/", f"working_path = {folder}/texts/"),
            ("number_of_parallel_crawlers = 5", f"number_of_parallel_crawlers = {sites}"),
        ):
            if old not in text:
                raise PeerError(f"{_NEWS_PLEASE} has another configuration: no line {old!r}")
            text = text.replace(old, new)
        return text


def trafilatura_command(pages: Path, texts: Path, processes: int) -> list[str]:
    """Its own command line on a folder of pages: it fetches nothing."""
    binary = Path(sys.executable).with_name("trafilatura")
    return [
        *(str(binary), "--input-dir", str(pages), "--output-dir", str(texts), "--json"),
        *("--parallel", str(processes), "--precision", "--no-comments", "--with-metadata"),
    ]


def _environment(requirement: str) -> Path:
    """The folder of the commands of a virtual environment that has this, made where there is none."""
    folder = _ENVIRONMENTS / requirement.replace("=", "-")
    mark = folder / "is-whole"
    if not mark.exists():
        venv.create(folder, with_pip=True, clear=True)
        done = subprocess.run(  # noqa: S603 - pip
            [folder / "bin" / "python", "-m", "pip", "install", "--quiet", requirement],
            capture_output=True, text=True, check=False, timeout=_LONGEST,
        )  # fmt: skip
        if done.returncode:
            raise PeerError(f"{requirement} cannot be installed: {done.stderr.strip()[-300:]}")
        mark.touch()
    return folder / "bin"


def _plain_environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("COPYDESK_", "PYTHON"))}
