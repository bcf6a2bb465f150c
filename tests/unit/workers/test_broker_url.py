"""Celery's form of a Redis URL."""

from urllib.parse import unquote

import pytest
from kombu.utils.url import url_to_parts
from redis import ConnectionPool

from workers.queue.broker import broker_url


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost:6379/0",
        "redis://:pw@host:1/2",
        "rediss://u:p%40@host:1/0",
        "redis://[::1]:6379",
    ],
)
def test_what_is_no_socket_stays_as_it_is(url: str) -> None:
    assert broker_url(url) == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("unix:///run/v.sock", "redis+socket:///run/v.sock?virtual_host=0"),
        ("unix:///run/v.sock?db=3", "redis+socket:///run/v.sock?virtual_host=3"),
        ("unix://:secret@/run/v.sock?db=0", "redis+socket://:secret@/run/v.sock?virtual_host=0"),
    ],
)
def test_a_socket(url: str, expected: str) -> None:
    assert broker_url(url) == expected


@pytest.mark.parametrize("password", ["plain", "a%40b", "a%2Fb%3Fc%23d", "50%25", "%C3%A9"])
def test_celery_reads_the_password_and_the_socket_that_the_client_reads(password: str) -> None:
    url = f"unix://:{password}@/tmp/a%20folder/v.sock?db=0"
    theirs = url_to_parts(broker_url(url))
    ours = ConnectionPool.from_url(url).connection_kwargs
    assert theirs.password == ours["password"] == unquote(password)
    assert f"/{theirs.path}" == ours["path"] == "/tmp/a folder/v.sock"
