"""What the tests of stopped sessions begin with: a clinic with people in it, and others to go to."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server import clock, db
from tests import props
from tests.cast import PatientClient, StaffClient, a_member_of_staff, a_patient_by_row


@dataclass
class Clinic:
    """A department with a session that is about to be stopped."""

    site: Any
    slot: props.Slot
    admin: StaffClient
    people: list[PatientClient] = field(default_factory=list)
    booked: list[str] = field(default_factory=list)

    async def comes(self, slot: props.Slot | None = None, **patient: Any) -> tuple[PatientClient, str]:
        """Somebody books."""
        person = await a_patient_by_row(self.site, **patient)
        made = await props.an_appointment(slot or self.slot, UUID(person.patient_id), UUID(person.account_id))
        self.people.append(person)
        self.booked.append(str(made))
        return person, str(made)

    async def same_doctor(self, **hours: float) -> props.Slot:
        """Another session of the same practitioner, some hours later."""
        return await another(self.slot, practitioner_id=self.slot.practitioner_id, **hours)

    async def colleague(self, title: str = "主任医师", **hours: float) -> props.Slot:
        """A session of somebody else of the department."""
        other = await props.a_practitioner(self.slot.department_id, title=title, name="李华")
        return await another(self.slot, practitioner_id=other, **hours)

    def asked(self, policy: str = "move", **more: Any) -> dict[str, Any]:
        """What is sent to stop the session."""
        return {"sessions": [{"session_id": str(self.slot.session_id)}], "policy": policy, **more}

    async def stops(self, policy: str = "move", **more: Any) -> dict[str, Any]:
        """Look first, then stop the session; gives the act."""
        asked = self.asked(policy, **more)
        plan = await self.admin.post("/admin/stops/preview", asked)
        return await self.admin.post("/admin/stops", {**asked, "reason": "医生外出会诊", "digest": plan["digest"]})


async def another(
    slot: props.Slot, *, practitioner_id: UUID, capacity: int = 10, room_id: UUID | None = None, **hours: float
) -> props.Slot:
    """Make a session of the same department at another hour: `hours=24` later."""
    return await props.a_slot(
        starts_at=slot.starts_at + timedelta(**hours),
        capacity=capacity,
        department_id=slot.department_id,
        practitioner_id=practitioner_id,
        room_id=room_id or await props.a_room(slot.department_id),
    )


async def a_clinic(site: Any, people: int = 0, *, starts_at: datetime | None = None, capacity: int = 10) -> Clinic:
    """A session tomorrow with some people."""
    slot = await props.a_slot(starts_at=starts_at or clock.now() + timedelta(days=1), capacity=capacity)
    clinic = Clinic(site, slot, await a_member_of_staff(site, "admin"))
    for _ in range(people):
        await clinic.comes()
    return clinic


async def visit_of(appointment_id: str) -> dict[str, Any]:
    """The row of a booking of a stopped session."""
    rows = await db.fetch(
        "SELECT * FROM stopped_visit WHERE appointment_id = $1 AND state <> 'void'", UUID(appointment_id)
    )
    assert len(rows) == 1, rows
    return rows[0]


async def status_of(appointment_id: Any) -> str:
    row = await db.fetch_one("SELECT status FROM appointment WHERE id = $1", UUID(str(appointment_id)))
    assert row is not None
    return row["status"]


async def assert_sound() -> None:
    """What the package promises of its tables holds."""
    from miniapp_api.wiring import WIRING

    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


async def past_the_deadline(movable: Any) -> None:
    """Move the clock to a moment after the last deadline of whoever is still asked."""
    row = await db.fetch_one("SELECT max(answer_by) AS last FROM stopped_visit WHERE state = 'asked'")
    assert row is not None
    await movable.set_to(row["last"] + timedelta(minutes=1))
