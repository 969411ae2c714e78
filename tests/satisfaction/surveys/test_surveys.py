"""Surveys over HTTP and through the workers."""

import asyncio
from uuid import uuid4

import orjson

from satisfaction.surveys import settings
from satisfaction.surveys.inviting import SurveySetting
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row


async def saved_setting(ward, **values) -> None:
    """What the hospital decided about asking."""
    await settings.save(SurveySetting(**values), by=ward.supervisor.staff_id, why="a test")


async def test_a_visit_becomes_a_survey_when_its_time_comes(ward, clock):
    await ward.visit(survey_delay_minutes=120)
    await ward.run("relay", "open_invitations")
    assert (await ward.patient.get("/surveys"))["items"] == []
    await clock.forward(minutes=121)
    await ward.run("open_invitations")
    survey = (await ward.patient.get("/surveys"))["items"][0]
    assert (survey["state"], survey["answered"], survey["department_name"]) == ("invited", False, "心血管内科")
    assert survey["title"] == "门诊就诊评价"
    assert len(await ward.facts("SurveyInvited")) == 1


async def test_nobody_is_asked_before_the_time(ward):
    await ward.visit(survey_delay_minutes=120)
    await ward.run("relay")
    row = await db.fetch_one("SELECT id FROM invitation")
    assert (await ward.patient.refused(f"/surveys/{row['id']}", method="GET")).status == 404
    body = {"answers": {"overall": 1}}
    assert (await ward.patient.refused(f"/surveys/{row['id']}/response", body)).status == 404
    assert await props.count("response") == 0


async def test_a_walk_in_without_an_account_is_not_asked(ward):
    encounter_id = await props.an_encounter(ward.slot, await props.a_patient())
    await ward.finished(encounter_id, ward.patient, account_id=None)
    await ward.run("relay", "open_invitations")
    assert await props.count("invitation") == 0


async def test_a_visit_is_asked_about_once_however_often_it_is_told(ward):
    encounter_id = await ward.visit()
    await ward.finished(encounter_id, ward.patient)
    for _ in range(2):
        await ward.run("relay", "open_invitations")
    assert await props.count("invitation") == 1
    assert len(await ward.facts("SurveyInvited")) == 1


async def test_many_invitations_open_in_one_look_and_two_workers_open_each_once(ward):
    await saved_setting(ward, pause_days=0)
    for _ in range(55):
        await ward.visit()
    await ward.run("relay")
    await asyncio.gather(*(ward.run("open_invitations") for _ in range(2)))
    assert await props.count("invitation", "state = 'invited'") == 55
    assert len(await ward.facts("SurveyInvited")) == 55
    page = await ward.patient.get("/surveys?limit=50")
    rest = await ward.patient.get(f"/surveys?limit=50&cursor={page['next']}")
    assert len({item["id"] for item in page["items"] + rest["items"]}) == 55
    assert rest["next"] is None


async def test_a_survey_shows_its_items_in_the_callers_language(ward):
    survey_id = await ward.survey()
    items = (await ward.patient.get(f"/surveys/{survey_id}"))["items"]
    first = items[0]
    assert (first["id"], first["type"], first["worst"]) == ("overall", "stars", "很差")
    assert len(items) == 7
    assert [item["id"] for item in items][:5] == [
        "overall",
        "reception",
        "doctor_attitude",
        "doctor_communication",
        "waiting",
    ]
    english = (await ward.patient.get(f"/surveys/{survey_id}", Accept_Language="en"))["items"]
    assert english[0]["text"] == "Overall, how was your visit?"
    taiwan = (await ward.patient.get(f"/surveys/{survey_id}", Accept_Language="zh-TW"))["title"]
    assert taiwan == "門診就診評價"


async def test_an_invitation_keeps_the_version_it_was_made_with(ward):
    survey_id = await ward.survey()
    await db.fetch("UPDATE questionnaire SET items = jsonb_set(items, '{0,text,zh-CN}', '\"旧问法\"')")
    items = (await ward.patient.get(f"/surveys/{survey_id}"))["items"]
    assert items[0]["text"] == "旧问法"
    assert await props.count("questionnaire") == 1


async def test_a_good_rating_is_thanked_and_opens_nothing(ward):
    survey_id = await ward.survey()
    receipt = await ward.patient.post(f"/surveys/{survey_id}/response", {"answers": {"overall": 5, "reception": 5}})
    assert (receipt["survey_id"], receipt["will_call"]) == (survey_id, False)
    assert await props.count("complaint") == 0
    assert (await ward.patient.get("/surveys"))["items"][0]["answered"] is True
    assert [fact["is_low"] for fact in await ward.facts("SurveyAnswered")] == [False]
    assert await ward.broken_invariants() == []


async def test_a_low_rating_opens_one_complaint_and_says_that_somebody_will_call(ward):
    survey_id = await ward.survey()
    body = {"answers": {"overall": 1, "improve": "没人理我"}, "comment": "打完针出血", "contact_me": True}
    receipt = await ward.patient.post(f"/surveys/{survey_id}/response", body)
    assert receipt["will_call"] is True
    assert "联系" in receipt["message"]
    complaint = await db.fetch_one("SELECT * FROM complaint")
    assert (complaint["source"], complaint["severity"], complaint["state"]) == ("low_rating", "A", "assigned")
    assert str(complaint["response_id"]) == receipt["id"]
    assert str(complaint["handler_id"]) == ward.handler.staff_id
    assert complaint["practitioner_id"] == ward.slot.practitioner_id
    seen = await ward.handler.get(f"/complaints/{complaint['id']}")
    assert "总体体验如何：1 星" in seen["entries"][0]["text"]
    assert "打完针出血" in seen["entries"][0]["text"]
    assert await ward.broken_invariants() == []


async def test_response_and_complaint_live_or_die_together(ward):
    survey_id = await ward.survey()
    await db.fetch("ALTER TABLE complaint ADD CONSTRAINT test_refuses CHECK (number = '')")
    try:
        reply = await ward.patient.refused(f"/surveys/{survey_id}/response", {"answers": {"overall": 1}})
    finally:
        await db.fetch("ALTER TABLE complaint DROP CONSTRAINT test_refuses")
    assert reply.status == 500
    assert await props.count("response") == 0
    assert await props.count("fact", "name = 'SurveyAnswered'") == 0
    assert await props.count("invitation", "state = 'invited'") == 1
    await ward.patient.post(f"/surveys/{survey_id}/response", {"answers": {"overall": 1}})
    assert await ward.broken_invariants() == []


async def test_the_policy_of_the_hospital_decides_what_is_low(ward):
    await db.fetch("INSERT INTO policy (name, value) VALUES ('survey.low_rating', '{\"overall_at_most\": 3}')")
    survey_id = await ward.survey()
    receipt = await ward.patient.post(f"/surveys/{survey_id}/response", {"answers": {"overall": 3}})
    assert receipt["will_call"] is True


async def test_the_patients_words_cannot_be_read_in_the_table(ward):
    survey_id = await ward.survey()
    body = {"answers": {"overall": 4, "improve": "希望厕所干净"}, "comment": "候诊区太吵"}
    await ward.patient.post(f"/surveys/{survey_id}/response", body)
    row = await db.fetch_one("SELECT * FROM response")
    kept = b"".join(str(value).encode() if not isinstance(value, bytes) else value for value in row.values())
    assert orjson.loads(row["answers"]) == {"overall": 4}
    assert "厕所".encode() not in kept
    assert "太吵".encode() not in kept
    rows = await db.fetch("SELECT payload FROM fact")
    assert "厕所" not in str(rows)


async def test_a_second_response_is_refused_and_the_same_key_is_replayed(ward):
    survey_id = await ward.survey()
    key, body = str(uuid4()), {"answers": {"overall": 1}}
    first = await ward.patient.post(f"/surveys/{survey_id}/response", body, key=key)
    again = await ward.patient.call("POST", f"/surveys/{survey_id}/response", body, Idempotency_Key=key)
    assert (again.status, again.body, again.headers["Idempotent-Replayed"]) == (201, first, "true")
    reply = await ward.patient.refused(f"/surveys/{survey_id}/response", {"answers": {"overall": 5}})
    assert (reply.status, reply.code) == (409, "already_answered")
    assert await props.count("complaint") == 1


async def test_after_the_deadline_the_survey_is_closed(ward, clock):
    survey_id = await ward.survey()
    await clock.forward(days=7, minutes=1)
    assert (await ward.patient.get(f"/surveys/{survey_id}"))["state"] == "expired"
    reply = await ward.patient.refused(f"/surveys/{survey_id}/response", {"answers": {"overall": 1}})
    assert (reply.status, reply.code) == (409, "survey_closed")
    await ward.run("expire_surveys")
    assert await props.count("invitation", "state = 'expired'") == 1
    reply = await ward.patient.refused(f"/surveys/{survey_id}/response", {"answers": {"overall": 1}})
    assert reply.code == "survey_closed"


async def test_an_invitation_that_the_workers_slept_through_is_not_sent(ward, clock):
    await ward.visit()
    await ward.run("relay")
    await clock.forward(days=8)
    await ward.run("open_invitations")
    assert await props.count("invitation", "state = 'expired'") == 1
    assert await ward.facts("SurveyInvited") == []


async def test_wrong_answers_are_named_and_nothing_is_kept(ward):
    survey_id = await ward.survey()
    body = {"answers": {"overall": 9, "nothing": 1, "improve": 3}}
    reply = await ward.patient.refused(f"/surveys/{survey_id}/response", body)
    assert reply.status == 422
    assert {(error["pointer"], error["code"]) for error in reply.body["errors"]} == {
        ("/answers/overall", "out_of_range"),
        ("/answers/nothing", "unknown_item"),
        ("/answers/improve", "wrong_type"),
    }
    for body in ({}, {"answers": {}}, {"answers": []}, {"answers": {"overall": 1}, "more": 1}):
        assert (await ward.patient.refused(f"/surveys/{survey_id}/response", body)).status == 422
    assert await props.count("response") == 0
    assert await props.count("invitation", "state = 'invited'") == 1


async def test_a_survey_is_only_its_patients(ward, hospital):
    survey_id = await ward.survey()
    stranger = await a_patient_by_row(hospital)
    assert (await stranger.get("/surveys"))["items"] == []
    assert (await stranger.refused(f"/surveys/{survey_id}", method="GET")).status == 404
    body = {"answers": {"overall": 1}}
    assert (await stranger.refused(f"/surveys/{survey_id}/response", body)).status == 404
    assert (await ward.patient.refused(f"/surveys/{uuid4()}/response", body)).status == 404
    guide = await a_member_of_staff(hospital, "guide")
    assert (await guide.refused(f"/surveys/{survey_id}/response", body)).status == 403
    assert (await guide.refused("/surveys", method="GET")).status == 403


async def answered_at_once(ward, survey_id: str) -> list:
    """Ten phones send a response at the same moment."""
    url, body = f"/surveys/{survey_id}/response", {"answers": {"overall": 1}}
    return await asyncio.gather(
        *(ward.patient.call("POST", url, body, Idempotency_Key=str(uuid4())) for _ in range(10))
    )


async def check_one_response(ward, replies) -> None:
    assert sorted(reply.status for reply in replies) == [201] + [409] * 9
    assert await props.count("response") == 1
    assert await props.count("complaint") == 1


async def test_ten_responses_at_once_leave_one_response_and_one_complaint(ward):
    survey_id = await ward.survey()
    replies = await answered_at_once(ward, survey_id)
    await check_one_response(ward, replies)
    assert {reply.code for reply in replies if reply.status == 409} == {"already_answered"}
    assert await ward.broken_invariants() == []


STATE_STAYS = """
CREATE FUNCTION test_state_stays() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.state := OLD.state; RETURN NEW; END'
"""
TRIGGER = """
CREATE TRIGGER test_state_stays BEFORE UPDATE ON invitation FOR EACH ROW EXECUTE FUNCTION test_state_stays()
"""


async def test_without_its_guards_the_race_is_lost(ward, fails):
    """The negative control: the index and the comparison of the state each hold alone, and without both none holds."""
    first = await ward.survey()
    await db.fetch("ALTER TABLE response DROP CONSTRAINT response_invitation_id_key")
    try:
        await check_one_response(ward, await answered_at_once(ward, first))
        await db.fetch(STATE_STAYS)
        await db.fetch(TRIGGER)
        await db.fetch("TRUNCATE response, complaint CASCADE")
        await db.fetch("DELETE FROM survey_contact")
        second = await ward.survey()
        await fails(check_one_response(ward, await answered_at_once(ward, second)))
    finally:
        await db.fetch("TRUNCATE response, complaint CASCADE")
        await db.fetch("DROP FUNCTION IF EXISTS test_state_stays CASCADE")
        await db.fetch("ALTER TABLE response ADD CONSTRAINT response_invitation_id_key UNIQUE (invitation_id)")


async def test_each_item_that_was_offered_has_its_row_skipped_or_not(ward, drain):
    await ward.visit()
    await drain()
    survey = (await ward.patient.get("/surveys"))["items"][0]
    await ward.patient.post(
        f"/surveys/{survey['id']}/response", {"answers": {"overall": 5, "doctor_attitude": "never", "waiting": "na"}}
    )
    rows = await db.fetch("SELECT item, scale, value, is_not_applicable FROM answer ORDER BY item")
    found = {row["item"]: (row["scale"], row["value"], row["is_not_applicable"]) for row in rows}
    assert found["overall"] == ("FFT5", 5, False)
    assert found["doctor_attitude"] == ("F4", 1, False)
    assert found["waiting"] == ("L5", None, True)
    assert found["reception"] == ("L5", None, False)
    counted = {item["id"] for item in (await ward.patient.get(f"/surveys/{survey['id']}"))["items"] if item["scale"]}
    assert set(found) == counted  # what was not offered has no row; neither has what is not counted
