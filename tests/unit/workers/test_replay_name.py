"""What one replay has in common with an earlier one that broke off, so that it may go on from there."""

from pathlib import Path

from config.sources import Source
from workers.replay.run import run_name


def test_with_a_changed_parser_nothing_counts_as_done(tmp_path: Path) -> None:
    own = Source(name="gazette", start="https://a.example/", parser="mine:parse")
    plain = Source(name="plain", start="https://b.example/")

    def name() -> str:
        return run_name([own, plain], tmp_path, [0, 0], None)

    names = [name()]
    for text in ("def parse(page): return None", "def parse(page): return page.default()"):
        (tmp_path / "mine.py").write_text(text)
        names.append(name())
    assert len(set(names)) == 3
    assert name() == names[-1]
    assert run_name([plain, own], tmp_path, [0, 0], None) != names[-1]
