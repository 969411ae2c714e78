"""Where the resources come from, and what can be asked of them: one statement a page."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from miniapp_api.fhir import resources

_SLOT_STATUS = """CASE
    WHEN s.is_stopped OR se.status <> 'open' OR s.ends_at <= app_now() THEN 'busy-unavailable'
    WHEN se.opens_at > app_now() OR se.is_drawing OR s.pool <> 'app' THEN 'busy-unavailable'
    WHEN s.taken + s.kept < s.capacity THEN 'free'
    WHEN EXISTS (SELECT FROM appointment h WHERE h.slot_id = s.id AND h.status = 'held') THEN 'busy-tentative'
    ELSE 'busy' END"""
_APPOINTMENT_STATUS = (
    "CASE a.status "
    + " ".join(f"WHEN '{ours}' THEN '{theirs}'" for ours, theirs in resources.APPOINTMENT_STATUS.items())
    + " END"
)


@dataclass(frozen=True)
class Parameter:
    """One search parameter.

    kind: token, reference, date or string. columns: SQL expressions, any of which may match; for a date two are the
    begin and the end of a stretch. None at all: FHIR defines it, this hospital keeps nothing of the kind, so that no
    value matches. systems: of a token; kinds: of a reference; a column for each, in their order.
    """

    kind: str
    columns: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resource:
    """A type of resource. alias: of the table whose id and updated_at are the resource's."""

    name: str
    show: Callable[[dict[str, Any]], dict[str, Any]]
    select: str
    alias: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    is_open: bool = True  # anybody may read; otherwise staff of the department


def _nothing(kind: str, *names: str) -> dict[str, Parameter]:
    return {name: Parameter(kind) for name in names}


_VISIT_TYPE = Parameter("token", ("se.visit_type",), (resources.VISIT_TYPE_SYSTEM,))
_SPECIALITY = Parameter("token", ("d.speciality_code",), (resources.SPECIALITY_SYSTEM,))
_ACTOR = Parameter(
    "reference",
    ("se.practitioner_id", "se.department_id", "se.room_id"),
    kinds=("Practitioner", "HealthcareService", "Location"),
)

PRACTITIONER = Resource(
    "Practitioner",
    resources.practitioner,
    "SELECT p.id, p.version, p.updated_at, p.code, p.name, p.gender, p.photo, p.title, p.languages, p.active"
    " FROM practitioner p",
    "p",
    {
        "active": Parameter("token", ("p.active::text",), ("",)),
        "identifier": Parameter("token", ("p.code",), (resources.PRACTITIONER_SYSTEM,)),
        "name": Parameter("string", ("p.name", "p.pinyin")),
        "phonetic": Parameter("string", ("p.pinyin", "p.initials")),
        "gender": Parameter("token", ("p.gender",), ("http://hl7.org/fhir/administrative-gender",)),
        **_nothing("string", "family", "given", "address", "address-city", "address-country", "address-postalcode"),
        **_nothing("string", "address-state"),
        **_nothing("token", "address-use", "communication", "email", "phone", "telecom"),
    },
)
LOCATION = Resource(
    "Location",
    resources.location,
    """SELECT l.* FROM (
        SELECT r.id, r.version, r.updated_at, r.code, r.name, r.location, '' AS address, r.active, 'ro' AS kind,
               d.campus_id AS part_of
        FROM room r JOIN department d ON d.id = r.department_id
        UNION ALL
        SELECT c.id, 1, c.updated_at, c.code, c.name, c.directions, c.address, true, 'si', NULL FROM campus c
    ) l""",
    "l",
    {
        "address": Parameter("string", ("l.address",)),
        "identifier": Parameter("token", ("l.code",), (resources.LOCATION_SYSTEM,)),
        "name": Parameter("string", ("l.name",)),
        "partof": Parameter("reference", ("l.part_of",), kinds=("Location",)),
        "status": Parameter(
            "token", ("CASE WHEN l.active THEN 'active' ELSE 'inactive' END",), ("http://hl7.org/fhir/location-status",)
        ),
        **_nothing("string", "address-city", "address-country", "address-postalcode", "address-state"),
        **_nothing("token", "address-use", "operational-status", "type"),
        **_nothing("reference", "endpoint", "organization"),
    },
)
HEALTHCARE_SERVICE = Resource(
    "HealthcareService",
    resources.healthcare_service,
    "SELECT d.id, d.version, d.updated_at, d.code, d.name, d.active, d.speciality_code, d.location, d.introduction,"
    " d.campus_id, c.name AS campus_name FROM department d JOIN campus c ON c.id = d.campus_id",
    "d",
    {
        "active": Parameter("token", ("d.active::text",), ("",)),
        "identifier": Parameter("token", ("d.code",), (resources.DEPARTMENT_SYSTEM,)),
        "location": Parameter("reference", ("d.campus_id",), kinds=("Location",)),
        "name": Parameter("string", ("d.name", "d.pinyin")),
        "specialty": _SPECIALITY,
        **_nothing("token", "characteristic", "program", "service-category", "service-type"),
        **_nothing("reference", "coverage-area", "endpoint", "organization"),
    },
)
SCHEDULE = Resource(
    "Schedule",
    resources.schedule,
    "SELECT se.id, se.version, se.updated_at, se.practitioner_id, se.department_id, se.room_id, se.starts_at,"
    " se.ends_at, se.visit_type, se.status, p.name AS practitioner_name, d.name AS department_name,"
    " r.name AS room_name FROM session se JOIN practitioner p ON p.id = se.practitioner_id"
    " JOIN department d ON d.id = se.department_id LEFT JOIN room r ON r.id = se.room_id",
    "se",
    {
        "active": Parameter("token", ("(se.status = 'open')::text",), ("",)),
        "actor": _ACTOR,
        "date": Parameter("date", ("se.starts_at", "se.ends_at")),
        "service-type": _VISIT_TYPE,
        "specialty": _SPECIALITY,
        **_nothing("token", "identifier", "service-category"),
    },
)
SLOT = Resource(
    "Slot",
    resources.slot,
    f"SELECT s.id, s.version, s.updated_at, s.session_id, s.pool, s.capacity, s.starts_at, s.ends_at, se.visit_type,"
    f" greatest(s.capacity - s.taken - s.kept, 0) AS available, {_SLOT_STATUS} AS slot_status"
    " FROM slot s JOIN session se ON se.id = s.session_id JOIN department d ON d.id = se.department_id",
    "s",
    {
        "schedule": Parameter("reference", ("s.session_id",), kinds=("Schedule",)),
        "service-category": Parameter("token", ("s.pool",), (resources.POOL_SYSTEM,)),
        "service-type": _VISIT_TYPE,
        "specialty": _SPECIALITY,
        "start": Parameter("date", ("s.starts_at",)),
        "status": Parameter("token", (f"({_SLOT_STATUS})",), ("http://hl7.org/fhir/slotstatus",)),
        **_nothing("token", "appointment-type", "identifier"),
    },
)
APPOINTMENT = Resource(
    "Appointment",
    resources.appointment,
    "SELECT a.id, a.version, a.updated_at, a.status, a.patient_id, a.practitioner_id, a.department_id, a.slot_id,"
    " a.starts_at, a.ends_at, a.created_at, a.number, a.channel, a.is_any, a.revisit_of_id, se.visit_type, se.room_id,"
    " p.name AS practitioner_name, d.name AS department_name, r.name AS room_name,"
    " CASE WHEN a.status = 'cancelled' THEN (SELECT t.by_kind FROM transition t WHERE t.subject_id = a.id"
    " ORDER BY t.id DESC LIMIT 1) END AS ended_by"
    " FROM appointment a JOIN session se ON se.id = a.session_id JOIN practitioner p ON p.id = a.practitioner_id"
    " JOIN department d ON d.id = a.department_id LEFT JOIN room r ON r.id = se.room_id",
    "a",
    {
        "actor": Parameter(
            "reference",
            ("a.patient_id", "CASE WHEN NOT a.is_any THEN a.practitioner_id END", "a.department_id", "se.room_id"),
            kinds=("Patient", "Practitioner", "HealthcareService", "Location"),
        ),
        "appointment-type": Parameter(
            "token",
            ("CASE WHEN a.revisit_of_id IS NOT NULL OR se.visit_type = 'revisit' THEN 'FOLLOWUP' ELSE 'ROUTINE' END",),
            (resources.APPOINTMENT_TYPE_SYSTEM,),
        ),
        "date": Parameter("date", ("a.starts_at",)),
        "location": Parameter("reference", ("se.room_id",), kinds=("Location",)),
        "part-status": Parameter(
            "token",
            ("CASE WHEN a.status = 'held' THEN 'tentative' ELSE 'accepted' END",),
            ("http://hl7.org/fhir/participationstatus",),
        ),
        "patient": Parameter("reference", ("a.patient_id",), kinds=("Patient",)),
        "practitioner": Parameter(
            "reference", ("CASE WHEN NOT a.is_any THEN a.practitioner_id END",), kinds=("Practitioner",)
        ),
        "service-type": _VISIT_TYPE,
        "slot": Parameter("reference", ("a.slot_id",), kinds=("Slot",)),
        "specialty": _SPECIALITY,
        "status": Parameter("token", (f"({_APPOINTMENT_STATUS})",), ("http://hl7.org/fhir/appointmentstatus",)),
        **_nothing("token", "identifier", "reason-code", "service-category"),
        **_nothing("reference", "based-on", "reason-reference", "supporting-info"),
    },
    is_open=False,
)

RESOURCES = {one.name: one for one in (PRACTITIONER, LOCATION, HEALTHCARE_SERVICE, SCHEDULE, SLOT, APPOINTMENT)}
