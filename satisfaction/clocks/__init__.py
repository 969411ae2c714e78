"""Working time and promises: which minutes count, when something is due, and why."""
