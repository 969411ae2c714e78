"""Conflict of interest, said once more and apart from the database: who must keep away from a complaint. Pure.

The product asks the view `complaint_conflict` and the function `complaints_barred_for`. A property test holds both
against this statement over random organisations.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

MANAGER_TOPICS = frozenset({"服务态度", "收费"})  # attitude and money: the direct manager shares the interest
NAMED = "named"


@dataclass(frozen=True)
class Member:
    """A member of staff. practitioner_id: the doctor that they are, if any."""

    id: UUID
    practitioner_id: UUID | None = None
    manager_id: UUID | None = None


@dataclass(frozen=True)
class Relation:
    """A declared relation, to a colleague or to a patient."""

    staff_id: UUID
    to_staff_id: UUID | None = None
    to_patient_id: UUID | None = None


@dataclass(frozen=True)
class Frozen:
    """Somebody whom a complaint is about. role: named, doctor, nurse, reception or former_handler."""

    role: str
    practitioner_id: UUID | None = None
    staff_id: UUID | None = None


@dataclass(frozen=True)
class Case:
    """A complaint, as far as its conflicts go. practitioner_id: the doctor it names, of its visit."""

    topic: str
    practitioner_id: UUID | None = None
    patient_id: UUID | None = None
    people: Collection[Frozen] = ()


@dataclass(frozen=True)
class Organisation:
    """The staff by id, and the relations that were declared."""

    staff: Mapping[UUID, Member]
    relations: Collection[Relation] = field(default_factory=tuple)


def barred(case: Case, house: Organisation) -> set[UUID]:
    """Give who must not read, handle, approve or hear of a complaint."""
    about = _about(case, house)
    named = {staff_id for staff_id, role in about if role == NAMED}
    found = {staff_id for staff_id, _ in about}
    found |= {one.id for one in house.staff.values() if one.manager_id in named}
    if case.topic in MANAGER_TOPICS:
        managers = (house.staff[one].manager_id for one in named)
        found |= {one for one in managers if one is not None}
    for relation in house.relations:
        if relation.to_staff_id in named:
            found.add(relation.staff_id)
        if relation.to_staff_id is not None and relation.staff_id in named:
            found.add(relation.to_staff_id)
        if relation.to_patient_id is not None and relation.to_patient_id == case.patient_id:
            found.add(relation.staff_id)
    return found


def _about(case: Case, house: Organisation) -> set[tuple[UUID, str]]:
    people = [*case.people]
    if case.practitioner_id is not None:
        people.append(Frozen(NAMED, practitioner_id=case.practitioner_id))
    found = {(one.staff_id, one.role) for one in people if one.staff_id is not None}
    for one in people:
        if one.practitioner_id is not None:
            logins = (member for member in house.staff.values() if member.practitioner_id == one.practitioner_id)
            found |= {(member.id, one.role) for member in logins}
    return found
