"""How far a replay has come, in a file beside the archive, so that the next one goes on from there."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from workers.replay.plan import Item, Order
from workers.replay.tally import Tally

_NAME = ".replay.json"


@dataclass(frozen=True, slots=True)
class Position:
    """All pages up to one are done."""

    run: str
    """Names what is asked for: sources, time, extractor and rules. Another run begins at the beginning."""
    began: datetime
    order: Order
    tally: Tally

    def covers(self, item: Item) -> bool:
        """Whether a page was done; one that was archived since the run began was not."""
        return item.order <= self.order and item.fetched < self.began

    def save(self, folder: Path) -> None:
        """Note it: whole, or as before."""
        part = folder / f"{_NAME}.{os.getpid()}"
        told = {
            "run": self.run,
            "began": self.began.isoformat(),
            "order": self.order,
            "tally": self.tally.to_json(),
        }
        part.write_text(json.dumps(told), encoding="utf-8")
        part.replace(folder / _NAME)

    @classmethod
    def load(cls, folder: Path, run: str) -> Self | None:
        """Where the last run of this name broke off; None where it did not, or cannot be told."""
        try:
            told = json.loads((folder / _NAME).read_text(encoding="utf-8"))
            if told["run"] != run:
                return None
            is_second, name, start = told["order"]
            began = datetime.fromisoformat(told["began"])
            tally = Tally.from_json(told["tally"])
            return cls(run, began, (bool(is_second), str(name), int(start)), tally)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @staticmethod
    def forget(folder: Path) -> None:
        """A run has come to its end."""
        (folder / _NAME).unlink(missing_ok=True)
