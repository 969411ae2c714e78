"""Looks at invitations."""

from satisfaction.surveys import actions


async def open_invitations() -> None:
    """Invite for every visit whose time to ask has come."""
    await actions.open_due()


async def expire() -> None:
    """Close every survey whose deadline has passed."""
    await actions.expire_due()
