"""How desks, rooms and supervisors speak about triage."""

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints, model_validator
from sanic import Blueprint, Request

from miniapp_api.queue.forms import TicketAnswer
from miniapp_api.queue.showing import show
from miniapp_api.queue.steps import Act
from miniapp_api.triage import actions, settings
from miniapp_api.triage.actions import WHO, Said
from miniapp_api.triage.errors import NothingToConfirm, SecondPersonNeeded, TicketOver
from miniapp_api.triage.rules import TriageSettings
from server.accounts import Role
from server.auth import staff_only
from server.errors import SomeoneWasFaster, Stale
from server.privacy import mask_name
from server.web import Form, View, Whole, api, check_version, moment

bp = Blueprint("triage", url_prefix="/api/v1")

CHANGES_SHOWN = 50
Flag = Literal["elderly", "disabled", "pregnant", "child", "wheelchair", "feverish", "urgent"]
Triage = Literal["normal", "priority", "urgent"]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class TriageForm(Form):
    """How urgent somebody is and what help is needed; what is not named stays. reason: what is the matter, in short."""

    triage: Triage | None = None
    flags: Annotated[tuple[Flag, ...], Field(max_length=7)] | None = None
    reason: Reason = ""

    @model_validator(mode="after")
    def says_something(self) -> "TriageForm":
        """Refuse a form that says nothing."""
        if self.triage is None and self.flags is None:
            raise ValueError("triage or flags")
        return self


class TriageLine(View):
    """Somebody said how urgent a ticket is. confirm_due_at: until when a second person must look; null: nobody needs.

    by_name: null when it was carried over from the ticket before.
    """

    id: str
    at: str
    by_name: str | None
    was_triage: str
    was_flags: list[str]
    triage: str
    flags: list[str]
    reason: str
    confirm_due_at: str | None
    confirmed_by_name: str | None
    confirmed_at: str | None


class TriageStory(View):
    """What was said of a ticket, the latest first. may_confirm: it is urgent, and waits for the one who asks."""

    triage: str
    flags: list[str]
    version: int
    needs_confirmation: bool
    may_confirm: bool
    lines: list[TriageLine]


class UnconfirmedCase(View):
    """An urgent case that waits for a second person."""

    ticket_id: str
    number: str
    state: str
    name: str
    department: str
    reason: str
    by_name: str | None
    at: str
    confirm_due_at: str
    may_confirm: bool


class TriageCounts(View):
    """How many became urgent today, were confirmed, still wait for a second person, were set lower again."""

    urgent: int
    confirmed: int
    unconfirmed: int
    lowered: int


class UnconfirmedCases(View):
    """Today's urgent cases that wait for a second person, the oldest first, and how today's went."""

    items: list[UnconfirmedCase]
    counts: TriageCounts


class TriageSettingsForm(Form):
    """What is to hold from now on; what is not named stays. The bounds are the table's."""

    elderly_age: Annotated[Whole, Field(ge=50, le=120)] = 65
    child_age: Annotated[Whole, Field(ge=0, le=18)] = 6
    confirm_minutes: Annotated[Whole, Field(ge=1, le=120)] = 5
    emergency_department_id: UUID | None = None
    fever_way: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class TriageSettingsView(View):
    """What holds. version 0: nothing was decided yet, these are the defaults.

    elderly_age: from. child_age: younger than. emergency_department_id: null means those of emergency medicine.
    """

    elderly_age: int
    child_age: int
    confirm_minutes: int
    emergency_department_id: str | None
    fever_way: str
    version: int


class TriageSettingsChange(View):
    """One change: what held before and after, when, by whom."""

    before: dict[str, Any]
    after: dict[str, Any]
    at: str
    by_name: str | None


class TriageSettingsChanges(View):
    """The last changes, newest first."""

    items: list[TriageSettingsChange]


@dataclass(frozen=True)
class _Seen:
    version: int


@bp.post("/tickets/<ticket_id:uuid>/triage")
@api(
    guard=staff_only(*WHO),
    body=TriageForm,
    returns=TicketAnswer,
    creates=True,
    errors=(TicketOver, SomeoneWasFaster, Stale),
    tag="triage",
)
async def change(request: Request, ticket_id: UUID, body: TriageForm) -> dict[str, Any]:
    """Say anew how urgent somebody is and what help is needed; the place in the queue follows."""
    version = request.headers.get("if-match")
    act = Act(ticket_id, request.ctx.staff, None if version is None else version.strip('" '))
    return {"ticket": show(await actions.change(act, Said(**body.model_dump())))}


@bp.get("/tickets/<ticket_id:uuid>/triage")
@api(guard=staff_only(*WHO), returns=TriageStory, tag="triage")
async def story(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Give what was said of a ticket, by whom, the latest first."""
    return _show_story(request, await actions.story_of(request.ctx.staff, ticket_id))


@bp.post("/tickets/<ticket_id:uuid>/triage/confirmation")
@api(
    guard=staff_only(*WHO),
    returns=TriageStory,
    creates=True,
    errors=(SecondPersonNeeded, NothingToConfirm),
    tag="triage",
)
async def confirm(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Confirm, as a second person, that somebody is urgent; again gives the same answer."""
    return _show_story(request, await actions.confirm(request.ctx.staff, ticket_id))


@bp.get("/triage/unconfirmed")
@api(guard=staff_only(*WHO), returns=UnconfirmedCases, tag="triage")
async def unconfirmed(request: Request) -> dict[str, Any]:
    """List today's urgent cases that wait for a second person, and count how today's went."""
    found = await actions.unconfirmed(request.ctx.staff)
    return {"items": [_show_case(request, row) for row in found["items"]], "counts": found["counts"]}


@bp.get("/admin/triage-settings")
@api(guard=staff_only(*WHO, Role.ADMIN), returns=TriageSettingsView, tag="triage")
async def show_settings(request: Request) -> dict[str, Any]:
    """Give what the hospital decided about triage: from which ages the desk suggests help, where to go with a fever."""
    return _show_settings(*await settings.HELD.read())


@bp.patch("/admin/triage-settings")
@api(
    guard=staff_only(Role.ADMIN),
    body=TriageSettingsForm,
    returns=TriageSettingsView,
    errors=(SomeoneWasFaster, Stale),
    tag="triage",
)
async def decide(request: Request, body: TriageSettingsForm) -> dict[str, Any]:
    """Decide anew; what is not named stays."""
    held, version = await settings.HELD.read()
    check_version(request, _Seen(version), lambda: _show_settings(held, version))
    asked = replace(held, **body.model_dump(exclude_unset=True))
    return _show_settings(asked, await settings.write(request.ctx.staff, asked, version))


@bp.get("/admin/triage-settings/changes")
@api(guard=staff_only(Role.ADMIN, Role.SUPERVISOR), returns=TriageSettingsChanges, tag="triage")
async def changes(request: Request) -> dict[str, Any]:
    """List the last changes, newest first."""
    return {"items": [row | {"at": moment(row["at"])} for row in await settings.HELD.changes(CHANGES_SHOWN)]}


def _show_settings(found: TriageSettings, version: int) -> dict[str, Any]:
    emergency = found.emergency_department_id
    return {**asdict(found), "emergency_department_id": str(emergency) if emergency else None, "version": version}


def _show_story(request: Request, story: dict[str, Any]) -> dict[str, Any]:
    row, line = story["ticket"], story["open"]
    waits = line is not None and line["confirmed_at"] is None
    return {
        "triage": row["triage"],
        "flags": orjson.loads(row["flags"]),
        "version": row["version"],
        "needs_confirmation": waits,
        "may_confirm": waits and line["by_id"] != request.ctx.staff.id,
        "lines": [_show_line(one) for one in story["lines"]],
    }


def _show_line(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(line["id"]),
        "at": moment(line["at"]),
        "by_name": line["by_name"],
        "was_triage": line["was_triage"],
        "was_flags": orjson.loads(line["was_flags"]),
        "triage": line["triage"],
        "flags": orjson.loads(line["flags"]),
        "reason": line["reason"],
        "confirm_due_at": moment(line["confirm_due_at"]),
        "confirmed_by_name": line["confirmed_by_name"],
        "confirmed_at": moment(line["confirmed_at"]),
    }


def _show_case(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "ticket_id": str(row["ticket_id"]),
        "number": row["label"],
        "state": row["state"],
        "name": mask_name(row["patient_name"]),
        "department": row["department_name"],
        "reason": row["reason"],
        "by_name": row["by_name"],
        "at": moment(row["at"]),
        "confirm_due_at": moment(row["confirm_due_at"]),
        "may_confirm": row["by_id"] != request.ctx.staff.id,
    }
