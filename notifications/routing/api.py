"""How a patient chooses what to hear, and how an administrator sets routes, quiet hours and caps."""

from typing import Any

from sanic import Blueprint, Request

from notifications.routing import actions, forms, preferences
from notifications.routing.errors import VisitStays
from notifications.routing.plan import PlannedWay
from notifications.routing.reasons import channel_words, words
from server.accounts import Role
from server.auth import patient_only, staff_only
from server.errors import Stale
from server.web import View, api, language_of, moment

bp = Blueprint("routing", url_prefix="/api/v1")
administrators = staff_only(Role.ADMIN)


class PreferenceView(View):
    """One switch. is_locked: it cannot be switched off."""

    category: str
    channel: str
    channel_name: str
    is_on: bool
    is_locked: bool


class PreferenceList(View):
    """Every switch, by category."""

    items: list[PreferenceView]


class RoutingStepView(View):
    """One way of a chain."""

    channels: list[str]
    takes: str
    when: str
    wait_seconds: int


class RoutingRouteView(View):
    """A route as it is in force. version: 0 is what ships with the product."""

    name: str
    version: int
    chain: list[RoutingStepView]
    author: str | None
    at: str | None


class RoutingSettingView(View):
    """Quiet hours, caps, or times of digests, as they are in force."""

    name: str
    version: int
    value: dict[str, Any]
    author: str | None
    at: str | None


class RoutingChannelView(View):
    """A channel or a group that a chain may name. is_set_up: this installation has it."""

    name: str
    title: str
    is_set_up: bool


class RoutingView(View):
    """All routes, all settings, all channels."""

    routes: list[RoutingRouteView]
    settings: list[RoutingSettingView]
    channels: list[RoutingChannelView]


class RoutingVersionView(View):
    """One version of a route or setting."""

    version: int
    author: str | None
    at: str | None


class RoutingHistory(View):
    """The latest versions, newest first."""

    items: list[RoutingVersionView]


class RoutingWayView(View):
    """What one channel would do.

    will: at_once, held, later, if_not_delivered, if_not_read, skipped, suppressed or expired.
    """

    step: int
    channel: str
    channel_name: str
    will: str
    at: str | None
    reason: str
    reason_words: str


class RoutingPreview(View):
    """What somebody made up would get."""

    ways: list[RoutingWayView]


@bp.get("/preferences")
@api(guard=patient_only, returns=PreferenceList, tag="messages")
async def my_preferences(request: Request) -> dict[str, Any]:
    """List what I want to hear, and over which channel."""
    return await _preferences(request)


@bp.put("/preferences")
@api(guard=patient_only, body=forms.PreferencesForm, returns=PreferenceList, errors=(VisitStays,), tag="messages")
async def choose(request: Request, body: forms.PreferencesForm) -> dict[str, Any]:
    """Switch some messages on or off; those that are not named stay as they are."""
    choices = [preferences.Choice(one.category, one.channel, one.is_on) for one in body.items]
    await preferences.choose(request.ctx.account.id, choices)
    return await _preferences(request)


@bp.get("/admin/routing")
@api(guard=administrators, returns=RoutingView, tag="admin")
async def index(request: Request) -> dict[str, Any]:
    """Show routes, settings and channels."""
    return await _all(request)


@bp.put("/admin/routes/<name:str>")
@api(guard=administrators, body=forms.RoutingRouteForm, returns=RoutingView, errors=(Stale,), tag="admin")
async def save_route(request: Request, name: str, body: forms.RoutingRouteForm) -> dict[str, Any]:
    """Add a version of a route. Messages that are under way keep theirs."""
    await actions.save_route(request.ctx.staff, name, body.steps(), version=body.version)
    return await _all(request)


@bp.put("/admin/routing/quiet-hours")
@api(guard=administrators, body=forms.QuietHoursForm, returns=RoutingView, errors=(Stale,), tag="admin")
async def save_quiet_hours(request: Request, body: forms.QuietHoursForm) -> dict[str, Any]:
    """Set the quiet hours anew, as a whole."""
    await actions.save_setting(request.ctx.staff, "quiet_hours", body.value(), version=body.version)
    return await _all(request)


@bp.put("/admin/routing/caps")
@api(guard=administrators, body=forms.RoutingCapsForm, returns=RoutingView, errors=(Stale,), tag="admin")
async def save_caps(request: Request, body: forms.RoutingCapsForm) -> dict[str, Any]:
    """Set the caps anew, as a whole."""
    await actions.save_setting(request.ctx.staff, "caps", body.value(), version=body.version)
    return await _all(request)


@bp.put("/admin/routing/digest")
@api(guard=administrators, body=forms.DigestTimesForm, returns=RoutingView, errors=(Stale,), tag="admin")
async def save_digest_times(request: Request, body: forms.DigestTimesForm) -> dict[str, Any]:
    """Set when digests are sent."""
    await actions.save_setting(request.ctx.staff, "digest", body.value(), version=body.version)
    return await _all(request)


@bp.put("/admin/routing/dedupe")
@api(guard=administrators, body=forms.RoutingRepeatsForm, returns=RoutingView, errors=(Stale,), tag="admin")
async def save_repeats(request: Request, body: forms.RoutingRepeatsForm) -> dict[str, Any]:
    """Set for how long the same words are not said again to the same person."""
    await actions.save_setting(request.ctx.staff, "dedupe", body.value(), version=body.version)
    return await _all(request)


@bp.get("/admin/routing/<name:str>/versions")
@api(guard=administrators, returns=RoutingHistory, tag="admin")
async def versions(request: Request, name: str) -> dict[str, Any]:
    """List who has changed a route or setting, and when."""
    found = await actions.history(str(name))  # a name that looks like an id arrives as one
    return {"items": [{"version": one.version, "author": one.author, "at": moment(one.at)} for one in found]}


@bp.post("/admin/routing/preview")
@api(guard=administrators, body=forms.RoutingPreviewForm, returns=RoutingPreview, tag="admin")
async def preview(request: Request, body: forms.RoutingPreviewForm) -> dict[str, Any]:
    """Tell what somebody made up would get by a chain; nothing is saved and nobody is told."""
    chain = forms.steps_of(body.chain)
    found = await actions.preview(body.name, chain, body.sample(), draft=body.draft())
    language = language_of(request)
    return {"ways": [way_shown(way, language) for way in found]}


def way_shown(way: PlannedWay, language: str) -> dict[str, Any]:
    """Show what one channel would do."""
    return {
        "step": way.step,
        "channel": way.channel,
        "channel_name": channel_words(way.channel, language),
        "will": way.will,
        "at": moment(way.at),
        "reason": way.reason,
        "reason_words": words(way.reason, language),
    }


async def _preferences(request: Request) -> dict[str, Any]:
    language = language_of(request)
    return {
        "items": [
            {
                "category": one.category,
                "channel": one.channel,
                "channel_name": channel_words(one.channel, language),
                "is_on": one.is_on,
                "is_locked": one.is_locked,
            }
            for one in await preferences.choices_of(request.ctx.account.id)
        ]
    }


async def _all(request: Request) -> dict[str, Any]:
    language = language_of(request)
    return {
        "routes": [_shown(one, "chain") for one in await actions.routes()],
        "settings": [_shown(one, "value") for one in (await actions.settings()).values()],
        "channels": [
            {"name": name, "title": channel_words(name, language), "is_set_up": is_set_up}
            for name, is_set_up in actions.known_channels()
        ],
    }


def _shown(one: actions.Kept, column: str) -> dict[str, Any]:
    return {"name": one.name, "version": one.version, column: one.value, "author": one.author, "at": moment(one.at)}
