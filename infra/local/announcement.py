"""What a person and a program are told once the hospital runs: addresses and demonstration logins."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.folder import replace_file

_ROLE_ORDER = (
    "guide",
    "room",
    "complaint_handler",
    "supervisor",
    "customer_service",
    "department_head",
    "operations",
    "committee",
    "admin",
)


@dataclass(frozen=True)
class Addresses:
    """Where the running hospital is found; the simulator is None when nothing stands in for the platform."""

    base: str
    simulator: str | None
    data_dir: Path


def demonstration_file(data_dir: Path) -> Path:
    """Name the file in which programs find the demonstration logins; it is there while a hospital with them runs."""
    return data_dir / "demo.json"


def write_demonstration(addresses: Addresses, demonstration: Mapping[str, Any]) -> None:
    """Write addresses and demonstration logins for programs: all of it appears at once."""
    found = {
        "base": addresses.base,
        "simulator": addresses.simulator,
        "staff": demonstration["staff"],
        "desk_id": demonstration["desk_id"],
    }
    replace_file(demonstration_file(addresses.data_dir), json.dumps(found, ensure_ascii=False, indent=2) + "\n")


def announcement(addresses: Addresses, demonstration: Mapping[str, Any] | None, *, has_pages: bool) -> str:
    """Give the block that the person who started the hospital reads: where to look, and one login for each role."""
    base = addresses.base
    lines = ["", "医院服务已就绪 · the hospital is open"]
    if has_pages:
        lines += [
            f"  从这里开始 start  {base}/",
            f"  手机 phone       {base}/m/",
            f"  管理台 console   {base}/console/",
        ]
        if (department_id := _department_with_a_room(demonstration)) is not None:
            lines.append(f"  候诊屏 board     {base}/board/{department_id}")
    else:
        lines.append(f"  页面 pages       尚未构建 not built: make clients    {base}/")
    lines.append(f"  接口说明 docs    {base}/docs")
    if addresses.simulator is not None:
        lines.append(f"  模拟手机 phones  {addresses.simulator}")
    lines.append(f"  数据 data        {addresses.data_dir}    日志 logs: {addresses.data_dir / 'logs'}")
    if demonstration is not None:
        lines.append(f"  演示登录 logins  ({len(demonstration['staff'])}: {demonstration_file(addresses.data_dir)})")
        lines += [f"    {role:<18} {name:<24} {password}" for role, name, password in _one_of_each_role(demonstration)]
    lines += ["  停止 stop        Ctrl-C", ""]
    return "\n".join(lines)


def _department_with_a_room(demonstration: Mapping[str, Any] | None) -> str | None:
    staff = demonstration["staff"] if demonstration is not None else []
    return next((each["departments"][0] for each in staff if "room" in each["roles"] and each["departments"]), None)


def _one_of_each_role(demonstration: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    found: dict[str, tuple[str, str, str]] = {}
    for staff in demonstration["staff"]:
        for role in staff["roles"]:
            found.setdefault(role, (role, staff["username"], staff["password"]))
    known = [found.pop(role) for role in _ROLE_ORDER if role in found]
    return known + list(found.values())
