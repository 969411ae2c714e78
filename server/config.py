"""Settings: read once from the environment, frozen, secrets hidden when printed. Pure.

The only reader of the environment.
Hospital policy (limits, windows, ladders) is no setting: it stands in the features' `rules.py` or in the database.
"""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from server.carriers import Aliyun, Mail, Tencent, read_aliyun, read_mail, read_tencent
from server.environ import Secret, WrongSetting
from server.file_store import FileStore, read_file_store

__all__ = ["NOWHERE", "REAL_PLATFORM", "Keys", "Secret", "Settings", "Wechat", "Wecom", "WrongSetting", "load"]

CHECKOUT_CLIENTS = str(Path(__file__).resolve().parents[1] / "clients")
REAL_PLATFORM = "https://api.weixin.qq.com"

# Settings of no installation: enough to describe the API, which depends on none of them.
NOWHERE: Mapping[str, str] = {
    "DATABASE_URL": "postgresql://nowhere/none",
    "REDIS_URL": "redis://nowhere",
    "WECHAT_APP_ID": "none",
    "WECHAT_SECRET": "none",
    "WECHAT_PUSH_TOKEN": "none",
    "WECHAT_PUSH_AES_KEY": "none",
    **dict.fromkeys(("DATA_KEY", "INDEX_KEY", "CODE_SIGNING_KEY"), base64.b64encode(bytes(32)).decode()),
}


@dataclass(frozen=True)
class Web:
    """Where the server listens and what it accepts."""

    host: str = "127.0.0.1"
    port: int = 8000
    max_body_bytes: int = 256 * 1024
    metrics_token: Secret = field(default_factory=Secret)
    proxies_count: int = 0
    worker_metrics_port: int = 0  # where a worker shows its own figures; 0 is nowhere
    public_url: str = ""  # where others reach this server: https://host; empty: nobody is sent an address of it


@dataclass(frozen=True)
class Wechat:
    """The platform: credentials, where it lives, how its pushes are signed."""

    base_url: str
    app_id: str
    secret: Secret
    push_token: Secret
    push_aes_key: Secret
    push_plain: bool = False  # whether pushes that are not encrypted are taken; nothing proves what they say
    template_ids: Mapping[str, str] = field(default_factory=dict)  # our template key -> the platform's id
    timeout_seconds: float = 8.0


@dataclass(frozen=True)
class Wecom:
    """WeCom, where staff are: the robot of a group, and the application that writes to each of them."""

    base_url: str
    robot_key: Secret
    corp_id: str = ""
    agent_id: int = 0
    app_secret: Secret = field(default_factory=Secret)
    timeout_seconds: float = 8.0


def no_official() -> Wechat:
    """Give the settings of a hospital without an official account."""
    return Wechat(REAL_PLATFORM, "", Secret(), Secret(), Secret())


@dataclass(frozen=True)
class StaffServices:
    """Other services that alert staff, by addresses as Apprise reads them; each holds its own secret."""

    urls: tuple[Secret, ...] = ()
    timeout_seconds: float = 8.0


@dataclass(frozen=True)
class Webhooks:
    """Where news may be sent to other systems. networks: beside the public ones. timeout_seconds: of one call."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    timeout_seconds: float = 10.0


@dataclass(frozen=True)
class Keys:
    """Keys of 32 bytes each."""

    data: bytes = field(repr=False)  # encrypts personal data at rest
    index: bytes = field(repr=False)  # blind index for equality search
    code_signing: bytes = field(repr=False)  # Ed25519 seed of the patients' codes


@dataclass(frozen=True)
class Settings:
    """All settings of a process."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    web: Web
    wechat: Wechat
    wecom: Wecom
    keys: Keys
    official: Wechat = field(default_factory=no_official)  # the official account; without an id there is none
    staff_services: StaffServices = field(default_factory=StaffServices)
    aliyun_sms: Aliyun = field(default_factory=Aliyun)
    tencent_sms: Tencent = field(default_factory=Tencent)
    mail: Mail = field(default_factory=Mail)
    webhooks: Webhooks = field(default_factory=Webhooks)
    file_store: FileStore = field(default_factory=FileStore)
    zone: str = "Asia/Shanghai"
    data_dir: str = ".data"
    clients_dir: str = CHECKOUT_CLIENTS  # where the built clients lie: miniapp/dist/build/h5 and console/dist
    demo: bool = False
    pool_size: int = 10
    log_level: str = "INFO"
    kill_point: str = ""  # tests only: name of the point at which the process ends like kill -9

    @property
    def is_demonstration(self) -> bool:
        """Whether people may try this hospital: it says so, and simulated people stand in for the platform's."""
        return self.demo and self.wechat.base_url != REAL_PLATFORM


def _key(environ: Mapping[str, str], name: str) -> bytes:
    try:
        key = base64.b64decode(environ[name], validate=True)
    except KeyError:
        raise WrongSetting(f"{name} is missing: base64 of 32 random bytes") from None
    except ValueError:
        raise WrongSetting(f"{name} is not base64") from None
    if len(key) != 32:
        raise WrongSetting(f"{name} must be base64 of 32 bytes, it holds {len(key)}")
    return key


def _text(environ: Mapping[str, str], name: str, default: str | None = None) -> str:
    value = environ.get(name, default)
    if not value:
        raise WrongSetting(f"{name} is missing")
    return value


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(environ.get(name) or default)
    except ValueError:
        raise WrongSetting(f"{name} must be a whole number") from None


def _seconds(environ: Mapping[str, str], name: str, default: str) -> float:
    try:
        return float(environ.get(name) or default)
    except ValueError:
        raise WrongSetting(f"{name} must be a number of seconds") from None


def _template_ids(environ: Mapping[str, str], name: str) -> dict[str, str]:
    try:
        found = json.loads(environ.get(name) or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise WrongSetting(f"{name} is not a JSON object of template key to id")
    return found


def _official(environ: Mapping[str, str]) -> Wechat:
    if not environ.get("WECHAT_OFFICIAL_APP_ID"):
        return no_official()
    return Wechat(
        base_url=(environ.get("WECHAT_OFFICIAL_BASE_URL") or environ.get("WECHAT_BASE_URL") or REAL_PLATFORM).rstrip(
            "/"
        ),
        app_id=environ["WECHAT_OFFICIAL_APP_ID"],
        secret=Secret(_text(environ, "WECHAT_OFFICIAL_SECRET")),
        push_token=Secret(_text(environ, "WECHAT_OFFICIAL_PUSH_TOKEN")),
        push_aes_key=Secret(_text(environ, "WECHAT_OFFICIAL_PUSH_AES_KEY")),
        template_ids=_template_ids(environ, "WECHAT_OFFICIAL_TEMPLATE_IDS"),
        timeout_seconds=_seconds(environ, "WECHAT_TIMEOUT_SECONDS", "8"),
    )


def _networks(environ: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(text.strip()) for text in environ.get(name, "").split(",") if text.strip())
    except ValueError:
        raise WrongSetting(f"{name} is a list of networks: 10.0.0.0/8, fd00::/8") from None


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read all settings from the environment.

    Raises: WrongSetting, naming the variable.
    """
    env = os.environ if environ is None else environ  # noqa: TID251 - the one reader
    return Settings(
        database_url=_text(env, "DATABASE_URL"),
        redis_url=_text(env, "REDIS_URL"),
        web=Web(
            host=env.get("HOST", "127.0.0.1"),
            port=_number(env, "PORT", 8000),
            max_body_bytes=_number(env, "MAX_BODY_BYTES", 256 * 1024),
            metrics_token=Secret(env.get("METRICS_TOKEN", "")),
            proxies_count=_number(env, "PROXIES_COUNT", 0),
            worker_metrics_port=_number(env, "WORKER_METRICS_PORT", 0),
            public_url=env.get("PUBLIC_URL", "").rstrip("/"),
        ),
        wechat=Wechat(
            base_url=env.get("WECHAT_BASE_URL", REAL_PLATFORM).rstrip("/"),
            app_id=_text(env, "WECHAT_APP_ID"),
            secret=Secret(_text(env, "WECHAT_SECRET")),
            push_token=Secret(_text(env, "WECHAT_PUSH_TOKEN")),
            push_aes_key=Secret(_text(env, "WECHAT_PUSH_AES_KEY")),
            push_plain=env.get("WECHAT_PUSH_PLAIN", "") == "1",
            template_ids=_template_ids(env, "WECHAT_TEMPLATE_IDS"),
            timeout_seconds=_seconds(env, "WECHAT_TIMEOUT_SECONDS", "8"),
        ),
        wecom=Wecom(
            base_url=env.get("WECOM_BASE_URL", "https://qyapi.weixin.qq.com").rstrip("/"),
            robot_key=Secret(env.get("WECOM_ROBOT_KEY", "")),
            corp_id=env.get("WECOM_CORP_ID", ""),
            agent_id=_number(env, "WECOM_AGENT_ID", 0),
            app_secret=Secret(env.get("WECOM_APP_SECRET", "")),
            timeout_seconds=_seconds(env, "WECOM_TIMEOUT_SECONDS", "8"),
        ),
        official=_official(env),
        staff_services=StaffServices(
            urls=tuple(Secret(url) for url in env.get("STAFF_ALERT_URLS", "").split()),
            timeout_seconds=_seconds(env, "STAFF_ALERT_TIMEOUT_SECONDS", "8"),
        ),
        aliyun_sms=read_aliyun(env),
        tencent_sms=read_tencent(env),
        mail=read_mail(env),
        keys=Keys(
            data=_key(env, "DATA_KEY"),
            index=_key(env, "INDEX_KEY"),
            code_signing=_key(env, "CODE_SIGNING_KEY"),
        ),
        webhooks=Webhooks(
            networks=_networks(env, "WEBHOOK_NETWORKS"),
            timeout_seconds=_seconds(env, "WEBHOOK_TIMEOUT_SECONDS", "10"),
        ),
        file_store=read_file_store(env),
        zone=env.get("ZONE", "Asia/Shanghai"),
        data_dir=env.get("DATA_DIR", ".data"),
        clients_dir=env.get("CLIENTS_DIR") or CHECKOUT_CLIENTS,
        demo=env.get("DEMO", "") == "1",
        pool_size=_number(env, "POOL_SIZE", 10),
        log_level=env.get("LOG_LEVEL", "INFO"),
        kill_point=env.get("KILL_POINT", ""),
    )
