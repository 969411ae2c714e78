"""Tickets and calling: who is next, and why."""
