"""The patient's code as text and picture, the desk's code, and checking in alone."""

from datetime import timedelta
from uuid import uuid4
from xml.etree import ElementTree

import png
import pytest

from miniapp_api.checkin.codes import desk_code
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.scenes import a_scene, broken_invariants


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


async def code_on_screen(scene) -> str:
    return (await scene.guide.get(f"/desk/code?desk_id={scene.desk_id}"))["code"]


async def test_the_code_is_shown_as_text_and_as_picture(scene):
    person, booked = await scene.books()
    shown = await person.get(f"/appointments/{booked}/code")
    assert shown["code"].startswith("H2.")
    assert shown["expires_at"].startswith(f"{time.today()}T09:0")
    assert 0 < shown["next_in"] <= 30 <= shown["expires_in"] <= 60
    svg = await person.call("GET", f"/appointments/{booked}/code", Accept="image/svg+xml")
    assert svg.headers["Content-Type"] == "image/svg+xml"
    assert ElementTree.fromstring(svg.raw).tag.endswith("svg")
    picture = await person.call("GET", f"/appointments/{booked}/code", Accept="image/png")
    assert picture.headers["Content-Type"] == "image/png"
    width, height, _, _ = png.Reader(bytes=picture.raw).read()
    assert width == height > 200


async def test_there_is_no_code_for_what_is_over(scene):
    person, booked = await scene.books()
    await db.fetch("UPDATE appointment SET status = 'cancelled'")
    assert (await person.refused(f"/appointments/{booked}/code", method="GET")).code == "illegal_move"
    assert (await person.refused(f"/appointments/{uuid4()}/code", method="GET")).status == 404
    assert (await scene.guide.refused(f"/appointments/{booked}/code", method="GET")).status == 403


async def test_a_patient_scans_the_desk_and_is_checked_in(scene):
    person, booked = await scene.books()
    answer = await person.post("/arrivals", {"desk_code": await code_on_screen(scene)})
    assert (answer["outcome"], answer["appointment"]["id"]) == ("accepted", booked)
    assert answer["ticket"]["number"] == "A001"
    row = await db.fetch_one("SELECT by_kind, channel FROM transition WHERE to_state = 'checked_in'")
    assert (row["by_kind"], row["channel"]) == ("patient", "miniapp")
    again = await person.post("/arrivals", {"desk_code": await code_on_screen(scene), "appointment_id": booked})
    assert (again["outcome"], again["ticket"]["id"]) == ("already_checked_in", answer["ticket"]["id"])
    assert await broken_invariants(WIRING) == []


async def test_the_same_key_arrives_once_and_another_body_is_refused(scene):
    person, booked = await scene.books()
    body = {"desk_code": await code_on_screen(scene)}
    key = str(uuid4())
    first = await person.call("POST", "/arrivals", body, Idempotency_Key=key)
    again = await person.call("POST", "/arrivals", body, Idempotency_Key=key)
    assert (first.status, again.raw, again.headers["Idempotent-Replayed"]) == (200, first.raw, "true")
    other = await person.call("POST", "/arrivals", {**body, "appointment_id": booked}, Idempotency_Key=key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")


async def test_the_desks_code_rotates(scene, clock):
    person, _ = await scene.books()
    code = await code_on_screen(scene)
    await clock.forward(minutes=3)
    answer = await person.post("/arrivals", {"desk_code": code})
    assert (answer["outcome"], answer["reason"]) == ("refused", "code_expired")
    assert (await person.post("/arrivals", {"desk_code": "rubbish"}))["reason"] == "unknown_code"
    forged = desk_code(b"f" * 32, scene.desk_id, time.now()).text
    assert (await person.post("/arrivals", {"desk_code": forged}))["reason"] == "forged"
    assert await props.count("ticket") == 0


async def test_who_has_nothing_today_is_told_so(scene):
    person = await a_patient_by_row(scene.site)
    answer = await person.post("/arrivals", {"desk_code": await code_on_screen(scene)})
    assert (answer["outcome"], answer["reason"], answer["appointment"]) == ("refused", "wrong_day", None)
    _, booked = await scene.books()
    stolen = {"desk_code": await code_on_screen(scene), "appointment_id": booked}
    assert (await person.refused("/arrivals", stolen)).status == 404


async def test_desks_and_their_codes_are_for_their_guides(scene):
    other = await props.a_department(name="眼科")
    theirs = await props.a_desk(department_id=other, name="眼科导诊台")
    guide = await a_member_of_staff(scene.site, "guide", department_id=scene.department_id)
    assert [desk["name"] for desk in (await guide.get("/desks"))["items"]] == ["门诊导诊台"]
    assert [desk["department_name"] for desk in (await scene.guide.get("/desks"))["items"]] == [None, "眼科"]
    assert (await guide.refused(f"/desk/code?desk_id={theirs}", method="GET")).status == 403
    assert (await guide.refused(f"/desk/code?desk_id={uuid4()}", method="GET")).status == 404
    assert (await scene.doctor.refused("/desks", method="GET")).status == 403
