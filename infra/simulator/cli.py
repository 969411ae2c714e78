"""The command line of the simulator: `python -m infra.simulator --port 8101 --data-dir DIR`."""

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from infra.simulator.server import run
from infra.simulator.settings import SimulatorSettings

_KINDS = {field.name: type(field.default) for field in fields(SimulatorSettings) if field.name != "data_dir"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the simulator as the arguments say; give the exit status."""
    return run(parse(arguments))


def parse(arguments: Sequence[str] | None = None) -> SimulatorSettings:
    """Read the arguments; what is not given has the default of the settings. Ends the process on a bad one."""
    parser = argparse.ArgumentParser(prog="python -m infra.simulator", description="The simulated WeChat platform.")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the ledger; one simulator per folder")
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="0 lets the system choose (default)")
    parser.add_argument("--appid")
    parser.add_argument("--secret")
    parser.add_argument("--push-url", help="the product's /wechat/push")
    parser.add_argument("--push-token")
    parser.add_argument("--push-aes-key")
    parser.add_argument("--robot-key", dest="robot_keys", action="append", help="may be given several times")
    parser.add_argument(
        "--set",
        dest="switches",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other setting by its name",
    )
    given = vars(parser.parse_args(arguments))
    switches = given.pop("switches")
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    try:
        chosen |= dict(_switch(switch) for switch in switches)
        if "robot_keys" in chosen:
            chosen["robot_keys"] = tuple(chosen["robot_keys"])
        return SimulatorSettings(**chosen)
    except ValueError as trouble:
        parser.error(str(trouble))


def _switch(switch: str) -> tuple[str, Any]:
    name, _, text = switch.partition("=")
    kind = _KINDS.get(name)
    if kind is None:
        raise ValueError(f"no setting is called {name}")
    if kind is bool:
        if text not in ("on", "off"):
            raise ValueError(f"{name} is on or off")
        return name, text == "on"
    if kind is tuple:
        return name, tuple(part for part in text.split(",") if part)
    return name, int(text) if kind is int or name in ("seed", "mail_port") else text
