"""How a phone reads its records and appeals, and how staff decide, forgive and record outages."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints
from sanic import Blueprint, Request

from miniapp_api.strikes import actions, appeals, models
from miniapp_api.strikes.appeals import DECIDERS, REPORTERS, OutageDraft, sight_of
from miniapp_api.strikes.errors import AlreadyAppealed, AppealDecided, NothingToForgive, OutageOver, StrikeNotOpen
from miniapp_api.strikes.views import (
    AppealPage,
    OutagePage,
    OutageView,
    PersonDetail,
    PersonPage,
    StaffStrikeView,
    StrikePage,
    StrikeView,
    show_outage,
    show_person,
    show_standing,
    show_strike,
    show_to_staff,
)
from server import clock, db
from server.auth import patient_only, staff_only
from server.errors import SomeoneWasFaster, Stale
from server.privacy import mask_name, mask_phone
from server.web import Form, Paging, Text, api, check_version, listing

bp = Blueprint("strikes", url_prefix="/api/v1")

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)]

deciders_only = staff_only(*DECIDERS)
reporters_only = staff_only(*REPORTERS)


class AppealForm(Form):
    """What the patient says, if anything."""

    words: Text = ""


class AppealsQuery(Paging):
    """Which appeals. q: a name, its pinyin or initials, a file number, the end of a phone number."""

    state: Literal["open", "granted", "refused"] = "open"
    q: Words = ""


class PeopleQuery(Paging):
    """Which people. suspended: only those who may not book by phone now."""

    q: Words = ""
    suspended: bool = False


class DecisionForm(Form):
    """A decision; the patient reads the reason."""

    granted: bool
    reason: Reason


class ForgivenessForm(Form):
    """Why; the patient reads it."""

    reason: Reason


class OutageForm(Form):
    """A time in which nobody could check in. department_id null: the whole hospital. ends_at null: it goes on."""

    department_id: UUID | None = None
    what: Literal["system", "desk", "network", "building"]
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    reason: Reason


class OutageEndForm(Form):
    """When an outage ended; now when nothing is named."""

    ends_at: AwareDatetime | None = None


@dataclass(frozen=True)
class _Seen:
    version: int


# ---- the patient ---------------------------------------------------------------------------------------------------


@bp.get("/strikes")
@api(guard=patient_only, query=Paging, returns=StrikePage, tag="strikes")
async def strikes(request: Request, query: Paging) -> dict[str, Any]:
    """List the missed and late visits of my people, with what they rest on, and where each of them stands."""
    account = request.ctx.account
    now, rules = clock.now(), await actions.rules_now()
    rows = await db.fetch(models.STRIKES_OF, account.id, query.after(), query.limit + 1)
    people = await db.fetch(models.PEOPLE_OF_ACCOUNT, account.id)
    return {
        **listing(rows, query.limit, lambda row: show_strike(row, rules, now)),
        "standings": [await _standing_of(row, account.id) for row in people],
        "rules": asdict(rules),
    }


async def _standing_of(row: dict[str, Any], account_id: UUID) -> dict[str, Any]:
    now, rules = clock.now(), await actions.rules_now()
    found = await actions.standing(row["person_id"])
    until = row["suspended_until"]
    hidden = await db.fetch_one(models.HIDDEN, account_id, row["person_id"])
    return {
        **show_standing(found, rules, until if until and until > now else None),
        "patient_id": str(row["patient_id"]),
        "patient_name": row["patient_name"],
        "hidden": hidden["count"] if hidden else 0,
    }


@bp.post("/strikes/<strike_id:uuid>/appeal")
@api(
    guard=patient_only,
    body=AppealForm,
    returns=StrikeView,
    status=201,
    creates=True,
    errors=(AlreadyAppealed, StrikeNotOpen),
    tag="strikes",
)
async def appeal(request: Request, strike_id: UUID, body: AppealForm) -> dict[str, Any]:
    """Appeal against one record; somebody decides by the time that the answer names."""
    row = await appeals.appeal(request.ctx.account, strike_id, body.words)
    return show_strike(row, await actions.rules_now(), clock.now())


# ---- staff ---------------------------------------------------------------------------------------------------------


@bp.get("/appeals")
@api(guard=deciders_only, query=AppealsQuery, returns=AppealPage, tag="strikes")
async def all_appeals(request: Request, query: AppealsQuery) -> dict[str, Any]:
    """List appeals with their records, oldest first."""
    now, rules = clock.now(), await actions.rules_now()
    sight = sight_of(request.ctx.staff, *DECIDERS)
    rows = await db.fetch(models.APPEALS, query.state, sight, query.q, query.after(), query.limit + 1)
    return listing(rows, query.limit, lambda row: show_to_staff(row, rules, now), key="appeal_id")


@bp.get("/appeals/<appeal_id:uuid>")
@api(guard=deciders_only, returns=StaffStrikeView, tag="strikes")
async def one_appeal(request: Request, appeal_id: UUID) -> dict[str, Any]:
    """Give one appeal with its record."""
    row = await appeals.appeal_of(request.ctx.staff, appeal_id)
    return show_to_staff(row, await actions.rules_now(), clock.now())


@bp.post("/appeals/<appeal_id:uuid>/decision")
@api(
    guard=deciders_only,
    body=DecisionForm,
    returns=StaffStrikeView,
    creates=True,
    errors=(AppealDecided, SomeoneWasFaster, Stale),
    tag="strikes",
)
async def decide(request: Request, appeal_id: UUID, body: DecisionForm) -> dict[str, Any]:
    """Decide about an appeal; a granted one lifts a suspension that rests on it at once."""
    staff, rules = request.ctx.staff, await actions.rules_now()
    seen = await appeals.appeal_of(staff, appeal_id)
    version = seen["appeal_version"]
    check_version(request, _Seen(version), lambda: show_to_staff(seen, rules, clock.now()))
    row = await appeals.decide(staff, appeal_id, is_granted=body.granted, reason=body.reason, version=version)
    return show_to_staff(row, rules, clock.now())


@bp.post("/strikes/<strike_id:uuid>/forgiveness")
@api(
    guard=deciders_only,
    body=ForgivenessForm,
    returns=StaffStrikeView,
    creates=True,
    errors=(StrikeNotOpen,),
    tag="strikes",
)
async def forgive(request: Request, strike_id: UUID, body: ForgivenessForm) -> dict[str, Any]:
    """Let one record count no more."""
    row = await appeals.forgive_one(request.ctx.staff, strike_id, body.reason)
    return show_to_staff(row, await actions.rules_now(), clock.now())


@bp.get("/people-with-strikes")
@api(guard=deciders_only, query=PeopleQuery, returns=PersonPage, tag="strikes")
async def people(request: Request, query: PeopleQuery) -> dict[str, Any]:
    """List people against whom something counts or counted."""
    sight, now = sight_of(request.ctx.staff, *DECIDERS), clock.now()
    rows = await db.fetch(models.PEOPLE, query.q, sight, query.suspended, query.after(), query.limit + 1)
    return listing(rows, query.limit, lambda row: show_person(row, now))


@bp.get("/people-with-strikes/<person_id:uuid>")
@api(guard=deciders_only, returns=PersonDetail, tag="strikes")
async def person(request: Request, person_id: UUID) -> dict[str, Any]:
    """Give a person with every record, and why booking by phone is suspended if it is."""
    return await _show_person(request, person_id)


@bp.post("/people-with-strikes/<person_id:uuid>/forgiveness")
@api(
    guard=deciders_only,
    body=ForgivenessForm,
    returns=PersonDetail,
    creates=True,
    errors=(NothingToForgive,),
    tag="strikes",
)
async def forgive_person(request: Request, person_id: UUID, body: ForgivenessForm) -> dict[str, Any]:
    """Let nothing count against a person any more; a suspension ends at once."""
    await appeals.forgive_all(request.ctx.staff, person_id, body.reason)
    return await _show_person(request, person_id)


async def _show_person(request: Request, person_id: UUID) -> dict[str, Any]:
    staff, now, rules = request.ctx.staff, clock.now(), await actions.rules_now()
    row = await appeals.person_of(staff, person_id)
    rows = await db.fetch(models.STRIKES_OF_PERSON, person_id, sight_of(staff, *DECIDERS))
    until = row["suspended_until"]
    found = await actions.standing(person_id)
    return {
        "id": str(person_id),
        "patient_name": mask_name(row["patient_name"]),
        "file_number": row["file_number"],
        "phone_masked": mask_phone(row["phone_tail"]),
        "standing": show_standing(found, rules, until if until and until > now else None),
        "strikes": [show_to_staff(one, rules, now) for one in rows],
        "version": row["version"],
    }


# ---- outages -------------------------------------------------------------------------------------------------------


@bp.get("/outages")
@api(guard=reporters_only, query=Paging, returns=OutagePage, tag="strikes")
async def outages(request: Request, query: Paging) -> dict[str, Any]:
    """List the times in which nobody could check in, newest first."""
    sight = sight_of(request.ctx.staff, *REPORTERS)
    rows = await db.fetch(models.OUTAGES, sight, query.after(), query.limit + 1)
    return listing(rows, query.limit, show_outage)


@bp.post("/outages")
@api(guard=reporters_only, body=OutageForm, returns=OutageView, status=201, creates=True, tag="strikes")
async def record_outage(request: Request, body: OutageForm) -> dict[str, Any]:
    """Record that nobody could check in; missed visits of that time are excused."""
    outage_id = await appeals.record_outage(request.ctx.staff, OutageDraft(**dict(body)))
    return await _show_outage(outage_id)


@bp.post("/outages/<outage_id:uuid>/ending")
@api(guard=reporters_only, body=OutageEndForm, returns=OutageView, creates=True, errors=(OutageOver,), tag="strikes")
async def end_outage(request: Request, outage_id: UUID, body: OutageEndForm) -> dict[str, Any]:
    """Say when an outage ended."""
    await appeals.end_outage(request.ctx.staff, outage_id, body.ends_at)
    return await _show_outage(outage_id)


async def _show_outage(outage_id: UUID) -> dict[str, Any]:
    row = await db.fetch_one(models.OUTAGE, outage_id)
    assert row is not None  # written a moment ago
    return show_outage(row)
