"""What the caller wants: ports, folder, and which servers are there already. Read from the environment, once."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.problems import CannotStart

_OFF = {"0", "no", "off", "false"}
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
_PORTS_TRIED = 100


@dataclass(frozen=True)
class Plan:
    """How the hospital is to run on this machine.

    database_url, redis_url, platform_url: None means that we run one ourselves.
    simulator_port: None means the first free one after `port`.
    clients: whether to build the pages.
    """

    host: str
    port: int
    simulator_port: int | None
    data_dir: Path
    database_url: str | None
    redis_url: str | None
    platform_url: str | None
    demonstration: bool
    examples: bool
    clients: bool = True

    @property
    def reached_at(self) -> str:
        """The host by which this machine reaches its own servers, in brackets when it is IPv6."""
        host = _EVERY_ADDRESS.get(self.host, self.host)
        return f"[{host}]" if ":" in host else host

    @property
    def base_url(self) -> str:
        """The address of the web server."""
        return f"http://{self.reached_at}:{self.port}"

    def is_free(self, port: int) -> bool:
        """Tell whether a server could listen on this port now."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, port))
            except OSError:
                return False
        return True

    def choose_simulator_port(self) -> int:
        """Give the simulated platform's port: the one asked for, or the next free one. Raises: CannotStart."""
        if self.simulator_port is not None:
            return self.simulator_port
        return self._free_after(self.port)

    def choose_mail_port(self, simulator_port: int) -> int:
        """Give the simulated mail server's port: the next free one after the platform's. Raises: CannotStart."""
        return self._free_after(max(self.port, simulator_port))

    def _free_after(self, taken: int) -> int:
        for port in range(taken + 1, min(taken + 1 + _PORTS_TRIED, 65536)):
            if self.is_free(port):
                return port
        raise CannotStart(f"{taken} 之后没有空闲端口：请设置 SIMULATOR_PORT。\nNo free port: set SIMULATOR_PORT.")


def read_plan(environ: Mapping[str, str]) -> Plan:
    """Read the plan. Raises: CannotStart, naming the variable that cannot be used."""
    simulator_port = environ.get("SIMULATOR_PORT")
    return Plan(
        host=environ.get("HOST") or "127.0.0.1",
        port=_port("PORT", environ.get("PORT") or "8000"),
        simulator_port=_port("SIMULATOR_PORT", simulator_port) if simulator_port else None,
        data_dir=Path(os.path.abspath(Path(environ.get("DATA_DIR") or ".data").expanduser())),
        database_url=environ.get("DATABASE_URL") or None,
        redis_url=environ.get("REDIS_URL") or None,
        platform_url=environ.get("WECHAT_BASE_URL") or None,
        demonstration=environ.get("DEMO", "1").lower() not in _OFF,
        examples=environ.get("EXAMPLES", "1").lower() not in _OFF,
        clients=environ.get("CLIENTS", "1").lower() not in _OFF,
    )


def _port(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65536:
        raise CannotStart(
            f"{name}={value}：端口应为 1 到 65535 的数字。\n{name}={value}: a port is a number from 1 to 65535."
        )
    return int(value)
