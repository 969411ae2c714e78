"""Clinics that are stopped behind the scenes or on a page, far enough away that no other test needs them."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from server import clock
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, department_named
from tests.cast import Client, PatientClient

SKIN = "皮肤科"  # no other test stops or fills its clinics
FIRST_DAY, LAST_DAY = 4, 11  # from today


async def a_far_slot(hospital: OpenHospital, department: str = SKIN, *, places: int = 3) -> dict[str, Any]:
    """Give an open slot of a session some days ahead that nobody booked, whose doctor has a later one with places."""
    found = await department_named(hospital, department)
    first, last = (clock.today() + timedelta(days=days) for days in (FIRST_DAY, LAST_DAY))
    slots = (await Client(hospital).get(f"/slots?department={found['id']}&from={first}&to={last}"))["items"]
    free: Counter = Counter()
    taken: Counter = Counter()  # also by those who were moved here when another clinic stopped
    for one in slots:
        free[one["session_id"]] += one["available"] if one["status"] == "open" else 0
        taken[one["session_id"]] += one["capacity"] - one["available"]
    for one in slots:
        later = [
            other
            for other in slots
            if other["practitioner_id"] == one["practitioner_id"]
            and other["visit_type"] == one["visit_type"]
            and other["starts_at"] > one["ends_at"]
            and other["session_id"] != one["session_id"]
            and free[other["session_id"]] >= places
        ]
        if later and one["status"] == "open" and one["available"] >= places and not taken[one["session_id"]]:
            return one
    raise AssertionError(f"no session of {department} can be stopped")


async def a_stopped_visit(patient: PatientClient, *, policy: str = "release") -> dict[str, Any]:
    """Let a patient book, and stop the clinic; gives what the phone is told."""
    hospital = patient.site
    admin = await a_staff_client(hospital, "admin")
    slot = await a_far_slot(hospital)
    booked = await patient.books(slot["id"])
    await admin.post(f"/admin/sessions/{slot['session_id']}/stop", {"reason": "医生外出会诊", "policy": policy})
    async with asyncio.timeout(20):
        while not (found := (await patient.get(f"/stopped-visits?appointment={booked['id']}"))["items"]):
            await asyncio.sleep(0.1)  # the worker decides
    return found[0]
