"""What must change so that the sessions that stand become those that shall be, without touching what is booked. Pure.

A band with nobody on it goes, comes and changes freely. One that was ever booked stays, with as many places as are
taken where it is not wanted; it is told as a conflict, for a person to decide. Sessions that were stopped, or opened by
hand, are never changed, and no band is made beside them.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.schedules.rules import Band, LeftOut, Pool, Template, WantedBand, WantedSession, WhyLeftOut


@dataclass(frozen=True, kw_only=True)
class StandingBand:
    """A band as it stands. adjusted: places that people added or moved, beside the plan's capacity."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    pool: Pool
    capacity: int
    adjusted: int
    taken: int
    last_number: int

    @property
    def is_untouched(self) -> bool:
        """Tell whether nobody ever had a place here."""
        return self.taken == 0 and self.last_number == 0


@dataclass(frozen=True, kw_only=True)
class StandingSession:
    """A session as it stands. has_own_room: a person chose its room, and the plan's does not replace it."""

    id: UUID
    practitioner_id: UUID
    department_id: UUID
    room_id: UUID | None
    day: date
    starts_at: datetime
    ends_at: datetime
    visit_type: str
    opens_at: datetime
    status: str
    rule_id: UUID | None
    exception_id: UUID | None
    version: int | None
    is_unconfirmed: bool
    bands: tuple[StandingBand, ...]
    is_drawing: bool = False
    has_own_room: bool = False

    @property
    def is_planned(self) -> bool:
        """Tell whether it follows a rule or an extra clinic; one that was opened by hand follows nothing."""
        return self.rule_id is not None or self.exception_id is not None

    @property
    def taken(self) -> int:
        """Give how many places are taken."""
        return sum(band.taken for band in self.bands)


class Why(StrEnum):
    """What stands in the way of a plan."""

    NOT_WANTED = "not_wanted"  # the plan has no such band any more
    TOO_MANY = "too_many"  # more places are taken than the plan has
    OTHER_TYPE = "other_type"  # the session was sold as another type of visit
    OTHER_ROOM = "other_room"  # the session was sold for another room
    BY_HAND = "by_hand"  # a session that follows no rule takes place while it should not


@dataclass(frozen=True, slots=True)
class Conflict:
    """Booked places that the plan does not want so. band: None is the whole session. wanted: places of the plan."""

    session: StandingSession
    band: StandingBand | None
    why: Why
    taken: int
    wanted: int


@dataclass(frozen=True, slots=True)
class CapacityChange:
    """Another number of places of a band that stays."""

    session: StandingSession
    band: StandingBand
    capacity: int


@dataclass(frozen=True, kw_only=True)
class SessionChange:
    """How the row of a session that stays shall be."""

    session: StandingSession
    room_id: UUID | None
    ends_at: datetime
    visit_type: str
    opens_at: datetime
    status: str
    rule_id: UUID | None
    exception_id: UUID | None
    version: int | None
    is_unconfirmed: bool
    is_drawing: bool = False


@dataclass
class Changes:
    """What a plan changes. left_out: extra clinics that it cannot hold.

    later: extra clinics beyond the days for which sessions are made. until: the last of those days, by department.
    """

    new_sessions: list[WantedSession] = field(default_factory=list)
    gone_sessions: list[StandingSession] = field(default_factory=list)
    new_bands: list[tuple[StandingSession, WantedBand]] = field(default_factory=list)
    gone_bands: list[tuple[StandingSession, StandingBand]] = field(default_factory=list)
    capacities: list[CapacityChange] = field(default_factory=list)
    sessions: list[SessionChange] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    later: list[WantedSession] = field(default_factory=list)
    until: list[date] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Tell whether everything stands as it shall; conflicts may stand too."""
        return not (
            self.new_sessions
            or self.gone_sessions
            or self.new_bands
            or self.gone_bands
            or self.capacities
            or self.sessions
        )

    def add(self, other: "Changes") -> None:
        """Take another department's changes in."""
        for name in self.__dataclass_fields__:
            getattr(self, name).extend(getattr(other, name))

    @property
    def digest(self) -> str:
        """Give a short name of exactly these changes: it is another one when the world has changed in between."""
        lines: list[list[Any]] = [
            *(
                ["new", one.practitioner_id, one.starts_at, one.ends_at, one.room_id, one.visit_type, one.opens_at,
                 one.is_drawing, [[band.starts_at, band.ends_at, band.pool, band.capacity] for band in one.bands]]
                for one in self.new_sessions
            ),
            *(["gone", one.id] for one in self.gone_sessions),
            *(["new_band", one.id, band.starts_at, band.ends_at, band.pool, band.capacity]
              for one, band in self.new_bands),
            *(["gone_band", band.id] for _, band in self.gone_bands),
            *(["capacity", one.band.id, one.band.capacity, one.capacity] for one in self.capacities),
            *(["session", one.session.id, one.room_id, one.ends_at, one.visit_type, one.opens_at, one.status,
               one.is_drawing] for one in self.sessions),
            *(["conflict", one.session.id, one.band.id if one.band else None, one.why, one.taken]
              for one in self.conflicts),
            *(["left_out", one.session.practitioner_id, one.session.starts_at, one.why] for one in self.left_out),
            *(["later", one.practitioner_id, one.starts_at, one.ends_at] for one in self.later),
        ]  # fmt: skip
        return hashlib.sha256(b"\n".join(sorted(orjson.dumps(line, default=str) for line in lines))).hexdigest()[:32]


@dataclass(frozen=True)
class World:
    """What stands, and when. sessions: of the department, and others of its practitioners."""

    sessions: Sequence[StandingSession]
    now: datetime


def differences(template: Template, wanted: Iterable[WantedSession], world: World) -> Changes:
    """Give what must change in a department."""
    return _Comparison(template, wanted, world).run()


class _Comparison:
    def __init__(self, template: Template, wanted: Iterable[WantedSession], world: World) -> None:
        self.template = template
        self.now = world.now
        self.ours = [one for one in world.sessions if self._is_ours(one)]
        self.fixed = [one for one in world.sessions if not self._is_ours(one)]
        self.wanted = {(one.practitioner_id, one.starts_at): one for one in wanted}
        self.kept: dict[UUID, list[StandingBand]] = defaultdict(list)  # booked, and in nobody's plan
        self.changes = Changes()

    def _is_ours(self, session: StandingSession) -> bool:
        is_here = session.department_id == self.template.department_id
        return is_here and session.is_planned and session.status != "stopped"

    def run(self) -> Changes:
        wants = []
        for session in self.ours:
            want = self.wanted.pop((session.practitioner_id, session.starts_at), None)
            if session.ends_at > self.now:
                wants.append((session, want, self._bands_that_stand(session, want)))
        for session, want, lacking in wants:
            new = [band for band in lacking if not self._is_beside(session.practitioner_id, band)]
            self.changes.new_bands += [(session, band) for band in new]
            self._session_that_stands(session, want, new)
        for want in self.wanted.values():
            self._new_session(want)
        self._sessions_by_hand()
        return self.changes

    def _bands_that_stand(self, session: StandingSession, want: WantedSession | None) -> list[WantedBand]:
        """Settle the bands of a session; give the wanted ones that it lacks."""
        bands = {(band.starts_at, band.pool): band for band in want.bands} if want else {}
        spans = {(band.starts_at, band.ends_at) for band in bands.values()}
        for band in session.bands:
            wish = bands.get((band.starts_at, band.pool))
            if band.ends_at <= self.now:
                bands.pop((band.starts_at, band.pool), None)
            elif wish is not None and wish.ends_at == band.ends_at:
                del bands[band.starts_at, band.pool]
                self._places(session, band, max(wish.capacity + band.adjusted, 0), Why.TOO_MANY)
            elif wish is None and band.adjusted > 0 and (band.starts_at, band.ends_at) in spans:
                # a pool that the plan does not know has only what came from another pool of this band
                self._places(session, band, band.adjusted, Why.TOO_MANY)
            elif band.is_untouched:
                self.changes.gone_bands.append((session, band))
            else:
                bands.pop((band.starts_at, band.pool), None)
                self.kept[session.practitioner_id].append(band)
                self._places(session, band, 0, Why.NOT_WANTED)
        return list(bands.values())

    def _places(self, session: StandingSession, band: StandingBand, wanted: int, why: Why) -> None:
        if band.taken > wanted:
            self._conflict(session, band, why, wanted)
        if band.capacity != (capacity := max(wanted, band.taken)):
            self.changes.capacities.append(CapacityChange(session, band, capacity))

    def _conflict(self, session: StandingSession, band: StandingBand | None, why: Why, wanted: int) -> None:
        taken = band.taken if band else session.taken
        self.changes.conflicts.append(Conflict(session, band, why, taken, wanted))

    def _is_beside(self, practitioner_id: UUID, band: WantedBand) -> bool:
        """Tell whether a band would lie across what is booked in another cut, or beside a session not to be changed."""
        across = any(
            band.starts_at < kept.ends_at
            and kept.starts_at < band.ends_at
            and (band.starts_at, band.ends_at) != (kept.starts_at, kept.ends_at)
            for kept in self.kept[practitioner_id]
        )
        return across or any(
            one.practitioner_id == practitioner_id and band.starts_at < one.ends_at and one.starts_at < band.ends_at
            for one in self.fixed
        )

    def _session_that_stands(
        self, session: StandingSession, want: WantedSession | None, new: Sequence[WantedBand]
    ) -> None:
        gone = {band.id for one, band in self.changes.gone_bands if one is session}
        stay = [band for band in session.bands if band.id not in gone]
        if not stay and not new:
            self.changes.gone_sessions.append(session)
            return
        if after := self._row_after(session, want, stay):
            self.changes.sessions.append(after)

    def _row_after(
        self, session: StandingSession, want: WantedSession | None, stay: Sequence[StandingBand]
    ) -> SessionChange | None:
        """Give the row as it shall be, or None when it is so. What was sold keeps its room and its type."""
        as_it_is = SessionChange(
            session=session,
            room_id=session.room_id,
            ends_at=session.ends_at,
            visit_type=session.visit_type,
            opens_at=session.opens_at,
            status=session.status,
            rule_id=session.rule_id,
            exception_id=session.exception_id,
            version=session.version,
            is_unconfirmed=session.is_unconfirmed,
            is_drawing=session.is_drawing,
        )
        if want is None:
            after = replace(as_it_is, status="open" if session.taken else "closed")
            return after if after != as_it_is else None
        if session.taken and not session.has_own_room and want.room_id != session.room_id:
            self._conflict(session, None, Why.OTHER_ROOM, 0)
        if session.taken and want.visit_type != session.visit_type:
            self._conflict(session, None, Why.OTHER_TYPE, 0)
        after = SessionChange(
            session=session,
            room_id=session.room_id if session.taken or session.has_own_room else want.room_id,
            ends_at=max([want.ends_at, *(band.ends_at for band in stay)]),
            visit_type=session.visit_type if session.taken else want.visit_type,
            # what has been released stays released, and goes on as it began
            opens_at=want.opens_at if session.opens_at > self.now else session.opens_at,
            is_drawing=self._is_drawn(want) if session.opens_at > self.now else session.is_drawing,
            status="open",
            rule_id=want.rule_id,
            exception_id=want.exception_id,
            version=want.version,
            is_unconfirmed=want.is_unconfirmed,
        )
        return after if after != as_it_is else None

    def _new_session(self, want: WantedSession) -> None:
        if any((one.practitioner_id, one.starts_at) == (want.practitioner_id, want.starts_at) for one in self.fixed):
            return
        bands = tuple(band for band in want.bands if not self._is_beside(want.practitioner_id, band))
        if bands:
            self.changes.new_sessions.append(replace(want, bands=bands, is_drawing=self._is_drawn(want)))
        elif want.exception_id is not None:
            self.changes.left_out.append(LeftOut(want, WhyLeftOut.BUSY))

    def _is_drawn(self, want: WantedSession) -> bool:
        """Tell whether its places are drawn: one that comes after its own release is open to everybody at once."""
        return want.is_drawing and want.opens_at > self.now

    def _sessions_by_hand(self) -> None:
        for session in self.fixed:
            is_by_hand = not session.is_planned and session.status == "open" and session.ends_at > self.now
            if not is_by_hand or session.department_id != self.template.department_id:
                continue
            for band in session.bands:
                span = Band(band.starts_at, band.ends_at)
                if band.ends_at > self.now and self.template.is_away(session.practitioner_id, span):
                    self._conflict(session, band, Why.BY_HAND, 0)
