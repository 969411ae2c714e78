"""Looks of this feature at the database."""

from satisfaction.improvement import analysis, measuring, proposing, reminding


async def propose() -> None:
    """Propose improvements for what comes again."""
    await proposing.propose_due()


async def measure() -> None:
    """Take the looks at effects that are due."""
    await measuring.measure_due()


async def remind() -> None:
    """Tell owners what is due."""
    await reminding.remind_due()


async def analyse_month() -> None:
    """Keep the analysis of last month."""
    await analysis.keep_month()
