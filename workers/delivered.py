"""What a consumer is given of a document: an object of its JSON's fields, its `path` and its `text`."""

import json
from collections.abc import Mapping
from typing import Any

from crawler.document import SCHEMA
from workers.pages.records import told_by
from workers.storage.store import Store

WEBHOOK = "webhook"
"""The consumer group of the part of that name."""


class Missing(Exception):
    """The store has no such document, and its entry has no text; the message says which."""


class LaterSchema(Exception):
    """An entry has a meaning that only a later release knows; the message says which."""


def delivered(store: Store, fields: Mapping[str, str]) -> dict[str, Any]:
    """The document of an entry, from the store, or from the entry itself where that holds the text.

    Raises `LaterSchema`, `Missing`, or an `OSError` where the store cannot be read.
    """
    schema = fields.get("schema", "")
    if schema.isdecimal() and int(schema) > SCHEMA:
        raise LaterSchema(
            f"{fields.get('path') or fields.get('id', '?')} is of schema {schema}, of a later release,"
            f" and this one reads {SCHEMA}"
        )
    path = fields.get("path", "")
    try:
        text = store.text(path) if path else None
        sidecar = store.sidecar(path) if text is not None else None
    except OSError:
        if "text" not in fields:
            raise
        text = sidecar = None
    if text is None and "text" not in fields:
        raise Missing(f"{path or fields.get('id', '?')}: the store has no such document")
    told: dict[str, Any] = json.loads(sidecar.to_json()) if sidecar else told_by(fields)
    return told | {"path": path, "text": fields["text"] if text is None else text}
