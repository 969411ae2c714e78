"""What administrators send to change the catalogue. The limits are those of an import: what is kept can be exported."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from server.web import MAX_PAGE, Form, Paging, Whole

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
ShortLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
Prefix = Annotated[str, StringConstraints(pattern="^[A-Z]{1,2}$")]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern="^[^、，,；;]*$")]
DayMinutes = Annotated[Whole, Field(ge=0, le=1440)]
VisitMinutes = Annotated[Whole, Field(ge=1, le=240)]
SurveyMinutes = Annotated[Whole, Field(ge=0, le=10080)]
Gender = Literal["male", "female", "other", "unknown"]


def _each_once(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))


Words = Annotated[list[Word], Field(max_length=20), AfterValidator(_each_once)]


class HospitalForm(Form):
    """The hospital page. latitude, longitude: GCJ-02, both or neither."""

    name: Name
    address: Line = ""
    landmarks: Line = ""
    bus_routes: Long = ""
    phone: Line = ""
    emergency_phone: Line = ""
    opening_hours: Long = ""
    services: Long = ""
    emergency_hours: Line = ""
    price_notes: Long = ""
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None

    @model_validator(mode="after")
    def _is_a_point(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together")
        return self


class NewCampus(Form):
    """A campus. Codes never change."""

    code: Code
    name: Name
    address: Line = ""
    directions: Long = ""


class CampusChange(Form):
    """What of a campus changes; what is absent stays."""

    name: Name | None = None
    address: Line | None = None
    directions: Long | None = None


class NewDepartment(Form):
    """A department. campus_id: may stay out where there is one campus. ticket_prefix: a free one when none is named."""

    code: Code
    name: Name
    parent_id: UUID | None = None
    campus_id: UUID | None = None
    speciality_code: ShortLine = ""
    ticket_prefix: Prefix | None = None
    location: Line = ""
    introduction: Long = ""
    aliases: Words = Field(default_factory=list)
    check_in_opens_minutes: DayMinutes = 120
    check_in_closes_minutes: DayMinutes = 60
    no_show_grace_minutes: DayMinutes = 60
    service_minutes: VisitMinutes = 8
    survey_delay_minutes: SurveyMinutes = 120


class DepartmentChange(Form):
    """What of a department changes; what is absent stays. parent_id null: it stands on top."""

    name: Name | None = None
    parent_id: UUID | None = None
    campus_id: UUID | None = None
    speciality_code: ShortLine | None = None
    ticket_prefix: Prefix | None = None
    location: Line | None = None
    introduction: Long | None = None
    aliases: Words | None = None
    check_in_opens_minutes: DayMinutes | None = None
    check_in_closes_minutes: DayMinutes | None = None
    no_show_grace_minutes: DayMinutes | None = None
    service_minutes: VisitMinutes | None = None
    survey_delay_minutes: SurveyMinutes | None = None


class NewPractitioner(Form):
    """A practitioner."""

    code: Code
    name: Name
    department_id: UUID
    title: ShortLine = ""
    specialities: Line = ""
    introduction: Long = ""
    languages: Words = Field(default_factory=list)
    gender: Gender | None = None


class PractitionerChange(Form):
    """What of a practitioner changes; what is absent stays."""

    name: Name | None = None
    department_id: UUID | None = None
    title: ShortLine | None = None
    specialities: Line | None = None
    introduction: Long | None = None
    languages: Words | None = None
    gender: Gender | None = None


class NewRoom(Form):
    """A consulting room."""

    code: Code
    name: Name
    department_id: UUID
    location: Line = ""


class RoomChange(Form):
    """What of a room changes; what is absent stays."""

    name: Name | None = None
    department_id: UUID | None = None
    location: Line | None = None


class UseForm(Form):
    """Why something is put out of use or comes back; kept in the history."""

    reason: Line = ""


class PriceForm(Form):
    """A line of the price list. department_id null: every department; title null: every title."""

    visit_type: Literal["ordinary", "expert", "special", "revisit"]
    department_id: UUID | None = None
    title: Name | None = None
    price_fen: Annotated[Whole, Field(ge=0, le=10_000_000)]


class WholePaging(Paging):
    """The query of a list that a screen shows whole."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = MAX_PAGE


class ThingsQuery(WholePaging):
    """Which things: in use or not, with these words in code, name, pinyin or initials, of a department."""

    active: bool | None = None
    q: Annotated[str, StringConstraints(max_length=100)] = ""
    department: UUID | None = None
