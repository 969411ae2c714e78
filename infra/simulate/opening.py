"""Before the morning: sign the staff in, and open extra clinics that begin in a moment."""

from datetime import datetime, timedelta
from typing import Any

from infra.simulate.patients import API
from infra.simulate.plan import MORNING_MINUTES, Pace, capacities, clinics_needed
from infra.simulate.wire import Wire
from infra.simulate.world import Clinic, Member, Morning

DEPARTMENTS = 6
USED_ROLES = ("admin", "guide", "room", "complaint_handler")


class CannotPlay(Exception):
    """The running hospital lacks something that the morning needs."""


async def sign_in(wire: Wire, logins: list[dict[str, Any]]) -> list[Member]:
    """Sign in everybody whose role is played."""
    members = []
    for login in logins:
        if set(login["roles"]) & set(USED_ROLES):
            form = {"username": login["username"], "password": login["password"]}
            answer = await wire.ask("POST", f"{API}/staff/sessions", form)
            members.append(
                Member(
                    username=login["username"],
                    token=answer.body["token"],
                    roles=tuple(login["roles"]),
                    departments=tuple(_name(department) for department in login.get("departments") or ()),
                )
            )
    return members


def _name(department: Any) -> str:
    return department["id"] if isinstance(department, dict) else str(department)


async def open_clinics(morning: Morning, *, patients: int, begins_at: datetime) -> None:
    """Open as many extra clinics as the patients need, one in a room, all beginning at the same moment.

    Raises: CannotPlay.
    """
    admin = _admin(morning)
    wanted = clinics_needed(patients)
    places = await _free_places(morning, admin, wanted)
    if not places:
        raise CannotPlay("没有同时具备医生和诊室的科室。No department has both a practitioner and a room.")
    for place, capacity in zip(places, capacities(patients, len(places), morning.pace.bands), strict=True):
        form = {
            "practitioner_id": place["practitioner_id"],
            "room_id": place["room_id"],
            "starts_at": begins_at.isoformat(),
            "ends_at": (begins_at + _played(morning.pace, MORNING_MINUTES)).isoformat(),
            "slot_minutes": morning.pace.seconds(morning.pace.band_minutes) / 60.0,
            "capacity": capacity,
        }
        made = (await morning.product.ask("POST", f"{API}/admin/sessions", form, token=admin.token)).body
        slots = sorted(made["slots"], key=lambda slot: slot["starts_at"])
        morning.clinics.append(
            Clinic(
                session_id=made["id"],
                department_id=made["department_id"],
                practitioner_id=place["practitioner_id"],
                room_id=place["room_id"],
                slot_ids=tuple(slot["id"] for slot in slots),
            )
        )


def _played(pace: Pace, minutes: float) -> timedelta:
    return timedelta(seconds=pace.seconds(minutes))


def _admin(morning: Morning) -> Member:
    admins = morning.members("admin")
    if not admins:
        raise CannotPlay("演示账号里没有管理员。The demonstration has no administrator.")
    if not morning.members("guide"):
        raise CannotPlay("演示账号里没有导诊员。The demonstration has no guide.")
    return admins[0]


async def _free_places(morning: Morning, admin: Member, wanted: int) -> list[dict[str, str]]:
    """Choose practitioners with rooms, spread over the departments; those with room staff of their own first."""
    listed = (await morning.product.ask("GET", f"{API}/departments?limit=100")).body["items"]
    staffed = {name for member in morning.members("room") for name in member.departments}
    listed.sort(key=lambda department: not staffed & {department["id"], department["code"], department["name"]})
    pairs: list[list[dict[str, str]]] = []
    for department in listed:
        if len(pairs) == DEPARTMENTS:
            break
        found = await _pairs_of(morning, admin, department["id"])
        if found:
            pairs.append(found)
    rows = max((len(found) for found in pairs), default=0)
    return [found[row] for row in range(rows) for found in pairs if row < len(found)][:wanted]


async def _pairs_of(morning: Morning, admin: Member, department_id: str) -> list[dict[str, str]]:
    queue = (await morning.product.ask("GET", f"{API}/queues/{department_id}", token=admin.token)).body
    path = f"{API}/practitioners?department={department_id}&limit=100"
    practitioners = (await morning.product.ask("GET", path)).body["items"]
    return [
        {"practitioner_id": practitioner["id"], "room_id": room["id"]}
        for practitioner, room in zip(practitioners, queue["rooms"], strict=False)
    ]
