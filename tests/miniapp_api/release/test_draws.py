"""Draws over the API: the promise, entries, the draw itself, what winners and losers see."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from infra.draws import export_draw, verify_draw
from miniapp_api.release import drawing
from miniapp_api.release.proof import verify
from miniapp_api.release.rules import receipt_of, sha256
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import Client, a_member_of_staff, a_patient_by_row
from tests.miniapp_api.release.things import a_clinic, a_draw, closes, enters, lost_before, people, states


async def assert_sound() -> None:
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


async def test_the_promise_is_public_before_the_draw_opens_and_the_seed_only_after(hospital, clock):
    clinic = await a_clinic(1, opens_in=10)
    assert await drawing.make_draws() == 1
    assert await drawing.make_draws() == 0
    anyone = Client(hospital)
    before = await anyone.get(f"/draws/{clinic.session_id}")
    assert (before["phase"], before["seed"], before["entries"]) == ("not_yet", None, 0)
    assert await props.count("draw", f"encode(seed_cipher, 'escape') LIKE '%{before['seed_sha256']}%'") == 0
    assert (await anyone.call("GET", f"/draws/{before['id']}/record")).code == "draw_not_done"
    clinic.draw_id = before["id"]
    person = await a_patient_by_row(hospital)
    assert (await enters(person, clinic)).code == "draw_not_open"
    await clock.forward(seconds=11)
    assert (await anyone.get(f"/draws/{before['id']}"))["phase"] == "open"
    assert (await enters(person, clinic)).status == 201
    assert await closes(clock) == 1
    after = await anyone.get(f"/draws/{before['id']}")
    assert (after["phase"], after["winners"]) == ("drawn", 1)
    assert sha256(after["seed"]) == after["seed_sha256"] == before["seed_sha256"]


async def test_winners_are_booked_losers_are_told_and_anybody_can_check(hospital, clock, drain):
    clinic = await a_draw(clock, 2)
    crowd = await people(hospital, 6)
    for person in crowd:
        assert (await enters(person, clinic)).status == 201
    assert await closes(clock) == 1
    assert await states(clinic) == {"won": 2, "lost": 4}
    record = await Client(hospital).get(f"/draws/{clinic.draw_id}/record")
    assert verify(record) == []
    assert {one["result"] for one in record["entries"]} == {"won", "lost"}
    await drain()
    for person in crowd:
        (mine,) = (await person.get("/draw-entries"))["items"]
        assert receipt_of(UUID(mine["id"])) == mine["receipt"]
        (public,) = [one for one in record["entries"] if one["receipt"] == mine["receipt"]]
        assert (public["result"], public["position"]) == (mine["state"], mine["position"])
        titles = [message["title"] for message in await person.inbox()]
        visits = (await person.get("/appointments"))["items"]
        if mine["state"] == "won":
            assert [visit["id"] for visit in visits] == [mine["appointment_id"]]
            assert titles == ["预约成功"]
        else:
            assert (visits, mine["lots"], mine["lots_next"], mine["entries"]) == ([], 1, 2, 6)
            assert titles == ["很抱歉，这次没有摇中"]
    await assert_sound()


async def test_what_is_left_is_public_at_once(hospital, clock):
    clinic = await a_draw(clock, 3)
    (person, other) = await people(hospital, 2)
    await enters(person, clinic)
    refused = await other.refused("/appointments", {"slot_id": str(clinic.slots[0]), "patient_id": other.patient_id})
    assert (refused.code, refused.body["draw_id"]) == ("draw_open", str(clinic.draw_id))
    assert refused.body["closes_at"]
    day = time.local(time.now() + timedelta(days=1)).date().isoformat()
    path = f"/slots?department={clinic.department_id}&from={day}&to={day}"
    (slot,) = (await other.get(path))["items"]
    assert (slot["status"], slot["draw"]["id"]) == ("not_yet", str(clinic.draw_id))
    await closes(clock)
    listed = await other.get(path)
    assert [(slot["status"], slot["available"]) for slot in listed["items"]] == [("open", 2)]
    assert listed["now"].count(":") == 3
    await other.books(clinic.slots[0])
    await assert_sound()


async def test_a_thousand_requests_are_one_entry(hospital, clock):
    clinic = await a_draw(clock, 1)
    bot = await a_patient_by_row(hospital)
    replies = []
    for _ in range(20):
        replies += await asyncio.gather(*(enters(bot, clinic) for _ in range(50)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert await props.count("draw_entry") == 1
    assert await props.count("transition", "machine = 'draw_entry'") == 1


async def test_one_person_on_two_accounts_has_one_entry(hospital, clock):
    clinic = await a_draw(clock, 2)
    number = b"same person"
    one = await a_patient_by_row(hospital, id_number_index=number)
    other = await a_patient_by_row(hospital, id_number_index=number)
    replies = await asyncio.gather(enters(one, clinic), enters(other, clinic))
    assert sorted(reply.status for reply in replies) == [201, 409]
    assert next(reply for reply in replies if reply.status == 409).code == "already_entered"
    assert await props.count("draw_entry") == 1


async def test_a_file_that_becomes_somebody_else_enters_once(hospital, clock):
    clinic = await a_draw(clock, 2)
    person = await a_patient_by_row(hospital)
    assert (await enters(person, clinic)).status == 201
    await db.fetch("UPDATE patient SET name = '李换名' WHERE id = $1", UUID(person.patient_id))
    assert (await enters(person, clinic)).code == "already_entered"
    assert await props.count("draw_entry") == 1


async def test_an_entry_can_be_changed_and_withdrawn_until_the_end(hospital, clock):
    clinic = await a_draw(clock, 1, 1, 1, 1)
    person, stranger = await people(hospital, 2)
    first = (await enters(person, clinic, 0, 2)).body
    assert [wish["slot_id"] for wish in first["wishes"]] == [str(clinic.slots[0]), str(clinic.slots[2])]
    changed = (await enters(person, clinic, 1)).body
    assert (changed["id"], changed["version"]) == (first["id"], 2)
    path = f"/draw-entries/{first['id']}"
    assert (await stranger.refused(path + "/withdrawal")).status == 404
    assert (await stranger.call("GET", path)).status == 404
    assert (await person.post(path + "/withdrawal"))["state"] == "withdrawn"
    assert (await person.post(path + "/withdrawal"))["state"] == "withdrawn"
    again = (await enters(person, clinic, 1)).body
    assert (again["id"], again["state"]) == (first["id"], "entered")  # the same ticket: nobody tries for a better one
    await person.post(path + "/withdrawal")
    late = (await enters(stranger, clinic)).body["id"]
    await clock.forward(seconds=60)
    assert (await stranger.refused(f"/draw-entries/{late}/withdrawal")).code == "draw_closed"
    assert (await enters(stranger, clinic)).code == "draw_closed"
    await drawing.run_draws()
    assert await states(clinic) == {"withdrawn": 1, "won": 1}
    assert len((await Client(hospital).get(f"/draws/{clinic.draw_id}/record"))["entries"]) == 1


@pytest.mark.parametrize(
    ("wishes", "status"),
    [([], 422), ([0, 0], 422), ([0, 1, 2, 3], 422), (["other"], 422), (["nobody"], 404)],
)
async def test_an_impossible_entry_is_refused(hospital, clock, wishes, status):
    clinic = await a_draw(clock, 1, 1, 1, 1)
    person = await a_patient_by_row(hospital)
    patient_id = str(uuid4()) if wishes == ["nobody"] else person.patient_id
    foreign = (await props.a_slot()).id
    slots = [str(clinic.slots[n]) if isinstance(n, int) else str(foreign) for n in wishes]
    reply = await person.refused(f"/draws/{clinic.draw_id}/entries", {"patient_id": patient_id, "slot_ids": slots})
    assert reply.status == status
    assert (await person.refused(f"/draws/{uuid4()}/entries", clinic.body(person))).status == 404


async def test_who_may_not_book_gets_nothing_and_the_next_takes_it(hospital, clock, drain):
    clinic = await a_draw(clock, 1)
    crowd = await people(hospital, 4)
    for person in crowd:
        await enters(person, clinic)
    for person in crowd[:3]:  # since they entered they have something else at that time
        slot = await props.a_slot(starts_at=time.now() + timedelta(days=1, minutes=-5))
        await person.books(slot.id)
    await closes(clock)
    found = await states(clinic)
    assert found["won"] == 1
    assert (await crowd[3].get("/draw-entries"))["items"][0]["state"] == "won"
    record = await Client(hospital).get(f"/draws/{clinic.draw_id}/record")
    assert verify(record) == []
    await drain()
    for person in crowd[:3]:
        (mine,) = (await person.get("/draw-entries"))["items"]
        assert (mine["state"], mine["reason"]) in (("refused", "time_conflict"), ("lost", ""))
    assert any(one["refused_slot_ids"] for one in record["entries"]) == (found.get("refused", 0) > 0)
    await assert_sound()


async def test_second_and_third_wishes_count(hospital, clock):
    clinic = await a_draw(clock, 1, 1, 1)
    crowd = await people(hospital, 3)
    for person in crowd:
        await enters(person, clinic, 0, 1, 2)
    await closes(clock)
    assert await states(clinic) == {"won": 3}
    assert {(await one.get("/draw-entries"))["items"][0]["chosen"]["slot_id"] for one in crowd} == {
        str(slot) for slot in clinic.slots
    }


async def test_a_loss_gives_a_lot_more_here_and_a_win_takes_them_back(hospital, clock):
    clinic = await a_draw(clock, 1)
    twice, often, elsewhere, fresh = await people(hospital, 4)
    await lost_before(twice, clinic.department_id, times=2)
    await lost_before(often, clinic.department_id, times=9)
    await lost_before(elsewhere, await props.a_department(), times=2)
    lots = [(await enters(one, clinic)).body["lots"] for one in (twice, often, elsewhere, fresh)]
    assert lots == [3, 4, 1, 1]
    await closes(clock)
    mine = [(await one.get("/draw-entries"))["items"][0] for one in (twice, often)]
    second = await a_draw(clock, 1, department_id=clinic.department_id)
    for person, before in zip((twice, often), mine, strict=True):
        now = (await enters(person, second)).body["lots"]
        assert now == (1 if before["state"] == "won" else min(before["lots"] + 1, 4))


async def test_losses_are_forgotten_after_a_while(hospital, clock):
    department_id = await props.a_department()
    person = await a_patient_by_row(hospital)
    await lost_before(person, department_id, times=2)
    await clock.forward(days=91)
    clinic = await a_draw(clock, 1, department_id=department_id)
    token = await props.a_token(account_id=UUID(person.account_id))
    person.token = token
    assert (await enters(person, clinic)).body["lots"] == 1


async def test_a_stop_calls_the_draw_off_and_tells(hospital, clock, drain):
    clinic = await a_draw(clock, 1)
    person = await a_patient_by_row(hospital)
    await enters(person, clinic)
    admin = await a_member_of_staff(hospital, "admin")
    await admin.post(f"/admin/sessions/{clinic.session_id}/stop", {"reason": "医生外出会诊"})
    await drain()
    (mine,) = (await person.get("/draw-entries"))["items"]
    assert (mine["state"], mine["reason"], mine["phase"]) == ("cancelled", "stopped", "cancelled")
    assert [message["title"] for message in await person.inbox()] == ["摇号已取消"]
    assert await closes(clock) == 0
    await assert_sound()


async def test_a_session_that_the_plan_takes_away_calls_its_draw_off(hospital, clock):
    clinic = await a_draw(clock, 1)
    person = await a_patient_by_row(hospital)
    await enters(person, clinic)
    await db.fetch("DELETE FROM slot WHERE session_id = $1", clinic.session_id)
    await db.fetch("DELETE FROM session WHERE id = $1", clinic.session_id)
    assert await drawing.call_off_draws() == 1
    (mine,) = (await person.get("/draw-entries"))["items"]
    assert (mine["state"], mine["reason"], mine["wishes"][0]["starts_at"]) == ("cancelled", "gone", None)


async def test_a_draw_that_nobody_ran_is_drawn_late(hospital, clock):
    clinic = await a_draw(clock, 1)
    person = await a_patient_by_row(hospital)
    await enters(person, clinic)
    assert await closes(clock, seconds=3600 * 5) == 1
    assert await states(clinic) == {"won": 1}


async def test_a_draw_that_is_made_late_opens_after_its_promise(hospital, clock):
    clinic = await a_clinic(1, opens_in=-600)
    person = await a_patient_by_row(hospital)
    body = {"slot_id": str(clinic.slots[0]), "patient_id": person.patient_id}
    assert (await person.refused("/appointments", body)).code == "draw_open"
    await drawing.make_draws()
    seen = await Client(hospital).get(f"/draws/{clinic.session_id}")
    assert seen["phase"] == "not_yet"
    await clock.forward(seconds=31)
    assert (await Client(hospital).get(f"/draws/{clinic.session_id}"))["phase"] == "open"


async def test_staff_see_draws_of_their_departments_with_masked_names(hospital, clock):
    clinic = await a_draw(clock, 1)
    crowd = await people(hospital, 3)
    for person in crowd:
        await enters(person, clinic)
    await closes(clock)
    admin = await a_member_of_staff(hospital, "admin")
    head = await a_member_of_staff(hospital, "department_head", department_id=clinic.department_id)
    stranger = await a_member_of_staff(hospital, "department_head", department_id=await props.a_department())
    for staff in (admin, head):
        (row,) = (await staff.get("/admin/draws"))["items"]
        assert (row["phase"], row["entries"], row["winners"]) == ("drawn", 3, 1)
        assert (await staff.get("/admin/draws?has_opened=false"))["items"] == []
        assert len((await staff.get("/admin/draws?has_opened=true&state=drawn"))["items"]) == 1
        page = await staff.get(f"/admin/draws/{row['id']}/entries?limit=2")
        rest = await staff.get(f"/admin/draws/{row['id']}/entries?limit=2&cursor={page['next']}")
        rows = page["items"] + rest["items"]
        assert [one["position"] for one in rows] == [1, 2, 3]
        assert Counter(one["state"] for one in rows) == {"won": 1, "lost": 2}
        assert {one["patient_name"] for one in rows} == {"张*三"}
    assert (await stranger.get("/admin/draws"))["items"] == []
    assert (await stranger.call("GET", f"/admin/draws/{clinic.draw_id}/entries")).status == 403
    assert (await stranger.call("GET", f"/admin/draws?department={clinic.department_id}")).status == 403
    guide = await a_member_of_staff(hospital, "guide")
    assert (await guide.call("GET", "/admin/draws")).status == 403


async def test_the_command_fetches_a_record_and_checks_it_without_the_database(hospital, clock, tmp_path, capsys):
    clinic = await a_draw(clock, 1)
    for person in await people(hospital, 3):
        await enters(person, clinic)
    address = f"{hospital.base}/api/v1/draws/{clinic.draw_id}"
    promised = (await Client(hospital).get(f"/draws/{clinic.draw_id}"))["seed_sha256"]
    file = tmp_path / "draw.json"
    assert await asyncio.to_thread(export_draw, address, file) == 2
    assert "draw_not_done" in capsys.readouterr().err
    await closes(clock)
    assert await asyncio.to_thread(export_draw, address, file) == 0
    assert await asyncio.to_thread(verify_draw, str(file), promised) == 0
    assert await asyncio.to_thread(verify_draw, address + "/record", sha256("another")) == 1
    said = capsys.readouterr().out
    assert "entries 3, places 1, won 1" in said
    assert "not the one that you noted" in said
