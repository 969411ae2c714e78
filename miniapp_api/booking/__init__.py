"""Schedules, sessions, slots and appointments."""
