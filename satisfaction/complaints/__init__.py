"""Complaints (投诉): clocks, the ladder, and a time line that cannot be rewritten."""
