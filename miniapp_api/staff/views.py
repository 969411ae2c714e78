"""What administrators send about accounts of staff, and what they see of them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from miniapp_api.patients.rules import mail_address, phone_number
from miniapp_api.staff.notes import phone_of, roles_of
from server import privacy
from server.accounts import Role
from server.web import Form, Paging, View, moment

USERNAME = r"^[a-z0-9][a-z0-9._-]{1,39}$"
Username = Annotated[str, StringConstraints(pattern=USERNAME)]
StaffName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Phone = Annotated[str, StringConstraints(max_length=20), AfterValidator(phone_number)]
Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(mail_address)]
WecomId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")]
Why = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class StaffGrant(Form):
    """A right. department_id: null is the whole hospital."""

    role: Role
    department_id: UUID | None = None


Grants = Annotated[list[StaffGrant], Field(max_length=60)]


class NewStaff(Form):
    """An account; its user name never changes."""

    username: Username
    name: StaffName
    roles: Grants = Field(default_factory=list)
    practitioner_id: UUID | None = None
    phone: Phone | None = None
    email: Email | None = None
    wecom_userid: WecomId | None = None


class StaffChange(Form):
    """What of an account changes; what is absent stays. roles: all of them."""

    name: StaffName | None = None
    roles: Grants | None = None
    practitioner_id: UUID | None = None
    phone: Phone | None = None
    email: Email | None = None
    wecom_userid: WecomId | None = None


class StaffQuery(Paging):
    """Which accounts. q: of user name and name."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)] = ""
    role: Role | None = None
    department: UUID | None = None
    active: Literal["true", "false"] | None = None


class StaffSwitchForm(Form):
    """Why an account is switched off or on."""

    reason: Why = ""


class StaffContactsForm(Form):
    """Why somebody needs the whole number."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class OwnPasswordForm(Form):
    """One's old password and the new one."""

    old_password: Password
    new_password: Password


class StaffGrantView(View):
    """A right. department_id: null is the whole hospital."""

    role: str
    department_id: str | None
    department_name: str


class KeptStaff(View):
    """An account. one_time_until: it has a one-time password that holds until then. sessions: open ones."""

    id: str
    username: str
    name: str
    active: bool
    roles: list[StaffGrantView]
    practitioner_id: str | None
    practitioner_name: str
    wecom_userid: str
    phone_masked: str
    email_masked: str
    is_locked: bool
    one_time_until: str | None
    sessions: int
    signed_in_at: str | None
    created_at: str
    version: int


class KeptStaffList(View):
    """A page of accounts."""

    items: list[KeptStaff]
    next: str | None


class OneTimePasswordView(View):
    """An account and its one-time password, which nobody can read again."""

    staff: KeptStaff
    one_time_password: str


class StaffContacts(View):
    """The whole phone number and mail address; empty when there is none."""

    phone: str
    email: str


class StaffHands(View):
    """What lies in somebody's hands: open complaints, calls just taken, lines of the rota."""

    complaints: int
    calls: int
    duties: int


class StaffHistoryEntry(View):
    """Who changed what of an account. before, after: only what differs; contacts are masked."""

    act: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    by_name: str
    why: str
    at: str


class StaffHistory(View):
    """The changes of an account, newest first."""

    items: list[StaffHistoryEntry]
    next: str | None


def show(row: dict[str, Any]) -> dict[str, Any]:
    """Show an account."""
    return {
        "id": str(row["id"]),
        **{name: row[name] for name in ("username", "name", "active", "practitioner_name", "wecom_userid", "version")},
        "roles": roles_of(row),
        "practitioner_id": str(row["practitioner_id"]) if row["practitioner_id"] else None,
        "phone_masked": privacy.mask_phone(phone_of(row)[-4:]),
        "email_masked": privacy.mask_email(row["email"]),
        "is_locked": bool(row["is_locked"]),
        "one_time_until": moment(row["one_time_until"]),
        "sessions": row["sessions"],
        "signed_in_at": moment(row["signed_in_at"]),
        "created_at": moment(row["created_at"]),
    }


def show_change(row: dict[str, Any]) -> dict[str, Any]:
    """Show a line of the history."""
    return {**{name: row[name] for name in ("act", "before", "after", "by_name", "why")}, "at": moment(row["at"])}
