"""Looks at invitations, links and ballots."""

from satisfaction.surveys import asking, ballots, links


async def open_invitations() -> None:
    """Invite for every visit whose time to ask has come."""
    await asking.open_due()


async def remind() -> None:
    """Remind once of every survey that nobody has answered."""
    await asking.remind_due()


async def expire() -> None:
    """Close every survey whose deadline has passed, and forget which devices answered posters."""
    await asking.expire_due()
    await links.forget_devices()


async def draw_samples() -> None:
    """Draw the sample of the month that has ended."""
    await asking.draw_samples()


async def mix_ballots() -> None:
    """Mix and keep the anonymous answers wherever enough lie together."""
    await ballots.mix()
