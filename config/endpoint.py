"""The server of a bucket, as the variables name it that every tool of S3 reads."""

import os
from urllib.parse import urlsplit

from config.settings import SettingsError

_NAMES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_IN_HEADERS = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AWS_REGION", "AWS_DEFAULT_REGION"),
)


def check_endpoint() -> None:
    """Raises `SettingsError` for what the library that asks a bucket would end the process for, without a word."""
    for name in _IN_HEADERS:
        value = os.environ.get(name, "")
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise SettingsError(
                f"{name}: it has a blank, a line's end or what is no ASCII in it; take that out"
            )
    if os.environ.get("AWS_CONDITIONAL_PUT", "").lower() == "disabled":
        raise SettingsError(
            "AWS_CONDITIONAL_PUT = disabled: documents are created, and never written over; do not set it"
        )
    for name in _NAMES:
        if not (address := os.environ.get(name, "")):
            continue
        try:
            url = urlsplit(address)
            is_one = url.scheme in {"http", "https"} and url.hostname and url.port != 0
        except ValueError:
            is_one = False
        if not is_one or any(character.isspace() for character in address) or "@" in address:
            told = "(hidden)" if "@" in address else address
            raise SettingsError(f"{name} = {told}: allowed is https://HOST or http://HOST:PORT")
