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


def product_programs(plan: Plan, simulator_port: int) -> Programs:
    """Give the product's own commands."""
    hospital = [sys.executable, "-m", "server.cli"]
    simulator = [sys.executable, "-m", "infra.simulator", "--host", plan.host, "--port", str(simulator_port)]
    simulator += ["--data-dir", str(plan.data_dir / "simulator"), "--push-url", f"{plan.base_url}/wechat/push"]
    return Programs(
        simulator=simulator,
        prepare=[*hospital, "prepare", *(["--demo"] if plan.demonstration else [])],
        web=[*hospital, "serve"],
        worker=[*hospital, "worker"],
        clients=[sys.executable, "-m", "infra.local.clients", "web"] if plan.clients and CLIENTS.is_dir() else None,
    )


def environment_for(plan: Plan, environ: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Give the product's environment: what the caller has set wins over what we make up.

    given: the addresses and keys of this run.
    """
    made_up = {**_SIMULATED_ACCOUNT, "WECHAT_TEMPLATE_IDS": _template_ids(), "PYTHONUNBUFFERED": "1", **given}
    wanted = {name: value for name, value in environ.items() if value or name not in made_up}
    # A relative folder means the caller's, and children may stand elsewhere.
    settled = {"HOST": plan.host, "PORT": str(plan.port), "DATA_DIR": str(plan.data_dir)}
    settled["DEMO"] = "1" if plan.demonstration else "0"
    return {**made_up, **wanted, **settled}


def _template_ids() -> str:
    from infra.simulator.templates import TEMPLATE_IDS  # not needed, and not loaded, by those who only run servers

    return json.dumps(TEMPLATE_IDS)


def log_of(data_dir: Path, name: str) -> Path:
    """Name the log of a process."""
    return data_dir / "logs" / f"{name}.log"
