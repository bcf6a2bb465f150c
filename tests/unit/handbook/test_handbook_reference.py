"""The pages of the reference are those that the code gives."""

from collections.abc import Callable

import pytest

from handbook.outcomes import FAILED, NO_ARTICLE, reasons_in_code
from handbook.pages import PAGES
from handbook.site import ROOT


@pytest.mark.parametrize(("name", "page"), PAGES.items(), ids=list(PAGES))
def test_a_page_is_as_it_would_be_written_now(name: str, page: Callable[[], str]) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == page(), "`make pages` writes it anew"


def test_every_reason_is_explained_and_no_other() -> None:
    assert NO_ARTICLE.keys() | FAILED.keys() == reasons_in_code()
