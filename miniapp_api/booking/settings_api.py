"""How an administrator reads and decides what holds for every booking."""

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field
from sanic import Blueprint, Request

from miniapp_api.booking import settings
from miniapp_api.booking.rules import BookingSettings
from server.accounts import Role
from server.auth import staff_only
from server.errors import SomeoneWasFaster, Stale
from server.web import Form, View, Whole, api, check_version, moment

bp = Blueprint("booking_settings", url_prefix="/api/v1")

CHANGES_SHOWN = 50


class BookingSettingsForm(Form):
    """What is decided anew; what is not named stays. max_per_month: null is no limit. The bounds are the table's."""

    max_open_bookings: Annotated[Whole, Field(ge=1, le=50)] = 5
    max_per_month: Annotated[Whole, Field(ge=1, le=100)] | None = None
    same_practitioner_per_day: Annotated[Whole, Field(ge=1, le=10)] = 1
    cancel_until_minutes: Annotated[Whole, Field(ge=0, le=10080)] = 0
    hold_seconds: Annotated[Whole, Field(ge=30, le=3600)] = 300
    strike_limit: Annotated[Whole, Field(ge=1, le=20)] = 3
    strike_window_days: Annotated[Whole, Field(ge=1, le=730)] = 180
    suspension_days: Annotated[Whole, Field(ge=0, le=366)] = 90
    late_cancel_hours: Annotated[Whole, Field(ge=0, le=168)] = 4
    late_cancels_per_strike: Annotated[Whole, Field(ge=0, le=20)] = 3
    early_cancel_days: Annotated[Whole, Field(ge=1, le=60)] = 3
    early_cancels_per_credit: Annotated[Whole, Field(ge=0, le=20)] = 2
    appeal_hours: Annotated[Whole, Field(ge=1, le=720)] = 48
    revisit_days: Annotated[Whole, Field(ge=1, le=730)] = 90
    extra_places_per_session: Annotated[Whole, Field(ge=0, le=50)] = 5
    stop_answer_minutes: Annotated[Whole, Field(ge=15, le=4320)] = 720
    stop_call_after_minutes: Annotated[Whole, Field(ge=1, le=1440)] = 30
    stop_reached_by: Literal["delivered", "read", "answered"] = "delivered"
    stop_on_silence: Literal["first", "release"] = "release"
    stop_search_days: Annotated[Whole, Field(ge=1, le=60)] = 14
    waitlist_offer_minutes: Annotated[Whole, Field(ge=5, le=2880)] = 120
    waitlist_offer_share: Annotated[Whole, Field(ge=1, le=100)] = 25
    waitlist_least_minutes: Annotated[Whole, Field(ge=1, le=240)] = 10
    waitlist_quiet_from: Annotated[Whole, Field(ge=0, le=23)] = 22
    waitlist_quiet_until: Annotated[Whole, Field(ge=0, le=23)] = 7
    waitlist_closes_minutes: Annotated[Whole, Field(ge=0, le=10080)] = 30
    waitlist_max_open: Annotated[Whole, Field(ge=1, le=20)] = 3
    waitlist_missed_at_most: Annotated[Whole, Field(ge=1, le=20)] = 2
    waitlist_release_minutes: Annotated[Whole, Field(ge=0, le=1440)] = 10
    draw_loss_days: Annotated[Whole, Field(ge=1, le=365)] = 90
    draw_lots_at_most: Annotated[Whole, Field(ge=1, le=10)] = 4


class BookingSettingsView(View):
    """What holds. version 0: nothing was decided yet, these are the defaults."""

    max_open_bookings: int
    max_per_month: int | None
    same_practitioner_per_day: int
    cancel_until_minutes: int
    hold_seconds: int
    strike_limit: int
    strike_window_days: int
    suspension_days: int
    late_cancel_hours: int
    late_cancels_per_strike: int
    early_cancel_days: int
    early_cancels_per_credit: int
    appeal_hours: int
    revisit_days: int
    extra_places_per_session: int
    stop_answer_minutes: int
    stop_call_after_minutes: int
    stop_reached_by: str
    stop_on_silence: str
    stop_search_days: int
    waitlist_offer_minutes: int
    waitlist_offer_share: int
    waitlist_least_minutes: int
    waitlist_quiet_from: int
    waitlist_quiet_until: int
    waitlist_closes_minutes: int
    waitlist_max_open: int
    waitlist_missed_at_most: int
    waitlist_release_minutes: int
    draw_loss_days: int
    draw_lots_at_most: int
    version: int


class SettingsChangeView(View):
    """One change: what held before and after, when, by whom."""

    before: dict[str, Any]
    after: dict[str, Any]
    at: str
    by_name: str | None


class SettingsChangeList(View):
    """The last changes, newest first."""

    items: list[SettingsChangeView]


@dataclass(frozen=True)
class _Seen:
    version: int


@bp.get("/admin/booking-settings")
@api(guard=staff_only(Role.ADMIN, Role.SUPERVISOR), returns=BookingSettingsView, tag="booking settings")
async def show(request: Request) -> dict[str, Any]:
    """Give what holds for every booking."""
    return _shown(*await settings.read())


@bp.patch("/admin/booking-settings")
@api(
    guard=staff_only(Role.ADMIN),
    body=BookingSettingsForm,
    returns=BookingSettingsView,
    errors=(SomeoneWasFaster, Stale),
    tag="booking settings",
)
async def decide(request: Request, body: BookingSettingsForm) -> dict[str, Any]:
    """Decide anew; what is not named stays."""
    held, version = await settings.read()
    check_version(request, _Seen(version), lambda: _shown(held, version))
    asked = replace(held, **body.model_dump(exclude_unset=True))
    return _shown(asked, await settings.write(request.ctx.staff, asked, version))


@bp.get("/admin/booking-settings/changes")
@api(guard=staff_only(Role.ADMIN, Role.SUPERVISOR), returns=SettingsChangeList, tag="booking settings")
async def changes(request: Request) -> dict[str, Any]:
    """List the last changes, newest first."""
    return {"items": [row | {"at": moment(row["at"])} for row in await settings.changes(CHANGES_SHOWN)]}


def _shown(found: BookingSettings, version: int) -> dict[str, Any]:
    return asdict(found) | {"version": version}
