"""Fetched pages on their way from a crawl to ingest, many to a message."""

import threading
from collections.abc import Callable

SendIngest = Callable[[list[str]], None]


class Outgoing:
    """Tokens of fetched pages, sent to ingest in batches."""

    def __init__(self, send: SendIngest, size: int) -> None:
        self._send = send
        self._size = size
        self._tokens: list[str] = []
        self._lock = threading.Lock()

    def add(self, token: str) -> None:
        """Send with others, as soon as there are enough."""
        with self._lock:
            self._tokens.append(token)
            is_full = len(self._tokens) >= self._size
        if is_full:
            self.flush()

    def flush(self) -> None:
        """Send what there is."""
        with self._lock:
            tokens, self._tokens = self._tokens, []
        if tokens:
            self._send(tokens)
