"""How a phone waits for a place, and how the desk waits for somebody who calls."""

from typing import Any
from uuid import UUID

from sanic import Blueprint, Request

from miniapp_api.errors import AlreadyBooked, NotYetOpen, SessionStopped, Suspended
from miniapp_api.waitlist import answering, joining, looking, ranking
from miniapp_api.waitlist.errors import AlreadyWaiting, LineClosed, OfferOver, PlacesLeft, TooManyWaiting
from miniapp_api.waitlist.forms import (
    EntriesQuery,
    LineQuery,
    WaitlistForm,
    WaitlistPriorityForm,
    WaitlistWithdrawalForm,
)
from miniapp_api.waitlist.looking import EntrySeen
from miniapp_api.waitlist.views import (
    WaitlistEntryView,
    WaitlistLineEntry,
    WaitlistLineView,
    WaitlistPage,
    WaitlistSessions,
    show_entry,
    show_in_line,
    show_line,
)
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.auth import need_department, patient_only, staff_only
from server.errors import IllegalMove, NotFound, SomeoneWasFaster, Stale
from server.history import By
from server.web import Form, api, check_version, listing

bp = Blueprint("waitlist", url_prefix="/api/v1")

SHOWN = 300  # entries in one answer for staff
DESK = (Role.GUIDE, Role.CUSTOMER_SERVICE, Role.SUPERVISOR)
desk = staff_only(*DESK)
_WHY_NOT = (
    SessionStopped,
    NotYetOpen,
    LineClosed,
    PlacesLeft,
    Suspended,
    AlreadyBooked,
    AlreadyWaiting,
    TooManyWaiting,
)


class NoWords(Form):
    """No members."""


# ---- the patient ---------------------------------------------------------------------------------------------------


@bp.post("/waitlist")
@api(
    guard=patient_only,
    body=WaitlistForm,
    returns=WaitlistEntryView,
    status=201,
    creates=True,
    errors=_WHY_NOT,
    tag="waitlist",
)
async def join(request: Request, body: WaitlistForm) -> dict[str, Any]:
    """Wait for a place, for one person or for two together."""
    account = request.ctx.account
    entry_id = await joining.join(_asked(body, account.by, account.id))
    return show_entry(await looking.entry_of(account, entry_id), clock.now())


@bp.get("/waitlist")
@api(guard=patient_only, query=EntriesQuery, returns=WaitlistPage, tag="waitlist")
async def entries(request: Request, query: EntriesQuery) -> dict[str, Any]:
    """List what I wait for or have waited for, newest first."""
    now = clock.now()
    rows = await looking.entries_of(request.ctx.account, query.after(), query.limit)
    return listing(rows, query.limit, lambda seen: show_entry(seen, now))


@bp.get("/waitlist/<entry_id:uuid>")
@api(guard=patient_only, returns=WaitlistEntryView, tag="waitlist")
async def entry(request: Request, entry_id: UUID) -> dict[str, Any]:
    """Give one of my entries, with my place and an offer that stands."""
    return show_entry(await looking.entry_of(request.ctx.account, entry_id), clock.now())


@bp.post("/waitlist/<entry_id:uuid>/acceptance")
@api(
    guard=patient_only,
    body=NoWords,
    returns=WaitlistEntryView,
    creates=True,
    errors=(OfferOver, SomeoneWasFaster, Stale),
    tag="waitlist",
)
async def accept(request: Request, entry_id: UUID, body: NoWords) -> dict[str, Any]:
    """Take what is offered."""
    await _mine(request, entry_id)
    await answering.accept(entry_id, request.ctx.account.by)
    return show_entry(await looking.entry_of(request.ctx.account, entry_id), clock.now())


@bp.post("/waitlist/<entry_id:uuid>/declining")
@api(
    guard=patient_only,
    body=NoWords,
    returns=WaitlistEntryView,
    creates=True,
    errors=(OfferOver, SomeoneWasFaster, Stale),
    tag="waitlist",
)
async def decline(request: Request, entry_id: UUID, body: NoWords) -> dict[str, Any]:
    """Leave what is offered to the next; I go on waiting for what else I asked for."""
    await _mine(request, entry_id)
    await answering.decline(entry_id, request.ctx.account.by)
    return show_entry(await looking.entry_of(request.ctx.account, entry_id), clock.now())


@bp.post("/waitlist/<entry_id:uuid>/withdrawal")
@api(
    guard=patient_only,
    body=WaitlistWithdrawalForm,
    returns=WaitlistEntryView,
    creates=True,
    errors=(IllegalMove, SomeoneWasFaster, Stale),
    tag="waitlist",
)
async def withdraw(request: Request, entry_id: UUID, body: WaitlistWithdrawalForm) -> dict[str, Any]:
    """Wait no more."""
    await _mine(request, entry_id)
    await answering.withdraw(entry_id, request.ctx.account.by, body.reason)
    return show_entry(await looking.entry_of(request.ctx.account, entry_id), clock.now())


# ---- the desk ------------------------------------------------------------------------------------------------------


@bp.get("/desk/waitlist/sessions")
@api(guard=desk, returns=WaitlistSessions, tag="waitlist")
async def lines(request: Request) -> dict[str, Any]:
    """List the sessions of my departments that somebody waits for."""
    return {"items": [show_line(row) for row in await looking.sessions_waited_for(_scope(request.ctx.staff, None))]}


@bp.get("/desk/waitlist")
@api(guard=desk, query=LineQuery, returns=WaitlistLineView, tag="waitlist")
async def line(request: Request, query: LineQuery) -> dict[str, Any]:
    """List who waits in my departments, in order."""
    now = clock.now()
    scope = _scope(request.ctx.staff, query.department)
    found = await looking.line(scope, query.session, offered=query.offered, at_most=SHOWN)
    return {"items": [show_in_line(seen, now) for seen in found]}


@bp.post("/desk/waitlist")
@api(
    guard=desk, body=WaitlistForm, returns=WaitlistLineEntry, status=201, creates=True, errors=_WHY_NOT, tag="waitlist"
)
async def join_for(request: Request, body: WaitlistForm) -> dict[str, Any]:
    """Wait for a place for somebody who calls or stands at the desk."""
    async with db.transaction():  # a department of others: refused, and nothing of it stays, also where no key is sent
        entry_id = await joining.join(_asked(body, _by_phone(request.ctx.staff), None))
        return show_in_line(await _theirs(request, entry_id), clock.now())


@bp.post("/desk/waitlist/<entry_id:uuid>/acceptance")
@api(
    guard=desk,
    body=NoWords,
    returns=WaitlistLineEntry,
    creates=True,
    errors=(OfferOver, SomeoneWasFaster, Stale),
    tag="waitlist",
)
async def accept_for(request: Request, entry_id: UUID, body: NoWords) -> dict[str, Any]:
    """Take what is offered, for somebody who said so."""
    await _theirs(request, entry_id)
    await answering.accept(entry_id, _by_phone(request.ctx.staff))
    return show_in_line(await looking.entry(entry_id), clock.now())


@bp.post("/desk/waitlist/<entry_id:uuid>/declining")
@api(
    guard=desk,
    body=NoWords,
    returns=WaitlistLineEntry,
    creates=True,
    errors=(OfferOver, SomeoneWasFaster, Stale),
    tag="waitlist",
)
async def decline_for(request: Request, entry_id: UUID, body: NoWords) -> dict[str, Any]:
    """Leave what is offered to the next, for somebody who said so."""
    await _theirs(request, entry_id)
    await answering.decline(entry_id, _by_phone(request.ctx.staff))
    return show_in_line(await looking.entry(entry_id), clock.now())


@bp.post("/desk/waitlist/<entry_id:uuid>/withdrawal")
@api(
    guard=desk,
    body=WaitlistWithdrawalForm,
    returns=WaitlistLineEntry,
    creates=True,
    errors=(IllegalMove, SomeoneWasFaster, Stale),
    tag="waitlist",
)
async def withdraw_for(request: Request, entry_id: UUID, body: WaitlistWithdrawalForm) -> dict[str, Any]:
    """Take somebody off the waitlist who said so."""
    await _theirs(request, entry_id)
    await answering.withdraw(entry_id, _by_phone(request.ctx.staff), body.reason)
    return show_in_line(await looking.entry(entry_id), clock.now())


@bp.post("/desk/waitlist/<entry_id:uuid>/priority")
@api(
    guard=staff_only(Role.CUSTOMER_SERVICE, Role.SUPERVISOR),
    body=WaitlistPriorityForm,
    returns=WaitlistLineEntry,
    creates=True,
    errors=(IllegalMove, SomeoneWasFaster, Stale),
    tag="waitlist",
)
async def prioritise(request: Request, entry_id: UUID, body: WaitlistPriorityForm) -> dict[str, Any]:
    """Let somebody come earlier or later; the reason is kept with who said so."""
    await _theirs(request, entry_id)
    await ranking.prioritise(entry_id, body.priority, by=request.ctx.staff.by, why=body.reason)
    return show_in_line(await looking.entry(entry_id), clock.now())


def _asked(body: WaitlistForm, by: By, account_id: UUID | None) -> joining.Asked:
    return joining.Asked(
        account_id=account_id,
        patient_ids=body.patient_ids(),
        by=by,
        session_ids=body.session_ids,
        criteria=body.criteria.criteria() if body.criteria else None,
    )


async def _mine(request: Request, entry_id: UUID) -> EntrySeen:
    """Give an entry of whoever asks, as fresh as the command wants it."""
    seen = await looking.entry_of(request.ctx.account, entry_id)
    check_version(request, seen, lambda: show_entry(seen, clock.now()))
    return seen


async def _theirs(request: Request, entry_id: UUID) -> EntrySeen:
    """Give an entry of a department of whoever asks.

    Raises: NotFound.
    """
    seen = await looking.entry(entry_id)
    own = request.ctx.staff.departments_of(*DESK)
    if own is not None and not own & seen.department_ids:
        raise NotFound()
    check_version(request, seen, lambda: show_in_line(seen, clock.now()))
    return seen


def _scope(staff: SignedInStaff, department_id: UUID | None) -> list[UUID] | None:
    if department_id is not None:
        need_department(staff, department_id, *DESK)
        return [department_id]
    own = staff.departments_of(*DESK)
    return None if own is None else sorted(own)


def _by_phone(staff: SignedInStaff) -> By:
    """Give the member of staff as the author of what a caller asked for."""
    return By(kind="staff", id=staff.id, channel="phone", name=staff.name)
