"""The command `hospital queue`: a queue as it was at a past second, and a day with other rules."""

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from miniapp_api.replay import looking, whatif
from miniapp_api.replay.whatif import Asked
from server import clock, db
from server.errors import Malformed, NotFound

_STATES = {
    "waiting": "候诊",
    "ready": "二次候诊",
    "called": "已叫号",
    "in_service": "就诊中",
    "missed": "过号",
    "held": "暂缓",
    "away": "离开检查",
}
_CLASSES = {
    "booked": "准时预约",
    "late": "迟到预约",
    "walk_in": "现场登记",
    "return": "检查返回",
    "priority": "优先照顾",
    "urgent": "急诊",
}
WITH_LINES = "SELECT DISTINCT department_id AS id FROM ticket WHERE day = $1 ORDER BY 1"
_ROOMS = {"open": "叫号中", "paused": "暂停", "closed": "停用"}


def moment_of(text: str) -> datetime:
    """Read a moment: RFC 3339, or the hospital's own time; a time alone is today's.

    Raises: ValueError.
    """
    text = text.strip()
    if len(text) <= len("00:00:00") and ":" in text:
        text = f"{clock.today()}T{text}"
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=clock.zone())


async def print_replay(queue: str, at: datetime, *, as_json: bool) -> int:
    """Print a queue as it was at a moment; give the exit status: 0 shown, 1 no such queue."""
    try:
        department = await looking.department_like(queue)
    except NotFound:
        print(f"hospital: no queue is called {queue}, or two are", file=sys.stderr)
        return 1
    replay = await looking.replay(department, at)
    print(json.dumps(replay, ensure_ascii=False) if as_json else _text(replay))
    return 0


def _text(replay: dict[str, Any]) -> str:
    queue, board = replay["queue"], replay["board"]
    lines = [f"{board['department']} {board['location']}  {replay['at']}  #{queue['version']}"]
    if not replay["is_certain"]:
        lines.append("诊室安排：当时尚无记录，按当日最早的记录显示")
    for room in board["rooms"]:
        lines.append(f"  {room['name']}  {_ROOMS.get(room['state'], room['state'])}  {room['practitioner'] or ''}")
    told = {one["ticket_id"]: one for one in replay["waiting"]}
    for ticket in queue["tickets"]:
        state = _STATES.get(ticket["state"], ticket["state"])
        room = ticket["room"]["name"] if ticket["room"] else ""
        lines.append(
            f"  {ticket['number']}  {ticket['patient']['name']}  {state}  {room}{_wait(told.get(ticket['id']))}"
        )
    lines.append(f"  sha256 {replay['hash']}")
    return "\n".join(lines)


def _wait(told: dict[str, Any] | None) -> str:
    if told is None:
        return ""
    said = f"第{told['place']}位，前面 {told['ahead']} 人"
    if promised := told["promised"]:
        said += f"；报到时告知约 {promised['about_minutes']} 分钟，{promised['within_minutes']} 分钟内"
    return said


def settings_of(texts: Sequence[str]) -> dict[str, str]:
    """Read `W=20m` and the like.

    Raises: ValueError, naming what has no `=`.
    """
    pairs = [text.partition("=") for text in texts]
    if wrong := [text for text, (_, sign, _) in zip(texts, pairs, strict=True) if not sign]:
        raise ValueError(wrong[0])
    return {name.strip(): value.strip() for name, _, value in pairs}


async def print_what_if(queue: str | None, day: date, asked: Asked, *, as_json: bool) -> int:
    """Print a day with another rule, for one queue or for all; give the exit status: 0 shown, 1 nothing, 2 wrong."""
    rows = await db.fetch(WITH_LINES, day) if queue is None else [{"id": queue}]
    found = []
    try:
        for row in rows:
            department = await looking.department_like(str(row["id"]))
            found.append(await whatif.what_if(department, day, asked))
    except NotFound:
        print(f"hospital: nothing is kept of {queue or 'a queue'} on {day}", file=sys.stderr)
        return 1
    except Malformed as error:
        for field in error.data["errors"]:
            print(f"hospital: {field['pointer'].lstrip('/')}: {field['detail']}", file=sys.stderr)
        return 2
    if as_json:
        print(json.dumps({"results": found}, ensure_ascii=False))
        return 0
    for one in found:
        print(_compared(one))
    return 0 if found else 1


def _compared(one: dict[str, Any]) -> str:
    lines = [
        f"{one['department']['name']} {one['day']}: {one['visits']} 人次；"
        f"按当日规则重演与实际一致 {one['same_calls']}/{one['calls']} 次叫号",
        f"  当日 {_rule(one['own'])}",
        f"  假设 {_rule(one['asked'])}",
        "  类别        人次   实际均值/P95     假设均值/P95     被超过 均值/最多（实际 → 假设）",
    ]
    asked = {row["who"]: row for row in one["with_asked"]}
    for row in one["happened"]:
        other = asked.get(row["who"])
        then = f"{row['mean_minutes']:>5.1f} / {row['p95_minutes']:>5.1f}"
        now = f"{other['mean_minutes']:>5.1f} / {other['p95_minutes']:>5.1f}" if other else "-"
        passed = f"{row['overtaken_mean']:.2f}/{row['overtaken_max']}"
        passed_now = f"{other['overtaken_mean']:.2f}/{other['overtaken_max']}" if other else "-"
        lines.append(f"  {_CLASSES[row['who']]}  {row['people']:>5}   {then}   {now}   {passed} → {passed_now}")
    missing = one["not_called"]
    lines.append(f"  未叫到：实际 {missing['happened']}，假设 {missing['with_asked']}")
    return "\n".join(lines)


def _rule(rule: dict[str, Any]) -> str:
    said = " ".join(f"{name}={value}" for name, value in rule["settings"].items())
    bound = "不保证" if rule["bound_minutes"] is None else f"{rule['bound_minutes']} 分钟"
    return f"{rule['policy']} {said}，上限 {bound}"
