"""How administrators keep endpoints, and to which addresses nothing may be sent."""

import asyncio
from ipaddress import ip_address, ip_network
from uuid import uuid4

import pytest

from notifications.channels.outward import NotAllowed, check_form, is_allowed, pinned
from server import db
from tests.cast import a_member_of_staff
from tests.notifications.telling import called, happens
from tests.notifications.webhooks.sink import a_sink


@pytest.fixture
async def admin(hospital):
    return await a_member_of_staff(hospital, "admin", name="管理员")


def form(**values):
    return {"url": "https://1.1.1.1/in", "description": "", "events": ["visit.called"], **values}


async def test_a_secret_is_shown_once_and_kept_sealed(hospital, admin):
    key = str(uuid4())
    made = await admin.post("/admin/webhooks", form(), key=key)
    assert made["secret"].startswith("whsec_")
    assert await admin.post("/admin/webhooks", form(), key=key) == made
    shown = await admin.get(f"/admin/webhooks/{made['id']}")
    assert "secret" not in shown
    rows = await db.fetch("SELECT * FROM webhook_endpoint")
    kept = await db.fetch("SELECT * FROM idempotency_record")
    assert made["secret"] not in str(rows) + str(kept)
    assert len(rows) == 1


async def test_an_endpoint_is_changed_switched_and_removed_with_its_author(hospital, admin):
    made = await admin.post("/admin/webhooks", form())
    path = f"/admin/webhooks/{made['id']}"
    changed = await admin.put(path, form(events=["visit.finished", "visit.called"], description="集成平台"))
    assert (changed["events"], changed["version"]) == (["visit.called", "visit.finished"], 2)
    stale = await admin.call("PUT", path, form(), If_Match='"1"')
    assert stale.status == 412
    assert (await admin.post(f"{path}/pause"))["state"] == "off"
    assert (await admin.post(f"{path}/pause"))["state"] == "off"
    assert (await admin.refused(f"{path}/test")).code == "endpoint_is_off"
    assert (await admin.post(f"{path}/resume"))["state"] == "on"
    assert (await admin.call("DELETE", path)).body["state"] == "removed"
    assert (await admin.call("GET", path)).status == 404
    assert (await admin.get("/admin/webhooks"))["items"] == []
    acts = await db.fetch("SELECT to_state, by_id FROM transition WHERE machine = 'webhook_endpoint' ORDER BY id")
    assert [act["to_state"] for act in acts] == ["on", "on", "off", "on", "removed"]
    assert {str(act["by_id"]) for act in acts} == {admin.staff_id}
    assert (await admin.post("/admin/webhooks", form()))["state"] == "on"  # the address is free again


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"url": "http://example.com/in"}, "/url", "url_not_https"),
        ({"url": "ftp://1.1.1.1/in"}, "/url", "url_not_https"),
        ({"url": "https://"}, "/url", "url_unreadable"),
        ({"url": "no address"}, "/url", "url_unreadable"),
        ({"url": "https://1.1.1.1:99999/"}, "/url", "url_unreadable"),
        ({"url": "https://me:secret@1.1.1.1/in"}, "/url", "url_with_user"),
        ({"url": "https://10.0.0.8/in"}, "/url", "url_private"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "/url", "url_private"),
        ({"url": "https://[::ffff:10.0.0.8]/in"}, "/url", "url_private"),
        ({"events": ["patient.name"]}, "/events/0", "unknown_event"),
        ({"events": []}, "/events", None),
        ({"url": ""}, "/url", None),
        ({"secret": "mine"}, "/secret", None),
    ],
)
async def test_a_wrong_endpoint_is_refused_at_its_field(admin, wrong, pointer, code):
    refusal = await admin.refused("/admin/webhooks", form(**wrong))
    assert refusal.status == 422
    (error,) = refusal.body["errors"]
    assert error["pointer"] == pointer
    assert code in (None, error["code"])


async def test_the_same_address_is_one_endpoint_also_for_two_at_once(hospital, admin):
    replies = await asyncio.gather(
        *(admin.call("POST", "/admin/webhooks", form(), Idempotency_Key=str(uuid4())) for _ in range(2))
    )
    assert sorted(reply.status for reply in replies) == [201, 409]
    assert next(reply for reply in replies if reply.status == 409).code == "same_endpoint"


async def test_a_test_is_sent_and_signed(hospital, drain):
    sink = await a_sink(hospital)
    made = await sink.admin.post(f"/admin/webhooks/{sink.id}/test")
    await drain()
    (call,) = await sink.took()
    assert (call["body"]["type"], call["is_signed"]) == ("webhook.test", True)
    assert [line["id"] for line in await sink.log()] == [made["message_id"]]


async def test_the_log_has_pages(hospital, drain):
    sink = await a_sink(hospital)
    await happens(*(called(None) for _ in range(3)))
    await drain()
    path = f"/admin/webhooks/{sink.id}/messages?limit=2"
    first = await sink.admin.get(path)
    second = await sink.admin.get(f"{path}&cursor={first['next']}")
    assert len({line["id"] for line in first["items"] + second["items"]}) == 3
    assert second["next"] is None


@pytest.mark.parametrize(
    "number",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::a00:1",
     "2002:a00:1::"],
)  # fmt: skip
def test_what_is_not_public_is_not_called(number):
    assert not is_allowed(ip_address(number), ())


def test_public_numbers_and_named_networks_are_called():
    assert is_allowed(ip_address("8.8.8.8"), ())
    assert is_allowed(ip_address("2001:4860:4860::8888"), ())
    assert is_allowed(ip_address("10.1.2.3"), (ip_network("10.0.0.0/8"),))
    assert not is_allowed(ip_address("10.1.2.3"), (ip_network("192.168.0.0/16"), ip_network("fc00::/7")))


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "localhost"])
async def test_a_name_is_what_it_stands_for(host):
    with pytest.raises(NotAllowed, match="private"):
        await pinned(f"https://{host}/in", ())


async def test_a_call_goes_to_the_number_that_was_checked():
    to = await pinned("https://localhost:8443/in?a=b", (ip_network("127.0.0.0/8"), ip_network("::1/128")))
    assert ip_address(to.url.host).is_loopback
    assert (to.host, to.authority, to.url.path_qs) == ("localhost", "localhost:8443", "/in?a=b")


def test_plain_http_is_for_the_own_machine_alone():
    assert check_form("http://127.0.0.1:8000/in").port == 8000
    for url in ("http://127.0.0.1.example.com/", "http://1.1.1.1/", "https://a.example/\n", "https://a.example/#b"):
        with pytest.raises(NotAllowed):
            check_form(url)
