"""`copydesk import` and `export`: lists of sources in and out, by the real commands."""

from pathlib import Path

from config.sources import load_sources
from rig.desk import Desk
from rig.site import Site
from rig.stories import Story

OPML = b"""<?xml version="1.0"?>
<opml version="2.0"><head><title>Mine</title></head><body><outline text="News">
<outline text="The Example" xmlUrl="https://www.example.org/rss?a=1&amp;b=2" htmlUrl="https://www.example.org/"/>
<outline text="The Example" xmlUrl="https://www.example.org/atom"/>
<outline text="Kept" xmlUrl="https://kept.example.org/rss"/>
</outline></body></opml>"""
LAUGHS = b'<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><opml><body>&b;</body></opml>'


def test_opml_in_and_out_and_in_again(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        kept = '# Ours.\n[[source]]\nname = "kept"\nfeeds = ["https://kept.example.org/rss"]\n'
        desk.sources.write_text(kept)
        tried = desk.run("import", "-", "--dry-run", stdin=OPML)
        assert (tried.code, desk.sources.read_text()) == (0, kept)
        done = desk.run("import", "-", stdin=OPML)
        assert done.code == 0
        assert "https://kept.example.org/rss is in source 'kept'" in done.err
        assert desk.sources.read_text() == f"{kept}\n{tried.out}"
        assert "\n# News\n[[source]]\n" in tried.out
        sources = load_sources(desk.sources)
        assert [source.name for source in sources] == ["kept", "the-example", "the-example-2"]

        out = desk.run("export").out
        desk.sources.unlink()
        again = desk.run("import", "-", "--json", stdin=out.encode())
        assert again.json["written"] == str(desk.sources)
        assert load_sources(desk.sources)[1:] == sources[1:]

        refused = desk.run("import", "-", stdin=LAUGHS)
        assert (refused.code, refused.out) == (2, "")
        assert "DOCTYPE" in refused.err
        assert not desk.home.exists()


def test_a_list_that_is_looked_at(tmp_path: Path, site: Site) -> None:
    site.publish(*(Story.numbered(number) for number in range(6)))
    with Desk(tmp_path, allow_private=1) as desk:
        lines = f"# mine\n{site.url('/rss.xml')}\nno address\n"
        done = desk.run("import", "-", "--look", "--delay", "0", "--json", stdin=lines.encode())
        assert done.code == 1  # for the line that is none
        assert "line 3: no address" in done.err
        (source,) = load_sources(desk.sources)
        assert source.feeds == (site.url("/rss.xml"),)
        assert source.article_urls
        assert done.json["source"]["name"] == source.name
        assert desk.run("export", "--urls").out == f"{site.url('/rss.xml')}\n"
