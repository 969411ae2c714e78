"""Who handles a complaint and who must hear of it: the rota, the load, and never the person complained about."""

from collections.abc import Collection
from uuid import UUID

from satisfaction.complaints import calling, models, rules, step_rows, steps
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.reads import Sight
from satisfaction.complaints.rules import COMPLAINT, ComplaintState
from satisfaction.errors import ApproverUnfit, ConflictOfInterest, HandlerUnfit
from server import hospital
from server.accounts import Role, SignedInStaff
from server.errors import NotFound
from server.history import By, move
from server.hospital import OnDuty

HANDLERS = (Role.COMPLAINT_HANDLER, Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.COMMITTEE)
LEADERS = (Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.COMMITTEE)
READERS = (*HANDLERS, Role.CUSTOMER_SERVICE)
FILERS = (*READERS, Role.GUIDE)  # whoever is told of a complaint first writes it down


def sight_of(staff: SignedInStaff, roles: tuple[Role, ...]) -> Sight:
    """Say what a member of staff sees by virtue of these roles."""
    departments = staff.departments_of(*roles)
    return Sight(staff.id, None if departments is None else frozenset(departments))


async def choose(complaint: Complaint) -> OnDuty | None:
    """Choose the handler of the present round: on duty, not barred, of the department first, the least loaded of those.

    A level without anybody free is passed over upwards, then downwards; then comes the outside member, if there is one.
    """
    await models.one_at_a_time()
    loads = await models.loads()
    barred = await models.barred_from(complaint.id)
    for level in rules.search_order(rules.handler_level(complaint.cycle)):
        on_duty = await hospital.on_duty(level)
        held = await step_rows.scopes([person.id for person in on_duty])
        people = [steps.Callee(one.id, one.name, calling.scope(held, one.id, level)) for one in on_duty]
        found = {person.id: person for person in steps.nearest(people, complaint.department_id, barred)}
        if chosen := rules.least_loaded(list(found), loads):
            return OnDuty(chosen, found[chosen].name)
    outside_id = await _outside_member()
    if outside_id is None or outside_id in barred:
        return None
    return OnDuty(outside_id, await models.staff_name(outside_id))


async def who_may_be_chosen() -> list[UUID]:
    """List all among whom `choose` looks now, for whichever complaint: on duty at any level, and the outside member."""
    found = {person.id for level in rules.Level for person in await hospital.on_duty(level)}
    if outside_id := await _outside_member():
        found.add(outside_id)
    return sorted(found)


async def _outside_member() -> UUID | None:
    outside_id = (await step_rows.setting()).outside_member_id
    return outside_id if outside_id is not None and await models.roles_of(outside_id) is not None else None


async def of_next_round(complaint: Complaint) -> UUID | None:
    """Give who handles the round that begins: the handler so far, or from the third round on a supervisor.

    None when nobody is free and the handler so far must not go on.
    """
    handler_id: UUID | None = complaint.handler_id
    is_gone = handler_id is None or await models.roles_of(handler_id) is None
    if is_gone or handler_id in await models.barred_from(complaint.id):
        handler_id = None
    if handler_id is not None and rules.handler_level(complaint.cycle) == rules.Level.HANDLER:
        return handler_id
    chosen = await choose(complaint)
    return chosen.id if chosen else handler_id


async def check_handler(complaint: Complaint, staff_id: UUID) -> str:
    """Refuse somebody who may not handle a complaint; give the name of who may.

    Raises: NotFound, ConflictOfInterest, HandlerUnfit.
    """
    roles = await models.roles_of(staff_id)
    if roles is None:
        raise NotFound()
    if staff_id in await models.barred_from(complaint.id):
        raise ConflictOfInterest()
    if not roles & {*HANDLERS, Role.ADMIN}:
        raise HandlerUnfit()
    return await models.staff_name(staff_id)


async def check_approver(complaint: Complaint, staff_id: UUID, *, set_by: Collection[UUID] = ()) -> None:
    """Refuse somebody who may not approve what comes of a complaint: barred, its handler, or who set its causes.

    set_by: who set the causes.
    Raises: ConflictOfInterest, ApproverUnfit.
    """
    if staff_id in await models.barred_from(complaint.id):
        raise ConflictOfInterest()
    if staff_id == complaint.handler_id or staff_id in set_by:
        raise ApproverUnfit()


async def take_on(complaint: Complaint, handler_id: UUID, *, by: By) -> None:
    """Give a complaint its handler, and its state where it was still waiting for one."""
    await models.change(complaint, handler_id=handler_id)
    if complaint.state == ComplaintState.RECEIVED:
        await move(COMPLAINT, complaint, ComplaintState.TRIAGED, by=by)
    if complaint.state in (ComplaintState.TRIAGED, ComplaintState.REOPENED):
        await move(COMPLAINT, complaint, ComplaintState.ASSIGNED, by=by)
