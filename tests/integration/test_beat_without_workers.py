"""Beat goes on while no worker takes its messages, which do not pile up, and while the server is away."""

import pytest

from config.settings import Settings
from workers.queue.beat import MOST_WAITING, PatientScheduler
from workers.queue.broker import DESK, KEY_PREFIX, make_app
from workers.state.state import State


def test_ticks_that_nobody_takes_do_not_pile_up(state: State, server_url: str) -> None:
    app = make_app(Settings(redis_url=server_url))
    scheduler = PatientScheduler(app=app)
    tick = scheduler.schedule["tick"]

    def waiting() -> int:
        return int(state.client.llen(KEY_PREFIX + DESK))

    scheduler.apply_entry(tick, producer=scheduler.producer)
    assert waiting() == 1
    for _ in range(3 * MOST_WAITING):
        scheduler.apply_entry(tick, producer=scheduler.producer)
    assert waiting() == MOST_WAITING
    # A worker is back.
    state.client.delete(KEY_PREFIX + DESK)
    scheduler.apply_entry(tick, producer=scheduler.producer)
    assert waiting() == 1
    app.close()


def test_a_tick_that_cannot_be_sent_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    app = make_app(Settings(redis_url="unix:///nowhere/at/all.sock"))
    app.conf.task_publish_retry = False
    scheduler = PatientScheduler(app=app)
    with app.connection_for_write() as line:
        producer = app.amqp.Producer(line, auto_declare=False)
        scheduler.apply_entry(scheduler.schedule["tick"], producer=producer)
    told = capsys.readouterr()
    assert "task.unsent" in told.out
    assert "Traceback" not in told.out + told.err
    app.close()
