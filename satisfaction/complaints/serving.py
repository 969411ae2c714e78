"""What the routes of complaints share: who is let in, which version they have seen, what they are shown."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sanic import Request

from satisfaction.attachments.models import of_lines
from satisfaction.complaints import actions, reads, timeline, views
from satisfaction.complaints.actions import Step
from satisfaction.complaints.handlers import HANDLERS, READERS
from satisfaction.complaints.views import PatientComplaintView, StaffComplaintDetail
from server.accounts import Role, SignedInPatient, SignedInStaff
from server.auth import staff_only, whoever
from server.errors import Forbidden, wrong_field
from server.web import check_version, language_of, once_only

Handler = Callable[..., Awaitable[Any]]


class PatientsAndStaff:
    """Lets patients in, and staff who hold one of the roles; each sees the same path as their own."""

    schemes: tuple[str, ...] = ("patient", "staff")

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    async def __call__(self, request: Request) -> None:
        """Set `request.ctx.account` or `request.ctx.staff`; the other one is None."""
        principal = await whoever(request)
        if isinstance(principal, SignedInStaff) and not principal.may(*self.roles):
            raise Forbidden()
        request.ctx.account = principal if isinstance(principal, SignedInPatient) else None
        request.ctx.staff = principal if isinstance(principal, SignedInStaff) else None


def sealed(status: int = 200) -> Callable[[Handler], Handler]:
    """Keep the answer for a repeated request encrypted: it holds what people wrote."""

    def wrap(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def route(request: Request, **arguments: Any) -> Any:
            return await once_only(request, lambda: handler(request, **arguments), status=status, secret=True)

        return route

    return wrap


handlers_only = staff_only(*HANDLERS)
readers_only = staff_only(*READERS)


def need_words_or_files(text: str, attachment_ids: tuple[UUID, ...]) -> None:
    """Refuse a line without words and without files. Raises: Malformed."""
    if not text and not attachment_ids:
        raise wrong_field("/text", "missing", "words, a picture or a recording")


async def shown_to_patient(request: Request, complaint_id: UUID) -> PatientComplaintView:
    """Show a complaint to its patient, with its time line. Raises: NotFound."""
    row = await actions.complaint_of(request.ctx.account, complaint_id)
    entries = await timeline.lines(complaint_id, for_patient=True)
    return views.for_patient(row, language_of(request), entries, await of_lines(complaint_id))


async def step_of(request: Request, complaint_id: UUID) -> Step:
    """Say who does something with which complaint, and which version of it they have seen. Raises: Stale."""

    async def fresh() -> StaffComplaintDetail:
        return await in_full(request, await actions.case_of(request.ctx.staff, complaint_id))

    return Step(request.ctx.staff, complaint_id, await version_seen(request, fresh))


async def version_seen(request: Request, fresh: Callable[[], Awaitable[Any]]) -> int | None:
    """Give the version that the caller has seen, when they say so and it is the present one."""
    if request.headers.get("if-match") is None:
        return None
    view = await fresh()
    check_version(request, view, lambda: view.model_dump(mode="json"))
    return view.version


async def shown_after(request: Request, complaint_id: UUID) -> StaffComplaintDetail:
    """Show a complaint to who has just acted on it."""
    return await in_full(request, await reads.shown(complaint_id))


async def in_full(request: Request, row: dict[str, Any]) -> StaffComplaintDetail:
    """Show a complaint to a member of staff with everything, and with what they may do."""
    staff = request.ctx.staff
    siblings = await actions.siblings_of(staff, row)
    return await views.in_full(row, siblings=siblings, acts=await actions.acts_of(staff, row))
