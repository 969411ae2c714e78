"""Group commit: what waits at one moment goes out together, so that one flush of the database serves all of it."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from server import db

A = TypeVar("A")
B = TypeVar("B")


@dataclass(eq=False)
class _Waiting(Generic[A, B]):
    """One request and where its result goes."""

    asked: A
    result: asyncio.Future[B] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Group(Generic[A, B]):
    """Runs one function over many requests that wait at the same moment.

    run: takes requests and gives one result for each, in the same order; it is a transaction of its own. While it runs,
    new requests collect and go with the next. A request that makes it fail dies alone: the members of a group that
    failed are done one by one. A database that went away is everybody's error, for nobody knows what was done.

    lanes: how many groups may be under way. patience: seconds for which a group may be under way before the next begins
    beside it; meanwhile what comes collects. at_most: requests of one group. whole: what waits is taken whole up to so
    many, and by halves above: while one half is in the database, the other is read and answered here.
    """

    def __init__(
        self,
        run: Callable[[Sequence[A]], Awaitable[Sequence[B]]],
        *,
        lanes: int = 2,
        at_most: int = 128,
        patience: float = 0.0,
        whole: int | None = None,
    ) -> None:
        self._run = run
        self._lanes = lanes
        self._at_most = at_most
        self._patience = patience
        self._whole = at_most if whole is None else whole
        self._began = 0.0  # when the last group went
        self._waiting: deque[_Waiting[A, B]] = deque()
        self._working = 0  # lanes that will look at what waits once more
        self._tasks: set[asyncio.Task[None]] = set()  # held, or they could be collected in the middle

    async def ask(self, asked: A) -> B:
        """Run for this request, together with whatever waits; give its result.

        Raises: what `run` raises for this request.
        """
        one: _Waiting[A, B] = _Waiting(asked)
        self._waiting.append(one)
        if not self._working or (self._working < self._lanes and self._is_slow()):
            self._working += 1
            # a context of its own: what is asked inside a transaction does not join it
            lane = asyncio.get_running_loop().create_task(self._work(), context=db.CLEAN.copy())
            self._tasks.add(lane)
            lane.add_done_callback(self._tasks.discard)
        return await one.result

    def _is_slow(self) -> bool:
        return time.monotonic() >= self._began + self._patience

    def _size(self) -> int:
        """Give how many go next."""
        waiting = len(self._waiting)
        return min(waiting, self._at_most, max(self._whole, (waiting + 1) // 2))

    async def _work(self) -> None:
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(self._size())]
                self._began = time.monotonic()
                await self._serve([one for one in group if not one.result.done()])  # done: whoever asked has gone
        finally:
            # at once with the last look: who asks after it begins a lane; a task's own end is heard too late for that
            self._working -= 1

    async def _serve(self, group: list[_Waiting[A, B]]) -> None:
        if not group:
            return
        try:
            results = await self._run([one.asked for one in group])
            for one, result in zip(group, results, strict=True):
                if not one.result.done():
                    one.result.set_result(result)
        except Exception as error:  # handed to whoever asked
            if len(group) > 1 and not db.is_away(error):
                for one in group:
                    await self._serve([one])
                return
            for one in group:
                if not one.result.done():
                    one.result.set_exception(error)
