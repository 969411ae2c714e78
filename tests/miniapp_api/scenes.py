"""What the tests of check-in, queue and desk begin with: a department with a room, a desk and staff."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server import db
from tests import props
from tests.cast import PatientClient, StaffClient, a_member_of_staff, a_patient_by_row


@dataclass
class Scene:
    """A department on an ordinary morning."""

    site: Any
    slot: props.Slot
    desk_id: UUID
    guide: StaffClient
    doctor: StaffClient

    @property
    def department_id(self) -> UUID:
        return self.slot.department_id

    @property
    def room_id(self) -> UUID:
        return self.slot.room_id

    async def books(self, slot: props.Slot | None = None, **patient: Any) -> tuple[PatientClient, str]:
        """Somebody with a booking."""
        person = await a_patient_by_row(self.site, **patient)
        booked = await props.an_appointment(
            slot or self.slot, UUID(person.patient_id), UUID(person.account_id), open_place=1
        )
        return person, str(booked)

    async def arrives(self, slot: props.Slot | None = None, **patient: Any) -> tuple[PatientClient, str, dict]:
        """Somebody with a booking who was scanned; gives the person, the appointment and the ticket."""
        person, booked = await self.books(slot, **patient)
        answer = await self.guide.scans(await person.code(booked))
        assert answer["outcome"] == "accepted", answer
        return person, booked, answer["ticket"]

    async def walks_in(self, **more: Any) -> dict:
        """Somebody without a booking who was registered."""
        body = {"patient": {"name": "赵无约"}, "department_id": str(self.department_id), **more}
        return (await self.guide.post("/desk/walk-ins", body))["ticket"]

    async def queue(self) -> dict:
        return await self.guide.get(f"/queues/{self.department_id}")

    async def waiting(self) -> list[str]:
        """The numbers of who waits, in the order of calling."""
        return [ticket["number"] for ticket in (await self.queue())["tickets"] if ticket["state"] == "waiting"]


async def a_scene(site: Any, **slot: Any) -> Scene:
    """Make a department with a doctor, a room, a desk, a guide and a room assistant."""
    made = await props.a_slot(capacity=100, **slot)
    desk_id = await props.a_desk()
    guide = await a_member_of_staff(site, "guide", desk_id=desk_id)
    doctor = await a_member_of_staff(site, "room", department_id=made.department_id)
    return Scene(site, made, desk_id, guide, doctor)


async def broken_invariants(miniapp: Any) -> list[str]:
    """Name the sentences of the package that do not hold."""
    return [sentence for sentence, sql in miniapp.invariants if await db.fetch(sql)]
