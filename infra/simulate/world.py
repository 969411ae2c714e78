"""What the simulated people share: the clinics, the line at the desk, who waits for whom, and the figures of the day.

Only what is physical in a hospital goes from person to person here; everything else goes through the API.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from infra.simulate.plan import Pace, Person
from infra.simulate.wire import Record, Wire


@dataclass(frozen=True)
class Member:
    """A signed-in member of staff. departments: as the demonstration's file names them."""

    username: str
    token: str
    roles: tuple[str, ...]
    departments: tuple[str, ...]


@dataclass(frozen=True)
class Clinic:
    """An extra clinic of this morning: one practitioner in one room."""

    session_id: str
    department_id: str
    practitioner_id: str
    room_id: str
    slot_ids: tuple[str, ...]


@dataclass
class Visit:
    """One person's way through the morning."""

    person: Person
    openid: str = ""
    token: str = ""
    patient_id: str = ""
    appointment_id: str = ""
    ticket_id: str = ""
    checked_in: asyncio.Event = field(default_factory=asyncio.Event)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    at_the_door: asyncio.Event = field(default_factory=asyncio.Event)
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    turned_away: bool = False
    missed_once: bool = False

    def end(self, *, turned_away: bool = False) -> None:
        """Let the person go home: whatever they wait for is over."""
        self.turned_away = turned_away
        self.finished.set()
        self.called.set()
        self.checked_in.set()


@dataclass
class Figures:
    """The day in numbers."""

    people: int = 0
    booked: int = 0
    no_place: int = 0
    cancelled: int = 0
    no_show: int = 0
    walk_ins: int = 0
    arrived: int = 0
    waiting: int = 0
    in_service: int = 0
    done: int = 0
    missed_calls: int = 0
    rated: int = 0
    low: int = 0
    complaints: int = 0
    acknowledged: int = 0
    answered: int = 0
    confirmed: int = 0
    messages: int = 0


@dataclass
class Morning:
    """The simulated morning: where it runs, who works, who comes.

    run: names this play among others against the same hospital.
    templates: the product's key to the platform's id.
    begins: when the first band begins, by `time.monotonic()`.
    line: patients and walk-ins at the desk, in the order in which they came.
    """

    run: str
    seed: int
    pace: Pace
    product: Wire
    platform: Wire
    record: Record
    desk_id: str
    staff: list[Member]
    templates: dict[str, str]
    clinics: list[Clinic] = field(default_factory=list)
    begins: float = 0.0
    figures: Figures = field(default_factory=Figures)
    visits: list[Visit] = field(default_factory=list)
    line: asyncio.Queue[Visit] = field(default_factory=asyncio.Queue)
    by_ticket: dict[str, Visit] = field(default_factory=dict)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, minutes: float) -> None:
        """Sleep until some minutes after the morning's beginning; not at all when they have passed."""
        await asyncio.sleep(max(0.0, self.begins + self.pace.seconds(minutes) - time.monotonic()))

    async def pass_minutes(self, minutes: float) -> None:
        """Let some of the hospital's minutes pass."""
        await asyncio.sleep(self.pace.seconds(minutes))

    def members(self, *roles: str) -> list[Member]:
        """List the staff who hold one of the roles, in the order of the file."""
        return [member for member in self.staff if set(roles) & set(member.roles)]

    def member_for(self, role: str, department_id: str) -> Member:
        """Give who does this role's work for a department: its own staff, else the whole house's, else an admin."""
        own = [member for member in self.members(role) if department_id in member.departments]
        house = [member for member in self.members(role) if not member.departments]
        return (own or house or self.members("admin"))[0]

    def meet(self, visit: Visit, ticket: dict[str, Any]) -> None:
        """Remember whose ticket this is."""
        visit.ticket_id = ticket["id"]
        self.by_ticket[visit.ticket_id] = visit
        visit.checked_in.set()
        self.figures.arrived += 1
        self.figures.waiting += 1
