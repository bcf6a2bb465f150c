"""Lost replies, at their small size."""

from pathlib import Path
from urllib.parse import urlsplit

from chaos.promise import Size
from chaos.proxy import Proxy
from chaos.trials.replies import trial
from cli.embedded import server
from workers.state.connection import connect


def test_nothing_happens_twice_and_nothing_is_missing(tmp_path: Path) -> None:
    findings = trial(tmp_path, Size.SMALL)

    assert len(findings) == 2
    assert [finding.broken for finding in findings if not finding.holds] == []


def test_a_plain_command_would_happen_twice(tmp_path: Path) -> None:
    """The proxy loses replies, not requests: this is what the scripts are for."""
    due = iter([True, False] * 10)
    with server(tmp_path, None) as (url, _):
        parts = urlsplit(url)
        with Proxy(Path(parts.path), lambda piece: b"XADD" in piece and next(due)) as proxy:
            client = connect(f"redis://:{parts.password}@127.0.0.1:{proxy.port}/0")
            for number in range(10):
                client.xadd("plain", {"number": number})
            assert proxy.lost == 10
            assert client.xlen("plain") == 20
            client.close()
