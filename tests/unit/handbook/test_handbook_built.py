"""What is found in a built site."""

from pathlib import Path

from handbook.built import problems

POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">'


def _site(folder: Path, body: str, head: str = POLICY) -> list[str]:
    (folder / "there.html").write_text(f"<html><head>{POLICY}</head><p id=here>.</p></html>")
    (folder / "index.html").write_text(f"<html><head>{head}</head><body>{body}</body></html>")
    return problems(folder)


def test_a_site_that_is_whole(tmp_path: Path) -> None:
    links = "<a href=there.html#here>.</a> <a href=#>.</a> <a href=https://example.org/>.</a>"
    assert _site(tmp_path, links) == []


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    assert _site(
        tmp_path, "<a href=gone.html>.</a> <a href=there.html#gone>.</a><img src=../x.png>"
    ) == [
        "index.html: gone.html leads nowhere",
        "index.html: there.html#gone: there is no such place on that page",
        "index.html: ../x.png leads nowhere",
    ]


def test_what_others_would_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text(
        "@import '//fonts.example.org/a'; p {background: url(https://b.example.org/b)}"
    )
    body = "<script src=https://c.example.org/c.js></script><p style='background: url(//d.example.org/)'>"
    assert _site(tmp_path, body, "") == [
        "index.html: has no Content-Security-Policy",
        "index.html: loads https://c.example.org/c.js from another host",
        "index.html: loads //d.example.org/ from another host",
        "a.css: loads //fonts.example.org/a from another host",
        "a.css: loads https://b.example.org/b from another host",
    ]
