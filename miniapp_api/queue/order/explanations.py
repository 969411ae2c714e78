"""Why one ticket is before the other, and why somebody stands where they stand: rules, numbers, sentences. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from miniapp_api.queue.order import explanation_texts as texts
from miniapp_api.queue.policies.basis import URGENT_CLASS
from miniapp_api.queue.rules import TicketState
from server import clock

_AWAY_FROM_THE_LINE = (TicketState.MISSED, TicketState.HELD, TicketState.AWAY)


@dataclass(frozen=True)
class Basis:
    """What a place rests on. story: the entry and every step since, as `ordering.story_of` tells it."""

    label: str
    number: int
    rule: str
    rule_version: int
    sort_class: int
    sort_at: datetime
    checked_in_at: datetime
    band: tuple[datetime, datetime] | None
    story: tuple[Mapping[str, Any], ...]
    state: str = "waiting"
    called_at: datetime | None = None
    practitioner_id: UUID | None = None

    @property
    def key(self) -> tuple[int, datetime, int]:
        """Give what tickets are ordered by."""
        return self.sort_class, self.sort_at, self.number

    @property
    def since(self) -> datetime:
        """Give when the ticket came to its place."""
        return datetime.fromisoformat(self.story[-1]["at"])


def basis_of(row: Mapping[str, Any], story: list[dict[str, Any]]) -> Basis:
    """Give what a ticket's place rests on; `models.TICKET` reads the row."""
    return Basis(
        label=row["label"],
        number=row["number"],
        rule=row["rule"],
        rule_version=row["rule_version"],
        sort_class=row["sort_class"],
        sort_at=row["sort_at"],
        checked_in_at=row["checked_in_at"],
        band=(row["band_starts_at"], row["band_ends_at"]) if row["band_starts_at"] else None,
        story=tuple(story),
        state=str(row["state"]),
        called_at=row["called_at"],
        practitioner_id=row["practitioner_id"],
    )


def why(basis: Basis, language: str) -> str:
    """Say what a place rests on."""
    if basis.sort_class == URGENT_CLASS:
        return texts.URGENT[language]
    return texts.THEN[language].join(said(step, basis, language) for step in basis.story)


def said(step: Mapping[str, Any], basis: Basis, language: str) -> str:
    """Say how one step was reckoned."""
    numbers = _numbers(step, basis)
    if step["rule"] == "recall" and step["not_before"] is None:
        return texts.UNMOVED[language].format(**numbers)
    text = texts.STEPS[_word(step)][language].format(**numbers)
    if step["help_minutes"]:
        text += texts.HELPED[language].format(**numbers)
    if step["rule"] == "transfer" and step["sort_at"] != step["start"]:
        text += texts.LIMITED[language].format(**numbers)
    return text


def sentence(first: Basis, second: Basis, language: str) -> str:
    """Say why the first comes before the second."""
    return texts.SENTENCE[language].format(
        first=first.label,
        second=second.label,
        first_why=why(first, language),
        second_why=why(second, language),
        first_at=_clock(first.sort_at),
        second_at=_clock(second.sort_at),
    )


def notes(first: Basis, second: Basis, others_per_return: int, language: str) -> list[str]:
    """Say what else must be known: why one was called before although the other stands before it, who is away."""
    found: list[tuple[str, dict[str, Any]]] = []
    if (first.sort_class, first.sort_at) == (second.sort_class, second.sort_at):
        found.append(("same_instant", {}))
    if second.called_at and (first.called_at is None or first.called_at > second.called_at):
        found.append((_why_called_first(first, second), {}))
    elif first.practitioner_id and second.practitioner_id and first.practitioner_id != second.practitioner_id:
        found.append(("other_practitioner", {}))
    if others_per_return and (first.rule == "return") != (second.rule == "return"):
        found.append(("turns", {}))
    found += [("not_in_line", {"number": one.label}) for one in (first, second) if one.state in _AWAY_FROM_THE_LINE]
    values = {
        "first": first.label,
        "second": second.label,
        "called_at": _clock(second.called_at) if second.called_at else "",
        "at": _clock(first.since),
        "others": others_per_return,
    }
    return [texts.NOTES[name][language].format(**values | more) for name, more in found]


def _why_called_first(first: Basis, second: Basis) -> str:
    if second.called_at is not None and first.since > second.called_at:
        return "not_there_yet"
    if first.practitioner_id and second.practitioner_id and first.practitioner_id != second.practitioner_id:
        return "other_practitioner"
    return "called_first"


def numbers(basis: Basis, language: str) -> dict[str, Any]:
    """Give what a place rests on, for programs; every step can be reckoned again from its numbers."""
    return {
        "number": basis.label,
        "rule": _rule(basis.sort_class, basis.rule),
        "rule_version": basis.rule_version,
        "policy": basis.story[-1]["policy"],
        "sort_class": basis.sort_class,
        "sort_at": clock.local(basis.sort_at).isoformat(),
        "checked_in_at": clock.local(basis.checked_in_at).isoformat(),
        "band": [clock.local(at).isoformat() for at in basis.band] if basis.band else None,
        "head_start_minutes": basis.story[-1]["given_minutes"],
        "steps": [_shown(step, basis, language) for step in basis.story],
    }


_SHOWN = ("rule", "policy", "version", "shift_minutes", "help_minutes")
_MOMENTS = ("at", "start", "not_before", "not_after", "sort_at")


def _shown(step: Mapping[str, Any], basis: Basis, language: str) -> dict[str, Any]:
    moments = {
        name: clock.local(datetime.fromisoformat(step[name])).isoformat() if step[name] else None for name in _MOMENTS
    }
    kept = {name: step[name] for name in _SHOWN}
    return {**kept, **moments, "places": step.get("places"), "text": said(step, basis, language)}


def rule_of(row: Mapping[str, Any]) -> str:
    """Give the rule by which a ticket stands where it stands; `models.TICKET` reads the row."""
    return _rule(row["sort_class"], row["rule"])


# ---- for the wall and the phone ------------------------------------------------------------------------------------


def bound_text(bound: timedelta | None, language: str) -> str:
    """Say what is promised, for the wall and the phone."""
    if bound is None:
        return texts.NO_BOUND[language]
    return texts.BOUND[language].format(minutes=_minutes(bound))


def promise(bound: timedelta | None, language: str) -> str:
    """Say what is promised, and to whom it does not apply."""
    return f"{bound_text(bound, language)}{' ' if language == texts.EN else ''}{texts.EXCEPT_URGENT[language]}"


def own_lines(basis: Basis, language: str) -> list[str]:
    """Tell a patient, step by step, why they stand where they stand."""
    if basis.sort_class == URGENT_CLASS:
        return [texts.OWN_URGENT[language]]
    lines = []
    for step in basis.story:
        values = _numbers(step, basis, "%H:%M")
        if step["rule"] == "recall" and step["not_before"] is None:
            lines.append(texts.OWN_UNMOVED[language].format(**values))
            continue
        lines.append(texts.OWN[_word(step)][language].format(**values))
        if step["help_minutes"]:
            lines.append(texts.OWN_HELPED[language].format(**values))
    return lines


def ahead_line(ahead: int | None, language: str) -> str:
    """Tell a patient how many stand before them and why others do; None: the patient is not in the line."""
    if ahead is None:
        return texts.OWN_AHEAD["not_in_line"][language]
    return texts.OWN_AHEAD["some" if ahead else "none"][language].format(ahead=ahead)


# ---- shared --------------------------------------------------------------------------------------------------------


def _word(step: Mapping[str, Any]) -> str:
    if step["rule"] != "triage":
        return step["rule"]
    if step["shift_minutes"] == 0:
        return "triage_class"
    return "triage_ahead" if step["shift_minutes"] < 0 else "triage_behind"


def _numbers(step: Mapping[str, Any], basis: Basis, form: str = "%H:%M:%S") -> dict[str, Any]:
    def told(name: str) -> str:
        return f"{clock.local(datetime.fromisoformat(step[name])):{form}}" if step[name] else ""

    band = "–".join(f"{clock.local(at):%H:%M}" for at in basis.band) if basis.band else ""
    return {
        "band": band,
        **{name: told(name) for name in ("at", "start", "sort_at", "not_before")},
        "minutes": abs(step["shift_minutes"]),
        "help": step["help_minutes"],
        "places": step.get("places"),
    }


def _rule(sort_class: int, rule: str) -> str:
    return "urgent" if sort_class == URGENT_CLASS else rule


def _clock(at: datetime) -> str:
    return f"{clock.local(at):%H:%M:%S}"


def _minutes(amount: timedelta) -> int:
    return int(amount.total_seconds() // 60)
