"""Settings of the providers of text messages and of the mail server. Whoever is not named in them is not used. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.environ import Secret, WrongSetting, json_object, seconds, whole_number

ALIYUN = "https://dysmsapi.aliyuncs.com"
TENCENT = "https://sms.tencentcloudapi.com"
SUBMISSION_PORT = 587


@dataclass(frozen=True)
class SmsTemplate:
    """A template as a provider approved it: its id, and for each of its parameters, in order, which value fills it.

    A value is a field of the message by its name, or `title`.
    """

    id: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Aliyun:
    """Text messages by Aliyun. templates: by our template key, or event, or `*` for all others."""

    key_id: str = ""
    key_secret: Secret = field(default_factory=Secret)
    sign_name: str = ""
    templates: Mapping[str, SmsTemplate] = field(default_factory=dict)
    receipts_token: Secret = field(default_factory=Secret)  # in the address to which it reports
    base_url: str = ALIYUN
    timeout_seconds: float = 8.0


@dataclass(frozen=True)
class Tencent:
    """Text messages by Tencent Cloud. templates: as Aliyun's; the order of the parameters counts."""

    secret_id: str = ""
    secret_key: Secret = field(default_factory=Secret)
    app_id: str = ""
    sign_name: str = ""
    templates: Mapping[str, SmsTemplate] = field(default_factory=dict)
    receipts_token: Secret = field(default_factory=Secret)
    region: str = "ap-guangzhou"
    base_url: str = TENCENT
    timeout_seconds: float = 8.0


class Security(StrEnum):
    """How the way to the mail server is closed to others."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"  # for a server on the own machine


@dataclass(frozen=True)
class Mail:
    """The mail server. sender: the address from which the hospital writes."""

    host: str = ""
    port: int = SUBMISSION_PORT
    security: Security = Security.STARTTLS
    username: str = ""
    password: Secret = field(default_factory=Secret)
    sender: str = ""
    timeout_seconds: float = 10.0


def read_aliyun(environ: Mapping[str, str]) -> Aliyun:
    """Read the settings of Aliyun. Raises: WrongSetting."""
    return Aliyun(
        key_id=environ.get("ALIYUN_SMS_KEY_ID", ""),
        key_secret=Secret(environ.get("ALIYUN_SMS_KEY_SECRET", "")),
        sign_name=environ.get("ALIYUN_SMS_SIGN_NAME", ""),
        templates=_templates(environ, "ALIYUN_SMS_TEMPLATES"),
        receipts_token=Secret(environ.get("ALIYUN_SMS_RECEIPTS_TOKEN", "")),
        base_url=(environ.get("ALIYUN_SMS_BASE_URL") or ALIYUN).rstrip("/"),
        timeout_seconds=seconds(environ, "SMS_TIMEOUT_SECONDS", "8"),
    )


def read_tencent(environ: Mapping[str, str]) -> Tencent:
    """Read the settings of Tencent Cloud. Raises: WrongSetting."""
    return Tencent(
        secret_id=environ.get("TENCENT_SMS_SECRET_ID", ""),
        secret_key=Secret(environ.get("TENCENT_SMS_SECRET_KEY", "")),
        app_id=environ.get("TENCENT_SMS_APP_ID", ""),
        sign_name=environ.get("TENCENT_SMS_SIGN_NAME", ""),
        templates=_templates(environ, "TENCENT_SMS_TEMPLATES"),
        receipts_token=Secret(environ.get("TENCENT_SMS_RECEIPTS_TOKEN", "")),
        region=environ.get("TENCENT_SMS_REGION") or "ap-guangzhou",
        base_url=(environ.get("TENCENT_SMS_BASE_URL") or TENCENT).rstrip("/"),
        timeout_seconds=seconds(environ, "SMS_TIMEOUT_SECONDS", "8"),
    )


def read_mail(environ: Mapping[str, str]) -> Mail:
    """Read the settings of the mail server. Raises: WrongSetting."""
    try:
        security = Security(environ.get("MAIL_SECURITY") or Security.STARTTLS)
    except ValueError:
        raise WrongSetting(f"MAIL_SECURITY is one of {', '.join(Security)}") from None
    return Mail(
        host=environ.get("MAIL_HOST", ""),
        port=whole_number(environ, "MAIL_PORT", SUBMISSION_PORT),
        security=security,
        username=environ.get("MAIL_USERNAME", ""),
        password=Secret(environ.get("MAIL_PASSWORD", "")),
        sender=environ.get("MAIL_SENDER", ""),
        timeout_seconds=seconds(environ, "MAIL_TIMEOUT_SECONDS", "10"),
    )


def half_set_up(aliyun: Aliyun, tencent: Tencent, mail: Mail) -> list[str]:
    """Say what is missing of a provider of which something is set; nothing of one of which nothing is."""
    wanted: dict[str, Mapping[str, object]] = {
        "ALIYUN_SMS_": {
            "KEY_ID": aliyun.key_id,
            "KEY_SECRET": aliyun.key_secret,
            "SIGN_NAME": aliyun.sign_name,
            "TEMPLATES": aliyun.templates,
            "RECEIPTS_TOKEN": aliyun.receipts_token,
        },
        "TENCENT_SMS_": {
            "SECRET_ID": tencent.secret_id,
            "SECRET_KEY": tencent.secret_key,
            "APP_ID": tencent.app_id,
            "SIGN_NAME": tencent.sign_name,
            "TEMPLATES": tencent.templates,
            "RECEIPTS_TOKEN": tencent.receipts_token,
        },
        "MAIL_": {"HOST": mail.host, "SENDER": mail.sender},
    }
    return [
        f"{', '.join(prefix + name for name in missing)} is empty: that way to people is half set up"
        for prefix, values in wanted.items()
        if 0 < len(missing := [name for name, value in values.items() if not value]) < len(values)
    ]


def _templates(environ: Mapping[str, str], name: str) -> dict[str, SmsTemplate]:
    found = {}
    for key, told in json_object(environ, name).items():
        params = told.get("params", {}) if isinstance(told, dict) else None
        if not isinstance(params, dict) or not isinstance(told.get("id"), str) or not told["id"]:
            raise WrongSetting(f'{name}: {key} must be {{"id": "…", "params": {{"name": "field", …}}}}')
        found[key] = SmsTemplate(told["id"], {str(param): str(value) for param, value in params.items()})
    return found
