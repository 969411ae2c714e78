"""How the call list, the cashier and the phone speak about stopped visits."""

from typing import Any
from uuid import UUID

from sanic import Blueprint, Request

from miniapp_api.errors import HoldExpired
from miniapp_api.stops import contacts, forms, reading, shapes, views, visits
from miniapp_api.stops.answering import Wish, answer
from miniapp_api.stops.errors import AlreadySettled
from miniapp_api.waitlist.errors import AlreadyWaiting, PlacesLeft, TooManyWaiting
from server import db
from server.accounts import SignedInPatient
from server.auth import patient_only, staff_only
from server.errors import IllegalMove, NotFound, SomeoneWasFaster, Stale
from server.web import api, check_version, listing

bp = Blueprint("stopped_visits", url_prefix="/api/v1")

_CALLERS = staff_only(*contacts.CALLERS)


@bp.get("/stop-calls")
@api(guard=_CALLERS, query=forms.StopCallsQuery, returns=shapes.StoppedVisitList, tag="desk")
async def calls(request: Request, query: forms.StopCallsQuery) -> dict[str, Any]:
    """List whom a stop did not reach and somebody has to call, by the hour of their visit."""
    seen = await contacts.to_call(
        request.ctx.staff, query.department, later=query.later, after=query.after(), limit=query.limit
    )
    shown = {one["id"]: one for one in await views.show_visits(seen)}
    return listing(seen, query.limit, lambda one: shown[str(one.id)])


@bp.post("/stop-calls/<visit_id:uuid>/phone")
@api(guard=_CALLERS, returns=shapes.StopPhoneView, errors=(NotFound,), tag="desk")
async def phone(request: Request, visit_id: UUID) -> dict[str, Any]:
    """Give the whole phone number of somebody on the list; that I saw it is written down."""
    return {"phone": await contacts.phone_of(request.ctx.staff, visit_id)}


@bp.post("/stop-calls/<visit_id:uuid>/results")
@api(
    guard=_CALLERS,
    body=forms.StopCallForm,
    returns=shapes.StoppedVisitView,
    status=201,
    creates=True,
    errors=(NotFound, AlreadySettled, HoldExpired, SomeoneWasFaster),
    tag="desk",
)
async def record_call(request: Request, visit_id: UUID, body: forms.StopCallForm) -> dict[str, Any]:
    """Write down what came of a call; what the patient said is done at once."""
    await contacts.record_call(request.ctx.staff, visit_id, contacts.Call(**dict(body)))
    (shown,) = await views.show_visits(await visits.visits([visit_id]))
    return shown


@bp.get("/refunds-due")
@api(guard=_CALLERS, query=forms.RefundsQuery, returns=shapes.RefundList, tag="desk")
async def refunds(request: Request, query: forms.RefundsQuery) -> dict[str, Any]:
    """List fees that have to go back, newest first."""
    rows = await contacts.refunds(request.ctx.staff, query.state, after=query.after(), limit=query.limit)
    return listing(rows, query.limit, views.show_refund)


@bp.post("/refunds-due/<refund_id:uuid>/completion")
@api(
    guard=_CALLERS,
    body=forms.RefundForm,
    returns=shapes.RefundView,
    creates=True,
    errors=(NotFound, IllegalMove, SomeoneWasFaster, Stale),
    tag="desk",
)
async def complete_refund(request: Request, refund_id: UUID, body: forms.RefundForm) -> dict[str, Any]:
    """Write down that a fee went back."""
    row = await contacts.refund_of(request.ctx.staff, refund_id)
    check_version(request, _Version(row["version"]), lambda: views.show_refund(row))
    await contacts.complete_refund(request.ctx.staff, row, body.receipt)
    return views.show_refund(await contacts.refund_of(request.ctx.staff, refund_id))


class _Version:
    def __init__(self, version: int) -> None:
        self.version = version


@bp.get("/stopped-visits")
@api(guard=patient_only, query=forms.MyStoppedVisitsQuery, returns=shapes.MyStoppedVisits, tag="appointments")
async def mine(request: Request, query: forms.MyStoppedVisitsQuery) -> dict[str, Any]:
    """List my bookings whose session was stopped or moved, newest first."""
    rows = await db.fetch(
        reading.VISITS_OF_ACCOUNT, request.ctx.account.id, query.appointment, query.after(), query.limit + 1
    )
    seen = await visits.visits([row["id"] for row in rows])
    shown = {one["id"]: one for one in await views.show_mine(seen)}
    return listing(rows, query.limit, lambda row: shown[str(row["id"])])


@bp.get("/stopped-visits/<visit_id:uuid>")
@api(guard=patient_only, returns=shapes.MyStoppedVisit, errors=(NotFound,), tag="appointments")
async def one_of_mine(request: Request, visit_id: UUID) -> dict[str, Any]:
    """Give one of them."""
    return await _mine(request.ctx.account, visit_id)


async def _mine(account: SignedInPatient, visit_id: UUID) -> dict[str, Any]:
    one = await visits.visit(visit_id)
    if one is None or one.account_id != account.id or one.outcome is None:
        raise NotFound()
    (shown,) = await views.show_mine([one])
    return shown


@bp.post("/stopped-visits/<visit_id:uuid>/answer")
@api(
    guard=patient_only,
    body=forms.VisitAnswerForm,
    returns=shapes.MyStoppedVisit,
    creates=True,
    errors=(NotFound, AlreadySettled, HoldExpired, SomeoneWasFaster, PlacesLeft, AlreadyWaiting, TooManyWaiting),
    tag="appointments",
)
async def answer_mine(request: Request, visit_id: UUID, body: forms.VisitAnswerForm) -> dict[str, Any]:
    """Keep the new place, choose a held one, take the fee back, ask to be called, or wait before others."""
    await _mine(request.ctx.account, visit_id)
    wish = Wish(choice=body.choice, by=request.ctx.account.by, alternative_id=body.alternative_id)
    await answer(visit_id, wish)
    return await _mine(request.ctx.account, visit_id)
