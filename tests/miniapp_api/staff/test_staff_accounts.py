"""Accounts of staff: made, changed, switched off and on, looked up; every change of rights is in the history."""

import asyncio
from uuid import uuid4

import pytest

from miniapp_api.staff.installing import make_administrator
from miniapp_api.staff.rules import weakness
from server import db, live, sse, watching
from tests import props
from tests.cast import Client, StaffClient, a_member_of_staff, a_patient_with_a_phone
from tests.streams import watching as at_a_screen

NEW = {"username": "mei", "name": "梅若溪", "phone": "138-0013-8000", "email": "mei@Hospital.example"}


async def an_account(admin: StaffClient, **values) -> tuple[dict, str]:
    made = await admin.post("/admin/staff", {**NEW, **values})
    return made["staff"], made["one_time_password"]


async def signs_in(hospital, username: str, password: str) -> Client:
    session = await Client(site=hospital).post("/staff/sessions", {"username": username, "password": password})
    return Client(site=hospital, token=session["token"])


async def with_a_password(hospital, admin: StaffClient, **values) -> tuple[dict, Client]:
    row, password = await an_account(admin, **values)
    person = await signs_in(hospital, row["username"], password)
    await person.post("/staff/me/password", {"old_password": password, "new_password": "my-own-words-7"})
    return await admin.get(f"/admin/staff/{row['id']}"), person


async def acts(admin: StaffClient, row: dict) -> list[str]:
    return [one["act"] for one in (await admin.get(f"/admin/staff/{row['id']}/history"))["items"]]


async def test_a_new_colleague_signs_in_once_with_the_password_that_was_shown(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    department = await props.a_department(name="全科医疗科")
    row, password = await an_account(
        admin, roles=[{"role": "guide", "department_id": str(department)}, {"role": "operations"}]
    )
    assert [(one["role"], one["department_name"]) for one in row["roles"]] == [
        ("guide", "全科医疗科"),
        ("operations", ""),
    ]
    assert (row["phone_masked"], row["email_masked"]) == ("*******8000", "m***@hospital.example")
    assert row["one_time_until"]
    person = await signs_in(hospital, "mei", password)
    assert (await person.get("/staff/me"))["must_change_password"] is True
    shut = await person.call("GET", "/alerts")
    assert (shut.status, shut.code) == (403, "password_change_needed")
    assert (
        await person.call("GET", "/complaints/" + str(uuid4()))
    ).status == 403  # the guard of both, patients and staff
    await person.post("/staff/me/password", {"old_password": password, "new_password": "my-own-words-7"})
    assert (await person.get("/staff/me"))["must_change_password"] is False
    assert (await person.call("GET", "/alerts")).status == 200
    assert (
        await Client(site=hospital).refused("/staff/sessions", {"username": "mei", "password": password})
    ).status == 401
    await signs_in(hospital, "mei", "my-own-words-7")
    assert await acts(admin, row) == ["password_changed", "created"]


async def test_the_same_request_again_makes_no_second_account_and_keeps_the_password_sealed(hospital):
    admin, key = await a_member_of_staff(hospital, "admin"), str(uuid4())
    first = await admin.call("POST", "/admin/staff", NEW, Idempotency_Key=key)
    again = await admin.call("POST", "/admin/staff", NEW, Idempotency_Key=key)
    assert (first.status, again.raw) == (201, first.raw)
    password = first.body["one_time_password"].encode()
    assert await props.count("idempotency_record", "position($1 in body) > 0", password) == 0
    taken = await admin.refused("/admin/staff", NEW)
    assert (taken.status, taken.code) == (409, "username_taken")


async def test_a_one_time_password_runs_out(hospital, clock):
    row, password = await an_account(await a_member_of_staff(hospital, "admin"))
    await clock.forward(days=3, minutes=1)
    late = await Client(site=hospital).refused("/staff/sessions", {"username": row["username"], "password": password})
    assert (late.status, late.code) == (401, "one_time_password_over")


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("short-1", "password_too_short"),
        ("12345678901234", "password_too_simple"),
        ("abababababab", "password_too_simple"),
        ("mei-and-mei-9", "password_too_simple"),
        ("four warm words", None),
        ("春风又绿江南岸明月何时", None),
    ],
)
def test_what_is_too_weak_for_a_password(password, wrong):
    assert weakness(password, username="mei") == wrong


async def test_ones_own_password_needs_the_old_one_and_ends_the_other_sessions(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    row, person = await with_a_password(hospital, admin)
    other = await signs_in(hospital, "mei", "my-own-words-7")

    async def refused(old: str, new: str) -> tuple[str, str]:
        reply = await person.refused("/staff/me/password", {"old_password": old, "new_password": new})
        (field,) = reply.body["errors"]
        return field["pointer"], field["code"]

    assert await refused("guessed", "another-one-8") == ("/old_password", "wrong_old_password")
    assert await refused("my-own-words-7", "my-own-words-7") == ("/new_password", "password_as_before")
    assert await refused("my-own-words-7", "short") == ("/new_password", "password_too_short")
    await person.post("/staff/me/password", {"old_password": "my-own-words-7", "new_password": "another-one-8"})
    assert (await person.call("GET", "/staff/me")).status == 200
    assert (await other.call("GET", "/staff/me")).status == 401
    assert (await acts(admin, row)).count("password_changed") == 2
    for _ in range(5):
        await refused("guessed", "yet-another-9")
    guessing = await person.refused("/staff/me/password", {"old_password": "x", "new_password": "yet-another-9"})
    assert (guessing.status, guessing.code) == (429, "too_many")


async def test_rights_change_with_a_history_of_who_and_what(hospital):
    admin = await a_member_of_staff(hospital, "admin", name="管理甲")
    department = await props.a_department(name="儿科")
    row, person = await with_a_password(hospital, admin, roles=[{"role": "guide"}])
    assert (await person.call("GET", "/calls")).status == 403
    changed = await admin.call(
        "PATCH",
        f"/admin/staff/{row['id']}",
        {"roles": [{"role": "customer_service", "department_id": str(department)}], "phone": "13900139000"},
        If_Match=str(row["version"]),
    )
    assert changed.status == 200
    assert [one["role"] for one in changed.body["roles"]] == ["customer_service"]
    assert (await person.call("GET", "/calls")).status == 200
    entry = (await admin.get(f"/admin/staff/{row['id']}/history"))["items"][0]
    assert (entry["act"], entry["by_name"]) == ("changed", "管理甲")
    assert (entry["before"]["roles"], entry["after"]["roles"]) == (["guide@"], ["customer_service@儿科"])
    assert entry["after"]["phone"] == "*******9000"
    assert "name" not in entry["after"]
    stale = await admin.call("PATCH", f"/admin/staff/{row['id']}", {"name": "梅"}, If_Match=str(row["version"]))
    assert (stale.status, stale.body["resource"]["version"]) == (412, changed.body["version"])
    cleared = await admin.call("PATCH", f"/admin/staff/{row['id']}", {"phone": None, "email": None})
    assert (cleared.body["phone_masked"], cleared.body["email_masked"]) == ("", "")
    same = await admin.call("PATCH", f"/admin/staff/{row['id']}", {"phone": None})
    assert same.body["version"] == cleared.body["version"]


async def test_the_history_is_only_added_to(hospital):
    row, _ = await an_account(await a_member_of_staff(hospital, "admin"))
    with pytest.raises(Exception, match="only added to"):
        await db.fetch("DELETE FROM staff_change WHERE staff_id = $1", row["id"])


async def test_switched_off_ends_every_session_and_leaves_what_was_assigned(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    row, person = await with_a_password(hospital, admin, roles=[{"role": "complaint_handler"}])
    patient = await a_patient_with_a_phone(hospital)
    complaint = (await patient.post("/complaints", {"text": "等了很久"}))["id"]
    await db.fetch("UPDATE complaint SET handler_id = $2 WHERE id = $1", complaint, row["id"])
    assert await admin.get(f"/admin/staff/{row['id']}/hands") == {"complaints": 1, "calls": 0, "duties": 0}
    off = await admin.post(f"/admin/staff/{row['id']}/deactivation", {"reason": "离职"})
    assert (off["active"], off["sessions"]) == (False, 0)
    assert (await person.call("GET", "/staff/me")).status == 401
    gone = await Client(site=hospital).refused("/staff/sessions", {"username": "mei", "password": "my-own-words-7"})
    assert (gone.status, gone.code) == (401, "wrong_password")
    assert await props.count("complaint", "id = $1 AND handler_id = $2", complaint, row["id"]) == 1
    await admin.post(f"/admin/staff/{row['id']}/deactivation", {})  # again changes nothing
    on = await admin.post(f"/admin/staff/{row['id']}/activation", {"reason": "返聘"})
    assert (on["active"], [one["role"] for one in on["roles"]]) == (True, ["complaint_handler"])
    assert (await person.call("GET", "/staff/me")).status == 401  # an old session does not come back
    await signs_in(hospital, "mei", "my-own-words-7")
    assert (await acts(admin, row))[:2] == ["activated", "deactivated"]


async def test_a_forgotten_password_and_a_lost_phone(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    row, person = await with_a_password(hospital, admin)
    out = await admin.post(f"/admin/staff/{row['id']}/sign-out")
    assert out["sessions"] == 0
    assert (await person.call("GET", "/staff/me")).status == 401
    for _ in range(5):
        await Client(site=hospital).refused("/staff/sessions", {"username": "mei", "password": "forgotten"})
    assert (await admin.get(f"/admin/staff/{row['id']}"))["is_locked"] is True
    given = await admin.post(f"/admin/staff/{row['id']}/password")
    assert given["staff"]["is_locked"] is False
    person = await signs_in(hospital, "mei", given["one_time_password"])
    assert (await person.get("/staff/me"))["must_change_password"] is True
    assert (await acts(admin, row))[:2] == ["password_given", "signed_out"]


async def test_a_whole_number_is_shown_by_an_act_that_is_written_down(hospital):
    admin = await a_member_of_staff(hospital, "admin", name="管理甲")
    row, _ = await an_account(admin)
    assert (await admin.refused(f"/admin/staff/{row['id']}/contacts", {"reason": " "})).status == 422
    seen = await admin.post(f"/admin/staff/{row['id']}/contacts", {"reason": "排班电话确认"})
    assert seen == {"phone": "13800138000", "email": "mei@hospital.example"}
    entry = (await admin.get(f"/admin/staff/{row['id']}/history"))["items"][0]
    assert (entry["act"], entry["why"], entry["by_name"]) == ("contacts_seen", "排班电话确认", "管理甲")
    kept = await db.fetch("SELECT * FROM staff_change")
    assert "13800138000" not in str(kept)


async def test_accounts_are_found_by_words_role_and_department(hospital):
    admin = await a_member_of_staff(hospital, "admin", username="aa-admin")
    home = await props.a_department()
    await an_account(admin, roles=[{"role": "guide", "department_id": str(home)}])
    await an_account(admin, username="lu", name="陆知夏", roles=[{"role": "room", "department_id": str(home)}])
    await an_account(admin, username="old", name="温思然")

    async def found(query: str) -> list[str]:
        return [one["username"] for one in (await admin.get(f"/admin/staff?{query}"))["items"]]

    assert await found("") == ["aa-admin", "lu", "mei", "old"]
    assert await found("q=知夏") == ["lu"]
    assert await found(f"department={home}") == ["lu", "mei"]
    assert await found(f"department={home}&role=room") == ["lu"]
    assert await found("role=admin") == ["aa-admin"]
    assert await found("active=false") == []
    page = await admin.get("/admin/staff?limit=3")
    assert [one["username"] for one in (await admin.get(f"/admin/staff?limit=3&cursor={page['next']}"))["items"]] == [
        "old"
    ]


async def test_who_may_keep_accounts(hospital):
    home = await props.a_department()
    for roles, department in ((("supervisor", "department_head", "operations"), None), (("admin",), home)):
        person = await a_member_of_staff(hospital, *roles, department_id=department)
        for path in ("/admin/staff", f"/admin/staff/{person.staff_id}"):
            assert (await person.call("GET", path)).status == 403
        assert (await person.refused("/admin/staff", NEW)).status == 403
        assert (await person.refused(f"/admin/staff/{person.staff_id}/password")).status == 403
        assert (await person.refused(f"/admin/staff/{person.staff_id}/contacts", {"reason": "x"})).status == 403
    admin = await a_member_of_staff(hospital, "admin")
    assert (await admin.call("GET", f"/admin/staff/{uuid4()}")).status == 404
    for act in ("deactivation", "password"):
        own = await admin.refused(f"/admin/staff/{admin.staff_id}/{act}")
        assert (own.status, own.code) == (409, "of_oneself")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"username": "Mei Li"}, "/username"),
        ({"name": ""}, "/name"),
        ({"phone": "12"}, "/phone"),
        ({"email": "mei"}, "/email"),
        ({"wecom_userid": "a b"}, "/wecom_userid"),
        ({"roles": [{"role": "king"}]}, "/roles/0/role"),
        ({"roles": [{"role": "guide", "department_id": str(uuid4())}]}, "/roles"),
        ({"practitioner_id": str(uuid4())}, "/practitioner_id"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
async def test_what_is_wrong_is_said_at_its_field(hospital, wrong, pointer):
    admin = await a_member_of_staff(hospital, "admin")
    reply = await admin.refused("/admin/staff", {**NEW, **wrong})
    assert (reply.status, reply.body["errors"][0]["pointer"]) == (422, pointer)
    assert await props.count("staff", "username = 'mei'") == 0


@pytest.mark.parametrize("path", ["/live", "/calls/events"])
async def test_an_open_page_hears_nothing_more_when_its_session_ends(hospital, monkeypatch, path):
    monkeypatch.setattr(sse, "SIGNED_IN_SECONDS", 0.0)
    monkeypatch.setattr(live, "PING_SECONDS", 0.05)
    monkeypatch.setattr(watching, "PING_SECONDS", 0.05)
    admin = await a_member_of_staff(hospital, "admin")
    person = await a_member_of_staff(hospital, "customer_service")
    async with at_a_screen(person, path, up_to_date=False) as screen:
        await admin.post(f"/admin/staff/{person.staff_id}/sign-out")
        async with asyncio.timeout(20):
            await screen.ends()
    assert (await person.call("GET", path)).status == 401


async def test_the_first_administrator_is_made_on_the_machine_and_let_in_again(hospital):
    first = await signs_in(hospital, "root", await make_administrator("root", "管理甲"))
    assert (await first.get("/staff/me"))["roles"] == ["admin"]
    again = await make_administrator("root", "")
    assert (await first.call("GET", "/staff/me")).status == 401
    person = await signs_in(hospital, "root", again)
    await person.post("/staff/me/password", {"old_password": again, "new_password": "my-own-words-7"})
    (account,) = (await person.get("/admin/staff"))["items"]
    history = (await person.get(f"/admin/staff/{account['id']}/history"))["items"]
    assert [(one["act"], one["by_name"]) for one in history] == [
        ("password_changed", "管理甲"),
        ("changed", ""),
        ("created", ""),
    ]
    with pytest.raises(ValueError, match="user name"):
        await make_administrator("Root User", "")
