"""Every command of the documentation is run, as it stands there, on the sample sites."""

import random
import socket
import tempfile
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from handbook.blocks import Block, blocks
from rig.command import ROOT
from tests.documentation.terminals import PageIsWrong, Terminals

TUTORIAL = "docs/tutorial.md"
GUIDES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/how-to/*.md"))
"""For whoever has done the tutorial, and is at the same desk."""
OTHERS = {
    "README.md",
    *(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")),
} - {TUTORIAL, *GUIDES}

NOT_RUN = Counter(
    {
        ("README.md", "each has a test of its own"): 1,
        ("README.md", "my-program is the reader's"): 1,
        ("docs/deploy.md", "needs Docker"): 1,
        ("docs/deploy.md", "needs root"): 1,
        ("docs/how-to/add-a-site.md", "example.org is nobody's news site"): 1,
        ("docs/how-to/alarms.md", "installs a package"): 1,
        ("docs/how-to/bucket.md", "needs a bucket"): 1,
        ("docs/how-to/containers.md", "needs Docker"): 6,
        ("docs/how-to/dashboard.md", "it would listen to other machines"): 1,
        ("docs/how-to/deploy.md", "needs root"): 2,
        ("docs/how-to/upgrade.md", "fetches from the forge"): 1,
        ("docs/how-to/upgrade.md", "needs Docker"): 1,
        ("docs/how-to/write-a-consumer.md", "needs redis-cli"): 1,
        ("docs/how-to/write-a-consumer.md", "the days are the reader's"): 1,
    }
)
"""Blocks of commands, by page and by why no test runs them. `scripts/try-containers` tries those of containers."""

_LOWEST_GIVEN = 32_768
"""Of the ports for connections that name none, as Linux has them unless it is told otherwise; other systems' are higher."""


def _blocks(page: str) -> list[Block]:
    return blocks((ROOT / page).read_text(encoding="utf-8"))


def _ports() -> tuple[str, str, str, str]:
    """Four free ports, the second after the first.

    They are bound minutes later, so they are none of those that the system gives to whoever asks for any.
    """
    while True:
        first, *others = random.sample(range(10_000, _LOWEST_GIVEN - 1), 3)
        ports = (first, first + 1, *others)
        with ExitStack() as stack, suppress(OSError):
            for port in ports:
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            one, two, three, four = map(str, ports)
            return one, two, three, four


@pytest.mark.timeout(600)
def test_what_the_tutorial_and_the_guides_say_is_so() -> None:
    ports = dict(zip(("8700", "8701", "8471", "8090"), _ports(), strict=True))
    # The path is short, as a home's mostly is: below a longer one the server's socket is elsewhere.
    with (
        tempfile.TemporaryDirectory(prefix="desk-", dir="/tmp") as folder,
        Terminals(Path(folder) / "home", ports) as terminals,
    ):
        terminals.follow(TUTORIAL, _blocks(TUTORIAL), "~/copydesk")
        for page in GUIDES:
            terminals.follow(page, _blocks(page), "~/desk")


def test_what_is_not_run_is_known() -> None:
    found = [(page, block) for page in (TUTORIAL, *GUIDES, *OTHERS) for block in _blocks(page)]
    assert Counter((page, b.why_not) for page, b in found if b.why_not) == NOT_RUN
    # In other pages a command is in a line of prose, or stands for what a person would say.
    assert [(page, b.line) for page, b in found if page in OTHERS and b.is_run] == []


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("```sh\ntrue\nno-such-command\ntrue\n```", "fails"),
        ("```sh\nfalse | true\n```", "fails"),
        ("```sh\nexit 0\n```", "fails"),
        ("```sh\necho one\n```\n\n```text\ntwo\n```", "-two"),
        ("<!-- run: fails -->\n```sh\ntrue\n```", "does not fail"),
        (
            "<!-- run: second terminal -->\n```sh\nno-such-command\n```\n\n```text\nup\n```",
            "not so",
        ),
    ],
)
def test_a_page_that_is_wrong_is_found(
    page: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.documentation.terminals._LONGEST", 1.0)
    with pytest.raises(PageIsWrong, match=why), Terminals(tmp_path / "home") as terminals:
        terminals.follow("page.md", blocks(page), "~")


def test_a_page_that_is_right_is_followed(tmp_path: Path) -> None:
    page = """
<!-- run: second terminal -->
```sh
echo "Press Enter at $PWD."
read -r line
echo "pressed" > pressed.txt
sleep 60
```

```text
Press Enter at ...
```

<!-- press Enter: second terminal -->

<!-- file: note.txt -->
```text
port 8700
```

```sh
word=set
until [ -e pressed.txt ]; do sleep 0.01; done
cat pressed.txt note.txt
```

```text
pressed
port 8700
```

<!-- run: fails -->
```sh
cat there-is-none
```

```sh
echo "$word"
```

```text
set
```
"""
    with Terminals(tmp_path / "home", {"8700": "4711"}) as terminals:
        terminals.follow("page.md", blocks(page), "~")
    assert (tmp_path / "home" / "note.txt").read_text() == "port 4711\n"
