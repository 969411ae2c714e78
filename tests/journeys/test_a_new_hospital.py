"""A hospital begins: an administrator enters it by hand and by file, a patient books, and nothing booked is lost.

No command line: what an operator needs goes over HTTP.
"""

import io

from miniapp_api.imports.api import CSV
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.schedules.things import tomorrow


async def sends(admin, kind: str, text: str, **query: str) -> dict:
    headers = {"Authorization": f"Bearer {admin.token}", "Content-Type": CSV, "Accept-Language": "zh-CN"}
    url = f"{admin.site.base}/api/v1/admin/imports/{kind}"
    async with admin.site.http.post(url, data=io.BytesIO(text.encode()), headers=headers, params=query) as reply:
        assert reply.status == 200, await reply.text()
        return await reply.json()


async def test_a_hospital_begins_without_a_command_line(hospital):
    admin = await a_member_of_staff(hospital, "admin", name="马主任")
    assert (await admin.call("PUT", "/admin/hospital", {"name": "云湖医院", "phone": "0571-1000"})).status == 200
    await admin.post("/admin/campuses", {"code": "main", "name": "本部", "directions": "地铁2号线云湖站B口"})
    heart = await admin.post(
        "/admin/departments",
        {
            "code": "heart",
            "name": "心血管内科",
            "speciality_code": "03.04",
            "aliases": ["心脏科"],
            "location": "2楼A区",
        },
    )
    doctor = await admin.post(
        "/admin/practitioners",
        {"code": "D1", "name": "温若溪", "department_id": heart["id"], "title": "主任医师", "languages": ["粤语"]},
    )
    await admin.post("/admin/rooms", {"code": "R1", "name": "201诊室", "department_id": heart["id"]})
    await admin.call("PUT", "/admin/prices", {"visit_type": "expert", "price_fen": 5000})

    weekday = tomorrow().weekday() + 1
    file = f"工号,诊室,星期,开始时间,结束时间,号源数,号别\nD1,R9,{weekday},08:00,10:00,2,专家\n"
    (mistake,) = (await sends(admin, "schedule", file))["mistakes"]
    assert (mistake["line"], mistake["column"], mistake["detail"]) == (2, "room_code", "没有代码为“R9”的诊室")
    seen = await sends(admin, "schedule", file.replace("R9", "R1"))
    assert (seen["is_good"], seen["plan"]["new_sessions"] >= 2, await props.count("session")) == (True, True, 0)
    done = await sends(admin, "schedule", file.replace("R9", "R1"), dry_run="false", digest=seen["digest"])
    assert (done["is_good"], await props.count("session")) == (True, seen["plan"]["new_sessions"])

    person = await a_patient_by_row(hospital)
    found, *_ = (await person.get("/search?q=xinzangke"))["items"]
    assert found["id"] == heart["id"]
    shown = await person.get(f"/practitioners/{doctor['id']}")
    assert [one["price_fen"] for one in shown["prices"] if one["visit_type"] == "expert"] == [5000]
    day = tomorrow().isoformat()
    slot, *_ = (await person.get(f"/slots?department={heart['id']}&from={day}&to={day}"))["items"]
    booked = await person.books(slot["id"])

    for path in (f"departments/{heart['id']}", f"practitioners/{doctor['id']}"):
        refused = await admin.refused(f"/admin/{path}/deactivation")
        assert (refused.code, refused.body["bookings"]) == ("in_use", 1)
    ended = await sends(
        admin, "schedule", file.replace("R9", "R1").replace("号别", "号别,启用").replace("专家", "专家,否")
    )
    assert [one["taken"] for one in ended["plan"]["conflicts"] if one["taken"]] == [1]
    still = await person.get(f"/appointments/{booked['id']}")
    assert still["status"] == "booked"

    export = await admin.call("GET", "/admin/exports/catalogue")
    again = await sends(admin, "catalogue", export.raw.decode("utf-8-sig"), dry_run="false")
    assert (again["mistakes"], again["rows"]) == ([], [])
    history = (await admin.get(f"/admin/practitioners/{doctor['id']}/history"))["items"]
    assert [(one["act"], one["by_name"]) for one in history] == [("created", "马主任")]
