"""Searches: parameters become one statement, a page of it at a time."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from miniapp_api.fhir.models import Parameter, Resource
from miniapp_api.fhir.rules import YEARS, Stretch, Unsearchable, alternatives, page_size, reference, stretch, token
from server import db
from server.errors import NotFound

CONTROLS = {"_count", "_cursor", "_format", "_id", "_lastUpdated"}
MODIFIERS = {"string": ("", "exact", "contains"), "token": ("", "not"), "date": ("",)}


@dataclass
class Statement:
    """A WHERE clause that is being written, with its values."""

    clauses: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def mark(self, value: Any, kind: str = "") -> str:
        """Add a value; give its mark."""
        self.values.append(value)
        return f"${len(self.values)}" + (f"::{kind}" if kind else "")


@dataclass(frozen=True)
class Page:
    """What was found, what was understood of the question, and where the next page begins."""

    items: list[dict[str, Any]]
    used: list[tuple[str, str]]
    next_cursor: str | None


async def read(resource: Resource, identifier: UUID, departments: set[UUID] | None) -> dict[str, Any]:
    """Give one resource.

    departments: those whose appointments may be read; None is all of them. Raises: NotFound.
    """
    statement = Statement()
    statement.clauses.append(f"{resource.alias}.id = {statement.mark(identifier)}")
    _restrict(statement, resource, departments)
    rows = await db.fetch(f"{resource.select} WHERE {' AND '.join(statement.clauses)}", *statement.values)
    if not rows:
        raise NotFound()
    return resource.show(rows[0])


async def search(
    resource: Resource, asked: Sequence[tuple[str, str]], departments: set[UUID] | None, *, is_strict: bool
) -> Page:
    """Give a page of what matches. asked: names with their modifiers, and values, as they were sent.

    is_strict: an unknown parameter is an error instead of being left out.
    Raises: Unsearchable.
    """
    statement, used, controls = Statement(), [], {}
    for full, value in asked:
        name, _, modifier = full.partition(":")
        if name in CONTROLS and name not in ("_id", "_lastUpdated"):
            controls[name] = value
            continue
        if name == "_id":
            statement.clauses.append(_ids(statement, resource, value))
        elif name == "_lastUpdated":
            column = f"{resource.alias}.updated_at"
            statement.clauses.append(_any(_dates(statement, (column,), value)))
        elif name in resource.parameters:
            statement.clauses.append(_clause(statement, resource.parameters[name], value, modifier))
        elif is_strict:
            raise Unsearchable(f"unknown parameter: {full[:40]}")
        else:
            continue
        used.append((full, value))
    _restrict(statement, resource, departments)
    return await _page(resource, statement, used, controls)


async def _page(
    resource: Resource, statement: Statement, used: list[tuple[str, str]], controls: dict[str, str]
) -> Page:
    count = page_size(controls.get("_count"))
    by_time = any(name == "_lastUpdated" for name, _ in used)
    key = f"{resource.alias}.updated_at, {resource.alias}.id" if by_time else f"{resource.alias}.id"
    if "_cursor" in controls:
        moment, identifier = _opened(controls["_cursor"])
        if by_time:
            marks = f"({statement.mark(moment, 'timestamptz')}, {statement.mark(identifier, 'uuid')})"
            statement.clauses.append(f"({key}) > {marks}")
        else:
            statement.clauses.append(f"{key} > {statement.mark(identifier, 'uuid')}")
    where = f" WHERE {' AND '.join(statement.clauses)}" if statement.clauses else ""
    limit = statement.mark(count + 1)
    rows = await db.fetch(f"{resource.select}{where} ORDER BY {key} LIMIT {limit}", *statement.values)
    more = len(rows) > count
    last = rows[count - 1] if more else None
    if "_count" in controls:
        used = [*used, ("_count", controls["_count"])]
    return Page([resource.show(row) for row in rows[:count]], used, _cursor(last) if last else None)


def _restrict(statement: Statement, resource: Resource, departments: set[UUID] | None) -> None:
    if not resource.is_open and departments is not None:
        statement.clauses.append(f"{resource.alias}.department_id = ANY({statement.mark(sorted(departments))})")


def _clause(statement: Statement, parameter: Parameter, value: str, modifier: str) -> str:
    if parameter.kind != "reference" and modifier not in MODIFIERS[parameter.kind]:
        raise Unsearchable(f"unknown modifier: {modifier[:40]}")
    if not parameter.columns:
        return "true" if modifier == "not" else "false"
    match parameter.kind:
        case "date":
            return _any(_dates(statement, parameter.columns, value))
        case "reference":
            return _any(_references(statement, parameter, value, modifier or None))
        case "token":
            return _any(_tokens(statement, parameter, value), negated=modifier == "not")
        case _:
            return _any(_strings(statement, parameter, value, modifier))


def _any(parts: list[str], *, negated: bool = False) -> str:
    whole = f"({' OR '.join(parts)})" if parts else "false"
    return f"({whole}) IS NOT TRUE" if negated else whole


def _ids(statement: Statement, resource: Resource, value: str) -> str:
    found = [reference(part, (resource.name,), None) for part in alternatives(value)]
    return f"{resource.alias}.id = ANY({statement.mark([one for one in found if one])}::uuid[])"


def _dates(statement: Statement, columns: tuple[str, ...], value: str) -> list[str]:
    starts, ends = columns[0], columns[-1]
    return [_date(statement, starts, ends, stretch(part)) for part in alternatives(value)]


def _date(statement: Statement, starts: str, ends: str, asked: Stretch) -> str:
    """Compare a column, or a stretch of two, with what was asked; the last instant of the asked does not belong."""
    low, high = statement.mark(asked.starts_at, "timestamptz"), statement.mark(asked.ends_at, "timestamptz")
    inside = f"{starts} >= {low} AND {ends} {'<' if starts == ends else '<='} {high}"
    after, before = f"{ends} >= {high}" if starts == ends else f"{ends} > {high}", f"{starts} < {low}"
    return {
        "eq": f"({inside})",
        "ap": f"({inside})",
        "ne": f"NOT ({inside})",
        "gt": f"({after})",
        "ge": f"({after} OR ({inside}))",
        "lt": f"({before})",
        "le": f"({before} OR ({inside}))",
        "sa": f"({starts} >= {high})",
        "eb": f"({ends} {'<' if starts == ends else '<='} {low})",
    }[asked.prefix] + f" AND {low} < {high}"  # both are used whatever the prefix: a statement takes no idle values


def _references(statement: Statement, parameter: Parameter, value: str, named: str | None) -> list[str]:
    if named is not None and named not in parameter.kinds:
        raise Unsearchable(f"not a reference to {' or '.join(parameter.kinds)}: {named[:40]}")
    parts = []
    for text in alternatives(value):
        identifier = reference(text, parameter.kinds, named)
        if identifier is None:
            continue
        kind = text.rpartition("/")[0].rpartition("/")[2] or named
        mark = statement.mark(identifier, "uuid")
        for column, of in zip(parameter.columns, parameter.kinds, strict=True):
            if kind in (None, "", of):
                parts.append(f"{column} = {mark}")
    return parts


def _tokens(statement: Statement, parameter: Parameter, value: str) -> list[str]:
    parts = []
    for text in alternatives(value):
        asked = token(text)
        for column, system in zip(parameter.columns, parameter.systems, strict=True):
            if asked.system in (None, system):
                parts.append(f"{column} = {statement.mark(asked.code, 'text')}" if asked.code else f"{column} <> ''")
    return parts


def _strings(statement: Statement, parameter: Parameter, value: str, modifier: str) -> list[str]:
    parts = []
    for text in alternatives(value):
        if modifier == "exact":
            parts += [f"{column} = {statement.mark(text, 'text')}" for column in parameter.columns]
            continue
        pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        mark = statement.mark(f"%{pattern}" if modifier == "contains" else pattern, "text")
        parts += [f"{column} ILIKE {mark}" for column in parameter.columns]
    return parts


def _cursor(row: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(f"{row['updated_at'].isoformat()}|{row['id']}".encode()).decode().rstrip("=")


def _within_the_calendar(moment: datetime) -> datetime:
    if moment.year not in YEARS:
        raise ValueError("a zone would lead out of the calendar")
    return moment


def _opened(text: str) -> tuple[datetime, UUID]:
    try:
        moment, identifier = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split("|")
        return _within_the_calendar(datetime.fromisoformat(moment)), UUID(identifier)
    except ValueError as error:
        raise Unsearchable("unknown page") from error
