"""What staff do about causes: give a complaint its causes, write down findings, keep the tree."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from satisfaction.complaints import models as complaints
from satisfaction.complaints import reads, timeline
from satisfaction.complaints.actions import Step
from satisfaction.complaints.cases import locked
from satisfaction.complaints.handlers import HANDLERS, sight_of
from satisfaction.complaints.models import Complaint
from satisfaction.errors import TooManyLeaves
from satisfaction.library import models
from satisfaction.library.rules import CauseChoice, check_choices
from satisfaction.library.taxonomy import Node, shipped
from server import db
from server.accounts import SignedInStaff
from server.errors import NotFound, wrong_field
from server.jobs import ring

FINDINGS: Mapping[str, tuple[str, str]] = {  # what is found: the kind of line, and how it begins
    "finding": ("finding", ""),
    "statement": ("statement", ""),
    "responsibility": ("finding", "责任认定："),
    "remedy": ("finding", "整改措施："),
}
REMEDY = FINDINGS["remedy"][1]


async def ship() -> None:
    """Keep the shipped causes that are not there yet; a leaf for which no place is left comes out of use."""
    if {node.code for node in shipped()} <= await models.known_codes():
        return
    async with db.transaction():
        await models.one_keeper_at_a_time()
        known = await models.known_codes()
        for node in shipped():
            if node.code not in known:
                await models.keep_cause(node, await models.free_leaf_place() if node.level == 3 else None)


async def tree() -> list[dict[str, Any]]:
    """List the causes."""
    await ship()
    return await models.causes()


async def set_causes(step: Step, choices: Sequence[CauseChoice]) -> None:
    """Give a complaint its causes, the primary one first; what it had is replaced, the time line keeps it.

    Raises: NotFound, Malformed, SomeoneWasFaster.
    """
    await ship()
    async with db.transaction():
        complaint = await held(step)
        found = await models.causes()
        check_choices(choices, {row["code"]: row["is_human_error"] for row in found if is_leaf_in_use(row)})
        await models.set_causes(complaint.id, choices, step.staff.id)
        names = {row["code"]: row["names"]["zh-CN"] for row in found}
        await timeline.write(complaint, "cause", _as_text(choices, names), by=step.staff.by)
        await complaints.change(complaint)
        ring("propose_improvements")  # three alike are proposed at once, not at the next look


async def add_finding(step: Step, kind: str, text: str) -> None:
    """Write down what an investigation found, what somebody stated, who is responsible or what is done about it.

    kind: one of FINDINGS. The patient never sees it.
    Raises: NotFound, SomeoneWasFaster.
    """
    async with db.transaction():
        complaint = await held(step)
        line, begins = FINDINGS[kind]
        await timeline.write(complaint, line, begins + text, by=step.staff.by)
        await complaints.change(complaint)


async def held(step: Step) -> Complaint:
    """Lock a complaint that somebody may handle, in the open transaction.

    Raises: NotFound, SomeoneWasFaster.
    """
    if await reads.in_sight(sight_of(step.staff, HANDLERS), step.complaint_id) is None:
        raise NotFound()
    return await locked(step.complaint_id, step.version)


def is_leaf_in_use(row: Mapping[str, Any]) -> bool:
    """Tell whether a complaint may be given a cause."""
    return row["level"] == 3 and row["is_active"]


def _as_text(choices: Sequence[CauseChoice], names: Mapping[str, str]) -> str:
    if not choices:
        return "原因已清空。"
    lines = [f"{'促成原因' if at else '主要原因'}：{names[choice.code]}" for at, choice in enumerate(choices)]
    lines += [f"系统因素：{choice.system_factor}" for choice in choices if choice.system_factor]
    return "\n".join(lines)


# ---- the tree ------------------------------------------------------------------------------------------------------


async def put_cause(staff: SignedInStaff, code: str, asked: Mapping[str, Any]) -> None:
    """Rename a cause, put a leaf out of use or back, or add a leaf below a group.

    asked: names, is_human_error, is_active. Codes and places in the tree never change, so that counts stay comparable.
    Raises: NotFound for a leaf below no group, Malformed, TooManyLeaves.
    """
    await ship()
    async with db.transaction():
        await models.one_keeper_at_a_time()
        row = next((one for one in await models.causes() if one["code"] == code), None)
        if row is None:
            await _add_leaf(code, asked)
            return
        values: dict[str, Any] = {"names": orjson.dumps(asked["names"]).decode()}
        if row["level"] == 3:
            values |= {"is_human_error": asked["is_human_error"], "is_active": asked["is_active"]}
            if asked["is_active"] != row["is_active"]:
                values["leaf_place"] = await _place() if asked["is_active"] else None
        elif not asked["is_active"]:
            raise wrong_field("/is_active", "needed", "only leaves are put out of use")
        await models.change_cause(code, values)


async def _add_leaf(code: str, asked: Mapping[str, Any]) -> None:
    parent, _, _ = code.rpartition(".")
    if code.count(".") != 2 or parent not in await models.known_codes():
        raise NotFound()
    place = await _place() if asked["is_active"] else None
    await models.keep_cause(Node(code, parent, 3, asked["names"], asked["is_human_error"]), place)


async def _place() -> int:
    place = await models.free_leaf_place()
    if place is None:
        raise TooManyLeaves()
    return place
