"""The rules of each source, as files in the store: read once a process, for they never change."""

from collections import OrderedDict
from collections.abc import Sequence

import structlog

from crawler.extraction.recurring import NO_RULES, Rules
from workers.rules.file import RuleFile, number_of, read_rules, rules_folder, rules_path
from workers.state.recurring import Recurring
from workers.storage.store import Store

log = structlog.get_logger(__name__)

_MOST_KEPT = 200


class RuleBook:
    """What to take out of a source's texts, now or at an earlier number."""

    def __init__(self, recurring: Recurring, store: Store) -> None:
        self._recurring = recurring
        self._store = store
        self._read: OrderedDict[tuple[str, int], Rules] = OrderedDict()

    def present(self, source: str) -> Rules:
        """The rules under which a page of a source is read; an `OSError` where the store cannot be read.

        The server is asked for their number, the store only where it has one that is not at hand.
        """
        found = self.numbered(source, self.number(source))
        if found is None:
            newest = self.newest(source)
            found = newest.active if newest else NO_RULES
        return found

    def number(self, source: str) -> int:
        """The number of the present rules; 0 where there are none. Raises an `OSError`."""
        number = self._recurring.number(source)
        if number is None:
            # A new source, or the state was lost: the files know.
            number = max(self.numbers(source), default=0)
            self._recurring.frozen(source, number, ())
        return number

    def told_number(self, source: str) -> int | None:
        """The same, for who only tells of it; None where neither the server nor the store can say."""
        try:
            return self.number(source)
        except OSError:
            return None

    def numbered(self, source: str, number: int) -> Rules | None:
        """The rules of a number; None where their file is missing or damaged."""
        if number == 0:
            return NO_RULES
        at_hand = self._read.get((source, number))
        if at_hand is not None:
            self._read.move_to_end((source, number))
            return at_hand
        file = self._file(source, number)
        if file is None:
            return None
        self._read[source, number] = file.active
        if len(self._read) > _MOST_KEPT:
            self._read.popitem(last=False)
        return self._read[source, number]

    def newest(self, source: str) -> RuleFile | None:
        """The file with the highest number that can be read; None where there is none."""
        return self.newest_of(source, self.numbers(source))

    def newest_of(self, source: str, numbers: Sequence[int]) -> RuleFile | None:
        """The same, of those with some numbers, in order."""
        for number in reversed(numbers):
            if file := self._file(source, number):
                return file
        return None

    def numbers(self, source: str) -> list[int]:
        """The numbers of all files of a source, in order."""
        names = self._store.shelf(rules_folder(source)).files
        return sorted(number for name in names if (number := number_of(name)))

    def _file(self, source: str, number: int) -> RuleFile | None:
        path = rules_path(source, number)
        raw = self._store.read(path)
        if raw is None:
            log.error("rules.missing", path=path)
            return None
        try:
            return read_rules(raw, source, number)
        except ValueError as error:
            log.error("rules.unread", path=path, problem=str(error))
            return None
