"""Trying the hospital: demonstration logins, and simulated people who sign in through one host."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from infra.seed import seed_demo
from server.config import REAL_PLATFORM
from tests import props
from tests.cast import Client
from tests.conftest import free_port


@pytest.fixture
async def demo(hospital, tmp_path):
    """The product as it is where people may try it."""
    (tmp_path / "demo.json").write_text(json.dumps({"staff": [], "desk_id": None}))
    plain, ctx = hospital.settings, hospital.app.ctx
    ctx.settings = replace(plain, demo=True, data_dir=str(tmp_path))
    yield Client(site=hospital)
    ctx.settings = plain


async def test_the_logins_are_told_with_rooms_and_boards(demo, hospital, tmp_path):
    (tmp_path / "demo.json").write_text(json.dumps(await seed_demo(1)))
    found = await demo.get("/demonstration")
    logins = {login["username"]: login for login in found["staff"]}
    assert next(iter(logins)) == "guide1"
    assert logins["room2"]["departments"] == ["急诊医学科"]
    assert logins["room2"]["rooms"]
    assert logins["guide1"]["rooms"] == []
    assert found["simulator"] == hospital.simulator
    boards = {board["name"]: board["department_id"] for board in found["boards"]}
    assert len(boards) == 4
    assert (await demo.get(f"/queues/{boards['急诊医学科']}/board"))["department"] == "急诊医学科"
    room = logins["room2"]
    entered = await demo.post("/staff/sessions", {name: room[name] for name in ("username", "password")})
    assert entered["staff"]["name"] == room["name"]


async def test_a_new_person_signs_in_with_the_code_and_is_listed_with_a_masked_name(demo):
    person = await demo.post("/demonstration/people")
    session = await demo.post("/sessions", {"code": person["code"]})
    await props.a_patient(account_id=session["account"]["id"], name="张小三")
    listed = (await demo.get("/demonstration/people"))["items"]
    label = next(each["label"] for each in listed if each["openid"] == person["openid"])
    assert label == f"张*三 …{person['openid'][-4:]}"


async def test_the_same_person_comes_again(demo):
    person = await demo.post("/demonstration/people")
    again = await demo.post("/demonstration/people", {"openid": person["openid"]})
    assert again["openid"] == person["openid"]
    assert again["code"] != person["code"]
    first, second = [(await demo.post("/sessions", {"code": each["code"]}))["account"] for each in (person, again)]
    assert first == second


async def test_a_repeated_request_makes_one_person(demo):
    key = str(uuid4())
    assert await demo.post("/demonstration/people", key=key) == await demo.post("/demonstration/people", key=key)


async def test_without_its_simulator_it_says_so(demo, hospital):
    ctx = hospital.app.ctx
    nowhere = f"http://127.0.0.1:{free_port()}"
    ctx.settings = replace(ctx.settings, wechat=replace(ctx.settings.wechat, base_url=nowhere))
    away = await demo.refused("/demonstration/people")
    assert (away.status, away.code) == (503, "simulator_away")
    assert "模拟平台" in away.body["detail"]


@pytest.mark.parametrize("path", ["/demonstration", "/demonstration/people"])
async def test_a_real_hospital_has_none_of_it(hospital, tmp_path, path):
    plain, ctx, anyone = hospital.settings, hospital.app.ctx, Client(site=hospital)
    (tmp_path / "demo.json").write_text(json.dumps({"staff": [], "desk_id": None}))
    real = replace(plain, demo=True, wechat=replace(plain.wechat, base_url=REAL_PLATFORM))
    for settings in (plain, replace(real, data_dir=str(tmp_path))):
        ctx.settings = settings
        try:
            assert (await anyone.refused(path, method="GET")).status == 404
            assert (await anyone.refused("/demonstration/people")).status == 404
        finally:
            ctx.settings = plain
