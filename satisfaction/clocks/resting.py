"""When the answer's clock rests: from a question that reached the patient until they say anything. Pure."""

from collections.abc import Sequence
from datetime import datetime

from satisfaction.clocks.events import Event

Rest = tuple[datetime, datetime | None]


def waits_of(events: Sequence[Event], starts_at: datetime, ended_at: datetime | None) -> list[Rest]:
    """Give when the patient was waited for while the clock ran; the end of the last is None while it lasts.

    A question that was answered before its delivery was reported waits for nobody (`asked_at` is when it was written).
    """
    waits: list[Rest] = []
    since = heard_at = None
    for event in events:
        if ended_at is not None and event.at >= ended_at:
            break
        if event.kind == "inbound":
            heard_at = event.at
            if since is not None:
                waits.append((since, event.at))
                since = None
        elif event.kind == "question_reached" and since is None and event.at >= starts_at:
            asked_at = datetime.fromisoformat(event.data["asked_at"]) if "asked_at" in event.data else event.at
            if heard_at is None or heard_at < asked_at:
                since = event.at
    if since is not None:
        waits.append((since, ended_at))
    return [(begin, end) for begin, end in waits if end is None or begin < end]


def rests_of(events: Sequence[Event], starts_at: datetime, ended_at: datetime | None, *, free: int) -> list[Rest]:
    """Give the waits that count as rests: the first ones freely, each further one from a supervisor's leave on.

    events: of one round, in order. free: how many need no leave. How long they may last together is not decided here.
    """
    leaves = [event.at for event in events if event.kind == "pause_allowed"]
    rests: list[Rest] = []
    for begin, end in waits_of(events, starts_at, ended_at):
        if len(rests) < free:
            rests.append((begin, end))
        elif leaves and (end is None or leaves[0] < end):
            rests.append((max(begin, leaves.pop(0)), end))
    return rests
