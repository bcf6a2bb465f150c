"""The store as a bucket of S3 or the like: each object appears whole or not at all.

The library's threads do not live through a fork: a process that has asked a bucket starts no others that do.
"""

import errno
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore, from_url

from config.endpoint import check_endpoint
from config.settings import SettingsError
from crawler.document import render
from workers import fault
from workers.storage.places import Place
from workers.storage.refusals import OVERWRITES, is_away, is_of_one, is_without_bucket, words
from workers.storage.store import (
    Answer,
    Asked,
    Kept,
    Shelf,
    Store,
    StoreAway,
    StoreFull,
    StoreUnread,
)

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import RetryConfig

# A request takes 20 to 50 ms, nearly all of it waiting.
_SIDE_BY_SIDE = 16
_MOST_CLASHES = 5
# The process that has asked a bucket; a child that is forked has its parent's.
_asking: dict[str, int] = {}
_RETRIES: "RetryConfig" = {"max_retries": 4, "retry_timeout": timedelta(seconds=15)}


def open_bucket(url: str) -> "BucketStore":
    """The store at `s3://...`, `gs://...` or `az://...`; credentials as each cloud's own tools find them.

    Raises `SettingsError` where the address cannot be one.
    """
    check_endpoint()
    try:
        return BucketStore(from_url(url, retry_config=_RETRIES), url)
    except (BaseError, ValueError) as error:
        raise SettingsError(f"COPYDESK_STORE = {url}: {words(str(error))}") from None


class BucketStore(Store):
    """Documents and sidecars as objects."""

    def __init__(self, objects: ObjectStore, name: str) -> None:
        self._opened = objects
        self.name = name

    @property
    def _objects(self) -> ObjectStore:
        if _asking.setdefault("process", os.getpid()) != os.getpid():
            raise RuntimeError(
                "a bucket was asked before this process was forked: it would wait for ever"
            )
        return self._opened

    def write(self, kept: Iterable[Kept]) -> list[Place]:
        """See `Store`: an object that was put has been kept."""
        batch = list(kept)
        are_there = self.side_by_side(self._put_both, batch)
        return [one[0] for one, is_there in zip(batch, are_there, strict=True) if not is_there]

    def _put_both(self, kept: Kept) -> bool:
        place, document, sidecar = kept
        return self._appears(place.sidecar_path, sidecar.to_json(), "after-sidecar") and (
            self._appears(place.text_path, render(document), "after-text")
        )

    def _appears(self, path: str, text: str, step: fault.Step) -> bool:
        """Have an object appear; False where something else stands there, which is left alone."""
        fault.reached("before-create")
        is_there = self._creates(path, text)
        fault.reached(step)
        return is_there

    def _creates(self, path: str, text: str) -> bool:
        for _ in range(_MOST_CLASHES):
            if self.create(path, text):
                return True
            if (standing := self._standing(path)) is not None:
                return standing == text.encode()
            # Another put of it was under way, and came to nothing; or it was removed at that moment.
        raise StoreFull(f"cannot write to {self.name}: others write {path} again and again; wait")

    def _standing(self, path: str) -> bytes | None:
        try:
            return self.read(path)
        except OSError as error:
            raise StoreFull(str(error.strerror)) from error

    def create(self, path: str, text: str) -> bool:
        """See `Store`."""
        try:
            obstore.put(self._objects, path, text.encode(), mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        except (BaseError, FileNotFoundError) as error:
            raise self._full(error) from error
        return True

    def try_out(self) -> None:
        """See `Store`: something is created, cannot be created again, and is taken away."""
        path = f".tried-{secrets.token_hex(8)}"
        self.create(path, "")
        is_again = self.create(path, "")
        self._delete(path)
        if is_again:
            raise StoreFull(f"cannot keep anything in {self.name}: {OVERWRITES}")

    def remove(self, place: Place) -> None:
        """See `Store`."""
        for path in (place.text_path, place.sidecar_path):
            fault.reached("before-remove")
            self._delete(path)

    def _delete(self, path: str) -> None:
        try:
            obstore.delete(self._objects, path)
        except FileNotFoundError as error:
            if is_without_bucket(error):
                raise self._full(error) from error
        except BaseError as error:
            raise self._full(error) from error

    def read(self, path: str) -> bytes | None:
        """See `Store`."""
        try:
            return bytes(obstore.get(self._objects, path).bytes())
        except FileNotFoundError as error:
            if is_without_bucket(error):
                raise self._unread(error) from error
            return None
        except BaseError as error:
            raise self._unread(error) from error

    def shelf(self, path: str) -> Shelf:
        """See `Store`."""
        try:
            found = obstore.list_with_delimiter(self._objects, path)
        except (BaseError, FileNotFoundError) as error:
            raise self._unread(error) from error
        files = (
            str(meta["path"]).rpartition("/")[2] for meta in found["objects"] if _is_file(meta)
        )
        folders = (str(prefix).rpartition("/")[2] for prefix in found["common_prefixes"])
        visible = [
            tuple(sorted(name for name in names if not name.startswith(".")))
            for names in (files, folders)
        ]
        return Shelf(*visible)

    def walk(self, path: str, since: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
        """See `Store`: one listing, a thousand objects a request."""
        try:
            found = obstore.list(
                self._objects, path, offset=f"{path}/{since}" if since else None, chunk_size=1000
            )
            for some in found:
                paths = (str(meta["path"]).rpartition("/") for meta in some if _is_file(meta))
                for folder, names in groupby(paths, key=lambda parts: parts[0]):
                    if visible := tuple(n for _, _, n in names if not n.startswith(".")):
                        yield folder, visible
        except (BaseError, FileNotFoundError) as error:
            raise self._unread(error) from error

    def side_by_side(self, ask: Callable[[Asked], Answer], about: Sequence[Asked]) -> list[Answer]:
        """See `Store`."""
        if len(about) < 2:
            return super().side_by_side(ask, about)
        with ThreadPoolExecutor(min(len(about), _SIDE_BY_SIDE)) as threads:
            return list(threads.map(ask, about))

    def sweep(self, since: str = "", *, older_than: float = 3600.0) -> int:
        """See `Store`: a bucket has no half-written objects."""
        return 0

    def _full(self, error: Exception) -> StoreFull:
        kind = StoreAway if is_away(str(error)) else StoreFull
        return kind(f"cannot write to {self.name}: {words(str(error))}")

    def _unread(self, error: Exception) -> OSError:
        kind = OSError if is_of_one(str(error)) else StoreUnread
        return kind(errno.EIO, f"cannot read from {self.name}: {words(str(error))}")


def _is_file(meta: "ObjectMeta") -> bool:
    """Whether it is more than the empty object with a folder's name that consoles make for a new folder."""
    return meta["size"] > 0 or "." in str(meta["path"]).rpartition("/")[2]
