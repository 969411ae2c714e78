"""How an operator sees the channels, and stops one."""

from typing import Any

from sanic import Blueprint, Request

from notifications.operations import channels
from notifications.operations.api import operators
from notifications.providers.actions import troubles
from notifications.routing.reasons import words
from server.web import View, api, language_of, moment

bp = Blueprint("hub_channels", url_prefix="/api/v1")


class LaneView(View):
    """What waits in one lane: due now, or planned for later. is_more: more than was counted."""

    lane: str
    waiting: int
    later: int
    is_more: bool
    lag_seconds: int


class BarView(View):
    """Calls of five minutes, and how many of them failed."""

    calls: int
    failed: int


class CauseView(View):
    """Why calls of the last hour failed: their outcome and the provider's code."""

    outcome: str
    code: str
    text: str
    calls: int


class ChannelView(View):
    """One channel. is_set_up: this installation has what it needs. lag_seconds: of what has been due for longest.

    counts: the last hour's deliveries by state.
    breaker: closed, open or probing. rests_until, rests_why: nothing leaves before; bucket, breaker, minute or day.
    cause: the provider's last code that was in the way. per_*: its limits; null is none. used_*: of them.
    bars: the last hour in steps of five minutes, oldest first.
    """

    name: str
    is_set_up: bool
    is_paused: bool
    paused_at: str | None
    breaker: str
    troubles: int
    opened_at: str | None
    cause: str
    rests_until: str | None
    rests_why: str
    used_minute: int
    used_day: int
    per_second: int | None
    per_minute: int | None
    per_day: int | None
    waiting: int
    lag_seconds: int
    lanes: list[LaneView]
    in_flight: int
    unknown: int
    rate_per_minute: int
    calls_hour: int
    failed_hour: int
    bars: list[BarView]
    causes: list[CauseView]
    counts: dict[str, int]


class ChannelList(View):
    """Every channel that calls a provider."""

    items: list[ChannelView]


class TroubleView(View):
    """Something that somebody has to mend: template, credentials, permission or account."""

    channel: str
    cause: str
    code: str
    template_key: str
    detail: str
    count: int
    first_at: str
    last_at: str


class TroubleList(View):
    """What somebody has to mend, the latest first."""

    items: list[TroubleView]


@bp.get("/hub/channels")
@api(guard=operators, returns=ChannelList, tag="hub")
async def index(request: Request) -> dict[str, Any]:
    """Show every channel: what waits in each lane, for how long, its breaker and limits, and its last hour."""
    return {"items": [_shown(row, language_of(request)) for row in await channels.channels()]}


@bp.get("/hub/troubles")
@api(guard=operators, returns=TroubleList, tag="hub")
async def mend(_: Request) -> dict[str, Any]:
    """List what somebody has to mend before a provider takes more."""
    return {
        "items": [
            {**row, "first_at": moment(row["first_at"]), "last_at": moment(row["last_at"])} for row in await troubles()
        ]
    }


@bp.post("/hub/channels/<name:str>/pause")
@api(guard=operators, returns=ChannelView, tag="hub")
async def pause(request: Request, name: str) -> dict[str, Any]:
    """Stop a channel; what is due waits."""
    return _shown(await channels.pause(request.ctx.staff, name, is_paused=True), language_of(request))


@bp.post("/hub/channels/<name:str>/resume")
@api(guard=operators, returns=ChannelView, tag="hub")
async def resume(request: Request, name: str) -> dict[str, Any]:
    """Let a channel go on; one that rests is tried at once with one message."""
    return _shown(await channels.pause(request.ctx.staff, name, is_paused=False), language_of(request))


def _shown(row: dict[str, Any], language: str) -> dict[str, Any]:
    return {
        **row,
        **{name: moment(row[name]) for name in ("paused_at", "opened_at", "rests_until")},
        "causes": [
            {**cause, "text": words(f"{cause['outcome']}:{cause['code']}", language)} for cause in row["causes"]
        ],
    }
