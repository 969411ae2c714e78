"""The mail server: what it takes, what it refuses, and how a connection ends in the middle."""

from email.message import EmailMessage

import aiosmtplib
import pytest


def letter(to="a@b.example", **more):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "hospital@clinic.example", to, "预约成功"
    message["Message-ID"] = "<key@clinic.example>"
    message.set_content("您好")
    message.add_alternative("<p>您好</p>", subtype="html")
    return message


@pytest.fixture
async def port(start):
    sim = await start(mail_port=0)
    return sim, (await sim.call("GET", "/_sim/health"))["mail_port"]


async def send(port, message, **more):
    signed_in = {"username": "sim-mail", "password": "sim-mail-password", "start_tls": False, "timeout": 5} | more
    return await aiosmtplib.send(message, hostname="127.0.0.1", port=port, **signed_in)


async def boxes(sim, **query):
    return (await sim.call("GET", "/_sim/mail", **query))["items"]


async def test_a_message_comes_whole(port):
    sim, number = port
    await send(number, letter())
    (one,) = await boxes(sim, to="a@b.example")
    assert (one["subject"], one["text"].strip(), one["html"].strip()) == ("预约成功", "您好", "<p>您好</p>")
    assert (one["message_id"], one["sender"]) == ("<key@clinic.example>", "hospital@clinic.example")
    assert await boxes(sim, to="c@d.example") == []
    (call,) = await sim.calls("/smtp")
    assert (call["status"], call["query"]["to"]) == (250, "a@b.example")


async def test_strangers_may_not_send(port):
    sim, number = port
    with pytest.raises(aiosmtplib.SMTPAuthenticationError):
        await send(number, letter(), password="wrong")
    with pytest.raises(aiosmtplib.SMTPSenderRefused):
        await send(number, letter(), username=None, password=None)
    assert await boxes(sim) == []


@pytest.mark.parametrize(("name", "code"), [("nobody", 550), ("full", 452), ("later", 451)])
async def test_some_boxes_take_nothing(port, name, code):
    sim, number = port
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await send(number, letter(f"{name}@b.example"))
    assert refused.value.recipients[0].code == code
    assert await boxes(sim) == []


@pytest.mark.parametrize(
    ("mode", "arrived"), [("accept_then_drop", 1), ("half_body", 1), ("http_5xx_after_accept", 1), ("drop", 0)]
)
async def test_the_connection_ends_without_an_answer(port, mode, arrived):
    sim, number = port
    await sim.fault(mode, path="/smtp", count=1)
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(number, letter())
    assert len(await boxes(sim)) == arrived
    (call,) = await sim.calls("/smtp")
    assert (call["status"], call["fault"]) == (None, mode)
    await send(number, letter())
    assert len(await boxes(sim)) == arrived + 1


@pytest.mark.parametrize(("mode", "code"), [("quota", 452), ("token_expired", 530), ("system_busy", 451)])
async def test_faults_refuse_before_anything_is_taken(port, mode, code):
    sim, number = port
    await sim.fault(mode, path="/smtp")
    with pytest.raises(aiosmtplib.SMTPSenderRefused) as refused:
        await send(number, letter())
    assert refused.value.code == code
    assert await boxes(sim) == []
