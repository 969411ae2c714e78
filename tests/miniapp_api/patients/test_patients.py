"""The people of an account over HTTP."""

import asyncio
from uuid import uuid4

import pytest

from miniapp_api.patients import actions
from miniapp_api.patients.rules import PatientDraft, Relation
from server import db
from tests import props
from tests.cast import Client, PatientClient, a_member_of_staff, a_patient_by_row

CHILD = {"name": "吕小明", "phone": "138-0013-8000", "relation": "child"}
IDENTITY = "11010519491231002X"


async def an_owner(hospital) -> PatientClient:
    account_id = await props.an_account()
    return PatientClient(site=hospital, token=await props.a_token(account_id=account_id), account_id=str(account_id))


async def test_a_person_is_added_with_masked_numbers(hospital):
    owner = await an_owner(hospital)
    added = await owner.post("/patients", CHILD | {"id_number": IDENTITY.lower()})
    assert added == {
        "id": added["id"],
        "name": "吕小明",
        "phone_masked": "*******8000",
        "email_masked": "",
        "id_number_masked": "**************002X",
        "birth_date": "1949-12-31",
        "gender": "female",
        "relation": "child",
        "file_number": added["file_number"],
        "version": 1,
    }
    assert (await owner.get("/patients"))["items"] == [added]


async def test_numbers_are_sealed_and_found_by_their_index(hospital):
    owner = await an_owner(hospital)
    await owner.post("/patients", CHILD | {"id_number": IDENTITY})
    row = await db.fetch_one("SELECT * FROM patient")
    assert b"13800138000" not in row["phone_cipher"]
    assert IDENTITY.encode() not in row["id_number_cipher"]
    from server.privacy import blind_index

    assert row["phone_index"] == blind_index("13800138000", kind="phone")
    assert row["id_number_index"] == blind_index(IDENTITY, kind="id_number")
    assert (row["pinyin"], row["initials"]) == ("lvxiaoming", "lxm")


async def test_a_mail_address_is_sealed_shown_masked_changed_and_removed(hospital):
    owner = await an_owner(hospital)
    added = await owner.post("/patients", CHILD | {"email": " Lv.Ming@Example.COM "})
    assert added["email_masked"] == "L***@example.com"
    row = await db.fetch_one("SELECT id, email_cipher FROM patient")
    assert b"Ming" not in row["email_cipher"]
    from server.privacy import unseal

    assert unseal(row["email_cipher"], place="patient.email_cipher", row_id=row["id"]) == "Lv.Ming@example.com"
    for change, shown in (
        ({"name": "吕明"}, "L***@example.com"),
        ({"email": "b@c.cn"}, "b***@c.cn"),
        ({"email": None}, ""),
    ):
        reply = await owner.call("PATCH", f"/patients/{added['id']}", change)
        assert (reply.status, reply.body["email_masked"]) == (200, shown)


async def test_file_numbers_differ(hospital):
    owner = await an_owner(hospital)
    numbers = {(await owner.post("/patients", CHILD))["file_number"] for _ in range(3)}
    assert len(numbers) == 3


async def test_a_repeated_request_adds_once(hospital):
    owner = await an_owner(hospital)
    key = str(uuid4())
    first = await owner.call("POST", "/patients", CHILD, Idempotency_Key=key)
    again = await owner.call("POST", "/patients", CHILD, Idempotency_Key=key)
    assert (first.raw, again.headers["Idempotent-Replayed"]) == (again.raw, "true")
    assert await props.count("patient") == 1


async def test_one_is_oneself_only_once(hospital):
    owner = await an_owner(hospital)
    await owner.post("/patients", CHILD | {"relation": "self"})
    reply = await owner.refused("/patients", CHILD | {"relation": "self"})
    assert (reply.status, reply.code) == (409, "patient_exists")


async def test_the_same_identity_is_added_once(hospital):
    owner, other = await an_owner(hospital), await an_owner(hospital)
    await owner.post("/patients", CHILD | {"id_number": IDENTITY})
    assert (await owner.refused("/patients", CHILD | {"id_number": IDENTITY})).code == "patient_exists"
    await other.post("/patients", CHILD | {"id_number": IDENTITY})


async def test_the_ninth_person_is_refused_also_when_all_come_at_once(hospital):
    owner = await an_owner(hospital)
    replies = await asyncio.gather(*(owner.call("POST", "/patients", CHILD) for _ in range(11)))
    assert sorted(reply.status for reply in replies) == [201] * 8 + [409] * 3
    assert {reply.code for reply in replies if reply.status == 409} == {"too_many_patients"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "长" * 51),
        ("name", 7),
        ("name", None),
        ("name", "张\u0000三"),
        ("phone", "not a phone"),
        ("phone", 13800138000),
        ("id_number", "110105194912310021"),
        ("birth_date", "2999-01-01"),
        ("birth_date", "yesterday"),
        ("gender", "m"),
        ("relation", "cousin"),
        ("relation", None),
        ("surprise", 1),
        ("email", "no-at-sign"),
        ("email", "a b@c.example"),
        ("email", "张@c.example"),
        ("email", "a@b"),
        ("email", "a\r\nBcc: x@y.example"),
        ("email", "x" * 255),
    ],
)
async def test_a_wrong_field_is_named(hospital, field, value):
    owner = await an_owner(hospital)
    reply = await owner.refused("/patients", CHILD | {field: value})
    assert reply.status == 422
    assert [error["pointer"] for error in reply.body["errors"]] in ([f"/{field}"], [""])
    assert await props.count("patient") == 0


async def test_what_is_named_is_changed_and_the_rest_stays(hospital):
    owner = await an_owner(hospital)
    added = await owner.post("/patients", CHILD | {"id_number": IDENTITY})
    reply = await owner.call("PATCH", f"/patients/{added['id']}", {"name": "吕大明", "phone": "13900139000"})
    assert reply.status == 200
    assert reply.body == added | {"name": "吕大明", "phone_masked": "*******9000", "version": 2}
    reply = await owner.call("PATCH", f"/patients/{added['id']}", {"id_number": None, "gender": None})
    assert reply.body == added | {
        "name": "吕大明",
        "phone_masked": "*******9000",
        "id_number_masked": "",
        "gender": None,
        "version": 3,
    }
    assert await props.count("patient", "id_number_cipher IS NULL AND initials = 'ldm'") == 1


async def test_a_phone_that_knows_no_patch_says_in_a_header_what_it_means(hospital):
    owner = await an_owner(hospital)
    path = f"/patients/{(await owner.post('/patients', CHILD))['id']}"
    reply = await owner.call("POST", path, {"name": "吕小明"}, X_HTTP_Method_Override="PATCH")
    assert (reply.status, reply.body["name"]) == (200, "吕小明")
    assert (await owner.call("POST", path, X_HTTP_Method_Override="DELETE")).status == 405
    assert (await owner.call("POST", path, {"name": "吕小红"})).status == 405


async def test_what_a_person_needs_cannot_be_removed(hospital):
    owner = await an_owner(hospital)
    added = await owner.post("/patients", CHILD)
    for field in ("name", "phone", "relation"):
        assert (await owner.refused(f"/patients/{added['id']}", {field: None}, method="PATCH")).status == 422


async def test_a_stale_change_gets_the_fresh_person(hospital):
    owner = await an_owner(hospital)
    added = await owner.post("/patients", CHILD)
    path = f"/patients/{added['id']}"
    assert (await owner.call("PATCH", path, {"name": "新名"}, If_Match='"1"')).status == 200
    reply = await owner.call("PATCH", path, {"name": "旧名"}, If_Match='"1"')
    assert (reply.status, reply.body["resource"]["name"]) == (412, "新名")
    assert (await owner.call("DELETE", path, If_Match='"1"')).status == 412


async def test_a_change_must_not_make_two_of_one(hospital):
    owner = await an_owner(hospital)
    await owner.post("/patients", CHILD | {"relation": "self"})
    added = await owner.post("/patients", CHILD)
    reply = await owner.refused(f"/patients/{added['id']}", {"relation": "self"}, method="PATCH")
    assert (reply.status, reply.code) == (409, "patient_exists")


async def test_a_removed_person_is_gone_and_may_be_added_again(hospital):
    owner = await an_owner(hospital)
    added = await owner.post("/patients", CHILD | {"relation": "self", "id_number": IDENTITY})
    assert (await owner.call("DELETE", f"/patients/{added['id']}")).status == 204
    assert (await owner.get("/patients"))["items"] == []
    assert (await owner.refused(f"/patients/{added['id']}", method="DELETE")).status == 404
    await owner.post("/patients", CHILD | {"relation": "self", "id_number": IDENTITY})


async def test_a_person_with_an_open_booking_stays(hospital):
    patient = await a_patient_by_row(hospital)
    booked = await patient.books((await props.a_slot()).id)
    path = f"/patients/{patient.patient_id}"
    assert (await patient.refused(path, method="DELETE")).code == "patient_has_bookings"
    await patient.post(f"/appointments/{booked['id']}/cancellation")
    assert (await patient.call("DELETE", path)).status == 204


async def test_what_is_not_mine_is_not_there(hospital):
    owner, other = await an_owner(hospital), await a_patient_by_row(hospital)
    path = f"/patients/{other.patient_id}"
    for method in ("PATCH", "DELETE"):
        assert (await owner.refused(path, {"name": "张三"}, method=method)).status == 404
        assert (await owner.refused(f"/patients/{uuid4()}", {}, method=method)).status == 404
        assert (await owner.refused("/patients/none", {}, method=method)).status == 404
    assert (await owner.get("/patients"))["items"] == []


async def test_only_patients_have_people(hospital):
    guide = await a_member_of_staff(hospital, "guide")
    assert (await guide.refused("/patients", CHILD)).status == 403
    assert (await Client(hospital).refused("/patients", CHILD)).status == 401


async def test_people_come_in_pages(hospital):
    owner = await an_owner(hospital)
    ids = [(await owner.post("/patients", CHILD))["id"] for _ in range(3)]
    first = await owner.get("/patients?limit=2")
    assert [item["id"] for item in first["items"]] == ids[:2]
    rest = await owner.get(f"/patients?limit=2&cursor={first['next']}")
    assert ([item["id"] for item in rest["items"]], rest["next"]) == (ids[2:], None)
    assert (await owner.refused("/patients?cursor=nonsense!", method="GET")).status == 422


async def test_the_desk_registers_somebody_without_an_account(hospital):
    walk_in = await actions.register_walk_in(PatientDraft(name="Li Lei", relation=Relation.SELF, phone="010-1234567"))
    another = await actions.register_walk_in(PatientDraft(name="李雷", relation=Relation.SELF))
    assert (walk_in.account_id, walk_in.phone_tail, another.phone_cipher) == (None, "4567", None)
    assert walk_in.file_number != another.file_number
