"""What `doctor` thinks of what it sees."""

from pathlib import Path

import pytest

from cli.checks import files, machine, server, sites
from cli.checks.finding import Finding, Verdict
from config.settings import Settings
from config.sources import Source
from crawler.robots_look import HostAnswer
from workers.state.memory import Memory

NOW = 1_795_000_000.0
OK, WARNING, WRONG = Verdict.OK, Verdict.WARNING, Verdict.WRONG
AGENT = "CopydeskBot/0.1"


def _is(finding: Finding, verdict: Verdict) -> None:
    assert finding.verdict is verdict, finding
    assert finding.told
    assert bool(finding.advice) is (verdict is not OK), finding


@pytest.mark.parametrize(
    ("theirs", "within", "verdict"),
    [
        (NOW + 1, 0.001, OK),
        (NOW - 5, 0.001, WARNING),
        (NOW + 600, 0.001, WRONG),
        # The answer took long: the difference may be the way's.
        (NOW + 5, 4.0, OK),
    ],
)
def test_clocks(theirs: float, within: float, verdict: Verdict) -> None:
    _is(server.of_clocks(server.Clocks(NOW, theirs, within)), verdict)


def test_a_clock_that_was_never_set() -> None:
    _is(server.of_clocks(server.Clocks(1000.0, 1000.0, 0.001)), WRONG)


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"aof_enabled": 1, "aof_last_write_status": "ok"}, OK),
        ({"aof_enabled": 1, "aof_last_write_status": "err"}, WRONG),
        ({"aof_enabled": 0}, WARNING),
    ],
)
def test_persistence(facts: dict[str, object], verdict: Verdict) -> None:
    _is(server.of_persistence(facts), verdict)


def test_memory() -> None:
    _is(server.of_memory(Memory(1_000_000, 0)), OK)
    _is(server.of_memory(Memory(90, 100)), WRONG)


@pytest.mark.parametrize(("free", "verdict"), [(5e9, OK), (5e8, WARNING), (5e7, WRONG)])
def test_room(free: float, verdict: Verdict) -> None:
    _is(files.of_room("/data", free, 1e10), verdict)


def test_an_archive_that_will_not_fit() -> None:
    assert list(files.of_growth(kept=20e9, a_day=1e9, days=30, free=20e9)) == []
    (finding,) = files.of_growth(kept=1e9, a_day=1e9, days=30, free=20e9)
    _is(finding, WARNING)
    assert "9.0 GB more" in finding.told


def test_folders(tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings = Settings(home=home, archive="off")
    (made,) = files.of_store(settings)
    _is(made, OK)
    assert not home.exists()
    home.mkdir()
    (there,) = files.of_store(settings)
    _is(there, OK)
    assert list(home.iterdir()) == []
    (tmp_path / "file").write_text("")
    (wrong,) = files.of_store(Settings(home=tmp_path / "file" / "home"))
    _is(wrong, WRONG)
    assert "COPYDESK_HOME" in wrong.advice
    (archive,) = files.of_archive(Settings(archive=str(tmp_path / "file" / "archive")))
    _is(archive, WRONG)
    assert list(files.of_disk(Settings(home=home)))


def test_sources_and_settings(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    found, sources = machine.of_sources(Settings(sources=file))
    _is(found[0], WRONG)
    assert "copydesk add" in found[0].told
    assert "folder" in found[0].advice
    assert sources == []
    file.write_text("")
    _is(machine.of_sources(Settings(sources=file))[0][0], WARNING)
    file.write_text('[[source]]\nname = "a"\nstart = "http://a.example/"\n')
    found, sources = machine.of_sources(Settings(sources=file))
    _is(found[0], OK)
    assert [source.name for source in sources] == ["a"]
    verdicts = [one.verdict for one in machine.of_settings(Settings())]
    assert verdicts == [OK, WARNING]
    assert [one.verdict for one in machine.of_settings(Settings(user_agent="me"))] == [OK]


def test_the_browser(tmp_path: Path) -> None:
    plain = Source(name="a", start="http://a.example/")
    rendered = plain.model_copy(update={"render": True})
    assert list(machine.of_browser(Settings(), [plain])) == []
    missing = Settings(browser=str(tmp_path / "none"))
    (finding,) = machine.of_browser(missing, [rendered])
    _is(finding, WRONG)
    (finding,) = machine.of_browser(Settings(browser_socket=tmp_path / "none"), [rendered])
    _is(finding, WRONG)
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    first, *_ = machine.of_browser(Settings(browser=str(broken)), [rendered])
    _is(first, WRONG)
    broken.write_text("#!/bin/sh\necho Chromium 150\n")
    first, *_ = machine.of_browser(Settings(browser=str(broken)), [rendered])
    _is(first, OK)


NO_NAME = HostAnswer(problem="its name does not resolve", reason="no-such-host")
REFUSED = HostAnswer(problem="it refuses connections", reason="refused")
BUSY = HostAnswer(problem="answers 503", reason="http-503")
WELL = HostAnswer()


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ([WELL, NO_NAME], OK),
        ([NO_NAME, NO_NAME], WRONG),
        ([NO_NAME, REFUSED], WRONG),
        ([BUSY, REFUSED], OK),
    ],
)
def test_the_network(answers: list[HostAnswer], verdict: Verdict) -> None:
    _is(sites.of_network({str(n): one for n, one in enumerate(answers)}), verdict)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (WELL, OK),
        (NO_NAME, WRONG),
        (BUSY, WARNING),
        (HostAnswer("User-agent: *\nDisallow: /"), WRONG),
        (HostAnswer("User-agent: *\nDisallow: /admin\nCrawl-delay: 20"), OK),
    ],
)
def test_a_site(answer: HostAnswer, verdict: Verdict) -> None:
    source = Source(name="a", start="https://a.example/", feeds=("https://a.example/rss",))
    found = sites.of_source(source, {"a.example": answer}, AGENT)
    _is(found, verdict)
    assert ("20 s" in found.told) is ("Crawl-delay" in answer.rules)


def test_an_address_is_not_blamed_for_a_network_that_is_not_there() -> None:
    source = Source(name="a", start="https://a.example/")
    told = [
        sites.of_source(source, {"a.example": NO_NAME}, AGENT, is_cut_off=is_cut_off).advice
        for is_cut_off in (False, True)
    ]
    assert told[0].startswith("mend the address")
    assert told[1].startswith("see to the network first")


def test_our_clock_beside_those_of_the_web() -> None:
    assert list(sites.of_web_clock({"a": HostAnswer(ahead=1.0), "b": WELL})) == []
    (finding,) = sites.of_web_clock({str(n): HostAnswer(ahead=-3600.0) for n in range(3)})
    _is(finding, WARNING)


def test_a_server_whose_certificate_is_not_looked_at_is_told() -> None:
    (found,) = server.of_certificate("rediss://h/0?ssl_cert_reqs=none")
    assert (found.verdict, found.check) == (Verdict.WARNING, "server")
    for url in ("rediss://h/0?ssl_ca_certs=/ca.pem", "redis://h/0", "unix:///run/v.sock"):
        assert list(server.of_certificate(url)) == []
