"""The shape of a package's table of contents: what it serves, keeps, listens to and looks at."""

from dataclasses import dataclass, field

from sanic import Blueprint

from server.events import Subscriptions
from server.jobs import Job


@dataclass(frozen=True)
class Wiring:
    """One package.

    routes: blueprints. models: modules with tables. subscriptions: fact to handlers. jobs: looks at the database.
    invariants: a sentence that must hold, and the SQL that finds the rows that break it.
    """

    routes: tuple[Blueprint, ...] = ()
    models: tuple[str, ...] = ()
    subscriptions: Subscriptions = field(default_factory=dict)
    jobs: tuple[Job, ...] = ()
    invariants: tuple[tuple[str, str], ...] = ()
