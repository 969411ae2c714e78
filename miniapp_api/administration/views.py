"""What administrators see of the catalogue."""

from typing import Any
from uuid import UUID

from miniapp_api.catalogue.specialities import specialities
from server.web import View, moment


class HospitalPage(View):
    """The hospital page, as it is kept."""

    name: str
    address: str
    landmarks: str
    bus_routes: str
    phone: str
    emergency_phone: str
    opening_hours: str
    services: str
    emergency_hours: str
    price_notes: str
    latitude: float | None
    longitude: float | None
    version: int


class KeptCampus(View):
    """A campus. departments: how many are in use there."""

    id: str
    code: str
    name: str
    address: str
    directions: str
    departments: int
    version: int


class KeptCampusList(View):
    """A page of campuses."""

    items: list[KeptCampus]
    next: str | None


class KeptDepartment(View):
    """A department, in use or not."""

    id: str
    code: str
    name: str
    parent_id: str | None
    parent_name: str
    campus_id: str
    campus_name: str
    speciality_code: str
    speciality_name: str
    ticket_prefix: str
    location: str
    introduction: str
    aliases: list[str]
    check_in_opens_minutes: int
    check_in_closes_minutes: int
    no_show_grace_minutes: int
    service_minutes: int
    survey_delay_minutes: int
    active: bool
    version: int


class KeptDepartmentList(View):
    """A page of departments."""

    items: list[KeptDepartment]
    next: str | None


class KeptPractitioner(View):
    """A practitioner, in use or not. photo: an address, or empty."""

    id: str
    code: str
    name: str
    title: str
    department_id: str
    department_name: str
    specialities: str
    introduction: str
    languages: list[str]
    photo: str
    gender: str | None
    active: bool
    version: int


class KeptPractitionerList(View):
    """A page of practitioners."""

    items: list[KeptPractitioner]
    next: str | None


class KeptRoom(View):
    """A consulting room, in use or not."""

    id: str
    code: str
    name: str
    department_id: str
    department_name: str
    location: str
    state: str
    active: bool
    version: int


class KeptRoomList(View):
    """A page of rooms."""

    items: list[KeptRoom]
    next: str | None


class UseView(View):
    """What uses a thing now and in the time to come. can_deactivate: nothing stands in the way of that.

    bookings: open ones, and places set aside for the waitlist. schedules: weekly and extra clinics. sessions_free:
    sessions on which nobody is booked.
    """

    bookings: int
    sessions_by_hand: int
    schedules: int
    departments: int
    tickets: int
    sessions_free: int
    can_deactivate: bool


class PriceLine(View):
    """A line of the price list. department_id null: every department; title null: every title."""

    id: str
    visit_type: str
    department_id: str | None
    department_name: str
    title: str | None
    price_fen: int
    version: int


class PriceLineList(View):
    """The price list."""

    items: list[PriceLine]
    next: str | None


class CatalogueChange(View):
    """A change of the catalogue; before and after hold the columns that differ."""

    at: str
    by_name: str
    channel: str
    act: str
    why: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class CatalogueChangeList(View):
    """A page of changes, newest first."""

    items: list[CatalogueChange]
    next: str | None


class Speciality(View):
    """A clinical speciality of the national list. parent: the code above it, or empty."""

    code: str
    name: str
    parent: str


class SpecialityList(View):
    """The national list of clinical specialities."""

    items: list[Speciality]
    next: str | None


def show(view: type[View], row: dict[str, Any]) -> dict[str, Any]:
    """Show a row: the members of the view, ids as texts."""
    names = view.model_fields
    shown = {name: str(value) if isinstance(value, UUID) else value for name, value in row.items() if name in names}
    if view is KeptDepartment:
        shown["speciality_name"] = specialities().get(row["speciality_code"], "")
    return shown


def show_change(row: dict[str, Any]) -> dict[str, Any]:
    """Show a line of the history."""
    return {"at": moment(row["at"]), **{name: row[name] for name in CatalogueChange.model_fields if name != "at"}}


def show_specialities() -> dict[str, Any]:
    """Show the national list."""
    codes = specialities()
    above = {code: code.rpartition(".")[0] for code in codes}
    items = [
        {"code": code, "name": name, "parent": above[code] if above[code] in codes else ""}
        for code, name in codes.items()
    ]
    return {"items": items, "next": None}
