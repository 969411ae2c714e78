"""What was said of people by name: to themselves and to who leads them, from 30 answers on, and to nobody else."""

from datetime import date
from uuid import UUID

import orjson
import pytest

from satisfaction.surveys import versions
from satisfaction.surveys.keeping import WORDS
from satisfaction.surveys.kinds.items import SurveyKind
from server import clock as time
from server import db, privacy
from tests import props
from tests.cast import a_member_of_staff
from tests.satisfaction.scores.answers import a_response

SPRING = date(2026, 3, 1)


@pytest.fixture
async def doctor(hospital, clock):
    """A doctor of whom 31 people said one thing and 29 another, half a year ago; and their department."""
    await clock.set_to(time.at(date(2026, 7, 20), 9))
    department = await props.a_department(name="骨科")
    doctor_id = await props.a_practitioner(department, name="林向真")
    for place in range(31):
        said = {"doctor_attitude": 4 if place else 1, "waiting": 1}
        await a_response(department, said, on=SPRING.replace(day=1 + place % 28), practitioner_id=doctor_id)
    for _ in range(29):
        await a_response(department, {"doctor_involvement": 4}, on=SPRING, practitioner_id=doctor_id)
    return doctor_id, department


async def test_somebody_by_name_is_shown_to_themselves_and_to_who_leads_them(hospital, doctor):
    doctor_id, department = doctor
    own = await a_member_of_staff(hospital, "room", practitioner_id=doctor_id)
    head = await a_member_of_staff(hospital, "department_head", department_id=department)
    manager = await a_member_of_staff(hospital, "supervisor")
    of_all = await a_member_of_staff(hospital, "department_head")
    await db.fetch("UPDATE staff SET manager_id = $2 WHERE id = $1", UUID(own.staff_id), UUID(manager.staff_id))
    for who in (own, head, manager, of_all):
        found = await who.get(f"/scores/people/{doctor_id}")
        marks = {one["item"]: (one["n"], one["is_enough"]) for one in found["items"]}
        assert marks == {"doctor_attitude": (31, True), "doctor_involvement": (0, False)}  # waiting is not the doctor's
        assert (found["first"], found["last"]) == ("2026-01-01", "2026-06-30")
        assert found["is_me"] is (who is own)
        lines = [one for one in (await who.get("/scores/people"))["items"] if one["id"] == str(doctor_id)]
        assert [(one["name"], one["department_name"], one["is_enough"]) for one in lines] == [("林向真", "骨科", True)]
    by_login = await own.get(f"/scores/people/{own.staff_id}")  # a doctor's login is the doctor
    assert by_login["id"] == str(doctor_id)


async def test_nobody_else_sees_them(hospital, doctor):
    doctor_id, _ = doctor
    elsewhere = await a_member_of_staff(hospital, "department_head", department_id=await props.a_department())
    others = [await a_member_of_staff(hospital, role) for role in ("supervisor", "operations", "admin", "room")]
    for who in (elsewhere, *others):
        assert (await who.call("GET", f"/scores/people/{doctor_id}")).status == 404
        assert str(doctor_id) not in [one["id"] for one in (await who.get("/scores/people"))["items"]]
        assert [one["is_me"] for one in (await who.get("/scores/people"))["items"]] == [True]


async def a_comment(doctor_id: UUID, department: UUID, text: str, *, is_low=False, state="passed") -> None:
    """A comment of a visit with the doctor, by row."""
    account_id = await props.an_account()
    patient_id = await props.a_patient(account_id, name="赵铁柱")
    async with db.transaction():
        questionnaire = await versions.active(SurveyKind.OUTPATIENT)
    complaint_id = None
    if is_low:
        at = time.now()
        complaint_id = await props.insert(
            "complaint",
            number=text,
            source="low_rating",
            state="triaged",
            department_id=department,
            topic="x",
            received_at=at,
            acknowledge_due_at=at,
            response_due_at=at,
            answer_due_at=at,
        )
    invitation_id = await props.insert(
        "invitation",
        questionnaire_id=questionnaire.id,
        account_id=account_id,
        patient_id=patient_id,
        patient_name="赵铁柱",
        department_id=department,
        department_name="骨科",
        visited_at=time.now(),
        state="answered",
        opens_at=time.now(),
        deadline=time.now(),
        practitioner_id=doctor_id,
    )
    await props.insert_without_id(
        "invitation_person", invitation_id=invitation_id, role="doctor", practitioner_id=doctor_id, name="林向真"
    )
    response_id = await a_response(department, {"overall": 5}, on=SPRING)
    said = orjson.dumps({"answers": {"improve": text}, "sealed": {}, "comment": ""}).decode()
    await db.fetch(
        "UPDATE response SET is_anonymous = false, invitation_id = $2, texts_cipher = $3, is_low = $4,"
        " complaint_id = $5 WHERE id = $1",
        response_id,
        invitation_id,
        privacy.seal(said, place=WORDS, row_id=response_id),
        is_low,
        complaint_id,
    )
    await props.insert(
        "text_check", subject_kind="response", subject_id=response_id, state=state, made_at=time.now(), topics=[]
    )


async def test_comments_come_masked_and_without_those_of_low_ratings(hospital, doctor):
    doctor_id, department = doctor
    await a_comment(doctor_id, department, "林向真医生很耐心，赵铁柱谢谢您")
    await a_comment(doctor_id, department, "太差了", is_low=True)
    await a_comment(doctor_id, department, "还没有检查过", state="hidden")
    own = await a_member_of_staff(hospital, "room", practitioner_id=doctor_id)
    assert (await own.get(f"/scores/people/{doctor_id}"))["comments"] == ["＊医生很耐心，＊谢谢您"]


async def test_of_few_answers_neither_figures_nor_comments_are_shown(hospital, doctor):
    _, department = doctor
    few = await props.a_practitioner(department)
    await a_response(department, {"doctor_attitude": 4}, on=SPRING, practitioner_id=few)
    await a_comment(few, department, "只有一个人说过")
    own = await a_member_of_staff(hospital, "room", practitioner_id=few)
    found = await own.get(f"/scores/people/{few}")
    assert [(one["item"], one["n"], one["mean"]) for one in found["items"]] == [("doctor_attitude", 0, None)]
    assert found["comments"] == []
    assert [one["is_enough"] for one in (await own.get("/scores/people"))["items"]] == [False]
