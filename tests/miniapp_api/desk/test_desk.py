"""The guide desk: the day's list, check-in by name, annulment, walk-ins."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from miniapp_api.wiring import WIRING
from server import clock as time
from server import db, privacy
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.scenes import a_scene, broken_invariants


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


async def names(scene, query="") -> list[str]:
    return [row["name"] for row in (await scene.guide.get(f"/desk/arrivals{query}"))["items"]]


async def test_the_day_lists_who_is_expected_and_who_is_here_with_names_masked(scene):
    await scene.arrives(name="张小三")
    await scene.books(name="李小四", phone="13900001234")
    await scene.walks_in(patient={"name": "赵无约"}, flags=["wheelchair"])
    tomorrow = await props.a_slot(
        starts_at=time.at(time.today() + timedelta(days=1), 9), department_id=scene.department_id
    )
    await scene.books(tomorrow, name="王明天")
    rows = (await scene.guide.get("/desk/arrivals"))["items"]
    assert [(row["name"], row["state"], row["ticket"] and row["ticket"]["number"]) for row in rows] == [
        ("赵*约", "checked_in", "A002"),
        ("张*三", "checked_in", "A001"),
        ("李*四", "expected", None),
    ]
    assert rows[2]["phone_masked"] == "*******1234"
    assert rows[0]["ticket"]["flags"] == ["wheelchair"]
    assert "小" not in orjson.dumps(rows).decode()
    assert await names(scene, "?state=expected") == ["李*四"]
    assert await names(scene, "?state=arrived") == ["赵*约", "张*三"]
    assert await names(scene, f"?date={time.today() + timedelta(days=1)}") == ["王*天"]


async def test_somebody_is_found_by_name_initials_phone_and_file_number(scene):
    await scene.books(name="张小三", pinyin="zhangxiaosan", initials="zxs", phone="13900001234", file_number="F77")
    await scene.books(name="李小四", pinyin="lixiaosi", initials="lxs", phone="13900009999")
    for asked in ("张小", "ZXS", "zhangxiao", "1234", "13900001234", "f77", "F77"):
        assert await names(scene, f"?q={asked}") == ["张*三"], asked
    sealed = privacy.blind_index("11010519491231002X", kind="id_number")
    await db.fetch("UPDATE patient SET id_number_index = $1 WHERE file_number = 'F77'", sealed)
    for asked in ("11010519491231002X", "11010519491231002x"):  # as a card reader types it
        assert await names(scene, f"?q={asked}") == ["张*三"], asked
    assert await names(scene, "?q=110105194912310") == []  # the whole number only
    assert await names(scene, "?q=xiao") == ["张*三", "李*四"]
    assert await names(scene, "?q=%25") == []
    assert await names(scene, "?q=_") == []


async def test_the_list_goes_on_page_by_page_without_a_gap(scene):
    for n in range(7):
        await scene.books(name=f"病人{n}甲")
    seen, cursor = [], ""
    while cursor is not None:
        page = await scene.guide.get(f"/desk/arrivals?limit=3{cursor and '&cursor=' + cursor}")
        seen += [row["id"] for row in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 7


async def test_a_guide_sees_the_own_departments(scene):
    await scene.books(name="张小三")
    other = await props.a_department(name="眼科")
    stranger = await a_member_of_staff(scene.site, "guide", department_id=other)
    assert (await stranger.get("/desk/arrivals"))["items"] == []
    reply = await stranger.refused(f"/desk/arrivals?department={scene.department_id}", method="GET")
    assert reply.status == 403
    assert (await scene.doctor.refused("/desk/arrivals", method="GET")).status == 403
    for wrong in ("state=lost", "date=tomorrow", "date=9999-12-31", "limit=0", "cursor=中", "more=1"):
        assert (await scene.guide.refused(f"/desk/arrivals?{wrong}", method="GET")).status == 422, wrong


async def test_the_desk_checks_in_by_name_when_the_phone_is_dead(scene):
    _, booked = await scene.books()
    ticket = (await scene.guide.post("/desk/check-ins", {"appointment_id": booked}))["ticket"]
    assert (ticket["number"], ticket["state"], ticket["appointment_id"]) == ("A001", "waiting", booked)
    again = await scene.guide.refused("/desk/check-ins", {"appointment_id": booked})
    assert (again.code, again.body["reason"], again.body["ticket_id"]) == (
        "check_in_refused",
        "already_checked_in",
        ticket["id"],
    )
    assert "已于 09:00 在导诊台报到" in again.body["detail"]
    assert await props.count("scan") == 0
    assert await broken_invariants(WIRING) == []


async def test_a_reason_lets_somebody_in_at_another_time_and_is_kept(scene, clock):
    _, booked = await scene.books()
    await clock.set_to(time.at(time.today(), 6))
    refused = await scene.guide.refused("/desk/check-ins", {"appointment_id": booked})
    assert (refused.code, refused.body["reason"]) == ("check_in_refused", "too_early")
    body = {"appointment_id": booked, "override": {"reason": "行动不便"}}
    assert (await scene.guide.post("/desk/check-ins", body))["ticket"]["state"] == "waiting"
    row = await db.fetch_one("SELECT why FROM transition WHERE to_state = 'checked_in'")
    assert row["why"] == "too_early: 行动不便"


async def test_a_reason_lets_somebody_in_on_another_day_into_todays_queue(scene):
    tomorrow = await props.a_slot(
        starts_at=time.at(time.today() + timedelta(days=1), 9), department_id=scene.department_id
    )
    _, booked = await scene.books(tomorrow)
    assert (await scene.guide.refused("/desk/check-ins", {"appointment_id": booked})).body["reason"] == "wrong_day"
    await scene.guide.post("/desk/check-ins", {"appointment_id": booked, "override": {"reason": "远道而来"}})
    assert await scene.waiting() == ["A001"]
    assert (await scene.doctor.calls_next(scene.room_id))["appointment_id"] == booked


async def test_no_reason_lets_in_what_is_cancelled_or_stopped(scene):
    _, booked = await scene.books()
    body = {"appointment_id": booked, "override": {"reason": "求情"}}
    await db.fetch("UPDATE session SET status = 'stopped'")
    assert (await scene.guide.refused("/desk/check-ins", body)).body["reason"] == "session_stopped"
    await db.fetch("UPDATE session SET status = 'open'")
    await db.fetch("UPDATE appointment SET status = 'cancelled'")
    assert (await scene.guide.refused("/desk/check-ins", body)).body["reason"] == "cancelled"
    assert (await scene.guide.refused("/desk/check-ins", {"appointment_id": str(uuid4())})).status == 404
    for wrong in ({}, {"appointment_id": "x"}, {**body, "override": {}}, {**body, "override": {"reason": ""}}):
        assert (await scene.guide.refused("/desk/check-ins", wrong)).status == 422


async def test_a_scan_and_a_check_in_by_name_at_once_give_one_ticket(scene):
    people = [await scene.books() for _ in range(6)]
    codes = [await person.code(booked) for person, booked in people]
    replies = await asyncio.gather(
        *(scene.guide.call("POST", "/desk/check-ins", {"appointment_id": booked}) for _, booked in people),
        *(scene.guide.scans(code) for code in codes),
    )
    by_name = sum(reply.status == 201 for reply in replies[:6])
    by_scan = sum(reply["outcome"] == "accepted" for reply in replies[6:])
    assert by_name + by_scan == await props.count("ticket") == 6
    assert await broken_invariants(WIRING) == []


@pytest.mark.parametrize("named_by", ["ticket", "appointment"])
async def test_a_check_in_is_taken_back_and_done_again(scene, named_by):
    person, booked, ticket = await scene.arrives()
    check_in_id = ticket["id"] if named_by == "ticket" else booked
    annulled = (await scene.guide.post(f"/desk/check-ins/{check_in_id}/annulment", {"reason": "扫错人"}))["ticket"]
    assert (annulled["id"], annulled["state"]) == (ticket["id"], "voided")
    row = await db.fetch_one("SELECT status, open_place FROM appointment")
    assert (row["status"], row["open_place"]) == ("booked", 1)
    assert await props.count("fact", "name = 'ArrivalAnnulled'") == 1
    assert (await person.get(f"/appointments/{booked}/queue"))["state"] == "booked"
    again = await scene.guide.scans(await person.code(booked))
    assert (again["outcome"], again["ticket"]["number"]) == ("accepted", "A002")
    assert await broken_invariants(WIRING) == []


async def test_taking_back_finds_the_smallest_free_open_place(scene):
    person, booked, _ = await scene.arrives()
    for place in (1, 3):
        later = await props.a_slot(starts_at=time.at(time.today() + timedelta(days=place), 9))
        await props.an_appointment(later, UUID(person.patient_id), UUID(person.account_id), open_place=place)
    await scene.guide.post(f"/desk/check-ins/{booked}/annulment")
    row = await db.fetch_one("SELECT open_place FROM appointment WHERE id = $1::uuid", booked)
    assert row["open_place"] == 2


async def test_a_called_patient_is_not_taken_back(scene):
    _, _, ticket = await scene.arrives()
    await scene.doctor.calls_next(scene.room_id)
    assert (await scene.guide.refused(f"/desk/check-ins/{ticket['id']}/annulment")).code == "illegal_move"
    assert (await scene.guide.refused(f"/desk/check-ins/{uuid4()}/annulment")).status == 404
    assert (await scene.doctor.refused(f"/desk/check-ins/{ticket['id']}/annulment")).status == 403


async def test_a_new_person_walks_in_with_file_and_number(scene):
    body = {
        "patient": {"name": "赵无约", "phone": "13700001111", "gender": "female"},
        "department_id": str(scene.department_id),
        "triage": "priority",
        "flags": ["elderly", "elderly"],
    }
    reply = await scene.guide.call("POST", "/desk/walk-ins", body, Idempotency_Key=str(uuid4()))
    ticket = reply.body["ticket"]
    assert (reply.status, ticket["number"], ticket["triage"], ticket["flags"]) == (201, "A001", "priority", ["elderly"])
    patient = await db.fetch_one("SELECT name, account_id, initials FROM patient")
    assert (patient["name"], patient["account_id"], patient["initials"]) == ("赵无约", None, "zwy")
    fact = await db.fetch_one("SELECT payload FROM fact WHERE name = 'PatientArrived'")
    assert orjson.loads(fact["payload"])["triage"] == "priority"
    assert (await scene.doctor.calls_next(scene.room_id))["id"] == ticket["id"]
    assert await broken_invariants(WIRING) == []


async def test_somebody_with_a_file_walks_in_once(scene):
    patient_id = await props.a_patient()
    body = {"patient_id": str(patient_id), "department_id": str(scene.department_id)}
    replies = await asyncio.gather(*(scene.guide.call("POST", "/desk/walk-ins", body) for _ in range(4)))
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
    assert {reply.code for reply in replies if reply.status == 409} == {"has_place"}
    assert await props.count("ticket") == 1
    assert await broken_invariants(WIRING) == []


async def test_a_walk_in_for_one_practitioner_waits_for_that_room(scene):
    other = await props.a_slot(starts_at=scene.slot.starts_at, department_id=scene.department_id)
    await scene.walks_in(practitioner_id=str(other.practitioner_id))
    assert (await scene.doctor.refused(f"/rooms/{scene.room_id}/calls")).code == "queue_empty"
    assert (await scene.doctor.calls_next(other.room_id))["practitioner"]["id"] == str(other.practitioner_id)


async def test_what_is_wrong_with_a_walk_in_is_said_and_nothing_is_kept(scene):
    whole = {"patient": {"name": "赵无约"}, "department_id": str(scene.department_id)}
    for change in (
        {"patient": None},
        {"patient_id": str(uuid4())},
        {"patient": None, "patient_id": str(uuid4())},
        {"patient": {"name": ""}},
        {"patient": {"name": "赵", "phone": "abc"}},
        {"patient": {"name": "赵", "birth_date": "2100-01-01"}},
        {"patient": {"name": "赵", "id_number": "1"}},
        {"department_id": str(uuid4())},
        {"practitioner_id": str(uuid4())},
        {"triage": "dead"},
        {"flags": ["rich"]},
        {"flags": ["elderly"] * 8},
    ):
        assert (await scene.guide.refused("/desk/walk-ins", whole | change)).status == 422, change
    assert await props.count("ticket") == await props.count("patient") == await props.count("fact") == 0


async def test_walk_ins_are_registered_by_guides_of_the_department(scene):
    body = {"patient": {"name": "赵无约"}, "department_id": str(scene.department_id)}
    stranger = await a_member_of_staff(scene.site, "guide", department_id=await props.a_department())
    for somebody in (stranger, scene.doctor):
        assert (await somebody.refused("/desk/walk-ins", body)).status == 403
    assert await props.count("patient") == 0


# ---- what the desk's screen asks more ------------------------------------------------------------------------------


async def test_the_day_is_counted_by_state_and_nobody_twice(scene):
    await scene.books(name="李小四")
    await scene.arrives(name="张小三")
    await scene.walks_in()
    await scene.doctor.calls_next(scene.room_id)
    counted = await scene.guide.get("/desk/counts")
    assert (counted["expected"], counted["waiting"], counted["missed"]) == (1, 2, 0)
    assert sum(counted.values()) == 3
    assert set((await scene.guide.get(f"/desk/counts?date={time.today() + timedelta(days=1)}")).values()) == {0}
    for state, count in counted.items():
        assert len(await names(scene, f"?state={state}")) == count, state


async def test_who_missed_the_call_is_told_from_who_waits(scene):
    _, _, ticket = await scene.arrives(name="张小三")
    await scene.arrives(name="李小四")
    await db.fetch("UPDATE ticket SET state = 'missed' WHERE id = $1", UUID(ticket["id"]))
    counted = await scene.guide.get("/desk/counts")
    assert (counted["waiting"], counted["missed"]) == (1, 1)
    assert await names(scene, "?state=missed") == ["张*三"]
    assert await names(scene, "?state=waiting") == ["李*四"]
    assert sorted(await names(scene, "?state=checked_in")) == ["张*三", "李*四"]


async def test_files_are_found_by_whoever_books_and_by_nobody_else(scene):
    await scene.books(name="张小三")
    for role in ("guide", "customer_service", "supervisor", "room", "department_head"):
        member = await a_member_of_staff(scene.site, role)
        found = (await member.get("/desk/patients?q=张小三"))["items"]
        assert [one["name"] for one in found] == ["张*三"], role
    for role in ("complaint_handler", "operations", "committee"):
        stranger = await a_member_of_staff(scene.site, role)
        assert (await stranger.refused("/desk/patients?q=张小三", method="GET")).status == 403, role


async def test_counts_are_for_guides(scene):
    other = await props.a_department(name="眼科")
    stranger = await a_member_of_staff(scene.site, "guide", department_id=other)
    await scene.books(name="张小三")
    assert (await stranger.get("/desk/counts"))["expected"] == 0
    assert (await stranger.refused(f"/desk/counts?department={scene.department_id}", method="GET")).status == 403
    assert (await scene.doctor.refused("/desk/counts", method="GET")).status == 403


async def test_somebody_with_a_file_is_found_also_without_an_appointment(scene):
    await scene.books(name="张小三", pinyin="zhangxiaosan", initials="zxs", phone="13900001234", file_number="F77")
    await scene.walks_in(
        patient={"name": "李小四", "phone": "13900009999", "id_number": "11010519491231002X", "gender": "female"}
    )
    for asked in ("张小", "ZXS", "1234", "13900001234", "f77"):
        found = (await scene.guide.get(f"/desk/patients?q={asked}"))["items"]
        assert [one["name"] for one in found] == ["张*三"], asked
    (found,) = (await scene.guide.get("/desk/patients?q=11010519491231002x"))["items"]
    assert (found["name"], found["birth_year"], found["gender"]) == ("李*四", 1949, "female")
    assert found["phone_masked"] == "*******9999"
    assert (await scene.guide.get("/desk/patients?q=%25%25"))["items"] == []
    assert (await scene.guide.refused("/desk/patients?q=z", method="GET")).status == 422


async def test_who_was_checked_in_by_name_or_walks_in_is_told_where_and_how_long(scene):
    _, booked = await scene.books(name="张小三")
    answer = await scene.guide.post("/desk/check-ins", {"appointment_id": booked})
    assert answer["ahead"] == 0
    assert answer["wait"]["about_minutes"] < answer["wait"]["within_minutes"]
    assert answer["place"]
    body = {"patient": {"name": "赵无约"}, "department_id": str(scene.department_id)}
    answer = await scene.guide.post("/desk/walk-ins", body)
    assert answer["ahead"] == 1
    assert answer["wait"]
    assert answer["place"]


async def test_a_scan_names_the_patient_for_a_walk_in(scene):
    person, booked = await scene.books(name="张小三")
    answer = await scene.guide.scans(await person.code(booked))
    assert answer["appointment"]["patient_id"] == person.patient_id
