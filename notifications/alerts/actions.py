"""Raise, repeat, acknowledge and resolve alerts. The live screen hears of each in the transaction of the change."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog

from notifications import hub
from notifications.alerts.summons import Alarming, Summons, summons_of
from notifications.channels.wecom import MENTIONED
from notifications.models import Alert
from notifications.notices.notice import URGENT, Notice
from notifications.rules import ALERT, AlertState, MessageClass, repeat_pause
from server import clock, db, live
from server.accounts import SignedInStaff
from server.errors import NotFound
from server.events import publish
from server.facts import (
    AlertAcknowledged,
    ComplaintAcknowledged,
    ComplaintAssigned,
    ComplaintClosed,
)
from server.history import INSERT_TRANSITION, SYSTEM, born, move
from server.hospital import on_duty
from server.ids import new_id
from server.web import moment

log = structlog.get_logger("alerts")

LADDER = (0, 1, 2, 3)  # who is asked when nobody is named: the first level at which somebody is on duty
CHATTED = ("complaint_filed", "complaint_assigned", "complaint_reopened", "complaint_escalated")
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


async def call_staff(fact: Alarming) -> None:
    """Call the staff whom a fact concerns: an alert for each, and one message of the robot for all of them."""
    summons = summons_of(fact)
    names = summons.staff_ids or await _whoever_is_on_duty(summons)
    if isinstance(fact, ComplaintAssigned):
        summons = await _numbered(summons)
    for staff_id in sorted(names):
        await _raise(summons, staff_id)
    if isinstance(fact, ComplaintAssigned):
        going_on = [_key(summons, staff_id) for staff_id in names]
        await _resolve(summons.subject_id, going_on=going_on, why="转交给其他处理人")
    if summons.is_chatted:
        await hub.post(await _chat(summons, names), hub.To(staff_id=names[0] if len(names) == 1 else None))


async def complaint_taken(fact: ComplaintAcknowledged) -> None:
    """End the alerts of a complaint for which somebody took responsibility."""
    await _resolve(fact.complaint_id, taken_by=fact.staff_id, why="投诉已受理")
    await hub.call_off(fact.complaint_id, events=CHATTED, reason="acknowledged")


async def complaint_ended(fact: ComplaintClosed) -> None:
    """End the alerts of a complaint that reached an end."""
    await _resolve(fact.complaint_id, why="投诉已办结")
    await hub.call_off(fact.complaint_id, events=CHATTED, reason="closed")


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


async def _raise(summons: Summons, staff_id: UUID) -> None:
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
        repeat_pause(0),
    )
    if alert is not None:
        await born(ALERT, Alert(id=alert["id"]), AlertState.RAISED, by=SYSTEM, why=summons.kind)
        await live.announce(live.staff_topic(staff_id), "alert", shown(alert))


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
    )
