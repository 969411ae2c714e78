"""A practitioner's sessions as a calendar to subscribe to."""
