"""The demo, run as `make demo` runs it, in a folder of its own."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from handbook.shown import difference, is_printed

ROOT = Path(__file__).parents[2]


def run_demo(folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COPYDESK_REDIS_URL": "redis://nowhere/0"}
    return subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_the_demo_comes_out_as_promised_and_leaves_its_documents(tmp_path: Path) -> None:
    done = run_demo(tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    home = tmp_path / "var" / "demo"
    assert len(list(home.glob("documents/*/*/*.txt"))) == 44  # 42 new, 1 fuller, 1 revision
    assert len(list(home.glob("duplicates/*/*/*.txt"))) == 1
    shown = next(home.glob("documents/bahia-fr/*/*.txt")).parent
    (vanilla,) = [p for p in shown.glob("*.txt") if "vanille dépasse" in p.read_text()]
    assert vanilla.read_bytes().decode() in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    readme = _shown_in_readme()
    assert is_printed(readme, done.stdout), difference(readme, done.stdout)


def _shown_in_readme() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.split("<!-- demo -->")[1].split("```text\n")[1].split("```\n")[0]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where a folder should be")
    done = run_demo(tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "var: File exists"


def test_two_demos_in_one_folder_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    with (tmp_path / "var" / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_demo(tmp_path)
    assert done.returncode == 1
    assert "another demo runs in this folder" in done.stderr
    assert not (tmp_path / "var" / "demo").exists()
