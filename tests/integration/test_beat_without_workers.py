"""Beat goes on while no worker takes its messages: they do not pile up."""

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
