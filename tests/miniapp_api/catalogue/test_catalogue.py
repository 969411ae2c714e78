"""The catalogue and the slots, open to everybody."""

from datetime import timedelta
from uuid import uuid4

import pytest

from miniapp_api.booking.views import SlotView
from miniapp_api.catalogue.api import DepartmentView, PractitionerView
from server import clock as time
from server import db
from tests import props
from tests.cast import Client


async def test_departments_say_where_they_are(hospital):
    anybody = Client(hospital)
    campus_id = await props.a_campus(name="东院区", directions="地铁2号线")
    parent = await props.a_department(name="内科", campus_id=campus_id)
    child = await props.a_department(name="心血管内科", campus_id=campus_id, parent_id=parent)
    await props.a_department(name="已撤销", campus_id=campus_id, active=False)
    found = await anybody.get("/departments")
    assert [(item["name"], item["parent_id"]) for item in found["items"]] == [
        ("内科", None),
        ("心血管内科", str(parent)),
    ]
    assert found["next"] is None
    DepartmentView.model_validate(found["items"][0])
    one = await anybody.get(f"/departments/{child}")
    assert one == found["items"][1]
    assert (one["campus"]["name"], one["campus"]["directions"]) == ("东院区", "地铁2号线")


async def test_an_unknown_department_is_not_there(hospital):
    anybody = Client(hospital)
    closed = await props.a_department(active=False)
    for department_id in (uuid4(), closed, "none"):
        assert (await anybody.refused(f"/departments/{department_id}", method="GET")).status == 404


async def test_practitioners_of_a_department(hospital):
    anybody = Client(hospital)
    here, there = await props.a_department(), await props.a_department()
    mine = [str(await props.a_practitioner(here)) for _ in range(3)]
    other = str(await props.a_practitioner(there))
    await props.a_practitioner(here, active=False)
    found = await anybody.get(f"/practitioners?department={here}&limit=2")
    rest = await anybody.get(f"/practitioners?department={here}&limit=2&cursor={found['next']}")
    assert [item["id"] for item in found["items"] + rest["items"]] == mine
    PractitionerView.model_validate(found["items"][0])
    assert [item["id"] for item in (await anybody.get("/practitioners"))["items"]] == [*mine, other]
    assert (await anybody.refused("/practitioners?department=x", method="GET")).status == 422


async def test_slots_show_what_can_be_had_and_why_not(hospital):
    anybody = Client(hospital)
    department_id = await props.a_department()
    now = time.now()
    soon = {"department_id": department_id, "starts_at": now + timedelta(minutes=1)}
    slots = {
        "open": await props.a_slot(**soon),
        "full": await props.a_slot(**soon, capacity=0),
        "not_yet": await props.a_slot(**soon, opens_at=now + timedelta(seconds=30)),
        "closed": await props.a_slot(department_id=department_id, starts_at=now - timedelta(minutes=30)),
        "stopped": await props.a_slot(**soon, status="stopped"),
    }
    first = min(slot.day for slot in slots.values())  # the one that is over may have begun yesterday
    found = (await anybody.get(f"/slots?department={department_id}&from={first}"))["items"]
    assert {item["id"]: item["status"] for item in found} == {str(slot.id): name for name, slot in slots.items()}
    SlotView.model_validate(found[0])


async def test_slots_of_a_practitioner_and_of_some_days(hospital):
    anybody = Client(hospital)
    department_id = await props.a_department()
    practitioner_id = await props.a_practitioner(department_id)
    days = [time.today() + timedelta(days=number) for number in (0, 3, 14, 15)]
    slots = [
        await props.a_slot(department_id=department_id, practitioner_id=practitioner_id, starts_at=time.at(day, 23, 30))
        for day in days
    ]
    await props.a_slot(department_id=department_id, starts_at=time.at(days[1], 9))
    ids = [str(slot.id) for slot in slots]

    async def shown(query: str) -> list[str]:
        return [item["id"] for item in (await anybody.get(f"/slots?{query}"))["items"]]

    assert await shown(f"practitioner={practitioner_id}") == ids[:3]
    assert await shown(f"practitioner={practitioner_id}&from={days[1]}&to={days[1]}") == ids[1:2]
    assert await shown(f"practitioner={practitioner_id}&department={department_id}&to={days[0]}") == ids[:1]
    assert len(await shown(f"department={department_id}&from={days[1]}&to={days[1]}")) == 2
    assert await shown(f"department={uuid4()}") == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=2026-03-01",
        "department=x",
        "department={id}&from=yesterday",
        "department={id}&from=2026-03-02&to=2026-03-01",
        "department={id}&from=2026-03-01&to=2026-04-02",
        "department={id}&from=9999-12-31",
        "department={id}&to=0001-01-01",
        "department={id}&page=2",
    ],
)
async def test_a_wrong_question_is_refused(hospital, query):
    reply = await Client(hospital).refused("/slots?" + query.format(id=uuid4()), method="GET")
    assert (reply.status, reply.code) == (422, "malformed")


async def test_slots_cost_one_statement(hospital, caplog):
    slot = await props.a_slot()
    await db.fetch("SELECT 1")
    with caplog.at_level("DEBUG", "tortoise.db_client"):
        await Client(hospital).get(f"/slots?department={slot.department_id}")
    assert sum(record.name == "tortoise.db_client" for record in caplog.records) == 1
