"""The pages of the reference are those that the code gives."""

import inspect
import re
from collections.abc import Callable

import pytest

from handbook.outcomes import FAILED, NO_ARTICLE, reasons_in_code
from handbook.pages import PAGES
from handbook.site import ROOT
from workers.alarms import kinds, sources


@pytest.mark.parametrize(("name", "page"), PAGES.items(), ids=list(PAGES))
def test_a_page_is_as_it_would_be_written_now(name: str, page: Callable[[], str]) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == page(), "`make pages` writes it anew"


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(
        r"^## copydesk (.+)$", PAGES["docs/reference/commands.md"](), re.MULTILINE
    )
    assert [name for name in commands if f"`copydesk {name}" not in readme] == []


def test_every_kind_of_alarm_is_explained_and_no_other() -> None:
    page = (ROOT / "docs/how-to/alarms.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    told = {kind for row in rows for kind in re.findall("`([a-z-]+)`", row)}
    own = re.findall(r'Alarm\("([a-z-]+)"', inspect.getsource(kinds))
    of_sources = {*sources.KINDS, sources.FALLEN, sources.MOVED, sources.GAP}
    assert told == {*own, kinds.UNSENT} | of_sources


def test_every_reason_is_explained_and_no_other() -> None:
    assert NO_ARTICLE.keys() | FAILED.keys() == reasons_in_code()
