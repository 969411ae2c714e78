"""Server-sent events over HTTP: what every stream shares, whatever its frames come from."""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from uuid import UUID

from sanic import HTTPResponse, Request

from server.errors import TooManyStreams

EVENT_STREAM = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
STREAMS_AT_MOST = 20  # of one member of staff on one server: some ten pages, each with its list and its alerts
RETRY_SECONDS = 15

_open: Counter[UUID] = Counter()


def last_event_id(request: Request) -> str:
    """Give the id of the last event that a reader had; empty for a new reader."""
    return request.headers.get("last-event-id", "")


def last_number(request: Request) -> int | None:
    """Give the same where events are numbered; None for a new reader and for what is no number."""
    sent = last_event_id(request)
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else None


async def stream(request: Request, frames: AsyncGenerator[bytes, None]) -> HTTPResponse:
    """Answer with frames until they end or the reader leaves.

    The first frame is made before the answer begins: what goes wrong until then is an ordinary problem.
    Raises: TooManyStreams.
    """
    staff = getattr(request.ctx, "staff", None)
    async with aclosing(frames):
        if staff is None:
            return await _send(request, frames)
        with _place_of(staff.id):
            return await _send(request, frames)


async def _send(request: Request, frames: AsyncGenerator[bytes, None]) -> HTTPResponse:
    first = await anext(frames, b"")
    response = await request.respond(content_type=EVENT_STREAM, headers=HEADERS)
    await response.send(first)
    async for frame in frames:
        await response.send(frame)
    await response.eof()
    return response


@contextmanager
def _place_of(staff_id: UUID) -> Iterator[None]:
    # a page that is opened again and again in a loop must not use up the server
    if _open[staff_id] >= STREAMS_AT_MOST:
        raise TooManyStreams(retry_after=RETRY_SECONDS)
    _open[staff_id] += 1
    try:
        yield
    finally:
        _open[staff_id] -= 1
        if not _open[staff_id]:
            del _open[staff_id]
