"""The part `webhook`: takes documents from the outbox as a consumer group, and posts each to the receiver.

One process of all those that may run does it at a time, so that a source's documents come in order. What it took and
has not had acknowledged is still its group's: a process that was killed is followed by one that begins with that.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from secrets import token_hex

import structlog
from redis.exceptions import ResponseError

from config.settings import Settings, SettingsError
from workers.consumer_names import has_ended, own_name
from workers.delivered import WEBHOOK, LaterSchema, Missing, delivered
from workers.redelivery import WrongStore
from workers.service import Service
from workers.state.memory import Full
from workers.state.outbox import NO_GROUP, Outbox
from workers.webhook.answers import Answer, Kind, away, refused
from workers.webhook.lanes import Lanes, Parcel
from workers.webhook.receiver import Receiver
from workers.webhook.signing import secrets_in

log = structlog.get_logger(__name__)

_A_READ = 250
"""Documents that are taken out of a stream at once."""
_HELD_SECONDS, _RENEW_SECONDS = 30, 10.0
_ALIVE_SECONDS = 30.0
_LOOK_SECONDS = 1.0
_LOOK_BACK_SECONDS = 30.0
# A stop is noticed after it.
_WAIT_MS = 1000
_SAID_SECONDS = 60.0
_LAST_SECONDS = 10.0
_STANDSTILL_SECONDS = 300.0
_NEW_SECRET = 'echo "whsec_$(openssl rand -base64 32)" makes one'  # noqa: S105 - how, and none


def receiver_of(settings: Settings) -> Receiver:
    """The receiver that the settings name; raises `SettingsError` where they do not name one wholly."""
    if not settings.webhook_url:
        raise SettingsError("COPYDESK_WEBHOOK_URL is not set")
    file = settings.webhook_secret_file
    if file is None:
        raise SettingsError(
            f"COPYDESK_WEBHOOK_SECRET_FILE is needed with COPYDESK_WEBHOOK_URL: {_NEW_SECRET}"
        )
    try:
        secrets = secrets_in(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"COPYDESK_WEBHOOK_SECRET_FILE = {file}: cannot be read: {error.strerror}"
        ) from None
    except ValueError as error:
        raise SettingsError(
            f"COPYDESK_WEBHOOK_SECRET_FILE = {file}: {error}; {_NEW_SECRET}"
        ) from None
    return Receiver(settings.webhook_url, secrets, settings.webhook_seconds)


class Courier:
    """Runs until it is told to stop."""

    def __init__(self, service: Service, receiver: Receiver) -> None:
        settings, outbox = service.settings, service.state.outbox
        self._service = service
        self._receiver = receiver
        self._most = settings.webhook_sources
        self._max_deliveries = settings.max_deliveries
        self._name = own_name()
        self._token = f"{self._name}:{token_hex(4)}"
        self._again = outbox.again(WEBHOOK)
        self._streams = {one.stream: one for one in (self._again, outbox)}
        self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="webhook")
        self._at_work: dict[Future[Answer], Parcel] = {}
        self._lanes = self._new_lanes()
        self._in_hand: dict[str, set[str]] = {name: set() for name in self._streams}
        """Ids of what the lanes hold, by stream."""
        self._has_again = False
        """Whether the group's own stream has some, or is to have, which go before what is new."""
        self._plan, self._plan_seen = "", 0.0
        """How far its filling was, and since when."""
        self._is_holding = False
        self._may_be_noted = True
        """Whether what is wrong with the receiver is noted, be it by the process before this one."""
        self._times: dict[str, float] = {}

    def _new_lanes(self) -> Lanes:
        return Lanes(self._most, self._max_deliveries)

    def run(self, is_stopping: Callable[[], bool], pause: Callable[[float], object]) -> None:
        """Post documents; `pause` waits for so many seconds at the most, or for the stop."""
        log.info("webhook.up", to=self._receiver.name)
        try:
            while not is_stopping():
                if self._is_time("alive", _ALIVE_SECONDS):
                    self._note_alive()
                if not self._holds():
                    pause(_LOOK_SECONDS)
                    continue
                try:
                    self._take_in()
                    self._send()
                    self._wait(pause)
                except ResponseError as error:
                    # The server has lost its state, or someone has dropped the group.
                    if not str(error).startswith(NO_GROUP):
                        raise
                    self._begin()
        finally:
            self._end()

    def _note_alive(self) -> None:
        self._service.state.clock.keep()
        self._service.state.alive(WEBHOOK, self._service.clock())

    def _is_time(self, what: str, seconds: float) -> bool:
        """Whether it is so long since that was true."""
        now = time.monotonic()
        if now < self._times.get(what, 0.0):
            return False
        self._times[what] = now + seconds
        return True

    def _holds(self) -> bool:
        """Whether it is this process that posts; what the one before it left comes first."""
        if self._is_holding and not self._is_time("hold", _RENEW_SECONDS):
            return True
        holder = self._service.state.hold(WEBHOOK, self._token, _HELD_SECONDS)
        if holder != self._token and has_ended(holder.rpartition(":")[0]):
            holder = self._service.state.hold(WEBHOOK, self._token, _HELD_SECONDS, dead=holder)
        if holder != self._token:
            if self._is_holding:
                self._forget()
            self._is_holding = False
        elif not self._is_holding:
            self._is_holding = True
            self._note_alive()
            self._begin()
        return self._is_holding

    def _begin(self) -> None:
        self._forget()
        for stream in self._streams.values():
            stream.join(WEBHOOK)
            self._look_back(stream)
            for other in stream.consumers(WEBHOOK):
                if other != self._name:
                    stream.leave(WEBHOOK, other)

    def _forget(self) -> None:
        self._lanes, self._at_work = self._new_lanes(), {}
        self._in_hand = {name: set() for name in self._streams}

    def _look_back(self, stream: Outbox) -> None:
        """What the group was given and is not in hand: by a process before this one, or its reply was lost."""
        in_hand = self._in_hand[stream.stream]
        for entry, deliveries in stream.claim_all(WEBHOOK, self._name, in_hand):
            self._lanes.add(Parcel(entry, failures=max(0, deliveries - 1)))
            in_hand.add(entry.stream_id)

    def _take_in(self) -> None:
        """Take more out of the streams, the group's own first, where there is room for it."""
        if not self._lanes.room:
            return
        if self._is_time("back", _LOOK_BACK_SECONDS):
            for stream in self._streams.values():
                self._look_back(stream)
        if self._is_time("again", _LOOK_SECONDS) or not len(self._lanes):
            self._fill()
            is_filled = self._is_filled()
            self._has_again = self._read(self._again) > 0 or is_filled
        if not self._has_again:
            self._read(self._service.state.outbox, wait=not len(self._lanes))

    def _is_filled(self) -> bool:
        """Whether there is more to come in the group's own stream, unless that has stood still for minutes."""
        held = self._service.state.again.of(WEBHOOK)
        plan = held.raw if held else ""
        if plan != self._plan:
            self._plan, self._plan_seen = plan, time.monotonic()
        return bool(plan) and time.monotonic() - self._plan_seen < _STANDSTILL_SECONDS

    def _read(self, stream: Outbox, *, wait: bool = False) -> int:
        most = min(_A_READ, self._lanes.room)
        if not most:
            return 0
        entries = stream.read(WEBHOOK, self._name, most, wait=wait, wait_ms=_WAIT_MS)
        in_hand = self._in_hand[stream.stream]
        for entry in entries:
            self._lanes.add(Parcel(entry))
            in_hand.add(entry.stream_id)
        if entries and stream.pending(WEBHOOK) != len(in_hand):
            self._look_back(stream)
        return len(entries)

    def _fill(self) -> None:
        try:
            self._service.redelivery.fill(WEBHOOK)
        except (OSError, WrongStore, Full) as error:
            if self._is_time("said", _SAID_SECONDS):
                log.warning("webhook.unfilled", problem=str(error))

    def _send(self) -> None:
        for parcel in self._lanes.due(time.monotonic()):
            self._at_work[self._threads.submit(self._post, parcel)] = parcel

    def _post(self, parcel: Parcel) -> Answer:
        fields = parcel.entry.fields
        try:
            document = delivered(self._service.store, fields)
            body = json.dumps(document, ensure_ascii=False).encode()
            return self._receiver.post(fields.get("id", ""), body)
        except Missing as missing:
            return refused(str(missing))
        except LaterSchema as later:
            # Whoever is to post it comes with that release.
            return away(str(later))
        except (PermissionError, IsADirectoryError) as error:
            # It may be this one file alone.
            return refused(f"it cannot be read: {error.strerror}")
        except OSError as error:
            return away(f"the store cannot be read: {error.strerror or error}")
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are posted
            return refused(f"it cannot be posted: {type(error).__name__}")

    def _wait(self, pause: Callable[[float], object]) -> None:
        """Until something comes of what is at work, or something is due."""
        if self._at_work:
            done, _ = wait(self._at_work, _LOOK_SECONDS, FIRST_COMPLETED)
            for future in done:
                self._settle(self._at_work.pop(future), future.result())
        elif len(self._lanes) or self._has_again:
            seconds = self._lanes.next_due() - time.monotonic()
            pause(min(_LOOK_SECONDS, max(0.0, seconds)))

    def _settle(self, parcel: Parcel, answer: Answer) -> None:
        now = time.monotonic()
        entry, stream = parcel.entry, self._streams[parcel.entry.stream]
        if answer.kind is Kind.TAKEN:
            self._lanes.taken(parcel, now)
            stream.acknowledge(WEBHOOK, entry)
            self._in_hand[entry.stream].discard(entry.stream_id)
        elif answer.kind is Kind.AWAY:
            self._lanes.away(parcel, answer.wait, now)
        elif self._lanes.refused(parcel, answer.reason, now):
            self._put_aside(parcel, stream)
        else:
            stream.count(WEBHOOK, self._name, entry, parcel.failures + 1)
        self._tell(parcel, answer, now)

    def _put_aside(self, parcel: Parcel, stream: Outbox) -> None:
        entry, now = parcel.entry, self._service.clock()
        stream.bury_entry(WEBHOOK, entry.stream_id, now, reason=parcel.reason)
        self._in_hand[entry.stream].discard(entry.stream_id)
        log.error(
            "webhook.aside",
            document=entry.fields.get("id", ""),
            url=entry.fields.get("url", ""),
            reason=parcel.reason,
        )
        self._service.state.is_time_again("watching")

    def _tell(self, parcel: Parcel, answer: Answer, now: float) -> None:
        """Note what is wrong with the receiver, for those who show it, and log it now and then."""
        state, since = self._service.state, self._lanes.failing_since
        if since is None:
            if self._may_be_noted:
                state.webhook_works()
            self._may_be_noted = False
            return
        if self._is_time("trouble", _LOOK_SECONDS):
            self._may_be_noted = True
            state.webhook_fails(answer.reason, self._service.clock() - (now - since))
        if self._is_time("said", _SAID_SECONDS):
            log.warning(
                "webhook.untaken",
                to=self._receiver.name,
                problem=answer.reason,
                document=parcel.entry.fields.get("id", ""),
            )

    def _end(self) -> None:
        """What is at work may come to its end; all else is still the group's."""
        done, _ = wait(self._at_work, _LAST_SECONDS)
        self._receiver.abort()
        for future in done:
            self._settle(self._at_work.pop(future), future.result())
        self._threads.shutdown(wait=True, cancel_futures=True)
        state = self._service.state
        # Where another process is at it, the part is there.
        if state.hold(WEBHOOK, self._token, _HELD_SECONDS) == self._token:
            state.gone(WEBHOOK)
            state.hold(WEBHOOK, self._token, 0)
