"""Acts about one person at one moment: each constraint and lock holds, and without it the same test fails."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from miniapp_api.strikes import actions, appeals, models
from server import clock as time
from server import db
from server.history import SYSTEM
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.strikes.scenes import a_free_slot, expected, missed, strikes_of, suspended_until
from tests.notifications.telling import until
from tests.processes import a_process

TOGETHER = 6
FACTS = {"strike_given": "StrikeGiven", "strike_forgiven": "StrikeForgiven"}


async def together(acts: list[Callable[[], Awaitable[object]]]) -> list[object]:
    return await asyncio.gather(*(act() for act in acts), return_exceptions=True)


@pytest.fixture
async def patient(hospital):
    return await a_patient_by_row(hospital)


async def test_many_workers_mark_a_visit_once(hospital, patient, drain):
    for n in range(4):
        await expected(patient, starts_at=time.now() - timedelta(days=n + 1))
    found = await together([actions.mark_no_shows] * TOGETHER)
    assert sum(count for count in found if isinstance(count, int)) == 4, found
    assert await props.count("strike") == 4
    assert await props.count("fact", "name = 'StrikeGiven'") == 4
    assert await props.count("transition", "to_state = 'no_show'") == 4


async def test_one_strike_for_each_appointment_is_the_databases_word(hospital, patient):
    appointment_id = await missed(hospital, patient)
    row = await db.fetch_one("SELECT * FROM strike")
    assert row is not None
    same = {name: row[name] for name in ("person_id", "patient_id", "department_id", "at")}
    with pytest.raises(Exception, match="strike_appointment_id_key"):
        await props.insert("strike", appointment_id=UUID(appointment_id), kind="late_cancel", state="counted", **same)


async def test_many_appeals_are_one(hospital, patient):
    await missed(hospital, patient)
    strike = (await strikes_of(patient))[0]

    async def appeal():
        key = str(uuid4())
        return await patient.call("POST", f"/strikes/{strike['id']}/appeal", {}, Idempotency_Key=key)

    replies = await together([appeal] * TOGETHER)
    assert sorted(reply.status for reply in replies) == [201] + [409] * (TOGETHER - 1)
    assert {reply.code for reply in replies if reply.status == 409} == {"already_appealed"}
    assert await props.count("appeal") == 1


async def test_two_appeals_of_one_strike_the_database_refuses(hospital, patient):
    await missed(hospital, patient)
    strike_id = UUID((await strikes_of(patient))[0]["id"])
    values = {"strike_id": strike_id, "account_id": UUID(patient.account_id), "state": "open", "due_at": time.now()}
    await props.insert("appeal", **values)
    with pytest.raises(Exception, match="appeal_strike_id_key"):
        await props.insert("appeal", **values)


async def test_one_decides_of_many(hospital, patient):
    await missed(hospital, patient)
    strike = (await strikes_of(patient))[0]
    appeal_id = (await patient.post(f"/strikes/{strike['id']}/appeal"))["appeal"]["id"]
    staff = [await a_member_of_staff(hospital, "customer_service") for _ in range(TOGETHER)]

    def decide(n: int):
        body = {"granted": n % 2 == 0, "reason": f"第{n}位的决定"}
        path = f"/appeals/{appeal_id}/decision"
        return lambda: staff[n].call("POST", path, body, Idempotency_Key=str(uuid4()))

    replies = await together([decide(n) for n in range(TOGETHER)])
    assert sorted(reply.status for reply in replies) == [200] + [409] * (TOGETHER - 1)
    assert {reply.code for reply in replies if reply.status == 409} <= {"appeal_decided", "someone_was_faster"}
    told = await props.count("fact", "name IN ('StrikeForgiven', 'AppealRefused')")
    assert told == 1
    row = await db.fetch_one(
        "SELECT st.state, ap.state AS appeal FROM strike st JOIN appeal ap ON ap.strike_id = st.id"
    )
    assert row in ({"state": "forgiven", "appeal": "granted"}, {"state": "counted", "appeal": "refused"})


async def strikes_at_one_moment(hospital, patient) -> None:
    """Three missed visits that three workers mark together: the suspension must follow from all of them."""
    for n in range(3):
        await expected(patient, starts_at=time.now() - timedelta(days=n + 1))
    rows = await db.fetch(models.EXPECTED_IN_VAIN, 10)

    def mark(row):
        async def act():
            async with db.transaction():
                await actions.lock_person(row["person_id"])
                assert await db.fetch_one(models.MARK, row["id"], uuid4(), SYSTEM.channel)
                await actions._strike(row["id"], actions.StrikeKind.NO_SHOW)

        return act

    for found in await together([mark(row) for row in rows]):
        assert found is None, found


async def test_strikes_of_one_moment_all_count(hospital, patient):
    await strikes_at_one_moment(hospital, patient)
    assert await suspended_until(patient) is not None


async def test_without_the_lock_of_the_person_a_suspension_is_missed(hospital, patient, monkeypatch):
    """The mutant of the test above: each worker sees its own strike only."""
    waits = asyncio.Barrier(3)
    real = actions.standing

    async def standing(person_id):
        await asyncio.wait_for(waits.wait(), 20)  # all have written before anybody looks
        found = await real(person_id)
        await asyncio.wait_for(waits.wait(), 20)  # and all have looked before anybody is done
        return found

    monkeypatch.setattr(actions, "standing", standing)
    monkeypatch.setattr(models, "LOCK_PERSON", "SELECT id, suspended_until FROM person WHERE id = $1")
    await strikes_at_one_moment(hospital, patient)
    assert await suspended_until(patient) is None


async def test_forgiving_and_a_new_strike_leave_what_counts(hospital, patient):
    for days_ago in (2, 3, 4):
        await missed(hospital, patient, days_ago=days_ago)
    await expected(patient, starts_at=time.now() - timedelta(days=1))
    service = await a_member_of_staff(hospital, "customer_service")
    gone = (await strikes_of(patient))[0]["id"]

    async def forgive():
        return await service.post(f"/strikes/{gone}/forgiveness", {"reason": "核实属实"})

    await together([forgive, actions.mark_no_shows, actions.settle_suspensions])
    rows = await db.fetch("SELECT state FROM strike ORDER BY at")
    assert sorted(row["state"] for row in rows) == ["counted"] * 3 + ["forgiven"]
    assert await suspended_until(patient) is not None


async def test_forgiveness_and_booking_at_one_moment_agree(hospital, patient):
    """Whoever books while the suspension ends either gets the place or is told no; afterwards the place is there."""
    for days_ago in (1, 2, 3):
        await missed(hospital, patient, days_ago=days_ago)
    service = await a_member_of_staff(hospital, "customer_service")
    free = await a_free_slot()
    person = (await service.get("/people-with-strikes"))["items"][0]["id"]

    async def forgive():
        return await service.post(f"/people-with-strikes/{person}/forgiveness", {"reason": "核实属实"})

    async def book():
        body = {"slot_id": str(free.id), "patient_id": patient.patient_id}
        return await patient.call("POST", "/appointments", body, Idempotency_Key=str(uuid4()))

    _, *replies = await together([forgive, book, book, book])
    assert {reply.status for reply in replies} <= {201, 409}
    codes = {reply.code for reply in replies if reply.status == 409}
    assert codes <= {"suspended", "already_booked"}
    last = await book()
    assert last.status == 201 or last.code == "already_booked"
    assert await props.count("appointment", "slot_id = $1 AND status = 'booked'", free.id) == 1


async def test_a_scan_and_the_mark_at_one_moment_agree(hospital, drain):
    """Whoever is scanned while being marked is let in and has no strike that counts."""
    desk_id = await props.a_desk()
    guide = await a_member_of_staff(hospital, "guide", desk_id=desk_id)
    for _ in range(TOGETHER):
        patient = await a_patient_by_row(hospital)
        appointment_id = await expected(patient, starts_at=time.now() - timedelta(minutes=20))
        await db.fetch(
            "UPDATE session SET ends_at = app_now() - interval '2 hours', starts_at = starts_at - interval '3 hours'"
        )
        await db.fetch("UPDATE appointment SET ends_at = app_now() - interval '1 second'")
        await db.fetch("UPDATE department SET check_in_closes_minutes = 0")
        code = await patient.code(appointment_id)
        late = {"appointment_id": appointment_id, "override": {"reason": "到了诊室门口"}}
        assert code
        await together([lambda late=late: guide.post("/desk/check-ins", late), actions.mark_no_shows])
        await drain()
        row = await db.fetch_one("SELECT status FROM appointment WHERE id = $1", UUID(appointment_id))
        assert row == {"status": "checked_in"}
        assert [one["state"] for one in await strikes_of(patient)] in ([], ["forgiven"])


async def test_the_due_moment_and_a_decision_agree(hospital, patient, clock):
    await missed(hospital, patient)
    strike = (await strikes_of(patient))[0]
    appeal_id = (await patient.post(f"/strikes/{strike['id']}/appeal"))["appeal"]["id"]
    service = await a_member_of_staff(hospital, "customer_service")
    await clock.forward(hours=49)
    service.token = await props.a_token(staff_id=UUID(service.staff_id))

    async def refuse():
        body = {"granted": False, "reason": "没有查到"}
        return await service.call("POST", f"/appeals/{appeal_id}/decision", body, Idempotency_Key=str(uuid4()))

    await together([refuse, actions.grant_late_appeals, appeals.rules_now])
    row = await db.fetch_one(
        "SELECT st.state, ap.state AS appeal FROM strike st JOIN appeal ap ON ap.strike_id = st.id"
    )
    assert row in ({"state": "forgiven", "appeal": "granted"}, {"state": "counted", "appeal": "refused"})
    assert await props.count("fact", "name IN ('StrikeForgiven', 'AppealRefused')") == 1


@pytest.mark.parametrize("point", ["strike_given", "strike_forgiven"])
async def test_a_worker_that_is_killed_leaves_no_half(hospital, patient, point):
    """Real processes: visit, strike, suspension and fact are there together or not at all, and once in the end."""
    for n in range(3):
        await expected(patient, starts_at=time.now() - timedelta(days=n + 1))
    if point == "strike_forgiven":
        await actions.mark_no_shows()
        await db.fetch("UPDATE slot SET is_stopped = true")
    async with a_process("worker", {**hospital.environment, "KILL_POINT": point}) as worker:
        assert await worker.ended() == 137
    done = await props.count("strike", "state = $1", "forgiven" if point == "strike_forgiven" else "counted")
    assert done == 0
    assert await props.count("fact", "name = $1", FACTS[point]) == 0

    async def is_done():
        return await props.count("message", "event = $1", point) == 3

    async with a_process("worker", hospital.environment) as worker:
        await until(is_done, 20)
        assert await worker.stop() == 0
    assert await props.count("fact", "name = $1", FACTS[point]) == 3
    assert (await suspended_until(patient) is not None) == (point == "strike_given")


async def test_the_desk_books_for_whom_the_phone_may_not(hospital, patient):
    for days_ago in (1, 2, 3):
        await missed(hospital, patient, days_ago=days_ago)
    free = await a_free_slot()
    refused = await patient.refused("/appointments", {"slot_id": str(free.id), "patient_id": patient.patient_id})
    assert refused.code == "suspended"
    held = await patient.refused("/holds", {"slot_id": str(free.id), "patient_id": patient.patient_id})
    assert held.code == "suspended"
    guide = await a_member_of_staff(hospital, "guide")
    body = {"slot_id": str(free.id), "patient_id": patient.patient_id, "channel": "desk"}
    assert (await guide.post("/desk/appointments", body))["status"] == "booked"
