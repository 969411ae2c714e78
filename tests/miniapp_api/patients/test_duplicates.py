"""One person, one file: what the desk finds before it makes another one."""

import asyncio
from uuid import UUID

import pytest

from miniapp_api.patients import duplicates
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.locks import somebody_waits
from tests.miniapp_api.scenes import a_scene
from tests.mutants import Mutant, is_killed

PERSON = {"name": "李长安", "phone": "13912340001", "birth_date": "1950-03-01"}
IDENTITY = "11010519491231002X"


@pytest.fixture
async def scene(hospital):
    return await a_scene(hospital)


async def registers(scene, patient, **more):
    department_id = str(await props.a_department())  # a queue of its own: a place is given once
    return await scene.guide.call(
        "POST", "/desk/walk-ins", {"patient": patient, "department_id": department_id, **more}
    )


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ({}, ["name", "phone", "birth_date"]),
        ({"birth_date": None}, ["name", "phone"]),
        ({"phone": None}, ["name", "birth_date"]),
        ({"phone": "13912349999"}, ["name", "birth_date"]),
        ({"birth_date": "1950-01-03"}, ["name", "phone"]),
        ({"name": "李常安"}, ["phone", "birth_date"]),
    ],
)
async def test_a_file_that_looks_the_same_is_shown_masked_before_another_is_made(scene, said, same):
    first = (await registers(scene, PERSON)).body["ticket"]["patient"]
    reply = await registers(scene, {**PERSON, **said})
    assert (reply.status, reply.code, reply.body["is_certain"]) == (409, "looks_like", False)
    (candidate,) = reply.body["candidates"]
    assert (candidate["id"], candidate["name"], candidate["phone_masked"], candidate["same"]) == (
        first["id"],
        "李*安",
        "*******0001",
        same,
    )
    assert "李长安" not in reply.raw.decode()
    assert await props.count("patient") == 1


@pytest.mark.parametrize("said", [{"phone": "13900000000", "birth_date": "1980-01-01"}, {"name": "王远方"}])
async def test_another_person_gets_a_file_without_a_question(scene, said):
    await registers(scene, PERSON)
    assert (await registers(scene, {**PERSON, **said})).status == 201


async def test_the_guide_says_that_it_is_another_person_and_that_is_kept(scene):
    first = (await registers(scene, PERSON)).body["ticket"]["patient"]["id"]
    reply = await registers(scene, PERSON, another_than=[first])
    assert reply.status == 201
    (kept,) = await db.fetch("SELECT * FROM patient_not_same")
    assert (str(kept["patient_id"]), str(kept["other_id"]), str(kept["by_id"])) == (
        reply.body["ticket"]["patient"]["id"],
        first,
        scene.guide.staff_id,
    )
    third = await registers(scene, PERSON, another_than=[first])  # of the second file nobody has said so
    assert [one["id"] for one in third.body["candidates"]] == [reply.body["ticket"]["patient"]["id"]]


async def test_the_guide_takes_the_file_that_is_there(scene):
    first = (await registers(scene, PERSON)).body["ticket"]["patient"]["id"]
    body = {"patient_id": first, "department_id": str(scene.department_id)}
    assert (await scene.guide.post("/desk/walk-ins", body))["ticket"]["patient"]["id"] == first
    assert await props.count("patient") == 1


async def test_there_is_no_second_file_for_an_identity_number_whatever_the_guide_says(scene, hospital):
    patient = await a_patient_by_row(hospital, name="李小三")
    await patient.call("PATCH", f"/patients/{patient.patient_id}", {"id_number": IDENTITY})
    for more in ({}, {"another_than": [patient.patient_id]}):
        reply = await registers(scene, {"name": "完全不同", "id_number": IDENTITY.lower()}, **more)
        assert (reply.status, reply.code, reply.body["is_certain"]) == (409, "looks_like", True)
        assert reply.body["candidates"][0]["same"] == ["id_number", "birth_date"]


async def test_two_identity_numbers_are_two_people(scene):
    assert (await registers(scene, PERSON | {"id_number": "110101195003010010"})).status == 201
    assert (await registers(scene, PERSON | {"id_number": "440524195003010021"})).status == 201
    unknown = await registers(scene, PERSON)
    assert (unknown.status, len(unknown.body["candidates"])) == (409, 2)


async def two_desks_at_once(scene):
    """The same person at two desks in one moment: one file, and one desk is shown it."""
    async with db.alone(scene.site.settings.database_url) as slow, slow.transaction():
        await slow.fetch("LOCK TABLE patient IN SHARE MODE")  # two have looked before one writes
        asked = asyncio.gather(*(registers(scene, PERSON) for _ in range(6)))
        await somebody_waits(2)
    replies = await asked
    assert sorted(reply.status for reply in replies) == [201] + [409] * 5
    assert {reply.code for reply in replies if reply.status == 409} == {"looks_like"}
    assert await props.count("patient") == 1


async def two_desks_with_one_identity_number(scene):
    people = [{"name": f"某{n}人", "id_number": IDENTITY} for n in "甲乙丙丁"]
    replies = await asyncio.gather(*(registers(scene, person) for person in people))
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
    assert all(reply.body["is_certain"] for reply in replies if reply.status == 409)


@pytest.mark.parametrize("story", [two_desks_at_once, two_desks_with_one_identity_number])
async def test_two_desks_make_one_file(scene, story):
    await story(scene)


async def test_the_database_refuses_a_second_desk_file_for_an_identity_number(scene):
    await registers(scene, {"name": "某甲", "id_number": IDENTITY})
    row = await db.fetch_one("SELECT id_number_index FROM patient")
    with pytest.raises(Exception, match="patient_desk_identity_once"):
        await props.a_patient(id_number_index=row["id_number_index"])


async def said_to_be_another(scene):
    first = UUID((await registers(scene, PERSON)).body["ticket"]["patient"]["id"])
    assert (await registers(scene, PERSON)).status == 409
    assert (await registers(scene, PERSON, another_than=[str(first)])).status == 201


MUTANTS = (
    Mutant(
        "one desk after the other",
        duplicates,
        "LOCK",
        (("pg_advisory_xact_lock(7402119, one.key)", "one.key"),),
        two_desks_at_once,
    ),
    Mutant(
        "the phone",
        duplicates,
        "LIKE",
        (
            (
                "(phone_index = $3::bytea OR birth_date = $4::date)",
                "(phone_index <> $3::bytea AND birth_date <> $4::date)",
            ),
        ),
        said_to_be_another,
    ),
)


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
async def test_somebody_notices_that_a_guard_is_gone(scene, monkeypatch, mutant):
    await is_killed(mutant, monkeypatch, scene)
