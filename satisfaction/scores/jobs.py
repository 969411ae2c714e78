"""Looks of scores at the database."""

from satisfaction.scores import actions


async def publish_scores() -> None:
    """Publish the weeks whose answers can no longer change."""
    await actions.publish_due()
