"""Arrival: signed codes, what a scan means, and the one statement that checks a patient in."""
