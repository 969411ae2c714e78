"""Looking at steps of the ladder: who is called now, is called again, or is passed over for the next step.

Everything is worked out for many steps at once: one look costs about the same for one step and for five hundred. Who is
on duty and who is barred is asked in it, never before. The caller holds the complaints.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from satisfaction.complaints import call_facts, models, step_rows, steps, timeline
from satisfaction.complaints.rules import LEVEL_NAMES, Level
from satisfaction.complaints.steps import AUDIENCES, LAST_STEP, WHY, Callee, Reason, Setting, Stand, StepState
from server import clock, db, hospital
from server.accounts import Role
from server.events import publish_all
from server.facts import ComplaintStepsSettled
from server.history import SYSTEM, By

ROLES = {
    Level.HANDLER: Role.COMPLAINT_HANDLER,
    Level.SUPERVISOR: Role.SUPERVISOR,
    Level.HEAD: Role.DEPARTMENT_HEAD,
    Level.COMMITTEE: Role.COMMITTEE,
}
AWAY = """
SELECT s.id, s.name, s.active, o.staff_id IS NOT NULL AS is_away, i.id AS instead_id, i.name AS instead_name
FROM staff s
LEFT JOIN LATERAL (SELECT * FROM duty_off WHERE staff_id = s.id AND from_at <= app_now() AND app_now() < until_at
                   ORDER BY until_at DESC LIMIT 1) o ON true
LEFT JOIN staff i ON i.id = o.stands_in AND i.active
    AND NOT EXISTS (SELECT 1 FROM duty_off x
                    WHERE x.staff_id = i.id AND x.from_at <= app_now() AND app_now() < x.until_at)
WHERE s.id = ANY($1::uuid[])
"""
CLIMB = """
UPDATE complaint c SET level = greatest(c.level, n.level), version = c.version + 1
FROM unnest($1::uuid[], $2::integer[]) AS n (id, level) WHERE c.id = n.id
"""


@dataclass
class _People:
    """Who can be called at this moment, for all complaints of a look."""

    on_duty: dict[int, list[Callee]]
    handlers: dict[UUID, Callee]  # by the handler: themselves, or who stands in for them
    barred: dict[UUID, set[UUID]]
    outside: Callee | None

    def of(self, row: dict[str, Any], level: int) -> list[Callee]:
        """Give whom a step calls at a level; may be empty."""
        barred = self.barred.get(row["complaint_id"], set())
        if level == Level.HANDLER and row["step"] == 0:
            handler = self.handlers.get(row["handler_id"])
            return [handler] if handler is not None and handler.id not in barred else []
        return steps.nearest(self.on_duty[level], row["department_id"], barred)

    def instead(self, row: dict[str, Any]) -> list[Callee]:
        """Give whom the last step calls when it has nobody of its own: the outside member, else those below."""
        barred = self.barred.get(row["complaint_id"], set())
        if self.outside is not None and self.outside.id not in barred:
            return [self.outside]
        below = (steps.nearest(self.on_duty[level], row["department_id"], barred) for level in (2, 1, 0))
        return next((found for found in below if found), [])


@dataclass
class _Outcome:
    """What a look at many steps comes to."""

    calls: list[tuple[UUID, UUID, int]] = field(default_factory=list)  # step, person, audience
    raised: list[tuple[UUID, str, int, int, str]] = field(default_factory=list)
    expired: list[dict[str, Any]] = field(default_factory=list)
    first: list[dict[str, Any]] = field(default_factory=list)  # called for the first time
    again: list[dict[str, Any]] = field(default_factory=list)
    nobody: list[dict[str, Any]] = field(default_factory=list)
    uncovered: set[int] = field(default_factory=set)


async def look(rows: Sequence[dict[str, Any]], *, by: By = SYSTEM) -> None:
    """Do for each step what its moment asks for, in the open transaction.

    rows: steps of complaints that the caller holds, as `step_rows` gives them.
    """
    over = [row for row in rows if row["is_over"]]
    if over:
        await _settle(over, by)
    rows = [row for row in rows if not row["is_over"]]
    if not rows:
        return
    setting = await step_rows.setting()
    people = await _gather(rows, setting)
    now = clock.now()
    outcome = _Outcome()
    for row in rows:
        _decide(row, people, setting=setting, now=now, outcome=outcome)
    was = {row["id"]: row.pop("was") for row in rows}
    pooled = await step_rows.call(outcome.calls, setting.pages_per_hour)
    await step_rows.write(rows)
    await _write_history(rows, was, by)
    await _climb(outcome.first, by)
    facts = [*call_facts.told(outcome.first, outcome.again, barred=people.barred, pooled=pooled, setting=setting)]
    facts += await call_facts.unanswered(outcome.nobody, people.barred)
    facts += await call_facts.alarms(outcome.uncovered)
    facts += await call_facts.beyond_budget(pooled, setting)
    await publish_all(facts)
    await step_rows.raise_all(outcome.raised, by=by)


async def _settle(over: Sequence[dict[str, Any]], by: By) -> None:
    """End steps whose clock has stopped, whose complaint has ended or goes on in another round."""
    await step_rows.resolve([row["id"] for row in over], by=by)
    ids = sorted({row["complaint_id"] for row in over})
    still = await step_rows.still_called(ids)
    await publish_all(ComplaintStepsSettled(one, still.get(one, ())) for one in ids)


async def _gather(rows: Sequence[dict[str, Any]], setting: Setting) -> _People:
    found = {level: await hospital.on_duty(level) for level in Level}
    handlers = {row["handler_id"] for row in rows if row["step"] == 0 and row["handler_id"] is not None}
    instead: dict[UUID, Callee] = {}
    for row in await db.fetch(AWAY, list(handlers)):
        if row["is_away"]:
            if row["instead_id"] is not None:
                instead[row["id"]] = Callee(row["instead_id"], row["instead_name"])
        elif row["active"]:
            instead[row["id"]] = Callee(row["id"], row["name"])
    outside = None
    if setting.outside_member_id is not None:
        name = await models.staff_name(setting.outside_member_id)
        outside = Callee(setting.outside_member_id, name)
    ids = {person.id for people in found.values() for person in people}
    everybody = ids | {one.id for one in instead.values()} | ({outside.id} if outside else set())
    scopes = await step_rows.scopes(ids)
    on_duty = {
        int(level): [Callee(person.id, person.name, scope(scopes, person.id, level)) for person in people]
        for level, people in found.items()
    }
    barred = await step_rows.barred(everybody, {row["complaint_id"] for row in rows})
    return _People(on_duty, instead, barred, outside)


def scope(scopes: dict[UUID, set[tuple[str, UUID | None]]], staff_id: UUID, level: int) -> frozenset[UUID | None]:
    """Give the departments for which somebody holds the role of a level; who holds none stands for all.

    scopes: as `step_rows.scopes` gives them.
    """
    found = frozenset(department for role, department in scopes.get(staff_id, set()) if role == ROLES[Level(level)])
    return found or frozenset({None})


def _decide(row: dict[str, Any], people: _People, *, setting: Setting, now: datetime, outcome: _Outcome) -> None:
    """Work out what one step asks for now; writes it into the row and into the outcome."""
    row["was"] = row["state"]
    leased = {level for _, level, _ in row["leases"]}
    if row["state"] == StepState.ACKNOWLEDGED and len(leased) < row["needed"]:  # a lease has run out: asked anew
        row |= {
            "state": str(StepState.NOTIFIED),
            "asked_at": now,
            "paged_at": None,
            "pages": 0,
            "is_passed_on": False,
            "expired": row["expired"] + 1,
        }
        outcome.expired.append(row)
    if row["state"] != StepState.ACKNOWLEDGED:
        due = steps.next_call(row["asked_at"], row["paged_at"], row["pages"], setting)
        if due <= now:
            _call(row, people, leased=leased, now=now, outcome=outcome)
    stand = stand_of(row)
    passes_on_at = stand.passes_on_at(setting)
    if passes_on_at is not None and passes_on_at <= now:
        _pass_on(row, WHY[row["clock"]], outcome)
    row["next_look_at"] = stand_of(row).next_look(setting)


def stand_of(row: dict[str, Any]) -> Stand:
    """Give how a step stands."""
    return Stand(
        clock=row["clock"],
        step=row["step"],
        asked_at=row["asked_at"],
        paged_at=row["paged_at"],
        pages=row["pages"],
        is_passed_on=row["is_passed_on"],
        is_taken=row["state"] == StepState.ACKNOWLEDGED,
        was_taken=row["acknowledged_at"] is not None,
        due_at=row["due_at"],
        lease_ends=[until for _, _, until in row["leases"]],
    )


def _call(row: dict[str, Any], people: _People, *, leased: set[int], now: datetime, outcome: _Outcome) -> None:
    called: list[tuple[Callee, int]] = []
    levels = AUDIENCES[row["step"]]
    for level in levels:
        if level in leased:
            continue
        known = {person.id for person, _ in called}
        found = [person for person in people.of(row, level) if person.id not in known]
        if not found and level != Level.HANDLER and not people.on_duty[level]:
            outcome.uncovered.add(int(level))
        called += [(person, int(level)) for person in found]
    if not any(level == levels[0] for _, level in called) and levels[0] not in leased:
        if row["step"] < LAST_STEP:
            _pass_on(row, f"{WHY[row['clock']]}，{LEVEL_NAMES[levels[0]]}无人可通知", outcome)
        else:
            called = [(person, int(levels[0])) for person in people.instead(row)]
    if not called and row["step"] == LAST_STEP:
        outcome.nobody.append(row)
    (outcome.again if row["pages"] or row in outcome.expired else outcome.first).append(row)
    row["called"] = called
    outcome.calls += [(row["id"], person.id, level) for person, level in called]
    row |= {
        "state": str(StepState.NOTIFIED),
        "needed": max(1, len({level for _, level in called} | leased)),
        "pages": row["pages"] + 1,
        "paged_at": now,
    }


def _pass_on(row: dict[str, Any], why: str, outcome: _Outcome) -> None:
    """Raise the next step. What the handler let lie has a ladder of its own."""
    if row["is_passed_on"]:
        return
    row["is_passed_on"] = True
    is_lease = row["step"] == 0 and row["acknowledged_at"] is not None
    name = str(Reason.LEASE) if is_lease else row["clock"]
    to = max(row["step"] + 1, row["level"] if is_lease else 0)
    outcome.raised.append((row["complaint_id"], name, row["cycle"], min(to, LAST_STEP), WHY[name] if is_lease else why))


async def _write_history(rows: Sequence[dict[str, Any]], was: dict[UUID, str], by: By) -> None:
    called = [(row["id"], was[row["id"]]) for row in rows if row["state"] != was[row["id"]]]
    await step_rows.moved(called, StepState.NOTIFIED, by=by)


async def _climb(first: Sequence[dict[str, Any]], by: By) -> None:
    """Put complaints on the level that their steps have reached, and tell their time lines."""
    raised = [row for row in first if row["step"] > 0]
    if not raised:
        return
    tops: dict[UUID, int] = {}
    for row in raised:
        tops[row["complaint_id"]] = max(row["step"], tops.get(row["complaint_id"], 0))
    ids = sorted(tops)
    await db.fetch(CLIMB, ids, [tops[one] for one in ids])
    lines = []
    for row in sorted(raised, key=lambda row: row["complaint_id"]):
        names = "、".join(person.name for person, _ in row["called"]) or "无人值班"
        text = f"{row['why'] or WHY[row['clock']]}，升级至{LEVEL_NAMES[Level(row['step'])]}（{names}）"
        lines.append((row["complaint_id"], text))
    await timeline.write_all(lines, "escalation", by=by)
