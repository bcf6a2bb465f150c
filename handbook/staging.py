"""The folder that the site is built from: the pages of the repository, with links that work there.

What stands in `docs/` keeps its place. README, CONTRIBUTING and CHANGELOG become pages too. A link from
a page to a file of code leads to a page that shows that file, so that the site is whole by itself.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from handbook.links import is_foreign, redirected, targets

DOCS = "docs"
_AT_THE_TOP = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
}
CODE = "code"
"""The folder of the pages that show a file of the repository."""
_LANGUAGES = {".py": "python", ".toml": "toml", ".yml": "yaml", ".lua": "lua", ".md": "markdown"}
_UNSEARCHED = "---\nsearch:\n  exclude: true\n---\n\n"


@dataclass
class Staged:
    """What was staged, and what is wrong with it."""

    pages: list[str] = field(default_factory=list)
    """The pages that people write, relative to the folder; none that shows a file."""
    problems: list[str] = field(default_factory=list)
    """A line each, with file and line."""


def stage(root: Path, folder: Path) -> Staged:
    """Fill the folder, which is emptied first, from the repository at *root*."""
    shutil.rmtree(folder, ignore_errors=True)
    staged = Staged()
    shown: dict[str, str] = {}
    for file, place in sorted(_places(root).items()):
        _write(folder / place, (root / file).read_bytes())
        if file.endswith(".md"):
            staged.pages.append(place)
            _stage_page(root, folder, file, place, shown, staged)
    for path, place in shown.items():
        _write(folder / place, _showing(root, path).encode())
    return staged


def _places(root: Path) -> Mapping[str, str]:
    """Where each file of the documentation goes, relative to both."""
    docs = (path for path in (root / DOCS).rglob("*") if path.is_file())
    return _AT_THE_TOP | {
        path.relative_to(root).as_posix(): _in_docs(path.relative_to(root / DOCS)) for path in docs
    }


def _in_docs(path: Path) -> str:
    # The page that a forge shows for a folder is what a site shows for it.
    return (path.with_name("index.md") if path.name == "README.md" else path).as_posix()


def _stage_page(
    root: Path, folder: Path, file: str, place: str, shown: dict[str, str], staged: Staged
) -> None:
    text = (root / file).read_text(encoding="utf-8")
    places = _places(root)
    for number, target in targets(text):
        if problem := _problem(root, file, target):
            staged.problems.append(f"{file}:{number}: {target}: {problem}")

    def there(target: str) -> str:
        name, hash_sign, anchor = target.partition("#")
        if is_foreign(target) or not name:
            return target
        path = _resolved(file, name)
        if not (root / path).exists():
            return target
        to = places.get(path) or shown.setdefault(path, _code_page(root, path))
        return os.path.relpath(to, Path(place).parent) + hash_sign + anchor

    _write(folder / place, redirected(text, there).encode())


def _resolved(file: str, target: str) -> str:
    return os.path.normpath(Path(file).parent / target)


def _problem(root: Path, file: str, target: str) -> str:
    name = target.partition("#")[0]
    if is_foreign(target) or not name:
        return ""
    path = _resolved(file, name)
    if name.startswith("/") or path.startswith(".."):
        return "leads out of the repository"
    return "" if (root / path).exists() else "there is no such file"


def _code_page(root: Path, path: str) -> str:
    """A dot in front would hide the page from who builds the site."""
    name = "/".join(part.lstrip(".") for part in path.split("/"))
    return f"{CODE}/{name}/index.md" if (root / path).is_dir() else f"{CODE}/{name}.md"


def _showing(root: Path, path: str) -> str:
    """A page that shows a file, or names the files of a folder."""
    if (root / path).is_dir():
        lines = "".join(f"- `{name}`\n" for name in _files(root / path))
        return f"{_UNSEARCHED}# {path}/\n\nA folder of the repository:\n\n{lines}"
    language = _LANGUAGES.get(Path(path).suffix, "text")
    text = (root / path).read_text(encoding="utf-8")
    return f"{_UNSEARCHED}# {path}\n\n~~~~~~ {language}\n{text}\n~~~~~~\n"


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
