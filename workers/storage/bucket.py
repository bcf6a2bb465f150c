"""The store as a bucket of S3 or the like: each object appears whole or not at all."""

import errno
import secrets
from collections.abc import Iterable
from contextlib import suppress

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore, from_url

from config.settings import SettingsError
from crawler.document import render
from workers.storage.places import Place
from workers.storage.store import Kept, Shelf, Store, StoreFull


def open_bucket(url: str) -> "BucketStore":
    """The store at `s3://...`, `gs://...` or `az://...`; credentials as each cloud's own tools find them.

    Raises `SettingsError` where the address cannot be one.
    """
    try:
        return BucketStore(from_url(url), url)
    except (BaseError, ValueError) as error:
        raise SettingsError(f"COPYDESK_STORE = {url}: {error}") from None


class BucketStore(Store):
    """Documents and sidecars as objects."""

    def __init__(self, objects: ObjectStore, name: str) -> None:
        self._objects = objects
        self.name = name

    def write(self, kept: Iterable[Kept]) -> None:
        """See `Store`: an object that was put has been kept."""
        try:
            for place, document, sidecar in kept:
                obstore.put(self._objects, place.sidecar_path, sidecar.to_json().encode())
                obstore.put(self._objects, place.text_path, render(document).encode())
        except BaseError as error:
            raise StoreFull(f"cannot write to {self.name}: {_told(error)}") from error

    def create(self, path: str, text: str) -> bool:
        """See `Store`."""
        try:
            obstore.put(self._objects, path, text.encode(), mode="create")
        except AlreadyExistsError:
            return False
        except BaseError as error:
            raise StoreFull(f"cannot write to {self.name}: {_told(error)}") from error
        return True

    def try_out(self) -> None:
        """See `Store`: of a bucket, the first write tells."""

    def prove(self) -> None:
        """See `Store`."""
        path = f".tried-{secrets.token_hex(8)}"
        try:
            obstore.put(self._objects, path, b"")
            obstore.delete(self._objects, path)
        except BaseError as error:
            raise StoreFull(f"cannot write to {self.name}: {_told(error)}") from error

    def remove(self, place: Place) -> None:
        """See `Store`."""
        for path in (place.text_path, place.sidecar_path):
            with suppress(FileNotFoundError):
                obstore.delete(self._objects, path)

    def read(self, path: str) -> bytes | None:
        """See `Store`."""
        try:
            return bytes(obstore.get(self._objects, path).bytes())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise OSError(errno.EIO, f"cannot read from {self.name}: {_told(error)}") from error

    def shelf(self, path: str) -> Shelf:
        """See `Store`."""
        try:
            found = obstore.list_with_delimiter(self._objects, path)
        except BaseError as error:
            raise OSError(errno.EIO, f"cannot read from {self.name}: {_told(error)}") from error
        files = (str(meta["path"]).rpartition("/")[2] for meta in found["objects"])
        folders = (str(prefix).rpartition("/")[2] for prefix in found["common_prefixes"])
        visible = [
            tuple(sorted(name for name in names if not name.startswith(".")))
            for names in (files, folders)
        ]
        return Shelf(*visible)

    def sweep(self, older_than: float = 3600.0) -> int:
        """See `Store`: a bucket has no half-written objects."""
        return 0


def _told(error: BaseError) -> str:
    """The library's message goes on for twenty lines."""
    return str(error).partition("\n")[0]
