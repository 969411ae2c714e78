"""The search over HTTP: the seeded hospital, changes of the catalogue, how much it asks of the database."""

from uuid import UUID

from infra.seed import seed_demo
from miniapp_api.catalogue.api import FoundView
from server import clock as time
from server import db
from tests import props
from tests.cast import Client
from tests.miniapp_api.catalogue.golden import GOLDEN


async def an_answer(**values) -> UUID:
    values = {"question": "能停车吗？", "answer": "可以，入口在湖滨路。", "state": "approved", **values}
    if values["state"] == "approved":
        values = {"approved_at": time.now(), "review_on": time.today(), **values}
    return await props.insert("faq", code=f"q{await props.count('faq')}", **values)


async def search(site, text: str, *, headers: dict[str, str] | None = None, **query) -> list[dict]:
    url = f"{site.base}/api/v1/search"
    async with site.http.get(url, params={"q": text, **query}, headers=headers) as reply:
        assert reply.status == 200, await reply.text()
        return (await reply.json())["items"]


async def names(site, text: str, **query) -> list[str]:
    return [item["name"] for item in await search(site, text, **query)]


async def test_the_demonstration_hospital_is_found_as_people_type(hospital):
    await seed_demo(1)
    wrong = {typed: found for typed, first in GOLDEN if (found := (await names(hospital, typed, limit=1))) != [first]}
    assert wrong == {}


async def test_each_kind_says_what_a_phone_shows(hospital):
    department_id = await props.a_department(name="心血管内科", location="门诊楼3层B区", introduction="诊治高血压等。")
    doctor_id = await props.a_practitioner(department_id, name="刘高雪", title="主任医师", specialities="高血压")
    answer_id = await an_answer(question="高血压要早上吃药吗？", answer="要。" * 60, department_id=department_id)
    found = {item["kind"]: item for item in await search(hospital, "高血压")}
    for item in found.values():
        FoundView.model_validate(item)
        assert (item["department_id"], item["department_name"]) == (str(department_id), "心血管内科")
    assert [found[kind]["id"] for kind in ("department", "practitioner", "faq")] == [
        str(one) for one in (department_id, doctor_id, answer_id)
    ]
    assert "门诊楼3层B区" in found["department"]["detail"]
    assert found["practitioner"]["detail"] == "主任医师"
    assert len(found["faq"]["detail"]) == 60
    assert [item["kind"] for item in await search(hospital, "高血压", kind="practitioner")] == ["practitioner"]


async def test_a_change_is_found_at_once(hospital):
    department_id = await props.a_department(name="眼科")
    assert await names(hospital, "yanke") == ["眼科"]
    await db.fetch("UPDATE department SET name = '耳科', aliases = '{听力门诊}' WHERE id = $1", department_id)
    assert await names(hospital, "yanke") == []
    assert await names(hospital, "tingli") == ["耳科"]
    await db.fetch("UPDATE department SET active = false WHERE id = $1", department_id)
    assert await names(hospital, "tingli") == []


async def test_a_change_that_is_undone_is_not_found(hospital):
    await props.a_department(name="眼科")
    try:
        async with db.transaction():
            await db.fetch("UPDATE department SET name = '耳科'")
            raise LookupError
    except LookupError:
        assert await names(hospital, "yanke") == ["眼科"]


async def test_drafts_and_closed_departments_are_not_found(hospital):
    closed = await props.a_department(name="旧科", active=False)
    await props.a_practitioner(closed, name="柳停车")
    await an_answer(state="draft")
    await an_answer(state="retired")
    await an_answer(department_id=closed)
    assert await names(hospital, "停车") == []


async def test_answers_come_in_the_language_of_who_asks(hospital):
    await an_answer(question="Can I park here?", answer="Yes.", language="en")
    await an_answer(question="能停车吗 park？")
    assert await names(hospital, "park") == ["能停车吗 park？"]
    assert sorted(await names(hospital, "park", headers={"Accept-Language": "en"})) == [
        "Can I park here?",
        "能停车吗 park？",
    ]


async def test_an_unchanged_catalogue_costs_one_statement(hospital, caplog):
    await props.a_department(name="眼科")
    await names(hospital, "yk")
    with caplog.at_level("DEBUG", "tortoise.db_client"):
        await names(hospital, "yanke")
    assert sum(record.name == "tortoise.db_client" for record in caplog.records) == 1


async def test_strange_questions_are_answered_or_refused(hospital):
    anybody = Client(hospital)
    for text in ("", "%20", "%25_", "';--", "a" * 200, "%F0%9F%8F%A5"):
        assert (await anybody.get(f"/search?q={text}"))["items"] == []
    for query in ("q=%00", "q=" + "a" * 201, "q=a&kind=room", "q=a&limit=0", "q=a&page=2"):
        assert (await anybody.refused(f"/search?{query}", method="GET")).status == 422
