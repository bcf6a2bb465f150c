"""The server comes back with less than it had been told, and the files make up for it."""

import random
import shutil
from pathlib import Path

from chaos.agreement import disagreements
from chaos.processes import kill, tree
from chaos.promise import Finding
from chaos.running import Running, at_rest, holds_within
from rig.desk import Desk
from rig.site import Site
from rig.stories import Story

_A_ROUND = 12
"""Stories that are published in each round."""
_BEFORE = 6_000_000


def set_back(folder: Path, rounds: int, patience: float) -> Finding:
    """Put an earlier copy of the server's files back, then kill it under load and cut their end off."""
    folder.mkdir(parents=True)
    problems: list[str] = []
    with Site() as site, Desk(folder) as desk:
        paper = _Paper(site, desk)
        paper.publish()
        paper.crawl()
        problems += paper.put_back_an_earlier_copy()
        for seed in range(rounds):
            problems += paper.kill_and_cut(random.Random(seed), patience)
        return Finding(
            "a server that lost the last it was told: one id, one path, one entry",
            f"its files put back to before {_A_ROUND} documents; then {rounds} times killed under load "
            f"and up to half of what was told last cut off ({paper.cut:,} bytes)",
            f"{len(desk.documents()):,} documents for {paper.published:,} stories; "
            f"{len(problems)} wrong",
            tuple(problems),
        )


class _Paper:
    """A site of one source that publishes more and more, and its home."""

    def __init__(self, site: Site, desk: Desk) -> None:
        self.published = 0
        self.cut = 0
        self._site = site
        self._desk = desk
        source = {"name": "paper", "feeds": [site.url("/rss.xml")], "article_urls": "/news/"}
        desk.write_sources(source | {"max_pages": 10_000, "revisit": []})

    def publish(self) -> None:
        """Some stories more."""
        self.published += _A_ROUND
        self._site.publish(
            *(Story.numbered(_BEFORE + n, paragraphs=3) for n in range(self.published))
        )

    def crawl(self) -> list[str]:
        """Crawl to the end, and see whether all agrees."""
        done = self._desk.run("once", "--json", timeout=600)
        problems = [] if done.code == 0 else [f"once ended with {done.code}: {done.err[-500:]}"]
        with at_rest(self._desk) as state:
            problems += disagreements(self._desk.home, state)
        documents = self._desk.documents()
        if len(documents) != self.published:
            problems.append(f"{len(documents)} documents for {self.published} stories")
        return problems

    def put_back_an_earlier_copy(self) -> list[str]:
        """What a whole crawl brought is unknown to its server, and not brought a second time."""
        folder, copy = self._desk.home / "valkey", self._desk.folder / "earlier"
        shutil.copytree(folder / "appendonlydir", copy)
        self.publish()
        problems = self.crawl()
        kept = {path: (self._desk.home / path).read_bytes() for path in self._desk.documents()}
        shutil.rmtree(folder / "appendonlydir")
        shutil.copytree(copy, folder / "appendonlydir")
        problems += self.crawl()
        problems += [
            f"{path} differs"
            for path, text in kept.items()
            if (self._desk.home / path).read_bytes() != text
        ]
        return [f"put back: {problem}" for problem in problems]

    def kill_and_cut(self, chance: random.Random, patience: float) -> list[str]:
        """Kill all while pages are on their way, take away the end of what the server wrote, go on."""
        self.publish()
        size = self._log().stat().st_size
        asked = len(self._site.requests)
        running = Running(self._desk)
        running.start()
        self._desk.run("crawl", "paper")
        # Two requests are for robots.txt and the feed.
        goal = asked + 2 + chance.randint(1, _A_ROUND)
        holds_within(lambda: len(self._site.requests) >= goal, patience)
        holds_within(lambda: False, chance.uniform(0, 0.6))
        kill(*tree(running.up.pid))
        running.up.wait()
        holds_within(lambda: not self._desk.processes(), 30)
        self._cut_log(size, chance)
        return [f"cut off: {problem}" for problem in self.crawl()]

    def _log(self) -> Path:
        return max((self._desk.home / "valkey/appendonlydir").glob("*.incr.aof"))

    def _cut_log(self, before: int, chance: random.Random) -> None:
        log = self._log()
        size = log.stat().st_size
        told = size - before if size > before else size
        cut = int(told * chance.uniform(0, 0.5))
        self.cut += cut
        with log.open("r+b") as file:
            file.truncate(size - cut)
