"""What the house writes for itself never leaves: not to the patient, not in messages, not to other systems."""

import pytest

from satisfaction.complaints import cases, timeline
from satisfaction.complaints.timeline import HIDDEN
from server import db
from server.history import SYSTEM
from server.openapi import openapi
from tests.cast import a_patient_with_a_phone

MARKER = "仅内部知道的话"


@pytest.fixture
async def case(ward, drain):
    """A complaint with a marked line of every internal kind, and an answer; the patient has a phone."""
    patient = await a_patient_with_a_phone(ward.site)
    await patient.accepts("complaint_progress")
    encounter_id = await ward.visit(patient)
    complaint_id = await ward.complaint(patient, encounter_id=str(encounter_id))
    async with db.transaction():
        complaint = await cases.locked(complaint_id, None)
        for kind in sorted(HIDDEN):
            await timeline.write(complaint, kind, f"{MARKER}（{kind}）", by=SYSTEM)
    await ward.handler.post(f"/complaints/{complaint_id}/note", {"text": MARKER})
    answer = {"finding": "已查", "action": "已改", "responsible": "何主管"}
    await ward.handler.post(f"/complaints/{complaint_id}/answer", answer)
    await drain()
    return patient, complaint_id


def patient_paths(site, complaint_id: str) -> list[str]:
    """Every path that patients may read without naming anything but their complaint."""
    document = openapi(site.app, title="", version="")
    found = []
    for path, operations in document["paths"].items():
        schemes = {name for one in operations.get("get", {}).get("security", []) for name in one}
        if "get" in operations and "patient" in schemes and not path.endswith("events"):
            filled = path.replace("{complaint_id}", complaint_id)
            if "{" not in filled:
                found.append(filled.removeprefix("/api/v1"))
    return found


async def test_the_marker_is_there_for_staff(ward, case):
    _, complaint_id = case
    seen = await ward.handler.call("GET", f"/complaints/{complaint_id}")
    assert seen.raw.decode().count(MARKER) >= len(HIDDEN)


async def test_no_path_of_a_patient_gives_it(ward, case):
    patient, complaint_id = case
    paths = patient_paths(ward.site, complaint_id)
    assert f"/complaints/{complaint_id}" in paths
    assert len(paths) > 8
    for path in paths:
        reply = await patient.call("GET", path)
        assert MARKER not in reply.raw.decode(errors="replace"), path


async def test_no_message_no_fact_no_call_of_the_platform_holds_it(ward, case):
    patient, _ = case
    for table in ("message", "delivery", "fact", "alert"):
        rows = await db.fetch(f"SELECT to_jsonb(t)::text AS whole FROM {table} t")
        assert rows, table
        assert not [row for row in rows if MARKER in row["whole"]], table
    assert MARKER not in str(await patient.phone_shows())
    async with ward.site.http.get(ward.site.simulator + "/_sim/calls") as reply:
        assert MARKER not in await reply.text()


@pytest.mark.parametrize("kind", ["note", "cause", "finding", "statement", "unseal"])
async def test_the_table_refuses_to_show_words_of_the_house(ward, kind):
    complaint_id = await ward.complaint()
    with pytest.raises(Exception, match="complaint_entry_note_is_internal"):
        await db.fetch(
            "INSERT INTO complaint_entry (id, complaint_id, kind, author_kind, visible_to_patient, text_cipher, at)"
            " VALUES (gen_random_uuid(), $1, $2, 'staff', true, '\\x00'::bytea, app_now())",
            complaint_id,
            kind,
        )
