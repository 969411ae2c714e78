"""What people allow by purpose: asked, withdrawn at once, looked at again just before each call, never forgotten."""

from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from notifications.consents import purposes
from notifications.consents.purposes import Said
from notifications.outbox import parcels
from notifications.rules import Purpose
from server import db
from server.ids import new_id
from tests import props
from tests.cast import PatientClient, a_member_of_staff, a_patient_by_row
from tests.notifications.telling import SEND, a_phone, calls, happens, invited, states

SURVEY = "survey_invitation"
WITHOUT_THE_LOOK = """
CREATE OR REPLACE FUNCTION consent_is_withdrawn(account_id uuid, patient_id uuid, purpose text) RETURNS boolean
LANGUAGE sql STABLE AS $$ SELECT false $$
"""


async def somebody(site):
    """Give a phone with a file and with consents to be invited, by rows."""
    phone = await a_phone(site)
    phone.patient_id = str(await props.a_patient(phone.account_id))
    await phone.accepts(SURVEY)
    return phone


async def says(phone, purpose: str, is_allowed: bool):
    return await phone.put(
        "/me/consents", {"patient_id": phone.patient_id, "purpose": purpose, "is_allowed": is_allowed}
    )


async def holds(patient_id, purpose: str) -> bool:
    row = await db.fetch_one("SELECT consent_is_withdrawn(NULL, $1, $2) AS withdrawn", patient_id, purpose)
    assert row is not None
    return not row["withdrawn"]


def allowed(answer, patient_id) -> dict[str, bool]:
    (person,) = [one for one in answer["items"] if one["patient_id"] == str(patient_id)]
    return {one["purpose"]: one["is_allowed"] for one in person["purposes"]}


async def test_before_anybody_was_asked_care_is_allowed_and_advice_of_a_general_kind_is_not(hospital):
    phone = await a_patient_by_row(hospital)
    answer = await phone.get("/me/consents")
    assert allowed(answer, phone.patient_id) == {
        "clinical": True,
        "return_visit": True,
        "satisfaction": True,
        "education": False,
    }
    (person,) = answer["items"]
    assert all(one["said_at"] is None and one["text"] and one["without"] for one in person["purposes"])
    assert await holds(phone.patient_id, "service")
    assert await holds(phone.patient_id, "staff")
    assert not await holds(new_id(), "education")


async def test_a_yes_and_a_no_are_taken_and_kept(hospital):
    phone = await a_patient_by_row(hospital)
    await says(phone, "education", True)
    assert await holds(phone.patient_id, "education")
    for _ in range(2):
        answer = await says(phone, "education", False)
    assert allowed(answer, phone.patient_id)["education"] is False
    assert not await holds(phone.patient_id, "education")
    rows = await db.fetch("SELECT is_allowed, wording, channel, account_id FROM purpose_consent ORDER BY id")
    assert [(row["is_allowed"], row["wording"], row["channel"], str(row["account_id"])) for row in rows] == [
        (True, 1, "miniapp", phone.account_id),
        (False, 1, "miniapp", phone.account_id),
    ]


async def test_nobody_speaks_for_a_file_of_somebody_else(hospital):
    phone, other = await a_patient_by_row(hospital), await a_patient_by_row(hospital)
    body = {"patient_id": other.patient_id, "purpose": "clinical", "is_allowed": False}
    assert (await phone.call("PUT", "/me/consents", body)).status == 404
    assert (await phone.call("PUT", "/me/consents", {**body, "purpose": "service"})).status == 422
    assert (await phone.call("PUT", "/me/consents", {**body, "wording": 99})).status == 422
    assert await props.count("purpose_consent") == 0


async def withdrawn_before_it_is_told(hospital, drain):
    phone = await somebody(hospital)
    await says(phone, "satisfaction", False)
    await happens(invited(phone.account_id, patient_id=UUID(phone.patient_id)))
    await drain()
    assert await calls(hospital, SEND, openid=phone.openid) == []
    assert await states() == ["suppressed"]
    rows = await db.fetch("SELECT reason FROM delivery WHERE channel = 'wechat_subscribe'")
    assert [row["reason"] for row in rows] == ["consent_withdrawn"]
    assert await props.count("consent_credit", "spent_at IS NULL") == 1


async def test_what_was_withdrawn_is_not_sent_and_stands_in_no_inbox(hospital, drain):
    await withdrawn_before_it_is_told(hospital, drain)
    await drain()
    assert set(await states()) == {"suppressed"}
    row = await db.fetch_one("SELECT account_id FROM message")
    token = await props.a_token(account_id=row["account_id"])
    page = await PatientClient(site=hospital, token=token).get("/messages")
    assert (page["items"], page["unread"]) == ([], 0)


async def test_another_yes_does_not_send_what_was_withdrawn(hospital, drain, clock):
    phone = await somebody(hospital)
    await says(phone, "satisfaction", False)
    await happens(invited(phone.account_id, patient_id=UUID(phone.patient_id)))
    await drain()
    await says(phone, "satisfaction", True)
    await clock.forward(hours=1)
    await drain()
    assert await calls(hospital, SEND, openid=phone.openid) == []
    assert set(await states()) == {"suppressed"}


@asynccontextmanager
async def without_the_look():
    """Take the look before the call out of the database."""
    row = await db.fetch_one("SELECT pg_get_functiondef('consent_is_withdrawn'::regproc) AS text")
    assert row is not None
    await db.fetch(WITHOUT_THE_LOOK)
    try:
        yield
    finally:
        await db.fetch(row["text"])


@pytest.mark.mutant
async def test_without_the_look_it_leaves(hospital, drain):
    async with without_the_look():
        with pytest.raises(AssertionError):
            await withdrawn_before_it_is_told(hospital, drain)


async def withdrawn_while_a_worker_holds_it(hospital, drain, monkeypatch):
    """The withdrawal is committed after the claim and before the intent, and knows nothing of what waits.

    They are two steps where a batch cannot be taken in one.
    """
    phone = await somebody(hospital)
    await happens(invited(phone.account_id, patient_id=UUID(phone.patient_id)))
    hold = parcels._hold

    async def and_then_it_is_withdrawn(channel, rooms, statement, *more):
        if statement is parcels.TAKE:
            raise ValueError("not in one")
        held = await hold(channel, rooms, statement, *more)
        if held.rows and channel.name == "wechat_subscribe":
            await purposes.say(phone.patient_id, Said(Purpose.SATISFACTION, False, account_id=phone.account_id))
        return held

    monkeypatch.setattr(parcels, "_hold", and_then_it_is_withdrawn)
    monkeypatch.setattr(purposes, "STOP", "SELECT $1::uuid, $2::text")
    await drain()
    assert await calls(hospital, SEND, openid=phone.openid) == []
    assert await states() == ["suppressed"]


async def test_a_withdrawal_between_claim_and_call_holds(hospital, drain, monkeypatch):
    await withdrawn_while_a_worker_holds_it(hospital, drain, monkeypatch)


@pytest.mark.mutant
async def test_without_the_look_it_leaves_from_the_hands_of_a_worker(hospital, drain, monkeypatch):
    async with without_the_look():
        with pytest.raises(AssertionError):
            await withdrawn_while_a_worker_holds_it(hospital, drain, monkeypatch)


async def test_what_waits_is_stopped_with_the_withdrawal_and_other_purposes_go_on(hospital):
    phone = await somebody(hospital)
    await happens(invited(phone.account_id, patient_id=UUID(phone.patient_id)))
    await hospital.jobs["relay"].run()
    await db.fetch(
        "UPDATE delivery SET state = 'leased', owner = 'w', lease_until = app_now() + interval '30 s'"
        " WHERE channel = 'wechat_subscribe'"
    )
    await says(phone, "clinical", False)
    assert await states() == ["leased"]
    await says(phone, "satisfaction", False)
    assert await states() == ["suppressed"]
    row = await db.fetch_one("SELECT next_step_at FROM message")
    assert row["next_step_at"] is None


# ---- staff ---------------------------------------------------------------------------------------------------------


async def test_customer_service_writes_down_what_was_withdrawn_on_the_telephone(hospital):
    phone = await a_patient_by_row(hospital)
    staff = await a_member_of_staff(hospital, "customer_service")
    path = f"/desk/patients/{phone.patient_id}/consents"
    said = {"purpose": "return_visit", "note": "本人来电，核对了手机尾号"}
    answer = await staff.post(f"{path}/withdrawal", said)
    assert not await holds(phone.patient_id, "return_visit")
    assert answer["name"] != "张小三"
    (line,) = answer["history"]
    assert (line["purpose"], line["channel"], line["is_allowed"], line["note"]) == (
        "return_visit",
        "phone",
        False,
        said["note"],
    )
    assert line["staff_name"]
    assert await staff.get(path) == answer
    assert allowed(await phone.get("/me/consents"), phone.patient_id)["return_visit"] is False
    await says(phone, "return_visit", True)
    assert await holds(phone.patient_id, "return_visit")


@pytest.mark.parametrize("role", ["guide", "room", "complaint_handler"])
async def test_other_staff_do_not_see_consents(hospital, role):
    staff = await a_member_of_staff(hospital, role)
    path = f"/desk/patients/{await props.a_patient()}/consents"
    assert (await staff.call("GET", path)).status == 403
    assert (await staff.refused(f"{path}/withdrawal", {"purpose": "clinical", "note": "来电"})).status == 403


async def test_a_file_that_is_not_there_has_no_consents(hospital):
    staff = await a_member_of_staff(hospital, "customer_service")
    path, said = f"/desk/patients/{new_id()}/consents", {"purpose": "clinical", "note": "来电"}
    assert (await staff.call("GET", path)).status == 404
    assert (await staff.refused(f"{path}/withdrawal", said)).status == 404


# ---- two files that turn out to be one person's --------------------------------------------------------------------


async def test_who_becomes_one_person_has_withdrawn_what_either_had(hospital):
    one, other = await a_patient_by_row(hospital), await a_patient_by_row(hospital)
    await says(one, "clinical", False)
    await says(other, "clinical", True)
    await says(other, "education", True)
    await says(other, "satisfaction", False)
    row = await db.fetch_one("SELECT id_number_index FROM patient WHERE id = $1", one.patient_id)
    assert row["id_number_index"] is None
    await db.fetch("UPDATE patient SET id_number_index = '\\x01' WHERE id = $1", one.patient_id)
    await db.fetch("UPDATE patient SET id_number_index = '\\x01' WHERE id = $1", other.patient_id)
    for patient_id in (one.patient_id, other.patient_id):
        assert not await holds(patient_id, "clinical")
        assert not await holds(patient_id, "satisfaction")
        assert await holds(patient_id, "education")
        assert await holds(patient_id, "return_visit")
    assert await props.count("purpose_consent", "channel = 'merge'") >= 2


@pytest.mark.parametrize("change", ["UPDATE purpose_consent SET is_allowed = true", "DELETE FROM purpose_consent"])
async def test_what_was_said_stays_said(hospital, change):
    phone = await a_patient_by_row(hospital)
    await says(phone, "clinical", False)
    with pytest.raises(Exception, match="what was said stays said"):
        await db.fetch(change)


async def test_staff_cannot_say_yes_for_somebody(hospital):
    patient_id, staff_id = await props.a_patient(), await props.a_staff("customer_service")
    with pytest.raises(Exception, match="purpose_consent_staff_only_withdraw"):
        await purposes.say(patient_id, Said(Purpose.EDUCATION, True, staff_id=staff_id, note="来电"))
    assert not await holds(patient_id, "education")
