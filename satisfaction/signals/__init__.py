"""Signals: when a unit gets clearly worse, sooner than a monthly figure shows it, with few false alarms by promise."""
