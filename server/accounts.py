"""Who signs in: `Account` (patients and relatives, by WeChat), `Staff` (by password), and their logins."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tortoise import fields

from server import clock
from server.db import Row
from server.history import By


class Role(StrEnum):
    """What a member of staff may do; a person can hold several, each for one department or for all."""

    GUIDE = "guide"
    ROOM = "room"
    CUSTOMER_SERVICE = "customer_service"
    COMPLAINT_HANDLER = "complaint_handler"
    SUPERVISOR = "supervisor"
    DEPARTMENT_HEAD = "department_head"
    OPERATIONS = "operations"
    COMMITTEE = "committee"
    ADMIN = "admin"


class Account(Row):
    """A WeChat user who signs in and receives messages."""

    openid = fields.TextField()
    unionid = fields.TextField(null=True)
    official_openid = fields.TextField(null=True)  # the same person at the hospital's official account
    language = fields.TextField(default="zh-CN")
    created_at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "account"


class Staff(Row):
    """A member of staff who signs in."""

    username = fields.TextField()
    name = fields.TextField()
    password_hash = fields.TextField()
    practitioner_id = fields.UUIDField(null=True)
    wecom_userid = fields.TextField(null=True)
    email = fields.TextField(null=True)
    phone_cipher = fields.BinaryField(null=True)
    failed_logins = fields.IntField(default=0)
    locked_until = fields.DatetimeField(null=True)
    active = fields.BooleanField(default=True)
    one_time_until = fields.DatetimeField(null=True)  # the password was given by an administrator
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "staff"


class StaffRole(Row):
    """A role of a member of staff, for one department or for the whole hospital."""

    staff_id = fields.UUIDField()
    role = fields.CharEnumField(Role, description="")
    department_id = fields.UUIDField(null=True)

    class Meta:
        table = "staff_role"


class Login(Row):
    """A bearer token in use; only its hash is kept."""

    token_hash = fields.BinaryField()
    account_id = fields.UUIDField(null=True)
    staff_id = fields.UUIDField(null=True)
    created_at = fields.DatetimeField(default=clock.now)
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "login"


@dataclass(frozen=True)
class SignedInPatient:
    """The account behind a request."""

    id: UUID
    openid: str
    language: str

    @property
    def by(self) -> By:
        """Give the account as the author of a change."""
        return By(kind="patient", id=self.id, channel="miniapp")

    @property
    def actor(self) -> str:
        """Name the account as the owner of idempotency keys."""
        return f"account:{self.id}"


@dataclass(frozen=True)
class SignedInStaff:
    """The member of staff behind a request. practitioner_id: whose own sessions are theirs, None for all others.

    must_change_password: an administrator gave the password; until they have one of their own, nothing else is open.
    """

    id: UUID
    name: str
    grants: tuple[tuple[str, UUID | None], ...]  # role, department or None for all
    practitioner_id: UUID | None = None
    must_change_password: bool = False

    @property
    def roles(self) -> list[str]:
        """List the roles, each once."""
        return sorted({role for role, _ in self.grants})

    def may(self, *roles: str, department_id: UUID | None = None) -> bool:
        """Tell whether one of the roles is held, for this department when one is given. An administrator may all."""
        return any(
            (role in roles or role == Role.ADMIN) and (department_id is None or scope is None or scope == department_id)
            for role, scope in self.grants
        )

    def departments_of(self, *roles: str) -> set[UUID] | None:
        """Give the departments in which one of the roles is held; None means all of them."""
        scopes = {scope for role, scope in self.grants if role in roles or role == Role.ADMIN}
        return None if None in scopes else {scope for scope in scopes if scope is not None}

    @property
    def by(self) -> By:
        """Give the member of staff as the author of a change."""
        channel = "room" if set(self.roles) == {Role.ROOM} else "desk"
        return By(kind="staff", id=self.id, channel=channel, name=self.name)

    @property
    def actor(self) -> str:
        """Name the member of staff as the owner of idempotency keys."""
        return f"staff:{self.id}"
