"""What the site is built from."""

import tomllib
from pathlib import Path

from handbook.site import CONFIGURATION, ROOT, astray, named
from handbook.staging import stage


def test_the_documentation_is_whole(tmp_path: Path) -> None:
    staged = stage(ROOT, tmp_path / "docs")
    nav = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))["project"]["nav"]
    assert staged.problems + list(astray(staged.pages, list(named(nav)))) == []


def test_links_lead_to_pages_and_to_code(tmp_path: Path) -> None:
    root, folder = tmp_path / "root", tmp_path / "docs"
    (root / "docs" / "why").mkdir(parents=True)
    (root / "room").mkdir()
    (root / "room" / "code.py").write_text("print()\n")
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        (root / name).write_text(
            "# A page\n\n[why](docs/why/README.md#so) [room](room) [gone](gone.md)\n"
        )
    (root / "docs" / "why" / "README.md").write_text(
        "[up](../../README.md) [code](../../room/code.py)\n"
    )
    staged = stage(root, folder)
    assert sorted(staged.pages) == ["changes.md", "contributing.md", "index.md", "why/index.md"]
    assert staged.problems == [
        f"{name}:3: gone.md: there is no such file"
        for name in ("CHANGELOG.md", "CONTRIBUTING.md", "README.md")
    ]
    assert "[why](why/index.md#so) [room](code/room/index.md)" in (folder / "index.md").read_text()
    assert (
        folder / "why/index.md"
    ).read_text() == "[up](../index.md) [code](../code/room/code.py.md)\n"
    assert "\nprint()\n" in (folder / "code/room/code.py.md").read_text()
    assert "- `code.py`" in (folder / "code/room/index.md").read_text()


def test_a_page_that_the_navigation_does_not_name_and_one_that_is_not_there() -> None:
    assert list(astray(["a.md", "b.md"], ["b.md", "c.md"])) == [
        "zensical.toml: the navigation does not name a.md",
        "zensical.toml: the navigation names c.md, and there is no such page",
    ]
