"""Text messages by two providers, and mail: to people by what is known of them, without an app."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from yarl import URL

from infra.simulator.sms_templates import SIGN_NAME, SMS_TEMPLATES
from notifications.channels.content import Recipient
from notifications.rules import Outcome
from server import privacy
from server.carriers import Aliyun, Mail, Security, SmsTemplate, Tencent
from server.config import Secret, Settings
from server.ids import new_id
from tests import props
from tests.notifications.channels.scenario import NOWHERE, SECONDS, Scenario

PHONE = "13812345678"
EMAIL = "zhang.three@example.com"
RECEIPTS_TOKEN = "sim-receipts"  # as tests/conftest.py tells the simulator
PATIENT = "张小三"
_seen: dict[str, int] = {}


def templates(provider: str) -> dict[str, SmsTemplate]:
    return {
        key: SmsTemplate(getattr(template, f"{provider}_id"), {name: name for name in template.params})
        for key, template in SMS_TEMPLATES.items()
    }


def by_aliyun(settings: Settings, base_url: str) -> Settings:
    aliyun = Aliyun(
        key_id="sim-aliyun-id",
        key_secret=Secret("sim-aliyun-secret"),
        sign_name=SIGN_NAME,
        templates=templates("aliyun"),
        receipts_token=Secret(RECEIPTS_TOKEN),
        base_url=f"{base_url}/aliyun",
        timeout_seconds=SECONDS,
    )
    return replace(settings, aliyun_sms=aliyun)


def by_tencent(settings: Settings, base_url: str) -> Settings:
    tencent = Tencent(
        secret_id="sim-tencent-id",
        secret_key=Secret("sim-tencent-key"),
        app_id="1400000001",
        sign_name=SIGN_NAME,
        templates=templates("tencent"),
        receipts_token=Secret(RECEIPTS_TOKEN),
        base_url=f"{base_url}/tencent",
        timeout_seconds=SECONDS,
    )
    return replace(settings, tencent_sms=tencent)


def by_mail(settings: Settings, base_url: str) -> Settings:
    port = URL(base_url).port or 0
    mail = Mail(
        host="127.0.0.1",
        port=port if base_url == NOWHERE else port + 1,  # the simulator's mail server
        security=Security.NONE,
        username="sim-mail",
        password=Secret("sim-mail-password"),
        sender="notice@hospital.example",
        timeout_seconds=SECONDS,
    )
    return replace(settings, mail=mail)


def everything(settings: Settings, base_url: str) -> Settings:
    """Set all three up."""
    return by_mail(by_tencent(by_aliyun(settings, base_url), base_url), base_url)


async def a_patient(site: Any, *, phone: str = PHONE, email: str = EMAIL) -> Recipient:
    """Somebody with a number and a mailbox, to whom nothing has come yet."""
    patient_id = new_id()
    sealed = privacy.seal(email, place="patient.email_cipher", row_id=patient_id) if email else None
    await props.a_patient(id=patient_id, name=PATIENT, phone=phone, email_cipher=sealed)
    for box, address in (("sms", phone), ("mail", email)):
        _seen[address] = len(await came(site, box, address))
    return Recipient(patient_id=patient_id, has_phone=True, has_email=bool(email))


async def came(site: Any, box: str, address: str) -> list[dict[str, Any]]:
    """List what has ever come to a number or mailbox."""
    named = {"sms": "phone", "mail": "to"}[box]
    async with site.http.get(f"{site.simulator}/_sim/{box}", params={named: address}) as reply:
        return (await reply.json())["items"]


async def new_texts(site: Any, address: str) -> list[str]:
    """List the text messages that have come since the person was made."""
    assert UUID(address.partition(":")[2])
    return [item["text"] for item in (await came(site, "sms", PHONE))[_seen[PHONE] :]]


async def new_mail(site: Any, address: str) -> list[str]:
    """List the mail that has come since the person was made."""
    assert UUID(address.partition(":")[2])
    return [item["subject"] + "\n" + item["text"] for item in (await came(site, "mail", EMAIL))[_seen[EMAIL] :]]


def _no_aliyun_key(settings: Settings) -> Settings:
    return replace(settings, aliyun_sms=replace(settings.aliyun_sms, key_secret=Secret("another-secret")))


def _no_tencent_key(settings: Settings) -> Settings:
    return replace(settings, tencent_sms=replace(settings.tencent_sms, secret_key=Secret("another-secret")))


def _no_password(settings: Settings) -> Settings:
    return replace(settings, mail=replace(settings.mail, password=Secret("another-secret")))


ALIYUN = Scenario(
    settings=by_aliyun,
    recipient=a_patient,
    arrivals=new_texts,
    path="/aliyun/SendSms",
    outcomes={"token_expired": (Outcome.TROUBLE, 0)},  # keys do not expire: an unknown one is a wrong setting
    wrong=_no_aliyun_key,
    private=(PHONE, PATIENT, "sim-aliyun-secret", "another-secret"),
    fits=lambda text: len(text) <= 500 and PATIENT not in text,
)
TENCENT = Scenario(
    settings=by_tencent,
    recipient=a_patient,
    arrivals=new_texts,
    path="/tencent/SendSms",
    outcomes={"token_expired": (Outcome.TROUBLE, 0)},
    wrong=_no_tencent_key,
    private=(PHONE, PATIENT, "sim-tencent-key", "another-secret"),
    fits=lambda text: len(text) <= 500 and PATIENT not in text,
)
MAIL = Scenario(
    settings=by_mail,
    recipient=a_patient,
    arrivals=new_mail,
    path="/smtp",
    # the server says 452 for its own day's end as for a full box: this message waits, others may go
    outcomes={"token_expired": (Outcome.TROUBLE, 0), "quota": (Outcome.RETRY, 0)},
    wrong=_no_password,
    private=(EMAIL, PATIENT, "sim-mail-password", "another-secret"),
    fits=lambda text: len(text.splitlines()[0]) <= 120,
)
