"""Campuses, departments, practitioners, rooms, prices and the hospital page, as administrators keep them over HTTP."""

from uuid import uuid4

import pytest

from server import db
from tests import props
from tests.cast import a_member_of_staff


@pytest.fixture
async def admin(hospital):
    return await a_member_of_staff(hospital, "admin", name="马主任")


async def changes(client, path: str) -> list[tuple]:
    items = (await client.get(f"/admin/{path}/history"))["items"]
    return [(one["act"], one["by_name"], one["before"], one["after"]) for one in items]


async def test_a_department_is_made_found_changed_and_remembered(admin):
    campus = await admin.post("/admin/campuses", {"code": "main", "name": "本部", "address": "云湖路1号"})
    made = await admin.post(
        "/admin/departments",
        {"code": "heart", "name": "心血管内科", "speciality_code": "03.04", "aliases": ["心内科", "心内科", "心脏科"]},
    )
    assert (made["campus_id"], made["ticket_prefix"], made["speciality_name"]) == (campus["id"], "X", "心血管内科专业")
    assert (made["aliases"], made["active"], made["version"]) == (["心内科", "心脏科"], True, 1)
    assert [one["name"] for one in (await admin.get("/search?q=xinneike"))["items"]] == ["心血管内科"]
    reply = await admin.call("PATCH", f"/admin/departments/{made['id']}", {"location": "门诊楼3层"}, If_Match='"1"')
    assert (reply.status, reply.body["location"], reply.body["version"]) == (200, "门诊楼3层", 2)
    stale = await admin.call("PATCH", f"/admin/departments/{made['id']}", {"location": "?"}, If_Match='"1"')
    assert (stale.status, stale.code, stale.body["resource"]["location"]) == (412, "stale", "门诊楼3层")
    assert (await changes(admin, f"departments/{made['id']}"))[0] == (
        "changed",
        "马主任",
        {"location": ""},
        {"location": "门诊楼3层"},
    )
    assert [one["act"] for one in (await admin.get(f"/admin/departments/{made['id']}/history"))["items"]] == [
        "changed",
        "created",
    ]
    (item,) = (await admin.get("/admin/departments?q=心脏科&active=true"))["items"]
    assert item["id"] == made["id"]


async def test_a_repeated_creation_is_one(admin):
    key, body = str(uuid4()), {"code": "main", "name": "本部"}
    first = await admin.post("/admin/campuses", body, key=key)
    assert await admin.post("/admin/campuses", body, key=key) == first
    assert await props.count("campus") == await props.count("catalogue_change") == 1


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"code": "heart"}, 409, "code_taken"),
        ({"ticket_prefix": "X"}, 409, "prefix_taken"),
        ({"speciality_code": "99"}, 422, "unknown"),
        ({"parent_id": str(uuid4())}, 422, "unknown"),
        ({"campus_id": str(uuid4())}, 422, "unknown"),
        ({"aliases": ["心内科、心脏科"]}, 422, "string_pattern_mismatch"),
        ({"name": "  "}, 422, "string_too_short"),
        ({"code": "心"}, 422, "string_pattern_mismatch"),
        ({"service_minutes": 0}, 422, "greater_than_equal"),
    ],
)
async def test_a_department_that_cannot_be_is_refused(admin, change, status, said):
    await admin.post("/admin/campuses", {"code": "main", "name": "本部"})
    await admin.post("/admin/departments", {"code": "heart", "name": "心血管内科"})
    reply = await admin.refused("/admin/departments", {"code": "skin", "name": "皮肤科", **change})
    assert reply.status == status
    assert said in (reply.code, *(one["code"] for one in reply.body.get("errors", ())))
    assert await props.count("department") == 1


async def test_with_two_campuses_one_has_to_be_named(admin):
    for code in ("east", "west"):
        await admin.post("/admin/campuses", {"code": code, "name": code})
    reply = await admin.refused("/admin/departments", {"code": "heart", "name": "心血管内科"})
    assert reply.body["errors"][0] | {"detail": ""} == {"pointer": "/campus_id", "code": "needed", "detail": ""}


async def test_departments_do_not_stand_in_a_circle(admin):
    await admin.post("/admin/campuses", {"code": "main", "name": "本部"})
    one, two, three = [
        (await admin.post("/admin/departments", {"code": code, "name": code}))["id"] for code in ("a", "b", "c")
    ]
    for child, parent in ((two, one), (three, two)):
        assert (await admin.call("PATCH", f"/admin/departments/{child}", {"parent_id": parent})).status == 200
    for parent in (one, three):
        reply = await admin.call("PATCH", f"/admin/departments/{one}", {"parent_id": parent})
        assert (reply.status, reply.code) == (409, "department_circle")
    top = await admin.call("PATCH", f"/admin/departments/{two}", {"parent_id": None})
    assert (top.status, top.body["parent_id"], top.body["parent_name"]) == (200, None, "")
    assert (await admin.call("PATCH", f"/admin/departments/{one}", {"parent_id": three})).status == 200


async def test_practitioners_and_rooms_are_kept(admin):
    here, there = await props.a_department(name="心血管内科"), await props.a_department(name="皮肤科")
    doctor = await admin.post(
        "/admin/practitioners",
        {"code": "D1", "name": "温若溪", "department_id": str(here), "languages": ["普通话"], "gender": "female"},
    )
    assert (doctor["department_name"], doctor["gender"], doctor["photo"]) == ("心血管内科", "female", "")
    moved = await admin.call(
        "PATCH", f"/admin/practitioners/{doctor['id']}", {"department_id": str(there), "gender": None, "name": "温溪"}
    )
    assert (moved.body["department_name"], moved.body["gender"]) == ("皮肤科", None)
    assert (await db.fetch_one("SELECT pinyin, initials FROM practitioner")) == {"pinyin": "wenxi", "initials": "wx"}
    gone = await admin.call("PATCH", f"/admin/practitioners/{doctor['id']}", {"name": None})
    assert (gone.status, gone.body["errors"][0]["code"]) == (422, "needed")
    room = await admin.post("/admin/rooms", {"code": "R1", "name": "201诊室", "department_id": str(there)})
    assert (room["state"], room["active"]) == ("open", True)
    (found,) = (await admin.get(f"/admin/rooms?department={there}&q=201"))["items"]
    assert found["id"] == room["id"]
    assert (await admin.refused("/admin/rooms", {"code": "R1", "name": "x", "department_id": str(there)})).status == 409


async def test_lists_have_pages(admin):
    here = await props.a_department()
    for code in ("c", "a", "b"):
        await props.a_room(here, code=code)
    first = await admin.get("/admin/rooms?limit=2")
    second = await admin.get(f"/admin/rooms?limit=2&cursor={first['next']}")
    assert [one["code"] for one in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next"] is None


async def test_the_hospital_page_is_written_whole(admin):
    assert (await admin.call("GET", "/admin/hospital")).status == 404
    page = (await admin.call("PUT", "/admin/hospital", {"name": "云湖医院", "phone": "0571-1"})).body
    assert (page["version"], page["address"]) == (1, "")
    half = await admin.call("PUT", "/admin/hospital", {"name": "云湖医院", "latitude": 30.2})
    assert half.status == 422
    new = await admin.call("PUT", "/admin/hospital", {"name": "云湖医院", "phone": "0571-2"}, If_Match='"1"')
    assert (new.body["phone"], new.body["version"]) == ("0571-2", 2)
    assert (await admin.get("/hospital"))["phone"] == "0571-2"
    assert (await changes(admin, "hospital"))[0][2:] == ({"phone": "0571-1"}, {"phone": "0571-2"})
    assert (await admin.call("PUT", "/admin/hospital", {"name": "x"}, If_Match='"1"')).code == "stale"


async def test_prices_are_set_changed_and_removed(admin):
    here = str(await props.a_department(name="心血管内科"))
    line = {"visit_type": "expert", "department_id": here, "title": "主任医师"}
    made = (await admin.call("PUT", "/admin/prices", {**line, "price_fen": 5000})).body
    again = (await admin.call("PUT", "/admin/prices", {**line, "price_fen": 6000}, If_Match='"1"')).body
    assert (again["id"], again["price_fen"], again["version"]) == (made["id"], 6000, 2)
    assert (await admin.call("PUT", "/admin/prices", {**line, "price_fen": 1}, If_Match='"1"')).code == "stale"
    assert len((await admin.get("/admin/prices"))["items"]) == 1
    reply = await admin.call("DELETE", f"/admin/prices/{made['id']}", If_Match='"2"')
    assert (reply.status, (await admin.get("/admin/prices"))["items"]) == (204, [])
    assert [act for act, *_ in await changes(admin, "prices")] == ["removed", "changed", "created"]
    unknown = await admin.call(
        "PUT", "/admin/prices", {"visit_type": "expert", "department_id": str(uuid4())} | {"price_fen": 1}
    )
    assert unknown.status == 422


async def test_a_departments_administrator_keeps_its_people_and_nothing_else(hospital):
    mine, other = await props.a_department(), await props.a_department()
    person = await a_member_of_staff(hospital, "admin", department_id=mine)
    theirs = await props.a_practitioner(other)
    assert [one["id"] for one in (await person.get("/admin/departments"))["items"]] == [str(mine)]
    assert (await person.get("/admin/practitioners"))["items"] == []
    assert (await person.call("GET", f"/admin/practitioners/{theirs}")).status == 404
    doctor = await person.post("/admin/practitioners", {"code": "D9", "name": "温若溪", "department_id": str(mine)})
    away = await person.call("PATCH", f"/admin/practitioners/{doctor['id']}", {"department_id": str(other)})
    assert away.status == 404
    for path, body in (
        ("/admin/rooms", {"code": "R9", "name": "x", "department_id": str(other)}),
        ("/admin/campuses", {"code": "c", "name": "c"}),
        ("/admin/departments", {"code": "c", "name": "c"}),
    ):
        assert (await person.refused(path, body)).status in (403, 404)
    renamed = await person.call("PATCH", f"/admin/departments/{mine}", {"name": "x"})
    assert renamed.status == 403
    for path in ("/admin/hospital", "/admin/prices", "/admin/prices/history", "/admin/hospital/history"):
        assert (await person.call("GET", path)).status == 403


async def test_other_staff_keep_nothing(hospital):
    head = await a_member_of_staff(hospital, "department_head")
    for path in ("departments", "practitioners", "rooms", "campuses", "hospital", "prices", "specialities"):
        assert (await head.call("GET", f"/admin/{path}")).status == 403


async def test_the_national_list_is_a_tree(admin):
    items = (await admin.get("/admin/specialities"))["items"]
    assert {"code": "03.04", "name": "心血管内科专业", "parent": "03"} in items
    assert {one["parent"] for one in items} - {""} <= {one["code"] for one in items}
