"""One lane for each channel: take what is due, send, record, all three at the same time.

A lane never waits for another, so a slow provider delays nobody else. Nothing is sent inside a transaction. While calls
are in the air the next ones are taken, and answers are written down many at a time; the last places are kept for what
is urgent.
"""

import asyncio
import hashlib
import heapq
import math
import time
from itertools import count
from uuid import UUID

import structlog

from notifications.channels.content import Channel, Receipt
from notifications.outbox.parcels import Parcel, Taken, take
from notifications.outbox.recording import Answer, record
from notifications.providers.actions import UNTROUBLED, Noted
from notifications.providers.rules import Rooms, shares
from notifications.rules import Outcome
from notifications.stopping import is_stopping
from server.jobs import ring

log = structlog.get_logger("outbox")

BATCH = 500
TAKES = 2  # under way at a time: one waits for its turn while the other is in the database
MANY = 50  # calls at a time, for which that is worth it
RUN_SECONDS = 20.0  # then the job ends and the next look goes on
LOOK_SECONDS = 0.2  # while calls are in the air, for what becomes due meanwhile
RECORD_SECONDS = 0.02  # answers of this time are written down together
QUICK_SECONDS = 0.5  # of a call; only what will soon have a place is taken ahead


_running: dict[str, "Lane"] = {}  # of this process


def hurry(job: str) -> None:
    """Let the lane of a job that is running look at once, when it is one."""
    if (lane := _running.get(job.removeprefix("dispatch_"))) is not None:
        lane.hurry()


async def run_lane(channel: Channel) -> None:
    """Send what is due over one channel."""
    lane = _running[channel.name] = Lane(channel)
    try:
        await lane.run()
    finally:
        _running.pop(channel.name, None)
    if lane.is_late and not is_stopping():
        ring(f"dispatch_{channel.name}")  # there may be more


class Lane:
    """One run of a channel's lane in this worker."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._places = shares(channel.capabilities.at_once)
        self._ends = time.monotonic() + RUN_SECONDS
        self._waiting: list[tuple[int, int, Parcel]] = []  # a heap: the urgent first, then in order
        self._numbers = count()
        self._flying: set[asyncio.Task[None]] = set()  # each carries one parcel after another
        self._answers: list[Answer] = []
        self._oldest_answer = 0.0
        self._takes = TAKES if channel.capabilities.at_once >= MANY else 1
        self._taking: dict[asyncio.Task[Taken], tuple[Rooms, float]] = {}  # how many each may bring, and since when
        self._recording: asyncio.Task[Noted] | None = None
        self._look_at = 0.0
        self._is_hurried = False
        self._is_dry = False  # a look for every lane, after all was written down, found nothing
        self._recorded_at = 0.0
        self._moved = asyncio.Event()
        self._standing = UNTROUBLED
        self._shut_at: float | None = None  # the provider takes no more: what has not left yet goes back
        self._call_seconds = 0.0  # smoothed
        self._trouble: Exception | None = None

    @property
    def is_late(self) -> bool:
        """Tell whether the time of this run is over."""
        return time.monotonic() >= self._ends

    async def run(self) -> None:
        """Work until nothing is due, nothing in the air and everything written down.

        Raises: what went wrong with the database, once all that is in the air has been written down.
        """
        try:
            while True:
                self._moved.clear()
                self._begin_taking()
                self._send()
                self._begin_recording()
                if self._is_idle() and (self._is_dry or self._next_look() == math.inf):
                    break
                await self._something_moves()
        finally:
            for task in (*self._flying, *self._taking, *((self._recording,) if self._recording else ())):
                task.cancel()
        if self._trouble is not None:
            raise self._trouble

    def _is_idle(self) -> bool:
        return not (self._taking or self._recording or self._flying or self._waiting or self._answers)

    def hurry(self) -> None:
        """Look at once: somebody has rung."""
        self._look_at = time.monotonic()
        self._is_hurried = True
        self._moved.set()

    async def _something_moves(self) -> None:
        at = self._next_look()
        if self._answers and self._recording is None:
            at = min(at, self._oldest_answer + RECORD_SECONDS)
        if at == math.inf:
            await self._moved.wait()
            return
        timer = asyncio.get_running_loop().call_later(max(0.0, at - time.monotonic()), self._moved.set)
        try:
            await self._moved.wait()
        finally:
            timer.cancel()

    # ---- taking

    def _next_look(self) -> float:
        """Give when to look for more, as far as nothing happens before."""
        if self._trouble is not None or len(self._taking) >= self._takes or self.is_late or is_stopping():
            return math.inf
        if self._shut_at is not None and (self._answers or self._recording is not None or self._flying):
            return math.inf  # the database does not know yet
        urgent, near, _ = self._rooms()
        if urgent <= 0:
            return math.inf
        if self._is_idle() and not self._is_dry:
            return 0.0  # the last look saw a part of it, or came before all was written down
        # a few places are not worth a statement each: only now and then, for the urgent that may have come
        is_worth_it = (
            self._is_hurried or near >= min(BATCH, self._places[1]) // 2 or not (self._flying or self._waiting)
        )
        return self._look_at if is_worth_it else self._look_at + LOOK_SECONDS

    def _begin_taking(self) -> None:
        if time.monotonic() >= self._next_look():
            self._is_hurried = False
            rooms = self._rooms()
            task = asyncio.create_task(take(self._channel, rooms))
            self._taking[task] = rooms, time.monotonic()
            task.add_done_callback(self._took)

    def _rooms(self) -> Rooms:
        ahead = self._places[0] if 0 < self._call_seconds < QUICK_SECONDS else 0
        used = len(self._flying) + len(self._waiting) + sum(rooms[0] for rooms, _ in self._taking.values()) - ahead
        urgent, near, bulk = (min(BATCH, max(0, place - used)) for place in self._places)
        return urgent, near, bulk

    def _took(self, task: asyncio.Task[Taken]) -> None:
        rooms, began = self._taking.pop(task)
        self._moved.set()
        if task.cancelled():
            return
        if (error := task.exception()) is not None:  # what is in the air still has to be recorded
            self._trouble = error if isinstance(error, Exception) else RuntimeError(repr(error))
            return
        found = task.result()
        self._standing = found.standing
        if found.parcels and self._shut_at is not None and began > self._shut_at:
            self._shut_at = None
        for parcel in found.parcels:
            heapq.heappush(self._waiting, (parcel.priority, next(self._numbers), parcel))
        self._is_dry = not found.parcels and rooms[2] > 0 and began >= self._recorded_at
        self._look_at = time.monotonic() + (LOOK_SECONDS if found.is_dry else 0.0)

    # ---- sending

    def _send(self) -> None:
        if self._shut_at is not None:
            while self._waiting:
                _, _, kept = heapq.heappop(self._waiting)
                self._answered(Answer(kept, Receipt(Outcome.TROUBLE, "not_called")))
        while (parcel := self._next(len(self._flying))) is not None:
            task = asyncio.create_task(self._carry_on(parcel))
            self._flying.add(task)
            task.add_done_callback(self._landed)

    def _next(self, under_way: int) -> Parcel | None:
        """Give what may be called now, beside what is under way."""
        if not self._waiting or self._shut_at is not None:
            return None
        if under_way >= self._places[min(max(self._waiting[0][0], 0), 2)]:
            return None
        return heapq.heappop(self._waiting)[2]

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._moved.set()

    async def _carry_on(self, parcel: Parcel | None) -> None:
        while parcel is not None:
            await self._carry(parcel)
            parcel = self._next(len(self._flying) - 1)

    async def _carry(self, parcel: Parcel) -> None:
        began = time.monotonic()
        # a worker that was paused may have lost its lease: without this look it would send what another has sent
        if began > parcel.good_until:
            receipt = Receipt(Outcome.TROUBLE, "lease_half_over")
        else:
            try:
                receipt = await self._channel.send(parcel.content, parcel.address, key_of(parcel.id))
            except Exception as error:  # a bug in a channel: whether something has left, nobody knows
                log.exception("channel_failed", channel=self._channel.name, delivery=str(parcel.id))
                receipt = Receipt(Outcome.UNKNOWN, "bug", type(error).__name__)
            seconds = max(time.monotonic() - began, 1e-6)
            self._call_seconds += (seconds - self._call_seconds) * (0.1 if self._call_seconds else 1.0)
        self._answered(Answer(parcel, receipt))

    def _answered(self, answer: Answer) -> None:
        if answer.receipt.window is not None:
            self._shut_at = time.monotonic()
        if not self._answers:
            self._oldest_answer = time.monotonic()
        self._answers.append(answer)
        self._moved.set()

    # ---- recording

    def _begin_recording(self) -> None:
        if self._recording is not None or not self._answers:
            return
        is_last = not self._flying and not self._waiting
        is_enough = len(self._answers) >= BATCH or time.monotonic() >= self._oldest_answer + RECORD_SECONDS
        if not (is_last or is_enough):
            return
        answers, self._answers = self._answers[:BATCH], self._answers[BATCH:]
        self._recording = asyncio.create_task(record(self._channel, answers, self._standing))
        self._recording.add_done_callback(self._recorded)

    def _recorded(self, task: asyncio.Task[Noted]) -> None:
        self._recording = None
        self._recorded_at = self._oldest_answer = time.monotonic()
        self._is_dry = False
        self._look_at = min(self._look_at, time.monotonic())  # addresses are free again
        self._moved.set()
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._trouble = error if isinstance(error, Exception) else RuntimeError(repr(error))
        elif task.result().is_shut:
            self._shut_at = time.monotonic()


def key_of(delivery_id: UUID) -> str:
    """Give what a provider may know a delivery by, over all its tries."""
    return hashlib.sha256(delivery_id.bytes).hexdigest()[:32]
