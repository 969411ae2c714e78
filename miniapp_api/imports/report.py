"""What an import tells the person who asked for it: every bad line, or what was loaded. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from miniapp_api.imports.texts import say

NEW, CHANGED = "new", "changed"


@dataclass(frozen=True)
class BadLine:
    """One thing that is wrong in the file. line 0 is the file or sheet as a whole; code, values: of `texts`."""

    sheet: str
    line: int
    column: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def said(self, language: str) -> str:
        """Say what is wrong in a language."""
        return say(self.code, language, self.values)

    @property
    def zh(self) -> str:
        """Say what is wrong in Chinese."""
        return self.said("zh-CN")

    @property
    def en(self) -> str:
        """Say what is wrong in English."""
        return self.said("en")

    def text(self) -> str:
        """Say where it is and what is wrong, in Chinese and English."""
        where = [self.sheet]
        if self.line:
            where.append(f"第 {self.line} 行 line {self.line}")
        if self.column:
            where.append(f"列 column {self.column}")
        return f"{' · '.join(where)}: {self.zh} / {self.en}"


@dataclass(frozen=True)
class Count:
    """How many rows of one kind are new, changed, or already as the file says."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Difference:
    """What a line makes or changes. act: new or changed; changes: by column, before and after as cells write them."""

    sheet: str
    line: int
    kind: str
    name: str
    act: str
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Report:
    """The outcome of an import. With a bad line nothing was imported, and nothing is counted.

    plan: what it means for sessions and places, as a preview of schedules shows it; empty when it means nothing.
    """

    dry_run: bool
    bad: tuple[BadLine, ...] = ()
    counts: dict[str, Count] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    plan: dict[str, Any] = field(default_factory=dict)
    sessions_opened: int = 0

    @property
    def is_good(self) -> bool:
        """Tell whether every line could be used."""
        return not self.bad

    @property
    def digest(self) -> str:
        """Give a short name of exactly this outcome: it is another one when the world has changed in between."""
        parts = [[one.kind, one.name, one.act, one.changes] for one in self.differences]
        told = orjson.dumps([[bad.text() for bad in self.bad], parts, self.plan.get("digest", "")])
        return hashlib.sha256(told).hexdigest()[:32]

    def text(self) -> str:
        """Give the whole report, a line for each thing to know."""
        if self.bad:
            head = f"{len(self.bad)} 处错误，没有导入任何内容 / nothing was imported, mistakes: {len(self.bad)}"
            return "\n".join([head, *(bad.text() for bad in self.bad)])
        lines = ["试运行，没有写入 / dry run, nothing was written" if self.dry_run else "已导入 / imported"]
        lines += [
            f"{kind}: 新增 new {count.new} · 更新 changed {count.changed} · 不变 unchanged {count.unchanged}"
            for kind, count in self.counts.items()
        ]
        if not self.dry_run:
            lines.append(f"生成班次 / sessions opened: {self.sessions_opened}")
        if conflicts := self.plan.get("counts", {}).get("conflicts"):
            lines.append(f"已约而不再安排，待处理 / bookings that the plan no longer has: {conflicts}")
        return "\n".join(lines)
