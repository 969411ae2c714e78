"""Follow-ups behind the scenes: a plan whose form comes at once, at any hour."""

import asyncio
from typing import Any
from uuid import uuid4

from server import clock
from tests.browser.people import a_staff_client
from tests.cast import PatientClient

STEP = {
    "code": "feel",
    "name": "回家以后",
    "offset_days": -1,  # due since yesterday
    "days_after": 3,
    "time_of_day": "07:00",
    "text": "想知道您回家以后怎么样。",
    "questions": [
        {"code": "pain", "kind": "scale", "text": "现在疼得厉害吗？", "least_text": "不疼", "most_text": "最疼"},
        {"code": "fever", "kind": "yes_no", "text": "有没有发烧？"},
        {"code": "words", "kind": "text", "text": "还有什么想告诉医生的？", "is_required": False},
    ],
    "red_flags": [{"question": "pain", "when": "at_least", "value": 7, "advice": "疼得厉害要马上看急诊。"}],
}


def a_plan(*anchors: str) -> dict[str, Any]:
    """A new plan with that one step, for whom somebody chooses it."""
    body = {"name": "急诊后随访", "anchors": anchors, "steps": [STEP], "eligibility": {"is_chosen_only": True}}
    return {"code": f"after_{uuid4().hex[:8]}", "body": body}


async def a_follow_up(patient: PatientClient) -> dict[str, Any]:
    """Put a patient on a plan, and give the form that comes."""
    head = await a_staff_client(patient.site, "supervisor1")
    plan = await head.post("/care-plans", a_plan("discharge"))
    await head.post(f"/care-plans/{plan['id']}/approval")
    anchor = {"patient_id": patient.patient_id, "kind": "discharge", "on": clock.today().isoformat()}
    await head.post("/follow-up-anchors", {**anchor, "plan_id": plan["id"]})
    async with asyncio.timeout(30):
        while not (waiting := (await patient.get("/follow-ups?open=1"))["items"]):
            await asyncio.sleep(0.1)  # the worker tells it
    return waiting[0]
