"""How people enter draws, how anybody checks them, and how staff look at them."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from sanic import Blueprint, HTTPResponse, Request

from miniapp_api.errors import AlreadyBooked, Suspended
from miniapp_api.release import actions, reserve
from miniapp_api.release.errors import AlreadyEntered, DrawClosed, DrawNotDone, DrawNotOpen
from miniapp_api.release.proof import DrawRecord
from miniapp_api.release.rules import CHOICES_AT_MOST
from miniapp_api.release.views import (
    DrawDetail,
    DrawEntryList,
    DrawEntryView,
    DrawList,
    ReserveReturnList,
    StaffDrawEntryList,
    show_band,
    show_draw,
    show_entry,
    show_entry_to_staff,
    show_return,
)
from server.accounts import Role
from server.auth import patient_only, staff_only
from server.errors import Forbidden, NotFound, SomeoneWasFaster
from server.web import Form, Paging, api, listing, reply

bp = Blueprint("release", url_prefix="/api/v1")

_HEADS = staff_only(Role.DEPARTMENT_HEAD)  # an administrator may all


class DrawEntryForm(Form):
    """Who enters, and for which bands of the session, the dearest first."""

    patient_id: UUID
    slot_ids: Annotated[list[UUID], Field(min_length=1, max_length=CHOICES_AT_MOST)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.slot_ids)) != len(self.slot_ids):
            raise ValueError("each band once")
        return self


class DrawsQuery(Paging):
    """Which draws. has_opened: those that people could enter already, or those that come."""

    department: UUID | None = None
    state: Literal["waiting", "drawn", "cancelled"] | None = None
    has_opened: bool | None = None


class ReturnsQuery(Paging):
    """Of which department."""

    department: UUID | None = None


@bp.get("/draws/<draw_id:uuid>")
@api(returns=DrawDetail, errors=(NotFound,), tag="draws")
async def draw(request: Request, draw_id: UUID) -> dict[str, Any]:
    """Give a draw by its id or its session's: the promise before, the seed after."""
    seen = await actions.draw(draw_id)
    return {**show_draw(seen), "bands": [show_band(row) for row in await actions.bands(seen.session_id)]}


@bp.get("/draws/<draw_id:uuid>/record")
@api(returns=DrawRecord, errors=(NotFound, DrawNotDone), tag="draws")
async def record(request: Request, draw_id: UUID) -> HTTPResponse:
    """Give the public record of a draw that is done; `hospital draw verify` computes it again."""
    found = await actions.record(draw_id)
    return reply(found, headers={"Content-Disposition": f'attachment; filename="draw-{found["draw_id"]}.json"'})


@bp.post("/draws/<draw_id:uuid>/entries")
@api(
    guard=patient_only,
    body=DrawEntryForm,
    returns=DrawEntryView,
    status=201,
    creates=True,
    errors=(NotFound, DrawNotOpen, DrawClosed, AlreadyEntered, AlreadyBooked, Suspended, SomeoneWasFaster),
    tag="draws",
)
async def enter(request: Request, draw_id: UUID, body: DrawEntryForm) -> dict[str, Any]:
    """Enter a person into a draw. Everybody has one entry; entering again only changes its bands."""
    return show_entry(await actions.enter(request.ctx.account, draw_id, body.patient_id, body.slot_ids))


@bp.get("/draws/<draw_id:uuid>/entries")
@api(guard=patient_only, returns=DrawEntryList, tag="draws")
async def entries_of_draw(request: Request, draw_id: UUID) -> dict[str, Any]:
    """List my people's entries in a draw."""
    rows = await actions.entries_of_draw(request.ctx.account, draw_id)
    return {"items": [show_entry(row) for row in rows], "next": None}


@bp.get("/draw-entries")
@api(guard=patient_only, query=Paging, returns=DrawEntryList, tag="draws")
async def entries(request: Request, query: Paging) -> dict[str, Any]:
    """List my people's entries, the latest first."""
    return listing(await actions.entries_of(request.ctx.account, query.after(), query.limit), query.limit, show_entry)


@bp.get("/draw-entries/<entry_id:uuid>")
@api(guard=patient_only, returns=DrawEntryView, errors=(NotFound,), tag="draws")
async def entry(request: Request, entry_id: UUID) -> dict[str, Any]:
    """Give one of my people's entries."""
    return show_entry(await actions.entry_of(request.ctx.account, entry_id))


@bp.post("/draw-entries/<entry_id:uuid>/withdrawal")
@api(guard=patient_only, returns=DrawEntryView, errors=(NotFound, DrawClosed), tag="draws")
async def withdraw(request: Request, entry_id: UUID) -> dict[str, Any]:
    """Take an entry back while the draw is open."""
    return show_entry(await actions.withdraw(request.ctx.account, entry_id))


# ---- staff ---------------------------------------------------------------------------------------------------------


@bp.get("/admin/draws")
@api(guard=_HEADS, query=DrawsQuery, returns=DrawList, errors=(Forbidden,), tag="draws")
async def draws(request: Request, query: DrawsQuery) -> dict[str, Any]:
    """List the draws of my departments, the latest first."""
    wanted = actions.Wanted(
        department_id=query.department, state=query.state, has_opened=query.has_opened, after=query.after()
    )
    rows = await actions.draws(request.ctx.staff, wanted, query.limit)
    return listing(rows, query.limit, show_draw)


@bp.get("/admin/draws/<draw_id:uuid>/entries")
@api(guard=_HEADS, query=Paging, returns=StaffDrawEntryList, errors=(NotFound, Forbidden), tag="draws")
async def entries_for_staff(request: Request, draw_id: UUID, query: Paging) -> dict[str, Any]:
    """List the entries of a draw in its order; names are masked."""
    seen = await actions.draw_of(request.ctx.staff, draw_id)
    rows = await actions.entries_for_staff(seen.id, query.after(), query.limit)
    return listing(rows, query.limit, show_entry_to_staff)


@bp.get("/admin/reserve-returns")
@api(guard=_HEADS, query=ReturnsQuery, returns=ReserveReturnList, errors=(Forbidden,), tag="schedules")
async def returns(request: Request, query: ReturnsQuery) -> dict[str, Any]:
    """List the desk's places that went to the mini-app, newest first."""
    departments = actions.planned(request.ctx.staff, query.department)
    return listing(await reserve.returns(departments, query.after(), query.limit), query.limit, show_return)
