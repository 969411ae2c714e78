"""The control plane and the page: people, problems, what the page shows."""

import pytest

PEOPLE = "/_sim/users"


async def test_a_phone_is_made_once(sim):
    status, made = await sim.ask("POST", PEOPLE, {"openid": "o-anna"})
    assert (status, made["openid"]) == (201, "o-anna")
    assert (await sim.ask("POST", PEOPLE, {"openid": "o-anna"}))[0] == 200
    status, made = await sim.ask("POST", PEOPLE)
    assert status == 201
    assert made["openid"].startswith("oSim")
    assert len(made["openid"]) == 28


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", PEOPLE, {"openid": ""}, 422),
        ("POST", PEOPLE, {"openid": "x" * 65}, 422),
        ("POST", PEOPLE, {"openid": 5}, 422),
        ("POST", PEOPLE, b"{", 400),
        ("POST", PEOPLE, b"[]", 400),
        ("POST", f"{PEOPLE}/nobody/login", None, 404),
        ("POST", f"{PEOPLE}/nobody/phone-code", None, 404),
        ("GET", f"{PEOPLE}/nobody/messages", None, 404),
        ("POST", f"{PEOPLE}/nobody/subscriptions", {"template_id": "x", "result": "accept"}, 404),
        ("POST", f"{PEOPLE}/o-anna/subscriptions", {"template_id": "x", "result": "perhaps"}, 422),
        ("POST", f"{PEOPLE}/o-anna/subscriptions", {"results": "x"}, 422),
        ("POST", f"{PEOPLE}/o-anna/subscriptions", {"template_id": "x", "result": "accept", "scene": "menu"}, 422),
        ("POST", f"{PEOPLE}/o-anna/subscriptions", {"template_id": "x", "result": "reject", "scene": "menu"}, 409),
        ("POST", f"{PEOPLE}/o-anna/revocation", {"revoke_info": 8}, 422),
        ("PATCH", f"{PEOPLE}/o-anna", {"blocked": 1}, 422),
        ("PATCH", f"{PEOPLE}/o-anna", {"openid": True}, 422),
        ("PATCH", "/_sim/templates/x", {"banned": True}, 404),
        ("PUT", "/_sim/clock", {"forward_seconds": -1}, 422),
        ("PUT", "/_sim/clock", {"forward_seconds": True}, 422),
        ("PUT", "/_sim/quotas", {"path": "/x", "daily_limit": "1"}, 422),
        ("PUT", "/_sim/push", {"url": "ftp://x"}, 422),
        ("PUT", "/_sim/push", {"copies": 0}, 422),
        ("PUT", "/_sim/push", {"forge": "all"}, 422),
    ],
)
async def test_what_cannot_be_done_is_a_problem(sim, method, path, body, status):
    await sim.person("o-anna")
    got, problem = await sim.ask(method, path, body)
    assert (got, problem["status"]) == (status, status)
    assert problem["code"]
    assert problem["detail"]


async def test_a_closed_account_keeps_its_messages_and_gets_no_new_phone(sim):
    openid = await sim.person(credits=1)
    await sim.send(openid)
    await sim.call("POST", f"{PEOPLE}/{openid}/closure", {})
    assert len(await sim.messages(openid)) == 1
    assert (await sim.ask("POST", PEOPLE, {"openid": openid}))[0] == 404


async def test_the_page_needs_nobody_else(sim):
    async with sim.http.get(sim.base + "/") as answer:
        text = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert answer.content_type == "text/html"
    assert "模拟手机" in text
    assert "http://" not in text
    assert "https://" not in text
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy


async def test_the_page_shows_phones_with_the_latest_news_first(sim):
    quiet, busy = await sim.person("o-quiet"), await sim.person("o-busy", credits=2)
    await sim.send(busy, page="pages/queue")
    shown = await sim.call("GET", "/_sim/phones")
    assert [phone["openid"] for phone in shown["items"]] == [busy, quiet]
    first = shown["items"][0]
    assert first["credits"] == [{"template_id": sim.template_id, "title": "叫号提醒", "credits": 1}]
    assert first["messages"][0]["lines"][0] == {"label": "就诊科室", "value": "心血管内科"}
    assert (shown["people"], shown["robots"]) == (2, [{"name": "sim-robot", "messages": []}])
    assert [phone["openid"] for phone in (await sim.call("GET", "/_sim/phones", q="quiet"))["items"]] == [quiet]


async def test_templates_are_listed_by_key(sim):
    items = (await sim.call("GET", "/_sim/templates"))["items"]
    assert {one["key"]: one["template_id"] for one in items}["queue_called"] == sim.template_id
    assert not any(one["banned"] for one in items)
