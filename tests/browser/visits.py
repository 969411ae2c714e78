"""Visits behind the scenes, for what a page shows afterwards."""

import asyncio
from typing import Any

from tests.browser.people import a_staff_client, next_slot
from tests.cast import PatientClient, StaffClient

ADVICE = "清淡饮食，多喝水，三天后还发烧请再来。"


async def a_survey_after_a_visit(patient: PatientClient) -> dict[str, Any]:
    """Let a patient visit a doctor, and give what is asked afterwards."""
    hospital = patient.site
    guide = await a_staff_client(hospital, "guide1")
    doctor = await a_staff_client(hospital, "room2")
    slot = await next_slot(hospital)
    booked = await patient.books(slot["id"])
    scan = await guide.scans(await patient.code(booked["id"]))
    await is_seen(doctor, await is_called(doctor, booked["room"]["id"], scan["ticket"]["number"]), ADVICE)
    while not (surveys := (await patient.get("/surveys"))["items"]):
        await asyncio.sleep(0.1)  # the worker sends it
    return await patient.get(f"/surveys/{surveys[0]['id']}")


async def is_called(doctor: StaffClient, room_id: str, number: str) -> dict[str, Any]:
    """Call until this number comes up; whom other tests have left in the queue is seen before."""
    for one in (await doctor.get(f"/rooms/{room_id}/day"))["tickets"]:
        if one["state"] in ("called", "in_service"):
            await is_seen(doctor, one, None)
    while (ticket := await doctor.calls_next(room_id))["number"] != number:
        await is_seen(doctor, ticket, None)
    return ticket


async def is_seen(doctor: StaffClient, ticket: dict[str, Any], advice: str | None) -> None:
    """Let somebody who was called be seen to the end."""
    if ticket["state"] == "called":
        await doctor.post(f"/tickets/{ticket['id']}/start")
    await doctor.post(f"/tickets/{ticket['id']}/finish", {"advice": advice})
