"""The files of `pages/`, filled in."""

import tomllib
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any


@cache
def read(name: str) -> str:
    """A file of `pages/`."""
    return files("demo").joinpath("pages", name).read_text(encoding="utf-8")


@cache
def words(language: str) -> Mapping[str, Any]:
    """What the broadcaster says in a language; `sections` holds the sections' titles."""
    return tomllib.loads(read("words.toml"))[language]  # type: ignore[no-any-return]


def filled(name: str, **values: str) -> str:
    """A template with its values, which are markup; a missing one is a `KeyError`."""
    return Template(read(name)).substitute(values)


def link(url: str, text: str) -> str:
    """A link; *text* is plain."""
    return f'<a href="{escape(url)}">{escape(text)}</a>'
