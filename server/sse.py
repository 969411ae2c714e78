"""Server-sent events over HTTP: what every stream shares, whatever its frames come from."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import cast
from uuid import UUID

from sanic import HTTPResponse, Request

from server import auth, db, live
from server.errors import PasswordChangeNeeded, SignInNeeded, TooManyStreams
from server.fanout import Seat, Way
from server.live import PING

EVENT_STREAM = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
STREAMS_AT_MOST = 20  # of one person on one server: some ten pages, each with its list and its alerts
RETRY_SECONDS = 15
SIGNED_IN_SECONDS = 15.0  # how long a stream of staff outlives its session

_open: Counter[UUID] = Counter()


def last_event_id(request: Request) -> str:
    """Give the id of the last event that a reader had; empty for a new reader."""
    return request.headers.get("last-event-id", "")


def last_number(request: Request) -> int | None:
    """Give the same where events are numbered; None for a new reader and for what is no number."""
    sent = last_event_id(request)
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else None


def seat_of(request: Request) -> Seat:
    """Give the place at which a request's stream is written to; for `seated`."""
    return Seat(cast(Way, request.transport))


async def follow(request: Request, topic: str) -> HTTPResponse:
    """Answer with the events of a topic, from after `Last-Event-ID` and without a gap.

    Raises: TooManyStreams.
    """
    streams, seat = live.streams(), seat_of(request)
    person = getattr(request.ctx, "staff", None) or request.ctx.account
    with place_of(person.id):
        async with aclosing(streams.follow(topic, seat, last=last_number(request))) as missed:
            return await seated(request, seat, missed, lambda: streams.is_fresh)


async def seated(
    request: Request, seat: Seat, first: AsyncGenerator[bytes, None], is_fresh: Callable[[], bool] = lambda: True
) -> HTTPResponse:
    """Answer with the first frames; from the empty one on, everything is written to the seat, and a ping now and then.

    The first frame is made before the answer begins: what goes wrong until then is an ordinary problem.
    is_fresh: whether one may say that what was told still holds; without it there is no ping, and the reader notices.
    """
    begin = await anext(first)
    response = await request.respond(content_type=EVENT_STREAM, headers=HEADERS)
    assert response is not None  # nothing was answered before
    await response.send(begin)
    async for frames in first:
        if not frames:
            break
        await response.send(frames)
    session = _Session(request)
    while not seat.over.is_set() and await session.goes_on():
        with suppress(TimeoutError):
            async with asyncio.timeout(live.PING_SECONDS):
                await seat.over.wait()
        if not seat.over.is_set() and is_fresh():
            await response.send(PING)
    if not request.transport.is_closing():
        await response.eof()
    return response


async def stream(request: Request, frames: AsyncGenerator[bytes, None]) -> HTTPResponse:
    """Answer with frames until they end or the reader leaves; for streams with few readers.

    The first frame is made before the answer begins: what goes wrong until then is an ordinary problem.
    Raises: TooManyStreams.
    """
    staff = getattr(request.ctx, "staff", None)
    async with aclosing(frames):
        if staff is None:
            return await _send(request, frames)
        with place_of(staff.id):
            return await _send(request, frames)


async def _send(request: Request, frames: AsyncGenerator[bytes, None]) -> HTTPResponse:
    first = await anext(frames, b"")
    response = await request.respond(content_type=EVENT_STREAM, headers=HEADERS)
    await response.send(first)
    session = _Session(request)
    async for frame in frames:
        if not await session.goes_on():
            break
        await response.send(frame)
    await response.eof()
    return response


class _Session:
    """Whether who reads a stream is still signed in: asked now and then, of staff, whose rights can be taken."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._is_staff = getattr(request.ctx, "staff", None) is not None
        self._next = time.monotonic() + SIGNED_IN_SECONDS

    async def goes_on(self) -> bool:
        """Tell it; while the database does not answer nobody is sent away."""
        if not self._is_staff or time.monotonic() < self._next:
            return True
        self._next = time.monotonic() + SIGNED_IN_SECONDS
        try:
            await auth.whoever(self._request)
        except (SignInNeeded, PasswordChangeNeeded):
            return False
        except Exception as error:
            if not db.is_away(error):
                raise
        return True


@contextmanager
def place_of(person_id: UUID) -> Iterator[None]:
    """Count an open stream of somebody: a page that is opened again and again must not use up the server.

    Raises: TooManyStreams.
    """
    if _open[person_id] >= STREAMS_AT_MOST:
        raise TooManyStreams(retry_after=RETRY_SECONDS)
    _open[person_id] += 1
    try:
        yield
    finally:
        _open[person_id] -= 1
        if not _open[person_id]:
            del _open[person_id]
