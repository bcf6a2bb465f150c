"""By what a receiver knows that a request is ours: Standard Webhooks (standardwebhooks.com), symmetric, version 1. Pure."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

_PREFIX = "whsec_"
_FEWEST, _MOST = 24, 64


def secrets_in(text: str) -> tuple[bytes, ...]:
    """The secrets of a file, one a line: `whsec_` and 24 to 64 bytes in base64.

    The first is the present one; others are signed by too, while receivers change over. A `ValueError` says what
    is wrong, and shows nothing of them.
    """
    lines = text.split()
    if not lines:
        raise ValueError("it is empty")
    return tuple(_secret(line) for line in lines)


def _secret(line: str) -> bytes:
    if not line.startswith(_PREFIX):
        raise ValueError(f"a secret begins with {_PREFIX}")
    try:
        secret = base64.b64decode(line.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"what follows {_PREFIX} is not base64") from None
    if not _FEWEST <= len(secret) <= _MOST:
        raise ValueError(f"a secret has {_FEWEST} to {_MOST} bytes, this one has {len(secret)}")
    return secret


def signature(secrets: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret, with a blank between."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
        for secret in secrets
    )
