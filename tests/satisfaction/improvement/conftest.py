"""A year of visits and complaints with known causes, as rows."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from satisfaction.improvement import proposing
from satisfaction.library import causes
from server import clock, db
from server.ids import new_id
from server.jobs import bad_rows
from tests import props

CAUSE = "process.waiting.clinic"


@dataclass
class Past:
    """What happened in a department; the rows are made at once for many days."""

    ward: Any

    @property
    def department_id(self) -> UUID:
        return self.ward.slot.department_id

    async def visits(self, first: date, last: date, a_day: int) -> None:
        """So many visits on each day."""
        await db.fetch(
            "WITH days AS (SELECT day, n FROM generate_series($1::date, $2::date, interval '1 day') day,"
            "   generate_series(1, $3) n), made AS ("
            " INSERT INTO ticket (id, department_id, day, number, label, state, patient_id, room_id, sort_at,"
            "   checked_in_at)"
            " SELECT gen_random_uuid(), $4, day, 5000 + n, 'Z' || n, 'done', $5, $6, day, day FROM days"
            " RETURNING id, day)"
            " INSERT INTO encounter (id, ticket_id, patient_id, department_id, practitioner_id, room_id, started_at,"
            "   finished_at) SELECT gen_random_uuid(), id, $5, $4, $7, $6, day + interval '2 hours',"
            "   day + interval '3 hours' FROM made",
            first,
            last,
            a_day,
            self.department_id,
            UUID(self.ward.patient.patient_id),
            self.ward.slot.room_id,
            self.ward.slot.practitioner_id,
        )

    async def complaints(self, days: list[date], cause: str | None = CAUSE, **values: Any) -> list[UUID]:
        """A complaint on each of the days, with its cause."""
        await causes.ship()
        found = []
        for day in days:
            at = clock.at(day, 10)
            complaint_id = await props.insert(
                "complaint",
                **{
                    "number": f"X{new_id()}",
                    "source": "phone",
                    "state": "triaged",
                    "department_id": self.department_id,
                    "topic": "等候时间",
                    "received_at": at,
                    "acknowledge_due_at": at,
                    "response_due_at": at,
                    "answer_due_at": at,
                    **values,
                },
            )
            if cause:
                await props.insert(
                    "complaint_cause",
                    complaint_id=complaint_id,
                    code=cause,
                    place=0,
                    set_by=UUID(self.ward.handler.staff_id),
                )
            found.append(complaint_id)
        return found

    async def proposed(self) -> dict:
        """Three alike, and the proposal that they raise."""
        today = clock.today()
        await self.complaints([today - timedelta(days=n) for n in (5, 20, 40)])
        await self.ward.run("propose_improvements")
        (item,) = (await self.ward.supervisor.get("/improvements?state=proposed"))["items"]
        return item

    async def accepted(self, improvement_id: str, **more: Any) -> dict:
        """The proposal taken up by the supervisor; the head does it."""
        return await self.ward.supervisor.post(
            f"/improvements/{improvement_id}/acceptance", acceptance(self.ward.head.staff_id, **more)
        )


def acceptance(owner_id: str, **more: Any) -> dict[str, Any]:
    """What is agreed on."""
    return {
        "owner_id": owner_id,
        "due_on": (clock.today() + timedelta(days=20)).isoformat(),
        "measure": "增加一台叫号机，故障时自动换成人工叫号",
        "strength": "strong",
        **more,
    }


def held_up() -> float:
    """How many proposals could not be made so far."""
    return bad_rows.labels(proposing.JOB)._value.get()


@pytest.fixture
async def past(ward) -> Past:
    await db.fetch("UPDATE login SET expires_at = expires_at + interval '1 year'")  # the clock is moved by months
    return Past(ward)
