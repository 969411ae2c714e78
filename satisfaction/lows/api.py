"""The rules of low ratings over HTTP: read, tried out, saved as another version."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from sanic import Blueprint, Request

from satisfaction.lows import actions, models
from satisfaction.lows.rules import HIGHEST, NEEDS_ITEM, NEEDS_VALUE, LowKind, Rule
from server.accounts import Role
from server.auth import staff_only
from server.errors import SomeoneWasFaster
from server.web import Form, Version, View, api, moment

bp = Blueprint("low_ratings", url_prefix="/api/v1")

leaders_of_the_house = staff_only(Role.SUPERVISOR, Role.ADMIN)
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
MOST_RULES = 40


class LowRuleForm(Form):
    """One rule. value: the highest figure that is low, or the choice that is."""

    code: Code
    kind: LowKind
    item: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    value: Annotated[int, Field(ge=0, le=10)] | Annotated[str, StringConstraints(max_length=40)] | None = None
    severity: Literal["A", "B"] = "B"
    is_active: bool = True

    @model_validator(mode="after")
    def _whole(self) -> "LowRuleForm":
        if self.kind in NEEDS_ITEM and not self.item:
            raise ValueError("this kind of rule names an item")
        if self.kind in NEEDS_VALUE and not (isinstance(self.value, int) and self.value <= HIGHEST[self.kind]):
            raise ValueError(f"this kind of rule has a figure of at most {HIGHEST[self.kind]}")
        if self.kind == LowKind.ITEM_IS and not isinstance(self.value, str):
            raise ValueError("this kind of rule names a choice")
        return self

    def rule(self) -> Rule:
        """Give the rule."""
        return Rule(self.code, self.kind, self.item, self.value, self.severity, self.is_active)


class LowRulesTrialForm(Form):
    """Rules to try out."""

    rules: Annotated[list[LowRuleForm], Field(max_length=MOST_RULES)]

    @model_validator(mode="after")
    def _each_once(self) -> "LowRulesTrialForm":
        if len({rule.code for rule in self.rules}) < len(self.rules):
            raise ValueError("two rules have the same code")
        return self


class LowRulesForm(LowRulesTrialForm):
    """Rules to hold from now on. version: the one that was changed."""

    why: Why
    version: Version


class LowRuleView(View):
    """One rule."""

    code: str
    kind: LowKind
    item: str | None
    value: int | str | None
    severity: str
    is_active: bool


class LowRulesVersionView(View):
    """One version, without its rules."""

    version: int
    at: str
    by_name: str
    why: str


class LowRulesView(View):
    """The rules that hold. version 0: those that are shipped."""

    version: int
    rules: list[LowRuleView]
    history: list[LowRulesVersionView]


class LowRulesTrialView(View):
    """What rules would have found among the newest answers of 90 days.

    now: how many of them were low when they came. is_all: these were all answers of that time.
    """

    looked: int
    low: int
    now: int
    by_rule: dict[str, int]
    is_all: bool


@bp.get("/admin/low-rules")
@api(guard=leaders_of_the_house, returns=LowRulesView, tag="low ratings")
async def low_rules(request: Request) -> LowRulesView:
    """Show which ratings open a complaint, and who changed that when."""
    return await _shown()


async def _shown() -> LowRulesView:
    row = await models.holding()
    return LowRulesView(
        version=row["version"],
        rules=[LowRuleView(**rule.as_data()) for rule in models.rules_in(row)],
        history=[
            LowRulesVersionView(version=one["version"], at=moment(one["at"]) or "", by_name=one["name"], why=one["why"])
            for one in await models.history()
        ],
    )


@bp.put("/admin/low-rules")
@api(guard=leaders_of_the_house, body=LowRulesForm, returns=LowRulesView, errors=(SomeoneWasFaster,), tag="low ratings")
async def save_low_rules(request: Request, body: LowRulesForm) -> LowRulesView:
    """Let other rules hold from the next answer on."""
    given = tuple(rule.rule() for rule in body.rules)
    await actions.save(request.ctx.staff, given, seen=body.version, why=body.why)
    return await _shown()


@bp.post("/admin/low-rules/trial")
@api(guard=leaders_of_the_house, body=LowRulesTrialForm, returns=LowRulesTrialView, tag="low ratings")
async def try_low_rules(request: Request, body: LowRulesTrialForm) -> LowRulesTrialView:
    """Say how many of the last answers would have been low; nothing is kept."""
    found = await actions.try_out([rule.rule() for rule in body.rules], models.words_of(await models.holding()))
    return LowRulesTrialView(
        looked=found.looked, low=found.low, now=found.now, by_rule=found.by_rule, is_all=found.is_all
    )
