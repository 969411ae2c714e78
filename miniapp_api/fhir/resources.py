"""Rows as FHIR resources. Pure.

What a hospital does not know it leaves out; nobody's name but a practitioner's appears, a patient is a reference.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from server.web import moment

VISIT_TYPES = {"ordinary": "普通门诊", "expert": "专家门诊", "special": "特需门诊", "revisit": "复诊"}
POOLS = {"app": "小程序", "desk": "导诊台预留", "revisit": "复诊预留", "referral": "转诊预留"}
VISIT_TYPE_SYSTEM = "urn:hospital:visit-type"
POOL_SYSTEM = "urn:hospital:pool"
SPECIALITY_SYSTEM = "urn:hospital:clinical-speciality"
PRACTITIONER_SYSTEM = "urn:hospital:practitioner"
DEPARTMENT_SYSTEM = "urn:hospital:department"
LOCATION_SYSTEM = "urn:hospital:location"
CAPACITY = "urn:hospital:slot-capacity"
AVAILABLE = "urn:hospital:slot-available"
NUMBER = "urn:hospital:appointment-number"
CHANNEL = "urn:hospital:channel"
APPOINTMENT_TYPE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-0276"
CANCELLATION_SYSTEM = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
PHYSICAL_TYPE_SYSTEM = "http://terminology.hl7.org/CodeSystem/location-physical-type"

APPOINTMENT_STATUS = {
    "held": "pending",
    "booked": "booked",
    "checked_in": "checked-in",
    "in_service": "arrived",
    "completed": "fulfilled",
    "expired": "cancelled",
    "cancelled": "cancelled",
    "rescheduled": "cancelled",
    "no_show": "noshow",
    "left": "cancelled",
}
CANCELLED_WORDS = {
    "expired": "保留到期未确认",
    "rescheduled": "已改约",
    "left": "到院后未就诊离开",
    "cancelled": "已取消",
}


def _meta(row: dict[str, Any]) -> dict[str, Any]:
    return {"versionId": str(row["version"]), "lastUpdated": moment(row["updated_at"])}


def _head(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": kind, "id": str(row["id"]), "meta": _meta(row)}


def _refer(kind: str, identifier: UUID | None, display: str | None = None) -> dict[str, Any] | None:
    if identifier is None:
        return None
    return {"reference": f"{kind}/{identifier}"} | ({"display": display} if display else {})


def _concept(system: str, code: str, words: dict[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": words.get(code, code)}]}


def _known(**members: Any) -> dict[str, Any]:
    """Leave out what is not known: FHIR has no empty members."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def practitioner(row: dict[str, Any]) -> dict[str, Any]:
    """Show somebody who treats."""
    return _head("Practitioner", row) | _known(
        identifier=[{"system": PRACTITIONER_SYSTEM, "value": row["code"]}],
        active=row["active"],
        name=[{"use": "official", "text": row["name"]}],
        gender=row["gender"],
        photo=[{"url": row["photo"], "title": row["name"]}] if row["photo"] else None,
        qualification=[{"code": {"text": row["title"]}}] if row["title"] else None,
        communication=[{"text": language} for language in row["languages"]],
    )


def location(row: dict[str, Any]) -> dict[str, Any]:
    """Show a room, or the campus that it is on."""
    is_room = row["kind"] == "ro"
    return _head("Location", row) | _known(
        identifier=[{"system": LOCATION_SYSTEM, "value": row["code"]}],
        status="active" if row["active"] else "inactive",
        name=row["name"],
        description=row["location"],
        mode="instance",
        address={"text": row["address"]} if row["address"] else None,
        physicalType=_concept(PHYSICAL_TYPE_SYSTEM, row["kind"], {"ro": "Room", "si": "Site"}),
        partOf=_refer("Location", row["part_of"]) if is_room else None,
    )


def healthcare_service(row: dict[str, Any]) -> dict[str, Any]:
    """Show a department as the service that it gives."""
    return _head("HealthcareService", row) | _known(
        identifier=[{"system": DEPARTMENT_SYSTEM, "value": row["code"]}],
        active=row["active"],
        specialty=[{"coding": [{"system": SPECIALITY_SYSTEM, "code": row["speciality_code"]}]}]
        if row["speciality_code"]
        else None,
        location=[_refer("Location", row["campus_id"], row["campus_name"])],
        name=row["name"],
        comment=row["location"],
        extraDetails=row["introduction"],
        appointmentRequired=False,
    )


def schedule(row: dict[str, Any]) -> dict[str, Any]:
    """Show a session: what one practitioner does for one half-day."""
    actors = [
        _refer("Practitioner", row["practitioner_id"], row["practitioner_name"]),
        _refer("HealthcareService", row["department_id"], row["department_name"]),
        _refer("Location", row["room_id"], row["room_name"]),
    ]
    return _head("Schedule", row) | _known(
        active=row["status"] == "open",
        serviceType=[_concept(VISIT_TYPE_SYSTEM, row["visit_type"], VISIT_TYPES)],
        actor=[actor for actor in actors if actor],
        planningHorizon=_period(row["starts_at"], row["ends_at"]),
        comment="停诊" if row["status"] == "stopped" else None,
    )


def slot(row: dict[str, Any]) -> dict[str, Any]:
    """Show a band with the places of one pool; capacity and what is left are extensions, for FHIR knows one place."""
    return _head("Slot", row) | _known(
        extension=[
            {"url": CAPACITY, "valueInteger": row["capacity"]},
            {"url": AVAILABLE, "valueInteger": row["available"]},
        ],
        serviceCategory=[_concept(POOL_SYSTEM, row["pool"], POOLS)],
        serviceType=[_concept(VISIT_TYPE_SYSTEM, row["visit_type"], VISIT_TYPES)],
        schedule=_refer("Schedule", row["session_id"]),
        status=row["slot_status"],
        start=moment(row["starts_at"]),
        end=moment(row["ends_at"]),
        overbooked=False,
    )


def appointment(row: dict[str, Any]) -> dict[str, Any]:
    """Show an appointment; the patient is a reference without a name."""
    status = APPOINTMENT_STATUS[row["status"]]
    people = [
        _refer("Patient", row["patient_id"]),
        None if row["is_any"] else _refer("Practitioner", row["practitioner_id"], row["practitioner_name"]),
        _refer("HealthcareService", row["department_id"], row["department_name"]),
        _refer("Location", row["room_id"], row["room_name"]),
    ]
    kind = "FOLLOWUP" if row["revisit_of_id"] or row["visit_type"] == "revisit" else "ROUTINE"
    return _head("Appointment", row) | _known(
        extension=[
            {"url": NUMBER, "valueInteger": row["number"]},
            {"url": CHANNEL, "valueCode": row["channel"]},
        ],
        status=status,
        cancelationReason=_why_cancelled(row) if status == "cancelled" else None,
        serviceType=[_concept(VISIT_TYPE_SYSTEM, row["visit_type"], VISIT_TYPES)],
        appointmentType={"coding": [{"system": APPOINTMENT_TYPE_SYSTEM, "code": kind}]},
        start=moment(row["starts_at"]),
        end=moment(row["ends_at"]),
        slot=[_refer("Slot", row["slot_id"])],
        created=moment(row["created_at"]),
        participant=[
            {"actor": who, "required": "required", "status": "tentative" if status == "pending" else "accepted"}
            for who in people
            if who
        ],
    )


def _why_cancelled(row: dict[str, Any]) -> dict[str, Any]:
    code = "prov" if row["ended_by"] == "staff" else "pat"
    words = CANCELLED_WORDS[row["status"]]
    return {"coding": [{"system": CANCELLATION_SYSTEM, "code": code}], "text": words}


def _period(starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    return {"start": moment(starts_at), "end": moment(ends_at)}


def outcome(code: str, words: str) -> dict[str, Any]:
    """Say what went wrong, as FHIR says it. code: of the value set issue-type."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code, "diagnostics": words}]}


def bundle(base: str, entries: list[dict[str, Any]], links: dict[str, str]) -> dict[str, Any]:
    """Put what was found into a page."""
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": name, "url": url} for name, url in links.items()],
    } | _known(
        entry=[
            {
                "fullUrl": f"{base}/{one['resourceType']}/{one['id']}",
                "resource": one,
                "search": {"mode": "match"},
            }
            for one in entries
        ]
    )
