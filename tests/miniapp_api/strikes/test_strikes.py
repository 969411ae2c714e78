"""Missed and late visits: marked with evidence, never where something speaks for the patient, told kindly."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from miniapp_api.strikes import actions
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.scenes import broken_invariants
from tests.miniapp_api.strikes.scenes import (
    a_free_slot,
    cancels,
    expected,
    history,
    missed,
    strikes_of,
    suspended_until,
)


@pytest.fixture
async def patient(hospital):
    return await a_patient_by_row(hospital)


async def status_of(appointment_id: str) -> str:
    row = await db.fetch_one("SELECT status FROM appointment WHERE id = $1", UUID(appointment_id))
    assert row is not None
    return row["status"]


# ---- marking -------------------------------------------------------------------------------------------------------


async def test_a_missed_visit_is_marked_after_the_session_and_its_grace(hospital, patient, clock):
    starts_at = time.now() + timedelta(hours=1)
    appointment_id = await expected(patient, starts_at=starts_at)
    # the session goes on for three hours after this slot
    await db.fetch("UPDATE session SET ends_at = $1", starts_at + timedelta(hours=3))
    run = hospital.jobs["mark_no_shows"].run
    await clock.set_to(starts_at + timedelta(hours=3, minutes=59))
    await run()
    assert await status_of(appointment_id) == "booked"
    await clock.forward(minutes=2)
    await run()
    await run()
    assert await status_of(appointment_id) == "no_show"
    (strike,) = await strikes_of(patient)
    assert (strike["kind"], strike["state"], strike["counts"], strike["can_appeal"]) == (
        "no_show",
        "counted",
        True,
        True,
    )
    assert (strike["evidence"]["scans"], strike["evidence"]["accepted_scans"]) == (0, 0)
    assert await history(strike["id"]) == [(None, "counted", "system")]
    assert await broken_invariants(WIRING) == []


async def test_the_grace_is_the_departments_own(hospital, patient, clock):
    starts_at = time.now() + timedelta(hours=1)
    appointment_id = await expected(patient, starts_at=starts_at)
    admin = await a_member_of_staff(hospital, "admin")
    row = await db.fetch_one("SELECT department_id FROM appointment")
    assert row is not None
    path = f"/admin/departments/{row['department_id']}"
    changed = await admin.call("PATCH", path, {"no_show_grace_minutes": 300}, If_Match='"1"')
    assert (changed.status, changed.body["no_show_grace_minutes"]) == (200, 300)
    await clock.set_to(starts_at + timedelta(minutes=30 + 299))
    await hospital.jobs["mark_no_shows"].run()
    assert await status_of(appointment_id) == "booked"
    await clock.forward(minutes=2)
    await hospital.jobs["mark_no_shows"].run()
    assert await status_of(appointment_id) == "no_show"


async def a_scan(appointment_id: str) -> None:
    scan = {"desk_id": await props.a_desk(), "by_id": uuid4(), "appointment_id": UUID(appointment_id), "body": "{}"}
    await props.insert("scan", outcome="accepted", **scan)


async def a_voided_ticket(appointment_id: str) -> None:
    await a_ticket(appointment_id, state="voided", appointment_id=UUID(appointment_id))


async def a_walk_in(appointment_id: str) -> None:
    await a_ticket(appointment_id, state="done")


async def a_ticket(of: str, **values: object) -> UUID:
    row = await db.fetch_one("SELECT * FROM appointment WHERE id = $1", UUID(of))
    assert row is not None
    same = {name: row[name] for name in ("department_id", "day", "patient_id", "practitioner_id")}
    number = 1 + await props.count("ticket")
    times = {"checked_in_at": row["starts_at"], "sort_at": row["starts_at"]}
    return await props.insert("ticket", **{"number": number, "label": f"A{number}", **times, **same, **values})


async def an_outage(appointment_id: str) -> None:
    row = await db.fetch_one("SELECT starts_at FROM appointment WHERE id = $1", UUID(appointment_id))
    assert row is not None
    made_by = await props.a_staff("supervisor")
    begin = row["starts_at"] - timedelta(minutes=30)
    times = {"starts_at": begin, "ends_at": begin + timedelta(minutes=20)}
    await props.insert("outage", what="system", reason="断电", made_by=made_by, **times)


async def a_late_doctor(appointment_id: str) -> None:
    """Somebody waited since before the visit's time, and was the first to be seen, after it."""
    row = await db.fetch_one("SELECT * FROM appointment WHERE id = $1", UUID(appointment_id))
    assert row is not None
    other = await props.a_patient()
    waited = await a_ticket(
        appointment_id, state="done", patient_id=other, checked_in_at=row["starts_at"] - timedelta(minutes=5)
    )
    room_id = await props.a_room(row["department_id"])
    begun = {"started_at": row["ends_at"] + timedelta(minutes=1), "finished_at": row["ends_at"] + timedelta(minutes=9)}
    same = {name: row[name] for name in ("department_id", "practitioner_id")}
    await props.insert("encounter", ticket_id=waited, patient_id=other, room_id=room_id, **same, **begun)


async def a_stop(appointment_id: str) -> None:
    await db.fetch("UPDATE slot SET is_stopped = true FROM appointment a WHERE a.slot_id = slot.id")


EXCUSES = {
    "present": [a_scan, a_voided_ticket, a_walk_in],
    "outage": [an_outage],
    "late_doctor": [a_late_doctor],
    "stopped": [a_stop],
}
CASES = [(excuse, act) for excuse, acts in EXCUSES.items() for act in acts]


@pytest.mark.parametrize(("excuse", "act"), CASES, ids=[act.__name__ for _, act in CASES])
async def test_what_speaks_for_the_patient_before_the_mark(hospital, patient, excuse, act):
    appointment_id = await expected(patient, starts_at=time.now() - timedelta(days=1))
    await act(appointment_id)
    await hospital.jobs["mark_no_shows"].run()
    assert await strikes_of(patient) == []
    # nobody came, and nobody is to blame: the booking ends and holds no place any more
    assert await status_of(appointment_id) == "cancelled"
    row = await db.fetch_one("SELECT why FROM transition WHERE to_state = 'cancelled'")
    assert row is not None
    assert row["why"] == f"未计爽约：{excuse}"
    assert await props.count("fact", "name = 'AppointmentCancelled'") == 0


@pytest.mark.parametrize(("excuse", "act"), CASES, ids=[act.__name__ for _, act in CASES])
async def test_what_becomes_known_after_the_mark(hospital, patient, drain, excuse, act):
    appointment_id = await missed(hospital, patient)
    assert [one["state"] for one in await strikes_of(patient)] == ["counted"]
    await act(appointment_id)
    await drain()
    (strike,) = await strikes_of(patient)
    assert (strike["state"], strike["excuse"], strike["counts"]) == ("forgiven", excuse, False)
    assert [message["event"] for message in await patient.inbox()] == ["strike_forgiven", "strike_given"]
    assert await broken_invariants(WIRING) == []


async def test_without_the_look_at_excuses_somebody_is_punished_who_was_there(hospital, patient, monkeypatch):
    """The mutant of the test above."""
    appointment_id = await expected(patient, starts_at=time.now() - timedelta(days=1))
    await a_scan(appointment_id)
    monkeypatch.setattr(actions.models, "MARK", actions.models.mark_statement("true"))
    await hospital.jobs["mark_no_shows"].run()
    assert len(await strikes_of(patient)) == 1


async def test_an_outage_elsewhere_excuses_nobody(hospital, patient):
    appointment_id = await expected(patient, starts_at=time.now() - timedelta(days=1))
    await an_outage(appointment_id)
    await db.fetch("UPDATE outage SET department_id = $1", await props.a_department())
    await hospital.jobs["mark_no_shows"].run()
    assert await status_of(appointment_id) == "no_show"


async def test_others_who_were_seen_in_time_excuse_nobody(hospital, patient):
    appointment_id = await expected(patient, starts_at=time.now() - timedelta(days=1))
    await a_late_doctor(appointment_id)
    await db.fetch("UPDATE encounter SET started_at = started_at - interval '20 minutes'")
    await hospital.jobs["mark_no_shows"].run()
    assert await status_of(appointment_id) == "no_show"


async def test_who_comes_late_and_is_let_in_has_no_strike(hospital, patient, drain, clock):
    appointment_id = await expected(patient, starts_at=time.now() - timedelta(hours=3))
    await hospital.jobs["mark_no_shows"].run()
    assert await status_of(appointment_id) == "no_show"
    guide = await a_member_of_staff(hospital, "guide")
    late = {"appointment_id": appointment_id, "override": {"reason": "路上堵车，医生同意加看"}}
    await guide.post("/desk/check-ins", late)
    await drain()
    (strike,) = await strikes_of(patient)
    assert (strike["state"], strike["excuse"]) == ("forgiven", "present")


# ---- giving back ---------------------------------------------------------------------------------------------------


async def test_a_late_cancellation_counts_apart_and_three_weigh_as_one(hospital, patient, drain):
    for n in range(3):
        one = await expected(patient, starts_at=time.now() + timedelta(hours=1 + n))
        await cancels(patient, one)
    await drain()
    page = await patient.get("/strikes")
    assert {one["kind"] for one in page["items"]} == {"late_cancel"}
    (standing,) = page["standings"]
    assert (standing["late_cancels"], standing["no_shows"], standing["count"]) == (3, 0, 1)
    assert page["items"][-1]["evidence"]["hours_before"] == pytest.approx(1.0, abs=0.1)


async def test_a_cancellation_in_time_is_no_strike(hospital, patient, drain):
    await cancels(patient, await expected(patient, starts_at=time.now() + timedelta(hours=5)))
    await drain()
    assert await strikes_of(patient) == []


async def test_a_late_move_to_another_day_is_late_and_within_the_session_is_not(hospital, patient, drain):
    first = await expected(patient, starts_at=time.now() + timedelta(hours=1))
    row = await db.fetch_one("SELECT session_id, ends_at FROM appointment WHERE id = $1", UUID(first))
    assert row is not None
    later = await props.insert(
        "slot",
        session_id=row["session_id"],
        starts_at=row["ends_at"],
        ends_at=row["ends_at"] + timedelta(minutes=30),
        capacity=3,
    )
    moved = await patient.post(f"/appointments/{first}/rescheduling", {"slot_id": str(later)})
    await drain()
    assert await strikes_of(patient) == []
    await db.fetch("UPDATE transition SET at = at - interval '2 days' WHERE subject_id = $1", UUID(moved["id"]))
    elsewhere = await a_free_slot()
    await patient.post(f"/appointments/{moved['id']}/rescheduling", {"slot_id": str(elsewhere.id)})
    await drain()
    assert [one["kind"] for one in await strikes_of(patient)] == ["late_cancel"]


async def test_the_clinics_own_cancellation_is_nobodys_strike(hospital, patient, drain):
    await expected(patient, starts_at=time.now() + timedelta(hours=1))
    await db.fetch("UPDATE appointment SET status = 'cancelled'")
    await props.insert(
        "transition",
        machine="appointment",
        subject_id=(await db.fetch_one("SELECT id FROM appointment"))["id"],
        from_state="booked",
        to_state="cancelled",
        by_kind="staff",
        channel="desk",
    )
    await drain()
    assert await strikes_of(patient) == []


async def test_two_early_cancellations_earn_one_back(hospital, patient, drain):
    for days_ago in (1, 2, 3):
        await missed(hospital, patient, days_ago=days_ago)
    assert await suspended_until(patient) is not None
    for n in (4, 5):
        await cancels(patient, await expected(patient, starts_at=time.now() + timedelta(days=n), booked_before=24 * 9))
    await drain()
    assert await suspended_until(patient) is None
    (standing,) = (await patient.get("/strikes"))["standings"]
    assert (standing["count"], standing["credits"], standing["early_cancels"]) == (2, 1, 2)


# ---- the suspension ------------------------------------------------------------------------------------------------


async def test_the_third_strike_suspends_booking_by_phone_and_says_how_to_appeal(hospital, patient, drain):
    for days_ago in (1, 2):
        await missed(hospital, patient, days_ago=days_ago)
    free = await a_free_slot()
    booked = await patient.books(free.id)
    await cancels(patient, booked["id"])
    await drain()
    await missed(hospital, patient, days_ago=3)
    refused = await patient.refused("/appointments", {"slot_id": str(free.id), "patient_id": patient.patient_id})
    assert (refused.status, refused.code) == (409, "suspended")
    assert "until" in refused.body
    assert "申诉" in refused.body["detail"]
    page = await patient.get("/strikes")
    assert page["standings"][0]["suspended_until"] == refused.body["until"]
    assert set(page["standings"][0]["because"]) == {one["id"] for one in page["items"]}
    await drain()
    newest = (await patient.inbox())[0]
    assert newest["event"] == "strike_given"
    assert newest["link"].startswith("pages/strikes/strikes")


async def test_the_person_is_suspended_on_every_account(hospital):
    same = {"name": "张大山", "phone": "13911112222"}
    mine, hers = await a_patient_by_row(hospital, **same), await a_patient_by_row(hospital, **same)
    for days_ago in (1, 2, 3):
        await missed(hospital, mine, days_ago=days_ago)
    free = await a_free_slot()
    refused = await hers.refused("/appointments", {"slot_id": str(free.id), "patient_id": hers.patient_id})
    assert refused.code == "suspended"
    page = await hers.get("/strikes")
    assert (page["items"], page["standings"][0]["hidden"]) == ([], 3)  # which visits is not hers to know


async def test_another_name_does_not_shake_it_off(hospital, patient):
    for days_ago in (1, 2, 3):
        await missed(hospital, patient, days_ago=days_ago)
    await patient.call("PATCH", f"/patients/{patient.patient_id}", {"name": "张小山"})
    assert await suspended_until(patient) is not None
    await hospital.jobs["settle_appeals"].run()
    assert await suspended_until(patient) is not None


async def test_a_suspension_ends_by_itself(hospital, patient, clock):
    for days_ago in (1, 2, 3):
        await missed(hospital, patient, days_ago=days_ago)
    await clock.forward(days=89, minutes=1)
    patient.token = await props.a_token(account_id=UUID(patient.account_id))
    free = await a_free_slot()
    assert (await patient.books(free.id))["status"] == "booked"


async def test_a_relaxed_setting_ends_suspensions_and_a_stricter_one_waits_for_the_next_strike(hospital, patient):
    for days_ago in (1, 2, 3):
        await missed(hospital, patient, days_ago=days_ago)
    admin = await a_member_of_staff(hospital, "admin")
    path = "/admin/booking-settings"

    async def decide(**values: int) -> None:
        version = (await admin.get(path))["version"]
        reply = await admin.call("PATCH", path, values, If_Match=f'"{version}"')
        assert reply.status == 200, reply.body

    await decide(strike_limit=4)
    await hospital.jobs["settle_appeals"].run()
    assert await suspended_until(patient) is None
    await decide(strike_limit=2)
    await hospital.jobs["settle_appeals"].run()
    assert await suspended_until(patient) is None
    await missed(hospital, patient, days_ago=0.6)
    assert await suspended_until(patient) is not None
