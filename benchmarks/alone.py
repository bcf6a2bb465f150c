"""Trafilatura by itself on pages that are there already: what the service is measured against."""

import gzip
import logging
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any

import trafilatura

_LONGEST_WAIT = 120.0
_barrier: Any = None


def seconds_alone(files: Sequence[Path], processes: int) -> float:
    """Seconds that so many processes take for all pages, from memory, unpacked, everything loaded."""
    context = get_context("spawn")
    meeting = context.Barrier(processes)
    with ProcessPoolExecutor(processes, context, _know, (meeting,)) as pool:
        spans = list(pool.map(_extract, [files[i::processes] for i in range(processes)]))
    return max(end for _, end in spans) - min(start for start, _ in spans)


def _know(barrier: Any) -> None:
    global _barrier  # noqa: PLW0603 - an initialiser has no other way to hand on what cannot be pickled
    _barrier = barrier


def _extract(files: Sequence[Path]) -> tuple[float, float]:
    """When the extraction of a share began and ended; all begin together."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    if "crawler.extraction.extract" in sys.modules:
        raise AssertionError("it puts faster expressions in trafilatura's own lists")
    pages = [gzip.decompress(file.read_bytes()) for file in files]
    for page in pages[:20]:
        _bare(page)
    try:
        _barrier.wait(_LONGEST_WAIT)
    except BrokenBarrierError:
        raise TimeoutError("another process of trafilatura did not begin") from None
    started = time.monotonic()
    for page in pages:
        _bare(page)
    return started, time.monotonic()


def _bare(page: bytes) -> None:
    """With the metadata that the service reads by itself, and what it asks for; with all of the extractor's second opinions."""
    trafilatura.bare_extraction(
        page,
        favor_precision=True,
        include_comments=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False},
    )
