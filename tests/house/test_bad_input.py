"""Bad input on every route: the right problem in words, never a 500, nothing half written."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest
from yarl import URL

from server import db
from server.web import Form
from tests import props
from tests.cast import Client

# streams never end; the platform's push and FHIR answer their own way and have their own tests
LEFT_OUT = ("/events", "/live", "/wechat/push")
FHIR = "/fhir/"

RUBBISH = (
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"' + b"a" * 3000 + b'": 1}',
    b'{"slot_id": "\\u0000"}',
    b'{"slot_id": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    b'{"slot_id": ' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}",
    b'{"slot_id": "\\ud800"}',
)

# what may stand in the place of any word, number, day, moment or id of a query
ODD = ("", "%00", "%0a", "%ff", "%ed%a0%80", "-1", "0", "1e9", "9" * 40, "NaN", "%D9%A3", "x" * 300, "a" * 36)
ODD_DAYS = ("0001-01-01", "1900-01-01", "2000-01-01", "2099-12-31", "9999-12-31", "2026-02-30", "2026-W01-1")
ODD_MOMENTS = ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00", "2026-01-01T00:00:00", "-1e10", "1e11")


def routes(site):
    for route in site.app.router.routes:
        path = "/" + route.path
        if not path.endswith(LEFT_OUT) and not path.startswith(FHIR):
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
    target = URL(site.base + str(url), encoded=isinstance(url, URL))
    async with site.http.request(method, target, data=data, headers=sent) as reply:
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
            for value in (str(uuid4()), "0", "%00", "%ff", "中文" * 50, "a" * 36, "-" * 36, "a" * 500):
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
            if body is None or "application/json" not in body["content"]:  # files have tests of their own
                continue
            name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
            url = path
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    url = url.replace("{" + parameter["name"] + "}", str(uuid4()))
            for member in schemas[name].get("properties", {}):
                for value in (
                    None,
                    1,
                    -1,
                    10**30,
                    "0001-01-01",
                    "9999-12-31",
                    "9999-12-31T23:59:59-12:00",
                    1.5,
                    True,
                    "",
                    "x" * 20000,
                    "\u0000",
                    [],
                    {},
                    [[]],
                    {"a": {}},
                    "⚕️",
                ):
                    form = {member: value}
                    reply = await Client(site=hospital, token=tokens["admin"]).call(
                        method.upper(), url.removeprefix("/api/v1"), form
                    )
                    check((method, url, form), reply.status, reply.headers.get("Content-Type", ""), reply.raw)


async def test_every_word_of_a_query_may_be_odd(hospital, tokens):
    document = await Client(site=hospital).call("GET", "/openapi.json")
    for path, methods in document.body["paths"].items():
        if path.endswith(LEFT_OUT):
            continue
        for method, operation in methods.items():
            asked = [one for one in operation["parameters"] if one["in"] == "query"]
            needed = {one["name"]: need(one) for one in asked if one["required"]}
            url = "/".join(str(uuid4()) if part.startswith("{") else part for part in path.split("/"))
            who = "patient" if operation.get("security") == [{"patient": []}] else "admin"
            for one in asked:
                for value in (*ODD, *ODD_DAYS, *ODD_MOMENTS):
                    words = "&".join(f"{name}={said}" for name, said in {**needed, one["name"]: value}.items())
                    what = (method, f"{url}?{words}")
                    sent = await send(hospital, method.upper(), URL(what[1], encoded=True), token=tokens[who])
                    check(what, *sent)


def need(parameter: dict) -> str:
    """A value that a parameter takes."""
    kind = parameter["schema"].get("format")
    days = {"date": "2026-03-01", "date-time": "2026-03-01T08:00:00Z", "uuid": str(uuid4())}
    return days.get(kind) or str(parameter["schema"].get("enum", ["1"])[0])


async def test_a_key_may_come_with_a_body_that_nobody_reads(hospital, tokens):
    """Of a route without a form: the body counts for the key alone."""
    for method, path, route in routes(hospital):
        operation = getattr(route.handler, "operation", None)
        if operation is None or not operation.creates or operation.body is not None or operation.takes:
            continue
        for rubbish in RUBBISH:
            headers = {"Idempotency-Key": str(uuid4())}
            url = filled(path, str(uuid4()))
            sent = await send(hospital, method, url, token=tokens["admin"], data=rubbish, headers=headers)
            check((method, url, rubbish), *sent)


@pytest.mark.parametrize(
    "line",
    [
        b"GET /api/v1/appointments HTTP/1.1\r\nAuthorization: Bearer \xff\xfe",
        b"GET /api/v1/appointments HTTP/1.1\r\nAuthorization: \xff",
        b"GET /api/v1/hospital HTTP/1.1\r\nAccept-Language: \xff;q=nan",
        b"GET /api/v1/hospital HTTP/1.1\r\nX-Request-Id: \xff\xff\xff\xff\xff\xff\xff\xff",
        b"GET /api/v1/\xff HTTP/1.1\r\nAccept: */*",
        b"GET /api/v1/%FF HTTP/1.1\r\nAccept: */*",
        b"GET /api/v1/search?q=\xff HTTP/1.1\r\nAccept: */*",
        b"GET /photos/%2e%2e%2f%00 HTTP/1.1\r\nAccept: */*",
        b"POST /api/v1/sessions HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: \xff",
        b"POST /api/v1/sessions HTTP/1.1\r\nContent-Length: 0\r\nIdempotency-Key: \xff",
        b"POST /api/v1/sessions HTTP/1.1\r\nContent-Length: -5",
        b"GET /fhir/R4/Practitioner?name=\xff HTTP/1.1\r\nAccept: */*",
    ],
    ids=lambda line: line[:60].decode(errors="backslashreplace"),
)
async def test_bytes_that_are_no_text_are_no_bug(hospital, line):
    reader, writer = await asyncio.open_connection("127.0.0.1", hospital.settings.web.port)
    try:
        writer.write(line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n" + b"{}")
        answer = await asyncio.wait_for(reader.read(), 30)
    finally:
        writer.close()
    status = int(answer.split(b" ", 2)[1])
    assert 200 <= status < 500, answer


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


def forms(kind: type[Form] = Form) -> Iterator[type[Form]]:
    for form in kind.__subclasses__():
        yield form
        yield from forms(form)


def numbers(schema: object, name: str) -> Iterator[tuple[str, dict]]:
    """The whole numbers of a form, by their names."""
    if isinstance(schema, dict):
        if schema.get("type") == "integer":
            yield name, schema
        for key, value in schema.items():
            yield from numbers(value, f"{name}/{key}")
    elif isinstance(schema, list):
        for place, value in enumerate(schema):
            yield from numbers(value, f"{name}/{place}")


def test_every_whole_number_of_a_form_has_an_end():
    """A column does not hold every number: one without an end is a 500 in waiting."""
    ends = {"maximum", "exclusiveMaximum", "le", "lt", "enum", "const"}
    found = {
        f"{form.__name__}{name}"
        for form in set(forms())
        for name, schema in numbers(form.model_json_schema().get("properties", {}), "")
        if not ends & schema.keys()
    }
    # those that no column holds: a time that is compared, an answer that is looked up
    assert found == {"FetchQuery/until", "FollowUpResponseForm/answers/additionalProperties/anyOf/1"}
