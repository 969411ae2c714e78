"""Raise, repeat, acknowledge and resolve alerts. The live screen hears of each in the transaction of the change."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog

from notifications import hub
from notifications.alerts.summons import Alarming, Summons, called_again, summons_of, to_patient
from notifications.channels.wecom_robot import MENTIONED
from notifications.models import Alert
from notifications.notices.notice import BULK, URGENT, Notice
from notifications.routing.ways import reaches_staff
from notifications.rules import ALERT, AlertState, MessageClass, repeat_pause
from server import clock, db, live
from server.accounts import SignedInStaff
from server.errors import NotFound
from server.events import publish
from server.facts import (
    AlertAcknowledged,
    AnswerSettled,
    CallClaimed,
    ComplaintAcknowledged,
    ComplaintAssigned,
    ComplaintCalledAgain,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintStepsSettled,
    DutyCovered,
    HolidaysKnown,
    OfflineConflictSettled,
    PagesPooled,
    ProviderBack,
    ReportRead,
    ScheduleConflictsFound,
    ScheduleConflictsSettled,
    SignalRaised,
    SignalSettled,
    TriageConfirmed,
    TriageRaised,
    TriageSettled,
    WaitsHold,
    WebhookSettled,
)
from server.history import INSERT_TRANSITION, SYSTEM, born, move
from server.hospital import on_duty
from server.ids import new_id
from server.web import moment

log = structlog.get_logger("alerts")

LADDER = (0, 1, 2, 3)  # who is asked when nobody is named: the first level at which somebody is on duty
CHATTED = ("complaint_filed", "complaint_assigned", "complaint_reopened", "complaint_escalated", "complaint_again")
BATCH = 200

RAISE = """
INSERT INTO alert (id, key, kind, subject_kind, subject_id, staff_id, level, severity, title, detail, state, raised_at,
                   repeat_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'raised', app_now(), app_now() + $11::interval)
ON CONFLICT (key) DO NOTHING RETURNING *
"""

# $1 subject, $2 keys of alerts that go on, $3 who took the subject on, if anybody did.
RESOLVE = """
WITH open AS (
    SELECT id, state FROM alert
    WHERE subject_id = $1 AND state IN ('raised', 'acknowledged') AND NOT (key = ANY($2::text[]))
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE alert a SET state = 'resolved', resolved_at = app_now(), repeat_at = NULL, version = a.version + 1,
                   acknowledged_at = coalesce(a.acknowledged_at, CASE WHEN a.staff_id = $3 THEN app_now() END)
FROM open WHERE a.id = open.id RETURNING a.*, open.state AS was
"""


# What one who was called does not end: the alerts of the other audience, and their own. $1 subject, $2 their alert
GOING_ON = """
SELECT a.key FROM alert a JOIN alert taken ON taken.id = $2
WHERE a.subject_id = $1 AND (a.kind <> taken.kind OR a.state <> 'raised')
"""


# $1 subject, $2 somebody
OF_OTHERS = "SELECT key FROM alert WHERE subject_id = $1 AND staff_id <> $2"


# Alerts of a complaint that say something else than that somebody has to take a step of it
MESSAGES = (
    "SELECT key FROM alert WHERE subject_id = $1"
    " AND kind IN ('complaint_message', 'complaint_warning', 'complaint_harm')"
)
BARRED = "SELECT DISTINCT staff_id FROM complaint_conflict WHERE complaint_id = $1"
OF_PEOPLE = "SELECT key FROM alert WHERE subject_id = $1 AND staff_id = ANY($2::uuid[])"
NOT_OF_STEPS = (
    "SELECT key FROM alert WHERE subject_id = $1"
    " AND kind NOT IN ('complaint_escalated', 'complaint_again', 'complaint_unanswered', 'complaint_warning')"
)


async def call_staff(fact: Alarming) -> None:
    """Call the staff whom a fact concerns: an alert for each, and one message of the robot for all of them."""
    if isinstance(fact, ComplaintEscalated) and fact.pooled_ids and not fact.staff_ids:
        return  # each of them hears of it in one message for all
    summons = await _without_barred(summons_of(fact))
    names = summons.staff_ids or await _whoever_is_on_duty(summons)
    if isinstance(fact, ComplaintAssigned):
        summons = await _numbered(summons)
    await _call(summons, names)
    if isinstance(fact, ComplaintAssigned):
        going_on = [_key(summons, staff_id) for staff_id in names]
        await _resolve(summons.subject_id, going_on=going_on, why="转交给其他处理人")
    if isinstance(fact, PagesPooled):  # so does the new one of another hour
        await _resolve(summons.subject_id, going_on=[_key(summons, staff_id) for staff_id in names], why="有新的提醒")
    if isinstance(fact, ScheduleConflictsFound):  # the new alert counts what the earlier one told
        await _resolve(summons.subject_id, going_on=[_key(summons, staff_id) for staff_id in names], why="有新的冲突")
    if summons.is_chatted and not (names and set(names) <= set(summons.pooled_ids)):
        await hub.post(await _chat(summons, names), hub.To(staff_id=names[0] if len(names) == 1 else None))


async def call_to_patient(fact: TriageRaised) -> None:
    """Call the rooms and the emergency department to a patient who got worse."""
    for summons in to_patient(fact):
        names = summons.staff_ids or await _whoever_is_on_duty(summons)
        await _call(summons, names)
        if summons.is_chatted:
            await hub.post(await _chat(summons, names), hub.To(staff_id=names[0] if len(names) == 1 else None))


async def patient_taken(fact: AlertAcknowledged) -> None:
    """Let the others fall silent when one of those who were called has gone to the patient."""
    if fact.subject_kind == "ticket":
        going_on = [row["key"] for row in await db.fetch(GOING_ON, fact.subject_id, fact.alert_id)]
        await _resolve(fact.subject_id, going_on=going_on, why=f"{fact.staff_name}已前往")


async def harm_taken(fact: AlertAcknowledged) -> None:
    """Let the others fall silent when one of those who may read anonymous words of harm sees to them."""
    if fact.subject_kind == "anonymous_harm":
        going_on = [row["key"] for row in await db.fetch(GOING_ON, fact.subject_id, fact.alert_id)]
        await _resolve(fact.subject_id, going_on=going_on, why=f"{fact.staff_name}已查看")


async def call_taken(fact: CallClaimed) -> None:
    """End the alerts about an alarming answer: somebody calls the patient."""
    await _resolve(fact.call_task_id, taken_by=fact.staff_id, why="已有人联系患者")


async def report_read(fact: ReportRead) -> None:
    """End the alert of who has read a report; the others have theirs still."""
    going_on = [row["key"] for row in await db.fetch(OF_OTHERS, fact.report_id, fact.staff_id)]
    await _resolve(fact.report_id, going_on=going_on, why="报告已阅", taken_by=fact.staff_id)


async def triage_confirmed(fact: TriageConfirmed) -> None:
    """End the alerts about an urgent case that nobody had confirmed."""
    await _resolve(fact.line_id, why="急症已确认")


async def triage_settled(fact: TriageSettled) -> None:
    """End the alerts about a patient who is being seen to, has left, or was set lower."""
    await _resolve(fact.ticket_id, why="患者已得到处理")
    await _resolve(fact.line_id, why="患者已得到处理")


async def complaint_taken(fact: ComplaintAcknowledged) -> None:
    """End the alerts of a complaint for which somebody took responsibility, but for those who must as well."""
    going_on = await _of_people(fact.complaint_id, fact.still_called)
    await _resolve(fact.complaint_id, taken_by=fact.staff_id, why="投诉已受理", going_on=going_on)
    if not fact.still_called:
        await hub.call_off(fact.complaint_id, events=CHATTED, reason="acknowledged")


async def call_again(fact: ComplaintCalledAgain) -> None:
    """Call those again who have not taken a step of a complaint; what they heard before is done with."""
    summons = await _without_barred(called_again(fact))
    if not summons.staff_ids:
        return
    await _call(summons, summons.staff_ids)
    kept = {_key(summons, staff_id) for staff_id in summons.staff_ids}
    for staff_id in summons.staff_ids:
        mine = [row["key"] for row in await db.fetch(OF_OTHERS, fact.complaint_id, staff_id)]
        messages = [row["key"] for row in await db.fetch(MESSAGES, fact.complaint_id)]
        await _resolve(fact.complaint_id, going_on=[*mine, *messages, *kept], why="有新的提醒")
    if summons.is_chatted:
        await hub.post(await _chat(summons, summons.staff_ids), hub.To())


async def steps_settled(fact: ComplaintStepsSettled) -> None:
    """End the alerts of steps that need nobody any more."""
    going_on = await _of_people(fact.complaint_id, fact.still_called)
    others = [row["key"] for row in await db.fetch(NOT_OF_STEPS, fact.complaint_id)]
    await _resolve(fact.complaint_id, going_on=[*going_on, *others], why="已不需要处理")


async def duty_covered(fact: DutyCovered) -> None:
    """End the alerts about a gap in the rota."""
    await _resolve(fact.alarm_id, why="已有人值班")


async def _of_people(subject_id: UUID, staff_ids: Sequence[UUID]) -> list[str]:
    if not staff_ids:
        return []
    return [row["key"] for row in await db.fetch(OF_PEOPLE, subject_id, list(staff_ids))]


async def _without_barred(summons: Summons) -> Summons:
    """Leave out whom a conflict of interest bars from a complaint at this moment, whenever the call was decided."""
    if summons.subject_kind not in ("complaint", "seal"):
        return summons
    rows = await db.fetch(BARRED, summons.subject_id)
    barred = {row["staff_id"] for row in rows}
    return replace(
        summons,
        staff_ids=tuple(one for one in summons.staff_ids if one not in barred),
        barred_ids=tuple({*summons.barred_ids, *barred}),
    )


async def complaint_ended(fact: ComplaintClosed) -> None:
    """End the alerts of a complaint that reached an end."""
    await _resolve(fact.complaint_id, why="投诉已办结")
    await hub.call_off(fact.complaint_id, events=CHATTED, reason="closed")


async def plan_in_order(fact: ScheduleConflictsSettled) -> None:
    """End the alerts of a department whose plan has nothing in its way any more."""
    await _resolve(fact.department_id, why="排班冲突已处理")


async def year_known(fact: HolidaysKnown) -> None:
    """End the alerts of a year whose holidays are known now."""
    await _resolve(fact.year_id, why="节假日已确认")


async def offline_settled(fact: OfflineConflictSettled) -> None:
    """End the alerts of an offline check-in that somebody decided about, or that a later scan settled."""
    await _resolve(fact.conflict_id, why="离线报到已处理")


async def answer_settled(fact: AnswerSettled) -> None:
    """End the alerts of an answer that has been looked at again."""
    await _resolve(fact.faq_id, why="答复已复核")


async def signal_raised(fact: SignalRaised) -> None:
    """Call those who are told of a signal at once; the others read of it on Monday."""
    if fact.staff_ids:
        await call_staff(fact)


async def signal_settled(fact: SignalSettled) -> None:
    """End the alerts of a signal that somebody looks into."""
    await _resolve(fact.signal_id, why="预警已有人跟进")


async def waits_hold(fact: WaitsHold) -> None:
    """End the alerts of a department whose promised waits hold again."""
    await _resolve(fact.alarm_id, why="候诊时间预计已恢复准确")


async def provider_back(fact: ProviderBack) -> None:
    """End the alerts of a provider that takes messages again."""
    await _resolve(fact.channel_id, why="平台已恢复")


async def webhook_settled(fact: WebhookSettled) -> None:
    """End the alerts of another system that took no news."""
    await _resolve(fact.endpoint_id, why="外部系统已处理")


async def acknowledge(staff: SignedInStaff, alert_id: UUID) -> Alert:
    """Take an alert; again is the same. Whose alert it is not does not find it.

    Raises: NotFound.
    """
    async with db.transaction():
        alert = await db.lock(Alert, alert_id)
        if alert.staff_id != staff.id:
            raise NotFound()
        if alert.state == AlertState.RAISED:
            now = clock.now()
            await move(ALERT, alert, AlertState.ACKNOWLEDGED, by=staff.by, acknowledged_at=now, repeat_at=None)
            await publish(
                AlertAcknowledged(
                    alert_id=alert.id,
                    subject_kind=alert.subject_kind,
                    subject_id=alert.subject_id,
                    staff_id=staff.id,
                    staff_name=staff.name,
                )
            )
            # the other screens of the same person fall silent
            await live.announce(live.staff_topic(staff.id), "alert_resolved", shown(alert))
    return alert


async def alerts_of(staff_id: UUID, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List up to `limit + 1` alerts of somebody: those that sound first, then the latest."""
    return await db.fetch(
        "SELECT * FROM alert WHERE staff_id = $1 AND ($2::uuid IS NULL OR ((state = 'raised')::int, id) <"
        " (SELECT (state = 'raised')::int, id FROM alert WHERE id = $2))"
        " ORDER BY (state = 'raised')::int DESC, id DESC LIMIT $3",
        staff_id,
        after,
        limit + 1,
    )


async def repeat_alerts() -> None:
    """Let alerts sound again that nobody has acknowledged, each in a transaction of its own."""
    rows = await db.fetch(
        "SELECT id, repeats FROM alert WHERE state = 'raised' AND repeat_at <= app_now() ORDER BY repeat_at LIMIT $1",
        BATCH,
    )
    for row in rows:
        async with db.transaction():
            again = await db.fetch_one(
                "UPDATE alert SET repeats = repeats + 1, repeat_at = app_now() + $3::interval, version = version + 1"
                " WHERE id = $1 AND state = 'raised' AND repeats = $2 RETURNING *",
                row["id"],
                row["repeats"],
                repeat_pause(row["repeats"] + 1),
            )
            if again is not None:
                await live.announce(live.staff_topic(again["staff_id"]), "alert", shown(again))


def shown(alert: Alert | dict[str, Any]) -> dict[str, Any]:
    """Give an alert as the screen and the API show it."""
    row = alert if isinstance(alert, dict) else {name: getattr(alert, name) for name in alert._meta.fields}
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "subject_kind": row["subject_kind"],
        "subject_id": str(row["subject_id"]),
        "level": row["level"],
        "severity": row["severity"],
        "title": row["title"],
        "detail": row["detail"],
        "state": str(row["state"]),
        "raised_at": moment(row["raised_at"]),
        "repeats": row["repeats"],
        "acknowledged_at": moment(row["acknowledged_at"]),
        "resolved_at": moment(row["resolved_at"]),
        "version": row["version"],
    }


async def _whoever_is_on_duty(summons: Summons) -> tuple[UUID, ...]:
    for level in LADDER:
        if people := [person.id for person in await on_duty(level) if person.id not in summons.barred_ids]:
            return tuple(people)
    log.error("nobody_on_duty", kind=summons.kind, subject=str(summons.subject_id))
    return ()


async def _numbered(summons: Summons) -> Summons:
    """Tell a second assignment to the same person apart from the first, whose alert has ended."""
    row = await db.fetch_one(
        "SELECT count(*) AS ended FROM alert WHERE subject_id = $1 AND kind = $2 AND staff_id = ANY($3::uuid[])"
        " AND state = 'resolved'",
        summons.subject_id,
        summons.kind,
        list(summons.staff_ids),
    )
    people = "+".join(str(staff_id) for staff_id in summons.staff_ids)
    return replace(summons, key=f"{summons.key}:{people}:{row['ended'] if row else 0}")


def _key(summons: Summons, staff_id: UUID) -> str:
    return f"{summons.key}:{staff_id}"


async def _call(summons: Summons, names: Sequence[UUID]) -> None:
    """Raise the alert of each who is called, and tell each on the ways that reach them in person."""
    for staff_id in sorted(names):
        alert_id = await _raise(summons, staff_id)
        if alert_id is not None and staff_id not in summons.pooled_ids and reaches_staff():
            await hub.post(personal(summons, alert_id), hub.To(staff_id=staff_id))


async def _raise(summons: Summons, staff_id: UUID) -> UUID | None:
    alert = await db.fetch_one(
        RAISE,
        new_id(),
        _key(summons, staff_id),
        summons.kind,
        summons.subject_kind,
        summons.subject_id,
        staff_id,
        summons.level,
        summons.severity,
        summons.title,
        summons.detail,
        repeat_pause(0) if summons.is_repeated else None,
    )
    if alert is not None:
        await born(ALERT, Alert(id=alert["id"]), AlertState.RAISED, by=SYSTEM, why=summons.kind)
        await live.announce(live.staff_topic(staff_id), "alert", shown(alert))
    return alert["id"] if alert else None


async def _resolve(subject_id: UUID, *, why: str, going_on: Sequence[str] = (), taken_by: UUID | None = None) -> None:
    rows = await db.fetch(RESOLVE, subject_id, list(going_on), taken_by)
    for row in sorted(rows, key=lambda row: row["staff_id"]):
        await db.fetch(
            INSERT_TRANSITION,
            new_id(),
            ALERT.name,
            row["id"],
            row["was"],
            str(AlertState.RESOLVED),
            SYSTEM.kind,
            None,
            SYSTEM.channel,
            why,
        )
        await live.announce(live.staff_topic(row["staff_id"]), "alert_resolved", shown(row))


def personal(summons: Summons, alert_id: UUID | None) -> Notice:
    """Give what one member of staff is told of a call, and of which alert; None for a trial."""
    return Notice(
        event=summons.kind,
        key=f"alert:{alert_id}",
        kind=MessageClass.ALERT,
        subject_kind=summons.subject_kind,
        subject_id=summons.subject_id,
        title=summons.title,
        lines=summons.lines,
        deadline=summons.deadline,
        priority=BULK if summons.severity == "C" else URGENT,
        alert_id=alert_id,
    )


async def _chat(summons: Summons, names: Sequence[UUID]) -> Notice:
    rows = await db.fetch("SELECT name, wecom_userid FROM staff WHERE id = ANY($1::uuid[])", list(names))
    mentioned = [row["wecom_userid"] for row in rows if row["wecom_userid"]]
    called = "、".join(row["name"] for row in rows) or "无人值班，请尽快安排"
    return Notice(
        event=summons.kind,
        key=f"{summons.key}:chat",
        kind=MessageClass.ALERT,
        subject_kind=summons.subject_kind,
        subject_id=summons.subject_id,
        title=summons.title,
        lines=(*summons.lines, ("提醒", called)),
        fields={MENTIONED: "|".join(mentioned)} if mentioned else None,
        deadline=summons.deadline,
        priority=URGENT,
        route="alert_chat",
    )
