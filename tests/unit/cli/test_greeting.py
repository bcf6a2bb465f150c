"""What `up` says when it is up."""

from cli.operation import greeting
from config.settings import Settings


def test_a_desk_without_sources_is_told_how_to_get_one() -> None:
    told = [list(greeting(Settings(), count, "/d", "http://127.0.0.1:8471/")) for count in (0, 2)]
    assert ["copydesk add" in "".join(lines) for lines in told] == [True, False]
    assert all(len(line) <= 80 for lines in told for line in lines)
