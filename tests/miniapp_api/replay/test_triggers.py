"""What the log hears by itself: each trigger with its story, and the same story with the trigger switched off."""

import pytest

from server import clock as time
from server import db
from tests import props
from tests.miniapp_api.replay.test_replay import Witness


async def a_session_is_planned(scene) -> None:
    await props.a_slot(
        starts_at=time.at(time.today(), 8, 10),
        department_id=scene.department_id,
        practitioner_id=await props.a_practitioner(scene.department_id, name="周晓"),
        room_id=await props.a_room(scene.department_id, name="5诊室"),
    )


async def a_session_is_unplanned(scene) -> None:
    await db.fetch("DELETE FROM slot WHERE session_id = $1", scene.second.session_id)
    await db.fetch("DELETE FROM session WHERE id = $1", scene.second.session_id)


async def a_session_moves(scene) -> None:
    await db.fetch("UPDATE session SET room_id = $2 WHERE id = $1", scene.second.session_id, scene.room_id)


async def a_room_is_new(scene) -> None:
    await props.a_room(scene.department_id, name="6诊室")


async def a_room_is_renamed(scene) -> None:
    await db.fetch("UPDATE room SET name = '9诊室' WHERE id = $1", scene.room_id)


async def a_practitioner_is_renamed(scene) -> None:
    await db.fetch("UPDATE practitioner SET name = '王敏敏' WHERE id = $1", scene.slot.practitioner_id)


async def a_department_moves(scene) -> None:
    await db.fetch("UPDATE department SET location = '九楼' WHERE id = $1", scene.department_id)


async def somebody_in_the_queue_is_renamed(scene) -> None:
    ticket = await scene.walks_in(patient={"name": "赵无约"})
    await db.fetch(
        "UPDATE patient SET name = '司马相如' WHERE id = (SELECT patient_id FROM ticket WHERE id = $1)", ticket["id"]
    )


STORIES = {
    "session_is_planned": ("session", a_session_is_planned),
    "session_is_unplanned": ("session", a_session_is_unplanned),
    "session_is_replanned": ("session", a_session_moves),
    "room_is_new": ("room", a_room_is_new),
    "room_is_changed": ("room", a_room_is_renamed),
    "practitioner_is_renamed": ("practitioner", a_practitioner_is_renamed),
    "department_is_renamed": ("department", a_department_moves),
    "patient_in_queue_is_renamed": ("patient", somebody_in_the_queue_is_renamed),
}


async def is_in_the_log(scene, clock, story) -> None:
    """Let it happen, look at the screens, and compare the look with what the log gives for that second."""
    await clock.set_to(time.at(time.today(), 9, 30))
    await story(scene)
    await clock.forward(minutes=1)
    witness = Witness(scene)
    await witness.looks()
    await clock.forward(minutes=1)
    assert await witness.agrees() == 1


@pytest.mark.parametrize("trigger", STORIES)
async def test_what_changes_beside_the_tickets_is_in_the_log(scene, clock, trigger):
    await is_in_the_log(scene, clock, STORIES[trigger][1])


@pytest.mark.mutant
@pytest.mark.parametrize("trigger", STORIES)
async def test_without_its_trigger_the_log_would_not_know(scene, clock, trigger):
    table, story = STORIES[trigger]
    await db.fetch(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    try:
        with pytest.raises(AssertionError):
            await is_in_the_log(scene, clock, story)
    finally:
        await db.fetch(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")


async def test_every_trigger_of_the_log_has_a_story(hospital):
    rows = await db.fetch(
        "SELECT t.tgname AS name FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE p.proname IN ('queue_plan_changed', 'queue_tells_name')"
    )
    assert {row["name"] for row in rows} == set(STORIES)
