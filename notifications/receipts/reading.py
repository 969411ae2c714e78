"""Read the reports of the two providers. Pure; numbers are left behind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from server.errors import Unreadable

MOST = 1000  # reports of one push
# What a carrier says of a number to which nothing can be sent any more.
DEAD_NUMBERS = frozenset({"MOBILE_NOT_ON_SERVICE", "MOBILE_IN_BLACK"})


@dataclass(frozen=True)
class Report:
    """What became of one message. serial: the provider's own name of it. key: ours, where it is said again."""

    serial: str
    key: str
    is_good: bool
    code: str


def aliyun_report(said: Mapping[str, Any]) -> Report:
    """Read one report of Aliyun's SmsReport. Raises: KeyError."""
    return Report(str(said["biz_id"]), str(said.get("out_id") or ""), said["success"] is True, _code(said, "err_code"))


def tencent_report(said: Mapping[str, Any]) -> Report:
    """Read one report of Tencent's status push. Raises: KeyError."""
    is_good = said["report_status"] == "SUCCESS"
    return Report(str(said["sid"]), str(said.get("ext") or ""), is_good, _code(said, "errmsg"))


def read_reports(body: bytes, one: Callable[[Mapping[str, Any]], Report]) -> list[Report]:
    """Read a push: a list of reports, or one alone; what has no serial is left out.

    Raises: Unreadable.
    """
    try:
        said = orjson.loads(body)
        found = [one(each) for each in (said if isinstance(said, list) else [said])[:MOST]]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise Unreadable() from None
    return [report for report in found if report.serial]


def _code(said: Mapping[str, Any], name: str) -> str:
    return str(said.get(name) or "")[:100]
