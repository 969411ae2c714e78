"""The facts of this feature, made from what a statement saw."""

from uuid import UUID

from miniapp_api.booking.models import AppointmentSeen, SlotSeen
from server.facts import AppointmentBooked, AppointmentCancelled


def booked(
    appointment_id: UUID, account_id: UUID | None, slot: SlotSeen, patient: tuple[UUID, str], number: int = 0
) -> AppointmentBooked:
    """Give the fact that a place was sold. number: 0 where the statement that takes the place writes it in.

    patient: id and name.
    """
    return AppointmentBooked(
        appointment_id=appointment_id,
        version=1,
        account_id=account_id,
        patient_id=patient[0],
        patient_name=patient[1],
        department_id=slot.department_id,
        department_name=slot.department_name,
        practitioner_name=slot.practitioner_name,
        location=slot.location,
        number=number,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
    )


def cancelled(
    seen: AppointmentSeen, *, by_clinic: bool, reason: str = "", is_rescheduled: bool = False, channel: str = ""
) -> AppointmentCancelled:
    """Give the fact that a booking ended. reason: the clinic's; a patient's own may be medical and stays at home."""
    return AppointmentCancelled(
        appointment_id=seen.id,
        account_id=seen.account_id,
        patient_id=seen.patient_id,
        patient_name=seen.patient_name,
        department_name=seen.department_name,
        starts_at=seen.starts_at,
        by_clinic=by_clinic,
        reason=reason,
        is_rescheduled=is_rescheduled,
        channel=channel,
    )
