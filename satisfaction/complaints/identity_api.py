"""Sealed identities over HTTP: seal, ask, decide, look."""

from typing import Any
from uuid import UUID

from sanic import Blueprint, Request

from satisfaction.complaints import actions, unsealing
from satisfaction.complaints.forms import ReasonForm
from satisfaction.complaints.handlers import HANDLERS, LEADERS
from satisfaction.complaints.serving import handlers_only, readers_only, sealed
from satisfaction.errors import IdentityClosed, NotSealed, OpenedByTwo, UnsealingOver
from satisfaction.sealing import models as sealing
from satisfaction.sealing.rules import UnsealingState
from server import clock
from server.accounts import SignedInStaff
from server.auth import patient_only, staff_only
from server.errors import IllegalMove
from server.web import View, api, moment

bp = Blueprint("identities", url_prefix="/api/v1")


class UnsealingView(View):
    """A request to open the identity. may_decide: the caller may. open_until: as long as it is open for who asked."""

    id: UUID
    state: str
    asked_name: str
    asked_at: str
    is_mine: bool
    why: str
    decided_name: str
    decided_at: str | None
    open_until: str | None
    may_decide: bool


class SealView(View):
    """How an identity is sealed. may_seal, may_ask: the caller may do that now."""

    is_sealed: bool
    may_seal: bool
    may_ask: bool
    is_open_for_me: bool
    requests: list[UnsealingView]


class IdentityView(View):
    """Whom a sealed complaint is from; each look is written down."""

    patient_name: str
    phone: str
    patient_id: UUID | None
    encounter_id: UUID | None
    open_until: str


class OpeningView(View):
    """Who opened the patient's identity together with whom, when and why."""

    asked_name: str
    decided_name: str
    why: str
    at: str
    looks: int


class OpeningList(View):
    """Whether the complaint is sealed, and who has opened it."""

    is_sealed: bool
    items: list[OpeningView]


@bp.get("/complaints/<complaint_id:uuid>/seal")
@api(guard=readers_only, returns=SealView, tag="complaints")
async def seal_of(request: Request, complaint_id: UUID) -> SealView:
    """Show whether the identity is sealed, and who asked to open it."""
    return await _shown(request.ctx.staff, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/sealing")
@api(guard=staff_only(*LEADERS), body=ReasonForm, returns=SealView, creates="itself", tag="complaints")
@sealed()
async def seal(request: Request, complaint_id: UUID, body: ReasonForm) -> SealView:
    """Seal the identity: from now on it is shown to nobody but by two people's leave."""
    await unsealing.seal(request.ctx.staff, complaint_id, reason=body.reason)
    return await _shown(request.ctx.staff, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/unsealing")
@api(
    guard=handlers_only, body=ReasonForm, returns=SealView, status=201, creates="itself", errors=(NotSealed,),
    tag="complaints",
)  # fmt: skip
@sealed(201)
async def ask(request: Request, complaint_id: UUID, body: ReasonForm) -> SealView:
    """Ask to see the identity; a supervisor or the committee decides, never who asked."""
    await unsealing.ask(request.ctx.staff, complaint_id, reason=body.reason)
    return await _shown(request.ctx.staff, complaint_id)


@bp.post("/unsealings/<unsealing_id:uuid>/approval")
@api(
    guard=staff_only(*unsealing.APPROVERS), returns=SealView, creates="itself",
    errors=(OpenedByTwo, UnsealingOver, IllegalMove), tag="complaints",
)  # fmt: skip
@sealed()
async def approve(request: Request, unsealing_id: UUID) -> SealView:
    """Open the identity for half an hour, for who asked."""
    complaint_id = await unsealing.decide(request.ctx.staff, unsealing_id, is_approved=True)
    return await _shown(request.ctx.staff, complaint_id)


@bp.post("/unsealings/<unsealing_id:uuid>/refusal")
@api(
    guard=staff_only(*unsealing.APPROVERS), returns=SealView, creates="itself",
    errors=(OpenedByTwo, UnsealingOver, IllegalMove), tag="complaints",
)  # fmt: skip
@sealed()
async def refuse(request: Request, unsealing_id: UUID) -> SealView:
    """Leave the identity sealed."""
    complaint_id = await unsealing.decide(request.ctx.staff, unsealing_id, is_approved=False)
    return await _shown(request.ctx.staff, complaint_id)


@bp.get("/complaints/<complaint_id:uuid>/identity")
@api(guard=handlers_only, returns=IdentityView, errors=(NotSealed, IdentityClosed), tag="complaints")
async def identity(request: Request, complaint_id: UUID) -> IdentityView:
    """Show a sealed identity that is open for the caller; the patient sees that it was looked at."""
    found = await unsealing.look(request.ctx.staff, complaint_id)
    return IdentityView(**{**vars(found), "open_until": moment(found.open_until) or ""})


@bp.get("/complaints/<complaint_id:uuid>/openings")
@api(guard=patient_only, returns=OpeningList, tag="complaints")
async def openings(request: Request, complaint_id: UUID) -> OpeningList:
    """Show the patient who has opened their identity, with whose leave, and why."""
    row = await actions.complaint_of(request.ctx.account, complaint_id)
    return OpeningList(
        is_sealed=row["is_sealed"],
        items=[
            OpeningView(
                asked_name=one["asked_name"],
                decided_name=one["decided_name"],
                why=one["why"],
                at=moment(one["decided_at"]) or "",
                looks=one["looks"],
            )
            for one in await sealing.of_complaint(complaint_id)
            if one["state"] == UnsealingState.APPROVED
        ],
    )


async def _shown(staff: SignedInStaff, complaint_id: UUID) -> SealView:
    row = await actions.case_of(staff, complaint_id)
    # why somebody asked may hold words about the patient: who only reads the case learns that it is sealed
    requests = await sealing.of_complaint(complaint_id) if staff.may(*HANDLERS) else []
    mine = [one for one in requests if one["asked_by"] == staff.id and _is_going(one)]
    return SealView(
        is_sealed=row["is_sealed"],
        may_seal=not row["is_sealed"] and staff.may(*LEADERS),
        may_ask=row["is_sealed"] and not mine and staff.may(*HANDLERS),
        is_open_for_me=any(one["state"] == UnsealingState.APPROVED for one in mine),
        requests=[_request(one, staff) for one in requests],
    )


def _is_going(one: dict[str, Any]) -> bool:
    return one["state"] in (UnsealingState.ASKED, UnsealingState.APPROVED) and clock.now() < one["expires_at"]


def _request(one: dict[str, Any], staff: SignedInStaff) -> UnsealingView:
    is_over = one["state"] == UnsealingState.ASKED and not _is_going(one)
    return UnsealingView(
        id=one["id"],
        state=UnsealingState.EXPIRED if is_over else one["state"],
        asked_name=one["asked_name"],
        asked_at=moment(one["asked_at"]) or "",
        is_mine=one["asked_by"] == staff.id,
        why=one["why"],
        decided_name=one["decided_name"] or "",
        decided_at=moment(one["decided_at"]),
        open_until=moment(one["expires_at"]) if one["state"] == UnsealingState.APPROVED else None,
        may_decide=unsealing.may_decide(staff, one, clock.now()),
    )
