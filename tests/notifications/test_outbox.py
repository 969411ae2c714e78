"""From a fact to a phone: sent, refused, unknown, each against the simulated platform."""

from tests import props
from tests.notifications.telling import SEND, a_phone, booked, calls, happens, states


async def test_a_fact_reaches_the_phone_and_the_inbox(hospital, drain):
    phone = await a_phone(hospital)
    await phone.accepts("appointment_booked")
    await happens(booked(phone.account_id))
    await drain()
    assert [message["title"] for message in await phone.phone_shows()] == ["预约成功通知"]
    assert await states("inbox") == ["delivered"]
    assert len(await calls(hospital, SEND, openid=phone.openid)) == 1
    assert await props.count("attempt", "outcome = 'accepted'") == 1
    assert await props.count("consent_credit", "spent_at IS NOT NULL") == 1


async def test_without_consent_nothing_is_sent_and_the_inbox_has_it(hospital, drain):
    phone = await a_phone(hospital)
    await happens(booked(phone.account_id))
    await drain()
    assert await states() == ["suppressed"]
    assert await calls(hospital, SEND, openid=phone.openid) == []
    assert await states("inbox") == ["delivered"]
