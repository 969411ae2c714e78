"""Strikes (爽约): missed visits and late cancellations, what excuses them, appeals, and the suspension they lead to."""
