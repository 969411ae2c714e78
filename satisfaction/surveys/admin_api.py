"""Questionnaires for administrators: versions and drafts, the words of items, how the hospital asks."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints
from sanic import Blueprint, Request

from satisfaction.errors import QuestionnaireFixed, QuestionnaireUnready
from satisfaction.surveys import admin_reads, drafting, settings
from satisfaction.surveys.admin_views import (
    QuestionnaireDetail,
    QuestionnaireList,
    QuestionnaireView,
    SurveyBankItemView,
    SurveyBankList,
    SurveySettingsView,
    SurveyWordingView,
    questionnaire_detail,
    questionnaire_view,
    settings_view,
)
from satisfaction.surveys.drafting import Draft, DraftItem
from satisfaction.surveys.inviting import SurveySetting
from satisfaction.surveys.kinds.items import Comparison, Condition
from server.accounts import Role
from server.auth import staff_only
from server.errors import SomeoneWasFaster, Stale
from server.web import Form, Version, api

bp = Blueprint("questionnaires", url_prefix="/api/v1/admin")

leaders_of_asking = staff_only(Role.ADMIN, Role.SUPERVISOR)

SurveyWords = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
MOST_ITEMS = 30


class SurveyTextsForm(Form):
    """The same words in each language."""

    zh_cn: Annotated[SurveyWords, Field(alias="zh-CN")]
    zh_tw: Annotated[SurveyWords, Field(alias="zh-TW")]
    en: SurveyWords

    def texts(self) -> dict[str, str]:
        """Give them by language."""
        return {"zh-CN": self.zh_cn, "zh-TW": self.zh_tw, "en": self.en}


class SurveyConditionForm(Form):
    """An item is asked only if an earlier one was answered like this."""

    item: ItemId
    how: Comparison
    value: bool | Annotated[int, Field(ge=0, le=10)] | Annotated[str, StringConstraints(max_length=40)]


class QuestionnaireItemForm(Form):
    """One line of a draft."""

    id: ItemId
    is_core: bool = True
    may_be_na: bool = False
    shown_if: Annotated[list[SurveyConditionForm], Field(max_length=3, default_factory=list)]


class QuestionnaireForm(Form):
    """A draft as a whole. version: of the draft that was read."""

    title: SurveyTextsForm
    items: Annotated[list[QuestionnaireItemForm], Field(max_length=MOST_ITEMS)]
    rotating: Annotated[int, Field(ge=0, le=5)] = 2
    most: Annotated[int, Field(ge=1, le=7)] = 7
    is_anonymous: bool = False
    version: Version

    def draft(self) -> Draft:
        """Give the draft."""
        lines = tuple(
            DraftItem(
                line.id,
                line.is_core,
                line.may_be_na,
                tuple(Condition(one.item, one.how, one.value) for one in line.shown_if),
            )
            for line in self.items
        )
        return Draft(self.title.texts(), lines, self.rotating, self.most, self.is_anonymous)


class SurveyOptionForm(Form):
    """A choice in other words."""

    value: Annotated[str, StringConstraints(max_length=40)]
    text: SurveyTextsForm


class SurveyWordingForm(Form):
    """An item in other words. version: the newest that was seen."""

    text: SurveyTextsForm
    worst: SurveyTextsForm | None = None
    best: SurveyTextsForm | None = None
    options: Annotated[list[SurveyOptionForm], Field(max_length=12, default_factory=list)]
    version: Version

    def texts(self) -> dict[str, Any]:
        """Give the words as they are kept."""
        return {
            "text": self.text.texts(),
            "worst": self.worst.texts() if self.worst else None,
            "best": self.best.texts() if self.best else None,
            "options": [{"value": one.value, "text": one.text.texts()} for one in self.options],
        }


class SurveySettingsForm(Form):
    """How the hospital asks. version: the one that was seen; why: for the history."""

    pause_days: Annotated[int, Field(ge=0, le=365)]
    answerable_days: Annotated[int, Field(ge=1, le=30)]
    editable_hours: Annotated[int, Field(ge=0, le=720)]
    reminder_hours: Annotated[int, Field(ge=1, le=720)]
    discharge_hours: Annotated[int, Field(ge=0, le=720)]
    youngest: Annotated[int, Field(ge=0, le=21)]
    excluded_specialities: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^\d{2}$")]], Field(max_length=40, default_factory=list)
    ]
    excluded_departments: Annotated[list[UUID], Field(max_length=200, default_factory=list)]
    sample_per_department: Annotated[int, Field(ge=0, le=1000)]
    version: Version
    why: SurveyWords

    def setting(self) -> SurveySetting:
        """Give the setting."""
        values = self.model_dump(exclude={"why", "excluded_specialities", "excluded_departments"})
        return SurveySetting(
            **values,
            excluded_specialities=tuple(self.excluded_specialities),
            excluded_departments=tuple(str(one) for one in self.excluded_departments),
        )


@bp.get("/questionnaires")
@api(guard=leaders_of_asking, returns=QuestionnaireList, tag="questionnaires")
async def questionnaires(request: Request) -> QuestionnaireList:
    """List every version of every questionnaire, with how often it was answered."""
    return QuestionnaireList(items=[questionnaire_view(row) for row in await admin_reads.versions_of_all()])


@bp.get("/questionnaires/<questionnaire_id:uuid>")
@api(guard=leaders_of_asking, returns=QuestionnaireDetail, tag="questionnaires")
async def questionnaire(request: Request, questionnaire_id: UUID) -> QuestionnaireDetail:
    """Show a version with its items in every language."""
    return questionnaire_detail(await admin_reads.version_of(questionnaire_id))


@bp.post("/questionnaires/<questionnaire_id:uuid>/copy")
@api(guard=leaders_of_asking, returns=QuestionnaireDetail, status=201, creates=True, tag="questionnaires")
async def copy(request: Request, questionnaire_id: UUID) -> QuestionnaireDetail:
    """Begin a draft from a version."""
    row = await drafting.copy(request.ctx.staff, questionnaire_id)
    return questionnaire_detail(await admin_reads.version_of(row.id))


@bp.put("/questionnaires/<questionnaire_id:uuid>")
@api(
    guard=leaders_of_asking,
    body=QuestionnaireForm,
    returns=QuestionnaireDetail,
    errors=(QuestionnaireFixed, Stale),
    tag="questionnaires",
)
async def write(request: Request, questionnaire_id: UUID, body: QuestionnaireForm) -> QuestionnaireDetail:
    """Write a draft anew, in the newest words of its items."""
    await drafting.write(questionnaire_id, body.draft(), version=body.version)
    return questionnaire_detail(await admin_reads.version_of(questionnaire_id))


@bp.post("/questionnaires/<questionnaire_id:uuid>/activation")
@api(
    guard=leaders_of_asking,
    returns=QuestionnaireView,
    errors=(QuestionnaireUnready, SomeoneWasFaster),
    tag="questionnaires",
)
async def activate(request: Request, questionnaire_id: UUID) -> QuestionnaireView:
    """Ask this version from now on; the one that was asked so far retires."""
    await drafting.activate(request.ctx.staff, questionnaire_id)
    return questionnaire_view(await admin_reads.version_of(questionnaire_id))


@bp.post("/questionnaires/<questionnaire_id:uuid>/retirement")
@api(guard=leaders_of_asking, returns=QuestionnaireView, errors=(SomeoneWasFaster,), tag="questionnaires")
async def retire(request: Request, questionnaire_id: UUID) -> QuestionnaireView:
    """Ask this version no more, or throw a draft away; who was invited may still answer."""
    await drafting.retire(request.ctx.staff, questionnaire_id)
    return questionnaire_view(await admin_reads.version_of(questionnaire_id))


@bp.get("/survey-items")
@api(guard=leaders_of_asking, returns=SurveyBankList, tag="questionnaires")
async def items(request: Request) -> SurveyBankList:
    """List what can be asked, in the newest words."""
    return SurveyBankList(items=[SurveyBankItemView(**one) for one in await admin_reads.bank()])


@bp.post("/survey-items/<item_id:str>/wordings")
@api(
    guard=leaders_of_asking,
    body=SurveyWordingForm,
    returns=SurveyWordingView,
    status=201,
    creates=True,
    errors=(SomeoneWasFaster,),
    tag="questionnaires",
)
async def word(request: Request, item_id: str, body: SurveyWordingForm) -> SurveyWordingView:
    """Give an item other words from now on; its id and how it is counted stay, so that years can be compared."""
    version = await drafting.word(request.ctx.staff, str(item_id), body.texts(), version=body.version)
    return SurveyWordingView(id=str(item_id), wording=version)


@bp.get("/survey-settings")
@api(guard=leaders_of_asking, returns=SurveySettingsView, tag="questionnaires")
async def setting(request: Request) -> SurveySettingsView:
    """Show how the hospital asks, and how it did before."""
    return settings_view(await settings.in_force(), await settings.history())


@bp.put("/survey-settings")
@api(
    guard=leaders_of_asking,
    body=SurveySettingsForm,
    returns=SurveySettingsView,
    errors=(SomeoneWasFaster,),
    tag="questionnaires",
)
async def save(request: Request, body: SurveySettingsForm) -> SurveySettingsView:
    """Let another setting hold from now on."""
    saved = await settings.save(body.setting(), by=request.ctx.staff.id, why=body.why)
    return settings_view(saved, await settings.history())
