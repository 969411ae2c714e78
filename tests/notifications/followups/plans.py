"""What the tests of follow-ups share: a small plan, somebody who has been seen, days that pass."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from notifications.followups.kinds import PlanBody
from notifications.wiring import WIRING
from server import clock, db
from server.events import Relay
from server.ids import new_id
from tests import props
from tests.cast import PatientClient
from tests.notifications.telling import finished, happens

PAIN = {"code": "pain", "kind": "scale", "text": "现在疼得厉害吗？"}
PAIN_FLAG = {"question": "pain", "when": "at_least", "value": 7, "advice": "请马上看急诊。"}


def a_step(code: str, days: int, **values: Any) -> dict[str, Any]:
    """A step that says something; three days long."""
    return {"code": code, "name": f"第 {days} 天", "offset_days": days, "text": "请告诉我们近况。", **values}


def a_plan(*steps: dict[str, Any], **values: Any) -> PlanBody:
    """A plan from every visit, with no more than it says."""
    return PlanBody.model_validate({"name": "测试随访", "anchors": ["visit"], "steps": list(steps), **values})


async def an_approved_plan(body: PlanBody, code: str = "test") -> UUID:
    """Let patients follow this plan from now on; a second one of the same code is its next version."""
    row = await db.fetch_one("SELECT id FROM care_plan WHERE code = $1", code)
    plan_id = row["id"] if row else await props.insert("care_plan", code=code)
    await db.fetch("UPDATE care_plan_version SET status = 'retired' WHERE plan_id = $1", plan_id)
    number = 1 + await props.count("care_plan_version", "plan_id = $1", plan_id)
    await props.insert(
        "care_plan_version",
        plan_id=plan_id,
        number=number,
        status="approved",
        body=orjson.dumps(body.as_json()).decode(),
        approved_at=clock.now(),
    )
    return plan_id


async def is_seen(phone: PatientClient, **values: Any) -> UUID:
    """Let a visit of the phone's patient end now; gives the visit."""
    encounter_id = values.pop("encounter_id", None) or new_id()
    person = {"patient_id": UUID(phone.patient_id), "encounter_id": encounter_id}
    await happens(finished(phone.account_id, **{**person, **values}))
    return encounter_id


async def steps_of(patient_id: UUID | str) -> list[dict[str, Any]]:
    """List the steps of a patient by their plan's order, without those of the shipped plans."""
    return await db.fetch(
        "SELECT s.step, s.state, s.reason, s.due_at, s.told_at, s.id, s.cycle FROM plan_step s"
        " WHERE s.patient_id = $1 ORDER BY s.due_at, s.id",
        UUID(str(patient_id)),
    )


async def states_of(patient_id: UUID | str) -> list[str]:
    """List the steps as `code state reason`."""
    return [" ".join(filter(None, (row["step"], row["state"], row["reason"]))) for row in await steps_of(patient_id)]


async def passes(site: Any, clock_: Any, *, days: int, hour: int = 12) -> None:
    """Let days pass, with a look of the plans at noon of each; what else workers do has nothing to do with it."""
    today = clock.today()
    for number in range(1, days + 1):
        await clock_.set_to(clock.at(today + timedelta(days=number), hour))
        await look(site)


async def look(site: Any) -> None:
    """Let the hub hear the facts and look at the plans; the other packages know nothing of these visits."""
    await Relay(WIRING.subscriptions).run()
    await site.jobs["followups"].run()
