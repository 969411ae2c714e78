"""How a queue is ordered: the rule in force, what a department decides, and why one is before the other."""
