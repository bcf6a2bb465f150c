"""Scrapy's settings for a crawl: which doors are shut, and what a source's pace makes of them."""

import pytest
from scrapy.settings import Settings
from scrapy.utils.misc import load_object

from config.sources import Source
from crawler import settings as crawl_settings
from crawler.exchange import PoliteHandler
from crawler.politeness import polite_settings


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
