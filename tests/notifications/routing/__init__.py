"""Routing: which ways a message takes, when, and how often."""
