"""Kombu gets its connections from where the state has its own, whatever the URL's form."""

import ssl
from typing import Any

import pytest
from kombu import Connection

from config.settings import Settings
from workers.queue.broker import broker_url, make_app
from workers.queue.transport import Transport
from workers.state.connection import connect

_CONNECTION = ("host", "port", "path", "db", "username", "password", "ssl_ca_certs", "ssl_certfile")


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("redis://:secret@h:1/2", "redis://h:1/2"),
        ("rediss://u:secret@[::1]/0?ssl_ca_certs=/ca.pem", "redis://[::1]:6379/0"),
        ("unix://:secret@/a%20b/v.sock?db=3", "redis+socket:///a%20b/v.sock?virtual_host=3"),
        ("redis+sentinel://:secret@a:1,b:2/main/4", "redis://a:1/4"),
    ],
)
def test_celery_names_the_server_and_knows_no_password(url: str, named: str) -> None:
    assert broker_url(url) == named


def options(url: str, *, asynchronous: bool) -> Any:
    """The pool of a channel, which is made without a server."""
    app = make_app(Settings(redis_url=url))
    connection: Connection = app.connection()
    channel = Transport.Channel.__new__(Transport.Channel)
    channel.connection = connection.transport
    for name, value in app.conf.broker_transport_options.items():
        setattr(channel, name, value)
    return channel._get_pool(asynchronous)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost:6379/0",
        "redis://:a%2Fb%3Fc%23d@h:1/2",
        "rediss://u:p%40@h:1/0?ssl_ca_certs=/ca.pem&ssl_certfile=/own.pem",
        "unix:///run/v.sock",
        "unix://u:50%25@/a%20folder/v.sock?db=3",
        "redis+sentinel://:pw@a:1,b:2/main/4",
        "rediss+sentinel://:pw@a/main",
    ],
)
def test_both_reach_the_same_server_in_the_same_way(url: str, *, asynchronous: bool) -> None:
    theirs = options(url, asynchronous=asynchronous)
    ours = connect(url).connection_pool
    assert type(theirs) is type(ours)
    for name in _CONNECTION:
        assert theirs.connection_kwargs.get(name) == ours.connection_kwargs.get(name), name
    assert issubclass(theirs.connection_class, ours.connection_class)
    assert getattr(theirs, "service_name", "") == getattr(ours, "service_name", "")


def test_sentinels_are_spoken_to_by_tls_and_with_a_password_of_their_own() -> None:
    url = "rediss+sentinel://:pw@a/main/0?sentinel_password=other&ssl_ca_certs=/ca.pem"
    sentinel = connect(url).connection_pool.sentinel_manager.sentinels[0]
    named = sentinel.connection_pool.connection_kwargs
    assert (named["host"], named["port"], named["password"]) == ("a", 26379, "other")
    assert named["ssl_ca_certs"] == "/ca.pem"
    assert sentinel.connection_pool.make_connection().cert_reqs is ssl.CERT_REQUIRED
