"""Asking patients in: calls, the second waiting area, pauses, undoing, norms."""
