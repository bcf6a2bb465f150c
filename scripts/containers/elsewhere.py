"""What the hosts of the trial reach over the network: `python elsewhere.py ADDRESS SHELF...`, in a namespace of its own.

At ADDRESS are a bucket (moto's server, port 9000), the sample site (8080) and a receiver of webhooks (8081). What
the site was asked for is printed, and the id of every document that the receiver took.
"""

import contextlib
import http.client
import signal
import subprocess
import sys
import time

from sample_site import ToldSite, fill, say

from rig.inbox import Inbox

BUCKET_PORT, SITE_PORT, INBOX_PORT = 9000, 8080, 8081
BUCKET = "example-news"


def main(address: str, *shelves: str) -> None:
    """Serve until the trial ends."""
    moto = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", address, "-p", str(BUCKET_PORT)],
        stderr=subprocess.DEVNULL,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _make_bucket(address)
        site = ToldSite(address)
        site.port = SITE_PORT
        site.start()
        fill(site, shelves)
        inbox = Inbox(host=address)
        inbox.port = INBOX_PORT
        inbox.start()
        say("ready")
        told = 0
        while moto.poll() is None:
            for name in inbox.taken[told:]:
                say(f"taken {name}")
                told += 1
            time.sleep(0.2)
    finally:
        moto.kill()
        moto.wait()


def _make_bucket(address: str) -> None:
    until = time.monotonic() + 60
    while not _is_made(address):
        assert time.monotonic() < until, "moto's server did not start"
        time.sleep(0.2)


def _is_made(address: str) -> bool:
    connection = http.client.HTTPConnection(address, BUCKET_PORT, timeout=10)
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request("PUT", f"/{BUCKET}")
        return connection.getresponse().status == 200
    return False


if __name__ == "__main__":
    main(*sys.argv[1:])
