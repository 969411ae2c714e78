"""What is shown of questions and answers, to patients and to staff."""

from server.web import View


class FaqView(View):
    """A question and its approved answer. department_id null: it holds for the whole hospital."""

    id: str
    question: str
    answer: str
    condition: str
    language: str
    department_id: str | None
    department_name: str
    version: int


class FaqList(View):
    """A page of answers."""

    items: list[FaqView]
    next: str | None


class AdminFaqView(FaqView):
    """A question and its answer, as staff see them. Empty names: it was imported, or nobody has done it yet."""

    code: str
    state: str
    owner_id: str | None
    owner_name: str
    written_by_name: str
    approved_by_name: str
    approved_at: str | None
    review_on: str | None
    is_overdue: bool


class AdminFaqList(View):
    """A page of answers, for staff."""

    items: list[AdminFaqView]
    next: str | None


class OwnerView(View):
    """Somebody who can keep an answer true."""

    id: str
    name: str


class OwnerList(View):
    """All who can."""

    items: list[OwnerView]
    next: str | None


class FaqStep(View):
    """A step in the life of an answer. from_state null: it was written. by_name empty: it was imported."""

    at: str
    from_state: str | None
    to_state: str
    by_name: str
    why: str


class FaqHistory(View):
    """The steps of an answer, oldest first."""

    items: list[FaqStep]
    next: str | None
