"""The product's processes on this machine: their commands and the environment that they are given."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.builds import CLIENTS
from infra.local.plan import Plan

# The simulated platform's account; infra.simulator has the same defaults.
_SIMULATED_ACCOUNT = {
    "WECHAT_APP_ID": "wx0000000000000001",
    "WECHAT_SECRET": "sim-secret",
    "WECHAT_PUSH_TOKEN": "devtoken",
    "WECHAT_PUSH_AES_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
    "WECOM_ROBOT_KEY": "sim-robot",
    "WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128",
}


_RECEIPTS_TOKEN = "sim-receipts"


# Its other accounts; they are set only where it is simulated.
_SIMULATED_OTHERS = {
    "WECHAT_OFFICIAL_APP_ID": "wx00000000000000ff",
    "WECHAT_OFFICIAL_SECRET": "sim-official-secret",
    "WECHAT_OFFICIAL_PUSH_TOKEN": "officialtoken",
    "WECHAT_OFFICIAL_PUSH_AES_KEY": "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA",
    "WECOM_CORP_ID": "wwsim0000000000001",
    "WECOM_AGENT_ID": "1000002",
    "WECOM_APP_SECRET": "sim-corp-secret",
}


@dataclass(frozen=True)
class Programs:
    """The commands, in the order in which they are needed. `prepare` and `clients` end by themselves.

    clients: builds the pages; None where there are none to build.
    """

    simulator: list[str]
    prepare: list[str]
    web: list[str]
    worker: list[str]
    clients: list[str] | None = None


def product_programs(plan: Plan, simulator_port: int, mail_port: int) -> Programs:
    """Give the product's own commands. The ports are those of the simulated platform."""
    hospital = [sys.executable, "-m", "server.cli"]
    simulator = [sys.executable, "-m", "infra.simulator", "--host", plan.host, "--port", str(simulator_port)]
    simulator += ["--data-dir", str(plan.data_dir / "simulator"), "--push-url", f"{plan.base_url}/wechat/push"]
    simulator += ["--set", f"mail_port={mail_port}"]
    for provider in ("aliyun", "tencent"):
        url = f"{plan.base_url}/{provider}/sms-receipts?token={_RECEIPTS_TOKEN}"
        simulator += ["--set", f"{provider}_receipts_url={url}"]
    return Programs(
        simulator=simulator,
        prepare=[*hospital, "prepare", *_what_is_there(plan)],
        web=[*hospital, "serve"],
        worker=[*hospital, "worker"],
        clients=[sys.executable, "-m", "infra.local.clients", "web"] if plan.clients and CLIENTS.is_dir() else None,
    )


def _what_is_there(plan: Plan) -> list[str]:
    """Say what an empty hospital is filled with."""
    if not plan.demonstration:
        return []
    return ["--demo", "--examples"] if plan.examples else ["--demo"]


def environment_for(plan: Plan, environ: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Give the product's environment: what the caller has set wins over what we make up.

    given: the addresses and keys of this run.
    """
    ours = {
        "WECHAT_TEMPLATE_IDS": _template_ids(),
        "PUBLIC_URL": f"http://127.0.0.1:{plan.port}",
        "PYTHONUNBUFFERED": "1",
    }
    made_up = {**_SIMULATED_ACCOUNT, **ours, **given}
    wanted = {name: value for name, value in environ.items() if value or name not in made_up}
    # A relative folder means the caller's, and children may stand elsewhere.
    settled = {"HOST": plan.host, "PORT": str(plan.port), "DATA_DIR": str(plan.data_dir)}
    settled["DEMO"] = "1" if plan.demonstration else "0"
    return {**made_up, **wanted, **settled}


def simulated_carriers(simulator_url: str, host: str, mail_port: int) -> dict[str, str]:
    """Give the settings of text messages and mail when the simulator stands in for their providers."""
    from infra.simulator.sms_templates import SIGN_NAME, aliyun_setting, tencent_setting  # only loaded where it runs

    return {
        "ALIYUN_SMS_BASE_URL": f"{simulator_url}/aliyun",
        "ALIYUN_SMS_KEY_ID": "sim-aliyun-id",
        "ALIYUN_SMS_KEY_SECRET": "sim-aliyun-secret",
        "ALIYUN_SMS_SIGN_NAME": SIGN_NAME,
        "ALIYUN_SMS_TEMPLATES": aliyun_setting(),
        "ALIYUN_SMS_RECEIPTS_TOKEN": _RECEIPTS_TOKEN,
        "TENCENT_SMS_BASE_URL": f"{simulator_url}/tencent",
        "TENCENT_SMS_SECRET_ID": "sim-tencent-id",
        "TENCENT_SMS_SECRET_KEY": "sim-tencent-key",
        "TENCENT_SMS_APP_ID": "1400000001",
        "TENCENT_SMS_SIGN_NAME": SIGN_NAME,
        "TENCENT_SMS_TEMPLATES": tencent_setting(),
        "TENCENT_SMS_RECEIPTS_TOKEN": _RECEIPTS_TOKEN,
        "MAIL_HOST": host.strip("[]"),
        "MAIL_PORT": str(mail_port),
        "MAIL_SECURITY": "none",
        "MAIL_USERNAME": "sim-mail",
        "MAIL_PASSWORD": "sim-mail-password",
        "MAIL_SENDER": "notice@hospital.example",
    }


def simulated_others(simulator_url: str) -> dict[str, str]:
    """Give the settings of the official account, of WeCom's application and of the staff's webhook, all simulated."""
    from infra.simulator.official import OFFICIAL_TEMPLATE_IDS  # not loaded by those who only run servers

    return {
        **_SIMULATED_OTHERS,
        "WECHAT_OFFICIAL_TEMPLATE_IDS": json.dumps(OFFICIAL_TEMPLATE_IDS),
        "STAFF_ALERT_URLS": f"{simulator_url.replace('http://', 'json://')}/staff-webhook",
    }


def _template_ids() -> str:
    from infra.simulator.templates import TEMPLATE_IDS  # not needed, and not loaded, by those who only run servers

    return json.dumps(TEMPLATE_IDS)


def log_of(data_dir: Path, name: str) -> Path:
    """Name the log of a process."""
    return data_dir / "logs" / f"{name}.log"
