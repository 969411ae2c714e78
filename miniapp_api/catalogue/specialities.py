"""The national list of clinical specialities (诊疗科目) whose codes departments carry.

Source: 医疗机构诊疗科目名录, issued by the Ministry of Health (卫医发〔1994〕第27号), with its later amendments.
Kept beside this file as `specialities.csv` (code, parent, name), so that no network is needed.
"""

import csv
from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_name("specialities.csv")


@cache
def specialities() -> dict[str, str]:
    """Give the name of each code; `03.04` stands below `03`."""
    with _LIST.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["name"] for row in csv.DictReader(lines)}
