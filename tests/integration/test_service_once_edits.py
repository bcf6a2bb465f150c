"""`once` ends what it began, whatever becomes of the sources file meanwhile; or is stopped."""

import signal
from pathlib import Path

from cli.once import STOPPED
from rig.desk import Desk, until
from rig.site import Reply, Site
from rig.stories import Story


def test_a_file_that_is_edited_and_broken_meanwhile_is_for_the_next_run(
    tmp_path: Path, site: Site
) -> None:
    stories = [Story.numbered(number) for number in range(12)]
    site.publish(*stories)
    with Desk(tmp_path) as desk:
        desk.write_sources({"name": "site", "feeds": [site.url("/rss.xml")], "delay": 0.3})
        once = desk.start("once", "--json")
        until(lambda: len(site.requests) > 3, 30, "it is being crawled")
        desk.write_sources({"name": "other", "feeds": [site.url("/other.xml")]})
        until(lambda: len(site.requests) > 6, 30)
        desk.sources.write_text("[[source]")
        out, _ = once.communicate(timeout=60)
        assert once.returncode == 0, desk.err
        assert '"new": 12' in out
        assert "/other.xml" not in site.paths()
        done = desk.run("once", "--json")
        assert done.code == 2
        assert len(done.err.splitlines()) == 1
        assert "not valid TOML" in done.err


def test_ctrl_c_blames_no_site_and_the_next_run_goes_on(tmp_path: Path, site: Site) -> None:
    stories = [Story.numbered(number) for number in range(3)]
    site.publish(*stories)
    page = site.routes[stories[0].path]
    site.routes[stories[0].path] = Reply(b"late", delay=3600)
    with Desk(tmp_path) as desk:
        desk.write_sources({"name": "site", "feeds": [site.url("/rss.xml")]})
        once = desk.start("once")
        until(lambda: stories[0].path in site.paths(), 30, "a slow page is being fetched")
        once.send_signal(signal.SIGINT)
        once.communicate(timeout=60)
        assert once.returncode == 1
        assert f"{STOPPED}: site\n" in desk.err
        assert "asked to be left alone" not in desk.err
        site.routes[stories[0].path] = page
        assert desk.run("once", "--json").json["owed"] == 0
