"""Mail: what a message looks like, which refusals are definite, and the closed way to the server."""

import asyncio
import datetime
import ssl
from dataclasses import dataclass, replace
from email import message_from_string, policy
from ipaddress import ip_address
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifications.channels import CHANNELS
from notifications.channels.content import Content, Recipient
from notifications.rules import Cause, Outcome
from server import clock as time
from server import db
from server import runtime as running
from server.carriers import Security
from server.ids import new_id
from server.survey_links import token_of
from tests import props
from tests.notifications.channels.scenario import CONTENT
from tests.notifications.channels.scenarios_sending import EMAIL, a_patient, by_mail, came
from tests.notifications.telling import fault

MAIL = CHANNELS["email"]
PERSONAL = replace(CONTENT, lines=(("就诊人", "张小三"), ("就诊科室", "心血管内科 <b>&")))


def use(place, **more) -> None:
    """Run with mail settings at the simulator, or others."""
    settings = by_mail(place.settings, place.simulator)
    settings = replace(settings, mail=replace(settings.mail, **more))
    running._running["runtime"] = replace(place.opened, settings=settings)


@pytest.fixture
async def place(hospital):
    """The hospital with a mail server set up."""
    hospital.opened = running.runtime()
    use(hospital)
    yield hospital
    running._running["runtime"] = hospital.opened


async def send(place, email: str = EMAIL, content: Content = CONTENT, key: str = "k" * 32):
    recipient = await a_patient(place, email=email)
    return await MAIL.send(content, MAIL.address(recipient), key)


async def test_a_message_is_text_and_page_with_the_hospitals_name_and_our_key(place):
    await db.fetch("INSERT INTO hospital (id, name) VALUES ($1, '示范医院')", new_id())
    before = len(await came(place, "mail", EMAIL))
    assert (await send(place, content=PERSONAL)).outcome is Outcome.ACCEPTED
    (found,) = (await came(place, "mail", EMAIL))[before:]
    message = message_from_string(found["raw"], policy=policy.default)
    assert message["Message-ID"] == f"<{'k' * 32}@hospital.example>"
    assert (message["Auto-Submitted"], message["Subject"]) == ("auto-generated", "预约成功")
    assert message["From"].addresses[0].display_name == "示范医院"
    for part in (found["text"], found["html"]):
        assert "张*三" in part
        assert "张小三" not in part
        assert "示范医院" in part
    assert "心血管内科 &lt;b&gt;&amp;" in found["html"]


SURVEY = UUID("01a204a1-8c97-775b-9f0a-807fe2e6dd82")
INVITED = Content("请您评价", (("截止时间", "明天"),), link=f"pages/survey/survey?id={SURVEY}")


@pytest.mark.parametrize(
    ("deadline", "label"),
    [
        ("截止时间", "在网页上填写，不用登录"),
        ("截止時間", "在網頁上填寫，不用登入"),
        ("Open until", "Answer on the web"),
    ],
)
async def test_a_survey_can_be_answered_from_its_mail(place, deadline, label):
    settings = running.runtime().settings
    settings = replace(settings, web=replace(settings.web, public_url="https://hospital.example"))
    running._running["runtime"] = replace(running.runtime(), settings=settings)
    before = len(await came(place, "mail", EMAIL))
    await send(place, content=replace(INVITED, lines=((deadline, "2026年11月25日"),)))
    (found,) = (await came(place, "mail", EMAIL))[before:]
    page = f"https://hospital.example/m/#/pages/s/s?t={token_of(SURVEY)}"
    assert f"：{page}\n" in found["text"]
    assert f'href="{page}"' in found["html"]
    for part in (found["text"], found["html"]):
        assert label in part


async def test_without_an_address_of_its_own_the_hospital_names_none(place):
    settings = running.runtime().settings
    settings = replace(settings, web=replace(settings.web, public_url=""))
    running._running["runtime"] = replace(running.runtime(), settings=settings)
    before = len(await came(place, "mail", EMAIL))
    await send(place, content=INVITED)
    (found,) = (await came(place, "mail", EMAIL))[before:]
    assert "href" not in found["html"]
    assert "网页" not in found["text"]


async def test_the_same_key_gives_the_same_message_id(place):
    before = len(await came(place, "mail", EMAIL))
    for _ in range(2):
        await send(place)
    assert len({one["message_id"] for one in (await came(place, "mail", EMAIL))[before:]}) == 1


@pytest.mark.parametrize(
    ("box", "outcome"),
    [("nobody", Outcome.REFUSED), ("full", Outcome.RETRY), ("later", Outcome.RETRY)],
)
async def test_what_a_box_says(place, box, outcome):
    assert (await send(place, f"{box}@boxes.example")).outcome is outcome


async def test_a_box_that_is_not_there_is_not_asked_again_until_it_is_another(place):
    recipient = await a_patient(place, email="nobody@boxes.example")
    first = await MAIL.send(CONTENT, MAIL.address(recipient), "k" * 32)
    again = await MAIL.send(CONTENT, MAIL.address(recipient), "k" * 32)
    assert (first.code, again.code) == ("550", "known_bad")


@pytest.mark.parametrize(
    ("code", "outcome", "cause"),
    [
        (450, Outcome.RETRY, None),
        (421, Outcome.TROUBLE, None),
        (550, Outcome.REFUSED, None),
        (552, Outcome.REFUSED, None),
        (535, Outcome.TROUBLE, Cause.CREDENTIALS),
    ],
)
async def test_permanent_and_passing_refusals(place, code, outcome, cause):
    await fault(place, "/smtp", "errcode", errcode=code)
    receipt = await send(place)
    assert (receipt.outcome, receipt.cause, receipt.code) == (outcome, cause, str(code))


@pytest.mark.parametrize(
    ("step", "code", "outcome", "cause"),
    [
        ("sender", 553, Outcome.TROUBLE, Cause.CREDENTIALS),
        ("data", 554, Outcome.REFUSED, Cause.TEMPLATE),
        ("data", 451, Outcome.RETRY, None),
        ("data", 299, Outcome.UNKNOWN, None),
    ],
)
def test_a_refusal_counts_where_it_is_said(step, code, outcome, cause):
    receipt = MAIL._said(code, step)
    assert (receipt.outcome, receipt.cause) == (outcome, cause)


@pytest.mark.parametrize("email", ["a b@c.example", "张三@c.example", "no-at-sign", "a@b@c"])
async def test_an_address_that_cannot_be_written_is_refused(place, email):
    receipt = await send(place, email)
    assert receipt.outcome is Outcome.REFUSED, receipt


async def test_staff_are_reached_by_their_own_address(place):
    staff_id = await props.a_staff("guide")
    recipient = Recipient(staff_id=staff_id, has_email=True)
    assert (await MAIL.send(CONTENT, MAIL.address(recipient), "k" * 32)).code == "no_address"
    await db.fetch("UPDATE staff SET email = 'guide@hospital.example' WHERE id = $1", staff_id)
    assert (await MAIL.send(CONTENT, MAIL.address(recipient), "k" * 32)).outcome is Outcome.ACCEPTED
    assert len(await came(place, "mail", "guide@hospital.example")) == 1


async def test_without_tls_where_it_is_asked_for_nothing_is_sent(place):
    use(place, security=Security.STARTTLS)
    before = len(await came(place, "mail", EMAIL))
    receipt = await send(place)
    assert (receipt.outcome, receipt.cause) == (Outcome.TROUBLE, Cause.CREDENTIALS)
    assert len(await came(place, "mail", EMAIL)) == before


# --- a server with a certificate of its own


def own_certificate(folder) -> str:
    """Make a certificate for this machine; give the file with it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = time.now() - time.shift()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    raw = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(raw + made.public_bytes(serialization.Encoding.PEM))
    return str(path)


@dataclass
class Closed:
    """A mail server that takes everything over TLS. heard: what it was told, and whether the line was closed then."""

    path: str
    context: ssl.SSLContext
    heard: list[tuple[bool, bytes]]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        is_data = False
        while line := await reader.readline():
            self.heard.append((writer.get_extra_info("sslcontext") is not None, line))
            if is_data and line != b".\r\n":
                continue
            word = line.upper().split()[0]
            is_data = word == b"DATA"
            said = {b"DATA": b"354 go on", b"EHLO": b"250-here\r\n250 STARTTLS", b"STARTTLS": b"220 go on"}
            writer.write(said.get(word, b"250 ok") + b"\r\n")
            if word == b"STARTTLS":
                await writer.start_tls(self.context)
        writer.close()


@pytest.fixture
def closed(tmp_path):
    path = own_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return Closed(path, context, [])


@pytest.fixture
async def open_at(closed):
    """Listen as a mail server of one kind; give the port."""
    servers = []

    async def listening(security: Security) -> int:
        context = closed.context if security is Security.TLS else None
        servers.append(await asyncio.start_server(closed.serve, "127.0.0.1", 0, ssl=context))
        return servers[-1].sockets[0].getsockname()[1]

    yield listening
    for server in servers:
        server.close()


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_a_closed_way_is_taken_when_the_certificate_is_known(place, closed, open_at, monkeypatch, security):
    monkeypatch.setenv("SSL_CERT_FILE", closed.path)
    use(place, security=security, port=await open_at(security), username="", timeout_seconds=5)
    receipt = await send(place)
    assert receipt.outcome is Outcome.ACCEPTED, receipt
    told = [(is_closed, line) for is_closed, line in closed.heard if line.startswith((b"MAIL", b"RCPT", b"Message-ID"))]
    assert len(told) == 3
    assert all(is_closed for is_closed, _ in told)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_a_stranger_in_the_middle_gets_nothing(place, closed, open_at, security):
    use(place, security=security, port=await open_at(security), username="")
    receipt = await send(place)
    assert receipt.outcome is Outcome.TROUBLE
    assert not [line for _, line in closed.heard if line.startswith((b"MAIL", b"RCPT"))]
