"""The list of slots is made session by session, and says of each slot what is said of it alone."""

from datetime import timedelta

from miniapp_api.booking import models
from miniapp_api.booking.models import SlotSeen
from miniapp_api.booking.views import show_slot
from server import clock, db
from tests import props
from tests.cast import Client


async def bands_of(site, path: str) -> list[dict]:
    return (await Client(site=site).get(path))["items"]


async def shown_alone(items: list[dict]) -> list[dict]:
    rows = await db.fetch(models.SLOTS, sorted(item["id"] for item in items))
    now = clock.now()
    alone = {str(row["slot_id"]): show_slot(SlotSeen(**row), now) for row in rows}
    return [alone[item["id"]] for item in items]


async def test_each_slot_is_shown_as_it_is_alone(hospital):
    department_id = await props.a_department()
    begins = clock.now() + timedelta(hours=2)
    first = await props.a_slot(department_id=department_id, starts_at=begins, capacity=3)
    second = await props.a_slot(department_id=department_id, starts_at=begins - timedelta(hours=1), capacity=1)
    await props.a_slot(department_id=department_id, starts_at=begins, opens_at=begins - timedelta(minutes=1))
    more = begins + timedelta(minutes=30)
    for pool, capacity in (("app", 5), ("desk", 5), ("app", 0)):
        await props.insert(
            "slot",
            session_id=first.session_id,
            starts_at=more,
            ends_at=more + timedelta(minutes=30),
            pool=pool,
            capacity=capacity,
        )
        more += timedelta(minutes=30)
    await props.an_appointment(first, await props.a_patient())
    await props.an_appointment(second, await props.a_patient())
    await db.fetch("UPDATE slot SET kept = 1 WHERE id = $1", first.id)
    found = await bands_of(hospital, f"/slots?department={department_id}")
    assert sorted(item["status"] for item in found) == ["full", "not_yet", "open", "open"]
    order = [(item["starts_at"], item["practitioner_id"]) for item in found]
    assert order == sorted(order)
    assert found == await shown_alone(found)
    practitioner = f"practitioner={first.practitioner_id}"
    own = [item for item in found if item["practitioner_id"] == str(first.practitioner_id)]
    assert len(own) == 2
    assert await bands_of(hospital, f"/slots?{practitioner}") == own
    assert await bands_of(hospital, f"/slots?department={department_id}&{practitioner}") == own


async def test_a_stopped_band_of_an_open_session_is_stopped(hospital):
    slot = await props.a_slot()
    await db.fetch("UPDATE slot SET is_stopped = true WHERE id = $1", slot.id)
    found = await bands_of(hospital, f"/slots?department={slot.department_id}")
    assert [item["status"] for item in found] == ["stopped"]
    assert found == await shown_alone(found)
