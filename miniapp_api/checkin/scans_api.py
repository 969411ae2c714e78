"""What a guide does about a scan that was refused, and the record of scans."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sanic import Blueprint, HTTPResponse, Request

from miniapp_api.checkin import records, rules, settling
from miniapp_api.checkin.api import ScanView
from miniapp_api.checkin.errors import CheckInRefused, ScanNotSettled, ScanSettled
from miniapp_api.checkin.settling import Deed
from server import web
from server.accounts import Role
from server.auth import staff_only
from server.errors import SomeoneWasFaster
from server.privacy import mask_name
from server.web import Form, Paging, ShortText, View, api, listing, moment

bp = Blueprint("scans", url_prefix="/api/v1")

guide = staff_only(Role.GUIDE)
REFUSALS = (CheckInRefused, ScanNotSettled, ScanSettled, SomeoneWasFaster)
PATIENTS = frozenset({"miniapp", "web", "poster"})  # channels by which patients scan themselves
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]


class ScanOverrideForm(Form):
    """Why somebody is let in whom a scan refused for the time."""

    reason: ShortText


class ForwardingForm(Form):
    """What is done for somebody who came to the wrong department.

    check_in: at the right one, at once; reason: needed when the time is wrong too. show_way: told where to go.
    """

    act: Literal["check_in", "show_way"]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class ScansQuery(Paging):
    """Which scans; without a date those of today, but all of an appointment's when one is named."""

    date: Day | None = None
    desk: UUID | None = None
    outcome: Literal["accepted", "already_checked_in", "refused"] | None = None
    reason: Annotated[str, StringConstraints(max_length=40)] | None = None
    appointment: UUID | None = None


class ScanDesk(View):
    """Where it was scanned."""

    id: str
    name: str


class ScanTicket(View):
    """The ticket that a scan brought, or met."""

    id: str
    number: str
    state: str


class ScanDeed(View):
    """What a guide did about a scan. act: override, moved, shown_the_way, annulled."""

    act: str
    at: str
    by: str
    why: str


class ScanRecord(View):
    """One scan, the patient's name masked. channel: how it came. by: the guide; null when the patient scanned the desk.

    acts: what a guide may still do about it: override, move, show_way.
    """

    id: str
    at: str
    scanned_at: str | None
    channel: str
    by: str | None
    is_by_patient: bool
    desk: ScanDesk | None
    outcome: str
    reason: str | None
    appointment_id: str | None
    patient_name: str | None
    department: str | None
    ticket: ScanTicket | None
    settled: ScanDeed | None
    annulled: ScanDeed | None
    acts: list[str]


class ScanList(View):
    """A page of scans, the newest first."""

    items: list[ScanRecord]
    next: str | None


def _deed(request: Request, scan_id: UUID, reason: str) -> Deed:
    return Deed(request.ctx.staff, scan_id, reason, web.language_of(request))


@bp.post("/desk/scans/<scan_id:uuid>/override")
@api(guard=guide, body=ScanOverrideForm, returns=ScanView, status=201, creates=True, errors=REFUSALS, tag="desk")
async def override(request: Request, scan_id: UUID, body: ScanOverrideForm) -> HTTPResponse:
    """Let in whom a scan refused as wrong_day, too_early or too_late, for a reason that is kept with the scan."""
    return web.reply((await settling.override(_deed(request, scan_id, body.reason))).encode(), 201)


@bp.post("/desk/scans/<scan_id:uuid>/forwarding")
@api(guard=guide, body=ForwardingForm, returns=ScanView, status=201, creates=True, errors=REFUSALS, tag="desk")
async def forward(request: Request, scan_id: UUID, body: ForwardingForm) -> HTTPResponse:
    """Check somebody in where they belong who was scanned at the wrong desk, or keep that they know the way."""
    deed = _deed(request, scan_id, body.reason)
    answer = await (settling.move(deed) if body.act == "check_in" else settling.show_the_way(deed))
    return web.reply(answer.encode(), 201)


@bp.get("/desk/scans")
@api(guard=staff_only(*records.READERS), query=ScansQuery, returns=ScanList, tag="desk")
async def scans(request: Request, query: ScansQuery) -> dict[str, Any]:
    """List scans, the refused ones too, the newest first."""
    question = records.Question(query.date, query.desk, query.outcome, query.reason, query.appointment)
    rows = await records.scans(request.ctx.staff, question, after=query.after(), limit=query.limit)
    return listing(rows, query.limit, _show)


def _show(row: dict[str, Any]) -> dict[str, Any]:
    ticket = {"id": str(row["ticket_id"]), "number": row["ticket_label"], "state": row["ticket_state"]}
    is_open = row["settled"] is None and row["patient_name"] is not None
    judged = rules.Judgement(row["outcome"], row["reason"])
    return {
        "id": str(row["id"]),
        "at": moment(row["at"]),
        "scanned_at": moment(row["scanned_at"]),
        "channel": row["channel"],
        "by": row["by_name"],
        "is_by_patient": row["channel"] in PATIENTS,
        "desk": {"id": str(row["desk_id"]), "name": row["desk_name"]} if row["desk_id"] else None,
        "outcome": row["outcome"],
        "reason": row["reason"],
        "appointment_id": str(row["appointment_id"]) if row["appointment_id"] else None,
        "patient_name": mask_name(row["patient_name"]) if row["patient_name"] else None,
        "department": row["department_name"],
        "ticket": ticket if row["ticket_id"] else None,
        "settled": _did(row, "settled", row["settled"]),
        "annulled": _did(row, "annulled", "annulled" if row["annulled_at"] else None),
        "acts": rules.acts(judged) if is_open else [],
    }


def _did(row: dict[str, Any], name: str, act: str | None) -> dict[str, Any] | None:
    if act is None:
        return None
    return {"act": act, "at": moment(row[f"{name}_at"]), "by": row[f"{name}_by_name"], "why": row[f"{name}_why"]}
