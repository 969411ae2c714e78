"""Who is faster: two administrators who switch each other off, and a password that is given while somebody signs in.

Each guard is taken out once.
"""

import asyncio

import pytest

from server import auth, db
from server.accounts import Staff
from server.errors import WrongPassword
from tests import props
from tests.cast import a_member_of_staff
from tests.locks import somebody_waits

LOCK = "PERFORM pg_advisory_xact_lock(7402148);"
OFF = "UPDATE staff SET active = false, version = version + 1 WHERE id = $1"


async def two_switch_each_other_off(hospital) -> tuple[int, str, int]:
    """One has switched the other off, and is about to commit, when the other does the same by the API."""
    one, other = [await a_member_of_staff(hospital, "admin") for _ in range(2)]
    async with db.alone(hospital.settings.database_url) as connection:
        first = connection.transaction()
        await first.start()
        await connection.execute(OFF, one.staff_id)
        going = asyncio.ensure_future(
            one.call("POST", f"/admin/staff/{other.staff_id}/deactivation", {"reason": "离职"})
        )
        waits = asyncio.ensure_future(somebody_waits())
        await asyncio.wait({going, waits}, return_when=asyncio.FIRST_COMPLETED)
        await first.commit()
        reply = await going
        waits.cancel()
    code = reply.body.get("code", "")
    return reply.status, code, await props.count("staff", "active")


async def test_two_administrators_do_not_switch_each_other_off(hospital):
    assert await two_switch_each_other_off(hospital) == (409, "last_administrator", 1)


async def test_without_the_lock_they_would(hospital):
    source = "SELECT pg_get_functiondef('staff_keeps_an_administrator'::regproc) AS it"
    (row,) = await db.fetch(source)
    assert LOCK in row["it"]
    await db.fetch(row["it"].replace(LOCK, ""))
    try:
        assert await two_switch_each_other_off(hospital) == (200, "", 0)
    finally:
        await db.fetch(row["it"])


async def test_the_last_administrator_keeps_the_role(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    await a_member_of_staff(hospital, "admin", department_id=await props.a_department())
    refused = await admin.refused(f"/admin/staff/{admin.staff_id}", {"roles": [{"role": "guide"}]}, method="PATCH")
    assert (refused.status, refused.code) == (409, "last_administrator")
    assert (await admin.get("/staff/me"))["roles"] == ["admin"]
    assert await props.count("staff_change") == 0
    await a_member_of_staff(hospital, "admin")
    done = await admin.call("PATCH", f"/admin/staff/{admin.staff_id}", {"roles": [{"role": "guide"}]})
    assert (done.status, [one["role"] for one in done.body["roles"]]) == (200, ["guide"])
    assert (await admin.call("GET", "/admin/staff")).status == 403


async def test_who_was_looked_at_with_an_old_password_does_not_get_in(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    staff_id = await props.a_staff("guide", username="mei")
    looked_at = await auth.check_password("mei", props.PASSWORD)
    await admin.post(f"/admin/staff/{staff_id}/password")
    with pytest.raises(WrongPassword):
        await auth.admit_staff(looked_at)
    with pytest.raises(WrongPassword):
        await auth.admit_staff(Staff(id=staff_id, username="mei", name="梅", password_hash="-"))
    assert await props.count("login", "staff_id = $1 AND revoked_at IS NULL", staff_id) == 0


async def test_two_administrators_change_one_account(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    staff_id = await props.a_staff("guide", username="mei")
    replies = await asyncio.gather(
        *(admin.call("PATCH", f"/admin/staff/{staff_id}", {"name": f"梅{n}"}, If_Match='"1"') for n in range(4))
    )
    assert [reply.status for reply in replies].count(200) == 1
    assert {reply.status for reply in replies} <= {200, 409, 412}
    assert await props.count("staff_change") == 1
