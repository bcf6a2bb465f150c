"""The server of a bucket, as the variables name it that every tool of S3 reads."""

import os
from urllib.parse import urlsplit

from config.settings import SettingsError

_NAMES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


def check_endpoint() -> None:
    """Raises `SettingsError` where it is no address: the library that asks it would end the process."""
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
