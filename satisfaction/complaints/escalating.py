"""What people do about the steps of the ladder: take them, go on, call for the next one, decide, hand over.

Every function needs the complaint's row locked, as `cases.locked` does.
"""

from datetime import datetime, timedelta
from uuid import UUID

from satisfaction.clocks import actions as clocks
from satisfaction.clocks.calendars import OFFICE, WORKDAYS
from satisfaction.complaints import call_facts, calling, handlers, models, rules, step_rows, steps, timeline
from satisfaction.complaints.keeping_time import happened
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.rules import Clock, Level
from satisfaction.complaints.steps import PRESSES, WHY, Reason, Setting, StepState
from satisfaction.errors import LeaseUsedUp
from server import clock, db
from server.events import publish, publish_all
from server.facts import ComplaintAcknowledged, ComplaintAssigned, ComplaintStepsSettled
from server.history import SYSTEM, By
from server.hospital import OnDuty
from server.jobs import ring

WATCH = "watch_complaints"
SECOND_REOPENING = 3  # the round that begins when the patient was not satisfied twice


async def raised(complaint: Complaint) -> tuple[UUID, ...]:
    """Make whoever handles a complaint responsible for it from now on: they are called, and have to acknowledge.

    Give those of them whose budget of calls is used up: they hear of it in one message for all.
    """
    more = _at_once(complaint)
    if complaint.handler_id is None:
        more.append((complaint.id, str(Reason.NO_HANDLER), complaint.cycle, int(Level.COMMITTEE), ""))
    if more:
        await step_rows.raise_all(more, by=SYSTEM)
        ring(WATCH)
    if complaint.handler_id is None:
        return ()
    mine = (complaint.id, str(Clock.ACKNOWLEDGEMENT), complaint.cycle, int(Level.HANDLER), "")
    ids = await step_rows.raise_all([mine], by=SYSTEM)
    if not ids:
        rows = await db.fetch(step_rows.ASK_ANEW, complaint.id, complaint.cycle)
        await step_rows.moved(
            [(row["id"], row["was"]) for row in rows if row["was"] == StepState.ACKNOWLEDGED],
            StepState.NOTIFIED,
            by=SYSTEM,
            why="其他人处理",
        )
    return await _call_handler(complaint, complaint.handler_id)


def _at_once(complaint: Complaint) -> list[tuple[UUID, str, int, int, str]]:
    found = []
    if complaint.severity == "A":
        found.append((complaint.id, str(Reason.SEVERITY), complaint.cycle, int(Level.HEAD), ""))
    if complaint.cycle >= SECOND_REOPENING:
        found.append((complaint.id, str(Reason.REOPENED), complaint.cycle, int(Level.COMMITTEE), ""))
    return found


async def _call_handler(complaint: Complaint, handler_id: UUID) -> tuple[UUID, ...]:
    """Count the call that the fact of a new complaint, a hand-over or another round is."""
    setting = await step_rows.setting()
    rows = [row for row in await step_rows.open_of(complaint.id) if row["step"] == Level.HANDLER]
    for row in rows:
        old = row["state"]
        row |= {"state": str(StepState.NOTIFIED), "pages": 1, "paged_at": clock.now()}
        row["next_look_at"] = calling.stand_of(row).next_look(setting)
        if old == StepState.RAISED:
            await step_rows.moved([(row["id"], old)], StepState.NOTIFIED, by=SYSTEM)
    await step_rows.write(rows)
    pooled = await step_rows.call([(row["id"], handler_id, int(Level.HANDLER)) for row in rows], setting.pages_per_hour)
    await publish_all(await call_facts.beyond_budget(pooled, setting))
    return tuple(sorted(staff_id for (_, staff_id), is_pooled in pooled.items() if is_pooled))


async def hand_over(complaint: Complaint, to: OnDuty, *, by: By, reason: str) -> None:
    """Tell the time line and the new handler; until it is answered, the new handler has to acknowledge it anew."""
    entry_id = await timeline.write(complaint, "assignment", f"由 {to.name} 处理。{reason}", by=by)
    pooled: tuple[UUID, ...] = ()
    if complaint.state in rules.UNANSWERED:
        await happened(complaint, "unacknowledged", entry_id=entry_id)
        pooled = await raised(complaint)
    await publish(
        ComplaintAssigned(
            complaint_id=complaint.id,
            number=complaint.number,
            severity=complaint.severity,
            topic=complaint.topic,
            department_name=await models.department_name(complaint.department_id),
            handler_id=to.id,
            handler_name=to.name,
            cycle=complaint.cycle,
            acknowledge_due_at=complaint.acknowledge_due_at,
            response_due_at=complaint.response_due_at,
            pooled_ids=pooled,
        )
    )


async def assign_waiting(complaint: Complaint, *, reason: str = "值班人员到岗，系统分派") -> bool:
    """Give a complaint without a handler, or with one who must not have it, to whoever is free; tell whether one is."""
    chosen = await handlers.choose(complaint)
    if chosen is None or chosen.id == complaint.handler_id:
        return False
    await handlers.take_on(complaint, chosen.id, by=SYSTEM)
    await hand_over(complaint, chosen, by=SYSTEM, reason=reason)
    return True


async def taken_away(complaint: Complaint) -> None:
    """Free a complaint of a handler who turned out to have a conflict of interest; somebody else gets it, or nobody."""
    if not await assign_waiting(complaint, reason="原处理人需要回避，系统重新分派"):
        await models.change(complaint, handler_id=None)
        await timeline.write(complaint, "assignment", "原处理人需要回避，暂无可以处理的人。", by=SYSTEM)
        await raised(complaint)


# ---- taking it -----------------------------------------------------------------------------------------------------


async def acknowledged(complaint: Complaint, by: By, *, is_first: bool, is_strict: bool = True) -> None:
    """Give somebody a lease on the steps that call them. Pressing again prolongs it twice at most.

    is_first: nobody had acknowledged the complaint before. is_strict: refuse when nothing came of it.
    Raises: LeaseUsedUp.
    """
    assert by.id is not None  # staff have ids
    roles = await models.roles_of(by.id) or set()
    until = await lease_until(complaint.severity, await step_rows.setting())
    is_used_up = is_changed = False
    for row in await db.fetch(step_rows.TAKING, complaint.id, by.id):
        level = _audience(row, roles)
        if level is None:
            continue
        if row["until"] is not None:
            is_again = steps.is_counted_press(row["at"], row["until"], clock.now())
            if is_again and row["presses"] >= PRESSES:
                is_used_up = True
            if not is_again or row["presses"] >= PRESSES:
                continue
        await step_rows.lease(row["id"], by.id, level=level, until=until, is_press=True)
        is_changed = True
    if is_changed or is_first:
        await _renewed(complaint, by)
        still = (await step_rows.still_called([complaint.id])).get(complaint.id, ())
        await publish(ComplaintAcknowledged(complaint_id=complaint.id, staff_id=by.id, still_called=still))
    elif is_used_up and is_strict:
        raise LeaseUsedUp()


def _audience(row: dict, roles: set[str]) -> int | None:
    """Give for which audience of a step somebody may take it; None when it does not call them.

    Whoever takes a complaint takes what its handler has to; a higher step is taken by who was called or has the role.
    """
    if row["step"] == Level.HANDLER:
        is_anothers = row["state"] == StepState.ACKNOWLEDGED and row["until"] is None
        return None if is_anothers else int(Level.HANDLER)
    if row["called"] is not None:
        return int(row["called"])
    return next((int(level) for level in steps.AUDIENCES[row["step"]] if calling.ROLES[level] in roles), None)


async def waits_for(complaint_id: UUID, staff_id: UUID) -> bool:
    """Tell whether a step of a complaint calls somebody who has not taken it, or whose lease has run out."""
    return staff_id in (await step_rows.still_called([complaint_id])).get(complaint_id, ())


async def progressed(complaint: Complaint, by: By) -> None:
    """Begin the leases of a complaint anew, because something was really done about it."""
    until = await lease_until(complaint.severity, await step_rows.setting())
    if await db.fetch(step_rows.PROLONG, complaint.id, until, by.id):
        await _renewed(complaint, by)


async def _renewed(complaint: Complaint, by: By) -> None:
    """Write which steps are in hand now, and when to look again."""
    setting = await step_rows.setting()
    rows = await step_rows.open_of(complaint.id)
    over = [row["id"] for row in rows if row["is_over"]]
    await step_rows.resolve(over, by=by)
    rows = [row for row in rows if not row["is_over"]]
    for row in rows:
        if row["state"] != StepState.ACKNOWLEDGED and len({level for _, level, _ in row["leases"]}) >= row["needed"]:
            await step_rows.moved([(row["id"], row["state"])], StepState.ACKNOWLEDGED, by=by)
            row |= {"state": str(StepState.ACKNOWLEDGED), "acknowledged_at": row["acknowledged_at"] or clock.now()}
        row["next_look_at"] = calling.stand_of(row).next_look(setting)
    await step_rows.write(rows)


async def lease_until(severity: str, setting: Setting) -> datetime:
    """Give until when an acknowledgement of now lasts: minutes for A, working hours for B, working days for C."""
    now = clock.now()
    if severity == "A":
        return now + timedelta(minutes=setting.lease_a_minutes)
    today = clock.today()
    if severity == "B":
        office = await clocks.calendar(OFFICE, today, today + timedelta(days=14))
        return office.add(now, timedelta(minutes=setting.lease_b_work_minutes))
    days = await clocks.calendar(WORKDAYS, today, today + timedelta(days=14))
    return days.add(now, timedelta(days=setting.lease_c_work_days))


# ---- calling for more, deciding --------------------------------------------------------------------------------------


async def call_for(complaint: Complaint, to: Level, *, by: By, why: str) -> None:
    """Put a complaint on a level because a person asks for it: its people are called at once."""
    step = (complaint.id, str(Reason.BY_HAND), complaint.cycle, int(to), f"{WHY[Reason.BY_HAND]}：{why}")
    for escalation_id in await step_rows.raise_all([step], by=by):
        await calling.look(await step_rows.claimed_one(escalation_id), by=by)
    await complaint.refresh_from_db(fields=["level", "version"])


async def decided(complaint: Complaint, minutes: str, *, by: By) -> None:
    """Write down what the committee has decided; its steps are settled."""
    await timeline.write(complaint, "step", f"院委会决定：{minutes}", by=by)
    await models.change(complaint)
    ids = [row["id"] for row in await step_rows.open_of(complaint.id) if row["step"] == Level.COMMITTEE]
    await step_rows.resolve(ids, by=by, why="已有决定")
    still = await step_rows.still_called([complaint.id])
    await publish(ComplaintStepsSettled(complaint.id, still.get(complaint.id, ())))
    await progressed(complaint, by)
