"""Signing in and being recognised: opaque bearer tokens whose rows are the truth, guards for routes.

A token is remembered for a while per process, so that a busy desk costs no statement per request; one that was revoked
in another process is therefore refused at the latest after that time: seconds for staff, a minute for patients, whose
tokens open nothing but their own.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sanic import Request

from server import clock, db
from server.accounts import Account, Login, Role, SignedInPatient, SignedInStaff, Staff
from server.errors import (
    Forbidden,
    LoginCodeRefused,
    OneTimePasswordOver,
    OutsideTrouble,
    PasswordChangeNeeded,
    SignInNeeded,
    TooMany,
    WrongPassword,
)
from server.grouping import Group
from server.ids import new_id
from server.remembered import Remembered
from server.wechat import Wechat, WechatRefused, WechatTrouble

PATIENT_LOGIN = timedelta(days=30)
STAFF_LOGIN = timedelta(hours=12)
STAFF_REMEMBERED_SECONDS = 5.0
PATIENT_REMEMBERED_SECONDS = 60.0
REMEMBERED_TOKENS = 20_000
TRIES_BEFORE_LOCK = 5
LOCKED = timedelta(minutes=15)

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody")  # so that an unknown user name takes as long as a wrong password
_two_at_once = asyncio.Semaphore(2)  # hashing takes 64 MiB and a core each: more would be a denial of service
_staff: Remembered[bytes, SignedInStaff] = Remembered(seconds=STAFF_REMEMBERED_SECONDS, at_most=REMEMBERED_TOKENS)
_patients: Remembered[bytes, SignedInPatient] = Remembered(
    seconds=PATIENT_REMEMBERED_SECONDS, at_most=REMEMBERED_TOKENS
)


def token_hash(token: str) -> bytes:
    """Give what is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def hash_password(password: str) -> str:
    """Hash a password (Argon2id with the library's defaults); slow on purpose."""
    return _hasher.hash(password)


async def hashed(password: str) -> str:
    """Hash a password without holding up whoever else is served; outside any transaction."""
    async with _two_at_once:
        return await asyncio.to_thread(hash_password, password)


async def identify(wechat: Wechat, code: str) -> dict[str, Any]:
    """Ask the platform who sent the code of `wx.login`; outside any transaction, as it waits for the network.

    Returns: {openid, unionid?, session_key}.
    Raises: LoginCodeRefused, OutsideTrouble.
    """
    try:
        return await wechat.code_to_session(code)
    except WechatRefused as refusal:
        if refusal.errcode in (-1, 45009, 45011):
            raise OutsideTrouble(retry_after=10) from refusal
        raise LoginCodeRefused() from refusal
    except WechatTrouble as trouble:
        raise OutsideTrouble() from trouble


async def admit_patient(session: dict[str, Any], language: str) -> tuple[str, datetime, Account]:
    """Give a token to whom the platform named, and make the account when it is new.

    Returns: the token, when it expires, the account.
    """
    async with db.transaction():
        row = await db.fetch_one(
            "INSERT INTO account (id, openid, unionid, language, created_at) VALUES ($1, $2, $3, $4, app_now())"
            " ON CONFLICT (openid) DO UPDATE SET unionid = coalesce(excluded.unionid, account.unionid),"
            " language = excluded.language RETURNING id",
            new_id(),
            session["openid"],
            session.get("unionid"),
            language,
        )
        assert row is not None  # an upsert always returns its row
        account = await Account.get(id=row["id"])
        token, expires_at = await _issue(PATIENT_LOGIN, account_id=account.id)
    return token, expires_at, account


async def check_password(username: str, password: str) -> Staff:
    """Find a member of staff by name and password; five wrong ones lock the name for a quarter of an hour.

    Outside any transaction: hashing takes its time, and a wrong try must be counted although the request is refused.
    Raises: WrongPassword, OneTimePasswordOver, TooMany.
    """
    staff = await Staff.get_or_none(username=username, active=True)
    if not await is_password_of(staff, password) or staff is None:
        raise WrongPassword()
    if staff.one_time_until and staff.one_time_until < clock.now():
        raise OneTimePasswordOver()
    return staff


async def is_password_of(staff: Staff | None, password: str) -> bool:
    """Tell whether a password is right, and count the wrong ones; outside any transaction.

    None: nobody has this name, which takes as long as a wrong password.
    Raises: TooMany.
    """
    if staff and staff.locked_until and staff.locked_until > clock.now():
        raise TooMany(retry_after=int((staff.locked_until - clock.now()).total_seconds()) + 1)
    async with _two_at_once:
        right = await asyncio.to_thread(_matches, staff.password_hash if staff else _NOBODY, password)
    if staff and not right:
        await db.fetch(
            "UPDATE staff SET failed_logins = (failed_logins + 1) % $2,"
            " locked_until = CASE WHEN failed_logins + 1 >= $2 THEN app_now() + $3::interval END WHERE id = $1",
            staff.id,
            TRIES_BEFORE_LOCK,
            LOCKED,
        )
    return right and staff is not None


async def admit_staff(staff: Staff) -> tuple[str, datetime, SignedInStaff]:
    """Give a token to a member of staff whose password was right.

    Raises: WrongPassword when they were switched off, or have another password, since it was looked at.
    """
    async with db.transaction():
        same = Staff.filter(id=staff.id, password_hash=staff.password_hash, active=True)
        if not await same.update(failed_logins=0, locked_until=None):
            raise WrongPassword()
        token, expires_at = await _issue(STAFF_LOGIN, staff_id=staff.id)
        found = await _find(token_hash(token))
    assert isinstance(found, SignedInStaff)  # issued above
    return token, expires_at, found


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def sign_out(token: str) -> None:
    """Revoke a token."""
    hashed = token_hash(token)
    await Login.filter(token_hash=hashed).update(revoked_at=clock.now())
    _staff.forget(hashed)
    _patients.forget(hashed)


async def end_sessions(staff_id: UUID, *, but: str = "") -> int:
    """Revoke the tokens of a member of staff, in the open transaction. but: the one that goes on.

    Returns: how many were open.
    """
    ended = await db.fetch(
        "UPDATE login SET revoked_at = app_now() WHERE staff_id = $1 AND revoked_at IS NULL AND expires_at > app_now()"
        " AND token_hash <> $2 RETURNING id",
        staff_id,
        token_hash(but),
    )
    db.after_commit(forget_remembered)
    return len(ended)


def forget_remembered() -> None:
    """Ask the database again for every token; after a change of rights, and between tests."""
    _staff.clear()
    _patients.clear()


async def _issue(life: timedelta, **owner: Any) -> tuple[str, datetime]:
    token = secrets.token_urlsafe(32)
    expires_at = clock.now() + life
    await Login.create(token_hash=token_hash(token), expires_at=expires_at, created_at=clock.now(), **owner)
    return token, expires_at


def token_of(request: Request) -> str:
    """Give the bearer token that a request carries; empty when there is none, or none that could be one of ours."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and len(token) <= 200 and token.isascii() else ""


async def whoever(request: Request, *, may_be_new: bool = False) -> SignedInPatient | SignedInStaff:
    """Find out who sends a request. may_be_new: also who has yet to set a password of their own.

    Raises: SignInNeeded, PasswordChangeNeeded.
    """
    principal = await _recognised(token_of(request))
    if isinstance(principal, SignedInStaff) and principal.must_change_password and not may_be_new:
        raise PasswordChangeNeeded()
    return principal


async def _recognised(token: str) -> SignedInPatient | SignedInStaff:
    if not token:
        raise SignInNeeded()
    hashed = token_hash(token)
    if known := _patients.get(hashed) or _staff.get(hashed):
        return known
    principal = await _together.ask(hashed)
    if principal is None:
        raise SignInNeeded()
    if isinstance(principal, SignedInStaff):
        _staff.put(hashed, principal)
    else:
        _patients.put(hashed, principal)
    return principal


async def _find(hashed: bytes) -> SignedInPatient | SignedInStaff | None:
    return (await _find_many([hashed]))[0]


async def _find_many(hashed: Sequence[bytes]) -> list[SignedInPatient | SignedInStaff | None]:
    rows = await db.fetch(
        "SELECT l.token_hash, l.account_id, l.staff_id, a.openid, a.language, s.name, s.practitioner_id,"
        " s.one_time_until IS NOT NULL AS must_change_password,"
        " (SELECT json_agg(json_build_array(r.role, r.department_id)) FROM staff_role r WHERE r.staff_id = s.id)"
        "   AS grants"
        " FROM login l LEFT JOIN account a ON a.id = l.account_id LEFT JOIN staff s ON s.id = l.staff_id"
        " WHERE l.token_hash = ANY($1::bytea[]) AND l.revoked_at IS NULL AND l.expires_at > app_now()"
        " AND (s.id IS NULL OR s.active)",
        list(hashed),
    )
    found = {row["token_hash"]: _principal(row) for row in rows}
    return [found.get(one) for one in hashed]


# at a release thousands of phones come back within a second, none of them remembered
_together: Group[bytes, SignedInPatient | SignedInStaff | None] = Group(_find_many)


def _principal(row: dict[str, Any]) -> SignedInPatient | SignedInStaff:
    if row["account_id"]:
        return SignedInPatient(id=row["account_id"], openid=row["openid"], language=row["language"])
    return SignedInStaff(
        id=row["staff_id"],
        name=row["name"],
        grants=_grants(row["grants"]),
        practitioner_id=row["practitioner_id"],
        must_change_password=row["must_change_password"],
    )


def _grants(raw: str | None) -> tuple[tuple[str, Any], ...]:
    return tuple((role, UUID(scope) if scope else None) for role, scope in orjson.loads(raw or "[]"))


class _PatientOnly:
    """Lets patients and relatives in."""

    schemes: tuple[str, ...] = ("patient",)

    async def __call__(self, request: Request) -> None:
        """Set `request.ctx.account`."""
        principal = await whoever(request)
        if not isinstance(principal, SignedInPatient):
            raise Forbidden()
        request.ctx.account = principal


class StaffOnly:
    """Lets staff in who hold one of the roles; with no role named, every member of staff."""

    schemes: tuple[str, ...] = ("staff",)

    def __init__(self, *roles: Role, may_be_new: bool = False) -> None:
        self.roles = roles
        self.may_be_new = may_be_new

    async def __call__(self, request: Request) -> None:
        """Set `request.ctx.staff`."""
        principal = await whoever(request, may_be_new=self.may_be_new)
        if not isinstance(principal, SignedInStaff) or (self.roles and not principal.may(*self.roles)):
            raise Forbidden()
        request.ctx.staff = principal


patient_only = _PatientOnly()
staff_only = StaffOnly


def need_department(staff: SignedInStaff, department_id: Any, *roles: Role) -> None:
    """Refuse staff who hold none of the roles for this department.

    Raises: Forbidden.
    """
    if not staff.may(*roles, department_id=department_id):
        raise Forbidden()
