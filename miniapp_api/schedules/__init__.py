"""Schedules: weekly rules, pools, exceptions and holidays, and the sessions and slots that are made from them."""
