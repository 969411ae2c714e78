"""The last credit of a template waits for what matters most; and what the phone should ask for."""

from datetime import timedelta

import pytest

from server import clock, db
from server.facts import DoctorLate
from server.ids import new_id
from tests import props
from tests.cast import PatientClient
from tests.notifications.bookings import books
from tests.notifications.telling import a_phone, happens

REMINDER, CALLED = "appointment_reminder", "queue_called"


async def credits(phone: PatientClient, key: str, count: int) -> None:
    for _ in range(count):
        await props.insert("consent_credit", account_id=phone.account_id, template_key=key, from_client_at=clock.now())


async def is_kept(phone: PatientClient, key: str, event: str) -> bool:
    row = await db.fetch_one("SELECT credit_is_kept($1, $2, $3) AS kept", phone.account_id, key, event)
    assert row is not None
    return bool(row["kept"])


async def a_reminder_to_come(phone: PatientClient) -> None:
    """Book for in three days, so that both reminders are planned."""
    await books(phone, clock.now() + timedelta(days=3))
    await phone.site.jobs["relay"].run()
    assert await props.count("reminder", "kind = 'visit_day_before' AND state = 'planned'") == 1


async def a_place_in_line(phone: PatientClient, state: str = "waiting") -> None:
    patient_id = await props.a_patient(phone.account_id)
    times = {"day": clock.today(), "sort_at": clock.now(), "checked_in_at": clock.now()}
    own = {"number": 12, "label": "A012", "patient_id": patient_id, "account_id": phone.account_id, "state": state}
    await props.insert("ticket", department_id=await props.a_department(), **own, **times)


async def test_the_last_credit_waits_for_the_reminder_of_the_day_before(hospital):
    phone = await a_phone(hospital)
    await a_reminder_to_come(phone)
    assert not await is_kept(phone, REMINDER, "doctor_late")  # there is none to keep: the reason is another
    await credits(phone, REMINDER, 1)
    assert await is_kept(phone, REMINDER, "doctor_late")
    assert await is_kept(phone, REMINDER, "appointment_booked")
    assert not await is_kept(phone, REMINDER, "visit_place_changed")
    assert not await is_kept(phone, REMINDER, "visit_two_hours")  # as important
    await credits(phone, REMINDER, 1)
    assert not await is_kept(phone, REMINDER, "doctor_late")  # two: one is left for the reminder


@pytest.mark.parametrize("change", ["state = 'sent'", "deadline = app_now()"])
async def test_a_reminder_that_is_told_or_too_late_keeps_nothing(hospital, change):
    phone = await a_phone(hospital)
    await a_reminder_to_come(phone)
    await credits(phone, REMINDER, 1)
    assert await is_kept(phone, REMINDER, "doctor_late")
    await db.fetch(f"UPDATE reminder SET {change}")
    assert not await is_kept(phone, REMINDER, "doctor_late")


@pytest.mark.parametrize(("state", "kept"), [("waiting", True), ("missed", True), ("called", False), ("done", False)])
async def test_the_last_credit_waits_for_the_call_as_long_as_somebody_waits(hospital, state, kept):
    phone = await a_phone(hospital)
    await a_place_in_line(phone, state)
    await credits(phone, CALLED, 1)
    assert await is_kept(phone, CALLED, "queue_joined") is kept
    assert not await is_kept(phone, CALLED, "queue_called")


async def test_what_waits_already_and_matters_more_keeps_the_last_credit(hospital):
    phone, other = await a_phone(hospital), await a_phone(hospital)
    for one in (phone, other):
        await credits(one, CALLED, 1)
    deadline = clock.now() + timedelta(hours=1)
    message_id = await props.insert(
        "message",
        event="queue_called",
        event_key=f"x:{new_id()}",
        account_id=phone.account_id,
        subject_kind="ticket",
        subject_id=new_id(),
        title="x",
        lines="[]",
        deadline=deadline,
        **{"class": "visit"},
    )
    await props.insert(
        "delivery",
        message_id=message_id,
        channel="wechat_subscribe",
        address="o",
        template_key=CALLED,
        state="planned",
        due_at=clock.now(),
        deadline=deadline,
    )
    assert await is_kept(phone, CALLED, "queue_joined")
    assert not await is_kept(other, CALLED, "queue_joined")
    await db.fetch("UPDATE delivery SET state = 'expired', reason = 'deadline'")
    assert not await is_kept(phone, CALLED, "queue_joined")


async def test_a_template_of_one_message_keeps_nothing(hospital):
    phone = await a_phone(hospital)
    await a_reminder_to_come(phone)
    await credits(phone, "survey_invitation", 1)
    assert not await is_kept(phone, "survey_invitation", "survey_invitation")


# ---- the right moment to ask ---------------------------------------------------------------------------------------


async def asked(phone: PatientClient, after: str) -> list[str]:
    ids = {template_id: key for key, template_id in phone.site.settings.wechat.template_ids.items()}
    ask = (await phone.get(f"/consents?after={after}"))["ask"]
    return [ids[one] for one in ask["template_ids"]] if ask else []


async def test_the_phone_is_told_what_to_ask_for_and_why(hospital):
    phone = await a_phone(hospital)
    assert (await phone.get("/consents"))["ask"] is None
    found = (await phone.get("/consents?after=booked"))["ask"]
    assert len(found["template_ids"]) == len(found["titles"]) == 3
    assert "提醒" in found["why"]
    assert await asked(phone, "booked") == [REMINDER, CALLED, "appointment_cancelled"]
    assert (await phone.refused("/consents?after=nothing", method="GET")).status == 422


async def test_what_there_is_enough_of_or_was_refused_lately_is_not_asked_for(hospital, clock):
    phone = await a_phone(hospital)
    ids = hospital.settings.wechat.template_ids
    for _ in range(2):
        await phone.post("/consents", {"results": [{"template_id": ids[REMINDER], "result": "accept"}]})
    answer = await phone.post(
        "/consents", {"results": [{"template_id": ids[CALLED], "result": "reject"}], "after": "booked"}
    )
    assert answer["ask"]["template_ids"] == [ids["appointment_cancelled"]]
    await phone.post("/consents", {"results": [{"template_id": ids["appointment_cancelled"], "result": "ban"}]})
    assert await asked(phone, "booked") == []
    assert (await phone.get("/consents?after=booked"))["ask"] is None
    await clock.forward(days=7, minutes=1)
    token = await props.a_token(account_id=phone.account_id)
    assert await asked(PatientClient(site=hospital, token=token), "booked") == [CALLED]
    await db.fetch("INSERT INTO policy (name, value) VALUES ('consents.ask_again_days', '14')")
    assert await asked(PatientClient(site=hospital, token=token), "booked") == []


async def test_the_message_that_matters_less_does_not_leave_and_says_why(hospital, drain):
    """One credit, a reminder to come: that the doctor is late stays in the inbox, and the reminder leaves."""
    phone = await a_phone(hospital)
    booking = await books(phone, clock.now() + timedelta(days=3))
    await drain()
    await phone.accepts(REMINDER)
    late = DoctorLate(
        session_id=booking.slot.session_id,
        ticket_id=None,
        appointment_id=booking.id,
        account_id=booking.account_id,
        patient_id=booking.patient_id,
        patient_name="张小三",
        department_name="心血管内科",
        practitioner_name="王敏",
        location="门诊楼2层",
        starts_at=booking.starts_at,
        minutes=20,
        at=clock.now(),
    )
    await happens(late)
    await drain()
    rows = await db.fetch(
        "SELECT d.state, d.reason FROM delivery d JOIN message m ON m.id = d.message_id"
        " WHERE m.event = 'doctor_late' AND d.channel = 'wechat_subscribe'"
    )
    assert [(row["state"], row["reason"]) for row in rows] == [("suppressed", "credit_kept")]
    assert await props.count("consent_credit", "template_key = $1 AND spent_at IS NULL AND void_at IS NULL", REMINDER)
