"""Who handles a complaint and who must hear of it: the rota, the load, and never the person complained about."""

from uuid import UUID

from satisfaction.complaints import models, rules, timeline
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.reads import Sight
from satisfaction.complaints.rules import COMPLAINT, Clock, ComplaintState, Promises
from satisfaction.errors import ConflictOfInterest, HandlerUnfit
from server import clock, hospital
from server.accounts import Role, SignedInStaff
from server.errors import NotFound
from server.events import publish
from server.facts import ComplaintAssigned
from server.history import SYSTEM, By, move
from server.hospital import OnDuty

HANDLERS = (Role.COMPLAINT_HANDLER, Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.COMMITTEE)
LEADERS = (Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.COMMITTEE)
READERS = (*HANDLERS, Role.CUSTOMER_SERVICE)
FILERS = (*READERS, Role.GUIDE)  # whoever is told of a complaint first writes it down


def sight_of(staff: SignedInStaff, roles: tuple[Role, ...]) -> Sight:
    """Say what a member of staff sees by virtue of these roles."""
    departments = staff.departments_of(*roles)
    return Sight(staff.id, None if departments is None else frozenset(departments))


async def promises() -> Promises:
    """Read how fast the hospital promises to be."""
    return Promises.of_minutes(
        acknowledgement=await hospital.policy("complaint.acknowledge_minutes", rules.ACKNOWLEDGE_MINUTES),
        first_response=await hospital.policy("complaint.response_minutes", rules.RESPONSE_MINUTES),
        answer=await hospital.policy("complaint.answer_minutes", rules.ANSWER_MINUTES),
    )


async def targets(complaint: Complaint, level: int) -> list[OnDuty]:
    """Give who must hear of a complaint at a level; of the nearest level with somebody on duty when it has nobody."""
    barred = await models.barred_from(complaint.practitioner_id)
    for step in rules.search_order(level):
        if found := [person for person in await hospital.on_duty(step) if person.id not in barred]:
            return found
    return []


async def choose(complaint: Complaint) -> OnDuty | None:
    """Choose the handler of the present round: on duty, not barred, with the fewest open complaints."""
    await models.one_at_a_time()
    loads = await models.loads()
    people = await targets(complaint, rules.handler_level(complaint.cycle))
    chosen = rules.least_loaded([person.id for person in people], loads)
    return next((person for person in people if person.id == chosen), None)


async def of_next_round(complaint: Complaint) -> UUID | None:
    """Give who handles the round that begins: the handler so far, or from the third round on a supervisor."""
    handler_id: UUID | None = complaint.handler_id
    keeps = rules.handler_level(complaint.cycle) == rules.Level.HANDLER
    if keeps and handler_id is not None and await models.roles_of(handler_id) is not None:
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
    if staff_id in await models.barred_from(complaint.practitioner_id):
        raise ConflictOfInterest()
    if not roles & {*HANDLERS, Role.ADMIN}:
        raise HandlerUnfit()
    return await models.staff_name(staff_id)


async def take_on(complaint: Complaint, handler_id: UUID, *, by: By) -> None:
    """Give a complaint its handler, and its state where it was still waiting for one."""
    await models.change(complaint, handler_id=handler_id)
    if complaint.state == ComplaintState.RECEIVED:
        await move(COMPLAINT, complaint, ComplaintState.TRIAGED, by=by)
    if complaint.state in (ComplaintState.TRIAGED, ComplaintState.REOPENED):
        await move(COMPLAINT, complaint, ComplaintState.ASSIGNED, by=by)


async def assign_waiting(complaint: Complaint) -> None:
    """Give a complaint that has no handler to whoever has come on duty, with a fresh acknowledgement clock."""
    chosen = await choose(complaint)
    if chosen is None:
        return
    await take_on(complaint, chosen.id, by=SYSTEM)
    await hand_over(complaint, chosen, by=SYSTEM, reason="值班人员到岗，系统分派")


async def hand_over(complaint: Complaint, to: OnDuty, *, by: By, reason: str) -> None:
    """Tell the time line and the new handler; until it is answered, the new handler has to acknowledge it anew."""
    if complaint.state in rules.UNANSWERED:
        await settle(complaint, Clock.ACKNOWLEDGEMENT)
        due_at = clock.now() + (await promises()).acknowledgement
        await models.change(complaint, acknowledged_at=None, acknowledge_due_at=due_at)
    await timeline.write(complaint, "assignment", f"由 {to.name} 处理。{reason}", by=by)
    await publish(
        ComplaintAssigned(
            complaint_id=complaint.id,
            number=complaint.number,
            severity=complaint.severity,
            topic=complaint.topic,
            department_name=await models.department_name(complaint.department_id),
            handler_id=to.id,
            handler_name=to.name,
            cycle=complaint.cycle,
            acknowledge_due_at=complaint.acknowledge_due_at,
            response_due_at=complaint.response_due_at,
        )
    )


async def settle(complaint: Complaint, *clocks: Clock) -> None:
    """Write down the breach of clocks that are being stopped too late, in case nobody has noticed it yet."""
    for hand in complaint.hands:
        if hand.clock in clocks and hand.stopped_at is None and hand.is_missed(clock.now()):
            await note_breach(complaint, hand)


async def note_breach(complaint: Complaint, hand: rules.Hand) -> bool:
    """Write down a missed clock, dated by the clock; tell whether this was news."""
    is_news = await models.write_breach(complaint.id, clock=hand.clock, cycle=complaint.cycle, due_at=hand.due_at)
    if is_news:
        due = clock.local(hand.due_at)
        await timeline.write(
            complaint, "breach", f"{rules.CLOCK_NAMES[hand.clock]}超时（应于 {due:%m-%d %H:%M} 前）", by=SYSTEM
        )
    return is_news
