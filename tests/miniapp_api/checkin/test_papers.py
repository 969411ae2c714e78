"""What is printed: the slip for people without a phone, the desk's poster and what it may do."""

import io
from datetime import timedelta
from urllib.parse import parse_qs, urlparse
from uuid import UUID, uuid4

import pytest
import zxingcpp
from PIL import Image

from miniapp_api.checkin.codes import desk_scene, open_desk_scene, open_patient_code
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.scenes import Scene, a_scene

PLATFORM = "/wxa/getwxacodeunlimit"


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


def read(picture: bytes) -> str:
    """What a camera reads from a picture."""
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("RGB"))
    return found.text


# ---- the slip ------------------------------------------------------------------------------------------------------


async def test_a_slip_says_when_where_and_who_and_its_code_checks_in(scene):
    person, booked = await scene.books(name="张小三")
    slip = await person.get(f"/appointments/{booked}/slip")
    assert (slip["patient_name"], slip["department"], slip["number"]) == ("张*三", "心血管内科", 1)
    assert (slip["day"], slip["starts_at"][11:16], slip["opens_at"][11:16]) == (str(time.today()), "09:10", "07:10")
    assert "2诊室" in slip["place"]
    assert open_patient_code(scene.site.settings.keys.code_signing, slip["code"], time.now()).subject_id == UUID(booked)
    assert (await scene.guide.scans(slip["code"]))["outcome"] == "accepted"


async def test_the_desk_prints_a_page_that_holds_the_code_and_nothing_foreign(scene):
    _, booked = await scene.books(name="<b>张三</b>")
    path = f"/desk/appointments/{booked}/slip"
    page = await scene.guide.call("GET", path, Accept="text/html")
    text = page.raw.decode()
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert "就诊单" in text
    assert "身份证、医保卡" in text
    assert "<b>张" not in text
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    picture = await scene.guide.call("GET", path, Accept="image/png")
    assert read(picture.raw) == (await scene.guide.get(path))["code"]
    assert (await scene.guide.call("GET", path, Accept="image/svg+xml")).raw.lstrip().startswith(b"<?xml")


async def test_a_slip_is_for_whom_it_concerns_and_for_what_is_to_come(scene):
    person, booked = await scene.books()
    stranger = await a_patient_by_row(scene.site)
    assert (await stranger.refused(f"/appointments/{booked}/slip", method="GET")).status == 404
    assert (await person.refused(f"/desk/appointments/{booked}/slip", method="GET")).status == 403
    other = await props.a_department(name="眼科")
    guide = await a_member_of_staff(scene.site, "guide", department_id=other)
    assert (await guide.refused(f"/desk/appointments/{booked}/slip", method="GET")).status == 403
    service = await a_member_of_staff(scene.site, "customer_service")
    assert (await service.get(f"/desk/appointments/{booked}/slip"))["appointment_id"] == booked
    assert (await service.refused(f"/desk/appointments/{uuid4()}/slip", method="GET")).status == 404
    await db.fetch("UPDATE appointment SET status = 'cancelled' WHERE id = $1::uuid", booked)
    assert (await service.refused(f"/desk/appointments/{booked}/slip", method="GET")).code == "illegal_move"


# ---- the poster ----------------------------------------------------------------------------------------------------


async def asked(site) -> list[dict]:
    """The calls for pictures that the platform has had."""
    async with site.http.get(f"{site.simulator}/_sim/calls?path={PLATFORM}") as reply:
        return (await reply.json())["items"]


async def scene_on_paper(scene: Scene) -> str:
    """The scene of the desk's poster, read from the platform's picture as a phone would."""
    picture = await scene.guide.call("GET", f"/desks/{scene.desk_id}/poster", Accept="image/png")
    assert (picture.status, picture.headers["Content-Type"]) == (200, "image/png")
    asked_for = parse_qs(urlparse(read(picture.raw)).query)
    assert asked_for["page"] == ["pages/arrive/arrive"]
    return asked_for["scene"][0]


async def test_the_platform_draws_a_poster_once_and_a_patient_checks_in_by_it(scene):
    before = len(await asked(scene.site))
    printed = await scene_on_paper(scene)
    assert await scene_on_paper(scene) == printed
    assert len(await asked(scene.site)) == before + 1
    person, booked = await scene.books()
    answer = await person.post("/arrivals", {"desk_code": printed})
    assert (answer["outcome"], answer["appointment"]["id"]) == ("accepted", booked)
    (row,) = (await scene.guide.get("/desk/arrivals"))["items"]
    assert row["ticket"]["arrived_by"] == "poster"
    (record,) = (await scene.guide.get("/desk/scans"))["items"]
    assert (record["channel"], record["is_by_patient"], record["by"]) == ("poster", True, None)


async def test_a_poster_that_only_tells_the_way_checks_nobody_in(scene):
    boss = await a_member_of_staff(scene.site, "supervisor")
    changed = await boss.call("PUT", f"/desks/{scene.desk_id}/poster", {"checks_in": False})
    assert (changed.status, changed.body["poster_checks_in"]) == (200, False)
    person, _ = await scene.books()
    answer = await person.post("/arrivals", {"desk_code": await scene_on_paper(scene)})
    assert (answer["outcome"], answer["reason"]) == ("refused", "ask_at_desk")
    assert "门诊导诊台" in answer["next_step"]
    assert await props.count("scan", "reason = 'ask_at_desk' AND channel = 'poster'") == 1
    assert await props.count("ticket") == 0


async def test_a_poster_ends_when_a_new_one_is_printed(scene):
    old = await scene_on_paper(scene)
    boss = await a_member_of_staff(scene.site, "supervisor")
    await boss.call("PUT", f"/desks/{scene.desk_id}/poster", {"renew": True})
    new = await scene_on_paper(scene)
    person, _ = await scene.books()
    answer = await person.post("/arrivals", {"desk_code": old})
    assert (answer["outcome"], answer["reason"], answer["message"]) == ("refused", "code_expired", "这张海报已经停用。")
    assert (await person.post("/arrivals", {"desk_code": new}))["outcome"] == "accepted"
    seed = scene.site.settings.keys.code_signing
    assert [open_desk_scene(seed, one).edition for one in (old, new)] == [1, 2]
    row = await db.fetch_one("SELECT poster_changed_by::text AS by FROM desk")
    assert row["by"] == boss.staff_id


async def test_a_scene_of_somebody_s_own_making_is_refused_and_kept(scene):
    person, _ = await scene.books()
    answer = await person.post("/arrivals", {"desk_code": desk_scene(b"f" * 32, scene.desk_id, 1)})
    assert (answer["reason"], answer["ticket"]) == ("forged", None)
    assert await props.count("scan", "reason = 'forged' AND desk_id IS NULL") == 1


async def test_a_poster_is_for_staff_and_its_settings_for_supervisors(scene):
    person, _ = await scene.books()
    path = f"/desks/{scene.desk_id}/poster"
    assert (await person.refused(path, method="GET")).status == 403
    assert (await scene.doctor.refused(path, method="GET")).status == 403
    assert (await scene.guide.refused(path, {"renew": True}, method="PUT")).status == 403
    assert (await scene.guide.refused(f"/desks/{uuid4()}/poster", method="GET")).status == 404
    page = await scene.guide.call("GET", path, Accept="text/html")
    assert "扫码报到" in page.raw.decode()
    assert "data:image/png;base64," in page.raw.decode()


async def test_a_platform_that_does_not_answer_is_said_so_and_nothing_is_kept(scene):
    faults = f"{scene.site.simulator}/_sim/faults"
    async with scene.site.http.put(faults, json={"path": PLATFORM, "mode": "system_busy"}) as reply:
        assert reply.status < 300
    refused = await scene.guide.refused(f"/desks/{scene.desk_id}/poster", method="GET")
    assert (refused.status, refused.code) == (503, "outside_trouble")
    async with scene.site.http.put(faults, json={"path": PLATFORM, "mode": "ok"}) as reply:
        assert reply.status < 300
    assert await props.count("desk_poster") == 0
    assert len(await scene_on_paper(scene)) == 32
