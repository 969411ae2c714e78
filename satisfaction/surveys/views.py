"""What is sent and shown of surveys: forms and views that the patient's side, the links and the staff share."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from satisfaction.surveys.answering import Filled
from satisfaction.surveys.keeping import Receipt
from satisfaction.surveys.kinds.items import Comparison, Item, ItemType, SurveyKind, in_language
from satisfaction.surveys.models import Shown
from satisfaction.surveys.rules import InvitationState, may_be_edited
from server import clock
from server.web import Form, Text, View, moment

MOST_ANSWERS = 100

THANKS = {
    "zh-CN": "感谢您的评价，您的意见会帮助我们做得更好。",
    "zh-TW": "感謝您的評價，您的意見會幫助我們做得更好。",
    "en": "Thank you. What you tell us helps us to do better.",
}
WILL_CALL = {
    "zh-CN": "感谢您告诉我们。很抱歉这次就诊没有让您满意，我们的工作人员会尽快与您联系。",
    "zh-TW": "感謝您告訴我們。很抱歉這次就診沒有讓您滿意，我們的工作人員會盡快與您聯繫。",
    "en": "Thank you for telling us. We are sorry about this visit; somebody will contact you soon.",
}


class ResponseForm(Form):
    """The answers by item. None is forced, but something must be said."""

    answers: Annotated[dict[str, Any], Field(max_length=MOST_ANSWERS, default_factory=dict)]
    comment: Text = ""
    contact_me: bool = False

    def filled(self) -> Filled:
        """Give what was sent, as the rules take it."""
        return Filled(answers=self.answers, comment=self.comment, contact_me=self.contact_me)


class OptionView(View):
    """A choice."""

    value: str
    text: str


class SurveyConditionView(View):
    """An item is asked only if an earlier one was answered like this; an answer with options counts by its figure."""

    item: str
    how: Comparison
    value: Any


class ItemView(View):
    """A question, in the caller's language. may_be_na: `na` is an answer too. scale: how its figures are counted."""

    id: str
    type: ItemType
    text: str
    options: list[OptionView] | None = None
    worst: str | None = None
    best: str | None = None
    dimension: str
    scale: str | None = None
    may_be_na: bool = False
    shown_if: list[SurveyConditionView] = Field(default_factory=list)


class SurveyFilledView(View):
    """What was said, or put down so far."""

    answers: dict[str, Any]
    comment: str
    contact_me: bool


class SurveyView(View):
    """A survey about one visit. closing: the question of the last screen, in the patient's own words.

    filled: what was put down so far, or what was sent while `may_edit`; response_version: for `If-Match` of a change.
    """

    id: UUID
    state: InvitationState
    kind: SurveyKind
    title: str
    patient_name: str
    department_name: str
    practitioner_name: str
    visited_at: str
    deadline: str
    answered: bool
    is_anonymous: bool
    may_edit: bool
    editable_until: str | None
    version: int
    items: list[ItemView] | None = None
    closing: ItemView | None = None
    filled: SurveyFilledView | None = None
    response_version: int | None = None


class SurveyPage(View):
    """A page of surveys."""

    items: list[SurveyView]
    next: str | None


class ReceiptView(View):
    """Thanks for a response, and whether somebody will call. id: null of an anonymous one, to which nothing leads."""

    id: UUID | None
    survey_id: UUID | None
    is_low: bool
    will_call: bool
    message: str
    editable_until: str | None = None


def receipt_view(receipt: Receipt, survey_id: UUID | None, language: str) -> ReceiptView:
    """Show the thanks for a response."""
    return ReceiptView(
        id=receipt.response_id,
        survey_id=survey_id,
        is_low=receipt.will_call,
        will_call=receipt.will_call,
        message=(WILL_CALL if receipt.will_call else THANKS)[language],
        editable_until=moment(receipt.editable_until),
    )


def survey_view(shown: Shown, language: str) -> SurveyView:
    """Show a survey without its items."""
    invitation = shown.invitation
    return SurveyView(
        id=invitation.id,
        state=InvitationState.EXPIRED if shown.closes_before(clock.now()) else invitation.state,
        kind=SurveyKind(invitation.kind),
        title=in_language(shown.title, language),
        patient_name=invitation.patient_name,
        department_name=invitation.department_name,
        practitioner_name=invitation.practitioner_name,
        visited_at=moment(invitation.visited_at) or "",
        deadline=moment(invitation.deadline) or "",
        answered=invitation.state == InvitationState.ANSWERED,
        is_anonymous=invitation.is_anonymous,
        may_edit=may_be_edited(invitation.state, invitation.editable_until, clock.now()),
        editable_until=moment(invitation.editable_until),
        version=invitation.version,
    )


def items_view(items: tuple[Item, ...], language: str) -> dict[str, Any]:
    """Show the items: those of the screens one by one, and the closing one."""
    asked = [item_view(item, language) for item in items if not item.is_closing]
    closing = next((item_view(item, language) for item in items if item.is_closing), None)
    return {"items": asked, "closing": closing}


def item_view(item: Item, language: str) -> ItemView:
    """Show an item in the caller's language."""
    return ItemView(
        id=item.id,
        type=item.type,
        text=in_language(item.text, language),
        options=[OptionView(value=one.value, text=in_language(one.text, language)) for one in item.options] or None,
        worst=in_language(item.worst, language) if item.worst else None,
        best=in_language(item.best, language) if item.best else None,
        dimension=item.dimension,
        scale=item.scale,
        may_be_na=item.may_be_na,
        shown_if=[SurveyConditionView(item=one.item, how=one.how, value=one.value) for one in item.shown_if],
    )
