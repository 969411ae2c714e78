"""The ladder over HTTP: steps, the list nobody may miss, decisions, watchers, rules, times."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request

from satisfaction.complaints import actions, ladder_actions, step_reads, step_rows
from satisfaction.complaints.actions import Step
from satisfaction.complaints.escalation_views import (
    EscalationAckView,
    EscalationCallsView,
    EscalationCallView,
    EscalationDecisionForm,
    EscalationPage,
    EscalationQuery,
    EscalationReport,
    EscalationReportQuery,
    EscalationSettingForm,
    EscalationSettingVersion,
    EscalationSettingView,
    EscalationsOfComplaint,
    EscalationStepTimes,
    EscalationView,
    EscalationWatchersForm,
    EscalationWatcherView,
)
from satisfaction.complaints.handlers import HANDLERS, LEADERS, READERS, sight_of
from satisfaction.complaints.rules import LEVEL_NAMES, Level
from satisfaction.complaints.steps import WHY, Setting
from satisfaction.errors import ConflictOfInterest, HandlerUnfit, LeaseUsedUp
from satisfaction.exporting import exported, wants_table
from server import clock
from server.accounts import Role
from server.auth import staff_only
from server.errors import Forbidden, IllegalMove, NotFound, SomeoneWasFaster
from server.tables import CSV, XLSX
from server.web import JSON, api, listing, moment

bp = Blueprint("escalations", url_prefix="/api/v1")

HISTORY_SHOWN = 20
RULERS = (Role.ADMIN, Role.SUPERVISOR)


# ---- steps ---------------------------------------------------------------------------------------------------------


@bp.get("/complaints/<complaint_id:uuid>/escalations")
@api(guard=staff_only(*READERS), returns=EscalationsOfComplaint, errors=(NotFound,), tag="complaints")
async def of_complaint(request: Request, complaint_id: UUID) -> EscalationsOfComplaint:
    """List the steps of a complaint: who was called when, who has it in hand until when."""
    return await _of_complaint(request, complaint_id)


async def _of_complaint(request: Request, complaint_id: UUID) -> EscalationsOfComplaint:
    staff = request.ctx.staff
    await actions.case_of(staff, complaint_id)
    rows = await step_reads.of_complaint(complaint_id, staff.id)
    setting = await step_rows.setting()
    return EscalationsOfComplaint(
        items=[_shown(row, may_decide=ladder_actions.may_decide(staff, setting, row)) for row in rows],
        watchers=[EscalationWatcherView(**row) for row in await step_reads.watchers(complaint_id)],
    )


@bp.get("/escalations")
@api(guard=staff_only(*HANDLERS), query=EscalationQuery, returns=EscalationPage, tag="complaints")
async def escalations(request: Request, query: EscalationQuery) -> dict[str, Any]:
    """List what waits for somebody: nobody has taken it on top, the oldest first."""
    staff = request.ctx.staff
    sight = sight_of(staff, HANDLERS)
    rows = await step_reads.listed(sight, query.state, after=query.after(), limit=query.limit)
    setting = await step_rows.setting()
    return listing(
        rows, query.limit, lambda row: _shown(row, may_decide=ladder_actions.may_decide(staff, setting, row))
    )


@bp.post("/escalations/<escalation_id:uuid>/acknowledgement")
@api(guard=staff_only(*HANDLERS), returns=EscalationView, errors=(NotFound, LeaseUsedUp), tag="complaints")
async def acknowledgement(request: Request, escalation_id: UUID) -> EscalationView:
    """Take a step for the time of a lease; of one that is settled nothing comes, and nothing is refused."""
    row = await ladder_actions.step_of(request.ctx.staff, escalation_id)
    if row["resolved_at"] is None:
        await actions.acknowledge(Step(request.ctx.staff, row["complaint_id"]))
    return await _again(request, escalation_id)


@bp.post("/escalations/<escalation_id:uuid>/decision")
@api(
    guard=staff_only(*HANDLERS),
    body=EscalationDecisionForm,
    returns=EscalationView,
    errors=(NotFound, Forbidden, IllegalMove),
    tag="complaints",
)
async def decision(request: Request, escalation_id: UUID, body: EscalationDecisionForm) -> EscalationView:
    """Write down what the committee has decided, as minutes on the time line; its steps are settled."""
    await ladder_actions.decide(request.ctx.staff, escalation_id, body.minutes)
    return await _again(request, escalation_id)


async def _again(request: Request, escalation_id: UUID) -> EscalationView:
    staff = request.ctx.staff
    row = await step_reads.one(escalation_id, staff.id)
    assert row is not None  # steps are never deleted
    return _shown(row, may_decide=ladder_actions.may_decide(staff, await step_rows.setting(), row))


@bp.put("/complaints/<complaint_id:uuid>/watchers")
@api(
    guard=staff_only(*HANDLERS),
    body=EscalationWatchersForm,
    returns=EscalationsOfComplaint,
    errors=(NotFound, ConflictOfInterest, HandlerUnfit),
    tag="complaints",
)
async def watch(request: Request, complaint_id: UUID, body: EscalationWatchersForm) -> EscalationsOfComplaint:
    """Set who follows a complaint without handling it; nobody who has a conflict of interest."""
    await ladder_actions.set_watchers(request.ctx.staff, complaint_id, body.staff_ids)
    return await _of_complaint(request, complaint_id)


def _shown(row: dict[str, Any], *, may_decide: bool) -> EscalationView:
    same = (
        *("id", "complaint_id", "number", "severity", "topic", "department_name", "handler_name", "clock", "cycle"),
        *("step", "state", "needed", "expired", "waits_for_me", "version"),
    )
    return EscalationView(
        **{name: row[name] for name in same},
        step_name=LEVEL_NAMES[Level(row["step"])],
        why=row["why"] or WHY[row["clock"]] if row["step"] else "负责处理",
        raised_at=moment(row["raised_at"]) or "",
        asked_at=moment(row["asked_at"]) or "",
        calls_now=row["pages"],
        next_look_at=moment(row["next_look_at"]),
        resolved_at=moment(row["resolved_at"]),
        acks=[EscalationAckView(**one) for one in row["acks"]],
        calls=[EscalationCallView(**one) for one in row["calls"]],
        may_decide=may_decide,
    )


# ---- rules and report ------------------------------------------------------------------------------------------------


@bp.get("/admin/escalation-settings")
@api(guard=staff_only(*RULERS), returns=EscalationSettingView, tag="complaints")
async def settings(request: Request) -> EscalationSettingView:
    """Give the rules of the ladder in force, and how they came about."""
    return await _settings()


@bp.put("/admin/escalation-settings")
@api(
    guard=staff_only(*RULERS),
    body=EscalationSettingForm,
    returns=EscalationSettingView,
    errors=(NotFound, SomeoneWasFaster),
    tag="complaints",
)
async def set_rules(request: Request, body: EscalationSettingForm) -> EscalationSettingView:
    """Set the rules of the ladder anew, as another version."""
    value = Setting.of(body.model_dump(exclude={"why", "version"}))
    await ladder_actions.set_rules(request.ctx.staff, value, why=body.why, version=body.version)
    return await _settings()


async def _settings() -> EscalationSettingView:
    history = await step_rows.setting_history(HISTORY_SHOWN)
    setting = await step_rows.setting()
    return EscalationSettingView(
        **setting.as_value(),
        version=history[0]["version"] if history else 0,
        history=[EscalationSettingVersion(**{**row, "at": moment(row["at"]) or ""}) for row in history],
    )


@bp.get("/reports/escalations")
@api(
    guard=staff_only(*LEADERS, Role.OPERATIONS),
    query=EscalationReportQuery,
    returns=EscalationReport,
    content_types=(JSON, CSV, XLSX),
    tag="reports",
)
async def report(request: Request, query: EscalationReportQuery) -> EscalationReport | HTTPResponse:
    """Give how long each level took to acknowledge, what ran out, and who was called how often on which day."""
    last = query.to or clock.today()
    first = query.from_ or last - timedelta(days=29)
    times, calls = await step_reads.report(first, last)
    total = sum(row["raised"] for row in times)
    high = sum(row["raised"] for row in times if row["step"] >= Level.HEAD)
    found = EscalationReport(
        first=first.isoformat(),
        last=last.isoformat(),
        steps=[_times(row) for row in times],
        second_or_higher=round(100 * high / total, 1) if total else None,
        calls=[EscalationCallsView(**{**row, "day": row["day"].isoformat()}) for row in calls],
    )
    if not wants_table(request):
        return found
    header = ["级别", "产生", "已受理", "未结束", "受理后超时", "转上一级", "受理用时中位数（分）", "90% 在几分钟内"]
    lines = [
        [
            one.step_name,
            *(str(n) for n in (one.raised, one.taken, one.open, one.expired, one.passed_on)),
            *("" if n is None else str(n) for n in (one.p50_minutes, one.p90_minutes)),
        ]
        for one in found.steps
    ]
    name = f"escalations-{found.first}-{found.last}"
    return await exported(request, [header, *lines], name=name, asked={"from": found.first, "to": found.last})


def _times(row: dict[str, Any]) -> EscalationStepTimes:
    same = ("step", "raised", "taken", "open", "expired", "passed_on")
    return EscalationStepTimes(
        **{name: row[name] for name in same},
        step_name=LEVEL_NAMES[Level(row["step"])],
        p50_minutes=None if row["p50"] is None else round(float(row["p50"]) / 60, 1),
        p90_minutes=None if row["p90"] is None else round(float(row["p90"]) / 60, 1),
    )
