"""The platform looks at a comment before departments read it; a person does where it cannot."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from satisfaction.texts import checking, comments, models, rules
from satisfaction.texts.rules import CheckState
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row, a_patient_with_a_phone
from tests.locks import somebody_waits
from tests.satisfaction.scores.answers import a_response

COMMENT = "等候时间太长，希望叫号快一些"
RISKY, DOUBTFUL = "赌博网站", "疑似违规"  # to the simulated platform


@pytest.fixture
async def author(ward):
    """A patient whom the platform knows."""
    return await a_patient_with_a_phone(ward.site, name="李小四", phone="13900139001")


async def write(ward, author, text=COMMENT, **answers) -> UUID:
    path = f"/surveys/{await ward.survey(author)}/response"
    answers = {"overall": 5, "improve": text, **answers}
    return UUID((await author.post(path, {"answers": answers}))["id"])


async def check() -> dict:
    row = await db.fetch_one("SELECT * FROM text_check")
    assert row is not None
    return row


async def fault(site, **fields):
    async with site.http.post(site.simulator + "/_sim/faults", json={"path": "/wxa/msg_sec_check", **fields}) as reply:
        assert reply.status < 300, await reply.text()


async def test_a_comment_is_shown_when_the_platform_has_passed_it(ward, author):
    response_id = await write(ward, author)
    supervisor = ward.supervisor
    assert (await check())["state"] == "waiting"
    assert (await ward.committee.get("/survey-comments"))["items"] == []
    await ward.run("check_texts")
    row = await check()
    assert (row["state"], row["label"], row["text_cipher"]) == ("passed", 100, None)
    seen = (await supervisor.get("/survey-comments"))["items"]
    assert [(one["id"], one["text"], one["topics"]) for one in seen] == [(str(response_id), COMMENT, ["waiting"])]


@pytest.mark.parametrize(("word", "state"), [(RISKY, "hidden"), (DOUBTFUL, "to_be_read")])
async def test_what_the_platform_doubts_is_not_shown_and_is_not_lost(ward, author, word, state):
    response_id = await write(ward, author, f"你们是{word}")
    await ward.run("check_texts")
    assert (await check())["state"] == state
    head = ward.committee
    assert (await head.get("/survey-comments"))["items"] == []
    page = await ward.supervisor.get(f"/survey-comments?state={state}")
    assert [one["id"] for one in page["items"]] == [str(response_id)]
    await ward.supervisor.post(f"/survey-comments/{response_id}/release", {})
    assert (await check())["decided_by"] is not None
    assert [one["id"] for one in (await ward.supervisor.get("/survey-comments?state=passed"))["items"]]
    await ward.supervisor.post(f"/survey-comments/{response_id}/hiding", {"why": "涉及他人"})
    assert (await check())["state"] == "hidden"


async def test_every_decision_is_kept_with_who_and_why(ward, author):
    path = f"/survey-comments/{await write(ward, author)}"
    await ward.run("check_texts")
    refused = await ward.supervisor.refused(f"{path}/hiding", {})
    assert (refused.status, [one["code"] for one in refused.body["errors"]]) == (422, ["missing"])
    for _ in range(2):  # twice is once
        await ward.supervisor.post(f"{path}/hiding", {"why": "涉及他人隐私"})
    assert (await ward.supervisor.refused(f"{path}/release", {})).status == 422  # otherwise than before: say why
    admin = await a_member_of_staff(ward.site, "admin", name="管理员甲")
    await admin.post(f"{path}/release", {"why": "已征得本人同意"})
    (comment,) = (await ward.supervisor.get("/survey-comments"))["items"]
    said = [(one["is_shown"], one["why"]) for one in comment["decisions"]]
    assert said == [(True, "已征得本人同意"), (False, "涉及他人隐私")]
    assert comment["decisions"][0]["by_name"] == "管理员甲"
    for _ in range(comments.FEWEST - 1):  # so that others read comments at all
        await a_response(ward.slot.department_id, {"overall": 5})
    (seen,) = (await ward.committee.get("/survey-comments"))["items"]
    assert seen["decisions"] == []  # who reads comments does not read who let them
    for statement in ("UPDATE text_decision SET why = 'x'", "DELETE FROM text_decision"):
        with pytest.raises(Exception, match="not rewritten"):
            await db.fetch(statement)


async def decide_at_once(ward, author):
    """Two of the office press the same button at one moment."""
    response_id = await write(ward, author)
    await ward.run("check_texts")
    async with db.transaction():
        await db.fetch("SELECT FROM text_check FOR UPDATE")
        tasks = [
            asyncio.create_task(
                db.detached(lambda: ward.supervisor.post(f"/survey-comments/{response_id}/hiding", {"why": "重复"}))
            )
            for _ in range(2)
        ]
        await somebody_waits(2)
    await asyncio.gather(*tasks)
    assert await props.count("text_decision") == 1


async def test_two_who_decide_the_same_at_one_moment_leave_one_row(ward, author):
    await decide_at_once(ward, author)


async def test_a_low_rating_opens_its_complaint_whatever_the_platform_says(ward, author):
    await write(ward, author, f"{RISKY}，打针后出血", overall=1)
    await ward.run("check_texts")
    assert (await check())["state"] == "hidden"
    complaint = await db.fetch_one("SELECT id FROM complaint")
    seen = await ward.handler.get(f"/complaints/{complaint['id']}")
    assert RISKY in seen["entries"][0]["text"]


async def test_of_somebody_unknown_a_person_reads(ward):
    """The platform answers 40003 for an author whom it does not know."""
    path = f"/surveys/{await ward.survey()}/response"
    await ward.patient.post(path, {"answers": {"improve": COMMENT}})
    await ward.run("check_texts")
    row = await check()
    assert (row["state"], row["reason"]) == ("to_be_read", "author_unknown")


async def test_departments_read_nothing_where_few_have_answered(ward, author):
    head = await a_member_of_staff(ward.site, "department_head", department_id=ward.slot.department_id)
    other = await a_member_of_staff(ward.site, "department_head", department_id=await props.a_department())
    response_id = await write(ward, author)
    await ward.run("check_texts")
    assert (await head.get("/survey-comments"))["items"] == []
    for _ in range(4):
        other_patient = await a_patient_by_row(ward.site)
        survey_id = await ward.survey(other_patient)
        await other_patient.post(f"/surveys/{survey_id}/response", {"answers": {"overall": 5}})
    assert [one["id"] for one in (await head.get("/survey-comments"))["items"]] == [str(response_id)]
    assert (await other.get("/survey-comments"))["items"] == []
    assert (await head.get("/survey-comments?state=hidden"))["items"] == []
    assert (await head.refused(f"/survey-comments/{response_id}/hiding", {"why": "x"})).status == 403


@pytest.mark.parametrize(("query", "found"), [("q=叫號", 1), ("q=态度", 0), ("topic=waiting", 1), ("topic=fees", 0)])
async def test_comments_are_found_by_words_and_topics(ward, author, query, found):
    await write(ward, author)
    await ward.run("check_texts")
    assert len((await ward.supervisor.get(f"/survey-comments?{query}"))["items"]) == found


async def test_two_workers_ask_about_a_text_once(ward, author):
    await write(ward, author)
    first = await models.claim(10, 60)
    assert (len(first), await models.claim(10, 60)) == (1, [])


async def test_a_text_whose_worker_died_is_asked_about_again(ward, author, clock):
    await write(ward, author)
    await models.claim(10, rules.LEASE_SECONDS)
    await clock.forward(seconds=rules.LEASE_SECONDS + 1)
    await checking.look()
    assert (await check())["state"] == "passed"


async def test_the_words_of_the_hospital_are_versions(ward, site):
    held = await ward.supervisor.get("/admin/words")
    topics = {one["topic"]: one["words"] for one in held["topics"]}
    body = {"harm": [*held["harm"], "乱收费"], "topics": topics, "why": "本月要求", "version": 0}
    assert (await ward.supervisor.put("/admin/words", body))["version"] == 1
    late = await ward.supervisor.refused("/admin/words", body, method="PUT")
    assert late.code == "someone_was_faster"
    survey_id = await ward.survey()
    receipt = await ward.patient.post(f"/surveys/{survey_id}/response", {"answers": {"improve": "有人乱 收费"}})
    assert receipt["will_call"] is True


def test_what_each_refusal_means():
    now = timedelta(0)
    assert rules.after_refusal(61010, tries=1, waited=now) == "author_not_seen_lately"
    assert rules.after_refusal(45009, tries=1, waited=now) == "platform_limit"
    assert rules.after_refusal(44991, tries=9, waited=now) == 60.0
    assert [rules.after_refusal(-1, tries=tries, waited=now) for tries in (1, 2, 99)] == [2.0, 5.0, 300.0]
    assert rules.after_trouble(tries=3, waited=timedelta(hours=3)) == "platform_away"


def test_a_long_text_is_cut_into_pieces_that_overlap():
    text = "".join(chr(0x4E00 + place % 5000) for place in range(6000))
    cut = rules.pieces(text)
    assert all(len(piece) <= rules.PIECE for piece in cut)
    assert all(text[place : place + 40] in piece for place in range(0, 5900, 97) for piece in cut
               if piece.find(text[place : place + 40]) >= 0)  # fmt: skip
    assert cut[0] + "".join(piece[rules.OVERLAP :] for piece in cut[1:]) == text
    assert rules.pieces("短") == ["短"]


def test_the_strictest_piece_decides():
    verdicts = [rules.verdict_of({"result": {"suggest": word}}) for word in ("pass", "risky", "review")]
    assert rules.worst(verdicts).state == CheckState.HIDDEN
    assert rules.verdict_of({}).state == CheckState.TO_BE_READ
