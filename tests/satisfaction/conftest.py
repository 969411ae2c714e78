"""A department with a doctor, a patient who was there, and the ladder of people on duty."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import pytest

from satisfaction.wiring import WIRING
from server import clock, db
from server.events import publish
from server.facts import VisitFinished
from tests import props
from tests.cast import PatientClient, StaffClient, a_member_of_staff, a_patient_by_row


@dataclass
class Ward:
    """Everybody and everything that a complaint needs."""

    site: Any
    slot: props.Slot
    patient: PatientClient
    handler: StaffClient
    supervisor: StaffClient
    head: StaffClient
    committee: StaffClient

    async def visit(self, patient: PatientClient | None = None, **fact: Any) -> UUID:
        """A visit that has just ended, and the fact of it."""
        patient = patient or self.patient
        account_id, patient_id = UUID(patient.account_id), UUID(patient.patient_id)
        encounter_id = await props.an_encounter(self.slot, patient_id, account_id)
        await self.finished(encounter_id, patient, **fact)
        return encounter_id

    async def finished(self, encounter_id: UUID, patient: PatientClient, **changes: Any) -> None:
        """Publish that a visit has ended."""
        values = {
            "encounter_id": encounter_id,
            "ticket_id": encounter_id,
            "appointment_id": None,
            "account_id": UUID(patient.account_id),
            "patient_id": UUID(patient.patient_id),
            "patient_name": "张小三",
            "department_id": self.slot.department_id,
            "department_name": "心血管内科",
            "practitioner_id": self.slot.practitioner_id,
            "practitioner_name": "王敏",
            "has_advice": False,
            "revisit_on": None,
            "started_at": clock.now(),
            "finished_at": clock.now(),
            "survey_delay_minutes": 0,
            **changes,
        }
        async with db.transaction():
            await publish(VisitFinished(**values))

    async def run(self, *jobs: str) -> None:
        """Let the workers look."""
        for job in jobs:
            await self.site.jobs[job].run()

    async def survey(self, patient: PatientClient | None = None) -> str:
        """A survey that may be answered; its id."""
        patient = patient or self.patient
        await self.visit(patient)
        await self.run("relay", "open_invitations")
        return (await patient.get("/surveys"))["items"][0]["id"]

    async def complaint(self, patient: PatientClient | None = None, **form: Any) -> str:
        """A complaint of the patient; its id."""
        return (await (patient or self.patient).post("/complaints", {"text": "等了两个小时。", **form}))["id"]

    async def facts(self, name: str) -> list[dict[str, Any]]:
        """Give the payloads of a kind of fact, oldest first."""
        rows = await db.fetch("SELECT payload FROM fact WHERE name = $1 ORDER BY id", name)
        return [orjson.loads(row["payload"]) for row in rows]

    async def broken_invariants(self) -> list[str]:
        """List the sentences of the package that do not hold."""
        return [sentence for sentence, sql in WIRING.invariants if await db.fetch(sql)]


@pytest.fixture
async def ward(hospital) -> Ward:
    slot = await props.a_slot()
    patient = await a_patient_by_row(hospital)
    people = {}
    for level, (name, role) in enumerate(
        (
            ("handler", "complaint_handler"),
            ("supervisor", "supervisor"),
            ("head", "department_head"),
            ("committee", "committee"),
        )
    ):
        people[name] = await a_member_of_staff(hospital, role, name=f"{name}先生")
        await props.a_duty(people[name].staff_id, level)
    return Ward(hospital, slot, patient, **people)


@pytest.fixture
def fails() -> Callable[[Awaitable[Any]], Awaitable[None]]:
    """Assert that a check does not hold: the negative control of a test."""

    async def run(check: Awaitable[Any]) -> None:
        with pytest.raises(AssertionError):
            await check

    return run
