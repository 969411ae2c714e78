"""Drafts, edits, reminders, the pause, links, staff who ask, administrators who draft."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest
import pytest_asyncio

from satisfaction.surveys import links, models, settings
from satisfaction.surveys.inviting import SurveySetting
from satisfaction.surveys.link_api import unknown_links
from server import clock as now_clock
from server import db
from server.survey_links import token_of
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed


@pytest.fixture(autouse=True)
def nobody_has_guessed():
    """Let no test before have tried many links from this address."""
    unknown_links.forget()


@pytest_asyncio.fixture
async def admin(ward):
    return await a_member_of_staff(ward.site, "admin")


async def states() -> list[str]:
    rows = await db.fetch("SELECT state, skip_reason FROM invitation ORDER BY id")
    return [row["skip_reason"] or row["state"] for row in rows]


# ---- the patient's own ------------------------------------------------------------------------------------------


async def test_a_visit_is_asked_about_answered_edited_and_closed(ward, clock):
    survey_id = await ward.survey()
    path = f"/surveys/{survey_id}"
    assert (await ward.patient.get(path))["filled"] is None
    put = await ward.patient.call("PUT", f"{path}/draft", {"answers": {"overall": 4}})
    assert put.status == 204
    assert (await ward.patient.get(path))["filled"]["answers"] == {"overall": 4}
    first = await ward.patient.post(f"{path}/response", {"answers": {"overall": 4, "improve": "快些"}})
    seen = await ward.patient.get(path)
    assert (seen["may_edit"], seen["response_version"]) == (True, 1)
    assert seen["filled"] == {"answers": {"overall": 4, "improve": "快些"}, "comment": "", "contact_me": False}
    body = {"answers": {"overall": 1, "waiting": 2}, "comment": "等太久"}
    stale = await ward.patient.call("PUT", f"{path}/response", body, If_Match='"7"')
    assert (stale.status, stale.body["resource"]["version"]) == (412, 1)
    receipt = (await ward.patient.call("PUT", f"{path}/response", body, If_Match='"1"')).body
    assert (receipt["id"], receipt["will_call"]) == (first["id"], True)
    assert (await ward.patient.get(path))["filled"]["answers"] == {"overall": 1, "waiting": 2}
    rows = await db.fetch("SELECT item, value FROM answer WHERE value IS NOT NULL ORDER BY item")
    assert [(row["item"], row["value"]) for row in rows] == [("overall", 1), ("waiting", 2)]
    edit = await db.fetch_one("SELECT version, answers, texts_cipher FROM response_edit")
    assert (edit["version"], orjson.loads(edit["answers"])) == (1, {"overall": 4})
    assert await props.count("complaint") == 1
    assert await ward.broken_invariants() == []
    await clock.forward(hours=72, minutes=1)
    late = await ward.patient.refused(f"{path}/response", body, method="PUT")
    assert (late.status, late.code) == (409, "survey_closed")
    assert (await ward.patient.get(path))["filled"] is None


async def test_what_was_said_before_is_never_rewritten(ward):
    survey_id = await ward.survey()
    await ward.patient.post(f"/surveys/{survey_id}/response", {"answers": {"overall": 4}})
    await ward.patient.put(f"/surveys/{survey_id}/response", {"answers": {"overall": 5}})
    for statement in ("UPDATE response_edit SET version = 9", "DELETE FROM response_edit"):
        with pytest.raises(Exception, match="not rewritten"):
            await db.fetch(statement)


async def test_edits_at_one_moment_leave_each_version_once(ward):
    survey_id = await ward.survey()
    path = f"/surveys/{survey_id}/response"
    await ward.patient.post(path, {"answers": {"overall": 5}})
    replies = await asyncio.gather(
        *(ward.patient.call("PUT", path, {"answers": {"overall": n}}, If_Match='"1"') for n in (3, 4, 5, 3))
    )
    assert sorted(reply.status for reply in replies) == [200, 412, 412, 412]
    assert await props.count("response_edit") == 1
    assert await ward.broken_invariants() == []


async def test_a_draft_is_sealed_and_gone_when_the_answer_is_there(ward):
    survey_id = await ward.survey()
    put = await ward.patient.call("PUT", f"/surveys/{survey_id}/draft", {"answers": {"improve": "太吵了"}})
    assert put.status == 204
    row = await db.fetch_one("SELECT draft_cipher, started_at FROM invitation")
    assert row["started_at"] is not None
    assert "太吵".encode() not in row["draft_cipher"]
    await ward.patient.post(f"/surveys/{survey_id}/response", {"answers": {"improve": "太吵了"}})
    assert await props.count("invitation", "draft_cipher IS NOT NULL") == 0
    refused = await ward.patient.refused(f"/surveys/{survey_id}/draft", {"answers": {}}, method="PUT")
    assert refused.code == "already_answered"


async def test_a_sealed_item_is_not_among_the_open_answers(ward):
    survey_id = await ward.survey()
    await db.fetch('UPDATE invitation SET offered = \'["overall", "integrity"]\'')
    await ward.patient.post(f"/surveys/{survey_id}/response", {"answers": {"overall": 5, "integrity": "no"}})
    row = await db.fetch_one("SELECT answers, texts_cipher FROM response")
    assert orjson.loads(row["answers"]) == {"overall": 5}
    assert b"integrity" not in row["texts_cipher"]


# ---- asking ---------------------------------------------------------------------------------------------------------


async def test_one_reminder_and_none_once_it_is_answered(ward, clock):
    answered = await ward.survey()
    other = await a_patient_by_row(ward.site)
    await ward.survey(other)
    await ward.patient.post(f"/surveys/{answered}/response", {"answers": {"overall": 5}})
    await clock.forward(hours=47)
    await ward.run("remind_surveys")
    assert await ward.facts("SurveyReminded") == []
    await clock.forward(hours=2)
    for _ in range(2):
        await ward.run("remind_surveys")
    reminded = await ward.facts("SurveyReminded")
    assert [fact["account_id"] for fact in reminded] == [other.account_id]
    await ward.run("relay")
    told = await db.fetch(
        "SELECT event, route, template_key FROM message WHERE subject_kind = 'invitation' ORDER BY id"
    )
    assert [(row["event"], row["route"], row["template_key"]) for row in told][-1] == (
        "survey_reminder",
        "survey_reminder:0",  # operators can change it without the invitation's
        "survey_invitation",  # what people allowed holds for both
    )


async def test_nobody_is_asked_twice_within_the_pause(ward, clock):
    await ward.survey()
    await ward.visit()
    await ward.run("relay", "open_invitations")
    assert await states() == ["invited", "asked_lately"]
    await clock.forward(days=30, minutes=1)
    await ward.visit()
    await ward.run("relay", "open_invitations")
    assert await states() == ["invited", "asked_lately", "invited"]


async def two_look_at_one_moment(ward) -> None:
    """Two workers open two questionnaires of one patient: each has looked before the other has committed."""
    patient_id = UUID(ward.patient.patient_id)

    async def take() -> bool:
        async with db.transaction():
            return await models.take_turn(patient_id, 30)

    async with db.transaction():
        first = await models.take_turn(patient_id, 30)
        second = asyncio.create_task(db.detached(take))
        await db.detached(somebody_waits)
    assert (first, await second) == (True, False)


async def test_of_two_who_ask_at_one_moment_one_is_let_through(ward):
    await two_look_at_one_moment(ward)


@pytest.mark.mutant
async def test_without_its_condition_both_are_let_through(ward, monkeypatch):
    edit = (" WHERE survey_contact.until <= app_now()", "")
    await is_killed(Mutant("the pause", models, "TAKE_TURN", (edit,), two_look_at_one_moment), monkeypatch, ward)


async def test_who_has_an_open_complaint_is_left_in_peace(ward):
    await ward.complaint()
    await ward.visit()
    await ward.run("relay", "open_invitations")
    assert await states() == ["open_complaint"]
    assert await ward.facts("SurveyInvited") == []


async def test_a_months_sample_is_drawn_once_for_each_department(ward, clock):
    await settings.save(SurveySetting(sample_per_department=2, pause_days=1), by=ward.supervisor.staff_id, why="a test")
    for _ in range(4):
        patient = await a_patient_by_row(ward.site)
        await props.an_encounter(
            ward.slot, UUID(patient.patient_id), UUID(patient.account_id), finished_at=now_clock.now()
        )
    await clock.forward(days=(now_clock.today().replace(day=28) + timedelta(days=5) - now_clock.today()).days)
    await asyncio.gather(*(ward.run("draw_samples") for _ in range(2)))
    await ward.run("draw_samples", "open_invitations")
    rows = await db.fetch("SELECT kind, state FROM invitation")
    assert [(row["kind"], row["state"]) for row in rows] == [("monthly", "invited")] * 2
    assert await props.count("survey_sample", "drawn = 2") == 1


# ---- links --------------------------------------------------------------------------------------------------------


async def test_an_invitation_can_be_answered_by_its_link_once(ward):
    await ward.survey()
    token = token_of(UUID((await ward.facts("SurveyInvited"))[0]["invitation_id"]))
    stranger = await a_patient_by_row(ward.site)
    seen = await stranger.get(f"/survey-links/{token}")
    assert (seen["kind"], seen["is_anonymous"], len(seen["items"])) == ("invitation", False, 7)
    assert "张" not in str(seen)
    key, body = str(uuid4()), {"answers": {"overall": 1}}
    receipt = await stranger.post(f"/survey-links/{token}/response", body, key=key)
    assert receipt["will_call"] is True
    again = await stranger.call("POST", f"/survey-links/{token}/response", body, Idempotency_Key=key)
    assert (again.status, again.headers["Idempotent-Replayed"]) == (201, "true")
    refused = await stranger.refused(f"/survey-links/{token}/response", body)
    assert refused.code == "already_answered"
    row = await db.fetch_one("SELECT mode FROM response")
    assert row["mode"] == "web"
    assert await ward.broken_invariants() == []


async def test_the_tables_hold_no_link(ward):
    survey_id = await ward.survey()
    row = await db.fetch_one("SELECT token_hash FROM survey_link")
    token = token_of(UUID(survey_id))
    assert links.hash_of(token) == row["token_hash"]
    assert token.encode() not in row["token_hash"]
    await ward.run("relay")
    for table in ("fact", "message", "delivery"):  # what tells of the survey does not open it
        assert await props.count(table) > 0
        assert await props.count(table, f"{table}::text LIKE '%{token}%'") == 0


async def a_poster(ward, admin, **values) -> dict:
    form = {"kind": "poster", "department_id": str(ward.slot.department_id), **values}
    return await admin.post("/admin/survey-links", form)


async def test_a_poster_is_answered_once_a_device_and_day_and_anonymously(ward, admin, clock):
    made = await a_poster(ward, admin)
    token = made["url"].partition("t=")[2]
    seen = await ward.patient.get(f"/survey-links/{token}")
    assert (seen["is_anonymous"], seen["may_contact"]) == (True, False)
    path, body = f"/survey-links/{token}/response", {"answers": {"overall": 1}, "device": "device-0001"}
    receipt = await ward.patient.post(path, body)
    assert (receipt["id"], receipt["will_call"]) == (None, False)
    assert (await ward.patient.refused(path, body)).code == "already_answered"
    await ward.patient.post(path, {**body, "device": "device-0002"})
    await clock.forward(days=1)
    await ward.patient.post(path, body)
    assert await props.count("complaint") == 0
    assert await props.count("response") == 0
    assert await props.count("ballot") == 3
    assert await props.count("idempotency_record", "actor LIKE 'anyone%' OR actor LIKE 'account%'") == 0
    assert await ward.broken_invariants() == []
    await clock.forward(days=3)
    await ward.run("expire_surveys")
    assert await props.count("survey_link_use") == 0


async def test_a_link_takes_no_more_than_its_day_allows_and_none_once_it_is_taken_back(ward, admin):
    made = await a_poster(ward, admin, most_a_day=1)
    path = f"/survey-links/{made['url'].partition('t=')[2]}/response"
    await ward.patient.post(path, {"answers": {"overall": 5}, "device": "device-0001"})
    late = await ward.patient.refused(path, {"answers": {"overall": 5}, "device": "device-0002"})
    assert late.code == "link_exhausted"
    await admin.post(f"/admin/survey-links/{made['id']}/revocation")
    assert (await ward.patient.refused(path, {"answers": {"overall": 5}})).code == "link_over"
    listed = (await admin.get("/admin/survey-links"))["items"][0]
    assert (listed["uses"], listed["is_over"], listed["url"]) == (1, True, "")


async def test_unknown_links_are_not_found_and_guessing_is_slowed_down(ward):
    try:
        for _ in range(30):
            assert (await ward.patient.refused(f"/survey-links/{uuid4().hex}", method="GET")).status == 404
        assert (await ward.patient.refused(f"/survey-links/{uuid4().hex}", method="GET")).status == 429
    finally:
        unknown_links.forget()


async def test_a_poster_is_drawn_as_a_code(ward, admin):
    made = await a_poster(ward, admin, kind="interview", note="护士站平板")
    reply = await admin.call("GET", f"/admin/survey-links/{made['id']}/code")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "image/svg+xml")
    assert (await ward.handler.refused("/admin/survey-links", method="GET")).status == 403


# ---- staff who ask --------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def caller(ward):
    return await a_member_of_staff(ward.site, "customer_service")


def wish(ward, kind: str, **values) -> dict:
    return {
        "kind": kind,
        "patient_id": ward.patient.patient_id,
        "department_id": str(ward.slot.department_id),
        "practitioner_id": str(ward.slot.practitioner_id),
        "happened_at": now_clock.now().isoformat(),
        **values,
    }


async def test_a_phone_interview_is_written_down_by_who_calls(ward, caller):
    made = await caller.post("/survey-invitations", wish(ward, "phone"))
    assert (made["kind"], made["state"], made["mode"]) == ("phone", "invited", "phone")
    listed = (await caller.get("/survey-invitations?kind=phone&state=invited"))["items"]
    assert [one["patient_name"] for one in listed] == ["张*三"]
    detail = await caller.get(f"/survey-invitations/{made['id']}")
    assert detail["patient_name"] == "张小三"
    assert [item["id"] for item in detail["items"]][1:] == [
        "recovery",
        "taking_medicines",
        "knows_revisit",
        "follow_up_itself",
    ]
    number = (await caller.post(f"/survey-invitations/{made['id']}/phone"))["phone"]
    assert number.startswith("138")
    assert await props.count("access_record", "what = 'phone'") == 1
    body = {"answers": {"overall": 2, "knows_revisit": False, "recovery": "worse"}}
    receipt = await caller.post(f"/survey-invitations/{made['id']}/response", body)
    assert receipt["will_call"] is True
    row = await db.fetch_one("SELECT kind, mode, practitioner_id FROM response")
    assert (row["kind"], row["mode"], row["practitioner_id"]) == ("phone", "phone", ward.slot.practitioner_id)
    assert await props.count("invitation_person", "role = 'doctor'") == 1
    assert await ward.facts("SurveyAnswered") == []
    assert await ward.broken_invariants() == []


async def test_who_was_asked_lately_is_not_called_and_nothing_is_left_behind(ward, caller):
    await ward.survey()
    refused = await caller.refused("/survey-invitations", wish(ward, "phone"))
    assert (refused.status, refused.code) == (409, "patient_not_asked")
    assert await props.count("invitation") == 1


async def test_after_a_stay_the_patient_is_asked_two_days_later(ward, caller, clock):
    await caller.post("/survey-invitations", wish(ward, "discharge"))
    await clock.forward(hours=47)
    await ward.run("open_invitations")
    assert await states() == ["planned"]
    await clock.forward(hours=2)
    await ward.run("open_invitations")
    assert (await ward.patient.get("/surveys"))["items"][0]["kind"] == "discharge"


async def test_nobody_writes_down_what_is_said_of_them(ward):
    room = await a_member_of_staff(ward.site, "room")
    made = await room.post("/survey-invitations", wish(ward, "interview"))
    await db.fetch(
        "INSERT INTO invitation_person (invitation_id, role, staff_id, name) VALUES ($1, 'nurse', $2, 'x')",
        UUID(made["id"]),
        UUID(room.staff_id),
    )
    refused = await room.refused(f"/survey-invitations/{made['id']}/response", {"answers": {"overall": 5}})
    assert refused.code == "concerned_by_answers"


async def test_staff_of_another_department_see_nothing(ward, caller):
    made = await caller.post("/survey-invitations", wish(ward, "phone"))
    other = await a_member_of_staff(ward.site, "guide", department_id=await props.a_department())
    assert (await other.get("/survey-invitations"))["items"] == []
    assert (await other.refused(f"/survey-invitations/{made['id']}", method="GET")).status == 404
    assert (await other.refused("/survey-invitations", wish(ward, "phone"))).status == 403


# ---- administrators ----------------------------------------------------------------------------------------------


def as_form(detail: dict) -> dict:
    items = [{name: item[name] for name in ("id", "is_core", "may_be_na", "shown_if")} for item in detail["items"]]
    return {name: detail[name] for name in ("title", "rotating", "most", "is_anonymous", "version")} | {"items": items}


async def test_every_kind_is_shipped_and_one_version_of_each_is_asked(ward, admin):
    listed = (await admin.get("/admin/questionnaires"))["items"]
    active = sorted(one["kind"] for one in listed if one["state"] == "active")
    assert active == ["discharge", "interview", "monthly", "outpatient", "phone", "poster"]
    assert len((await admin.get("/admin/survey-items"))["items"]) == 25
    await admin.get("/admin/questionnaires")
    assert await props.count("questionnaire") == 6


async def test_a_version_is_copied_changed_and_asked_of_the_next(ward, admin):
    before = await ward.survey()
    shipped = next(one for one in (await admin.get("/admin/questionnaires"))["items"] if one["kind"] == "outpatient")
    fixed = await admin.get(f"/admin/questionnaires/{shipped['id']}")
    late = await admin.refused(f"/admin/questionnaires/{shipped['id']}", as_form(fixed), method="PUT")
    assert late.code == "questionnaire_fixed"
    draft = await admin.post(f"/admin/questionnaires/{shipped['id']}/copy")
    form = as_form(draft)
    form["items"] = [
        {"id": "waiting"},
        {"id": "waiting_minutes", "shown_if": [{"item": "waiting", "how": "at_most", "value": 3}]},
        {"id": "improve"},
    ]
    texts = {"zh-CN": "等了多久？", "zh-TW": "等了多久？", "en": "How long?"}
    bank = {one["id"]: one for one in (await admin.get("/admin/survey-items"))["items"]}
    minutes = bank["waiting_minutes"]
    await admin.post(
        "/admin/survey-items/waiting_minutes/wordings",
        {"text": texts, "options": minutes["options"], "version": minutes["wording"]},
    )
    saved = await admin.put(f"/admin/questionnaires/{draft['id']}", form)
    assert (saved["items"][1]["text"]["zh-CN"], saved["items"][1]["wording"]) == ("等了多久？", 2)
    assert (await admin.refused(f"/admin/questionnaires/{draft['id']}", form, method="PUT")).status == 412
    await admin.post(f"/admin/questionnaires/{draft['id']}/activation")
    other = await a_patient_by_row(ward.site)
    after = await ward.survey(other)
    assert [item["id"] for item in (await other.get(f"/surveys/{after}"))["items"]] == ["waiting", "waiting_minutes"]
    assert len((await ward.patient.get(f"/surveys/{before}"))["items"]) == 7  # who was asked keeps theirs
    kept = {"answers": {"waiting": 5, "waiting_minutes": "over_60"}}
    await other.post(f"/surveys/{after}/response", kept)
    row = await db.fetch_one("SELECT answers FROM response")
    assert orjson.loads(row["answers"]) == {"waiting": 5}
    states_ = {
        one["state"] for one in (await admin.get("/admin/questionnaires"))["items"] if one["id"] == shipped["id"]
    }
    assert states_ == {"retired"}


@pytest.mark.parametrize(
    ("items", "pointer", "code"),
    [
        ([{"id": "waiting"}, {"id": "waiting"}], "/items/1/id", "twice"),
        ([{"id": "nothing"}], "/items/0/id", "unknown_item"),
        (
            [{"id": "overall", "shown_if": [{"item": "waiting", "how": "is", "value": 3}]}, {"id": "waiting"}],
            "/items/0/shown_if",
            "wrong_condition",
        ),
        ([{"id": one} for one in ("overall", "waiting", "fees", "signs")], "/items", "too_many_core"),
    ],
    ids=["twice", "unknown", "forward", "many"],
)
async def test_what_cannot_be_asked_is_refused(ward, admin, items, pointer, code):
    listed = (await admin.get("/admin/questionnaires"))["items"]
    draft = await admin.post(f"/admin/questionnaires/{listed[0]['id']}/copy")
    form = {**as_form(draft), "items": items, "most": 3}
    reply = await admin.refused(f"/admin/questionnaires/{draft['id']}", form, method="PUT")
    assert [(one["pointer"], one["code"]) for one in reply.body["errors"]] == [(pointer, code)]


async def test_a_setting_is_saved_as_a_version_with_its_reason(ward, admin):
    seen = await admin.get("/admin/survey-settings")
    assert (seen["version"], seen["pause_days"]) == (0, 30)
    form = {name: value for name, value in seen.items() if name != "history"}
    saved = await admin.put("/admin/survey-settings", {**form, "pause_days": 14, "why": "院周会"})
    assert (saved["version"], saved["pause_days"], saved["history"][0]["why"]) == (1, 14, "院周会")
    late = await admin.refused("/admin/survey-settings", {**form, "why": "晚了"}, method="PUT")
    assert late.code == "someone_was_faster"
    assert (await ward.handler.refused("/admin/survey-settings", method="GET")).status == 403
