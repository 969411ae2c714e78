"""What tests of draws begin with: a clinic whose places are drawn, and people who enter."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from miniapp_api.release import drawing
from server import clock, db
from server.ids import new_id
from tests import props
from tests.cast import PatientClient, a_patient_by_row

WINDOW = 60


@dataclass
class Clinic:
    """A session whose places are drawn, with its bands in the order of their begin."""

    session_id: UUID
    department_id: UUID
    practitioner_id: UUID
    slots: list[UUID]
    draw_id: UUID | None = None

    def body(self, person: PatientClient, *wishes: int) -> dict[str, Any]:
        return {"patient_id": person.patient_id, "slot_ids": [str(self.slots[n]) for n in wishes or (0,)]}


async def a_clinic(*places: int, department_id: UUID | None = None, opens_in: float = -1, **session: Any) -> Clinic:
    """A clinic of tomorrow with so many places in each band, released by a draw; by default it opens at once."""
    begin = clock.now() + timedelta(days=1)
    first = await props.a_slot(
        starts_at=begin,
        capacity=places[0] if places else 1,
        department_id=department_id,
        is_drawing=True,
        **{"opens_at": clock.now() + timedelta(seconds=opens_in), **session},
    )
    slots = [first.id]
    for n, count in enumerate(places[1:], start=1):
        starts_at = begin + timedelta(minutes=30 * n)
        slots.append(
            await props.insert(
                "slot",
                session_id=first.session_id,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=30),
                capacity=count,
            )
        )
    await db.fetch("UPDATE session SET ends_at = $2 WHERE id = $1", first.session_id, begin + timedelta(hours=4))
    return Clinic(first.session_id, first.department_id, first.practitioner_id, slots)


async def a_draw(
    moved_clock: Any, *places: int, department_id: UUID | None = None, window: int = WINDOW, **session: Any
) -> Clinic:
    """Such a clinic with its draw made and open."""
    clinic = await a_clinic(*places, department_id=department_id, opens_in=5, **session)
    await db.fetch(
        "INSERT INTO schedule_setting (department_id, on_holidays, release_days_ahead, release_at, draw_window_seconds)"
        " VALUES ($1, 'usual', 14, '00:00', $2) ON CONFLICT DO NOTHING",
        clinic.department_id,
        window,
    )
    await drawing.make_draws()
    row = await db.fetch_one("SELECT draw_id FROM session WHERE id = $1", clinic.session_id)
    assert row is not None
    clinic.draw_id = row["draw_id"]
    await moved_clock.forward(seconds=6)
    return clinic


async def enters(person: PatientClient, clinic: Clinic, *wishes: int, **headers: str) -> Any:
    """Enter; gives the reply."""
    headers.setdefault("Idempotency_Key", str(uuid4()))
    return await person.call("POST", f"/draws/{clinic.draw_id}/entries", clinic.body(person, *wishes), **headers)


async def people(site: Any, count: int) -> list[PatientClient]:
    return [await a_patient_by_row(site) for _ in range(count)]


async def closes(moved_clock: Any, seconds: int = WINDOW) -> int:
    """Let the window pass and draw; gives how many draws were done."""
    await moved_clock.forward(seconds=seconds)
    return await drawing.run_draws()


async def states(clinic: Clinic) -> dict[str, int]:
    """How many entries are in which state."""
    rows = await db.fetch(
        "SELECT state, count(*) AS n FROM draw_entry WHERE draw_id = $1 GROUP BY state", clinic.draw_id
    )
    return {row["state"]: row["n"] for row in rows}


async def lost_before(person: PatientClient, department_id: UUID, *, times: int, state: str = "lost") -> None:
    """Let somebody have lost draws of a department, each on a day of its own, the last yesterday."""
    for n in range(times):
        slot = await props.a_slot(department_id=department_id)
        draw_id, entry_id, seed = new_id(), new_id(), f"{n:064x}"
        opened = clock.now() - timedelta(days=times - n)
        await db.fetch(
            "INSERT INTO draw (id, session_id, department_id, practitioner_id, day, starts_at, ends_at, opens_at,"
            " closes_at, loss_days, lots_at_most, seed_cipher, seed_sha256, seed, state, places, settled_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8::timestamptz + interval '1 minute', 90, 4, '\\x00',"
            " encode(sha256(convert_to($9, 'UTF8')), 'hex'), $9, 'drawn', '{}', $8::timestamptz + interval '1 minute')",
            draw_id,
            slot.session_id,
            department_id,
            slot.practitioner_id,
            slot.day,
            slot.starts_at,
            slot.ends_at,
            opened,
            seed,
        )
        await db.fetch(
            "INSERT INTO draw_entry (id, draw_id, department_id, person_id, patient_id, account_id, receipt, slot_ids,"
            " lots, state, position, settled_at) SELECT $1, $2, $3, person_id, id, account_id, $4, ARRAY[$5::uuid], 1,"
            " 'lost', 1, $6 FROM patient WHERE id = $7",
            entry_id,
            draw_id,
            department_id,
            str(entry_id),
            slot.id,
            opened + timedelta(minutes=1),
            UUID(person.patient_id),
        )
