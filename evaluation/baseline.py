"""What trafilatura alone makes of the same pages, in two of its modes."""

import gzip
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import trafilatura

from evaluation.corpus import StoredPage
from evaluation.holdings import Text

MODES: Mapping[str, bool] = {"default": False, "favor_precision": True}


def baseline(pages: Sequence[StoredPage], mode: str) -> dict[str, Text]:
    """The text of each page by its id; a page of which nothing is made has none."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        texts = pool.map(partial(_text, favor_precision=MODES[mode]), pages, chunksize=16)
        return {page.id: text for page, text in zip(pages, texts, strict=True) if text}


def _text(page: StoredPage, *, favor_precision: bool) -> Text | None:
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    found = trafilatura.bare_extraction(
        gzip.decompress(page.file.read_bytes()),
        favor_precision=favor_precision,
        include_comments=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False},
    )
    if not isinstance(found, trafilatura.metadata.Document):
        return None
    return Text(found.title or "", found.text or "")
