"""The parts of one running simulator, and the key under which its web application keeps them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from infra.simulator.clock import Clock
from infra.simulator.faults import Faults
from infra.simulator.ledger import Ledger
from infra.simulator.mail import MailServer, Post
from infra.simulator.platform import Platform
from infra.simulator.push import Pushes
from infra.simulator.settings import SimulatorSettings

LEDGER_FILE = "simulator.sqlite3"
_FORWARD = "forward_seconds"


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a request can reach."""

    settings: SimulatorSettings
    ledger: Ledger
    clock: Clock
    platform: Platform
    pushes: Pushes
    faults: Faults
    mail: MailServer

    def forward(self, seconds: float) -> None:
        """Move the platform's clock, also for the process after this one."""
        self.clock.forward(seconds)
        self.ledger.set_remark(_FORWARD, self.clock.forward_seconds)


PARTS = web.AppKey("PARTS", Parts)


@asynccontextmanager
async def opened(settings: SimulatorSettings) -> AsyncIterator[Parts]:
    """Open the ledger and what stands on it; at the end everything is committed and closed.

    Raises: LedgerInUse.
    """
    ledger = Ledger(settings.data_dir / LEDGER_FILE)
    try:
        clock = Clock(ledger.remark(_FORWARD) or 0.0)
        pushes = Pushes(ledger, clock, settings)
        platform = Platform(ledger, clock, settings, pushes)
        await pushes.start()
        await platform.sms_reports.start()
        faults = Faults(settings.seed)
        mail = MailServer(Post(ledger, clock, faults, settings))
        await mail.start()
        try:
            yield Parts(settings, ledger, clock, platform, pushes, faults, mail)
        finally:
            await mail.stop()
            await platform.sms_reports.stop()
            await platform.media.stop()
            await pushes.stop()
    finally:
        ledger.close()
