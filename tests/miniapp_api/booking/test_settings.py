"""What the hospital decides about booking: defaults, bounds, versions, records."""

from dataclasses import asdict

from miniapp_api.booking import settings
from miniapp_api.booking.rules import BookingSettings
from miniapp_api.booking.settings_api import BookingSettingsForm, BookingSettingsView
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row

PATH = "/admin/booking-settings"


async def test_without_a_decision_the_rules_name_what_the_table_would(hospital):
    await db.fetch("INSERT INTO booking_setting DEFAULT VALUES")
    assert (await settings.read())[0] == BookingSettings()


def test_every_setting_can_be_read_and_decided():
    names = set(asdict(BookingSettings()))
    assert set(BookingSettingsForm.model_fields) == names
    assert set(BookingSettingsView.model_fields) == names | {"version"}


async def test_a_decision_holds_at_once_is_recorded_and_leaves_the_rest(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    assert (await admin.get(PATH))["version"] == 0
    first = await admin.call("PATCH", PATH, {"max_open_bookings": 1}, If_Match='"0"')
    assert (first.status, first.body["version"], first.body["hold_seconds"]) == (200, 1, 300)
    patient = await a_patient_by_row(hospital)
    one, two = await props.slots_apart(2)
    await patient.books(one.id)
    refused = await patient.refused("/appointments", {"slot_id": str(two.id), "patient_id": patient.patient_id})
    assert (refused.code, refused.body["limit"]) == ("too_many_bookings", 1)
    await admin.call("PATCH", PATH, {"max_per_month": 9})
    changes = (await admin.get(PATH + "/changes"))["items"]
    assert [(change["before"]["max_per_month"], change["after"]["max_per_month"]) for change in changes] == [
        (None, 9),
        (None, None),
    ]
    assert changes[0]["by_name"]
    assert changes[0]["after"]["max_open_bookings"] == 1


async def test_a_stale_or_impossible_decision_changes_nothing(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    await admin.call("PATCH", PATH, {"hold_seconds": 60})
    stale = await admin.call("PATCH", PATH, {"hold_seconds": 90}, If_Match='"0"')
    assert (stale.status, stale.body["resource"]["hold_seconds"]) == (412, 60)
    for body in ({"hold_seconds": 0}, {"max_open_bookings": 51}, {"max_open_bookings": None}, {"nothing": 1}):
        assert (await admin.call("PATCH", PATH, body)).status == 422
    guide = await a_member_of_staff(hospital, "guide")
    assert (await guide.call("PATCH", PATH, {"hold_seconds": 90})).status == 403
    assert (await settings.read())[0] == BookingSettings(hold_seconds=60)
