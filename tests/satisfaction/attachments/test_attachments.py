"""Files of complaints over HTTP: sent, named by a line, seen by few, checked by the platform, never left over."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from satisfaction.attachments import actions, checking, models
from satisfaction.attachments.stores import store
from server import clock as time
from server import db
from tests import props
from tests.cast import Client, a_member_of_staff, a_patient_by_row, a_patient_with_a_phone
from tests.mutants import Mutant, is_killed
from tests.satisfaction.attachments.samples import PLACE, amr, mp3, picture, wav
from tests.satisfaction.attachments.sending import a_file, sent

VERDICT = "/_sim/media-verdict"


@pytest.fixture(autouse=True)
async def platform(hospital):
    """The platform finds nothing, until a test says otherwise."""
    await finds(hospital, "pass")


async def finds(hospital, suggest: str | None) -> None:
    async with hospital.http.put(hospital.simulator + VERDICT, json={"suggest": suggest}) as reply:
        assert reply.status == 200


async def state_of(attachment_id: str) -> str:
    row = await db.fetch_one("SELECT state FROM attachment WHERE id = $1", UUID(attachment_id))
    assert row is not None
    return row["state"]


async def checked(ward, attachment_id: str, state: str) -> None:
    """Let the workers look until a file stands there: the platform answers in its own time."""
    async with asyncio.timeout(5):
        while await state_of(attachment_id) != state:
            await ward.run("check_attachments")
            await asyncio.sleep(0.02)


# ---- sending --------------------------------------------------------------------------------------------------------


async def test_a_picture_and_a_recording_are_part_of_a_complaint_and_seen_by_both_sides(ward):
    one, two = await a_file(ward.patient, picture(note=PLACE)), await a_file(ward.patient, mp3(3), "audio/mpeg")
    filed = await ward.patient.post("/complaints", {"attachment_ids": [one, two]})
    [line] = filed["entries"]
    assert line["text"] == "（图片 1 张，语音 1 段）"
    assert [(file["id"], file["kind"], file["seconds"]) for file in line["attachments"]] == [
        (one, "picture", None),
        (two, "voice", 3.0),
    ]
    for client in (ward.patient, ward.handler):
        reply = await client.call("GET", f"/attachments/{one}")
        assert (reply.status, reply.headers["Content-Type"]) == (200, "image/jpeg")
        assert PLACE not in reply.raw
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Cache-Control"] == "no-store"
    seen = await ward.handler.get(f"/complaints/{filed['id']}")
    assert [file["id"] for file in seen["entries"][0]["attachments"]] == [one, two]


async def test_what_lies_in_the_store_shows_nothing(ward):
    attachment_id = UUID(await a_file(ward.patient))
    sealed = await store().get(actions.key_of(attachment_id))
    assert b"\xff\xd8\xff" not in sealed
    assert b"JFIF" not in sealed


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"<svg/>", "image/svg+xml", 415, "wrong_media_type"),
        (b"<html>", "text/html", 415, "wrong_media_type"),
        (b"<html>", "image/png", 422, "file_unreadable"),
        (amr(181), "audio/amr", 422, "file_too_long"),
        (bytes(10 * 1024 * 1024 + 1), "image/jpeg", 413, "too_large"),
    ],
    ids=["svg", "html", "html as png", "too long", "too large"],
)
async def test_what_is_no_picture_and_no_sound_is_not_kept(ward, content, media_type, status, code):
    reply = await sent(ward.patient, content, media_type)
    assert (reply.status, reply.body["code"]) == (status, code)
    assert await props.count("attachment") == 0


async def test_a_lost_answer_is_asked_for_again_and_the_file_is_there_once(ward):
    key = str(uuid4())
    first = await sent(ward.patient, picture(), key=key)
    again = await sent(ward.patient, picture(), key=key)
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await props.count("attachment") == 1


async def test_nobody_sends_without_end(ward, monkeypatch):
    monkeypatch.setattr(actions.rules, "MOST_UNBOUND", 2)
    await a_file(ward.patient)
    kept = await a_file(ward.patient)
    assert (await sent(ward.patient, picture())).body["code"] == "too_many_files"
    assert (await ward.patient.call("DELETE", f"/attachments/{kept}")).status == 204
    await a_file(ward.patient)


# ---- part of a line -------------------------------------------------------------------------------------------------


async def test_a_line_has_nine_pictures_and_three_recordings_at_most(ward):
    complaint_id = await ward.complaint()
    pictures = [await a_file(ward.patient, picture(size=(20 + n, 20))) for n in range(10)]
    refused = await ward.patient.refused(f"/complaints/{complaint_id}/messages", {"attachment_ids": pictures})
    assert (refused.status, refused.code) == (409, "too_many_files")
    seen = await ward.patient.post(f"/complaints/{complaint_id}/messages", {"attachment_ids": pictures[:9]})
    assert [file["id"] for file in seen["entries"][-1]["attachments"]] == pictures[:9]
    voices = [await a_file(ward.patient, wav(1 + n), "audio/wav") for n in range(4)]
    refused = await ward.patient.refused(f"/complaints/{complaint_id}/messages", {"attachment_ids": voices})
    assert refused.code == "too_many_files"


async def test_a_line_needs_words_or_files(ward):
    complaint_id = await ward.complaint()
    for path in ("/complaints", f"/complaints/{complaint_id}/messages"):
        refused = await ward.patient.refused(path, {"text": " "})
        assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/text")


async def test_a_file_belongs_to_one_line_and_to_who_sent_it(ward, hospital):
    complaint_id, file = await ward.complaint(), await a_file(ward.patient)
    path = f"/complaints/{complaint_id}/messages"
    other = await a_patient_by_row(hospital)
    theirs = await a_file(other)
    assert (await ward.patient.refused(path, {"attachment_ids": [theirs]})).status == 404
    await ward.patient.post(path, {"attachment_ids": [file]})
    assert (await ward.patient.refused(path, {"attachment_ids": [file]})).status == 404
    assert (await ward.patient.call("DELETE", f"/attachments/{file}")).status == 404


async def _taken_once(ward) -> None:
    """Two lines name one file at the same moment: one of them has it."""
    complaint_id, file = await ward.complaint(), await a_file(ward.patient)
    replies = await asyncio.gather(
        *(
            ward.patient.call(
                "POST",
                f"/complaints/{complaint_id}/messages",
                {"text": text, "attachment_ids": [file]},
                Idempotency_Key=str(uuid4()),
            )
            for text in ("一", "二")
        )
    )
    assert sorted(reply.status for reply in replies) == [201, 404]
    entries = (await ward.patient.get(f"/complaints/{complaint_id}"))["entries"]
    assert [len(entry["attachments"]) for entry in entries] == [0, 1]


async def test_two_lines_do_not_share_a_file(ward):
    await _taken_once(ward)


async def _bound_stays(ward) -> None:
    """A file that is part of a line is taken by no other statement."""
    one, two = await ward.complaint(), await ward.complaint()
    file = await a_file(ward.patient)
    await ward.patient.post(f"/complaints/{one}/messages", {"attachment_ids": [file]})
    entry = await db.fetch_one("SELECT id FROM complaint_entry WHERE complaint_id = $1", UUID(two))
    assert entry is not None
    account = UUID(ward.patient.account_id)
    taken = await db.fetch(models.BIND, [UUID(file)], account, None, UUID(two), entry["id"], None, True)
    assert taken == []


async def test_a_bound_file_stays_where_it_is(ward):
    await _bound_stays(ward)


@pytest.mark.mutant
async def test_a_binding_that_does_not_look_is_noticed(ward, monkeypatch):
    mutant = Mutant("the look whether it is bound", models, "BIND", ((" AND a.bound_at IS NULL", ""),), _bound_stays)
    await is_killed(mutant, monkeypatch, ward)


# ---- who sees it ----------------------------------------------------------------------------------------------------


async def test_a_file_is_seen_by_who_may_see_the_complaint_and_by_nobody_else(ward, hospital):
    file = await a_file(ward.patient)
    for client in (ward.handler, ward.supervisor):
        assert (await client.call("GET", f"/attachments/{file}")).status == 404  # it is part of nothing yet
    encounter_id = await ward.visit()
    await ward.patient.post("/complaints", {"text": "。", "encounter_id": str(encounter_id), "attachment_ids": [file]})
    elsewhere = await a_member_of_staff(hospital, "complaint_handler", department_id=await props.a_department())
    doctor = await a_member_of_staff(hospital, "complaint_handler", practitioner_id=ward.slot.practitioner_id)
    guide = await a_member_of_staff(hospital, "guide")
    for client, status in (
        (ward.handler, 200),
        (ward.patient, 200),
        (await a_patient_by_row(hospital), 404),
        (elsewhere, 404),
        (doctor, 404),  # nobody looks at what is said of them
        (guide, 403),
        (Client(hospital), 401),
    ):
        assert (await client.call("GET", f"/attachments/{file}")).status == status
    assert (await doctor.call("POST", f"/attachments/{file}/release", {}, Idempotency_Key=str(uuid4()))).status == 404


async def test_what_staff_add_for_themselves_the_patient_never_sees(ward):
    complaint_id = await ward.complaint()
    inside, outside = await a_file(ward.handler), await a_file(ward.handler)
    await ward.handler.post(f"/complaints/{complaint_id}/attachments", {"attachment_ids": [inside], "text": "监控截图"})
    await ward.handler.post(
        f"/complaints/{complaint_id}/attachments", {"attachment_ids": [outside], "is_internal": False}
    )
    seen = await ward.patient.get(f"/complaints/{complaint_id}")
    assert inside not in str(seen)
    assert outside in str(seen)
    assert (await ward.patient.call("GET", f"/attachments/{inside}")).status == 404
    assert (await ward.patient.call("GET", f"/attachments/{outside}")).status == 200
    assert await state_of(inside) == "shown"


async def test_the_patient_is_told_of_files_that_are_for_them_and_only_of_those(ward, drain):
    patient = await a_patient_with_a_phone(ward.site)
    await patient.accepts("complaint_progress")
    complaint_id = await ward.complaint(patient)
    path = f"/complaints/{complaint_id}/attachments"
    await ward.handler.post(path, {"attachment_ids": [await a_file(ward.handler)], "text": "监控截图"})
    await drain()
    assert await ward.facts("ComplaintReplied") == []
    seen = await ward.handler.post(
        path, {"attachment_ids": [await a_file(ward.handler)], "text": "退费单", "is_internal": False}
    )
    (told,) = await ward.facts("ComplaintReplied")
    assert (told["entry_id"], told["account_id"]) == (seen["entries"][-1]["id"], patient.account_id)
    assert told["is_answer"] is False
    await drain()
    keys = {row["event_key"] for row in await db.fetch("SELECT event_key FROM message WHERE account_id IS NOT NULL")}
    assert f"complaint_progress:{complaint_id}:{told['entry_id']}" in keys
    (row,) = await db.fetch("SELECT responded_at FROM complaint")
    assert row["responded_at"] is None  # a picture alone is no response


async def test_adding_files_is_something_done_about_a_complaint(ward):
    complaint_id = await ward.complaint()
    await ward.handler.post(f"/complaints/{complaint_id}/acknowledgement")
    await db.fetch("UPDATE escalation_ack SET at = app_now() - interval '2 hours', until = app_now() + '1 minute'")
    await ward.handler.post(f"/complaints/{complaint_id}/attachments", {"attachment_ids": [await a_file(ward.handler)]})
    assert await db.fetch("SELECT FROM escalation_ack WHERE until > app_now() + interval '5 minutes'")


# ---- the platform's check -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suggest", "state"), [("pass", "shown"), ("risky", "hidden"), ("review", "to_be_read")])
async def test_the_platform_looks_at_it_and_its_verdict_counts(ward, hospital, suggest, state):
    await finds(hospital, suggest)
    patient = await a_patient_with_a_phone(hospital)
    file = await a_file(patient)
    complaint_id = await ward.complaint(patient, attachment_ids=[file])
    await checked(ward, file, state)
    assert (await ward.handler.call("GET", f"/attachments/{file}")).status == 200  # never lost to who handles it
    [line] = (await ward.handler.get(f"/complaints/{complaint_id}"))["entries"][:1]
    assert line["attachments"][0]["state"] == state


async def test_several_files_of_one_second_have_a_verdict_each(ward, hospital):
    patient = await a_patient_with_a_phone(hospital)
    files = [await a_file(patient, picture(size=(30 + n, 20))) for n in range(3)]
    await ward.complaint(patient, attachment_ids=files)
    for file in files:
        await checked(ward, file, "shown")


@pytest.mark.parametrize(
    ("content", "media_type"), [(amr(), "audio/amr"), (picture("WEBP"), "image/webp")], ids=["amr", "webp"]
)
async def test_what_the_platform_does_not_know_a_person_looks_at(ward, content, media_type):
    file = await a_file(ward.patient, content, media_type)
    await ward.complaint(attachment_ids=[file])
    await ward.run("check_attachments")
    assert await state_of(file) == "to_be_read"
    assert (await ward.handler.post(f"/attachments/{file}/hiding"))["state"] == "hidden"
    assert (await ward.handler.post(f"/attachments/{file}/release"))["state"] == "shown"
    assert (await ward.handler.post(f"/attachments/{file}/release"))["state"] == "shown"
    assert (await ward.handler.refused(f"/attachments/{file}/hiding")).code == "illegal_move"


async def test_a_platform_that_never_answers_is_waited_for_half_an_hour(ward, hospital, clock):
    await finds(hospital, None)
    patient = await a_patient_with_a_phone(hospital)
    file = await a_file(patient)
    await ward.complaint(patient, attachment_ids=[file])
    await ward.run("check_attachments")
    assert await state_of(file) == "checking"
    await clock.forward(minutes=29)
    await ward.run("check_attachments")
    assert await state_of(file) == "checking"
    await clock.forward(minutes=2)
    await ward.run("check_attachments")
    assert await state_of(file) == "to_be_read"


async def test_a_patient_who_was_not_here_lately_is_checked_by_a_person(ward, hospital):
    file = await a_file(ward.patient)
    await ward.complaint(attachment_ids=[file])
    fault = {"path": "/wxa/media_check_async", "mode": "quota", "count": 1}
    async with hospital.http.put(hospital.simulator + "/_sim/faults", json=fault) as reply:
        assert reply.status < 300
    await ward.run("check_attachments")
    assert await state_of(file) == "received"  # the day's limit: asked again later
    await db.fetch("UPDATE account SET openid = 'nobody-there' WHERE id = $1", UUID(ward.patient.account_id))
    await db.fetch("UPDATE attachment SET check_due_at = app_now()")
    await ward.run("check_attachments")
    assert await state_of(file) == "to_be_read"


async def test_an_address_is_good_for_its_file_and_its_time(ward, hospital):
    one, two = await a_file(ward.patient), await a_file(ward.patient, picture("PNG"), "image/png")
    address = checking.address_of(UUID(one))

    async def status(url: str) -> int:
        async with hospital.http.get(url) as reply:
            return reply.status

    assert await status(address) == 200
    assert await status(address.replace(one, two)) == 404
    assert await status(address[:-1] + ("0" if address[-1] != "0" else "1")) == 404
    until = int(address.partition("until=")[2].partition("&")[0])
    assert await status(address.replace(str(until), str(until + 60))) == 404
    assert not checking.may_fetch(UUID(one), until - 9999, checking._mark(UUID(one), until - 9999))


# ---- nothing is left over -------------------------------------------------------------------------------------------


async def test_what_is_never_sent_is_forgotten_after_a_day_with_its_bytes(ward, clock):
    left, kept = await a_file(ward.patient), await a_file(ward.patient)
    await ward.complaint(attachment_ids=[kept])
    await clock.forward(hours=23)
    await actions.sweep(timedelta(seconds=-10))
    assert await props.count("attachment") == 2
    await clock.forward(hours=2)
    await actions.sweep(timedelta(seconds=-10))
    assert await props.count("attachment") == 1
    assert (await ward.patient.call("GET", f"/attachments/{left}")).status == 404
    assert (await ward.patient.call("GET", f"/attachments/{kept}")).status == 200
    keys = await store().older_than(-10)
    assert keys == [actions.key_of(UUID(kept))]
    assert await actions.sweep(timedelta(seconds=-10)) == 0


async def test_bytes_whose_row_was_never_written_are_swept_when_they_are_old(ward):
    kept = store()
    orphan = actions.key_of(UUID("01a20402-fb82-706b-a3c7-92633bfc3f1b"))
    await kept.put(orphan, b"half way")
    await ward.run("sweep_attachments")
    assert orphan in await kept.older_than(-10)  # it may be on its way into the database
    assert await actions.sweep(timedelta(seconds=-10)) >= 1
    assert orphan not in await kept.older_than(-10)


async def test_time_is_the_walls_for_what_others_count(ward, clock):
    await clock.forward(days=3)
    file = await a_file(ward.patient)
    until = int(checking.address_of(UUID(file)).partition("until=")[2].partition("&")[0])
    assert abs(until - (time.now() - time.shift()).timestamp() - 35 * 60) < 5
