"""The demonstration hospital in the database and over HTTP."""

from uuid import UUID

from infra.seed import seed_demo
from infra.seed.draw import draw
from infra.seed.plan import LOGINS, PASSWORD
from server import clock, db
from server.hospital import on_duty
from tests import props


async def count(table: str) -> int:
    return (await db.fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"]


async def test_it_has_slots_for_two_weeks(hospital):
    found = await seed_demo(1)
    assert await count("department") == 30
    assert await count("practitioner") == 120
    days = await db.fetch("SELECT DISTINCT day FROM session ORDER BY day")
    assert days[0]["day"] == clock.today()
    assert len(days) >= 14
    assert await count("slot WHERE starts_at > app_now() AND taken < capacity") > 5000
    assert UUID(found["desk_id"]) == draw(1).name_row("desk", "hall")


async def test_a_slot_in_the_next_hour_can_be_booked_right_away(hospital):
    await seed_demo(1)
    near = (
        "slot s JOIN session x ON x.id = s.session_id AND x.opens_at <= app_now()"
        " WHERE s.starts_at BETWEEN app_now() AND app_now() + interval '1 hour'"
    )
    assert await count(near) >= 1


async def test_a_second_seeding_changes_nothing_and_says_the_same(hospital):
    first = await seed_demo(1)
    before = [await count(table) for table in ("department", "staff", "duty", "session", "slot")]
    assert await seed_demo(1) == first
    assert await seed_demo(2) == first
    assert [await count(table) for table in ("department", "staff", "duty", "session", "slot")] == before


async def test_a_real_hospital_is_left_alone(hospital):
    await props.insert("hospital", name="真实医院")
    assert await seed_demo(1) == {"staff": [], "desk_id": None}
    assert await count("department") == 0


async def test_every_login_opens(hospital):
    found = await seed_demo(1)
    assert [staff["username"] for staff in found["staff"]] == [login.username for login in LOGINS]
    general = str(draw(1).name_row("department", "general"))
    assert {"username": "room1", "password": PASSWORD, "roles": ["room"], "departments": [general]} in found["staff"]
    assert {"username": "admin", "password": PASSWORD, "roles": ["admin"], "departments": []} in found["staff"]
    answer = await hospital.http.post(
        hospital.base + "/api/v1/staff/sessions", json={"username": "guide1", "password": PASSWORD}
    )
    assert answer.status == 201, await answer.text()


async def test_every_room_is_signed_in_by_a_doctor_of_its_department(hospital):
    await seed_demo(1)
    rows = await db.fetch(
        "SELECT s.username, s.name = p.name AS is_named, p.department_id = r.department_id AS is_theirs FROM staff s"
        " JOIN staff_role r ON r.staff_id = s.id JOIN practitioner p ON p.id = s.practitioner_id ORDER BY s.username"
    )
    assert [(row["username"], row["is_named"], row["is_theirs"]) for row in rows] == [
        (f"room{n}", True, True) for n in (1, 2, 3, 4)
    ]


async def test_somebody_is_on_duty_at_the_last_second_of_the_day(hospital):
    await seed_demo(1)
    last = clock.at(clock.today(), 23, 59).replace(second=59)
    for level in range(4):
        assert await on_duty(level, last)


async def test_departments_stand_in_a_tree_and_are_found_by_pinyin(hospital):
    await seed_demo(1)
    row = await db.fetch_one(
        "SELECT d.pinyin, d.initials, p.name AS parent FROM department d JOIN department p ON p.id = d.parent_id"
        " WHERE d.code = 'cardiology'"
    )
    assert row == {"pinyin": "xinxueguanneike", "initials": "xxgnk", "parent": "内科"}
