"""Appeals and forgiveness: in two taps, decided in time, told, never twice; and who may see what."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.scenes import broken_invariants
from tests.miniapp_api.strikes.scenes import a_free_slot, expected, history, missed, strikes_of, suspended_until

REASON = "核实到当天在急诊，已为您撤销"


@pytest.fixture
async def patient(hospital):
    """Somebody who is suspended by three missed visits."""
    found = await a_patient_by_row(hospital, name="张小三")
    for days_ago in (1, 2, 3):
        await missed(hospital, found, days_ago=days_ago)
    return found


@pytest.fixture
async def service(hospital):
    return await a_member_of_staff(hospital, "customer_service")


async def an_appeal(patient, words: str = "那天在急诊") -> tuple[str, str]:
    """Appeal against the newest record; gives the strike and the appeal."""
    strike = (await strikes_of(patient))[0]
    shown = await patient.post(f"/strikes/{strike['id']}/appeal", {"words": words})
    assert (shown["state"], shown["appeal"]["state"], shown["can_appeal"]) == ("appealed", "open", False)
    return strike["id"], shown["appeal"]["id"]


async def test_from_the_appeal_to_the_next_booking(hospital, patient, service, drain):
    free = await a_free_slot()
    booking = {"slot_id": str(free.id), "patient_id": patient.patient_id}
    strike_id, appeal_id = await an_appeal(patient)
    assert (await patient.refused("/appointments", booking)).code == "suspended"  # it counts until somebody decides
    (item,) = (await service.get("/appeals"))["items"]
    assert (item["appeal"]["id"], item["appeal"]["words"], item["patient_name"]) == (appeal_id, "那天在急诊", "张*三")
    assert item["evidence"]["accepted_scans"] == 0
    assert await service.get(f"/appeals/{appeal_id}") == item
    decided = await service.post(f"/appeals/{appeal_id}/decision", {"granted": True, "reason": REASON})
    assert (decided["state"], decided["excuse"], decided["appeal"]["state"]) == ("forgiven", "appeal", "granted")
    assert (await patient.books(free.id))["status"] == "booked"
    await drain()
    newest = next(one for one in await patient.inbox() if one["event"] == "strike_forgiven")
    assert newest["title"] == "您的申诉已通过"
    assert REASON in {line["text"] for line in newest["lines"]}
    assert await history(strike_id) == [
        (None, "counted", "system"),
        ("counted", "appealed", "patient"),
        ("appealed", "forgiven", "staff"),
    ]
    assert await broken_invariants(WIRING) == []


async def test_a_refusal_has_a_reason_and_is_the_last_word(hospital, patient, service, drain):
    strike_id, appeal_id = await an_appeal(patient)
    await service.post(f"/appeals/{appeal_id}/decision", {"granted": False, "reason": "当天没有查到就诊记录"})
    shown = (await strikes_of(patient))[0]
    assert (shown["state"], shown["counts"], shown["can_appeal"]) == ("counted", True, False)
    assert shown["appeal"]["reason"] == "当天没有查到就诊记录"
    assert (await patient.refused(f"/strikes/{strike_id}/appeal", {"words": "再看看"})).code == "already_appealed"
    again = await service.refused(f"/appeals/{appeal_id}/decision", {"granted": True, "reason": REASON})
    assert (again.status, again.code) == (409, "appeal_decided")
    await drain()
    assert (await patient.inbox())[0]["event"] == "appeal_refused"
    # staff may still be kind
    await service.post(f"/strikes/{strike_id}/forgiveness", {"reason": "主任同意本次不计"})
    assert await suspended_until(patient) is None
    assert await broken_invariants(WIRING) == []


async def test_a_second_tap_is_the_first_appeal(hospital, patient):
    strike = (await strikes_of(patient))[0]
    key, path = str(uuid4()), f"/strikes/{strike['id']}/appeal"
    first, again = [await patient.call("POST", path, {"words": ""}, Idempotency_Key=key) for _ in range(2)]
    assert (first.status, again.status, first.raw) == (201, 201, again.raw)
    assert await props.count("appeal") == 1


async def test_the_words_are_kept_sealed(hospital, patient):
    await an_appeal(patient, "胸痛去了急诊")
    rows = await db.fetch("SELECT row_to_json(appeal)::text AS row FROM appeal")
    assert "胸痛" not in rows[0]["row"]
    assert await props.count("fact", "payload::text LIKE '%胸痛%'") == 0


async def test_nobody_decides_in_time_so_it_is_granted(hospital, patient, clock, drain):
    await an_appeal(patient)
    await clock.forward(hours=47, minutes=59)
    await hospital.jobs["settle_appeals"].run()
    assert (await strikes_of(patient))[0]["state"] == "appealed"
    await clock.forward(minutes=2)
    await hospital.jobs["settle_appeals"].run()
    shown = (await strikes_of(patient))[0]
    assert (shown["state"], shown["excuse"], shown["appeal"]["state"]) == ("forgiven", "overdue", "granted")
    assert await suspended_until(patient) is None
    assert await broken_invariants(WIRING) == []


async def test_an_excuse_that_is_found_meanwhile_answers_the_appeal(hospital, patient, drain):
    strike_id, _ = await an_appeal(patient)
    await db.fetch(
        "UPDATE slot SET is_stopped = true FROM appointment a, strike st"
        " WHERE a.slot_id = slot.id AND st.appointment_id = a.id AND st.id = $1",
        UUID(strike_id),
    )
    await drain()
    shown = (await strikes_of(patient))[0]
    assert (shown["excuse"], shown["appeal"]["state"]) == ("stopped", "granted")


async def test_what_is_no_longer_in_the_window_needs_no_appeal(hospital, patient, clock):
    strike = (await strikes_of(patient))[0]
    await clock.forward(days=179)
    patient.token = await props.a_token(account_id=UUID(patient.account_id))
    assert not (await strikes_of(patient))[0]["counts"]
    assert (await patient.refused(f"/strikes/{strike['id']}/appeal")).code == "strike_not_open"


async def test_what_is_not_mine_is_not_there(hospital, patient):
    strike = (await strikes_of(patient))[0]
    other = await a_patient_by_row(hospital)
    assert (await other.refused(f"/strikes/{strike['id']}/appeal")).status == 404
    assert await strikes_of(other) == []
    for role in ("guide", "room", "operations"):
        staff = await a_member_of_staff(hospital, role)
        assert (await staff.call("GET", "/appeals")).status == 403
        assert (await staff.call("GET", "/people-with-strikes")).status == 403


async def test_staff_see_and_decide_for_their_departments_only(hospital, patient):
    _, appeal_id = await an_appeal(patient)
    elsewhere = await props.a_department()
    stranger = await a_member_of_staff(hospital, "customer_service", department_id=elsewhere)
    assert (await stranger.get("/appeals"))["items"] == []
    decision = {"granted": True, "reason": REASON}
    assert (await stranger.call("GET", f"/appeals/{appeal_id}")).status == 404
    assert (await stranger.refused(f"/appeals/{appeal_id}/decision", decision)).status == 404
    row = await db.fetch_one("SELECT department_id, person_id FROM strike ORDER BY id DESC LIMIT 1")
    assert row is not None
    own = await a_member_of_staff(hospital, "supervisor", department_id=row["department_id"])
    assert len((await own.get("/appeals"))["items"]) == 1
    person = f"/people-with-strikes/{row['person_id']}"
    assert len((await own.get(person))["strikes"]) == 1  # the others are of other departments
    assert (await own.refused(f"{person}/forgiveness", {"reason": REASON})).status == 403


async def test_a_decision_on_an_old_look_is_refused(hospital, patient, service):
    _, appeal_id = await an_appeal(patient)
    path, body = f"/appeals/{appeal_id}/decision", {"granted": True, "reason": REASON}
    stale = await service.call("POST", path, body, If_Match='"7"', Idempotency_Key=str(uuid4()))
    assert stale.status == 412
    assert stale.body["resource"]["appeal"]["version"] == 1


@pytest.mark.parametrize("q", ["张小三", "张", "zxs", "zhangxiao", "tail", "file"])
async def test_people_are_found_by_what_the_desk_knows(hospital, patient, service, q):
    row = await db.fetch_one("SELECT phone_tail, file_number FROM patient")
    assert row is not None
    q = {"tail": row["phone_tail"], "file": row["file_number"]}.get(q, q)
    (item,) = (await service.get(f"/people-with-strikes?q={q}"))["items"]
    assert (item["strikes"], item["patient_name"], item["suspended_until"] is not None) == (3, "张*三", True)
    assert (await service.get("/people-with-strikes?q=王"))["items"] == []


async def test_a_person_is_forgiven_as_a_whole(hospital, patient, service, drain):
    (item,) = (await service.get("/people-with-strikes?suspended=true"))["items"]
    path = f"/people-with-strikes/{item['id']}"
    shown = await service.get(path)
    assert (shown["standing"]["count"], len(shown["standing"]["because"]), len(shown["strikes"])) == (3, 3, 3)
    after = await service.post(f"{path}/forgiveness", {"reason": "住院期间无法到诊"})
    assert (after["standing"]["count"], after["standing"]["suspended_until"]) == (0, None)
    assert await suspended_until(patient) is None
    assert (await service.refused(f"{path}/forgiveness", {"reason": "再一次"})).code == "nothing_to_forgive"
    assert (await service.get("/people-with-strikes?suspended=true"))["items"] == []


async def test_a_reason_is_needed(hospital, patient, service):
    strike = (await strikes_of(patient))[0]
    refused = await service.refused(f"/strikes/{strike['id']}/forgiveness", {"reason": " "})
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/reason")


# ---- outages -------------------------------------------------------------------------------------------------------


def outage(**values: object) -> dict[str, object]:
    begin = time.now() - timedelta(days=3)
    return {"what": "system", "starts_at": begin.isoformat(), "reason": "停电两小时", **values}


async def test_an_outage_that_is_recorded_later_forgives(hospital, patient, drain):
    guide = await a_member_of_staff(hospital, "guide")
    end = (time.now() - timedelta(days=1, hours=12)).isoformat()
    made = await guide.post("/outages", outage(ends_at=end))
    await drain()
    assert [one["excuse"] for one in await strikes_of(patient)].count("outage") == 2
    assert await suspended_until(patient) is None
    (item,) = (await guide.get("/outages"))["items"]
    assert (item["id"], item["forgiven"]) == (made["id"], 2)


async def test_an_outage_that_goes_on_excuses_until_it_ends(hospital, drain):
    patient = await a_patient_by_row(hospital)
    guide = await a_member_of_staff(hospital, "guide")
    made = await guide.post("/outages", outage())
    await missed(hospital, patient, days_ago=1)
    assert await strikes_of(patient) == []
    path = f"/outages/{made['id']}/ending"
    end = (time.now() - timedelta(days=2)).isoformat()
    assert (await guide.post(path, {"ends_at": end}))["ends_at"] is not None
    assert (await guide.refused(path)).code == "outage_over"
    await missed(hospital, patient, days_ago=1)
    assert len(await strikes_of(patient)) == 1


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"starts_at": "2099-01-01T00:00:00+08:00"}, "/starts_at"),
        ({"starts_at": "2020-01-01T00:00:00+08:00"}, "/starts_at"),
        ({"ends_at": "2020-01-01T00:00:00+08:00"}, "/ends_at"),
        ({"department_id": str(uuid4())}, "/department_id"),
        ({"what": "weather"}, "/what"),
        ({"reason": ""}, "/reason"),
    ],
)
async def test_an_outage_must_make_sense(hospital, values, pointer):
    boss = await a_member_of_staff(hospital, "supervisor")
    refused = await boss.refused("/outages", outage(**values))
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, pointer)


async def test_a_department_records_its_own_outages_only(hospital):
    own, other = await props.a_department(), await props.a_department()
    guide = await a_member_of_staff(hospital, "guide", department_id=own)
    assert (await guide.refused("/outages", outage(department_id=str(other)))).status == 403
    assert (await guide.refused("/outages", outage())).status == 403
    made = await guide.post("/outages", outage(department_id=str(own)))
    stranger = await a_member_of_staff(hospital, "guide", department_id=other)
    assert (await stranger.refused(f"/outages/{made['id']}/ending")).status == 404
    assert (await stranger.get("/outages"))["items"] == []


async def test_a_visit_of_today_is_expected_still(hospital, service):
    patient = await a_patient_by_row(hospital)
    await expected(patient, starts_at=time.now() + timedelta(minutes=5))
    await hospital.jobs["mark_no_shows"].run()
    assert (await patient.get("/strikes"))["standings"] == []
