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
from pathlib import Path
from string import Template

from demo import agency, broadcaster, promise, show, templates
from demo.command import Command, CommandError
from demo.site import SampleSite

HOME = Path("var/demo")
BROADCASTER = ("bahia-fr", "bahia-es", "bahia-en")
AGENCY = "litoral"
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
    counts = _first_crawls(copydesk)
    _show_document(copydesk.home)
    _show_duplicates(copydesk)
    _show_rejected(copydesk)
    _show_deliveries(copydesk)
    _crawl_again(copydesk, radio)
    _revise(copydesk, radio)
    _show_manners(radio, wire)
    _show_way_on(copydesk.home, sum(of["new"] for of in counts.values()))


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
    print(show.heading("Two sites on this machine"))
    print(f"  Radio Bahía Clara  {radio.url}/fr  /  /en\n  Agencia Litoral    {wire.url}/")
    _say("""The broadcaster has a French, a Spanish and an English edition; the agency carries
        some of its stories. Copydesk finds the French articles from the front page, the Spanish
        ones by sitemap, the English ones by section pages, the agency's by its feed.""")


def _first_crawls(copydesk: Command) -> promise.Counts:
    """The broadcaster first, so that what the agency carries is known when it comes."""
    print(show.heading("How every page ended"), flush=True)
    chosen = [argument for name in BROADCASTER for argument in ("--source", name)]
    runs = [copydesk.one("once", *chosen), copydesk.one("once", "--source", AGENCY)]
    counts = promise.added(run["sources"] for run in runs)
    print(show.outcomes(counts))
    promise.held(counts, promise.expected())
    promise.kept(all(run["owed"] == 0 for run in runs), "no page is owed at the end")
    return counts


def _show_document(home: Path) -> None:
    print(show.heading("One document, as it stands in its file"))
    sidecar = next(
        path
        for path in sorted(home.glob("documents/*/*/*.json"))
        if SHOWN in json.loads(path.read_bytes())["url"]
    )
    document = sidecar.with_suffix(".txt")
    print(show.file(str(document.relative_to(home)), document.read_bytes().decode()))
    _say(f"Beside it, {sidecar.name} holds what else is known of it: dates, authors, language.")


def _show_duplicates(copydesk: Command) -> None:
    print(show.heading("What was known already, and why"))
    records = copydesk.lines("duplicates")
    print("\n\n".join(map(show.duplicate, records)))
    fates = sorted((record["outcome"], record["queued"]) for record in records)
    promised = [("duplicate", False), ("near-duplicate", False), ("near-duplicate", True)]
    promise.kept(
        fates == promised, "one copy and one rewritten story are dropped, a fuller one not"
    )


def _show_rejected(copydesk: Command) -> None:
    print(show.heading("What was no article"))
    sources = copydesk.lines("sources")
    told = (show.reasons(source["name"], source["reasons"]) for source in sources)
    print("\n".join(filter(None, told)))


def _show_deliveries(copydesk: Command) -> None:
    print(show.heading("What a consumer received"))
    first = copydesk.lines("consume", "--group", "demo", "--count", "3")
    print("\n\n".join(map(show.delivery, first)))
    rest = copydesk.lines("consume", "--group", "demo")
    _say(f"... and {len(rest)} more at its next call. Each comes once to each group of consumers.")
    received = [entry["id"] for entry in first + rest]
    promise.kept(len(set(received)) == len(received), "no document comes twice")
    promise.kept(_are_the_files(copydesk.home, first + rest), "what comes is what the files hold")


def _are_the_files(home: Path, entries: list[dict[str, str]]) -> bool:
    files = {str(path.relative_to(home)) for path in home.glob("documents/*/*/*.txt")}
    return files == {e["path"] for e in entries} and all(
        (home / entry["path"]).read_bytes().decode() == entry["text"] for entry in entries
    )


def _crawl_again(copydesk: Command, radio: SampleSite) -> None:
    print(show.heading("The same again: nothing is new"), flush=True)
    before = len(radio.requests)
    run = copydesk.one("once")
    asked = radio.requests[before:]
    unchanged = sum(request.status == 304 for request in asked)
    fetched = [r.path for r in asked if r.status == 200 and r.path != "/robots.txt"]
    promise.kept(not any(run["totals"].values()), "a second crawl brings nothing")
    promise.kept(not fetched, "a second crawl fetches nothing")
    _say(f"""The four sources were crawled again. The broadcaster saw {len(asked)} requests: for
        robots.txt, and for {unchanged} listings, which it answered with "304 Not Modified". No page
        was fetched.""")


def _revise(copydesk: Command, radio: SampleSite) -> None:
    print(show.heading("The newsroom corrects a mistake"), flush=True)
    radio.correct()
    with copydesk.service(copydesk.home / "up.log") as service:
        deadline = time.monotonic() + _PATIENCE
        while not _revisions(copydesk.home) and service.poll() is None:
            promise.kept(time.monotonic() < deadline, "a correction is found within 45 s")
            time.sleep(0.2)
        promise.kept(service.poll() is None, f"`copydesk up` runs; see {copydesk.home / 'up.log'}")
        entries = copydesk.lines("consume", "--group", "demo")
    print("\n\n".join(map(show.delivery, entries)))
    promise.kept([e["outcome"] for e in entries] == ["revision"], "one revision comes")
    _say(f"""`copydesk up` ran in the background, came back to the article a while after its
        publication, and found its text changed. The revision supersedes
        {entries[0]["supersedes"]}; both files are kept.""")


def _revisions(home: Path) -> list[Path]:
    sidecars = home.glob("documents/*/*/*.json")
    return [path for path in sidecars if json.loads(path.read_bytes())["outcome"] == "revision"]


def _show_manners(radio: SampleSite, wire: SampleSite) -> None:
    asked = [request.path for request in radio.requests + wire.requests]
    promise.kept(not any("/reservado/" in path for path in asked), "robots.txt is obeyed")
    print(show.heading("What the sites saw"))
    _say(f"""{len(asked)} requests in all, one at a time, and none for what robots.txt keeps to
        itself.""")


def _show_way_on(home: Path, new: int) -> None:
    print(show.heading("Left to look at"))
    print(f"  {home}/documents   the {new} documents and more, as text and JSON")
    print(f"  {home}/duplicates  a text that was dropped, with its reason")
    print(f"  {home}/sources.toml")
    print("\nmake run starts the service on the sources in config/sources.toml.")


def _say(text: str) -> None:
    print(f"\n{show.paragraph(text)}")


if __name__ == "__main__":
    sys.exit(main())
