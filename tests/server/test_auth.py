"""Signing in: lock-out, roles, revocation, keys that are used twice."""

import asyncio
from uuid import uuid4

from server import auth, db
from tests import props
from tests.cast import Client, a_member_of_staff, a_patient_by_row


async def test_staff_sign_in_with_roles_and_departments(hospital):
    department_id = await props.a_department()
    await props.a_staff("guide", "room", department_id=department_id, username="mei", name="梅导")
    reply = await Client(site=hospital).post("/staff/sessions", {"username": "mei", "password": props.PASSWORD})
    assert reply["staff"]["roles"] == ["guide", "room"]
    assert reply["staff"]["departments"] == [str(department_id)]
    assert reply["staff"]["practitioner_id"] is None


async def test_staff_who_see_patients_are_told_which_sessions_are_theirs(hospital):
    practitioner_id = await props.a_practitioner(await props.a_department())
    doctor = await a_member_of_staff(hospital, "room", practitioner_id=practitioner_id)
    assert (await doctor.get("/staff/me"))["practitioner_id"] == str(practitioner_id)


async def test_five_wrong_passwords_lock_the_name_for_a_while(hospital, clock):
    await props.a_staff("guide", username="mei")
    anyone = Client(site=hospital)
    wrong = {"username": "mei", "password": "wrong"}
    right = {"username": "mei", "password": props.PASSWORD}
    assert [(await anyone.refused("/staff/sessions", wrong)).status for _ in range(5)] == [401] * 5
    locked = await anyone.refused("/staff/sessions", right)
    assert (locked.status, locked.code) == (429, "too_many")
    assert 0 < int(locked.headers["Retry-After"]) <= 901
    await clock.forward(minutes=16)
    assert (await anyone.call("POST", "/staff/sessions", right)).status == 201


async def test_an_unknown_name_looks_like_a_wrong_password(hospital):
    reply = await Client(site=hospital).refused("/staff/sessions", {"username": "nobody", "password": "x"})
    assert (reply.status, reply.code) == (401, "wrong_password")


async def test_a_token_is_refused_after_signing_out(hospital):
    guide = await a_member_of_staff(hospital, "guide")
    assert (await guide.call("GET", "/staff/me")).status == 200
    assert (await guide.call("DELETE", "/staff/sessions/current")).status == 204
    assert (await guide.call("GET", "/staff/me")).status == 401


async def test_an_expired_token_is_refused(hospital, clock):
    guide = await a_member_of_staff(hospital, "guide")
    await clock.forward(days=61)
    assert (await guide.call("GET", "/staff/me")).status == 401


async def test_signing_in_twice_with_one_key_gives_one_token_and_keeps_it_sealed(hospital):
    await props.a_staff("guide", username="mei")
    anyone, key = Client(site=hospital), str(uuid4())
    body = {"username": "mei", "password": props.PASSWORD}
    first = await anyone.call("POST", "/staff/sessions", body, Idempotency_Key=key)
    again = await anyone.call("POST", "/staff/sessions", body, Idempotency_Key=key)
    assert (again.status, again.raw, again.headers["Idempotent-Replayed"]) == (201, first.raw, "true")
    token = first.body["token"].encode()
    assert await props.count("idempotency_record", "position($1 in body) > 0", token) == 0


async def test_one_key_for_two_requests_is_refused(hospital):
    await props.a_staff("guide", username="mei")
    anyone, key = Client(site=hospital), str(uuid4())
    body = {"username": "mei", "password": props.PASSWORD}
    assert (await anyone.call("POST", "/staff/sessions", body, Idempotency_Key=key)).status == 201
    other = await anyone.call("POST", "/staff/sessions", {**body, "otp": "1"}, Idempotency_Key=key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")


def test_a_password_is_hashed_with_argon2id():
    assert auth.hash_password("x").startswith("$argon2id$")


async def test_phones_that_come_together_are_each_known_by_their_own_token(hospital, monkeypatch):
    people = [await a_patient_by_row(hospital) for _ in range(30)]
    strangers = [Client(site=hospital, token=f"wrong-{n}") for n in range(5)]
    auth.forget_remembered()
    looks, fetch = 0, db.fetch

    async def counted(sql, *values):
        nonlocal looks
        looks += "FROM login l" in sql
        return await fetch(sql, *values)

    monkeypatch.setattr(db, "fetch", counted)
    seen = await asyncio.gather(*(one.call("GET", "/patients") for one in (*people, *strangers)))
    assert [[item["id"] for item in reply.body["items"]] for reply in seen[:30]] == [[one.patient_id] for one in people]
    assert [reply.status for reply in seen[30:]] == [401] * 5
    assert looks < 35, "each of them asked the database alone"
