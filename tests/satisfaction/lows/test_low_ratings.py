"""One complaint a visit, however many low ratings it gets, whoever sends them at the same time, whatever is killed."""

import asyncio
import time
from dataclasses import replace
from uuid import UUID, uuid4

import aiohttp
import orjson
import pytest
import pytest_asyncio

from satisfaction.complaints import models as complaint_models
from satisfaction.surveys import keeping
from server import db
from server.ids import new_id
from tests import props
from tests.cast import a_member_of_staff
from tests.conftest import clean_tables, free_port
from tests.locks import somebody_waits
from tests.processes import a_process, a_server


@pytest_asyncio.fixture
async def second_survey(ward):
    """Makes another invitation about the same visit, as a monthly sample or a phone call does."""

    async def make(survey_id: str) -> str:
        columns = await db.fetch(
            "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'invitation'"
            " AND column_name NOT IN ('id', 'kind') AND is_generated = 'NEVER'"
        )
        names = ", ".join(one["name"] for one in columns)
        second = new_id()
        await db.fetch(
            f"INSERT INTO invitation (id, kind, {names}) SELECT $2, 'phone', {names} FROM invitation WHERE id = $1",
            UUID(survey_id),
            second,
        )
        return str(second)

    return make


async def rate(ward, survey_id: str, **more):
    return await ward.patient.post(f"/surveys/{survey_id}/response", {"answers": {"overall": 1}, **more})


async def lines_of(ward, complaint_id) -> list[str]:
    seen = await ward.handler.get(f"/complaints/{complaint_id}")
    return [entry["kind"] for entry in seen["entries"]]


async def test_an_open_complaint_of_the_visit_takes_a_low_rating(ward):
    encounter_id = await ward.visit()
    await ward.run("relay", "open_invitations")
    survey_id = (await ward.patient.get("/surveys"))["items"][0]["id"]
    complaint_id = await ward.complaint(encounter_id=str(encounter_id))
    assert (await rate(ward, survey_id))["will_call"] is True
    assert await props.count("complaint") == 1
    response = await db.fetch_one("SELECT * FROM response")
    assert (response["is_low"], str(response["complaint_id"])) == (True, complaint_id)
    assert "rating" in await lines_of(ward, complaint_id)
    assert len(await ward.facts("ComplaintMessaged")) == 1
    assert await ward.broken_invariants() == []


async def test_harm_in_a_rating_makes_the_complaint_that_takes_it_graver(ward):
    encounter_id = await ward.visit()
    await ward.run("relay", "open_invitations")
    survey_id = (await ward.patient.get("/surveys"))["items"][0]["id"]
    complaint_id = await ward.complaint(encounter_id=str(encounter_id))
    await rate(ward, survey_id, comment="回家以后一直出血", contact_me=True)
    row = await db.fetch_one("SELECT severity, wants_contact FROM complaint WHERE id = $1", UUID(complaint_id))
    assert (row["severity"], row["wants_contact"]) == ("A", True)


async def test_a_complaint_about_another_visit_takes_nothing(ward):
    survey_id = await ward.survey()
    await ward.complaint()
    await rate(ward, survey_id)
    assert await props.count("complaint") == 2


@pytest.mark.parametrize(
    ("state", "complaints", "goes_on"),
    [("closed_no_reply", 1, True), ("closed_disagreed", 1, True), ("withdrawn", 2, False)],
)
async def test_a_rating_after_the_end(ward, second_survey, state, complaints, goes_on):
    survey_id = await ward.survey()
    second = await second_survey(survey_id)
    await rate(ward, survey_id)
    complaint = await db.fetch_one("SELECT id FROM complaint")
    if state != "withdrawn":
        answer = {"finding": "查过", "action": "已改", "responsible": "何主管"}
        await ward.handler.post(f"/complaints/{complaint['id']}/answer", answer)
    await ward.supervisor.post(f"/complaints/{complaint['id']}/closure", {"state": state, "reason": "联系三次"})
    await rate(ward, second)
    assert await props.count("complaint") == complaints
    first = await db.fetch_one("SELECT closed_at, cycle FROM complaint WHERE id = $1", complaint["id"])
    assert (first["closed_at"] is None, first["cycle"]) == (goes_on, 2 if goes_on else 1)
    assert await ward.broken_invariants() == []


async def test_the_rules_that_were_saved_hold_for_the_next_answer(ward, site):
    admin = await a_member_of_staff(site, "admin")
    held = await admin.get("/admin/low-rules")
    assert held["version"] == 0
    assert [rule["code"] for rule in held["rules"]][:2] == ["overall", "any_core"]
    rules = [{**rule, "value": 3} if rule["code"] == "overall" else rule for rule in held["rules"]]
    tried = await admin.post("/admin/low-rules/trial", {"rules": rules})
    assert tried["looked"] == 0
    saved = await admin.put("/admin/low-rules", {"rules": rules, "why": "试行", "version": 0})
    assert (saved["version"], saved["history"][0]["why"]) == (1, "试行")
    body = {"answers": {"overall": 3}}
    assert (await ward.patient.post(f"/surveys/{await ward.survey()}/response", body))["will_call"] is True
    late = await admin.refused("/admin/low-rules", {"rules": rules, "why": "再试", "version": 0}, method="PUT")
    assert (late.status, late.code) == (409, "someone_was_faster")
    tried = await admin.post("/admin/low-rules/trial", {"rules": held["rules"]})
    assert (tried["looked"], tried["low"], tried["now"]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({"kind": "overall_at_most"}, "/rules/0"),
        ({"kind": "overall_at_most", "value": 9}, "/rules/0"),
        ({"kind": "item_at_most", "value": 1}, "/rules/0"),
        ({"kind": "nothing"}, "/rules/0/kind"),
        ({"kind": "contact_me", "severity": "C"}, "/rules/0/severity"),
    ],
)
async def test_a_rule_that_says_nothing_is_refused(ward, site, rule, pointer):
    admin = await a_member_of_staff(site, "admin")
    body = {"rules": [{"code": "x", **rule}], "why": "试", "version": 0}
    refused = await admin.refused("/admin/low-rules", body, method="PUT")
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, pointer)


async def test_only_leaders_of_the_house_change_the_rules(ward):
    assert (await ward.handler.refused("/admin/low-rules", method="GET")).status == 403
    assert (await ward.supervisor.get("/admin/low-rules"))["version"] == 0


# ---- at the same time ----------------------------------------------------------------------------------------------


async def two_at_once(ward, second_survey, monkeypatch) -> None:
    """Two low ratings of one visit; the first keeps its transaction open until the second waits for it, or is done."""
    survey_id = await ward.survey()
    second = await second_survey(survey_id)
    first_holds, second_done = asyncio.Event(), asyncio.Event()
    freeze = complaint_models.freeze_people

    async def slowly(*arguments) -> None:
        await freeze(*arguments)
        if not first_holds.is_set():
            first_holds.set()
            looks = [asyncio.ensure_future(somebody_waits()), asyncio.ensure_future(second_done.wait())]
            await asyncio.wait(looks, return_when=asyncio.FIRST_COMPLETED)
            for look in looks:
                look.cancel()

    monkeypatch.setattr(complaint_models, "freeze_people", slowly)
    first = asyncio.create_task(rate(ward, survey_id))
    await first_holds.wait()
    await rate(ward, second)
    second_done.set()
    await first
    assert await props.count("complaint") == 1
    assert await props.count("response", "is_low AND complaint_id IS NOT NULL") == 2
    assert await ward.broken_invariants() == []


async def test_two_ratings_at_once_open_one_complaint(ward, second_survey, monkeypatch):
    await two_at_once(ward, second_survey, monkeypatch)
    assert await props.count("complaint_entry", "kind = 'rating'") == 1


@pytest.mark.mutant
async def test_without_its_index_two_ratings_open_two(ward, second_survey, monkeypatch):
    """The mutant of the test above: its guard stands in the database."""
    row = await db.fetch_one("SELECT indexdef FROM pg_indexes WHERE indexname = 'complaint_one_low_rating_a_visit'")
    await db.fetch("DROP INDEX complaint_one_low_rating_a_visit")
    try:
        with pytest.raises(AssertionError, match="assert 2 == 1"):
            await two_at_once(ward, second_survey, monkeypatch)
    finally:
        await clean_tables()
        await db.fetch(row["indexdef"])


# ---- whatever is killed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("point", "kept"), [("low_rating_kept", 0), ("before_reply", 1)])
async def test_a_server_that_dies_leaves_one_complaint(ward, drain, point, kept):
    """It dies before the commit, or after it and before the answer; the phone sends the same again."""
    path = f"/surveys/{await ward.survey()}/response"
    key, body = str(uuid4()), {"answers": {"overall": 1}}
    env = {**ward.site.environment, "PORT": str(free_port()), "KILL_POINT": point}
    there = replace(ward.patient, site=replace(ward.site, base=f"http://127.0.0.1:{env['PORT']}"))
    async with a_server(ward.site.http, env) as server:
        with pytest.raises(aiohttp.ClientError):
            await there.post(path, body, key=key)
        await server.ended()
    assert await props.count("complaint") == kept
    assert (await ward.patient.post(path, body, key=key))["will_call"] is True
    await is_one_with_one_alert(ward, drain)


async def test_workers_that_die_leave_one_alert_within_five_seconds_of_the_next(ward, drain):
    await rate(ward, await ward.survey())
    async with a_process("worker", ward.site.environment) as worker:
        await asyncio.wait_for(worker.kill(), 5)
    await is_one_with_one_alert(ward, drain)


async def is_one_with_one_alert(ward, drain) -> None:
    started = time.monotonic()
    await ward.run("relay")
    assert len(await ward.handler.alerts_about("complaint")) == 1
    assert time.monotonic() - started < 5
    await drain()
    assert len(await ward.handler.alerts_about("complaint")) == 1
    assert await props.count("complaint") == 1
    assert await ward.broken_invariants() == []


async def test_an_answer_about_integrity_opens_a_sealed_complaint(ward, second_survey):
    """The choice of a sealed item lies sealed beside the words, and is read from there."""
    survey_id = await ward.survey()
    item = {
        "id": "integrity",
        "code": "F2",
        "type": "single",
        "dimension": "integrity",
        "is_core": False,
        "is_sealed": True,
        "text": {"zh-CN": "是否遇到索要红包？"},
        "options": [{"value": "yes", "text": {"zh-CN": "是"}}, {"value": "no", "text": {"zh-CN": "否"}}],
    }
    await db.fetch("UPDATE questionnaire SET items = items || $1::jsonb", orjson.dumps([item]).decode())
    await db.fetch("UPDATE invitation SET offered = '[]'")
    answers = {"overall": 5, "integrity": "yes"}
    await ward.patient.post(f"/surveys/{survey_id}/response", {"answers": answers})
    complaint = await db.fetch_one("SELECT id, is_sealed FROM complaint")
    assert complaint["is_sealed"] is True
    seen = await ward.handler.get(f"/complaints/{complaint['id']}")
    assert seen["patient_name"] == "已密封"
    assert "索要红包：是" in seen["entries"][0]["text"]


async def an_edit_while_the_complaint_is_held(ward) -> None:
    """Edit a low rating while somebody holds its complaint and then counts, as a further rating of the visit does."""
    survey_id = await ward.survey()
    await rate(ward, survey_id)
    complaint = await db.fetch_one("SELECT id FROM complaint")
    path, body = f"/surveys/{survey_id}/response", {"answers": {"overall": 2}}
    edit = None
    try:
        async with db.transaction():
            await db.fetch("SELECT id FROM complaint WHERE id = $1 FOR UPDATE", complaint["id"])
            edit = asyncio.create_task(ward.patient.call("PUT", path, body))
            await somebody_waits()
            await db.fetch("SELECT item FROM score_cell FOR UPDATE NOWAIT")  # what it counts must still be free
    finally:
        reply = await edit if edit is not None else None
    assert reply is not None
    assert reply.status == 200


async def test_an_edit_holds_no_figures_while_it_waits_for_the_complaint(ward):
    await an_edit_while_the_complaint_is_held(ward)
    assert await ward.broken_invariants() == []


@pytest.mark.mutant
async def test_without_the_complaint_first_an_edit_and_a_rating_could_wait_for_each_other(ward, monkeypatch):
    async def nothing(*_) -> None:
        """Hold nothing."""

    monkeypatch.setattr(keeping, "hold", nothing)
    with pytest.raises(Exception, match="could not obtain lock"):
        await an_edit_while_the_complaint_is_held(ward)
