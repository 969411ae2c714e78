"""How a desk takes its day along, sends what it scanned without the network, and decides what could not be merged."""

import asyncio
import gzip
from typing import Any
from uuid import UUID

import orjson
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from miniapp_api.checkin.errors import CheckInRefused
from miniapp_api.checkin.rules import EXPECTED
from miniapp_api.offline import conflicts, day, merging
from miniapp_api.offline.conflicts import Decision
from miniapp_api.offline.errors import ConflictResolved
from miniapp_api.offline.forms import (
    BatchForm,
    DeskConflictList,
    DeskConflictResolution,
    DeskConflictResolved,
    DeskConflictsQuery,
    DeskDayQuery,
    DeskDayView,
    MergedBatch,
    OfflineScanForm,
)
from miniapp_api.offline.merging import Batch, OfflineScan, Sender
from miniapp_api.offline.rules import Contact
from server import web
from server.accounts import Role
from server.auth import staff_only
from server.errors import SomeoneWasFaster
from server.privacy import mask_name, mask_phone
from server.web import api, moment

bp = Blueprint("offline", url_prefix="/api/v1")

guide = staff_only(Role.GUIDE)
WORTH_PACKING = 4096  # bytes


def _seed(request: Request) -> bytes:
    return request.app.ctx.settings.keys.code_signing


@bp.get("/desks/<desk_id:uuid>/day")
@api(guard=guide, query=DeskDayQuery, returns=DeskDayView, tag="desk")
async def the_day(request: Request, desk_id: UUID, query: DeskDayQuery) -> HTTPResponse:
    """Give a desk its day: the public key, the rules, who is expected; packed when the desk takes that."""
    known = await day.day_of(desk_id, request.ctx.staff, _seed(request))
    body = day.told(known, query.since)
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if len(body) >= WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
        body = await asyncio.to_thread(gzip.compress, body, 6)
        headers["Content-Encoding"] = "gzip"
    return raw(body, content_type=web.JSON, headers=headers)


@bp.post("/desks/<desk_id:uuid>/batches")
@api(guard=guide, body=BatchForm, returns=MergedBatch, errors=(SomeoneWasFaster,), tag="desk")
async def batch(request: Request, desk_id: UUID, body: BatchForm) -> HTTPResponse:
    """Take what a desk scanned without the network; each scan once, however often and in whichever order it comes."""
    taken = Batch(
        desk_id=desk_id,
        device_id=body.device_id,
        contact=Contact(body.contact.device_at, body.contact.server_at),
        sent_at=body.sent_at,
        scans=tuple(_scan(one) for one in body.scans),
    )
    sender = Sender(request.ctx.staff, web.language_of(request), _seed(request))
    return web.reply(f'{{"items":[{",".join(await merging.take(taken, sender))}]}}'.encode())


@bp.get("/desk/conflicts")
@api(guard=guide, query=DeskConflictsQuery, returns=DeskConflictList, tag="desk")
async def open_conflicts(request: Request, query: DeskConflictsQuery) -> dict[str, Any]:
    """List who was let in without the network and waits for a decision, oldest first."""
    rows = await conflicts.list_open(request.ctx.staff, desk_id=query.desk_id, after=query.after(), limit=query.limit)
    return web.listing(rows, query.limit, _show_conflict)


@bp.post("/desk/conflicts/<conflict_id:uuid>/resolution")
@api(
    guard=guide,
    body=DeskConflictResolution,
    returns=DeskConflictResolved,
    creates=True,
    errors=(ConflictResolved, CheckInRefused, SomeoneWasFaster),
    tag="desk",
)
async def resolve(request: Request, conflict_id: UUID, body: DeskConflictResolution) -> dict[str, Any]:
    """Let somebody in after all, or not."""
    ticket_id = await conflicts.decide(request.ctx.staff, conflict_id, Decision(body.act, body.reason))
    return {"ticket_id": str(ticket_id) if ticket_id else None}


def _scan(form: OfflineScanForm) -> OfflineScan:
    return OfflineScan(
        id=form.scan_id,
        order=form.order,
        scanned_at=form.scanned_at,
        outcome=form.outcome,
        code=form.code,
        appointment_id=form.appointment_id,
        reason=form.reason,
    )


def _show_conflict(row: dict[str, Any]) -> dict[str, Any]:
    told = orjson.loads(row["body"])
    is_named = row["patient_name"] is not None
    return {
        "id": str(row["id"]),
        "scan_id": str(row["scan_id"]),
        "reason": row["reason"],
        "desk_id": str(row["desk_id"]),
        "desk_name": row["desk_name"],
        "appointment_id": str(row["appointment_id"]) if row["appointment_id"] else None,
        "name": mask_name(row["patient_name"]) if is_named else None,
        "phone_masked": mask_phone(row["phone_tail"]) if is_named else None,
        "department": row["department_name"],
        "starts_at": moment(row["starts_at"]),
        "counted_at": moment(row["corrected_at"]),
        "time_source": row["time_source"],
        "found_at": moment(row["found_at"]),
        "ticket": row["label"],
        "message": told["message"],
        "next_step": told["next_step"],
        "can_check_in": row["label"] is not None or row["status"] in EXPECTED,
    }
