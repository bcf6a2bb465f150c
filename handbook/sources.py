"""The page of a source's fields."""

from config.sources import Source
from config.sources_written import source_table
from handbook.docstrings import of_attributes
from handbook.table import code, table

_ABOVE = """# The fields of a source

The sources file, `config/sources.toml` or what `COPYDESK_SOURCES` names, has one table `[[source]]` for each source. It is checked as a
whole when it is read: a mistake is told with source, field, value and what is allowed. [Add a site](../how-to/add-a-site.md)
says how a source comes to be, and what a site may need.

`name` is needed, and one of `start`, `feeds`, `sitemaps`, `sections`. All else has a default.

"""
_BELOW = """
Durations are a whole number of `s`, `m`, `h` or `d`. This page is written from `config/sources.py` by `make pages`.
"""
_DURATIONS = {"every_min", "every_max", "revisit"}
_UNITS = (("d", 86400), ("h", 3600), ("m", 60))


def page() -> str:
    """The page, in Markdown."""
    told = of_attributes(Source)
    rows = [
        (code(name), code("" if field.is_required() else _shown(name, field.default)), told[name])
        for name, field in Source.model_fields.items()
    ]
    return _ABOVE + table(("field", "default", "what it says"), rows) + _BELOW


def _shown(name: str, default: object) -> str:
    """As it would stand in the file."""
    if name in _DURATIONS:
        default = (
            [_written(s) for s in default] if isinstance(default, tuple) else _written(default)
        )
    written = source_table({"x": default}).partition("x = ")[2]
    return " ".join(written.split()).replace("[ ", "[").replace(", ]", "]")


def _written(seconds: object) -> str:
    assert isinstance(seconds, int)
    unit, size = next((u, s) for u, s in (*_UNITS, ("s", 1)) if seconds % s == 0)
    return f"{seconds // size}{unit}"
