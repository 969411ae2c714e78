"""Waiting for a place (候补): who waits for what, in which order, and what is offered to whom."""
