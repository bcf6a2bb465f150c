"""The sources file while it is edited: by an editor, a script, a full disk."""

import os
import time
from pathlib import Path

import pytest

from config.sources import SourcesError
from workers.sources_file import SourcesFile, kept_in

STILL = 0.15


def _text(*names: str, **fields: str) -> str:
    more = "".join(f"{name} = {value}\n" for name, value in fields.items())
    return "\n".join(
        f'[[source]]\nname = "{n}"\nstart = "https://{n}.example/"\n{more}' for n in names
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text(_text("a", "b"))
    return path


def _file(path: Path, *, still: float = 0.0, kept: Path | None = None) -> SourcesFile:
    file = SourcesFile(path, allow_private=False, still_seconds=still, kept=kept)
    assert set(file.enabled()) == {"a", "b"}
    return file


def _names_soon(file: SourcesFile) -> set[str]:
    """Those that it has once it has been left alone."""
    file.enabled()
    time.sleep(1.5 * STILL)
    return set(file.enabled())


def test_a_change_is_taken_up_at_once_where_nobody_waits(path: Path) -> None:
    file = _file(path)
    file.is_followed = True
    path.write_text(_text("a", "c"))
    assert set(file.enabled()) == {"a", "c"}
    assert not file.is_followed


def test_what_is_half_written_is_left_until_it_is_whole(path: Path) -> None:
    file = _file(path, still=STILL)
    time.sleep(1.5 * STILL)
    # As an editor does that empties the file and writes it again.
    path.write_text("")
    assert set(file.enabled()) == {"a", "b"}
    path.write_text(_text("a"))
    assert set(file.enabled()) == {"a", "b"}
    path.write_text(_text("a", "b", "c"))
    assert set(file.enabled()) == {"a", "b"}
    assert _names_soon(file) == {"a", "b", "c"}


def test_a_file_that_names_nothing_any_more_may_have_been_cut(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _file(path, still=STILL)
    path.write_text("")
    assert _names_soon(file) == {"a", "b"}
    assert "sources.emptied" in capsys.readouterr().out
    assert _names_soon(file) == {"a", "b"}
    assert capsys.readouterr().out == ""  # said once
    path.write_text(_text("a", "b", enabled="false"))
    assert _names_soon(file) == set()  # which is plain enough


def test_the_last_good_state_is_kept_where_nothing_was_kept_before(path: Path) -> None:
    kept = path.parent / "home" / "sources.last-good.toml"
    _file(path, kept=kept)
    assert kept.read_text() == path.read_text()


@pytest.mark.parametrize("wrong", ["[[source]", '[[source]]\nname = "a"\n', "\udcff"])
def test_what_is_wrong_leaves_the_last_good_state(
    path: Path, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _file(path)
    path.write_text(wrong, errors="surrogateescape")
    assert set(file.enabled()) == {"a", "b"}
    told = capsys.readouterr().out
    assert "sources.wrong" in told
    assert str(path) in told
    file.enabled()
    assert capsys.readouterr().out == ""  # said once
    path.write_text(_text("a", "b"))
    file.is_followed = True
    assert set(file.enabled()) == {"a", "b"}
    assert not file.is_followed


def test_a_file_that_is_away_for_a_moment_is_not_missed(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _file(path, still=STILL)
    away = path.rename(path.with_suffix(".moved"))
    assert set(file.enabled()) == {"a", "b"}
    assert capsys.readouterr().out == ""
    assert _names_soon(file) == {"a", "b"}
    assert "no such file" in capsys.readouterr().out
    away.rename(path)
    assert _names_soon(file) == {"a", "b"}


def test_another_file_moved_into_its_place_is_seen(path: Path) -> None:
    file = _file(path)
    before = path.stat()
    other = path.with_suffix(".new")
    other.write_text(_text("a", "x"))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert other.stat().st_size == before.st_size
    other.replace(path)
    assert set(file.enabled()) == {"a", "x"}


def test_a_change_that_leaves_size_and_time_of_the_file_is_seen(path: Path) -> None:
    file = _file(path)
    before = path.stat()
    time.sleep(0.02)  # the system's own clock for files is a coarse one
    path.write_text(_text("a", "x"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert set(file.enabled()) == {"a", "x"}


def test_a_link_that_is_turned_elsewhere_is_followed(tmp_path: Path) -> None:
    for version, names in (("1", ("a", "b")), ("2", ("a", "c"))):
        (tmp_path / version).mkdir()
        (tmp_path / version / "sources.toml").write_text(_text(*names))
    current = tmp_path / "current"
    current.symlink_to("1")
    file = _file(current / "sources.toml")
    (tmp_path / "next").symlink_to("2")
    (tmp_path / "next").replace(current)
    assert set(file.enabled()) == {"a", "c"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads all")
def test_rights_that_were_missing_are_seen_when_they_are_given(path: Path) -> None:
    file = _file(path)
    path.write_text(_text("a", "c"))
    path.chmod(0)
    assert set(file.enabled()) == {"a", "b"}
    path.chmod(0o600)
    assert set(file.enabled()) == {"a", "c"}


def test_other_rights_are_a_reason_to_look_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Path) -> str:
        raise SourcesError(f"{path}: cannot be read")

    file = _file(path)
    path.write_text(_text("a", "c"))
    with monkeypatch.context() as patched:
        patched.setattr("workers.sources_file.read_text", refused)
        assert set(file.enabled()) == {"a", "b"}
    time.sleep(0.02)
    path.chmod(0o640)
    assert set(file.enabled()) == {"a", "c"}


def test_a_process_that_begins_with_a_broken_file_has_the_last_good_state(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = kept_in(tmp_path, path)
    _file(path, kept=kept)
    path.write_text("[[source]")
    later = SourcesFile(path, allow_private=True, kept=kept)
    assert {n: s.allow_private for n, s in later.enabled().items()} == {"a": True, "b": True}
    assert "not valid TOML" in capsys.readouterr().out
    path.write_text(_text("c"))
    assert set(later.enabled()) == {"c"}
    assert kept.read_text() == _text("c")


def test_without_any_good_state_it_is_an_error(path: Path, tmp_path: Path) -> None:
    path.write_text("[[source]")
    for kept in (None, kept_in(tmp_path, path)):
        file = SourcesFile(path, allow_private=False, kept=kept)
        for _ in range(2):
            with pytest.raises(SourcesError, match="not valid TOML"):
                file.enabled()
        path.write_text(_text("a"))
        assert set(file.enabled()) == {"a"}
        path.write_text("[[source]")
        (kept or tmp_path / "none").unlink(missing_ok=True)


def test_two_files_of_one_home_keep_their_states_apart(tmp_path: Path) -> None:
    assert kept_in(tmp_path, tmp_path / "a.toml") != kept_in(tmp_path, tmp_path / "b.toml")


def test_a_home_that_cannot_be_written_is_no_reason_to_stop(path: Path, tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("")
    _file(path, kept=tmp_path / "no-folder" / "kept.toml")
