"""The guide desk: the day's list and walk-ins. No rules live here; it calls the others' actions."""
