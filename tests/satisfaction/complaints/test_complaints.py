"""Complaints over HTTP: filing, the patient's side, the staff's side, and who may not."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from asyncpg import RaiseError
from tortoise.exceptions import IntegrityError

from server import clock as time
from server import db
from tests import props
from tests.cast import Client, a_member_of_staff, a_patient_by_row

ANSWER = {"finding": "当天叫号系统故障。", "action": "已修复并增设人工引导。", "responsible": "陈静"}
UUID_TEXT = "00000000-0000-7000-8000-000000000000"


async def kinds(ward, complaint_id: str) -> list[str]:
    return [entry["kind"] for entry in (await ward.patient.get(f"/complaints/{complaint_id}"))["entries"]]


async def answered(ward, complaint_id: str) -> None:
    await ward.handler.post(f"/complaints/{complaint_id}/answer", ANSWER)


# ---- filing --------------------------------------------------------------------------------------------------------


async def test_a_patient_files_a_complaint_and_sees_who_handles_it(ward):
    filed = await ward.patient.post("/complaints", {"text": "等了两个小时。", "topic": "等候时间"})
    assert (filed["state"], filed["state_text"], filed["topic"]) == ("assigned", "已安排专人处理", "等候时间")
    assert filed["number"].startswith("TS")
    assert filed["handler_name"] == "handler先生"
    assert filed["patient_name"] == "张小三"
    assert [(entry["kind"], entry["text"]) for entry in filed["entries"]] == [("filed", "等了两个小时。")]
    assert (await ward.patient.get("/complaints"))["items"][0]["id"] == filed["id"]
    [fact] = await ward.facts("ComplaintFiled")
    assert (fact["source"], fact["severity"], fact["handler_id"]) == ("miniapp", "B", ward.handler.staff_id)
    assert await ward.broken_invariants() == []


async def test_a_complaint_about_a_visit_knows_department_and_doctor(ward):
    encounter_id = await ward.visit()
    filed = await ward.patient.post("/complaints", {"text": "医生没有解释。", "encounter_id": str(encounter_id)})
    assert filed["department_name"] == "心血管内科"
    row = await db.fetch_one("SELECT * FROM complaint")
    assert (row["encounter_id"], row["practitioner_id"]) == (encounter_id, ward.slot.practitioner_id)


async def test_a_complaint_about_an_appointment_finds_its_visit(ward):
    account_id, patient_id = UUID(ward.patient.account_id), UUID(ward.patient.patient_id)
    appointment_id = await props.an_appointment(ward.slot, patient_id, account_id)
    encounter_id = await props.an_encounter(ward.slot, patient_id, account_id, appointment_id=appointment_id)
    await ward.patient.post("/complaints", {"text": "等太久", "appointment_id": str(appointment_id)})
    row = await db.fetch_one("SELECT * FROM complaint")
    assert (row["encounter_id"], row["department_id"]) == (encounter_id, ward.slot.department_id)


async def test_a_visit_patient_or_department_that_is_not_ones_own_is_not_found(ward, hospital):
    stranger = await a_patient_by_row(hospital)
    encounter_id = await ward.visit()
    patient_id, account_id = UUID(ward.patient.patient_id), UUID(ward.patient.account_id)
    appointment_id = await props.an_appointment(ward.slot, patient_id, account_id)
    for member, value in (
        ("encounter_id", encounter_id),
        ("appointment_id", appointment_id),
        ("patient_id", patient_id),
        ("encounter_id", uuid4()),
        ("appointment_id", uuid4()),
        ("patient_id", uuid4()),
    ):
        assert (await stranger.refused("/complaints", {"text": "x", member: str(value)})).status == 404
    form = {"text": "x", "source": "phone", "department_id": str(uuid4())}
    assert (await ward.handler.refused("/complaints", form)).status == 404
    assert await props.count("complaint") == 0


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"text": ""},
        {"text": "   "},
        {"text": 5},
        {"text": "x" * 2001},
        {"text": "x", "encounter_id": "no"},
        {"text": "x", "encounter_id": UUID_TEXT, "appointment_id": UUID_TEXT},
        {"text": "x", "source": "phone"},
        {"text": "x", "patient_name": "别人"},
        {"text": "x", "department_id": UUID_TEXT},
        {"text": "x", "more": 1},
        {"text": "x\u0000"},
    ],
)
async def test_a_malformed_complaint_is_refused(ward, form):
    reply = await ward.patient.refused("/complaints", form)
    assert reply.status == 422
    assert reply.body["errors"]
    assert await props.count("complaint") == 0


async def test_a_visit_of_another_patient_than_the_one_named_is_refused(ward):
    other = await props.a_patient(UUID(ward.patient.account_id), relation="child")
    form = {"text": "x", "encounter_id": str(await ward.visit()), "patient_id": str(other)}
    reply = await ward.patient.refused("/complaints", form)
    assert (reply.status, reply.body["errors"][0]["pointer"]) == (422, "/patient_id")


async def test_a_topic_in_free_words_stays_out_of_lists_and_alerts(ward):
    await ward.patient.post("/complaints", {"text": "请核实", "topic": "我的乙肝被说出去"})
    [fact] = await ward.facts("ComplaintFiled")
    assert fact["topic"] == "其他"
    listed = (await ward.handler.get("/complaints"))["items"][0]
    assert "乙肝" not in str(listed)
    detail = await ward.handler.get(f"/complaints/{listed['id']}")
    assert "乙肝" in detail["entries"][0]["text"]


async def test_staff_file_for_somebody_who_called(ward, hospital):
    agent = await a_member_of_staff(hospital, "customer_service")
    form = {"text": "电话投诉", "source": "phone", "patient_id": ward.patient.patient_id}
    filed = await agent.post("/complaints", form)
    assert (filed["source"], filed["account_id"]) == ("phone", ward.patient.account_id)
    assert (await ward.patient.get("/complaints"))["items"][0]["id"] == filed["id"]
    guide = await a_member_of_staff(hospital, "guide")
    unknown = await guide.post("/complaints", {"text": "家属口头投诉", "source": "desk", "patient_name": "某家属"})
    assert unknown["patient_name"] == "某家属"
    assert (await agent.refused("/complaints", {"text": "没有来源"})).status == 422
    room = await a_member_of_staff(hospital, "room")
    assert (await room.refused("/complaints", form)).status == 403


async def test_the_same_key_files_once(ward):
    key, form = str(uuid4()), {"text": "等太久"}
    first = await ward.patient.post("/complaints", form, key=key)
    again = await ward.patient.call("POST", "/complaints", form, Idempotency_Key=key)
    assert (again.status, again.body, again.headers["Idempotent-Replayed"]) == (201, first, "true")
    other = await ward.patient.call("POST", "/complaints", {"text": "另一件"}, Idempotency_Key=key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert await props.count("complaint") == 1
    kept = await db.fetch_one("SELECT body FROM idempotency_record")
    assert "等太久".encode() not in kept["body"]


# ---- who handles ---------------------------------------------------------------------------------------------------


async def test_complaints_go_to_whoever_has_the_fewest(ward, hospital):
    second = await a_member_of_staff(hospital, "complaint_handler")
    await props.a_duty(second.staff_id, 0)
    for _ in range(4):
        await ward.complaint()
    rows = await db.fetch("SELECT handler_id, count(*) AS n FROM complaint GROUP BY 1")
    assert {(str(row["handler_id"]), row["n"]) for row in rows} == {(ward.handler.staff_id, 2), (second.staff_id, 2)}


async def test_the_person_complained_about_never_handles_sees_or_hears_of_it(ward, clock):
    await db.fetch(
        "UPDATE staff SET practitioner_id = $1 WHERE id = ANY($2::uuid[])",
        ward.slot.practitioner_id,
        [ward.handler.staff_id, ward.head.staff_id],
    )
    complaint_id = await ward.complaint(encounter_id=str(await ward.visit()))
    row = await db.fetch_one("SELECT * FROM complaint")
    assert str(row["handler_id"]) == ward.supervisor.staff_id
    for person in (ward.handler, ward.head):
        assert (await person.get("/complaints"))["items"] == []
        assert (await person.refused(f"/complaints/{complaint_id}", method="GET")).status == 404
        assert (await person.refused(f"/complaints/{complaint_id}/acknowledgement")).status == 404
    form = {"handler_id": ward.handler.staff_id, "reason": "换人"}
    reply = await ward.supervisor.refused(f"/complaints/{complaint_id}/assignment", form)
    assert (reply.status, reply.code) == (409, "conflict_of_interest")
    for _ in range(4):
        await clock.forward(minutes=16)
        await ward.run("watch_complaints")
    told = {staff for fact in await ward.facts("ComplaintEscalated") for staff in fact["staff_ids"]}
    assert told == {ward.supervisor.staff_id, ward.committee.staff_id}


async def test_without_anybody_on_duty_a_complaint_waits_for_whoever_comes(ward):
    await db.fetch("DELETE FROM duty")
    complaint_id = await ward.complaint()
    shown = await ward.patient.get(f"/complaints/{complaint_id}")
    assert (shown["state"], shown["handler_name"]) == ("triaged", "")
    await ward.run("watch_complaints")
    assert await ward.facts("ComplaintAssigned") == []
    await props.a_duty(UUID(ward.handler.staff_id), 0)
    await ward.run("watch_complaints")
    await ward.run("watch_complaints")
    assert (await ward.patient.get(f"/complaints/{complaint_id}"))["state"] == "assigned"
    [fact] = await ward.facts("ComplaintAssigned")
    assert fact["handler_id"] == ward.handler.staff_id
    assert await ward.broken_invariants() == []


# ---- the way to an answer ------------------------------------------------------------------------------------------


async def test_from_filing_to_the_patients_consent(ward):
    complaint_id = await ward.complaint()
    path = f"/complaints/{complaint_id}"
    taken = await ward.handler.post(f"{path}/acknowledgement")
    assert taken["state"] == "assigned"
    assert taken["clocks"][0]["stopped_at"] is not None
    written = await ward.handler.post(f"{path}/reply", {"text": "我是陈静，马上核实。"})
    assert written["state"] == "responded"
    assert (await ward.handler.post(f"{path}/note", {"text": "已问过导诊台"}))["state"] == "investigating"
    done = await ward.handler.post(f"{path}/answer", ANSWER)
    assert done["state"] == "answered"
    shown = await ward.patient.get(path)
    assert (shown["may_confirm"], shown["state_text"]) == (True, "已答复，请您确认是否满意")
    closed = await ward.patient.post(f"{path}/confirmation", {"satisfied": True, "text": "谢谢"})
    assert (closed["state"], closed["may_write"]) == ("confirmed_closed", False)
    assert await kinds(ward, complaint_id) == ["filed", "acknowledgement", "reply", "answer", "confirmation"]
    assert len(await ward.facts("ComplaintAcknowledged")) == 1
    assert [fact["is_answer"] for fact in await ward.facts("ComplaintReplied")] == [False, True]
    assert [fact["state"] for fact in await ward.facts("ComplaintClosed")] == ["confirmed_closed"]
    assert await props.count("breach") == 0
    assert await ward.broken_invariants() == []


async def test_acknowledging_twice_is_doing_it_once(ward):
    complaint_id = await ward.complaint()
    first = await ward.handler.post(f"/complaints/{complaint_id}/acknowledgement")
    again = await ward.supervisor.post(f"/complaints/{complaint_id}/acknowledgement")
    assert again["version"] == first["version"]
    assert len(await ward.facts("ComplaintAcknowledged")) == 1
    assert (await kinds(ward, complaint_id)).count("acknowledgement") == 1


async def test_an_alert_that_is_acknowledged_acknowledges_its_complaint(ward):
    from server.events import publish
    from server.facts import AlertAcknowledged

    complaint_id = await ward.complaint()
    for kind in ("delivery", "complaint", "complaint"):
        async with db.transaction():
            await publish(
                AlertAcknowledged(
                    alert_id=uuid4(),
                    subject_kind=kind,
                    subject_id=UUID(complaint_id),
                    staff_id=UUID(ward.handler.staff_id),
                    staff_name="陈静",
                )
            )
        await ward.run("relay")
    [fact] = await ward.facts("ComplaintAcknowledged")
    assert (fact["complaint_id"], fact["staff_id"]) == (complaint_id, ward.handler.staff_id)
    assert (await kinds(ward, complaint_id)) == ["filed", "acknowledgement"]


async def test_a_direct_answer_is_acknowledgement_and_once_it_arrived_first_response_too(ward, drain):
    complaint_id = await ward.complaint()
    await answered(ward, complaint_id)
    row = await db.fetch_one("SELECT * FROM complaint")
    assert row["acknowledged_at"]
    assert row["answered_at"]
    assert row["responded_at"] is None
    await drain()
    row = await db.fetch_one("SELECT * FROM complaint")
    assert row["responded_at"] >= row["answered_at"]
    states = await db.fetch(
        "SELECT to_state FROM transition WHERE machine = 'complaint' AND subject_id = $1 ORDER BY id",
        UUID(complaint_id),
    )
    assert [row["to_state"] for row in states] == ["received", "triaged", "assigned", "responded", "answered"]


@pytest.mark.parametrize("missing", ["finding", "action", "responsible"])
async def test_an_answer_with_an_empty_part_is_refused(ward, missing):
    complaint_id = await ward.complaint()
    for form in ({**ANSWER, missing: " "}, {key: value for key, value in ANSWER.items() if key != missing}):
        assert (await ward.handler.refused(f"/complaints/{complaint_id}/answer", form)).status == 422
    assert (await ward.patient.get(f"/complaints/{complaint_id}"))["state"] == "assigned"


async def test_a_question_waits_for_the_patient_whose_words_let_it_go_on(ward):
    path = f"/complaints/{await ward.complaint()}"
    asked = await ward.handler.post(f"{path}/reply", {"text": "请问是哪个窗口？", "waits_for_patient": True})
    assert asked["state"] == "waiting_patient"
    again = await ward.handler.post(f"{path}/reply", {"text": "方便时请告诉我们", "waits_for_patient": True})
    assert again["state"] == "waiting_patient"
    told = await ward.patient.post(f"{path}/messages", {"text": "三号窗口"})
    assert told["state"] == "investigating"
    [fact] = await ward.facts("ComplaintMessaged")
    assert fact["handler_id"] == ward.handler.staff_id
    assert (await ward.handler.post(f"{path}/answer", ANSWER))["state"] == "answered"


async def test_an_answer_is_given_once_a_round(ward):
    complaint_id = await ward.complaint()
    await answered(ward, complaint_id)
    reply = await ward.handler.refused(f"/complaints/{complaint_id}/answer", ANSWER)
    assert (reply.status, reply.code) == (409, "illegal_move")
    assert (await kinds(ward, complaint_id)).count("answer") == 1


async def test_a_verdict_needs_an_answer_and_is_given_once(ward):
    path = f"/complaints/{await ward.complaint()}"
    early = await ward.patient.refused(f"{path}/confirmation", {"satisfied": True})
    assert (early.status, early.code) == (409, "illegal_move")
    await ward.handler.post(f"{path}/answer", ANSWER)
    for form in ({}, {"satisfied": "perhaps"}, {"satisfied": None}):
        assert (await ward.patient.refused(f"{path}/confirmation", form)).status == 422
    await ward.patient.post(f"{path}/confirmation", {"satisfied": True})
    late = await ward.patient.refused(f"{path}/confirmation", {"satisfied": False})
    assert late.code == "illegal_move"


async def test_nothing_is_added_to_a_closed_complaint(ward):
    complaint_id = await ward.complaint()
    path = f"/complaints/{complaint_id}"
    await ward.handler.post(f"{path}/closure", {"state": "withdrawn", "reason": "患者来电撤回"})
    assert (await ward.patient.refused(f"{path}/messages", {"text": "还有"})).code == "complaint_closed"
    for step, form in (
        ("note", {"text": "x"}),
        ("reply", {"text": "x"}),
        ("answer", ANSWER),
        ("escalation", {"reason": "x"}),
        ("assignment", {"handler_id": ward.supervisor.staff_id, "reason": "x"}),
        ("closure", {"state": "withdrawn", "reason": "x"}),
        ("merge", {"into_id": await ward.complaint(), "reason": "x"}),
    ):
        assert (await ward.handler.refused(f"{path}/{step}", form)).code == "complaint_closed", step
    assert (await ward.handler.post(f"{path}/acknowledgement"))["state"] == "withdrawn"
    assert await ward.facts("ComplaintAcknowledged") == []
    assert (await ward.patient.get(path))["entries"][-1]["text"] == "患者来电撤回"


# ---- another round -------------------------------------------------------------------------------------------------


async def test_whoever_is_not_satisfied_gets_another_round_one_level_higher(ward, clock):
    path = f"/complaints/{await ward.complaint()}"
    await ward.handler.post(f"{path}/answer", ANSWER)
    await clock.forward(hours=2)
    again = await ward.patient.post(f"{path}/confirmation", {"satisfied": False, "text": "没有说明原因"})
    assert again["state"] == "assigned"
    row = await db.fetch_one("SELECT * FROM complaint")
    assert (row["cycle"], row["level"], str(row["handler_id"])) == (2, 1, ward.handler.staff_id)
    assert (row["acknowledged_at"], row["responded_at"], row["answered_at"]) == (None, None, None)
    assert row["response_due_at"] - time.now() > timedelta(minutes=59)
    [fact] = await ward.facts("ComplaintReopened")
    assert (fact["cycle"], fact["handler_id"]) == (2, ward.handler.staff_id)
    await ward.handler.post(f"{path}/answer", ANSWER)
    await ward.patient.post(f"{path}/confirmation", {"satisfied": False})
    row = await db.fetch_one("SELECT * FROM complaint")
    assert (row["cycle"], row["level"], str(row["handler_id"])) == (3, 2, ward.supervisor.staff_id)
    await ward.supervisor.post(f"{path}/answer", ANSWER)
    await ward.patient.post(f"{path}/confirmation", {"satisfied": True})
    assert await ward.broken_invariants() == []


async def test_staff_reopen_what_was_closed_without_consent(ward):
    path = f"/complaints/{await ward.complaint()}"
    assert (await ward.handler.refused(f"{path}/reopening", {"reason": "x"})).code == "illegal_move"
    await ward.handler.post(f"{path}/answer", ANSWER)
    await ward.handler.post(f"{path}/closure", {"state": "closed_no_reply", "reason": "三次联系未接"})
    again = await ward.handler.post(f"{path}/reopening", {"reason": "患者回电"})
    assert (again["state"], again["cycle"], again["closed_at"]) == ("assigned", 2, None)


# ---- staff among themselves ----------------------------------------------------------------------------------------


async def test_a_complaint_is_handed_over_with_a_reason_and_must_be_acknowledged_anew(ward, clock):
    complaint_id = await ward.complaint()
    path = f"/complaints/{complaint_id}"
    await ward.handler.post(f"{path}/acknowledgement")
    await clock.forward(minutes=5)
    form = {"handler_id": ward.supervisor.staff_id, "reason": "交班"}
    given = await ward.handler.post(f"{path}/assignment", form)
    assert given["handler_id"] == ward.supervisor.staff_id
    assert given["clocks"][0]["stopped_at"] is None
    assert "原因：交班" in given["entries"][-1]["text"]
    [fact] = await ward.facts("ComplaintAssigned")
    assert fact["handler_id"] == ward.supervisor.staff_id
    assert "assignment" not in await kinds(ward, complaint_id)
    assert (await ward.supervisor.refused(f"{path}/assignment", form)).code == "already_handler"
    room = await a_member_of_staff(ward.site, "room")
    for handler_id, status, code in ((room.staff_id, 409, "handler_unfit"), (str(uuid4()), 404, "not_found")):
        reply = await ward.handler.refused(f"{path}/assignment", {"handler_id": handler_id, "reason": "x"})
        assert (reply.status, reply.code) == (status, code)
    assert (await ward.handler.refused(f"{path}/assignment", {"handler_id": ward.head.staff_id})).status == 422


async def test_a_person_calls_for_the_next_level_up_to_the_last(ward):
    complaint_id = await ward.complaint()
    path = f"/complaints/{complaint_id}"
    for level in (1, 2, 3):
        assert (await ward.handler.post(f"{path}/escalation", {"reason": "超出权限"}))["level"] == level
    reply = await ward.handler.refused(f"{path}/escalation", {"reason": "x"})
    assert (reply.status, reply.code) == (409, "highest_level")
    facts = await ward.facts("ComplaintEscalated")
    assert [(fact["level"], fact["clock"]) for fact in facts] == [(1, "by_hand"), (2, "by_hand"), (3, "by_hand")]
    assert facts[0]["staff_ids"] == [ward.supervisor.staff_id]


async def test_only_a_leader_closes_against_the_patients_word(ward):
    path = f"/complaints/{await ward.complaint()}"
    await ward.handler.post(f"{path}/answer", ANSWER)
    form = {"state": "closed_disagreed", "reason": "院委会决定，已告知行政途径"}
    assert (await ward.handler.refused(f"{path}/closure", form)).status == 403
    assert (await ward.committee.post(f"{path}/closure", form))["state"] == "closed_disagreed"
    for state in ("confirmed_closed", "merged", "nonsense"):
        reply = await ward.committee.refused(f"{path}/closure", {"state": state, "reason": "x"})
        assert reply.status == 422


async def test_an_unanswered_complaint_is_not_closed_for_silence(ward):
    path = f"/complaints/{await ward.complaint()}"
    reply = await ward.handler.refused(f"{path}/closure", {"state": "closed_no_reply", "reason": "没有回音"})
    assert (reply.status, reply.code) == (409, "illegal_move")


async def test_two_complaints_of_one_patient_are_merged_and_keep_the_earlier_clocks(ward, clock):
    first = await ward.complaint()
    await clock.forward(minutes=5)
    second = await ward.complaint()
    gone = await ward.handler.post(f"/complaints/{first}/merge", {"into_id": second, "reason": "同一件事"})
    assert (gone["state"], gone["merged_into_id"]) == ("merged", second)
    rows = {str(row["id"]): row for row in await db.fetch("SELECT * FROM complaint")}
    assert rows[second]["answer_due_at"] == rows[first]["answer_due_at"]
    shown = await ward.patient.get(f"/complaints/{first}")
    assert shown["merged_into_number"] == rows[second]["number"]
    assert "同一件事" not in str(shown)
    assert (await ward.handler.refused(f"/complaints/{first}/merge", {"into_id": second, "reason": "x"})).status == 409
    await ward.run("watch_complaints")
    assert await ward.broken_invariants() == []


async def test_complaints_of_two_patients_are_not_merged(ward, hospital):
    first, second = await ward.complaint(), await ward.complaint(await a_patient_by_row(hospital))
    for into_id in (second, first):
        reply = await ward.handler.refused(f"/complaints/{first}/merge", {"into_id": into_id, "reason": "x"})
        assert (reply.status, reply.code) == (409, "not_mergeable")
    unknown = await ward.handler.refused(f"/complaints/{first}/merge", {"into_id": str(uuid4()), "reason": "x"})
    assert unknown.status == 404


async def test_the_whole_phone_number_is_shown_for_a_reason_that_is_written_down(ward):
    complaint_id = await ward.complaint()
    path = f"/complaints/{complaint_id}"
    masked = (await ward.handler.get(path))["phone_masked"]
    shown = await ward.handler.post(f"{path}/phone-view", {"reason": "回电核实"})
    assert masked == "*******" + shown["phone"][-4:]
    assert len(shown["phone"]) == 11
    [record] = await db.fetch("SELECT * FROM access_record")
    assert (str(record["staff_id"]), str(record["patient_id"])) == (ward.handler.staff_id, ward.patient.patient_id)
    assert "回电核实" in record["why"]
    assert (await ward.handler.refused(f"{path}/phone-view", {})).status == 422
    agent = await a_member_of_staff(ward.site, "customer_service")
    assert (await agent.refused(f"{path}/phone-view", {"reason": "x"})).status == 403
    kept = await db.fetch("SELECT body FROM idempotency_record")
    assert all(shown["phone"].encode() not in row["body"] for row in kept)


async def test_without_a_phone_number_there_is_none_to_show(ward):
    filed = await ward.handler.post("/complaints", {"text": "x", "source": "letter", "patient_name": "某人"})
    reply = await ward.handler.refused(f"/complaints/{filed['id']}/phone-view", {"reason": "x"})
    assert (reply.status, reply.code) == (409, "no_phone")


# ---- who sees what -------------------------------------------------------------------------------------------------


async def test_the_patient_never_sees_what_is_internal(ward):
    complaint_id = await ward.complaint()
    path = f"/complaints/{complaint_id}"
    await ward.handler.post(f"{path}/note", {"text": "内部：此人多次投诉"})
    await ward.handler.post(f"{path}/escalation", {"reason": "内部原因"})
    await ward.handler.post(f"{path}/assignment", {"handler_id": ward.supervisor.staff_id, "reason": "内部交接"})
    await ward.supervisor.post(f"{path}/reply", {"text": "您好"})
    shown = await ward.patient.call("GET", path)
    assert "内部" not in shown.raw.decode()
    assert ward.supervisor.staff_id not in shown.raw.decode()
    assert [entry["kind"] for entry in shown.body["entries"]] == ["filed", "reply"]
    assert [entry["author_name"] for entry in shown.body["entries"]] == ["您", "supervisor先生"]
    assert [entry["kind"] for entry in (await ward.handler.get(path))["entries"]] == [
        "filed",
        "note",
        "escalation",
        "assignment",
        "reply",
    ]


async def test_the_table_itself_refuses_a_note_that_the_patient_could_see(ward):
    complaint_id = await ward.complaint()
    with pytest.raises(IntegrityError, match="complaint_entry_note_is_internal"):
        await props.insert(
            "complaint_entry",
            complaint_id=UUID(complaint_id),
            kind="note",
            author_kind="staff",
            visible_to_patient=True,
            text_cipher=b"x",
        )


async def test_the_time_line_cannot_be_rewritten(ward):
    await ward.complaint()
    for statement in ("UPDATE complaint_entry SET at = app_now()", "DELETE FROM complaint_entry"):
        with pytest.raises(RaiseError, match="cannot be rewritten"):
            await db.fetch(statement)
    assert await props.count("complaint_entry") == 1


async def test_texts_cannot_be_read_in_any_table(ward):
    complaint_id = await ward.complaint(text="秘密的病情")
    path = f"/complaints/{complaint_id}"
    await ward.handler.post(f"{path}/note", {"text": "秘密的核实"})
    await ward.handler.post(f"{path}/answer", {**ANSWER, "finding": "秘密的结论"})
    await ward.patient.post(f"{path}/confirmation", {"satisfied": False, "text": "秘密的原因"})
    for table in ("complaint", "complaint_entry", "fact", "transition", "idempotency_record"):
        rows = await db.fetch(f"SELECT * FROM {table}")
        assert rows
        for row in rows:
            for value in row.values():
                raw = value if isinstance(value, bytes) else str(value).encode()
                assert "秘密".encode() not in raw, (table, row)


async def test_a_complaint_is_only_its_patients(ward, hospital):
    complaint_id = await ward.complaint()
    stranger = await a_patient_by_row(hospital)
    assert (await stranger.get("/complaints"))["items"] == []
    assert (await stranger.refused(f"/complaints/{complaint_id}", method="GET")).status == 404
    await answered(ward, complaint_id)
    for step, form in (("confirmation", {"satisfied": True}), ("messages", {"text": "x"})):
        assert (await stranger.refused(f"/complaints/{complaint_id}/{step}", form)).status == 404
        assert (await stranger.refused(f"/complaints/{uuid4()}/{step}", form)).status == 404
        assert (await ward.handler.refused(f"/complaints/{complaint_id}/{step}", form)).status == 403
    assert await kinds(ward, complaint_id) == ["filed", "answer"]


STEPS = (
    ("acknowledgement", {}),
    ("assignment", {"handler_id": UUID_TEXT, "reason": "x"}),
    ("note", {"text": "x"}),
    ("reply", {"text": "x"}),
    ("answer", ANSWER),
    ("escalation", {"reason": "x"}),
    ("closure", {"state": "withdrawn", "reason": "x"}),
    ("reopening", {"reason": "x"}),
    ("merge", {"into_id": UUID_TEXT, "reason": "x"}),
    ("phone-view", {"reason": "x"}),
)


@pytest.mark.parametrize(("step", "form"), STEPS, ids=[step for step, _ in STEPS])
async def test_every_step_is_for_handlers_who_see_the_complaint(ward, hospital, step, form):
    complaint_id = await ward.complaint()
    before = await db.fetch("SELECT * FROM complaint")
    elsewhere = await a_member_of_staff(hospital, "complaint_handler", department_id=await props.a_department())
    for client, status in (
        # a patient may open a complaint again, but not one that goes on
        (ward.patient, 409 if step == "reopening" else 403),
        (await a_member_of_staff(hospital, "customer_service"), 403),
        (await a_member_of_staff(hospital, "guide"), 403),
        (Client(hospital), 401),
        (elsewhere, 404),
    ):
        assert (await client.refused(f"/complaints/{complaint_id}/{step}", form)).status == status
    assert (await ward.handler.refused(f"/complaints/{uuid4()}/{step}", form)).status == 404
    if form:
        for wrong in ({}, {**form, "more": 1}, dict.fromkeys(form, ""), dict.fromkeys(form, 5), dict.fromkeys(form)):
            assert (await ward.handler.refused(f"/complaints/{complaint_id}/{step}", wrong)).status == 422
    assert await db.fetch("SELECT * FROM complaint") == before
    assert await props.count("complaint_entry") == 1


async def test_staff_see_the_complaints_of_their_departments_their_own_and_what_reached_their_level(ward, hospital):
    inside = await ward.complaint(encounter_id=str(await ward.visit()))
    outside = await ward.complaint()

    async def sees(person) -> set[str]:
        return {item["id"] for item in (await person.get("/complaints"))["items"]}

    head = await a_member_of_staff(hospital, "department_head", department_id=ward.slot.department_id)
    stranger = await a_member_of_staff(hospital, "department_head", department_id=await props.a_department())
    agent = await a_member_of_staff(hospital, "customer_service")
    assert await sees(head) == {inside}
    assert await sees(stranger) == set()
    assert await sees(agent) == {inside, outside}
    assert (await agent.get(f"/complaints/{inside}"))["state"] == "assigned"
    await ward.handler.post(f"/complaints/{outside}/assignment", {"handler_id": stranger.staff_id, "reason": "协助"})
    assert await sees(stranger) == {outside}
    await props.a_duty(UUID(head.staff_id), 2)
    for _ in range(2):
        await ward.handler.post(f"/complaints/{outside}/escalation", {"reason": "x"})
    assert await sees(head) == {inside, outside}
    room = await a_member_of_staff(hospital, "room")
    assert (await room.refused("/complaints", method="GET")).status == 403


async def test_the_list_is_searched_narrowed_and_paged_with_masked_names(ward, hospital):
    other = await a_patient_by_row(hospital, name="欧阳修文")
    ids = [await ward.complaint(), await ward.complaint(), await ward.complaint(other)]
    await ward.handler.post(f"/complaints/{ids[0]}/closure", {"state": "withdrawn", "reason": "x"})
    await ward.handler.post(f"/complaints/{ids[1]}/assignment", {"handler_id": ward.supervisor.staff_id, "reason": "x"})

    async def found(query: str, person=ward.handler) -> list[str]:
        return [item["id"] for item in (await person.get(f"/complaints?{query}"))["items"]]

    assert await found("") == ids[::-1]
    assert await found("state=open") == [ids[2], ids[1]]
    assert await found("state=closed") == [ids[0]]
    assert await found("state=withdrawn") == [ids[0]]
    assert await found("mine=true") == [ids[2], ids[0]]
    assert await found("q=修文") == [ids[2]]
    assert await found("q=supervisor") == [ids[1]]
    assert await found("q=%25") == []
    number = (await ward.handler.get(f"/complaints/{ids[1]}"))["number"]
    assert await found(f"q={number}") == [ids[1]]
    page = await ward.handler.get("/complaints?limit=2")
    rest = await ward.handler.get(f"/complaints?limit=2&cursor={page['next']}")
    assert [item["id"] for item in page["items"] + rest["items"]] == ids[::-1]
    assert {item["patient_name"] for item in page["items"]} == {"欧**文", "张*三"}
    for query in ("state=nonsense", "limit=0", "limit=x", "cursor=!", "more=1", "mine=perhaps", "q=" + "长" * 51):
        assert (await ward.handler.refused(f"/complaints?{query}", method="GET")).status == 422
    mine = [item["id"] for item in (await ward.patient.get("/complaints?state=open"))["items"]]
    assert mine == [ids[1]]


async def test_a_stale_version_is_refused_with_the_fresh_complaint(ward):
    path = f"/complaints/{await ward.complaint()}"
    version = (await ward.handler.get(path))["version"]
    first = await ward.handler.call("POST", f"{path}/note", {"text": "一"}, If_Match=f'"{version}"')
    assert first.status == 200
    second = await ward.supervisor.call("POST", f"{path}/note", {"text": "二"}, If_Match=f'"{version}"')
    assert (second.status, second.code) == (412, "stale")
    assert second.body["resource"]["version"] == first.body["version"]
    stale = await ward.patient.call("POST", f"{path}/messages", {"text": "x"}, If_Match='"0"')
    assert (stale.status, stale.body["resource"]["entries"][0]["kind"]) == (412, "filed")
    assert "note" not in stale.raw.decode()
    assert await props.count("complaint_entry") == 2


async def test_a_repeated_command_takes_effect_once(ward):
    path, key = f"/complaints/{await ward.complaint()}", str(uuid4())
    first = await ward.handler.call("POST", f"{path}/reply", {"text": "您好"}, Idempotency_Key=key)
    again = await ward.handler.call("POST", f"{path}/reply", {"text": "您好"}, Idempotency_Key=key)
    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await props.count("complaint_entry", "kind = 'reply'") == 1


async def test_five_verdicts_at_once_begin_one_round(ward):
    path = f"/complaints/{await ward.complaint()}"
    await ward.handler.post(f"{path}/answer", ANSWER)
    verdicts = [ward.patient.call("POST", f"{path}/confirmation", {"satisfied": False}) for _ in range(5)]
    assert sorted(reply.status for reply in await asyncio.gather(*verdicts)) == [200, 409, 409, 409, 409]
    row = await db.fetch_one("SELECT cycle FROM complaint")
    assert row["cycle"] == 2
    assert len(await ward.facts("ComplaintReopened")) == 1


async def test_the_state_is_told_in_the_callers_language(ward):
    complaint_id = await ward.complaint()
    english = await ward.patient.get(f"/complaints/{complaint_id}", Accept_Language="en")
    assert english["state_text"] == "Somebody is responsible for it"
    assert english["entries"][0]["author_name"] == "You"
