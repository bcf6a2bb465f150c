"""The tour: a sample site goes through the whole service, and the result is shown and left there.

`python -m demo` needs no network, and leaves its documents in `var/demo`. It exits with 1 where
anything comes out otherwise than promised.
"""

import fcntl
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from demo import agency, broadcaster, promise, show, templates
from demo.command import Command, CommandError
from demo.site import Request, SampleSite

Entry = dict[str, Any]
"""A document as JSON has it."""

HOME = Path("var/demo")
SHOWN = "1204-la-recolte"
"""Part of the address of the document that is shown."""
_PATIENCE = 45.0  # seconds until the revision has to be there


def main() -> int:
    """Run the tour; the exit code says whether it came out as promised."""
    try:
        with (
            _alone(HOME.with_suffix(".lock")),
            SampleSite(broadcaster.resources) as radio,
            SampleSite(agency.resources) as wire,
        ):
            tour(Command(_fresh(HOME, radio, wire)), radio, wire)
    except (CommandError, promise.PromiseError) as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"{error.filename or 'a file'}: {error.strerror}")
    except KeyboardInterrupt:
        return 130
    return 0


def _failed(why: str) -> int:
    print(f"\nThe demo did not come out as promised:\n{why}", file=sys.stderr)
    return 1


def tour(copydesk: Command, radio: SampleSite, wire: SampleSite) -> None:
    """All of it, in order."""
    _introduce(radio, wire)
    _crawl(copydesk)
    _show_document(copydesk.home)
    _show_rejected(copydesk)
    _crawl_again(copydesk, radio, wire)
    _show_duplicates(copydesk)
    received = _consume(copydesk)
    received += _revise(copydesk, radio)
    _show_end(copydesk.home, received, radio.requests + wire.requests)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError("another demo runs in this folder; let it end first") from None
        yield


def _fresh(home: Path, radio: SampleSite, wire: SampleSite) -> Path:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    sources = Template(templates.read("sources.toml"))
    text = sources.safe_substitute(radio=radio.url, agency=wire.url)
    (home / "sources.toml").write_text(text, encoding="utf-8")
    return home.resolve()


def _introduce(radio: SampleSite, wire: SampleSite) -> None:
    _put(show.heading("Two sites on this machine"))
    _put(f"  Radio Bahía Clara  {radio.url}/fr  /  /en\n  Agencia Litoral    {wire.url}/")
    _say("""The broadcaster has a French, a Spanish and an English edition. Copydesk finds the French
        articles from the front page, the Spanish ones by sitemap, the English ones by section
        pages, those of the agency by its feed.""")


def _crawl(copydesk: Command) -> None:
    _put(show.heading("copydesk once: how every page ended"))
    run = copydesk.one("once")
    _put(show.outcomes(run["sources"]))
    promise.held(run["sources"], promise.expected("first"))
    promise.kept(run["owed"] == 0, "no page is owed at the end")


def _show_document(home: Path) -> None:
    _put(show.heading("One document, as it stands in its file"))
    sidecar = next(path for path, of in _sidecars(home).items() if SHOWN in of["url"])
    document = sidecar.with_suffix(".txt")
    _put(show.file(str(document.relative_to(home)), document.read_bytes().decode()))
    _say(f"Beside it, {sidecar.name} holds what else is known of it: dates, authors, language.")


def _show_rejected(copydesk: Command) -> None:
    _put(show.heading("What was no article"))
    sources = copydesk.lines("sources")
    told = (show.reasons(source["name"], source["reasons"]) for source in sources)
    _put("\n".join(filter(None, told)))


def _crawl_again(copydesk: Command, radio: SampleSite, wire: SampleSite) -> None:
    _put(show.heading("Again, when the agency carries three of the stories"))
    wire.move_on()
    before = len(radio.requests)
    run = copydesk.one("once")
    _put(show.outcomes(run["sources"]))
    promise.held(run["sources"], promise.expected("second"))
    asked = radio.requests[before:]
    fetched = [r for r in asked if r.status != HTTPStatus.NOT_MODIFIED and r.path != "/robots.txt"]
    promise.kept(not fetched, "nothing is fetched that has not changed")
    _say(f"""The broadcaster saw {len(asked)} requests: for robots.txt, and for its listings, which
        it answered with "304 Not Modified". None of its pages was fetched again.""")


def _show_duplicates(copydesk: Command) -> None:
    _put(show.heading("What was known already, and why"))
    records = sorted(copydesk.lines("duplicates"), key=_in_site_order)
    for record in records:
        _put(show.duplicate(record))
    fates = sorted((record["outcome"], record["queued"]) for record in records)
    promised = [("duplicate", False), ("near-duplicate", False), ("near-duplicate", True)]
    promise.kept(fates == promised, "a copy and a rewritten story are dropped, a fuller one is not")


def _consume(copydesk: Command) -> list[Entry]:
    entries = copydesk.lines("consume", "--group", "demo")
    _put(show.heading(f"What a consumer received: three of {len(entries)}"))
    for entry in sorted(entries, key=_in_site_order)[:3]:
        _put(show.delivery(entry))
    return entries


def _in_site_order(entry: Entry) -> tuple[str, str]:
    """The same at every run: ports differ, and so does the order in which hosts answer."""
    return entry["source"], urlsplit(entry["url"]).path


def _revise(copydesk: Command, radio: SampleSite) -> list[Entry]:
    _put(show.heading("The newsroom corrects a mistake, copydesk up is at work"))
    radio.move_on()
    with copydesk.service(copydesk.home / "up.log") as service:
        deadline = time.monotonic() + _PATIENCE
        while not _revisions(copydesk.home) and service.poll() is None:
            promise.kept(time.monotonic() < deadline, f"a revision is found in {_PATIENCE:.0f} s")
            time.sleep(0.2)
        promise.kept(service.poll() is None, f"the service runs; see {copydesk.home / 'up.log'}")
        entries = copydesk.lines("consume", "--group", "demo")
    outcomes = [entry["outcome"] for entry in entries]
    promise.kept(outcomes[-1:] == ["revision"], "the last to come is the revision")
    _put(show.delivery(entries[-1]))
    _say(f"""The service came back to the article a while after its publication, and found another
        text. The revision supersedes {entries[-1]["supersedes"]}; both files are kept.""")
    return entries


def _show_end(home: Path, received: list[Entry], requests: list[Request]) -> None:
    ids = [entry["id"] for entry in received]
    promise.kept(len(set(ids)) == len(ids), "no document comes twice")
    promise.kept(_are_the_files(home, received), "what is received is what the files hold")
    promise.kept(not any("/reservado/" in r.path for r in requests), "robots.txt is obeyed")
    _put(show.heading("Left to look at"))
    _put(f"  {home}/documents   {len(ids)} texts, each with its JSON")
    print(f"  {home}/duplicates  the text that was dropped")
    print(f"  {home}/sources.toml")
    _say("""Every page ended as promised, each document came once, and none was asked for that
        robots.txt keeps to itself. `make run` starts the service on config/sources.toml.""")


def _sidecars(home: Path) -> dict[Path, Entry]:
    return {path: json.loads(path.read_bytes()) for path in home.glob("documents/*/*/*.json")}


def _revisions(home: Path) -> list[Path]:
    return [path for path, of in _sidecars(home).items() if of["outcome"] == "revision"]


def _are_the_files(home: Path, entries: list[Entry]) -> bool:
    files = {str(path.relative_to(home)) for path in home.glob("documents/*/*/*.txt")}
    return files == {entry["path"] for entry in entries} and all(
        (home / entry["path"]).read_bytes().decode() == entry["text"] for entry in entries
    )


def _say(text: str) -> None:
    _put(show.paragraph(text))


def _put(text: str) -> None:
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
