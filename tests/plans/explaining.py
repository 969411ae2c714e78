"""What a statement did, told by EXPLAIN ANALYZE: the rows that it touched in each table, and how it came to them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any

import asyncpg

from server import db

SCANS = frozenset({"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Tid Scan", "Sample Scan"})
_names = count(1)


@dataclass(frozen=True)
class Scan:
    """One look at a table. touched: rows it read, those it threw away too. index: by which, "" for none."""

    table: str
    how: str
    index: str
    touched: float
    is_found: bool  # by a condition that the index itself answers

    @property
    def is_whole(self) -> bool:
        """Tell whether it reads a table or an index from end to end, however small that is today."""
        return self.how == "Seq Scan" or (self.how.startswith("Index") and not self.is_found)


@dataclass(frozen=True)
class Done:
    """What a statement did. rows: how many it gave."""

    rows: float
    scans: tuple[Scan, ...]

    def touched(self, *tables: str) -> int:
        """Give how many rows it touched of these tables; of all when none is named."""
        return round(sum(scan.touched for scan in self.scans if not tables or scan.table in tables))

    def worst(self) -> list[Scan]:
        """Give the looks that touched most."""
        return sorted(self.scans, key=lambda scan: -scan.touched)[:4]

    def whole(self, tables: Sequence[str]) -> list[Scan]:
        """Give the looks that read one of these tables from end to end."""
        return [scan for scan in self.scans if scan.table in tables and scan.is_whole]


async def as_the_product(url: str) -> asyncpg.Connection:
    """Connect with the settings that the product's connections have."""
    credentials = db.config(url, models=())["connections"]["default"]["credentials"]
    names = ("host", "port", "user", "password", "database", "server_settings")
    return await asyncpg.connect(**{name: credentials[name] for name in names})


async def explained(connection: asyncpg.Connection, sql: str, *values: Any, generic: bool) -> Done:
    """Run a statement in a transaction that is rolled back, and tell what it did.

    generic: with the plan for any arguments, which a connection keeps; otherwise with the one for these.
    """
    name = f"plan_{next(_names)}"
    types = [parameter.name for parameter in (await connection.prepare(sql)).get_parameters()]
    given = ", ".join(f"{_literal(value)}::{type_}" for value, type_ in zip(values, types, strict=True))
    mode = "force_generic_plan" if generic else "force_custom_plan"
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        await connection.execute(f"PREPARE {name} AS {sql}")
        told = await connection.fetchval(
            f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF, FORMAT JSON) EXECUTE {name}" + (f" ({given})" if given else "")
        )
        await connection.execute(f"DEALLOCATE {name}")
    finally:
        await transaction.rollback()
    plan = json.loads(told)[0]["Plan"]
    return Done(plan["Actual Rows"], tuple(_scans(plan)))


def _scans(node: dict[str, Any]) -> Iterator[Scan]:
    if node["Node Type"] in SCANS and "Relation Name" in node:
        each = node["Actual Rows"] + sum(
            node.get(name, 0) for name in ("Rows Removed by Filter", "Rows Removed by Index Recheck")
        )
        found = bool(node.get("Index Cond") or node.get("Recheck Cond"))
        index = node.get("Index Name", "")
        yield Scan(node["Relation Name"], node["Node Type"], index, each * node["Actual Loops"], found)
    for below in node.get("Plans", ()):
        yield from _scans(below)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    text = "{" + ",".join(_element(one) for one in value) + "}" if isinstance(value, list) else _text(value)
    return "'" + text.replace("'", "''") + "'"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    return '"' + _text(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
