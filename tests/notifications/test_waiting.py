"""What is told on the waitlist: texts, fields, one push an offer, nothing once it is answered or over."""

from datetime import timedelta
from uuid import UUID

import pytest

from infra.simulator.fields import is_valid
from infra.simulator.templates import TEMPLATES
from notifications.notices import notice_of
from notifications.texts import say
from server import clock, db
from server.facts import OfferEnded, PlaceOffered, WaitlistClosed, WaitlistJoined
from server.ids import new_id
from tests.cast import a_patient_with_a_phone
from tests.notifications.telling import happens

LANGUAGES = ("zh-CN", "zh-TW", "en")
LONG = "重症医学与多学科联合会诊疑难杂症中心（东院区特需部）"


def offered(account_id, *, minutes: float = 90, **more) -> PlaceOffered:
    now = clock.now()
    return PlaceOffered(
        **{
            "offer_id": new_id(),
            "entry_id": new_id(),
            "account_id": UUID(str(account_id)),
            "patient_id": new_id(),
            "patient_name": "张小三、李四",
            "department_name": "心血管内科",
            "practitioner_name": "王敏",
            "location": "门诊楼2层A区",
            "starts_at": now + timedelta(days=1),
            "ends_at": now + timedelta(days=1, minutes=30),
            "deadline": now + timedelta(minutes=minutes),
            **more,
        }
    )


def ended(fact: PlaceOffered, how: str, *, still_waits: bool = False) -> OfferEnded:
    return OfferEnded(
        offer_id=fact.offer_id,
        entry_id=fact.entry_id,
        account_id=fact.account_id,
        patient_id=fact.patient_id,
        patient_name=fact.patient_name,
        department_name=fact.department_name,
        starts_at=fact.starts_at,
        how=how,
        still_waits=still_waits,
        at=clock.now(),
    )


def every_fact():
    fact = offered(new_id(), department_name=LONG, location=LONG)
    names = (fact.entry_id, fact.account_id, fact.patient_id, fact.patient_name, LONG)
    yield fact
    yield WaitlistJoined(*names, at=clock.now())
    yield ended(fact, "expired")
    yield ended(fact, "expired", still_waits=True)
    for reason in ("cut_off", "booked_elsewhere", "stopped"):
        yield WaitlistClosed(*names, reason=reason, at=clock.now())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_platform_takes_every_field_and_no_tip_is_cut(language):
    for fact in every_fact():
        notice = notice_of(fact, language)
        assert notice.title
        assert notice.link.startswith("pages/waiting/waiting?id=")
        if not notice.template_key:
            continue
        assert {field.key for field in TEMPLATES[notice.template_key].fields} == set(notice.fields)
        assert {key: value for key, value in notice.fields.items() if not is_valid(key, value)} == {}
        tip = dict(notice.lines)[say("label.tip", language)]
        assert tip in notice.fields.values()


@pytest.mark.parametrize("how", ["accepted", "declined", "withdrawn", "void"])
def test_only_an_unanswered_offer_is_told_when_it_ends(how):
    assert notice_of(ended(offered(new_id()), how), "zh-CN") is None


async def test_an_offer_is_on_the_phone_at_once(hospital, drain):
    phone = await a_patient_with_a_phone(hospital)
    await phone.accepts("place_offered")
    await happens(offered(phone.account_id))
    await drain()
    (shown,) = await phone.phone_shows()
    assert "张小三" in str(shown)
    assert [item["event"] for item in await phone.inbox()] == ["place_offered"]


async def test_an_offer_that_was_answered_is_not_told_any_more(hospital, drain):
    phone = await a_patient_with_a_phone(hospital)
    await phone.accepts("place_offered")
    fact = offered(phone.account_id)
    await happens(fact, ended(fact, "accepted"))
    await drain()
    assert await phone.phone_shows() == []


async def test_an_offer_whose_deadline_has_passed_is_never_sent(hospital, drain, clock):
    phone = await a_patient_with_a_phone(hospital)
    await phone.accepts("place_offered")
    await happens(offered(phone.account_id, minutes=5))
    await clock.forward(minutes=6)
    await drain()
    assert await phone.phone_shows() == []
    rows = await db.fetch("SELECT DISTINCT state FROM delivery WHERE channel = 'wechat_subscribe'")
    assert rows == [{"state": "expired"}]
