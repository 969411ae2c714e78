"""Bad input on every route: the right problem in words, never a 500, nothing half written."""

from uuid import uuid4

import pytest

from server import db
from tests import props
from tests.cast import Client

# streams never end; the platform's push answers the platform's own way and has its own tests
LEFT_OUT = ("/events", "/live", "/wechat/push")

RUBBISH = (
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"' + b"a" * 3000 + b'": 1}',
    b'{"slot_id": "\\u0000"}',
)


def routes(site):
    for route in site.app.router.routes:
        path = "/" + route.path
        if not path.endswith(LEFT_OUT):
            for method in route.methods - {"HEAD", "OPTIONS"}:
                yield method, path, route


def filled(path: str, value: str) -> str:
    out = []
    for part in path.split("/"):
        out.append(value if part.startswith("<") else part)
    return "/".join(out)


@pytest.fixture
async def tokens(hospital):
    await props.insert("hospital", name="测试医院")
    account_id = await props.an_account()
    admin = await props.a_staff("admin")
    room = await props.a_staff("room", department_id=await props.a_department())
    return {
        "patient": await props.a_token(account_id=account_id),
        "admin": await props.a_token(staff_id=admin),
        "room": await props.a_token(staff_id=room),
    }


async def rows_in_all_tables() -> dict[str, int]:
    tables = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row["tablename"]: await props.count(row["tablename"]) for row in tables}


async def send(site, method, url, *, token="", data=None, headers=None):
    sent = {"Content-Type": "application/json", **(headers or {})}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    async with site.http.request(method, site.base + url, data=data, headers=sent) as reply:
        return reply.status, reply.headers.get("Content-Type", ""), await reply.read()


def check(what, status, kind, body):
    assert status < 500 or status == 503, (what, status, body)
    if status >= 400 and status != 503:
        assert kind == "application/problem+json", (what, kind, body)


async def test_every_guarded_route_refuses_strangers_and_forged_tokens(hospital):
    for method, path, route in routes(hospital):
        operation = getattr(route.handler, "operation", None)
        if operation is None or operation.guard is None:
            continue
        url = filled(path, str(uuid4()))
        for token in ("", "forged", "x" * 5000):
            status, kind, body = await send(hospital, method, url, token=token, data=b"{}")
            assert status == 401, (method, url, status, body)
            assert kind == "application/problem+json"


async def test_unknown_ids_and_rubbish_never_break_a_route(hospital, tokens):
    before = await rows_in_all_tables()
    for method, path, route in routes(hospital):
        operation = getattr(route.handler, "operation", None)
        for name, token in tokens.items():
            for value in (str(uuid4()), "0", "%00", "中文" * 50, "a" * 500):
                url = filled(path, value)
                what = (method, url, name)
                check(what, *await send(hospital, method, url, token=token, data=b"{}" if method != "GET" else None))
                if "<" not in path:
                    break
            if operation is not None and operation.body is not None:
                for rubbish in RUBBISH:
                    url = filled(path, str(uuid4()))
                    check((method, url, name, rubbish), *await send(hospital, method, url, token=token, data=rubbish))
    after = await rows_in_all_tables()
    changed = {table: (before[table], after[table]) for table in before if before[table] != after[table]}
    changed.pop("account", None), changed.pop("login", None)
    assert changed == {}


async def test_every_member_of_a_form_may_be_wrong(hospital, tokens):
    document = await Client(site=hospital).call("GET", "/openapi.json")
    schemas = document.body["components"]["schemas"]
    for path, methods in document.body["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody")
            if body is None:
                continue
            name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
            url = path
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    url = url.replace("{" + parameter["name"] + "}", str(uuid4()))
            for member in schemas[name].get("properties", {}):
                for value in (None, 1, -1, 10**30, 1.5, True, "", "x" * 20000, "\u0000", [], {}, [[]], {"a": {}}, "⚕️"):
                    form = {member: value}
                    reply = await Client(site=hospital, token=tokens["admin"]).call(
                        method.upper(), url.removeprefix("/api/v1"), form
                    )
                    check((method, url, form), reply.status, reply.headers.get("Content-Type", ""), reply.raw)


async def test_a_body_over_the_limit_is_refused(hospital, tokens):
    big = b'{"slot_id": "' + b"a" * (hospital.settings.web.max_body_bytes + 10) + b'"}'
    status, kind, body = await send(hospital, "POST", "/api/v1/appointments", token=tokens["patient"], data=big)
    assert (status, kind) == (413, "application/problem+json"), body


async def test_other_media_types_and_methods_are_refused(hospital, tokens):
    headers = {"Content-Type": "text/plain"}
    status, kind, _ = await send(
        hospital, "POST", "/api/v1/appointments", token=tokens["patient"], data=b"{}", headers=headers
    )
    assert (status, kind) == (415, "application/problem+json")
    status, kind, _ = await send(hospital, "DELETE", "/api/v1/appointments", token=tokens["patient"])
    assert (status, kind) == (405, "application/problem+json")


async def test_a_wrong_idempotency_key_is_refused(hospital, tokens):
    headers = {"Idempotency-Key": "not-a-uuid"}
    status, kind, _ = await send(
        hospital, "POST", "/api/v1/appointments", token=tokens["patient"], data=b"{}", headers=headers
    )
    assert (status, kind) == (422, "application/problem+json")


async def test_a_strange_request_id_is_replaced(hospital):
    async with hospital.http.get(hospital.base + "/healthz", headers={"X-Request-Id": "a\tb<script>"}) as reply:
        assert "<" not in reply.headers["X-Request-Id"]
    async with hospital.http.get(hospital.base + "/healthz", headers={"X-Request-Id": "desk-0001-abcd"}) as reply:
        assert reply.headers["X-Request-Id"] == "desk-0001-abcd"
