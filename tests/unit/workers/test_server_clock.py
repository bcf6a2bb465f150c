"""A host's clock, put right by the server's."""

import pytest
from redis.exceptions import ConnectionError as ServerAway

from workers.state.clock import ServerClock


class Clocks:
    """This host's two clocks, and the server's, which a test moves; asking takes a while.

    Of the first answers some may come late: a client has waited for the server.
    """

    def __init__(self, ahead: float, took: float = 0.0, late: tuple[float, ...] = ()) -> None:
        self.wall, self.steady, self.ahead, self.took = 1000.0, 50.0, ahead, took
        self.asked = 0
        self.late = list(late)
        self.is_away = False
        self.clock = ServerClock(self._ask, wall=lambda: self.wall, steady=lambda: self.steady)

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def _ask(self) -> float:
        self.asked += 1
        if self.is_away:
            raise ServerAway
        if self.late:
            self.pass_by(self.late.pop(0))
        self.pass_by(self.took / 2)
        theirs = self.wall + self.ahead
        self.pass_by(self.took / 2)
        return theirs


@pytest.mark.parametrize("ahead", [-300.0, 300.0, 0.5])
def test_it_says_what_the_servers_says(ahead: float) -> None:
    clocks = Clocks(ahead, took=0.2)
    assert clocks.clock() == 1000.0
    clocks.clock.keep()
    assert clocks.clock() == pytest.approx(clocks.wall + ahead)


def test_what_the_way_may_have_taken_is_no_difference() -> None:
    clocks = Clocks(0.05, took=0.2)
    clocks.clock.keep()
    assert clocks.clock() == clocks.wall


def test_it_is_looked_at_once_a_minute() -> None:
    clocks = Clocks(5.0)
    for _ in range(3):
        clocks.clock.keep()
    assert clocks.asked == 1
    clocks.ahead = 6.0
    clocks.pass_by(61)
    clocks.clock.keep()
    assert clocks.clock() == clocks.wall + 6.0


def test_a_clock_that_was_set_is_looked_at_at_once() -> None:
    clocks = Clocks(0.0)
    clocks.clock.keep()
    clocks.wall += 300  # someone set it, wrongly
    clocks.ahead = -300
    clocks.clock.keep()
    assert clocks.clock() == clocks.wall - 300


def test_without_the_server_the_difference_stays() -> None:
    clocks = Clocks(7.0)
    clocks.clock.keep()
    clocks.is_away = True
    clocks.pass_by(61)
    clocks.clock.keep()
    assert clocks.clock() == clocks.wall + 7.0
    clocks.is_away = False
    clocks.ahead = 8.0
    clocks.clock.keep()
    assert clocks.clock() == clocks.wall + 8.0


@pytest.mark.parametrize("ahead", [-300.0, 0.1, 40.0])
def test_an_answer_that_was_waited_for_is_not_believed(ahead: float) -> None:
    clocks = Clocks(ahead, late=(40.0,))
    clocks.clock.keep()
    assert clocks.clock() == pytest.approx(clocks.wall + ahead)
    assert clocks.asked == 2


def test_of_answers_that_are_all_late_the_quickest_is_believed() -> None:
    clocks = Clocks(-300.0, late=(9.0, 2.0, 5.0))
    clocks.clock.keep()
    assert abs(clocks.clock() - (clocks.wall - 300)) <= 1.0
    assert clocks.asked == 3
