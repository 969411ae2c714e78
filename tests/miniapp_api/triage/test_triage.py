"""Triage: levels and flags at the desk and while somebody waits, who must know, who confirms."""

import asyncio
from datetime import timedelta

import pytest

from miniapp_api.triage import models
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db, live
from server.facts import TriageRaised
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.scenes import a_scene, broken_invariants
from tests.mutants import Mutant, is_killed


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


@pytest.fixture
async def emergency(scene):
    """Somebody in a room of the emergency department."""
    department_id = await props.a_department(name="急诊医学科", speciality_code="20")
    return await a_member_of_staff(scene.site, "room", department_id=department_id, name="急诊甲")


@pytest.fixture
async def supervisor(scene):
    return await a_member_of_staff(scene.site, "supervisor", name="主管甲")


async def titles(staff) -> list[str]:
    found = [*await staff.alerts_about("ticket"), *await staff.alerts_about("triage")]
    return [alert["title"] for alert in found if alert["state"] == "raised"]


async def triages(staff, ticket, **said) -> dict:
    return (await staff.post(f"/tickets/{ticket['id']}/triage", said))["ticket"]


async def watch(scene, drain) -> None:
    await scene.site.jobs["watch_triage"].run()
    await drain()


async def test_an_urgent_walk_in_calls_the_room_and_the_emergency_department_at_once(scene, emergency, drain):
    first, ticket = (
        await scene.walks_in(),
        await scene.walks_in(patient={"name": "钱急"}, triage="urgent", reason="胸痛十分钟"),
    )
    await drain()
    assert await scene.waiting() == [ticket["number"], first["number"]]
    assert await titles(scene.doctor) == [f"【急】心血管内科 {ticket['number']} 号请立即接诊"]
    assert await titles(emergency) == [f"【急】心血管内科 {ticket['number']} 号请急诊科支援"]
    story = await emergency.get(f"/tickets/{ticket['id']}/triage")
    assert (story["triage"], story["needs_confirmation"], story["may_confirm"]) == ("urgent", True, True)
    assert [(line["by_name"], line["reason"]) for line in story["lines"]] == [("李导", "胸痛十分钟")]
    kept = await db.fetch("SELECT reason_cipher FROM ticket_triage")
    assert "胸痛".encode() not in kept[0]["reason_cipher"]
    assert await broken_invariants(WIRING) == []


async def test_one_who_goes_lets_the_own_colleagues_fall_silent_and_not_the_others(scene, emergency, drain):
    colleague = await a_member_of_staff(scene.site, "room", department_id=scene.department_id)
    await scene.walks_in(triage="urgent")
    await drain()
    (alert,) = await colleague.alerts_about("ticket")
    await colleague.post(f"/alerts/{alert['id']}/acknowledgement")
    await drain()
    assert (len(await titles(colleague)), len(await titles(scene.doctor)), len(await titles(emergency))) == (0, 0, 1)
    assert [one["state"] for one in await colleague.alerts_about("ticket")] == ["acknowledged"]


async def test_it_sounds_again_until_somebody_goes_and_ends_when_the_room_has_begun(scene, emergency, drain, clock):
    ticket = await scene.walks_in(triage="urgent")
    await drain()
    topic = live.staff_topic(scene.doctor.staff_id)
    before = await live.seq_of(topic)
    await clock.forward(minutes=3)
    await scene.site.jobs["repeat_alerts"].run()
    assert await live.seq_of(topic) == before + 1
    await scene.doctor.calls_next(scene.room_id)
    await watch(scene, drain)
    assert len(await titles(emergency)) == 1
    await scene.doctor.post(f"/tickets/{ticket['id']}/start")
    await watch(scene, drain)
    assert await titles(emergency) == await titles(scene.doctor) == []


async def test_the_flag_urgent_is_the_level_urgent(scene, drain):
    ticket = await scene.walks_in(flags=["wheelchair", "urgent"])
    assert (ticket["triage"], ticket["flags"]) == ("urgent", ["wheelchair", "urgent"])
    lower = await triages(scene.guide, ticket, triage="priority", reason="已平稳")
    assert (lower["triage"], lower["flags"]) == ("priority", ["wheelchair"])


async def test_who_gets_worse_while_waiting_moves_ahead_and_back_and_it_is_told(scene, drain, clock):
    first = await scene.walks_in(patient={"name": "甲先到"})
    await clock.forward(minutes=5)
    second = await scene.walks_in(patient={"name": "乙后到"})
    topic = live.queue_topic(scene.department_id)
    seq = await live.seq_of(topic)
    worse = await triages(scene.guide, second, flags=["elderly"], reason="头晕")
    assert (worse["flags"], worse["version"]) == (["elderly"], second["version"] + 1)
    assert await scene.waiting() == [second["number"], first["number"]]
    assert await live.seq_of(topic) == seq + 1
    await triages(scene.doctor, second, triage="priority")
    assert await scene.waiting() == [second["number"], first["number"]]
    await drain()
    assert await titles(scene.doctor) == []  # the room said it itself
    await triages(scene.doctor, second, triage="normal", flags=[])
    assert await scene.waiting() == [first["number"], second["number"]]
    events = await db.fetch(
        "SELECT act, why, sort_before, sort_after FROM queue_event WHERE act = 'triaged' ORDER BY seq"
    )
    said = [event["why"].partition("triage: ") for event in events]
    assert [(why.rstrip("; "), bool(moved)) for why, moved, _ in said] == [
        ("", True),
        ("normal -> priority", False),
        ("priority -> normal", True),
    ]
    assert events[0]["sort_before"] - events[0]["sort_after"] == timedelta(minutes=20)
    assert events[1]["sort_before"] == events[1]["sort_after"]
    story = await scene.guide.get(f"/tickets/{second['id']}/triage")
    assert [line["reason"] for line in story["lines"]] == ["", "", "头晕"]


async def test_who_gets_worse_calls_the_room(scene, drain):
    ticket = await scene.walks_in()
    await triages(scene.guide, ticket, triage="priority")
    await drain()
    assert await titles(scene.doctor) == [f"【优先】心血管内科 {ticket['number']} 号病情变化，请优先安排"]


async def test_a_second_person_confirms_and_nobody_confirms_the_own_word(scene, emergency, supervisor, drain):
    ticket = await scene.walks_in(triage="urgent")
    path = f"/tickets/{ticket['id']}/triage/confirmation"
    assert (await scene.guide.refused(path)).code == "second_person_needed"
    (case,) = (await supervisor.get("/triage/unconfirmed"))["items"]
    assert (case["number"], case["by_name"], case["may_confirm"]) == (ticket["number"], "李导", True)
    replies = await asyncio.gather(*(one.call("POST", path, {}) for one in (supervisor, emergency, scene.doctor)))
    assert [reply.status for reply in replies] == [200, 200, 200]
    assert len({reply.body["lines"][0]["confirmed_by_name"] for reply in replies}) == 1
    assert await props.count("fact", "name = 'TriageConfirmed'") == 1
    assert await props.count("queue_event", "act = 'confirmed'") == 1
    found = await supervisor.get("/triage/unconfirmed")
    assert (found["items"], found["counts"]) == ([], {"urgent": 1, "confirmed": 1, "unconfirmed": 0, "lowered": 0})
    normal = await scene.walks_in(patient={"name": "孙平"})
    assert (await supervisor.refused(f"/tickets/{normal['id']}/triage/confirmation")).code == "nothing_to_confirm"


async def test_what_nobody_confirms_in_time_is_told_once_and_ends_with_the_word(scene, supervisor, drain, clock):
    ticket = await scene.walks_in(triage="urgent")
    await clock.forward(minutes=4.9)
    await watch(scene, drain)
    assert await titles(supervisor) == []
    await clock.forward(minutes=0.2)
    await watch(scene, drain)
    await watch(scene, drain)
    assert await titles(supervisor) == [f"急症 5 分钟未经第二人确认：心血管内科 {ticket['number']} 号"]
    await supervisor.post(f"/tickets/{ticket['id']}/triage/confirmation")
    await drain()
    assert await titles(supervisor) == []


async def test_a_lower_level_ends_the_calls_and_is_counted(scene, emergency, supervisor, drain):
    ticket = await scene.walks_in(triage="urgent")
    await drain()
    await triages(supervisor, ticket, triage="normal", reason="误判")
    await drain()
    assert await titles(emergency) == await titles(scene.doctor) == []
    assert (await supervisor.get("/triage/unconfirmed"))["counts"] == {
        "urgent": 1,
        "confirmed": 0,
        "unconfirmed": 0,
        "lowered": 1,
    }


async def test_a_supervisors_word_needs_no_second_one(scene, supervisor, drain):
    ticket = await scene.walks_in()
    await triages(supervisor, ticket, triage="urgent")
    assert (await scene.guide.get(f"/tickets/{ticket['id']}/triage"))["needs_confirmation"] is False


async def test_an_urgent_patient_who_is_handed_on_calls_the_other_rooms(scene, drain):
    other = await props.a_department(name="神经内科")
    there = await a_member_of_staff(scene.site, "room", department_id=other)
    ticket = await scene.walks_in(triage="urgent")
    await drain()
    new = (await scene.guide.post(f"/tickets/{ticket['id']}/transfer", {"department_id": str(other)}))["ticket"]
    await watch(scene, drain)
    assert await titles(there) == [f"【急】神经内科 {new['number']} 号请立即接诊"]
    assert await titles(scene.doctor) == []
    assert await broken_invariants(WIRING) == []


async def test_without_anybody_who_is_near_whoever_is_on_duty_is_called(scene, supervisor, drain):
    await db.fetch("DELETE FROM staff_role WHERE role = 'room'")
    await props.a_duty(supervisor.staff_id, 1)
    await scene.walks_in(triage="urgent")
    await drain()
    assert len(await titles(supervisor)) == 1


async def test_whom_a_ticket_does_not_concern_says_nothing_of_it(scene, supervisor):
    other = await props.a_department()
    stranger = await a_member_of_staff(scene.site, "room", department_id=other)
    ticket = await scene.walks_in()
    path = f"/tickets/{ticket['id']}/triage"
    assert (await stranger.refused(path, {"triage": "urgent"})).status == 403
    assert (await stranger.refused(path, method="GET")).status == 403
    for wrong in (
        {},
        {"reason": "x"},
        {"triage": "dead"},
        {"flags": ["rich"]},
        {"triage": "normal", "reason": "x" * 201},
    ):
        assert (await scene.guide.refused(path, wrong)).status == 422, wrong
    stale = await scene.guide.call("POST", path, {"triage": "priority"}, If_Match='"99"')
    assert (stale.status, stale.body["resource"]["ticket"]["number"]) == (412, ticket["number"])
    await scene.guide.post(f"/tickets/{ticket['id']}/leaving", {"reason": "走了"})
    assert (await scene.guide.refused(path, {"triage": "urgent"})).code == "ticket_over"


async def test_two_who_triage_at_once_leave_one_open_line(scene, drain):
    ticket = await scene.walks_in()
    path = f"/tickets/{ticket['id']}/triage"
    replies = await asyncio.gather(*(scene.guide.call("POST", path, {"triage": "urgent"}) for _ in range(6)))
    assert {reply.status for reply in replies} == {200}
    assert await props.count("ticket_triage", "settled_at IS NULL") == 1
    assert await props.count("fact", "name = $1", TriageRaised.__name__) == 1


async def test_an_age_suggests_and_a_fever_has_its_way(scene, hospital):
    admin = await a_member_of_staff(hospital, "admin")
    way = "发热门诊在门诊楼北侧一层"
    settings = (await admin.call("PATCH", "/admin/triage-settings", {"fever_way": way, "elderly_age": 60})).body
    assert (settings["fever_way"], settings["elderly_age"], settings["child_age"], settings["version"]) == (
        way,
        60,
        6,
        1,
    )
    born = time.today().replace(year=time.today().year - 61)
    body = {"patient": {"name": "周长者", "birth_date": str(born)}, "department_id": str(scene.department_id)}
    given = await scene.guide.post("/desk/walk-ins", body | {"flags": ["feverish"]})
    assert (given["suggested_flags"], given["fever_way"], given["ticket"]["flags"]) == (["elderly"], way, ["feverish"])
    (found,) = (await scene.guide.get("/desk/patients?q=周长者"))["items"]
    assert found["suggested_flags"] == ["elderly"]
    refused = await admin.call("PATCH", "/admin/triage-settings", {"elderly_age": 20})
    assert refused.status == 422
    unknown = await admin.call("PATCH", "/admin/triage-settings", {"emergency_department_id": str(scene.room_id)})
    assert (unknown.status, unknown.body["errors"][0]["code"]) == (422, "unknown_department")
    (change,) = (await admin.get("/admin/triage-settings/changes"))["items"]
    assert (change["before"]["elderly_age"], change["after"]["elderly_age"]) == (65, 60)
    assert (await scene.guide.call("PATCH", "/admin/triage-settings", {})).status == 403


async def one_of_three_confirms(scene):
    """Three confirm an urgent case in one moment: it is one person's word."""
    ticket = await scene.walks_in(triage="urgent")
    path = f"/tickets/{ticket['id']}/triage/confirmation"
    others = [await a_member_of_staff(scene.site, "supervisor", name=f"主管{n}") for n in "甲乙丙"]
    await asyncio.gather(*(one.call("POST", path, {}) for one in others))
    again = await others[0].call("POST", path, {})
    (line,) = again.body["lines"]
    told = await db.fetch("SELECT payload FROM fact WHERE name = 'TriageConfirmed'")
    assert len(told) == 1
    row = await db.fetch_one("SELECT confirmed_by FROM ticket_triage")
    assert str(row["confirmed_by"]) in told[0]["payload"]
    assert line["confirmed_by_name"] is not None


@pytest.mark.mutant
async def test_somebody_notices_that_anybody_confirms_again(scene, monkeypatch):
    edits = ((f"AND {models.CONFIRM_GUARD}", ""),)
    await is_killed(Mutant("one word", models, "CONFIRM", edits, one_of_three_confirms), monkeypatch, scene)


async def test_one_of_three_confirms(scene):
    await one_of_three_confirms(scene)
