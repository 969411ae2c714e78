"""A trial tells who would get what, when and why, writes nothing, and says what then really happens."""

import pytest

from notifications.alerts.summons import summons_of
from notifications.notices import notice_of
from notifications.operations.samples import patient_facts, sample, staff_facts
from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.notifications.telling import a_phone, booked, happens

TABLES = ("message", "delivery", "attempt", "consent_credit", "contact_slot", "transition", "fact", "alert")


@pytest.fixture
async def operator(hospital):
    return await a_member_of_staff(hospital, "supervisor", name="何主管", username="supervisor-g")


async def counts():
    return {table: await props.count(table) for table in TABLES}


@pytest.mark.parametrize("kind", patient_facts(), ids=lambda kind: kind.__name__)
def test_every_fact_of_a_patient_can_be_tried_in_every_language(kind):
    for language in ("zh-CN", "zh-TW", "en"):
        notice = notice_of(sample(kind), language)
        assert notice is not None
        assert notice.title


@pytest.mark.parametrize("kind", staff_facts(), ids=lambda kind: kind.__name__)
def test_every_fact_of_staff_can_be_tried(kind):
    assert summons_of(sample(kind)).title


async def test_a_trial_tells_the_ways_and_writes_nothing(hospital, operator):
    phone = await a_phone(hospital)
    before = await counts()
    for fact in [one["fact"] for one in (await operator.get("/hub/dry-run/facts"))["items"] if one["to"] == "account"]:
        found = await operator.post("/hub/dry-run", {"fact": fact, "recipient": phone.openid})
        assert found["ways"]
        assert found["title"]
        assert all(way["reason_text"] for way in found["ways"] if way["will"] == "skipped")
    assert await counts() == before


async def test_a_trial_says_what_then_happens(hospital, drain, operator):
    phone = await a_phone(hospital)
    found = await operator.post("/hub/dry-run", {"fact": "AppointmentBooked", "recipient": phone.account_id})
    at_once = {way["channel"] for way in found["ways"] if way["will"] == "at_once"}
    await happens(booked(phone.account_id))
    await hospital.jobs["relay"].run()
    rows = await db.fetch("SELECT channel, m.route FROM delivery d JOIN message m ON m.id = d.message_id")
    assert {row["channel"] for row in rows} == at_once
    assert {row["route"] for row in rows} == {found["route"]}


async def test_a_message_that_there_is_can_be_tried(hospital, drain, operator):
    phone = await a_phone(hospital)
    await happens(booked(phone.account_id))
    await drain()
    (message,) = (await operator.get("/hub/messages"))["items"]
    before = await counts()
    found = await operator.post("/hub/dry-run", {"message_id": message["id"]})
    assert found["event"] == "appointment_booked"
    assert ["就诊人", "张*三"] in found["lines"]
    assert await counts() == before


async def test_staff_are_tried_by_their_user_name(hospital, operator):
    found = await operator.post("/hub/dry-run", {"fact": "ComplaintEscalated", "recipient": "supervisor-g"})
    assert {way["channel"] for way in found["ways"]} >= {"live"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"fact": "AppointmentBooked", "recipient": "nobody"}, "/recipient"),
        ({"fact": "NoSuchFact", "recipient": "supervisor-g"}, "/fact"),
        ({"fact": "AppointmentBooked", "recipient": "supervisor-g"}, "/fact"),
        ({"fact": "AppointmentBooked"}, ""),
        ({}, ""),
    ],
)
async def test_a_trial_without_sense_is_refused(operator, body, pointer):
    refusal = await operator.refused("/hub/dry-run", body)
    assert refusal.status == 422
    assert refusal.body["errors"][0]["pointer"] == pointer
