"""How a department head or an administrator reads and decides in which order a queue is called."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sanic import Blueprint, Request

from miniapp_api.queue.order import settings as order_settings
from miniapp_api.queue.order import settings_texts as order_settings_texts
from miniapp_api.queue.order.explanations import bound_text
from miniapp_api.queue.order.ordering import Rule, rule_now, rule_of
from miniapp_api.queue.order.reasons import minutes
from miniapp_api.queue.policies import POLICIES
from miniapp_api.queue.policies.basis import LIMITS
from miniapp_api.queue.steps import department_of_path
from server import auth, web
from server.accounts import Role
from server.auth import staff_only
from server.errors import SomeoneWasFaster, Stale
from server.hospital import Department
from server.web import Form, Paging, View, Whole, api, check_version, moment

bp = Blueprint("queue_rules", url_prefix="/api/v1")

WHO_DECIDES = (Role.DEPARTMENT_HEAD, Role.ADMIN)
WHO_READS = (*WHO_DECIDES, Role.SUPERVISOR)

PolicyName = Literal["head_start", "arrival", "appointment"]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


def _within(name: str) -> Any:
    least, most = LIMITS[name]
    return Field(ge=least, le=most)


class OrderSettings(Form):
    """The numbers of an order, in minutes and places; see docs/queue-order.md. What is not named has its default."""

    early_minutes: Annotated[Whole, _within("early_minutes")] = 10
    walk_in_minutes: Annotated[Whole, _within("walk_in_minutes")] = 20
    help_minutes: Annotated[Whole, _within("help_minutes")] = 20
    return_minutes: Annotated[Whole, _within("return_minutes")] = 20
    late: Literal["arrival", "ladder"] = "arrival"
    late_places: Annotated[Whole, _within("late_places")] = 3
    late_place_minutes: Annotated[Whole, _within("late_place_minutes")] = 5
    late_ahead_minutes: Annotated[Whole, _within("late_ahead_minutes")] = 20
    missed_places: Annotated[Whole, _within("missed_places")] = 3
    others_per_return: Annotated[Whole, _within("others_per_return")] = 2


class OrderForm(Form):
    """A policy and its numbers."""

    policy: PolicyName
    settings: OrderSettings = OrderSettings()


class QueueRuleForm(OrderForm):
    """What shall hold for whoever comes from now on, and why."""

    why: Reason


class OrderNumbers(View):
    """The numbers of an order, in minutes and places."""

    early_minutes: int
    walk_in_minutes: int
    help_minutes: int
    return_minutes: int
    late: str
    late_places: int
    late_place_minutes: int
    late_ahead_minutes: int
    missed_places: int
    others_per_return: int


class QueueRuleView(View):
    """A rule that holds or held. version 0: nothing was decided yet, this is the default.

    bound_minutes: what is promised on the wall; null: nothing. promise: as a sentence. at, why, by_name: of the
    decision.
    """

    version: int
    policy: str
    settings: OrderNumbers
    bound_minutes: int | None
    promise: str
    at: str | None
    why: str | None
    by_name: str | None


class DepartmentRuleView(QueueRuleView):
    """The rule that holds in a department."""

    department_id: str
    department: str


class DepartmentRuleList(View):
    """A page of departments with their rules."""

    items: list[DepartmentRuleView]
    next: str | None


class PolicyView(View):
    """A policy to choose from, which numbers decide in it, and what it promises with the defaults."""

    name: str
    uses: list[str]


class QueueRuleDetail(DepartmentRuleView):
    """The rule of a department, what may be chosen, and all that was decided, the last first."""

    policies: list[PolicyView]
    history: list[QueueRuleView]


class MovedView(View):
    """Somebody who would stand elsewhere; places from the front, from 1."""

    number: str
    before: int
    after: int


class OrderLookView(View):
    """What a rule would have meant for those who wait now, and what it would promise."""

    waiting: int
    moved: list[MovedView]
    bound_minutes: int | None
    promise: str
    text: str


@dataclass(frozen=True)
class _Seen:
    version: int


@bp.get("/admin/queue-rules")
@api(guard=staff_only(*WHO_READS), query=Paging, returns=DepartmentRuleList, tag="queue rules")
async def rules(request: Request, query: Paging) -> dict[str, Any]:
    """List the departments, each with the order that holds in it."""
    mine, language = request.ctx.staff.departments_of(*WHO_READS), web.language_of(request)
    rows = await order_settings.of_departments(mine, query.after(), query.limit + 1)
    return web.listing(rows, query.limit, lambda row: _of_department(row, language))


@bp.get("/admin/queue-rules/<department_id:uuid>")
@api(guard=staff_only(*WHO_READS), returns=QueueRuleDetail, tag="queue rules")
async def rule(request: Request, department_id: UUID) -> dict[str, Any]:
    """Give the order that holds in a department, what may be chosen, and all that was decided."""
    auth.need_department(request.ctx.staff, department_id, *WHO_READS)
    return await _detail(await department_of_path(department_id), web.language_of(request))


@bp.put("/admin/queue-rules/<department_id:uuid>")
@api(
    guard=staff_only(*WHO_DECIDES),
    body=QueueRuleForm,
    returns=QueueRuleDetail,
    errors=(SomeoneWasFaster, Stale),
    tag="queue rules",
)
async def decide(request: Request, department_id: UUID, body: QueueRuleForm) -> dict[str, Any]:
    """Let another order hold for whoever comes from now on; who waits keeps the place."""
    auth.need_department(request.ctx.staff, department_id, *WHO_DECIDES)
    department, language = await department_of_path(department_id), web.language_of(request)
    held = await _detail(department, language)
    check_version(request, _Seen(held["version"]), lambda: held)
    asked = _rule(body, held["version"])
    await order_settings.decide(department_id, asked, why=body.why, staff=request.ctx.staff)
    return await _detail(department, language)


@bp.post("/admin/queue-rules/<department_id:uuid>/preview")
@api(guard=staff_only(*WHO_DECIDES), body=OrderForm, returns=OrderLookView, tag="queue rules")
async def preview(request: Request, department_id: UUID, body: OrderForm) -> dict[str, Any]:
    """Say what an order would have meant for those who wait now; nothing is changed."""
    auth.need_department(request.ctx.staff, department_id, *WHO_DECIDES)
    await department_of_path(department_id)
    language, asked = web.language_of(request), _rule(body, (await rule_now(department_id)).version)
    look = await order_settings.look(department_id, asked)
    return {
        "waiting": look.waiting,
        "moved": [{"number": one.number, "before": one.before, "after": one.after} for one in look.moved],
        "bound_minutes": minutes(asked.bound),
        "promise": bound_text(asked.bound, language),
        "text": order_settings_texts.said(look, language),
    }


def _rule(body: OrderForm, version: int) -> Rule:
    return order_settings.rule_from(body.policy, body.settings.model_dump(), version)


async def _detail(department: Department, language: str) -> dict[str, Any]:
    row = (await order_settings.of_departments({department.id}))[0]
    return {
        **_of_department(row, language),
        "policies": [{"name": name, "uses": sorted(policy.uses)} for name, policy in POLICIES.items()],
        "history": [_shown(one, language) for one in await order_settings.history(department.id)],
    }


def _of_department(row: dict[str, Any], language: str) -> dict[str, Any]:
    return {"department_id": str(row["id"]), "department": row["name"], **_shown(row, language)}


def _shown(row: dict[str, Any], language: str) -> dict[str, Any]:
    rule = rule_of(row)
    return {
        "version": rule.version,
        "policy": rule.policy.name,
        "settings": rule.settings.to_json(),
        "bound_minutes": minutes(rule.bound),
        "promise": bound_text(rule.bound, language),
        "at": moment(row["at"]),
        "why": row["why"],
        "by_name": row["by_name"],
    }
