"""Anchors the time lines once a day."""

from satisfaction.sealing import chain


async def anchor() -> None:
    """Anchor every day that is over."""
    await chain.anchor()
