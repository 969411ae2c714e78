"""What the hospital decided about triage."""

from miniapp_api.decided import Decided
from miniapp_api.triage.rules import TriageSettings
from server import db
from server.accounts import SignedInStaff
from server.errors import wrong_field
from server.hospital import Department

HELD: Decided[TriageSettings] = Decided("triage_setting", TriageSettings)


async def current() -> TriageSettings:
    """Give what holds now."""
    settings, _ = await HELD.read()
    return settings


async def write(staff: SignedInStaff, settings: TriageSettings, version: int) -> int:
    """Decide anew; give the new version. version: as it was seen.

    Raises: SomeoneWasFaster, Malformed for an emergency department that does not exist.
    """
    emergency = settings.emergency_department_id
    async with db.transaction():
        if emergency is not None and not await Department.exists(id=emergency, active=True):
            raise wrong_field("/emergency_department_id", "unknown_department", "no such department")
        return await HELD.write(staff, settings, version)
