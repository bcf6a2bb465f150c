"""A coverage-guided fuzzer on whatever reads what strangers wrote: `make fuzz`.

A target is given bytes, and must end with a value or with the one error that it names; what it reads
must come out again as it went in. An input that breaks this is left in the folder that is named.
"""

import argparse
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from crawler.page import Page
from rig import stories

_LONGEST_BYTES = 65_536
_MOST_SECONDS_AN_INPUT = 5
_MEGABYTES = 1024

Target = Callable[[bytes], None]


def document(data: bytes) -> None:
    """Whatever is read as a document is the same document when it is written and read again."""
    from crawler.document import parse, render  # noqa: PLC0415 - see `_fuzz`

    try:
        found = parse(data.decode(errors="replace"))
    except ValueError:
        return
    assert parse(render(found)) == found


def sidecar(data: bytes) -> None:
    """Whatever is read as a sidecar says the same when it is written and read again."""
    from crawler.document import Sidecar  # noqa: PLC0415

    try:
        found = Sidecar.from_json(data)
    except ValueError:
        return
    assert Sidecar.from_json(found.to_json()) == found


def feed(data: bytes) -> None:
    """Whatever is read as a feed names addresses of the web alone, each on one line."""
    from crawler.discovery.feeds import parse_feed  # noqa: PLC0415

    _listing(parse_feed, data)


def sitemap(data: bytes) -> None:
    """As `feed`, for sitemaps of all kinds."""
    from crawler.discovery.sitemaps import parse_sitemap  # noqa: PLC0415

    _listing(parse_sitemap, data)


def section(data: bytes) -> None:
    """As `feed`, for pages that list articles."""
    from crawler.discovery.sections import parse_section  # noqa: PLC0415

    _listing(parse_section, data)


def opml(data: bytes) -> None:
    """Whatever is read as OPML is the same list when it is written and read again."""
    from crawler.discovery.opml import NotOpml, read_opml, write_opml  # noqa: PLC0415

    try:
        found = [one for one in read_opml(data) if not one.problem]
    except NotOpml:
        return
    written = "\n".join(write_opml("A", found))
    again = read_opml(written.encode())
    assert [(a.feed, a.site) for a in again] == [(one.feed, one.site) for one in found]


def front(data: bytes) -> None:
    """Whatever page a site has in front, it names addresses of that site alone, and a source comes of them."""
    from crawler.survey.front import read_front  # noqa: PLC0415
    from crawler.survey.sections import candidates  # noqa: PLC0415
    from crawler.survey.shapes import propose  # noqa: PLC0415

    page = Page(_ROOT, _ROOT, 200, datetime(2026, 11, 20, tzinfo=UTC), "", "", data)
    found = read_front(page, {"example.com"})
    named = [*found.articles, *found.others]
    assert all(
        url.partition("://")[2].startswith(("example.com/", "www.example.com/")) for url in named
    )
    assert set(candidates(found, _ROOT, found.articles)) <= found.others.keys()
    propose(found.articles, found.others)


def _listing(parse: Callable[[bytes, str], object], data: bytes) -> None:
    from crawler.discovery.listing import Listing, NotAListing  # noqa: PLC0415

    try:
        found = parse(data, "https://example.com/listing")
    except NotAListing:
        return
    assert isinstance(found, Listing)
    for link in found.links:
        assert link.url.startswith(("http://", "https://")), link.url
        assert link.url.isprintable(), link.url


TARGETS: Mapping[str, Target] = {
    target.__name__: target for target in (document, sidecar, feed, sitemap, section, opml, front)
}


_STORIES = tuple(stories.Story.numbered(number, paragraphs=1) for number in range(3))
_ROOT = "https://example.com/"
EXAMPLES: Mapping[str, Callable[[], str]] = {
    "document": lambda: "\n\n# *A*\n\n---\n\n\n\nB\n\n---\n\n<https://e.com/>\n\n\n\n**C**",
    "sidecar": lambda: '{"schema": 1, "id": "0", "title": null, "authors": ["A"], "rights": {}}',
    "feed": lambda: stories.rss(_STORIES, _ROOT),
    "sitemap": lambda: stories.sitemap(_STORIES, _ROOT),
    "section": lambda: stories.section_page(_STORIES, _ROOT, next_page="/page/2"),
    "opml": lambda: (
        '<opml version="2.0"><body><outline text="A"><outline text="B &amp; C" type="rss"'
        ' xmlUrl="https://e.com/rss?a=1&amp;b=2" htmlUrl="https://e.com/"/></outline></body></opml>'
    ),
    "front": lambda: stories.section_page(_STORIES, _ROOT),
}
"""Where the fuzzer sets out from: it would be long in finding out what XML is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz each target for a while, in a process of its own; 0 where nothing broke."""
    options = _options(arguments)
    if importlib.util.find_spec("atheris") is None:
        print("the fuzzer is not installed; `make fuzz` does that, and runs it", file=sys.stderr)
        return 2
    if options.one:
        _fuzz(options.targets[0], options.seconds, options.corpus)
        return 0
    codes = [_run(name, options) for name in options.targets or TARGETS]
    return int(any(codes))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=300, help="for each target")
    parser.add_argument("--corpus", type=Path, default=Path("build/fuzz"), help="what was found")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _run(name: str, options: argparse.Namespace) -> int:
    folder: Path = options.corpus / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "example").write_text(EXAMPLES[name](), encoding="utf-8")
    print(f"{name}: {options.seconds} s; what is found is left in {folder}", flush=True)
    call = [sys.executable, "-m", "chaos.fuzz", name, "--one"]
    call += ["--seconds", str(options.seconds), "--corpus", str(folder)]
    with (folder.with_suffix(".log")).open("wb") as log:
        done = subprocess.run(call, stdout=log, stderr=log, check=False)  # noqa: S603 - ourselves
    said = folder.with_suffix(".log").read_text(errors="replace").splitlines()
    print(
        f"{name}: {'broken' if done.returncode else 'held'}; {said[-1] if said else ''}", flush=True
    )
    return done.returncode


def _fuzz(name: str, seconds: int, folder: Path) -> None:
    import atheris  # noqa: PLC0415 - no part of the set-up

    # What is imported in this block is watched for the lines that an input reaches.
    with atheris.instrument_imports(include=["crawler"]):
        import crawler.discovery.feeds  # noqa: PLC0415
        import crawler.discovery.opml  # noqa: PLC0415
        import crawler.discovery.sections  # noqa: PLC0415
        import crawler.discovery.sitemaps  # noqa: PLC0415, F401
    flags = (
        f"-max_total_time={seconds}",
        f"-max_len={_LONGEST_BYTES}",
        f"-timeout={_MOST_SECONDS_AN_INPUT}",
        f"-rss_limit_mb={_MEGABYTES}",
        f"-artifact_prefix={folder}/broken-",
        "-print_final_stats=0",
    )
    atheris.Setup([name, *flags, str(folder)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
