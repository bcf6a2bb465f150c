"""What stands in an archive, for tests of it."""

from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

from workers.archive.files import files


def records(folder: Path) -> list[tuple[str, str, str]]:
    """Kind, outcome and last part of the address of every record, as the library itself reads them."""
    found = []
    for path in files(folder):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
                headers = record.rec_headers
                if record.rec_type != "warcinfo":
                    url = headers.get_header("WARC-Target-URI")
                    outcome = headers.get_header("Copydesk-Outcome")
                    found.append((record.rec_type, outcome, url.rpartition("/")[2]))
    return found
