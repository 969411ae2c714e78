"""What a guide does about a refused scan: in for a reason, moved to the right queue, shown the way; and taking back."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from miniapp_api.checkin import settling
from miniapp_api.checkin.codes import patient_code, slip_code
from miniapp_api.checkin.errors import ScanSettled
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from server.accounts import SignedInStaff
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.scenes import Scene, a_scene, broken_invariants
from tests.mutants import Mutant, is_killed


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


async def refused(scene: Scene, booked: str, guide=None) -> tuple[str, dict]:
    """Somebody is scanned and refused; gives the scan and the answer."""
    code = patient_code(scene.site.settings.keys.code_signing, UUID(booked), time.now()).text
    scan_id = str(uuid4())
    answer = await (guide or scene.guide).scans(code, scan_id=scan_id)
    assert answer["outcome"] == "refused", answer
    return scan_id, answer


async def too_early(scene: Scene) -> tuple[str, str]:
    """Somebody who came in the morning for the afternoon; gives the scan and the appointment."""
    later = await props.a_slot(starts_at=time.at(time.today(), 15), department_id=scene.department_id)
    _, booked = await scene.books(later)
    scan_id, answer = await refused(scene, booked)
    assert (answer["reason"], answer["acts"]) == ("too_early", ["override"])
    return scan_id, booked


async def at_the_wrong_desk(scene: Scene) -> tuple[str, str, object]:
    """Somebody for this department comes to the desk of another; gives the scan, the appointment, the other guide."""
    await db.fetch("UPDATE desk SET department_id = $1", scene.department_id)
    other = await props.a_department(name="眼科")
    desk = await props.a_desk(department_id=other, name="眼科导诊台")
    guide = await a_member_of_staff(scene.site, "guide", department_id=other, desk_id=desk)
    _, booked = await scene.books(name="张小三")
    scan_id, answer = await refused(scene, booked, guide)
    assert (answer["reason"], answer["acts"]) == ("wrong_department", ["move", "show_way"])
    assert answer["right"]["department"] == "心血管内科"
    assert answer["right"]["desk"] == "门诊导诊台"
    assert answer["message"] == "张*三 预约的是心血管内科，应在门诊导诊台报到。"
    return scan_id, booked, guide


async def of(guide, scan_id: str) -> dict:
    """The record of a scan."""
    return next(one for one in (await guide.get("/desk/scans?limit=100"))["items"] if one["id"] == scan_id)


# ---- override ------------------------------------------------------------------------------------------------------


async def test_a_guide_lets_somebody_in_who_is_too_early_and_the_scan_says_who_and_why(scene):
    scan_id, _ = await too_early(scene)
    answer = await scene.guide.post(f"/desk/scans/{scan_id}/override", {"reason": "医生请患者早来"})
    assert (answer["outcome"], answer["ticket"]["number"]) == ("accepted", "A001")
    assert "报到成功" in answer["message"]
    record = await of(scene.guide, scan_id)
    assert (record["outcome"], record["reason"], record["ticket"]["number"]) == ("refused", "too_early", "A001")
    assert (record["settled"]["act"], record["settled"]["why"]) == ("override", "too_early: 医生请患者早来")
    assert record["acts"] == []
    row = await db.fetch_one("SELECT settled_by::text, ticket_id::text FROM scan WHERE id = $1::uuid", scan_id)
    assert (row["settled_by"], row["ticket_id"]) == (scene.guide.staff_id, answer["ticket"]["id"])
    move = await db.fetch_one("SELECT why FROM transition WHERE to_state = 'checked_in'")
    assert move["why"] == "too_early: 医生请患者早来"
    assert await broken_invariants(WIRING) == []


async def test_the_first_answer_of_an_overridden_scan_stays_and_the_next_scan_names_its_desk(scene):
    scan_id, booked = await too_early(scene)
    await scene.guide.post(f"/desk/scans/{scan_id}/override", {"reason": "早来"})
    again = await scene.guide.scans("anything", scan_id=scan_id)
    assert (again["outcome"], again["reason"]) == ("refused", "too_early")
    code = patient_code(scene.site.settings.keys.code_signing, UUID(booked), time.now()).text
    second = await scene.guide.scans(code)
    assert second["outcome"] == "already_checked_in"
    assert second["first"]["desk"] == "门诊导诊台"
    assert second["first"]["at"].startswith(f"{time.today()}T09:00:00")


async def test_an_override_needs_a_reason_and_the_same_key_does_it_once(scene):
    scan_id, _ = await too_early(scene)
    path, key = f"/desk/scans/{scan_id}/override", str(uuid4())
    assert (await scene.guide.refused(path, {"reason": " "})).status == 422
    first = await scene.guide.post(path, {"reason": "早来"}, key=key)
    assert await scene.guide.post(path, {"reason": "早来"}, key=key) == first
    late = await scene.guide.refused(path, {"reason": "又一次"})
    assert (late.code, late.body["settled"]) == ("scan_settled", "override")
    assert await props.count("ticket") == 1


@pytest.mark.parametrize("status", ["cancelled", "rescheduled", "expired"])
async def test_what_is_cancelled_is_not_let_in(scene, status):
    _, booked = await scene.books()
    await db.fetch("UPDATE appointment SET status = $2 WHERE id = $1::uuid", booked, status)
    scan_id, answer = await refused(scene, booked)
    assert (answer["reason"], answer["acts"]) == ("cancelled", [])
    reply = await scene.guide.refused(f"/desk/scans/{scan_id}/override", {"reason": "患者已到"})
    assert (reply.status, reply.code, reply.body["reason"]) == (409, "scan_not_settled", "cancelled")


async def test_what_was_cancelled_after_the_scan_is_not_let_in_either(scene):
    scan_id, booked = await too_early(scene)
    await db.fetch("UPDATE appointment SET status = 'cancelled' WHERE id = $1::uuid", booked)
    reply = await scene.guide.refused(f"/desk/scans/{scan_id}/override", {"reason": "患者已到"})
    assert (reply.code, reply.body["reason"]) == ("check_in_refused", "cancelled")
    assert await props.count("ticket") == 0


async def test_forged_unknown_and_accepted_scans_are_not_overridden(scene):
    person, booked = await scene.books()
    foreign = patient_code(b"f" * 32, UUID(booked), time.now()).text
    for code, reason in ((foreign, "forged"), ("rubbish", "unknown_code"), (await person.code(booked), "accepted")):
        scan_id = str(uuid4())
        await scene.guide.scans(code, scan_id=scan_id)
        reply = await scene.guide.refused(f"/desk/scans/{scan_id}/override", {"reason": "患者已到"})
        assert (reply.code, reply.body["reason"]) == ("scan_not_settled", reason)
    assert (await scene.guide.refused(f"/desk/scans/{uuid4()}/override", {"reason": "x"})).status == 404


async def test_a_guide_of_another_department_does_not_override(scene):
    scan_id, _ = await too_early(scene)
    stranger = await a_member_of_staff(scene.site, "guide", department_id=await props.a_department(name="眼科"))
    assert (await stranger.refused(f"/desk/scans/{scan_id}/override", {"reason": "x"})).status == 403
    assert (await scene.doctor.refused(f"/desk/scans/{scan_id}/override", {"reason": "x"})).status == 403


# ---- the wrong department ------------------------------------------------------------------------------------------


async def test_somebody_at_the_wrong_desk_is_checked_in_where_they_belong(scene):
    scan_id, _, guide = await at_the_wrong_desk(scene)
    answer = await guide.post(f"/desk/scans/{scan_id}/forwarding", {"act": "check_in"})
    assert (answer["outcome"], answer["ticket"]["department"], answer["ticket"]["number"]) == (
        "accepted",
        "心血管内科",
        "A001",
    )
    assert "2诊室" in answer["next_step"]
    record = await of(guide, scan_id)
    assert (record["settled"]["act"], record["ticket"]["number"]) == ("moved", "A001")
    assert await broken_invariants(WIRING) == []


async def test_somebody_at_the_wrong_desk_is_shown_the_way(scene):
    scan_id, _, guide = await at_the_wrong_desk(scene)
    answer = await guide.post(f"/desk/scans/{scan_id}/forwarding", {"act": "show_way"})
    assert (answer["outcome"], answer["right"]["desk"]) == ("refused", "门诊导诊台")
    assert (await of(guide, scan_id))["settled"]["act"] == "shown_the_way"
    assert await props.count("ticket") == 0
    reply = await guide.refused(f"/desk/scans/{scan_id}/forwarding", {"act": "check_in"})
    assert (reply.code, reply.body["settled"]) == ("scan_settled", "shown_the_way")


async def test_who_comes_at_the_wrong_time_too_is_moved_for_a_reason_only(scene, clock):
    scan_id, _, guide = await at_the_wrong_desk(scene)
    await clock.set_to(time.at(time.today(), 7))
    path = f"/desk/scans/{scan_id}/forwarding"
    reply = await guide.refused(path, {"act": "check_in"})
    assert (reply.code, reply.body["reason"]) == ("check_in_refused", "too_early")
    await guide.post(path, {"act": "check_in", "reason": "医生要求"})
    assert (await of(guide, scan_id))["settled"]["why"] == "too_early: 医生要求"


async def test_only_the_desk_of_the_scan_forwards_and_only_what_is_at_the_wrong_desk(scene):
    scan_id, _, _ = await at_the_wrong_desk(scene)
    stranger = await a_member_of_staff(scene.site, "guide", department_id=await props.a_department(name="骨科"))
    assert (await stranger.refused(f"/desk/scans/{scan_id}/forwarding", {"act": "check_in"})).status == 403
    early, _ = await too_early(scene)
    reply = await scene.guide.refused(f"/desk/scans/{early}/forwarding", {"act": "check_in"})
    assert (reply.code, reply.body["reason"]) == ("scan_not_settled", "too_early")


# ---- annulment -----------------------------------------------------------------------------------------------------


async def a_check_in(scene: Scene) -> tuple[str, str, dict]:
    """Somebody is scanned and accepted; gives the scan, the appointment, the ticket."""
    person, booked = await scene.books()
    scan_id = str(uuid4())
    answer = await scene.guide.scans(await person.code(booked), scan_id=scan_id)
    return scan_id, booked, answer["ticket"]


@pytest.mark.parametrize("named_by", [0, 1, 2], ids=["its scan", "its appointment", "its ticket"])
async def test_a_check_in_is_taken_back_by_any_of_its_names(scene, named_by):
    scan_id, booked, ticket = await a_check_in(scene)
    name = (scan_id, booked, ticket["id"])[named_by]
    answer = await scene.guide.post(f"/desk/check-ins/{name}/annulment", {"reason": "报错了人"})
    assert (answer["ticket"]["id"], answer["ticket"]["state"]) == (ticket["id"], "voided")
    record = await of(scene.guide, scan_id)
    assert (record["outcome"], record["annulled"]["why"]) == ("accepted", "报错了人")
    assert (await db.fetch_one("SELECT status FROM appointment"))["status"] == "booked"
    code = patient_code(scene.site.settings.keys.code_signing, UUID(booked), time.now()).text
    assert (await scene.guide.scans(code))["outcome"] == "accepted"


async def test_another_desk_does_not_take_it_back_but_a_supervisor_does(scene):
    scan_id, _, _ = await a_check_in(scene)
    elsewhere = await props.a_desk(name="二号导诊台")
    path = f"/desk/check-ins/{scan_id}/annulment"
    reply = await scene.guide.refused(path, {"desk_id": str(elsewhere)})
    assert (reply.status, reply.code, reply.body["desk"]) == (409, "other_desk", "门诊导诊台")
    boss = await a_member_of_staff(scene.site, "supervisor")
    assert (await boss.post(path, {"desk_id": str(elsewhere)}))["ticket"]["state"] == "voided"
    assert (await boss.refused(f"/desk/check-ins/{uuid4()}/annulment", {})).status == 404


async def test_the_desk_that_moved_somebody_takes_it_back(scene):
    scan_id, _, guide = await at_the_wrong_desk(scene)
    await guide.post(f"/desk/scans/{scan_id}/forwarding", {"act": "check_in"})
    stranger = await a_member_of_staff(scene.site, "guide", department_id=await props.a_department(name="骨科"))
    path = f"/desk/check-ins/{scan_id}/annulment"
    assert (await stranger.refused(path, {})).status == 403
    assert (await guide.post(path, {"desk_id": guide.desk_id}))["ticket"]["state"] == "voided"
    assert (await of(guide, scan_id))["annulled"]["why"] == "annulled"


async def test_what_was_called_is_not_taken_back(scene):
    scan_id, _, _ = await a_check_in(scene)
    await scene.doctor.calls_next(scene.room_id)
    assert (await scene.guide.refused(f"/desk/check-ins/{scan_id}/annulment", {})).code == "illegal_move"
    assert (await of(scene.guide, scan_id))["annulled"] is None


# ---- at once -------------------------------------------------------------------------------------------------------


async def two_override_at_once(scene):
    """Eight scans, each overridden by two guides at once: one comes through, the other is told."""
    second = await a_member_of_staff(scene.site, "guide", desk_id=scene.desk_id)
    scans = [(await too_early(scene))[0] for _ in range(4)]
    replies = await asyncio.gather(
        *(
            guide.call("POST", f"/desk/scans/{scan_id}/override", {"reason": "早来"})
            for scan_id in scans
            for guide in (scene.guide, second)
        )
    )
    for one, other in zip(replies[::2], replies[1::2], strict=True):
        assert sorted((one.status, other.status)) == [201, 409], (one.raw, other.raw)
    assert await props.count("ticket") == await props.count("scan", "settled = 'override'") == 4
    assert await broken_invariants(WIRING) == []


async def test_two_guides_override_at_once(scene):
    await two_override_at_once(scene)


async def an_override_that_comes_after_the_annulment(scene):
    """What one guide let in and took back, another one's override of the same scan does not bring back.

    The other guide has read the scan before; the appointment is booked again when the override arrives.
    """
    scan_id, _ = await too_early(scene)
    seen = await settling._open(UUID(scan_id))
    await scene.guide.post(f"/desk/scans/{scan_id}/override", {"reason": "早来"})
    await scene.guide.post(f"/desk/check-ins/{scan_id}/annulment", {"reason": "报错了人"})
    staff = a_signed_in(scene)
    deed = settling.Deed(staff, UUID(scan_id), "早来", "zh-CN")
    assert await is_told(settling._let_in(deed, seen, settling.OVERRIDDEN))
    assert await props.count("ticket", "state <> 'voided'") == 0
    assert await broken_invariants(WIRING) == []


async def is_told(deed) -> bool:
    """Whether somebody hears that the scan is settled already."""
    try:
        await deed
    except ScanSettled:
        return True
    return False


def a_signed_in(scene) -> SignedInStaff:
    return SignedInStaff(id=UUID(scene.guide.staff_id), name="导医", grants=(("guide", None),))


async def test_an_override_does_not_undo_an_annulment(scene):
    await an_override_that_comes_after_the_annulment(scene)


async def moved_and_shown_at_once(scene):
    """One guide checks in, another one tells the way: the scan keeps the first of both, and only that is done."""
    scan_id, _, guide = await at_the_wrong_desk(scene)
    seen = await settling._open(UUID(scan_id))
    await guide.post(f"/desk/scans/{scan_id}/forwarding", {"act": "check_in"})
    deed = settling.Deed(a_signed_in(scene), UUID(scan_id), "", "zh-CN")
    assert await is_told(settling._settle(deed, settling.SHOWN_THE_WAY, "", None))
    assert seen["settled"] is None
    assert (await of(guide, scan_id))["settled"]["act"] == "moved"


async def test_a_moved_scan_is_not_shown_the_way(scene):
    await moved_and_shown_at_once(scene)


NOBODY_ELSE = (" AND outcome = 'refused' AND settled IS NULL", "")
MUTANTS = (
    Mutant(
        "the guard of a settled scan against an annulment",
        settling,
        "SETTLE",
        (NOBODY_ELSE,),
        an_override_that_comes_after_the_annulment,
    ),
    Mutant("the guard of a settled scan", settling, "SETTLE", (NOBODY_ELSE,), moved_and_shown_at_once),
)


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
async def test_somebody_notices_that_a_guard_is_gone(scene, monkeypatch, mutant):
    await is_killed(mutant, monkeypatch, scene)


# ---- the record ----------------------------------------------------------------------------------------------------


async def test_the_record_lists_every_scan_the_newest_first(scene, clock):
    scan_id, booked, _ = await a_check_in(scene)
    await clock.forward(seconds=5)
    await scene.guide.scans("rubbish")
    await clock.forward(seconds=5)
    await scene.guide.scans(patient_code(b"f" * 32, UUID(booked), time.now()).text)
    items = (await scene.guide.get("/desk/scans"))["items"]
    assert [one["reason"] for one in items] == ["forged", "unknown_code", None]
    assert [one["patient_name"] is None for one in items] == [True, True, False]
    assert (items[2]["channel"], items[2]["desk"]["name"], items[2]["is_by_patient"]) == ("desk", "门诊导诊台", False)
    page = await scene.guide.get("/desk/scans?limit=1")
    rest = await scene.guide.get(f"/desk/scans?cursor={page['next']}")
    assert [one["id"] for one in page["items"] + rest["items"]] == [one["id"] for one in items]
    assert len((await scene.guide.get("/desk/scans?outcome=refused"))["items"]) == 2
    assert len((await scene.guide.get("/desk/scans?reason=forged"))["items"]) == 1
    assert [one["id"] for one in (await scene.guide.get(f"/desk/scans?appointment={booked}"))["items"]] == [scan_id]
    assert (await scene.guide.get(f"/desk/scans?date={time.today() - timedelta(days=1)}"))["items"] == []


async def test_the_record_is_for_guides_of_the_desk_supervisors_and_who_handles_complaints(scene):
    await a_check_in(scene)
    await db.fetch("UPDATE desk SET department_id = $1", scene.department_id)
    other = await props.a_department(name="眼科")
    stranger = await a_member_of_staff(scene.site, "guide", department_id=other)
    assert (await stranger.get("/desk/scans"))["items"] == []
    assert (await stranger.refused(f"/desk/scans?desk={scene.desk_id}", method="GET")).status == 403
    assert (await stranger.refused(f"/desk/scans?desk={uuid4()}", method="GET")).status == 404
    for role in ("supervisor", "complaint_handler"):
        reader = await a_member_of_staff(scene.site, role, department_id=scene.department_id)
        assert len((await reader.get(f"/desk/scans?desk={scene.desk_id}"))["items"]) == 1
    assert (await scene.doctor.refused("/desk/scans", method="GET")).status == 403
    assert "13800138000" not in orjson.dumps(await scene.guide.get("/desk/scans")).decode()


# ---- on paper ------------------------------------------------------------------------------------------------------


async def test_a_slip_checks_in_on_its_day_and_is_marked(scene):
    _, booked = await scene.books()
    seed = scene.site.settings.keys.code_signing
    for day in (time.today() - timedelta(days=1), time.today() + timedelta(days=1)):
        answer = await scene.guide.scans(slip_code(seed, UUID(booked), day))
        assert (answer["outcome"], answer["reason"]) == ("refused", "wrong_day")
        assert answer["appointment"]["id"] == booked
    assert (await scene.guide.scans(slip_code(b"f" * 32, UUID(booked), time.today())))["reason"] == "forged"
    assert (await scene.guide.scans(slip_code(seed, uuid4(), time.today())))["reason"] == "unknown_code"
    answer = await scene.guide.scans(slip_code(seed, UUID(booked), time.today()))
    assert answer["outcome"] == "accepted"
    records = (await scene.guide.get("/desk/scans?outcome=accepted"))["items"]
    assert [one["channel"] for one in records] == ["slip"]
