"""Scrapy's settings for a crawl: which doors are shut, and what a source's pace makes of them."""

import subprocess
import sys
from textwrap import dedent

import pytest
from scrapy.settings import Settings
from scrapy.utils.misc import load_object

from config.sources import Source
from crawler import settings as crawl_settings
from crawler.exchange import PoliteHandler
from crawler.politeness import polite_settings
from crawler.reactor import KeptReactor
from rig.command import ROOT


@pytest.fixture
def settings() -> Settings:
    settings = Settings()
    settings.setmodule(crawl_settings, priority="project")
    return settings


def test_nothing_but_the_web_is_downloaded_and_past_the_guard(settings: Settings) -> None:
    found = settings.getwithbase("DOWNLOAD_HANDLERS")
    assert {scheme for scheme, path in found.items() if path} == {"http", "https"}
    assert {load_object(path) for path in found.values() if path} == {PoliteHandler}


def test_no_door_leads_into_the_process(settings: Settings) -> None:
    for door in ("TELNETCONSOLE_ENABLED", "REMOTE_CONTROL_ENABLED", "HTTPPROXY_ENABLED"):
        assert not settings.getbool(door)
        assert door in Settings(), f"{door} is no longer what Scrapy calls it"
    assert settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
    extensions = [*settings["EXTENSIONS_BASE"], *settings["EXTENSIONS"]]
    assert not [name for name in extensions if "telnet" in name or "remote" in name]


@pytest.mark.parametrize("delay", [0.5, 2.0, 60.0, 90.0, 3600.0])
def test_autothrottle_never_goes_below_the_delay(delay: float) -> None:
    source = Source(name="a", start="http://a.example/", delay=delay)
    found = polite_settings(source, "CopydeskBot")
    assert found["DOWNLOAD_DELAY"] >= delay
    assert found["AUTOTHROTTLE_START_DELAY"] >= delay
    assert found["AUTOTHROTTLE_MAX_DELAY"] >= delay


def test_what_a_crawl_sets_is_its_own() -> None:
    runner = KeptReactor("Agent/1")._runner
    one, other = runner.create_crawler("news"), runner.create_crawler("news")
    one.settings.set("DOWNLOAD_DELAY", 7.0, priority="spider")
    one.settings.update({"AUTOTHROTTLE_ENABLED": False, "OF_ITS_OWN": 1}, priority="spider")
    for settings in (other.settings, runner.settings):
        assert settings["DOWNLOAD_DELAY"] == 2.0
        assert settings["AUTOTHROTTLE_ENABLED"] is True
        assert "OF_ITS_OWN" not in settings
    assert other.settings.getdict("DOWNLOADER_MIDDLEWARES") == one.settings.getdict(
        "DOWNLOADER_MIDDLEWARES"
    )


def test_what_is_loaded_for_a_crawl_installs_no_reactor() -> None:
    _run("""
        import importlib, sys
        from crawler.settings import LOADED_BY_A_CRAWL
        for name in LOADED_BY_A_CRAWL:
            importlib.import_module(name)
        assert "twisted.internet.reactor" not in sys.modules
    """)


def test_a_reactor_that_is_stuck_is_seen() -> None:
    _run("""
        import threading
        from crawler.reactor import KeptReactor
        reactor, release = KeptReactor("Agent/1"), threading.Event()
        assert reactor.answers(30)
        reactor._loop.call_soon_threadsafe(release.wait)
        assert not reactor.answers(0.2)
        release.set()
        assert reactor.answers(30)
    """)


def _run(code: str) -> None:
    """Run lines in a process of their own: a reactor is one a process, and for good."""
    subprocess.run([sys.executable, "-c", dedent(code)], check=True, cwd=ROOT)
