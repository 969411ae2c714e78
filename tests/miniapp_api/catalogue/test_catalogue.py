"""The catalogue and the slots, open to everybody."""

from datetime import timedelta
from uuid import uuid4

import pytest
from tortoise.exceptions import IntegrityError

from miniapp_api.booking.views import SlotView
from miniapp_api.catalogue.api import ConsultingRoomView, DepartmentView, PractitionerView
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


async def test_a_practitioner_says_languages_and_prices(hospital):
    anybody = Client(hospital)
    here, there = await props.a_department(), await props.a_department()
    await props.insert("price", visit_type="expert", price_fen=3000)
    await props.insert("price", visit_type="expert", title="主任医师", price_fen=5000)
    await props.insert("price", visit_type="ordinary", department_id=there, price_fen=1500)
    one = await props.a_practitioner(here, languages=["普通话", "英语"], gender="female", photo="/photos/1.jpg")
    await props.a_practitioner(there, title="主治医师")
    first, second = (await anybody.get("/practitioners"))["items"]
    assert (first["languages"], first["gender"], first["photo"]) == (["普通话", "英语"], "female", "/photos/1.jpg")
    assert first["prices"] == [{"visit_type": "expert", "price_fen": 5000}]
    assert second["prices"] == [
        {"visit_type": "ordinary", "price_fen": 1500},
        {"visit_type": "expert", "price_fen": 3000},
    ]
    assert (second["languages"], second["gender"]) == ([], None)
    assert await anybody.get(f"/practitioners/{one}") == first
    assert (await anybody.refused(f"/practitioners/{uuid4()}", method="GET")).status == 404
    prices = (await anybody.get(f"/departments/{here}"))["prices"]
    assert prices == [{"visit_type": "expert", "price_fen": 3000}]


async def test_two_prices_for_the_same_are_refused_by_the_database(hospital):
    await props.insert("price", visit_type="expert", price_fen=3000)
    with pytest.raises(IntegrityError):
        await props.insert("price", visit_type="expert", price_fen=4000)


async def test_rooms_of_a_department(hospital):
    here, there = await props.a_department(), await props.a_department()
    mine = [str(await props.a_room(here)) for _ in range(2)]
    await props.a_room(there)
    await props.a_room(here, active=False)
    found = (await Client(hospital).get(f"/consulting-rooms?department={here}"))["items"]
    assert [item["id"] for item in found] == mine
    ConsultingRoomView.model_validate(found[0])


async def test_the_hospital_page_has_map_hours_prices_and_services(hospital):
    anybody = Client(hospital)
    row = await props.insert("hospital", name="云湖医院", services="轮椅借用、饮用水；母婴室、")
    page = await anybody.get("/hospital")
    assert (page["service_list"], page["map_point"]) == (["轮椅借用", "饮用水", "母婴室"], None)
    await db.fetch(
        "UPDATE hospital SET latitude = 27.5, longitude = 118.25, emergency_hours = '24小时', price_notes = '按次'"
        " WHERE id = $1",
        row,
    )
    page = await anybody.get("/hospital")
    assert page["map_point"] == {"latitude": 27.5, "longitude": 118.25}
    assert (page["emergency_hours"], page["price_notes"]) == ("24小时", "按次")


async def test_slots_show_what_can_be_had_and_why_not(hospital):
    anybody = Client(hospital)
    department_id = await props.a_department()
    now = time.now()
    soon = {"department_id": department_id, "starts_at": now + timedelta(minutes=1)}
    slots = {
        "open": await props.a_slot(**soon),
        "full": await props.a_slot(**soon, capacity=1),
        "not_yet": await props.a_slot(**soon, opens_at=now + timedelta(seconds=30)),
        "closed": await props.a_slot(department_id=department_id, starts_at=now - timedelta(minutes=30)),
        "stopped": await props.a_slot(**soon, status="stopped"),
    }
    await db.fetch("UPDATE slot SET taken = 1 WHERE id = $1", slots["full"].id)
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
