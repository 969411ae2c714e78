"""A year of reminders in a minute: the clock moves day by day, some hundred patients follow plans."""

import random
from datetime import date, timedelta
from uuid import UUID, uuid5

from notifications.followups.enrolling import Case, begin
from notifications.followups.kinds import AnchorKind
from notifications.followups.rules import Anchored
from server import clock as time
from server import db
from server.ids import new_id
from server.workdays import is_worked
from tests import props
from tests.notifications.followups.plans import a_plan, a_step, an_approved_plan

PATIENTS = 200

NOON = 13
SPACE = UUID(int=6)

PLAN = a_plan(
    a_step("d1", 1, days_after=1),
    a_step("d7", 7, days_after=3, calendar="working"),
    a_step("call", 30, days_after=9, way="call", calendar="working"),
    a_step("d90", 90, days_before=3, days_after=10, purpose="satisfaction"),
    a_step("d180", 180, days_after=12, calendar="working"),
    a_step("d300", 300, days_after=20),
)
TOLD = """
SELECT s.id, s.step, s.state, s.reason, s.told_at, s.earliest_at, s.latest_at, s.body ->> 'calendar' AS calendar,
       e.state AS enrolled, e.ended_at, e.reason AS why,
       (SELECT count(*) FROM message m WHERE m.plan_step_id = s.id) AS messages,
       (SELECT count(*) FROM call_task c WHERE c.plan_step_id = s.id) AS calls
FROM plan_step s JOIN enrolment e ON e.id = s.enrolment_id
"""


async def follows_a_plan(number: int, account_id: UUID, day: date) -> UUID:
    patient_id = await props.a_patient(account_id, relation="other", id=uuid5(SPACE, str(number)))
    async with db.transaction():
        (enrolment_id,) = await begin(
            Case(
                patient_id=patient_id,
                account_id=account_id,
                subject_id=new_id(),
                department_id=None,
                began_at=time.now(),
                anchored=Anchored(days={AnchorKind.VISIT: day}),
                data={"patient_name": "张小三"},
            )
        )
    return enrolment_id


async def test_a_year_of_reminders(hospital, clock):
    dice = random.Random(1)
    await clock.set_to(time.at(date(2026, 1, 5), NOON))
    await an_approved_plan(PLAN)
    account_id = await props.an_account()
    enrolments = [await follows_a_plan(number, account_id, date(2026, 1, 5)) for number in range(PATIENTS)]
    # some stop on the way, each on a day of its own
    stops = {date(2026, 1, 5) + timedelta(days=dice.randrange(2, 330)): one for one in enrolments[::4]}
    look = hospital.jobs["followups"].run
    for day in range(1, 366):
        await clock.set_to(time.at(date(2026, 1, 5) + timedelta(days=day), NOON))
        today = time.today()
        if today in stops:
            await db.fetch(
                "UPDATE enrolment SET state = 'stopped', reason = 'readmitted', ended_at = app_now()"
                " WHERE id = $1 AND state = 'active'",
                stops[today],
            )
        row = await db.fetch_one(
            "SELECT EXISTS (SELECT FROM plan_step WHERE state = 'planned' AND next_look_at <= app_now()) AS is_due"
        )
        if row and row["is_due"]:
            await look()
    rows = await db.fetch(TOLD)
    assert len(rows) == PATIENTS * len(PLAN.steps)
    assert not [row for row in rows if row["state"] == "planned"]
    told = [row for row in rows if row["state"] in ("sent", "called")]
    assert len(told) > PATIENTS * len(PLAN.steps) / 2
    for row in told:
        assert row["messages"] + row["calls"] == 1, row
        assert row["earliest_at"] <= row["told_at"] <= row["latest_at"], row
        assert row["calendar"] != "working" or is_worked(time.local(row["told_at"]).date()), row
        assert row["why"] != "readmitted" or row["told_at"] <= row["ended_at"], row
    for row in rows:
        if row["state"] == "skipped":
            assert row["reason"] == "readmitted", row
            assert row["messages"] + row["calls"] == 0, row
