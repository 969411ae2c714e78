"""What is shown of questionnaires to administrators."""

from typing import Any
from uuid import UUID

from satisfaction.surveys.admin_reads import Version
from satisfaction.surveys.inviting import SurveySetting
from satisfaction.surveys.kinds.items import ItemType, SurveyKind
from satisfaction.surveys.rules import QuestionnaireState
from satisfaction.surveys.settings import SettingVersion
from satisfaction.surveys.views import SurveyConditionView
from server.web import View, moment


class QuestionnaireView(View):
    """A version. is_shipped: it came with the product. number: which version of its line it is."""

    id: UUID
    kind: SurveyKind
    number: int
    is_shipped: bool
    state: QuestionnaireState
    title: dict[str, str]
    is_anonymous: bool
    core: int
    rotating: int
    most: int
    made_at: str
    answers: int
    version: int


class QuestionnaireItemView(View):
    """A line of a version, in every language."""

    id: str
    code: str
    dimension: str
    type: ItemType
    scale: str | None
    text: dict[str, str]
    worst: dict[str, str] | None
    best: dict[str, str] | None
    options: list[dict[str, Any]]
    is_core: bool
    is_closing: bool
    may_be_na: bool
    is_sealed: bool
    shown_if: list[SurveyConditionView]
    wording: int


class QuestionnaireDetail(QuestionnaireView):
    """A version with its items."""

    items: list[QuestionnaireItemView]


class QuestionnaireList(View):
    """Every version."""

    items: list[QuestionnaireView]


class SurveyBankItemView(View):
    """What can be asked, in the newest words."""

    id: str
    code: str
    dimension: str
    type: ItemType
    scale: str | None
    is_sealed: bool
    wording: int
    text: dict[str, str]
    worst: dict[str, str] | None
    best: dict[str, str] | None
    options: list[dict[str, Any]]


class SurveyBankList(View):
    """The bank."""

    items: list[SurveyBankItemView]


class SurveyWordingView(View):
    """Which version of its words an item has now."""

    id: str
    wording: int


class SurveySettingVersionView(View):
    """A setting as it was saved."""

    version: int
    at: str
    by_name: str
    why: str


class SurveySettingsView(View):
    """How the hospital asks. version 0: as shipped."""

    pause_days: int
    answerable_days: int
    editable_hours: int
    reminder_hours: int
    discharge_hours: int
    youngest: int
    excluded_specialities: list[str]
    excluded_departments: list[UUID]
    sample_per_department: int
    version: int
    history: list[SurveySettingVersionView]


def questionnaire_view(found: Version) -> QuestionnaireView:
    """Show a version."""
    return QuestionnaireView(**_members(found))


def questionnaire_detail(found: Version) -> QuestionnaireDetail:
    """Show a version with its items."""
    items = [
        QuestionnaireItemView(
            **{name: getattr(item, name) for name in _AS_THEY_ARE},
            text=dict(item.text),
            worst=dict(item.worst) if item.worst else None,
            best=dict(item.best) if item.best else None,
            options=[{"value": one.value, "text": dict(one.text)} for one in item.options],
            shown_if=[SurveyConditionView(item=one.item, how=one.how, value=one.value) for one in item.shown_if],
        )
        for item in found.items
    ]
    return QuestionnaireDetail(**_members(found), items=items)


_AS_THEY_ARE = (
    *("id", "code", "dimension", "type", "scale"),
    *("is_core", "is_closing", "may_be_na", "is_sealed", "wording"),
)


def _members(found: Version) -> dict[str, Any]:
    row = found.row
    return {
        "id": row.id,
        "kind": SurveyKind(row.kind),
        "number": row.number,
        "is_shipped": row.made_by is None,
        "state": row.state,
        "title": row.title,
        "is_anonymous": row.is_anonymous,
        "core": sum(item.is_core and not item.is_closing for item in found.items),
        "rotating": row.rotating,
        "most": row.most,
        "made_at": moment(row.made_at) or "",
        "answers": found.answers,
        "version": row.version,
    }


def settings_view(setting: SurveySetting, history: list[SettingVersion]) -> SurveySettingsView:
    """Show a setting with those before it."""
    return SurveySettingsView(
        **setting.as_data(),
        version=setting.version,
        history=[
            SurveySettingVersionView(
                version=one.setting.version, at=moment(one.at) or "", by_name=one.by_name, why=one.why
            )
            for one in history
        ],
    )
