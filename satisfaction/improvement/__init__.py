"""Improvements (改进): cause, measure, owner, due date, and whether it had an effect."""
