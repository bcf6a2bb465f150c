"""The archive's files: names, rolling, what a kill leaves, and what goes."""

import gzip
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from crawler.outcome import Outcome
from crawler.page import Page
from workers.archive.archive import Archive, ArchiveFull
from workers.archive.files import OpenFile, files, is_full, new_name, sweep
from workers.archive.members import Torn, member_at, members, whole_length
from workers.archive.records import Fetched, NotOurs, fetched_of

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
NOW = NOON.timestamp()
DAY = 86400.0


def page(name: str, body: bytes = b"<p>page</p>", at: datetime = NOON) -> Fetched:
    url = f"https://news.example/{name}"
    return Fetched(Page(url, url, 200, at, "text/html", "gzip", body), "gazette", Outcome.NEW, None)


def archive(folder: Path, *, days: int = 30, most: int = 2**20) -> Archive:
    return Archive(folder, days=days, most=most, user_agent="Bot/1 (+https://me.example)")


def pages(folder: Path) -> list[str]:
    found = []
    for path in files(folder):
        for member in members(path):
            try:
                found.append(fetched_of(member.record).page.url.rpartition("/")[2])
            except NotOurs:
                continue
    return found


def kinds(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [record.rec_type for record in ArchiveIterator(file, check_digests="raise")]


@given(st.text(max_size=80), st.integers(1, 2**22))
def test_names_are_safe_for_any_machine_and_never_the_same(host: str, process: int) -> None:
    first, second = new_name(NOON, host, process), new_name(NOON, host, process)
    assert first != second
    assert first.startswith("copydesk-20261127T120000-")
    assert set(first) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
    assert len(first) < 120


def test_a_file_is_full_at_its_size_and_at_the_day_s_end() -> None:
    day = NOON.date()
    assert not is_full(day, 99, NOON, 100)
    assert is_full(day, 100, NOON, 100)
    assert is_full(day, 0, NOON + timedelta(hours=12), 100)
    assert is_full(day, 0, NOON - timedelta(days=1), 100)  # a clock that was set back


def test_a_batch_is_in_a_file_that_is_told_apart_until_it_is_closed(tmp_path: Path) -> None:
    kept = archive(tmp_path, most=1000)
    kept.keep([(page("a"), None), (page("b"), None)], NOW)
    (first,) = files(tmp_path)
    assert first.name.endswith(".warc.gz.open")
    assert first.parent.name == "2026-11-27"
    assert kinds(first) == ["warcinfo", "response", "response"]
    kept.keep([(page("c"), None)], NOW)
    closed, is_open = sorted(files(tmp_path), key=lambda path: path.name.endswith("open"))
    assert closed.name == first.name.removesuffix(".open")
    assert is_open.name != first.name
    kept.keep([(page("d"), None)], NOW + DAY / 2)
    assert [path.parent.name for path in files(tmp_path)] == ["2026-11-27"] * 2 + ["2026-11-28"]
    assert sorted(pages(tmp_path)) == ["a", "b", "c", "d"]


def test_nothing_to_keep_makes_no_file(tmp_path: Path) -> None:
    assert archive(tmp_path).keep([], NOW) == []
    assert files(tmp_path) == []


def test_the_same_payload_of_a_url_is_a_revisit_for_half_the_retention(tmp_path: Path) -> None:
    kept = archive(tmp_path, days=30)
    (first,) = kept.keep([(page("a"), None)], NOW)
    assert not first.is_revisit
    at = [(NOON + timedelta(days=n), NOW + n * DAY) for n in (1, 14, 16)]
    again = [kept.keep([(page("a", at=t), first.original)], now)[0] for t, now in at]
    assert [one.is_revisit for one in again] == [True, True, False]
    assert [one.original for one in again[:2]] == [first.original] * 2
    assert again[2].original.date.startswith("2026-12-13")
    (other,) = kept.keep([(page("a", b"another"), first.original)], NOW)
    assert not other.is_revisit
    assert other.original.digest != first.original.digest


@pytest.mark.parametrize("left", [1, 20, 200])
def test_half_a_record_at_the_end_hides_nothing(tmp_path: Path, left: int) -> None:
    kept = archive(tmp_path)
    kept.keep([(page("a"), None), (page("b"), None)], NOW)
    (path,) = files(tmp_path)
    *_, last = members(path)
    with path.open("r+b") as file:
        file.truncate(last.start + left)
    assert pages(tmp_path) == ["a"]
    assert whole_length(path) == (last.start, 2)
    with pytest.raises(Torn):
        member_at(path, last.start)


def test_damage_in_the_middle_hides_one_record(tmp_path: Path) -> None:
    archive(tmp_path).keep([(page(name, os.urandom(200)), None) for name in "abc"], NOW)
    (path,) = files(tmp_path)
    _, _, damaged, _ = members(path)
    data = bytearray(path.read_bytes())
    data[damaged.end - 12] ^= 0xFF
    path.write_bytes(data)
    assert pages(tmp_path) == ["a", "c"]


def test_what_unpacks_without_end_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    bomb = gzip.compress(bytes(2**27), mtime=0)
    path.write_bytes(bomb + gzip.compress(b"a record", mtime=0))
    assert [member.record for member in members(path)] == [b"a record"]


@given(
    st.lists(st.binary(min_size=1, max_size=200000), min_size=1, max_size=4), st.binary(max_size=30)
)
def test_members_are_those_that_were_written_and_where_they_say(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes], tail: bytes
) -> None:
    path = tmp_path_factory.mktemp("members") / "file"
    path.write_bytes(b"".join(map(gzip.compress, bodies)) + tail)
    found = list(members(path))[: len(bodies)]
    assert [member.record for member in found] == bodies
    assert [member_at(path, member.start).record for member in found] == bodies


def test_a_file_of_a_process_that_has_ended_is_mended_and_closed(tmp_path: Path) -> None:
    mine = archive(tmp_path)
    mine.keep([(page("mine"), None)], NOW)
    _write_and_be_killed(tmp_path)
    assert len(files(tmp_path)) == 2
    swept = sweep(tmp_path, NOON, 30)
    assert (swept.closed, swept.removed) == (1, 0)
    (closed,) = [path for path in files(tmp_path) if path.name.endswith(".warc.gz")]
    assert kinds(closed) == ["warcinfo", "response"]
    assert sorted(pages(tmp_path)) == ["mine", "whole"]
    assert sweep(tmp_path, NOON, 30).closed == 0
    mine.keep([(page("later"), None)], NOW)
    assert sorted(pages(tmp_path)) == ["later", "mine", "whole"]


def _write_and_be_killed(folder: Path) -> None:
    """A process that ends between the halves of its second batch."""
    code = (
        "import sys; from pathlib import Path; from config.settings import Settings;"
        "from workers import fault;"
        "from tests.unit.workers.test_archive_files import archive, page, NOW;"
        "folder = Path(sys.argv[1]);"
        "fault.arm(Settings(home=folder, fault='in-archive:2'));"
        "kept = archive(folder);"
        "kept.keep([(page('whole'), None)], NOW);"
        "kept.keep([(page('torn', b'x' * 5000), None)], NOW)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_a_file_without_a_page_goes(tmp_path: Path) -> None:
    file = OpenFile(tmp_path, NOON, lambda name: gzip.compress(name.encode()))
    file.close()
    assert files(tmp_path) == []


def test_what_is_older_than_the_retention_goes_and_the_day_s_folder_with_it(tmp_path: Path) -> None:
    for days in (0, 1, 2):
        kept = archive(tmp_path, most=1)
        for name in "ab":
            kept.keep([(page(f"{name}{days}"), None)], NOW + days * DAY)
        kept._let_go()
    strange = tmp_path / "2026-99-99"
    strange.mkdir()
    swept = sweep(tmp_path, NOON + timedelta(days=3), 2)
    assert (swept.closed, swept.removed) == (0, 2)
    assert sorted(pages(tmp_path)) == ["a1", "a2", "b1", "b2"]
    assert not (tmp_path / "2026-11-27").exists()
    assert strange.exists()


def test_a_folder_that_cannot_be_written_is_told_and_the_next_batch_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.write_bytes(b"")
    kept = archive(folder)
    with pytest.raises(ArchiveFull, match="COPYDESK_ARCHIVE=off"):
        kept.keep([(page("a"), None)], NOW)
    folder.unlink()
    kept.keep([(page("b"), None)], NOW)
    assert pages(folder) == ["b"]


def test_a_full_disk_leaves_no_half_of_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = archive(tmp_path)
    kept.keep([(page("a"), None)], NOW)
    (path,) = files(tmp_path)
    before = path.stat().st_size
    _limit_file_size(before + 3000)
    try:
        with pytest.raises(ArchiveFull):
            kept.keep(
                [(page("b", os.urandom(2500)), None), (page("c", os.urandom(2500)), None)], NOW
            )
    finally:
        _limit_file_size(None)
    assert pages(tmp_path) == ["a"]
    assert [p.stat().st_size for p in files(tmp_path)] == [before]
    kept.keep([(page("b"), None)], NOW)
    assert sorted(pages(tmp_path)) == ["a", "b"]


def _limit_file_size(most: int | None) -> None:
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if most is None else most, hard))


def test_what_is_none_of_ours_keeps_no_old_file_from_going(tmp_path: Path) -> None:
    kept = archive(tmp_path)
    kept.keep([(page("a"), None)], NOW)
    kept._let_go()
    for name in ("folder.warc.gz", "folder.warc.gz.open", ".folder.part"):
        (tmp_path / "2026-11-27" / name).mkdir()
    assert pages(tmp_path) == ["a"]
    assert sweep(tmp_path, NOON + timedelta(days=40), 30).removed == 1
    assert pages(tmp_path) == []
