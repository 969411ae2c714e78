"""Scanning at the desk: every outcome, twice is once, two guides at once, refusals are kept."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from miniapp_api.checkin import arrivals, effects
from miniapp_api.checkin.codes import patient_code
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from server.asyncpg_engine import SafeAsyncpgClient
from server.grouping import Group
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.scenes import a_scene, broken_invariants


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


async def test_a_scan_checks_in_and_tells_number_place_and_wait(scene):
    person, booked = await scene.books(name="张小三")
    answer = await scene.guide.scans(await person.code(booked))
    assert (answer["outcome"], answer["reason"]) == ("accepted", None)
    ticket = answer["ticket"]
    assert (ticket["number"], ticket["state"], ticket["ahead"], ticket["room"]) == ("A001", "waiting", 0, "2诊室")
    assert ticket["wait"]["about_minutes"] < ticket["wait"]["within_minutes"]
    assert answer["appointment"]["patient_name"] == "张*三"
    assert "张*三" in answer["message"]
    assert "A001" in answer["message"]
    assert "{" not in answer["message"]
    assert "候诊" in answer["next_step"]
    assert "小三" not in orjson.dumps(answer).decode()
    rows = await db.fetch("SELECT machine, from_state, to_state, channel FROM transition WHERE by_kind = 'staff'")
    moves = {(row["machine"], row["from_state"], row["to_state"], row["channel"]) for row in rows}
    assert moves == {("appointment", "booked", "checked_in", "desk"), ("ticket", None, "waiting", "desk")}
    fact = await db.fetch_one("SELECT payload FROM fact WHERE name = 'PatientArrived'")
    payload = orjson.loads(fact["payload"])
    assert (payload["label"], payload["ticket_id"], payload["patient_name"]) == ("A001", ticket["id"], "张小三")
    event = await db.fetch_one("SELECT seq, payload FROM live_event")
    assert (event["seq"], orjson.loads(event["payload"])["number"]) == (1, "A001")
    assert await broken_invariants(WIRING) == []


async def test_numbers_go_on_and_the_next_one_has_one_ahead(scene):
    await scene.arrives()
    person, booked = await scene.books()
    answer = await scene.guide.scans(await person.code(booked))
    assert (answer["ticket"]["number"], answer["ticket"]["ahead"]) == ("A002", 1)
    assert "前面 1 人" in answer["message"]
    assert f"约 {answer['ticket']['wait']['about_minutes']} 分钟" in answer["message"]


async def test_the_same_scan_gets_the_same_bytes_for_ever(scene, clock):
    person, booked = await scene.books()
    body = {"scan_id": str(uuid4()), "code": await person.code(booked), "desk_id": str(scene.desk_id)}
    first = await scene.guide.call("POST", "/desk/scans", body)
    await clock.forward(minutes=10)
    again = await scene.guide.call("POST", "/desk/scans", body, Accept_Language="en")
    assert (first.status, again.status, again.raw) == (200, 200, first.raw)
    other = await scene.guide.scans("rubbish", scan_id=body["scan_id"])
    assert other == first.body
    assert await props.count("ticket") == await props.count("scan") == 1


async def test_a_refused_scan_keeps_its_first_answer_too(scene, clock):
    person, booked = await scene.books()
    code = await person.code(booked)
    await clock.forward(minutes=3)
    scan_id = str(uuid4())
    first = await scene.guide.scans(code, scan_id=scan_id)
    assert (first["outcome"], first["reason"], first["appointment"]) == ("refused", "code_expired", None)
    assert await scene.guide.scans(await person.code(booked), scan_id=scan_id) == first
    row = await db.fetch_one("SELECT outcome, reason, appointment_id::text FROM scan")
    assert (row["outcome"], row["reason"], row["appointment_id"]) == ("refused", "code_expired", booked)


async def test_a_second_scan_says_when_and_where_the_first_was(scene, clock):
    person, booked, ticket = await scene.arrives()
    await clock.forward(minutes=5)
    again = await scene.guide.scans(await person.code(booked))
    assert (again["outcome"], again["reason"], again["ticket"]["id"]) == ("already_checked_in", None, ticket["id"])
    assert again["message"] == "张*三 已于 09:00 在门诊导诊台报到，心血管内科 A001 号。"
    assert await props.count("scan") == 2


async def refusal(scene, person, booked, **values):
    if values:
        columns = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, 2))
        await db.fetch(f"UPDATE appointment SET {columns} WHERE id = $1::uuid", booked, *values.values())
    code = patient_code(scene.site.settings.keys.code_signing, UUID(booked), time.now()).text
    answer = await scene.guide.scans(code)
    assert answer["outcome"] == "refused", answer
    assert answer["ticket"] is None
    assert answer["message"]
    assert answer["next_step"]
    assert await props.count("scan", "reason = $1", answer["reason"]) == 1
    assert await props.count("ticket") == 0
    return answer["reason"]


async def test_a_cancelled_booking_is_refused(scene):
    assert await refusal(scene, *(await scene.books()), status="cancelled") == "cancelled"


async def test_another_day_is_refused(scene):
    tomorrow = await props.a_slot(
        starts_at=time.at(time.today() + timedelta(days=1), 10), department_id=scene.department_id
    )
    assert await refusal(scene, *(await scene.books(tomorrow))) == "wrong_day"


async def test_too_early_and_too_late_are_refused_and_the_late_one_comes_in_by_then(scene, clock):
    later = await props.a_slot(starts_at=time.at(time.today(), 15), department_id=scene.department_id)
    person, booked = await scene.books(later)
    assert await refusal(scene, person, booked) == "too_early"
    await clock.set_to(time.at(time.today(), 16, 31))
    assert await refusal(scene, person, booked) == "too_late"


async def test_a_stopped_clinic_is_refused(scene):
    person, booked = await scene.books()
    await db.fetch("UPDATE session SET status = 'stopped'")
    assert await refusal(scene, person, booked) == "session_stopped"


async def test_a_stopped_slot_is_refused(scene):
    person, booked = await scene.books()
    await db.fetch("UPDATE slot SET is_stopped = true")
    assert await refusal(scene, person, booked) == "session_stopped"


async def test_a_desk_of_another_department_sends_on(scene):
    other = await props.a_department(name="眼科")
    scene.guide.desk_id = str(await props.a_desk(department_id=other))
    assert await refusal(scene, *(await scene.books())) == "wrong_department"


async def test_a_guide_of_another_department_at_an_open_desk_sends_on(scene):
    other = await props.a_department(name="眼科")
    scene.guide = await a_member_of_staff(scene.site, "guide", department_id=other, desk_id=scene.desk_id)
    assert await refusal(scene, *(await scene.books())) == "wrong_department"


async def test_rubbish_forged_and_unknown_codes_are_refused_and_kept(scene):
    _, booked = await scene.books()
    assert (await scene.guide.scans("https://example.org/"))["reason"] == "unknown_code"
    foreign = patient_code(b"f" * 32, UUID(booked), time.now()).text
    assert (await scene.guide.scans(foreign))["reason"] == "forged"
    nobody = patient_code(scene.site.settings.keys.code_signing, uuid4(), time.now()).text
    assert (await scene.guide.scans(nobody))["reason"] == "unknown_code"
    assert await props.count("scan", "outcome = 'refused'") == 3


async def test_who_was_given_up_is_let_in_within_the_window(scene):
    _, booked = await scene.books()
    await db.fetch("UPDATE appointment SET status = 'no_show'")
    code = patient_code(scene.site.settings.keys.code_signing, UUID(booked), time.now()).text
    assert (await scene.guide.scans(code))["outcome"] == "accepted"


async def test_a_second_booking_in_the_same_queue_waits_until_the_first_is_seen(scene):
    person, _, ticket = await scene.arrives()
    other = await props.a_slot(starts_at=time.at(time.today(), 10), department_id=scene.department_id)
    second = await props.an_appointment(other, UUID(person.patient_id), UUID(person.account_id))
    answer = await scene.guide.scans(await person.code(str(second)))
    assert (answer["outcome"], answer["ticket"]["id"]) == ("already_checked_in", ticket["id"])


@pytest.mark.parametrize(
    ("language", "word"), [("zh-CN", "还未到报到时间"), ("zh-TW", "還未到報到時間"), ("en", "Too early")]
)
async def test_the_answer_speaks_the_callers_language(scene, clock, language, word):
    person, booked = await scene.books()
    await clock.set_to(time.at(time.today(), 7))
    body = {"scan_id": str(uuid4()), "code": await person.code(booked), "desk_id": str(scene.desk_id)}
    reply = await scene.guide.call("POST", "/desk/scans", body, Accept_Language=language)
    assert word in reply.body["message"]
    assert "07:10" in reply.body["message"]


async def scanned_by_two(scene, pairs=8):
    """Eight phones, each scanned by two guides at once; gives the outcomes of each phone."""
    second = await a_member_of_staff(scene.site, "guide", desk_id=scene.desk_id)
    codes = []
    for _ in range(pairs):
        person, booked = await scene.books()
        codes.append(await person.code(booked))
    answers = await asyncio.gather(*(guide.scans(code) for code in codes for guide in (scene.guide, second)))
    outcomes = [answer["outcome"] for answer in answers]
    return [sorted(outcomes[n : n + 2]) for n in range(0, len(outcomes), 2)]


async def test_two_guides_scan_one_phone_at_once(scene):
    for outcomes in await scanned_by_two(scene):
        assert outcomes == ["accepted", "already_checked_in"]
    assert await props.count("ticket") == await props.count("fact", "name = 'PatientArrived'") == 8
    assert await props.count("scan") == 16
    assert await broken_invariants(WIRING) == []


@pytest.fixture
async def no_unique_tickets(hospital):
    """The constraints behind the guard taken away, for a test that shows what the guard is for."""
    names = ("ticket_one_for_an_appointment", "ticket_one_place_for_a_person")
    rows = await db.fetch("SELECT indexname, indexdef FROM pg_indexes WHERE indexname = ANY($1::text[])", list(names))
    assert len(rows) == 2
    for name in names:
        await db.fetch(f"DROP INDEX {name}")
    try:
        yield
    finally:
        await db.fetch("DELETE FROM ticket")
        for row in rows:
            await db.fetch(row["indexdef"])


@pytest.fixture
def many_servers(monkeypatch):
    """Every scan arrives in a statement of its own, as if each came to another server."""
    monkeypatch.setattr(arrivals, "_arrivals", Group(arrivals.arrive_together, lanes=16, at_most=1))


async def test_without_the_guard_one_phone_gets_two_tickets(scene, no_unique_tickets, many_servers, monkeypatch):
    monkeypatch.setattr(effects, "ARRIVE", effects.arrive_statement(guard="asked.status <> ''"))
    outcomes = await scanned_by_two(scene)
    assert ["accepted", "accepted"] in outcomes


async def test_the_constraints_alone_keep_one_ticket_when_the_guard_is_gone(scene, many_servers, monkeypatch):
    monkeypatch.setattr(effects, "ARRIVE", effects.arrive_statement(guard="asked.status <> ''"))
    for outcomes in await scanned_by_two(scene):
        assert outcomes == ["accepted", "already_checked_in"]


async def test_the_same_scan_sent_twice_at_once_is_one(scene):
    person, booked = await scene.books()
    code, scan_id = await person.code(booked), str(uuid4())
    answers = await asyncio.gather(*(scene.guide.scans(code, scan_id=scan_id) for _ in range(6)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["outcome"] == "accepted"
    assert await props.count("scan") == await props.count("ticket") == 1


@pytest.fixture
def statements(monkeypatch):
    """The statements that are sent while the list is watched."""
    sent: list[str] = []
    real = SafeAsyncpgClient.execute_query_dict

    async def counted(self, query, values=None):
        sent.append(query)
        return await real(self, query, values)

    monkeypatch.setattr(SafeAsyncpgClient, "execute_query_dict", counted)
    return sent


async def test_a_scan_takes_few_statements(scene, statements):
    await scene.arrives()
    person, booked = await scene.books()
    code = await person.code(booked)
    statements.clear()
    await scene.guide.scans(code)
    assert len(statements) <= 2
    statements.clear()
    await scene.guide.scans(code)
    assert len(statements) <= 2


async def test_no_outcome_of_a_scan_takes_more_than_six_statements(scene, statements):
    """Counted where the engine sends them; a token that is remembered costs none."""
    person, booked = await scene.books()
    _, early = await scene.books(
        await props.a_slot(starts_at=time.at(time.today(), 15), department_id=scene.department_id)
    )
    other = await props.a_slot(starts_at=time.at(time.today(), 9, 10))
    _, elsewhere = await scene.books(other)
    seed = scene.site.settings.keys.code_signing
    await db.fetch("UPDATE desk SET department_id = $1", scene.department_id)
    code = await person.code(booked)
    expected = {
        "accepted": code,
        "already_checked_in": code,
        "too_early": patient_code(seed, UUID(early), time.now()).text,
        "wrong_department": patient_code(seed, UUID(elsewhere), time.now()).text,
        "forged": patient_code(b"f" * 32, UUID(booked), time.now()).text,
        "unknown_code": "rubbish",
        "code_expired": patient_code(seed, UUID(booked), time.now() - timedelta(minutes=5)).text,
    }
    most = {}
    for meaning, shown in expected.items():
        statements.clear()
        answer = await scene.guide.scans(shown)
        assert (answer["reason"] or answer["outcome"]) == meaning
        most[meaning] = len(statements)
    assert max(most.values()) <= 6, most
    assert most["accepted"] <= 4, most
    assert await props.count("scan") == len(expected)


async def test_what_is_wrong_with_a_scan_is_said_and_nothing_is_kept(scene):
    whole = {"scan_id": str(uuid4()), "code": "H2.x.y", "desk_id": str(scene.desk_id)}
    for change in (
        {"scan_id": "1"},
        {"code": ""},
        {"code": "x" * 3000},
        {"code": None},
        {"desk_id": str(uuid4())},
        {"scanned_at": "yesterday"},
        {"scanned_at": "9999-12-31T23:59:59-14:00"},
        {"scanned_at": "2026-07-01T09:00:00"},
        {"more": 1},
    ):
        reply = await scene.guide.refused("/desk/scans", whole | change)
        assert (reply.status, change) == (422, change)
    assert await props.count("scan") == 0


async def test_patients_and_rooms_do_not_scan(scene):
    person = await a_patient_by_row(scene.site)
    body = {"scan_id": str(uuid4()), "code": "x", "desk_id": str(scene.desk_id)}
    for somebody in (person, scene.doctor):
        assert (await somebody.refused("/desk/scans", body)).status == 403
    scene.guide.token = "unknown"
    assert (await scene.guide.refused("/desk/scans", body)).status == 401


async def test_a_guide_does_not_scan_at_the_desk_of_another_department(scene):
    other = await props.a_department(name="眼科")
    guide = await a_member_of_staff(
        scene.site, "guide", department_id=other, desk_id=await props.a_desk(department_id=scene.department_id)
    )
    body = {"scan_id": str(uuid4()), "code": "x", "desk_id": guide.desk_id}
    assert (await guide.refused("/desk/scans", body)).status == 403
